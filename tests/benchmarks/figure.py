"""The figure of how time grows with the market."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.benchmarks.scores import Score


def draw_scaling(scores: Sequence[Score], path: Path) -> Path:
    """Draw seconds against banks, ours and bare HiGHS's, and return the file."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, NullLocator

    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.add_subplot()
    ours = [(score.size or 0, median(score.ours)) for score in scores]
    bare = [(score.size or 0, median(score.bare)) for score in scores if score.bare]
    stopped = [(score.size or 0, median(score.bare)) for score in scores if score.stopped]
    axes.loglog(*zip(*ours, strict=True), "o-", color="#0072B2", label="bng-opt, whole")
    if bare:
        axes.loglog(*zip(*bare, strict=True), "s--", color="#D55E00", label="HiGHS alone")
    if stopped:
        axes.loglog(*zip(*stopped, strict=True), "^", color="black", label="stopped at its limit")
    axes.set_xticks([size for size, _ in ours])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds:g}"))
    axes.set_xlabel("Habitat banks on the market")
    axes.set_ylabel("Time [s]")
    axes.set_title("Cheapest purchase, proven to £1: time by size of market", fontsize=11)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)
    return path
