"""One figure of a plan: each line of the need and how it is met."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.patches import Patch

from bng_opt.optimiser.figures.style import (
    COLOURS,
    CREDIT_GREY,
    SURPLUS_GREY,
    WIDTH_IN,
    TextFigure,
    drawn,
    say_nothing_to_buy,
    set_title,
)
from bng_opt.optimiser.needs import CREDITS, PURCHASE, Need, Source, needs_met
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.report import result_line
from bng_opt.optimiser.text_table import plain
from bng_opt.quantities import units_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HATCHES = ("", "/", "..", "x", "\\", "o")
"""A second sign beside the colour, for print in grey; 7 times 6 pairs before one repeats."""

_LEAST_LABELLED = 0.055
"""A narrower part of a bar, as a share of the axis, has no room for its label inside."""
_BAR_IN = 0.52
_LEGEND_ROW_IN = 0.3
_LABEL_CHARACTERS = 38
_LEGEND_CHARACTERS = 52


class Style(NamedTuple):
    """How the units of one origin are drawn."""

    colour: str
    hatch: str


def plot_needs(plan: Plan) -> TextFigure:
    """Draw each line of the need as a bar, in parts by who meets it.

    Parameters
    ----------
    plan
        Any plan; of an empty one the figure says that nothing needs to be bought.

    Returns
    -------
    A figure of its own (no pyplot state) whose ``text_alternative`` says the same in words.
    """
    needs = needs_met(plan)
    styles = styles_of(plan, needs)
    legend_rows = (len(styles) + 1) // 2
    height = 1.6 + _BAR_IN * max(1, len(needs)) + _LEGEND_ROW_IN * legend_rows
    figure = TextFigure(figsize=(WIDTH_IN, height), layout="constrained")
    axes = figure.subplots()
    if needs:
        _draw(axes, needs, styles, plan)
        _add_legend(figure, styles)
    else:
        say_nothing_to_buy(axes)
    title = f"{plan.title or 'Biodiversity units'}: {result_line(plan)}"
    set_title(figure, title)
    figure.text_alternative = describe_needs(plan)
    return figure


def describe_needs(plan: Plan) -> str:
    """Return in words what :func:`plot_needs` draws: its text alternative."""
    needs = needs_met(plan)
    lines = [
        f"{need.title}: {units_text(need.units)} units ({need.rule}), from "
        + "; ".join(f"{units_text(s.units)} {s.words}" for s in need.sources)
        for need in needs
    ]
    return plain(result_line(plan)) + "".join(f"\n{plain(line)}." for line in lines)


def styles_of(plan: Plan, needs: Iterable[Need]) -> dict[str, Style]:
    """Return a style for every origin, in the order of the legend.

    Surplus and credits have greys of their own; banks take colours in the plan's order.
    """
    origins = {origin_of(source, plan): source.kind for need in needs for source in need.sources}
    banks = [origin for origin, kind in origins.items() if kind == PURCHASE]
    styles = {
        bank: Style(COLOURS[n % len(COLOURS)], _HATCHES[n % len(_HATCHES)])
        for n, bank in enumerate(banks)
    }
    for origin, kind in origins.items():
        if kind != PURCHASE:
            styles[origin] = Style(CREDIT_GREY if kind == CREDITS else SURPLUS_GREY, "")
    return styles


def origin_of(source: Source, plan: Plan) -> str:
    """Return whom units come from: a bank's name with its id, or the kind of source."""
    if source.kind != PURCHASE:
        return source.kind.capitalize()
    names = {bank.bank_id: bank.name for bank in plan.banks}
    name = names.get(source.bank_id)
    bank_id = source.bank_id or source.stock_id
    return plain(f"{name} ({bank_id})" if name and name != bank_id else bank_id)


def _draw(axes: Axes, needs: Sequence[Need], styles: dict[str, Style], plan: Plan) -> None:
    longest = float(max(need.units for need in needs))
    for row, need in enumerate(needs):
        _draw_bar(axes, row, need, styles, plan, longest)
    axes.set_yticks(range(len(needs)), [drawn(need.title, _LABEL_CHARACTERS, 2) for need in needs])
    axes.invert_yaxis()
    axes.set_xlim(0, longest * 1.12)
    axes.set_xlabel("Units (before the multiplier; for net gain, what counts after it)")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _add_legend(figure: TextFigure, styles: dict[str, Style]) -> None:
    patches = [
        Patch(
            facecolor=style.colour,
            hatch=style.hatch,
            edgecolor="black",
            label=drawn(origin, _LEGEND_CHARACTERS, 2),
        )
        for origin, style in styles.items()
    ]
    figure.legend(handles=patches, loc="outside lower left", ncols=2, frameon=False)


def _draw_bar(
    axes: Axes, row: int, need: Need, styles: dict[str, Style], plan: Plan, longest: float
) -> None:
    left = 0.0
    for source in need.sources:
        width = float(source.units)
        style = styles[origin_of(source, plan)]
        axes.barh(
            row,
            width,
            left=left,
            height=0.62,
            color=style.colour,
            hatch=style.hatch,
            edgecolor="black",
            linewidth=0.6,
        )
        if width >= _LEAST_LABELLED * longest and len(need.sources) > 1:
            _label_part(axes, left + width / 2, row, units_text(source.units))
        left += width
    axes.text(left + longest * 0.01, row, units_text(need.units), va="center", fontweight="bold")


def _label_part(axes: Axes, x: float, row: int, text: str) -> None:
    box = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1.2}
    axes.text(x, row, text, ha="center", va="center", fontsize=8.5, bbox=box)
