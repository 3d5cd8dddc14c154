"""A figure of what each site pays under three ways to share one stock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bng_opt.optimiser.figures.style import (
    BLUE,
    GREEN,
    ORANGE,
    WIDTH_IN,
    TextFigure,
    drawn,
    sentences,
    set_title,
)
from bng_opt.optimiser.portfolio.result import Notion, PortfolioComparison, PortfolioPlan
from bng_opt.quantities import pounds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIGNS = {
    Notion.LEAST_COST: ("o", BLUE, "Least joint cost"),
    Notion.FIRST_COME: ("v", ORANGE, "First come, first served"),
    Notion.FAIR: ("s", GREEN, "Fairest sharing"),
}
_ROW_IN = 0.42
_APART = 0.24
"""How far apart the three signs of a site stand, so that none hides another [rows]."""
MOST_SITES = 30
"""Of more, the figure shows those that pay most above their cost alone: so many fill a page."""


def plot_sharing(comparison: PortfolioComparison) -> TextFigure:
    """Draw what each site pays above its cost alone, under each way to share the stock.

    Parameters
    ----------
    comparison
        The same sites and stock under three ways to share.

    Returns
    -------
    A figure of its own (no pyplot state) whose ``text_alternative`` says the same in words.
    """
    names = _names(comparison)
    height = 1.7 + _ROW_IN * max(1, len(names))
    figure = TextFigure(figsize=(WIDTH_IN, height), layout="constrained")
    axes = figure.subplots()
    for place, plan in enumerate(comparison.each):
        _draw(axes, plan, names, (place - 1) * _APART)
    _finish(axes, names)
    figure.legend(loc="outside lower left", ncols=3, frameon=False)
    set_title(figure, "What sharing the stock costs each site")
    figure.text_alternative = describe_sharing(comparison)
    return figure


def describe_sharing(comparison: PortfolioComparison) -> str:
    """Return in words what :func:`plot_sharing` draws: its text alternative."""
    return sentences(_said(comparison))


def _said(comparison: PortfolioComparison) -> Iterator[str]:
    for plan in comparison.each:
        name = _SIGNS[plan.notion][2]
        served = len(plan.plans)
        yield f"{name}: {pounds(plan.total_gbp)} for {served} sites"
    for name in _names(comparison):
        parts = [
            f"{_SIGNS[plan.notion][2].lower()} {_share(plan, name)}" for plan in comparison.each
        ]
        yield f"{name}, above its cost alone: {', '.join(parts)}"


def _names(comparison: PortfolioComparison) -> list[str]:
    """Return the sites in their order; of too many those that pay most above alone."""
    names = list(comparison.least_cost.alone_gbp)
    if len(names) <= MOST_SITES:
        return names

    def most(name: str) -> float:
        return max(p.share_above_alone(name) for p in comparison.each if name in p.plans)

    served = [name for name in names if any(name in plan.plans for plan in comparison.each)]
    dearest = set(sorted(served, key=lambda name: (-most(name), name))[:MOST_SITES])
    return [name for name in names if name in dearest]


def _share(plan: PortfolioPlan, name: str) -> str:
    return f"{plan.share_above_alone(name):.2%}" if name in plan.plans else "goes without"


def _draw(axes: Axes, plan: PortfolioPlan, names: list[str], shift: float) -> None:
    marker, colour, label = _SIGNS[plan.notion]
    known = [
        (100 * plan.share_above_alone(name), row + shift)
        for row, name in enumerate(names)
        if name in plan.plans
    ]
    for share, row in known:
        axes.plot([0, share], [row, row], color="#BFBFBF", linewidth=2, zorder=1)
    axes.scatter(
        [share for share, _ in known], [row for _, row in known], s=52, marker=marker,
        color=colour, edgecolor="black", linewidth=0.5, zorder=3, label=label,
    )  # fmt: skip
    for row, name in enumerate(names):
        if name not in plan.plans:
            axes.annotate(
                "goes without", (0, row + shift), (6, 0), textcoords="offset points",
                va="center", fontsize=8, color=colour,
            )  # fmt: skip


def _finish(axes: Axes, names: list[str]) -> None:
    axes.axvline(0, color="black", linewidth=0.9, zorder=2)
    axes.set_yticks(range(len(names)), [drawn(name, 34, 2) for name in names])
    axes.set_ylim(max(1, len(names)) - 0.4, -0.6)
    axes.set_xlabel("Cost above that of the site alone on the market [%]")
    axes.grid(axis="x", color="#E5E5E5", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.margins(x=0.08)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
