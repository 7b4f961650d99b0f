"""The main job on every device that is there, side by side."""

from __future__ import annotations

import argparse

from autograd.cli.train import Result, train
from backends import registry


def demo(arguments: argparse.Namespace) -> int:
    """Trains on the CPU, and on the GPU if there is one, and prints both with the speed-up.

    Args:
        arguments: of ``python -m autograd demo``; ``--device`` other than auto limits it to that one.

    Returns:
        The exit status: that of the first run which did not end well, else 0.
    """
    states = registry.available()
    names = (
        [name for name, state in states.items() if state == "ok"] if arguments.device == "auto" else [arguments.device]
    )
    results: list[Result] = []
    for name in names:
        results.append(train(argparse.Namespace(**{**vars(arguments), "device": name, "resume": False})))
        if results[-1].status:
            return results[-1].status
    print(table(results))
    if arguments.device == "auto" and states["cuda"] != "ok":
        print(f"no GPU: {states['cuda']}")
    return 0


def table(results: list[Result]) -> str:
    """The runs as lines of text, the first one being the measure of speed.

    Args:
        results: finished runs.

    Returns:
        A table with one line per run.

    Example:
        >>> from autograd.cli.train import Score
        >>> print(table([Result(0, "cpu", Score(0.02, 0.99), 10.0, 500.0)]))
        device   test accuracy   seconds   images/s   speed-up
        cpu            99.00 %      10.0        500       1.0x
    """
    lines = [f"{'device':<9}{'test accuracy':>13}{'seconds':>10}{'images/s':>11}{'speed-up':>11}"]
    for r in results:
        assert r.test is not None
        speed = f"{r.images_per_second / results[0].images_per_second:.1f}x"
        lines.append(
            f"{r.device:<9}{100 * r.test.accuracy:>11.2f} %{r.seconds:>10.1f}{r.images_per_second:>11,.0f}{speed:>11}"
        )
    return "\n".join(lines)
