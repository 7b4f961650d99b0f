"""Trains and evaluates models from the command line, on the CPU or on a GPU."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from autograd.cli.demo import demo
from autograd.cli.evaluate import evaluate
from autograd.cli.info import info
from autograd.cli.options import Options
from autograd.cli.recipes import DATASETS, MODELS
from autograd.cli.train import train


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: the words after the program's name; default: those of the process.

    Returns:
        The exit status: 0 done, 1 failed with a message, 130 stopped by Ctrl-C. Words that mean nothing exit with 2.

    Example:
        >>> main(["info"])
        twingrad ...
        0
    """
    arguments = vars(_parser().parse_args(argv))
    run: Callable[..., int] = arguments.pop("run")
    traceback = arguments.pop("traceback")
    try:
        status = run(**arguments)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt as e:
        print(e.args[0] if e.args else "interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever was reading, such as head, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ImportError, OSError, RuntimeError, ValueError) as e:
        if traceback:
            raise
        print(f"error: {e}", file=sys.stderr)
        return 1


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}. {self.prog} --help says more\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m autograd", description=__doc__)
    parser.add_argument("--traceback", action="store_true", help="show where an error came from")
    commands = parser.add_subparsers(required=True, metavar="command")

    command = commands.add_parser("train", help="train a model, or continue with --resume")
    command.set_defaults(run=_train)
    _run_options(command)
    command.add_argument(
        "--resume", action="store_true", default=argparse.SUPPRESS, help="continue a run exactly where it stopped"
    )

    command = commands.add_parser("evaluate", help="accuracy of a checkpoint on the test set")
    command.set_defaults(run=evaluate)
    command.add_argument("--checkpoint", type=Path, required=True, help="a checkpoint, or the folder of a run")
    command.add_argument("--device", default="auto", help="cpu, cuda, cuda:1, ..., auto (default)")
    command.add_argument("--data-dir", type=Path, default=Path("data"), help="where downloaded data lie")

    command = commands.add_parser("demo", help="train on the CPU, and on the GPU if there is one, and compare")
    command.set_defaults(run=_demo)
    _run_options(command)

    command = commands.add_parser("info", help="devices, versions, threads, and what is missing for CUDA")
    command.set_defaults(run=_info)
    return parser


def _run_options(parser: argparse.ArgumentParser) -> None:
    """What ``train`` and ``demo`` take; only what is written down reaches ``Options``, where the defaults are."""
    default = Options()
    group = parser.add_argument_group("what decides the result")
    group.add_argument("--model", choices=sorted(MODELS), help=f"default: {default.model}")
    group.add_argument("--data", choices=sorted(DATASETS), help=f"default: {default.data}")
    group.add_argument("--epochs", type=_count(1), metavar="N", help=f"default: {default.epochs}")
    group.add_argument("--batch-size", type=_count(1), metavar="N", help=f"default: {default.batch_size}")
    group.add_argument("--lr", type=_positive, help=f"peak rate of AdamW, one cycle; default: {default.lr}")
    group.add_argument("--weight-decay", type=_not_negative, metavar="W", help=f"default: {default.weight_decay}")
    group.add_argument("--label-smoothing", type=_share, metavar="S", help=f"default: {default.label_smoothing}")
    group.add_argument("--no-augment", dest="augment", action="store_false", help="no random turns, scales and shifts")
    group.add_argument("--seed", type=int, metavar="N", help=f"default: {default.seed}")
    group = parser.add_argument_group("how it is reached")
    group.add_argument("--device", help="cpu, cuda, cuda:1, ..., auto (default: a GPU if there is one)")
    group.add_argument("--workers", type=_count(0), metavar="N", help="processes that prepare batches; default: 0")
    group.add_argument("--data-dir", type=Path, metavar="DIR", help="where downloaded data lie; default: data")
    group.add_argument(
        "--checkpoint-every",
        type=_not_negative,
        metavar="SECONDS",
        help=f"within epochs, besides the end of each; default: {default.checkpoint_every:g}",
    )
    group.add_argument("--out", type=Path, metavar="DIR", help="folder of the run; default: runs/MODEL-DATA-DEVICE")
    group.add_argument("--quiet", action="store_true", help="no bar, and no line per epoch")
    for action in parser._actions:
        if action.dest != "help":
            action.default = argparse.SUPPRESS


def _count(least: int) -> Callable[[str], int]:
    def count(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"expected a whole number of at least {least}, got {text!r}")
        return int(text)

    return count


def _positive(text: str) -> float:
    number = _number(text)
    if not number > 0:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return number


def _not_negative(text: str) -> float:
    number = _number(text)
    if not number >= 0:
        raise argparse.ArgumentTypeError(f"expected a number of at least 0, got {text!r}")
    return number


def _share(text: str) -> float:
    number = _number(text)
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to below 1, got {text!r}")
    return number


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"expected a number, got {text!r}")
    return number


def _train(**options: object) -> int:
    return train(Options(**options, given=frozenset(options))).status  # type: ignore[arg-type]


def _demo(**options: object) -> int:
    return demo(Options(**options, given=frozenset(options)))  # type: ignore[arg-type]


def _info() -> int:
    print(info())
    return 0
