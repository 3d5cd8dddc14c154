"""A chart of the least cost by the number of banks, as SVG; the table beside it says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from bng_opt.app.views.kit import render
from bng_opt.quantities import pounds

if TYPE_CHECKING:
    from bng_opt.app.state.around import OtherPurchase

_WIDTH, _HEIGHT = 640, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 24, 120, 34, 44
_LABEL_WIDTH = 76
"""Costs that would stand nearer than this to each other are left out [px]."""
_MOST_TICKS = 16


@dataclass(frozen=True)
class _Point:
    """A number of banks with its cost, where it is drawn."""

    banks: int
    x: float
    y: float
    label: str
    tick: str


def cost_chart(rows: Sequence[OtherPurchase]) -> str:
    """Return the chart as markup; empty where fewer than two costs are known.

    Parameters
    ----------
    rows
        The cheapest with at most 1, 2, 3, … banks, in this order.
    """
    known = [
        (n, float(row.total_gbp)) for n, row in enumerate(rows, 1) if row.total_gbp is not None
    ]
    if len(known) < 2:
        return ""
    least, most = min(cost for _, cost in known), max(cost for _, cost in known)
    span, last = (most - least) or 1.0, len(rows)
    pitch = (_WIDTH - _LEFT - _RIGHT) / max(1, last - 1)
    every, tick_every = ceil(_LABEL_WIDTH / pitch), -(-last // _MOST_TICKS)
    points = [
        _Point(
            n,
            round(_LEFT + pitch * (n - 1), 1),
            round(_TOP + (_HEIGHT - _TOP - _BOTTOM) * (most - cost) / span, 1),
            f"£{cost:,.0f}" if (len(known) - 1 - place) % every == 0 else "",
            str(n) if (n - 1) % tick_every == 0 else "",
        )
        for place, (n, cost) in enumerate(known)
    ]
    said = "; ".join(f"at most {n}: {pounds(cost)}" for n, cost in known)
    return render(
        "result_cost_chart",
        points=points,
        said=said,
        width=_WIDTH,
        height=_HEIGHT,
        floor=_HEIGHT - _BOTTOM + 10,
    )
