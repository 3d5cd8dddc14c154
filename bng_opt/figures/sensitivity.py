"""A figure of how the cost moves when the need, the prices or a bank's stock do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from matplotlib.lines import Line2D

from bng_opt.optimiser.alternatives import Verdict, signed
from bng_opt.optimiser.figures.style import (
    BLUE,
    TEXT_GREY,
    VERMILION,
    WIDTH_IN,
    TextFigure,
    drawn,
    pounds_on,
    sentences,
    set_title,
)
from bng_opt.optimiser.sensitivity import Sensitivities, Sensitivity
from bng_opt.quantities import ZERO, pounds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW_IN = 0.62
_MARKERS = {False: ("<", BLUE), True: (">", VERMILION)}
"""A factor below 1 points left and is blue; above, right and vermilion."""
_NEAR = 0.045
"""Closer than this share of the axis, factors share one label."""
_NAME_CHARACTERS = 30


def plot_sensitivity(sensitivities: Sensitivities) -> TextFigure:
    """Draw the change in cost for every changed scenario, a row for each thing changed.

    Parameters
    ----------
    sensitivities
        The scenario as it is and its changes.

    Returns
    -------
    A figure of its own (no pyplot state) whose ``text_alternative`` says the same in words.
    """
    groups = _groups(sensitivities)
    height = 1.9 + _ROW_IN * max(1, len(groups))
    figure = TextFigure(figsize=(WIDTH_IN, height), layout="constrained")
    axes = figure.subplots()
    left, right = _limits(sensitivities)
    axes.set_xlim(left, right)
    for row, (_, items) in enumerate(groups):
        _draw_row(axes, row, items, _NEAR * (right - left))
    _finish(axes, [name for name, _ in groups])
    figure.legend(handles=_legend(), loc="outside lower left", ncols=3, frameon=False)
    set_title(figure, f"Sensitivity: change from {_base(sensitivities)}")
    figure.text_alternative = describe_sensitivity(sensitivities)
    return figure


def describe_sensitivity(sensitivities: Sensitivities) -> str:
    """Return in words what :func:`plot_sensitivity` draws: its text alternative."""
    return sentences(_said(sensitivities))


def _said(sensitivities: Sensitivities) -> Iterator[str]:
    yield f"As it is the purchase costs {_base(sensitivities)}"
    for name, items in _groups(sensitivities):
        parts = [f"times {_times(item)[1:]} {_outcome(item)}" for item in items]
        yield f"{name}: {', '.join(parts)}"


def _outcome(item: Sensitivity) -> str:
    if item.change_gbp is None:
        return item.answer.verdict.value
    doubt = " (not proven)" if item.answer.verdict is Verdict.NOT_PROVEN else ""
    return f"{signed(item.change_gbp)}{doubt}"


def _base(sensitivities: Sensitivities) -> str:
    total = sensitivities.rows[0].total_gbp
    return pounds(ZERO if total is None else total)


def _groups(sensitivities: Sensitivities) -> list[tuple[str, list[Sensitivity]]]:
    """Return the changes by what is changed, in the order of the table."""
    groups: dict[str, list[Sensitivity]] = {}
    for item in sensitivities.rows[1:]:
        what = item.change.what
        groups.setdefault(what[:1].upper() + what[1:], []).append(item)
    return list(groups.items())


def _limits(sensitivities: Sensitivities) -> tuple[float, float]:
    """Return the ends of the axis: 0 is always on it, with room for labels and notes."""
    known = [float(row.change_gbp) for row in sensitivities.rows if row.change_gbp is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    span = max(high - low, 1.0)
    return low - 0.08 * span, high + 0.08 * span


def _draw_row(axes: Axes, row: int, items: Sequence[Sensitivity], near: float) -> None:
    known = [(float(item.change_gbp), item) for item in items if item.change_gbp is not None]
    ends = [0.0, *(change for change, _ in known)]
    axes.plot([min(ends), max(ends)], [row, row], color="#BFBFBF", linewidth=5, zorder=1)
    for change, item in known:
        marker, colour = _MARKERS[item.change.factor > 1]
        axes.scatter(
            [change], [row], s=70, marker=marker, color=colour, edgecolor="black",
            linewidth=0.5, zorder=3,
        )  # fmt: skip
    for place, words in _labels(known, near):
        axes.annotate(
            words, (place, row), (0, 8), textcoords="offset points", ha="center", fontsize=9,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8}, zorder=4,
        )  # fmt: skip
    lost = [f"{_times(item)} {item.answer.verdict.value}" for item in items if not item.answer.plan]
    if lost:
        axes.annotate(
            "; ".join(lost),
            (1.0, row),
            (0, -9),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=8.5,
            color=TEXT_GREY,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
            zorder=4,
        )


def _labels(known: Sequence[tuple[float, Sensitivity]], near: float) -> Iterator[tuple[float, str]]:
    """Yield where the labels of factors stand; those too close share one."""
    cluster: list[tuple[float, Sensitivity]] = []
    for change, item in sorted(known, key=_by_change):
        if cluster and change - cluster[-1][0] > near:
            yield _label(cluster)
            cluster = []
        cluster.append((change, item))
    if cluster:
        yield _label(cluster)


def _by_change(each: tuple[float, Sensitivity]) -> tuple[float, Decimal]:
    return each[0], each[1].change.factor


def _label(cluster: Sequence[tuple[float, Sensitivity]]) -> tuple[float, str]:
    place = sum(change for change, _ in cluster) / len(cluster)
    return place, ", ".join(_times(item) for _, item in cluster)


def _times(item: Sensitivity) -> str:
    return f"×{item.change.factor.normalize():f}"


def _finish(axes: Axes, names: Sequence[str]) -> None:
    axes.axvline(0, color="black", linewidth=0.9, zorder=2)
    axes.set_yticks(range(len(names)), [drawn(name, _NAME_CHARACTERS, 2) for name in names])
    axes.set_ylim(max(1, len(names)) - 0.4, -0.7)
    axes.set_xlabel("Change in the whole cost")
    pounds_on(axes.xaxis)
    axes.grid(axis="x", color="#E5E5E5", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _legend() -> list[Line2D]:
    words = {False: "Multiplied by less than 1", True: "Multiplied by more than 1"}
    return [
        Line2D(
            [], [], linestyle="", marker=marker, markersize=8, color=colour,
            markeredgecolor="black", markeredgewidth=0.5, label=words[above],
        )
        for above, (marker, colour) in _MARKERS.items()
    ]  # fmt: skip
