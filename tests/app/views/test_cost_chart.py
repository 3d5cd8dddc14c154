"""The chart of the cost by the number of banks, and its words."""

from __future__ import annotations

import re
from decimal import Decimal

from bng_opt.app.state.around import OtherPurchase
from bng_opt.app.views.cost_chart import cost_chart


def rows(*costs: float | None) -> list[OtherPurchase]:
    return [
        OtherPurchase(
            f"At most {n}", None if cost is None else Decimal(str(cost)), "proven", n, "", ""
        )
        for n, cost in enumerate(costs, 1)
    ]


def points(chart: str) -> list[tuple[float, float]]:
    found = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', chart)
    return [(float(x), float(y)) for x, y in found]


def test_a_cheaper_purchase_stands_lower_and_more_banks_further_right() -> None:
    (x1, y1), (x2, y2), (x3, y3) = points(cost_chart(rows(300, 200, 100)))
    assert x1 < x2 < x3
    assert y1 < y2 < y3
    assert y2 == (y1 + y3) / 2, "to scale"


def test_its_words_name_every_cost_to_the_penny() -> None:
    chart = cost_chart(rows(300.5, 200))
    assert (
        'aria-label="Least cost by the number of banks: at most 1: £300.50; at most 2: £200.00"'
        in (chart)
    )


def test_a_number_of_banks_without_a_purchase_has_no_point() -> None:
    chart = cost_chart(rows(None, 200, 100))
    assert len(points(chart)) == 2
    assert "at most 1:" not in chart


def test_one_cost_alone_is_no_chart() -> None:
    assert cost_chart(rows(None, 100)) == ""
    assert cost_chart([]) == ""


def test_equal_costs_are_drawn_level() -> None:
    (_, y1), (_, y2) = points(cost_chart(rows(100, 100)))
    assert y1 == y2


def test_labels_do_not_crowd_and_the_last_is_kept() -> None:
    chart = cost_chart(rows(*range(400, 360, -1)))
    labels = re.findall(r">£(\d+)<", chart)
    assert len(points(chart)) == 40
    assert len(labels) <= 8
    assert labels[-1] == "361"
