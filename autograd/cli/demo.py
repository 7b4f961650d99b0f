"""The main job on every device that is there, side by side."""

from __future__ import annotations

from dataclasses import replace

from autograd.cli.options import Options
from autograd.cli.train import Result, train
from backends import registry


def demo(options: Options) -> int:
    """Trains on the CPU, and on the GPU if there is one, and prints both with the speed-up.

    Args:
        options: of the runs; ``device`` other than auto limits them to that one, ``out`` gets a folder for each.

    Returns:
        The exit status: that of the first run which did not end well, else 0.
    """
    states = registry.available()
    everywhere = options.device == "auto"
    names = [name for name, state in states.items() if state == "ok"] if everywhere else [options.device]
    results: list[Result] = []
    for name in names:
        out = None if options.out is None else options.out / name.replace(":", "-")
        given = options.given | {"device"}  # so that an interrupted run says on which device it continues
        results.append(train(replace(options, device=name, out=out, given=given)))
        if results[-1].status:
            return results[-1].status
    print("\n" + table(results))
    if everywhere and states["cuda"] != "ok":
        print(f"no GPU: {states['cuda']}")
    return 0


def table(results: list[Result]) -> str:
    """The runs as lines of text; the first is the measure of speed.

    Args:
        results: runs that came to their end.

    Returns:
        A table with one line per run; seconds are those of the training steps.

    Example:
        >>> from autograd.cli.train import Score
        >>> cpu = Result(0, "cpu", Score(0.02, 0.99), 10.0, 500.0)
        >>> print(table([cpu, cpu._replace(device="cuda", seconds=1.0, images_per_second=6000.0)]))
        device   test accuracy   seconds   images/s   speed-up
        cpu            99.00 %      10.0        500       1.0x
        cuda           99.00 %       1.0      6,000      12.0x
    """
    lines = [f"{'device':<9}{'test accuracy':>13}{'seconds':>10}{'images/s':>11}{'speed-up':>11}"]
    for r in results:
        accuracy = f"{100 * r.test.accuracy:.2f} %" if r.test else "-"
        base = results[0].images_per_second
        speed = f"{r.images_per_second / base:.1f}x" if base else "-"
        lines.append(f"{r.device:<9}{accuracy:>13}{r.seconds:>10.1f}{r.images_per_second:>11,.0f}{speed:>11}")
    return "\n".join(lines)
