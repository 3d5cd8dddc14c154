"""A figure of what fewer banks cost, and of what the other alternatives do beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.ticker import MaxNLocator

from bng_opt.optimiser.alternatives import Alternative, Alternatives, Verdict, signed
from bng_opt.optimiser.figures.style import (
    BLUE,
    GREEN,
    ORANGE,
    PINK,
    TEXT_GREY,
    VERMILION,
    WIDTH_IN,
    TextFigure,
    drawn,
    pounds_on,
    say_nothing_to_buy,
    sentences,
    set_title,
)
from bng_opt.optimiser.report import is_empty
from bng_opt.quantities import counted, pounds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEAST_IN, _ROW_IN = 4.4, 0.36
_LABEL_CHARACTERS = 22
_MOST_LABELS = 9
"""Costs written beside the curve; of more, every second or third is."""
_MOST_TICKS = 15
_LEAST_SPAN_GBP = 10.0
_BANKS = "by bank count"


class _Sign(NamedTuple):
    """How the answers to one question are drawn."""

    marker: str
    colour: str


_CURVE = _Sign("o", BLUE)
_OTHERS = {
    "only local": _Sign("s", GREEN),
    "without a bank": _Sign("v", VERMILION),
    "next best": _Sign("D", PINK),
}


def plot_cost_against_banks(alternatives: Alternatives) -> TextFigure:
    """Draw the cost of the cheapest purchase by the number of banks, and other alternatives.

    Parameters
    ----------
    alternatives
        The plan and its alternatives.

    Returns
    -------
    A figure of its own (no pyplot state) whose ``text_alternative`` says the same in words:
    on the left the least cost with at most 1, 2, 3, … banks, on the right what every other
    alternative costs more than the plan.
    """
    others = _others(alternatives)
    height = max(_LEAST_IN, 2.0 + _ROW_IN * len(others))
    figure = TextFigure(figsize=(WIDTH_IN, height), layout="constrained")
    if is_empty(alternatives.base):
        say_nothing_to_buy(figure.subplots())
    else:
        left, right = figure.subplots(1, 2)
        _draw_curve(left, alternatives)
        _draw_others(right, others)
        figure.legend(loc="outside lower left", ncols=5, frameon=False)
    base = alternatives.base
    banks = counted(len(base.banks), "bank")
    set_title(figure, f"Cost against banks: the cheapest is {pounds(base.total_gbp)} from {banks}")
    figure.text_alternative = describe_cost(alternatives)
    return figure


def describe_cost(alternatives: Alternatives) -> str:
    """Return in words what :func:`plot_cost_against_banks` draws: its text alternative."""
    return sentences(_said(alternatives))


def _said(alternatives: Alternatives) -> Iterator[str]:
    base = alternatives.base
    banks = counted(len(base.banks), "bank")
    yield f"The cheapest plan costs {pounds(base.total_gbp)} and buys from {banks}"
    for _, items in alternatives.groups():
        for item in items:
            if item.plan is None:
                yield f"{item.label}: {item.verdict.value}"
            else:
                cost = pounds(item.plan.total_gbp)
                yield f"{item.label}{_doubt(item)}: {cost}, {item.difference}"


def _doubt(item: Alternative) -> str:
    return " (not proven)" if item.verdict is Verdict.NOT_PROVEN else ""


def _others(alternatives: Alternatives) -> list[tuple[str, str, Alternative]]:
    """Return question, short name and answer of what isn't on the curve."""
    named = []
    for question, items in alternatives.groups():
        for number, item in enumerate(items, 1):
            if question == "next best" and item.plan is not None:
                named.append((question, f"Next best {number}", item))
            elif question != _BANKS:
                named.append((question, item.label, item))
    return named


