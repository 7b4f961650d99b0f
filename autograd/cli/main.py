"""Arguments of the command line, and which room answers them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from autograd.cli.recipes import DATASETS, MODELS
from autograd.errors import DeviceError


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: the words after the program's name; default: those of the process.

    Returns:
        The exit status: 0 done, 1 failed with a message, 130 stopped by Ctrl-C (with a checkpoint).

    Example:
        >>> main(["info"])  # doctest: +ELLIPSIS
        twingrad ...
        0
    """
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except (DeviceError, FileNotFoundError, ImportError, ValueError, RuntimeError) as e:
        if arguments.traceback:
            raise
        print(f"error: {e}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m autograd", description=__doc__)
    parser.add_argument("--traceback", action="store_true", help="show where an error came from")
    commands = parser.add_subparsers(required=True, metavar="command")

    train = commands.add_parser("train", help="train a model, or continue with --resume")
    train.set_defaults(run=_train)
    _run_options(train)
    train.add_argument("--resume", action="store_true", help="continue the run in --out exactly where it stopped")

    evaluate = commands.add_parser("evaluate", help="accuracy of a checkpoint on the test set")
    evaluate.set_defaults(run=_evaluate)
    evaluate.add_argument(
        "--checkpoint", type=Path, required=True, help="best.safetensors or last.safetensors of a run"
    )
    evaluate.add_argument("--device", default="auto", help="cpu, cuda, cuda:1, auto (default)")
    evaluate.add_argument("--data-dir", type=Path, default=None, help="where downloaded data lie (default: as trained)")

    demo = commands.add_parser("demo", help="train on the CPU, and on the GPU if there is one, and compare")
    demo.set_defaults(run=_demo)
    _run_options(demo)

    info = commands.add_parser("info", help="devices, versions, threads, and what is missing for CUDA")
    info.set_defaults(run=_info)
    return parser


def _run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", choices=sorted(MODELS), default="lenet5")
    parser.add_argument("--data", choices=sorted(DATASETS), default="digits")
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="where downloaded data lie (default: data)")
    parser.add_argument("--device", default="auto", help="cpu, cuda, cuda:1, auto (default: a GPU if there is one)")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=2e-3, help="peak learning rate of AdamW, one-cycle schedule")
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--no-augment", dest="augment", action="store_false", help="no random shifts, turns and scales")
    parser.add_argument("--workers", type=int, default=0, help="processes that prepare batches")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--checkpoint-every", type=float, default=10.0, metavar="SECONDS", help="besides each epoch's end"
    )
    parser.add_argument("--out", type=Path, default=None, help="folder of the run (default: runs/MODEL-DATA-DEVICE)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def _train(arguments: argparse.Namespace) -> int:
    from autograd.cli.train import train

    return train(arguments).status


def _evaluate(arguments: argparse.Namespace) -> int:
    from autograd.cli.evaluate import evaluate

    return evaluate(arguments.checkpoint, arguments.device, arguments.data_dir)


def _demo(arguments: argparse.Namespace) -> int:
    from autograd.cli.demo import demo

    return demo(arguments)


def _info(arguments: argparse.Namespace) -> int:
    from autograd.cli.info import info

    print(info())
    return 0
