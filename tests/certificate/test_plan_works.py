"""A plan's purchases on the ground."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

import bng_opt
from bng_opt.certificate import file_plan
from bng_opt.certificate.plan_works import works_of_plan
from bng_opt.errors import InputError
from bng_opt.market import Market
from bng_opt.metric import read_requirement_table
from bng_opt.metric.units import units_of
from bng_opt.optimiser.plan import Plan
from bng_opt.reference import Ledger
from bng_opt.resources import data_dir

DEMO = data_dir() / "demo"
PARCELS = "stock_id,works,size,condition,baseline_habitat,baseline_condition\n"


@pytest.fixture(scope="module")
def market() -> Market:
    """Return the demonstration's market."""
    return bng_opt.load_market(DEMO / "market")


@pytest.fixture(scope="module")
def plan(market: Market) -> Plan:
    """Return the demonstration's plan."""
    site = bng_opt.Site.from_postcode("CV37 6QW")
    return bng_opt.optimise(bng_opt.read_metric(DEMO / "metric.xlsx"), market, site)


def test_every_purchase_gives_exactly_its_units(plan: Plan, market: Market) -> None:
    made = works_of_plan(plan, market)
    assert len(made.works) == len(plan.purchases)
    for works, line in zip(made.works, plan.purchases, strict=True):
        gross = float(units_of([works.outcome])[0])
        lost = sum(float(each) for each in units_of(list(works.starts))) if works.starts else 0.0
        assert gross - lost == pytest.approx(float(line.units), abs=1e-9)
        assert works.risk == line.category
        assert works.problems() == []


def test_what_stands_in_for_the_bank_s_own_figures_is_said(plan: Plan, market: Market) -> None:
    findings = works_of_plan(plan, market).findings
    for line in plan.purchases:
        assert any(f'"{line.stock_id}" states no parcel' in each.message for each in findings)


def test_each_gain_site_has_one_reference_for_each_risk(plan: Plan, market: Market) -> None:
    risks: dict[str, set[str]] = {}
    for works in works_of_plan(plan, market).works:
        risks.setdefault(works.site, set()).add(works.risk)
    assert all(len(each) == 1 for each in risks.values())


def test_a_plan_of_another_market_is_refused(plan: Plan, market: Market) -> None:
    lost = plan.purchases[0].stock_id
    stock = tuple(line for line in market.stock if line.stock_id != lost)
    with pytest.raises(InputError, match=f'no stock line "{lost}"'):
        works_of_plan(plan, replace(market, stock=stock))


def test_a_line_with_a_parcel_is_a_share_of_it(plan: Plan, tmp_path: Path) -> None:
    line = max(
        (each for each in plan.purchases if each.ledger == "area"), key=lambda each: each.units
    )
    for name in ("banks", "stock", "pricing"):
        table = pd.read_csv(DEMO / "market" / f"{name}.csv", dtype=str, keep_default_na=False)
        if name == "stock":
            # They follow from the parcel.
            own = table["stock_id"] == line.stock_id
            table.loc[own, ["gross_units", "baseline_units", "baseline_habitat"]] = ""
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    row = (
        f"{line.stock_id},creation,400,Moderate,Cropland - Cereal crops,Condition Assessment N/A\n"
    )
    (tmp_path / "parcels.csv").write_text(PARCELS + row)
    market = bng_opt.load_market(tmp_path)
    parcel = market.parcel_of(line.stock_id)
    made = works_of_plan(replace(plan, purchases=(line,)), market)
    (works,) = made.works
    whole = parcel.gross_units - parcel.baseline_units
    assert works.outcome.size == pytest.approx(400 * float(line.units / whole))
    assert works.baseline.state.habitat.name == "Cropland - Cereal crops"
    assert not any("states no parcel" in each.message for each in made.findings)
    net = float(units_of([works.outcome])[0]) - float(units_of([works.baseline])[0])
    assert Decimal(str(round(net, 3))) >= line.units


def test_a_workbook_that_owes_something_else_is_refused(
    plan: Plan, market: Market, shared_workbooks: Path
) -> None:
    owed = bng_opt.read_metric(DEMO / "metric.xlsx")
    for name in ("d02", "d03"):
        source = next(shared_workbooks.glob(f"{name}_*.xlsx"))
        with pytest.raises(InputError, match="owes something else") as caught:
            file_plan(plan, market, source, requirement=owed, calculate=False)
        assert "search again" in caught.value.findings[0].remedy


def test_of_a_typed_need_it_is_said_that_the_workbook_cannot_be_told(
    plan: Plan, market: Market, shared_workbooks: Path
) -> None:
    typed = read_requirement_table(b"ledger,habitat,units\narea,Net gain,1\n")
    source = next(shared_workbooks.glob("d02_*.xlsx"))
    filed = file_plan(plan, market, source, requirement=typed, calculate=False)
    assert "can't be told" in filed.findings[0].message


def test_a_need_is_the_same_but_for_what_counts_as_zero() -> None:
    owed = bng_opt.read_metric(DEMO / "metric.xlsx")
    area = owed.ledgers[Ledger.AREA]
    for by, is_same in ((1e-9, True), (0.01, False)):
        more = {**owed.ledgers, Ledger.AREA: replace(area, deficit=area.deficit + by)}
        assert owed.owes_as(replace(owed, ledgers=more)) is is_same
        less = replace(area, changes=area.changes[1:])
        assert not owed.owes_as(replace(owed, ledgers={**owed.ledgers, Ledger.AREA: less}))
