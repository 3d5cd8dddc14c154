"""Needs and purchases as tables: what is printed adds up, to the penny and the last decimal."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bng_opt.batch.content.plan_blocks import (
    bank_table,
    check_table,
    need_table,
    needs_met_table,
    purchase_table,
)
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.report import NOTHING_TO_BUY
from tests.support.report_pages import money, page_of, tables
from tests.support.scenarios import (
    AREA,
    CEREAL,
    FAR,
    HEDGE_MEDIUM,
    HEDGEROW,
    MEADOW,
    NEUTRAL,
    BankSpec,
    Line,
    Scene,
)

SCENE = Scene(
    (
        Line(NEUTRAL, 3, 1000.10, "A"),
        Line(NEUTRAL, 8, "1200.3333", "N1"),
        Line(HEDGE_MEDIUM, 2, 700, "F1"),
    ),
    changes={NEUTRAL: -5.25, CEREAL: -1.1, HEDGE_MEDIUM: -0.5},
    deficits={AREA: 7, HEDGEROW: 0.9},
    banks=(BankSpec("A", fee="250.55"), BankSpec.named("N1"), BankSpec("F1", FAR, FAR, FAR, "99")),
)


@pytest.fixture(scope="module", name="plan")
def _plan() -> Plan:
    return SCENE.optimise()


def test_every_sum_is_that_of_the_lines_above_it(plan: Plan) -> None:
    (table,) = tables(purchase_table(plan))
    above, sums = [], []
    for kind, cells in table.rows:
        if kind == "line":
            above.append(money(cells[-1]))
        elif kind == "sum":
            assert sum(above) == money(cells[-1])
            sums.append(money(cells[-1]))
            above = []
    (total,) = table.of("total")
    assert len(sums) == 3
    assert sum(sums) == money(total[-1]) == plan.total_gbp


def test_units_are_summed_by_ledger_and_never_across(plan: Plan) -> None:
    (table,) = tables(purchase_table(plan))
    area, hedgerow, fees = table.of("sum")
    assert Decimal(area[2]) == sum(p.units for p in plan.purchases if p.ledger == AREA)
    assert Decimal(hedgerow[2]) == sum(p.units for p in plan.purchases if p.ledger == HEDGEROW)
    assert fees[2] == table.of("total")[0][2] == ""


def test_prices_finer_than_a_penny_are_printed_as_they_are(plan: Plan) -> None:
    assert any(line.price_gbp == Decimal("1200.3333") for line in plan.purchases)
    assert "£1,200.3333" in purchase_table(plan).text


def test_no_raw_name_of_a_column_is_shown(plan: Plan) -> None:
    blocks = (purchase_table(plan), needs_met_table(plan), check_table(plan))
    heads = [head for block in blocks for table in tables(block) for head in table.heads]
    assert heads
    assert not any("_" in head or head != head.strip() or head.islower() for head in heads)


def test_the_need_by_hand() -> None:
    (table,) = tables(need_table(SCENE.requirement()))
    assert table.rows == [
        ("group", ["Area: baseline 100.00, headline deficit 7.00"]),
        (
            "line",
            [
                "Grassland",
                "Medium",
                "same broad habitat at Medium, or any High or Very High",
                "5.25",
            ],
        ),
        ("line", ["Any Low", "Low", "same band or higher", "1.10"]),
        ("line", ["Net gain", "any", "any area habitat", "0.65"]),
        ("sum", ["Area units to buy", "", "", "7.00"]),
        ("group", ["Hedgerow: baseline 100.00, headline deficit 0.90"]),
        ("line", ["Any Medium", "Medium", "same band or higher", "0.50"]),
        ("line", ["Net gain", "any", "any hedgerow habitat", "0.40"]),
        ("sum", ["Hedgerow units to buy", "", "", "0.90"]),
        ("group", ["Watercourse: nothing is missing"]),
    ]


def test_surplus_that_serves_a_need_is_told() -> None:
    scene = Scene((Line(MEADOW, 9, 10),), changes={MEADOW: 2, CEREAL: -3}, deficits={AREA: 1})
    block = need_table(scene.requirement())
    assert "2.00 units of the site's own surplus" in block.text


def test_an_empty_plan_says_that_nothing_needs_to_be_bought() -> None:
    plan = Scene((Line(NEUTRAL, 1, 10),), changes={NEUTRAL: 1}).optimise()
    assert purchase_table(plan).text.replace("\n", " ") == NOTHING_TO_BUY
    assert needs_met_table(plan).html == ""


def test_each_need_is_the_sum_of_what_meets_it(plan: Plan) -> None:
    (table,) = tables(needs_met_table(plan))
    need, parts = Decimal(0), Decimal(0)
    for kind, cells in [*table.rows, ("group", ["", "", "0"])]:
        if kind == "group":
            assert need == parts
            need, parts = Decimal(cells[-1]), Decimal(0)
        else:
            parts += Decimal(cells[-1])


def test_the_banks_have_their_reason_and_their_cost(plan: Plan) -> None:
    (table,) = tables(bank_table(plan, SCENE.market()))
    rows = {cells[0]: cells for cells in table.of("line")}
    assert rows["Bank F1 (F1)"][1] == "BGS-F1"
    assert rows["Bank F1 (F1)"][2].startswith("Outside")
    assert money(table.of("total")[0][-1]) == plan.total_gbp


def test_a_rule_that_does_not_hold_alarms(plan: Plan) -> None:
    from dataclasses import replace

    check = replace(plan.checks[0], ok=False, detail="2 units too much")
    broken = check_table(replace(plan, checks=(check, *plan.checks[1:])))
    assert page_of(broken).find(class_="alarm") is not None
    assert ["NO", "2 units too much"] in [cells[1:] for cells in tables(broken)[0].of("line")]
    assert page_of(check_table(plan)).find(class_="alarm") is None
