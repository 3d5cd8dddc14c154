"""The proof: the official workbook, filled in and calculated by LibreOffice, accepts the purchase.

All workbooks are calculated in one run of LibreOffice, since each start takes a while.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest

import bng_opt
from bng_opt.certificate import Certificate, FiledPlan, file_plan
from bng_opt.certificate.certifying import calculated, verdict_of
from bng_opt.certificate.office import office_program
from bng_opt.certificate.stored_results import with_results
from bng_opt.market import Market
from bng_opt.optimiser.plan import Plan
from bng_opt.quantities import UNIT_TOLERANCE
from bng_opt.resources import data_dir
from tests.support.market_factory import make_market

pytestmark = [pytest.mark.office, pytest.mark.slow]
CASES = ("d02", "d03", "d04", "d07", "d08", "d10")
MODES = ("statutory", "like_for_like")
CONTROL = ("d02", "statutory", "0.02 too little")
TOO_LITTLE = Decimal("0.02")


@dataclass(frozen=True)
class Case:
    """A purchase, filed, and what the workbook says of it."""

    source: Path
    plan: Plan
    filed: FiledPlan
    recalculated: bytes
    certificate: Certificate


def filed_plans(
    folder: Path, market: Market
) -> Iterator[tuple[tuple[str, ...], Path, Plan, FiledPlan]]:
    site = bng_opt.Site.from_postcode("CV37 6QW")
    for name in CASES:
        source = next(folder.glob(f"{name}_*.xlsx"))
        requirement = bng_opt.read_metric(source)
        for mode in MODES:
            plan = bng_opt.optimise(requirement, market, site, bng_opt.Policy(mode=mode))
            yield (name, mode), source, plan, file_plan(plan, market, source, calculate=False)
            if (name, mode) == CONTROL[:2]:
                less = shortened(plan)
                yield CONTROL, source, less, file_plan(less, market, source, calculate=False)


def shortened(plan: Plan) -> Plan:
    """Return a plan that buys 0.02 units less of its largest line."""
    largest = max(plan.purchases, key=lambda line: line.units)
    less = replace(largest, units=largest.units - TOO_LITTLE)
    lines = tuple(less if line is largest else line for line in plan.purchases)
    return replace(plan, purchases=lines)


@pytest.fixture(scope="module")
def cases(shared_workbooks: Path) -> dict[tuple[str, ...], Case]:
    """Return every case by workbook and mode, calculated in one go."""
    if office_program() is None:
        pytest.skip("LibreOffice isn't installed (Debian, Ubuntu: apt install libreoffice-calc)")
    market = bng_opt.load_market(data_dir() / "demo" / "market")
    found = list(filed_plans(shared_workbooks, market))
    names = [source.name for _, source, *_ in found]
    results = calculated([filed.data for *_, filed in found], names)
    return {
        key: Case(source, plan, filed, each.data, each.certificate)
        for (key, source, plan, filed), each in zip(found, results, strict=True)
    }


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CASES)
def test_the_workbook_accepts_the_purchase(
    cases: dict[tuple[str, ...], Case], name: str, mode: str
) -> None:
    case = cases[name, mode]
    assert case.certificate.trading_satisfied
    assert case.certificate.deficits == {}
    assert case.filed.shortfalls == ()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CASES)
def test_every_result_is_the_one_we_predicted(
    cases: dict[tuple[str, ...], Case], name: str, mode: str
) -> None:
    certificate = cases[name, mode].certificate
    assert certificate.check.differences == ()
    assert certificate.check.largest < 1e-9
    assert certificate.check.compared > 100


def test_a_purchase_two_hundredths_too_small_is_rejected(
    cases: dict[tuple[str, ...], Case],
) -> None:
    control = cases[CONTROL]
    assert not control.certificate.accepted
    assert control.filed.shortfalls, "and we knew it before"
    assert control.certificate.agrees


def test_nothing_of_the_user_s_is_changed(cases: dict[tuple[str, ...], Case]) -> None:
    case = cases["d08", "statutory"]
    before = zipfile.ZipFile(case.source)
    after = zipfile.ZipFile(BytesIO(case.filed.data))
    kept = set(before.namelist()) - {"xl/calcChain.xml"}
    assert set(after.namelist()) == kept
    parts = {name for name in kept if before.read(name) != after.read(name)}
    assert all(
        name.startswith("xl/worksheets/sheet")
        or name in ("xl/workbook.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels")
        for name in parts
    )
    written = {(each.sheet, str(each.cell)) for each in case.filed.filled.written}
    assert len(written) == len(case.filed.filled.written)


def test_the_file_that_is_handed_out_carries_the_results(
    cases: dict[tuple[str, ...], Case],
) -> None:
    case = cases["d03", "statutory"]
    data = with_results(case.filed.data, case.recalculated)
    again = bng_opt.read_metric(data, "filed.xlsx")
    assert again.need <= UNIT_TOLERANCE
    assert verdict_of(data, "filed.xlsx").accepted
    workbook = zipfile.ZipFile(BytesIO(data)).read("xl/workbook.xml")
    assert b'fullCalcOnLoad="1"' in workbook


def test_a_market_that_states_its_baselines_is_filed_with_them(shared_workbooks: Path) -> None:
    source = next(shared_workbooks.glob("d02_*.xlsx"))
    market = make_market(40, fees=True, baselines=True)
    site = bng_opt.Site.from_names("Stratford-on-Avon", "Dunsmore and Feldon")
    plan = bng_opt.optimise(bng_opt.read_metric(source), market, site)
    filed = file_plan(plan, market, source, calculate=False)
    assert filed.shortfalls == ()
