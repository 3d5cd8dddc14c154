"""A figure of a market: what is for sale of each habitat, and at which price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator

from bng_opt.optimiser.figures.style import (
    BLUE,
    GREEN,
    ORANGE,
    WIDTH_IN,
    TextFigure,
    drawn,
    pounds_on,
    sentences,
    set_title,
)
from bng_opt.quantities import counted, pounds, units_text
from bng_opt.reference import Ledger

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {Ledger.AREA: GREEN, Ledger.HEDGEROW: ORANGE, Ledger.WATERCOURSE: BLUE}
_ROW_IN = 0.3
_LABEL_CHARACTERS = 44
MOST_HABITATS = 42
"""More rows than that don't fit on a page: the largest are drawn, the table has all."""


@dataclass(frozen=True)
class HabitatOnSale:
    """A habitat for sale.

    Attributes
    ----------
    units
        For sale over all banks [units].
    lowest_gbp, median_gbp, highest_gbp
        The prices of a unit [GBP/unit]; None where there is none.
    """

    name: str
    ledger: Ledger
    units: Decimal
    banks: int
    lowest_gbp: Decimal | None = None
    median_gbp: Decimal | None = None
    highest_gbp: Decimal | None = None


def plot_market(habitats: Sequence[HabitatOnSale]) -> TextFigure:
    """Draw units for sale and the range of prices, a row for each habitat.

    Parameters
    ----------
    habitats
        In any order; they are drawn by ledger, the largest stock first.

    Returns
    -------
    A figure of its own (no pyplot state) whose ``text_alternative`` says the same in words.
    """
    rows = _in_order(habitats)
    height = 1.4 + _ROW_IN * max(1, len(rows))
    figure = TextFigure(figsize=(WIDTH_IN, height), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1, 1.25))
    _draw_units(left, rows)
    _draw_prices(right, rows)
    names = [drawn(row.name, _LABEL_CHARACTERS, 2) for row in rows]
    left.set_yticks(range(len(rows)), names, fontsize=8.5)
    left.set_ylim(max(1, len(rows)) - 0.4, -0.6)
    set_title(figure, "Units for sale and prices by habitat")
    figure.text_alternative = describe_market(habitats)
    return figure


def describe_market(habitats: Sequence[HabitatOnSale]) -> str:
    """Return in words what :func:`plot_market` draws: its text alternative."""
    return sentences(_said(_in_order(habitats)))


def _said(rows: Sequence[HabitatOnSale]) -> Iterator[str]:
    yield f"Units for sale and prices of {counted(len(rows), 'habitat')}"
    for row in rows:
        price = "no price"
        if (
            row.lowest_gbp is not None
            and row.highest_gbp is not None
            and row.median_gbp is not None
        ):
            price = (
                f"{pounds(row.lowest_gbp)} to {pounds(row.highest_gbp)} a unit, "
                f"median {pounds(row.median_gbp)}"
            )
        yield f"{row.name}: {units_text(row.units)} units at {counted(row.banks)}, {price}"


def _in_order(habitats: Sequence[HabitatOnSale]) -> list[HabitatOnSale]:
    largest = sorted(habitats, key=lambda row: (-row.units, row.name))[:MOST_HABITATS]
    order = list(Ledger)
    return sorted(largest, key=lambda row: (order.index(row.ledger), -row.units, row.name))


def _draw_units(axes: Axes, rows: Sequence[HabitatOnSale]) -> None:
    for place, row in enumerate(rows):
        units = float(row.units)
        axes.barh(place, units, height=0.62, color=_COLOURS[row.ledger])
        axes.annotate(
            units_text(row.units), (units, place), (3, 0), textcoords="offset points",
            va="center", fontsize=8,
        )  # fmt: skip
    axes.margins(x=0.22)
    axes.set_xlim(left=0)
    axes.set_xlabel("Units for sale")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    _tidy(axes)


def _draw_prices(axes: Axes, rows: Sequence[HabitatOnSale]) -> None:
    for place, row in enumerate(rows):
        if row.lowest_gbp is None or row.highest_gbp is None or row.median_gbp is None:
            continue
        ends = float(row.lowest_gbp), float(row.highest_gbp)
        axes.plot(ends, (place, place), color="#BFBFBF", linewidth=5, solid_capstyle="butt")
        axes.scatter(
            [float(row.median_gbp)], [place], s=34, color=_COLOURS[row.ledger],
            edgecolor="black", linewidth=0.5, zorder=3,
        )  # fmt: skip
    axes.set_xlabel("Price of a unit: lowest to highest, the median marked")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.set_xlim(left=0)
    pounds_on(axes.xaxis)
    _tidy(axes)


def _tidy(axes: Axes) -> None:
    axes.grid(axis="x", color="#E5E5E5", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