def _draw_curve(axes: Axes, alternatives: Alternatives) -> None:
    items = alternatives.by_bank_count
    known = [(n, float(x.plan.total_gbp)) for n, x in enumerate(items, 1) if x.plan is not None]
    if known:
        numbers, costs = zip(*known, strict=True)
        axes.plot(numbers, costs, color=_CURVE.colour, linewidth=1.4, zorder=1)
        axes.scatter(
            numbers, costs, s=60, marker=_CURVE.marker, color=_CURVE.colour, zorder=3,
            label="Least cost with so many banks",
        )  # fmt: skip
        _label_costs(axes, known)
    base = alternatives.base
    axes.scatter(
        [len(base.banks)], [float(base.total_gbp)], s=230, marker="*", color=ORANGE,
        edgecolor="black", linewidth=0.7, zorder=4, label="The cheapest plan",
    )  # fmt: skip
    for number, item in enumerate(items, 1):
        if item.plan is None:
            _say_below(axes, number, item.verdict.value)
    last = max(len(items), len(base.banks), 1)
    axes.set_xlim(0.5, last + 1.2)
    axes.margins(y=0.15)
    axes.set_xticks(range(1, last + 1, -(-last // _MOST_TICKS)))
    axes.set_xlabel("At most so many banks")
    axes.set_ylabel("Whole cost, fees included")
    pounds_on(axes.yaxis)
    _tidy(axes, "y")


def _label_costs(axes: Axes, known: Sequence[tuple[int, float]]) -> None:
    """Write costs up and to the right of their points: the curve falls, so there is room."""
    every = -(-len(known) // _MOST_LABELS)
    for place, (number, cost) in enumerate(reversed(known)):
        if place % every == 0:
            axes.annotate(
                f"£{cost:,.0f}", (number, cost), (2, 8), textcoords="offset points",
                ha="left", va="bottom", fontsize=8.5, rotation=32, zorder=5,
            )  # fmt: skip


def _say_below(axes: Axes, number: int, words: str) -> None:
    axes.text(
        number, 0.03, words, transform=axes.get_xaxis_transform(), ha="center", va="bottom",
        rotation=90, color=TEXT_GREY,
    )  # fmt: skip


def _draw_others(axes: Axes, others: Sequence[tuple[str, str, Alternative]]) -> None:
    seen: set[str] = set()
    for row, (question, _, item) in enumerate(others):
        if item.extra_gbp is None:
            axes.annotate(
                item.verdict.value, (0, row), (6, 0), textcoords="offset points",
                va="center", fontsize=8.5, color=TEXT_GREY,
            )  # fmt: skip
            continue
        sign, extra = _OTHERS[question], float(item.extra_gbp)
        axes.plot([0, extra], [row, row], color="#BFBFBF", linewidth=3, zorder=1)
        axes.scatter(
            [extra], [row], s=52, marker=sign.marker, color=sign.colour, edgecolor="black",
            linewidth=0.5, zorder=3, label=None if question in seen else question.capitalize(),
        )  # fmt: skip
        seen.add(question)
        axes.annotate(
            f"{signed(item.extra_gbp)}{_doubt(item)}", (extra, row), (8, 0),
            textcoords="offset points", va="center", fontsize=8.5,
        )  # fmt: skip
    names = [drawn(name, _LABEL_CHARACTERS, 2) for _, name, _ in others]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(max(1, len(names)) - 0.4, -0.6)
    axes.axvline(0, color="black", linewidth=0.9)
    extras = [float(item.extra_gbp) for *_, item in others if item.extra_gbp is not None]
    span = max([_LEAST_SPAN_GBP, *extras])
    axes.set_xlim(min([0.0, *extras]) - 0.02 * span, 1.45 * span)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.set_xlabel("Cost above the cheapest plan")
    pounds_on(axes.xaxis)
    axes.tick_params(axis="y", length=0)
    _tidy(axes, "x")


def _tidy(axes: Axes, grid: str) -> None:
    axes.grid(axis="x" if grid == "x" else "y", color="#E5E5E5", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
