"""The purchase in the official workbook, from the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import bng_opt
from bng_opt.certificate.office import office_program
from bng_opt.market.store import open_store
from bng_opt.market.store.imports import import_market
from bng_opt.resources import data_dir
from tests.support.command_line import Runner

MARKET = str(data_dir() / "demo" / "market")
PLACE = ("--lpa", "Stratford-on-Avon", "--nca", "Dunsmore and Feldon")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Runner:
    """Return what runs command lines."""
    return Runner(capsys)


@pytest.fixture
def metric(shared_workbooks: Path, tmp_path: Path) -> Path:
    """Return a workbook of the smallest purchase."""
    return Path(shutil.copy(next(shared_workbooks.glob("d03_*.xlsx")), tmp_path / "metric.xlsx"))


@pytest.fixture
def plan(metric: Path, tmp_path: Path) -> Path:
    """Return the plan.json of its purchase."""
    found = bng_opt.optimise(
        bng_opt.read_metric(metric),
        bng_opt.load_market(MARKET),
        bng_opt.Site.from_names(PLACE[1], PLACE[3]),
    )
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(found.as_dict()))
    return path


def test_a_purchase_is_written_where_it_belongs(
    run: Runner, metric: Path, plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "filed.xlsx"
    before = metric.read_bytes()
    done = run("write-back", str(plan), "--metric", str(metric), "--market", MARKET,
               "--out", str(out), "--no-calculation", "--json")  # fmt: skip
    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert told["accepted"]
    assert not told["calculated"]
    assert told["shortfalls"] == []
    assert told["rows_added"] >= 8
    assert any("states no parcel" in each["message"] for each in told["findings"])
    assert metric.read_bytes() == before
    assert bng_opt.read_metric(out).need == pytest.approx(0, abs=1e-6)


def test_nothing_is_written_over(run: Runner, metric: Path, plan: Path, tmp_path: Path) -> None:
    given = (
        "write-back",
        str(plan),
        "--metric",
        str(metric),
        "--market",
        MARKET,
        "--no-calculation",
    )
    over = run(*given, "--out", str(metric), "--force")
    assert over.status == 2
    assert "written over the one" in over.err
    out = tmp_path / "filed.xlsx"
    out.write_text("mine")
    there = run(*given, "--out", str(out))
    assert there.status == 2
    assert "--force" in there.err
    assert out.read_text() == "mine"


def test_all_that_is_missing_is_said_at_once(run: Runner, plan: Path) -> None:
    done = run("write-back", str(plan))
    assert done.status == 2
    for option in ("--metric", "--market", "--out"):
        assert option in done.err


def test_a_plan_of_another_market_is_refused(
    run: Runner, metric: Path, plan: Path, tmp_path: Path
) -> None:
    document = json.loads(plan.read_text())
    document["purchases"][0]["stock_id"] = "ELSEWHERE-1"
    plan.write_text(json.dumps(document))
    done = run("write-back", str(plan), "--metric", str(metric), "--market", MARKET,
               "--out", str(tmp_path / "filed.xlsx"), "--no-calculation")  # fmt: skip
    assert done.status == 2
    assert "ELSEWHERE-1" in done.err


def test_what_is_no_workbook_is_not_certified(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "letter.xlsx"
    path.write_bytes(b"Dear Sir")
    done = run("certify", str(path))
    assert done.status == 2
    assert "letter.xlsx" in done.err


@pytest.mark.office
@pytest.mark.slow
def test_the_workbook_judges_itself_with_and_without_the_purchase(
    run: Runner, metric: Path, tmp_path: Path
) -> None:
    if office_program() is None:
        pytest.skip("LibreOffice isn't installed (Debian, Ubuntu: apt install libreoffice-calc)")
    lacking = run("certify", str(metric), "--json")
    assert lacking.status == 3
    assert not json.loads(lacking.out)["accepted"]
    out = tmp_path / "deal"
    done = run("optimise", "--metric", str(metric), "--market", MARKET, *PLACE,
               "--out", str(out), "--write-back")  # fmt: skip
    assert done.status == 0, done.err
    filed = out / "metric-with-purchase.xlsx"
    told = run("certify", str(filed), "--json")
    assert told.status == 0, told.out
    assert json.loads(told.out)["largest_difference"] < 1e-9


@pytest.mark.office
@pytest.mark.slow
def test_a_quote_comes_with_the_workbook(run: Runner, metric: Path, tmp_path: Path) -> None:
    if office_program() is None:
        pytest.skip("LibreOffice isn't installed (Debian, Ubuntu: apt install libreoffice-calc)")
    store = str(tmp_path / "store.sqlite")
    with open_store(store) as opened:
        import_market(opened, Path(MARKET), by="Ann")
    made = run("quote", "create", "--metric", str(metric), *PLACE, "--customer", "Jo Client",
               "--store", store, "--json")  # fmt: skip
    assert made.status == 0, made.err
    reference = json.loads(made.out)["reference"]
    done = run("quote", "documents", reference, "--out", str(tmp_path / "deal"), "--store", store,
               "--kind", "sales_csv", "--metric", str(metric), "--json")  # fmt: skip
    assert done.status == 0, done.err
    path = Path(json.loads(done.out)["files"][-1]["path"])
    assert path.name == f"{reference}-metric-with-purchase.xlsx"
    assert bng_opt.read_metric(path).need == pytest.approx(0, abs=1e-6)
