"""``bng-opt portfolio``: one report for many sites, and a site that can't be served."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from bng_opt import save_market
from tests.support.command_line import FOUR_BANKS, Runner

HEADER = "name,requirement,lpa,nca"
PLACE = "Stratford-on-Avon,Dunsmore and Feldon"


@pytest.fixture(name="bng")
def _bng(capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(capsys)


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """Return a folder with a market of 8 units and needs of 2 and of what nobody sells."""
    save_market(FOUR_BANKS.market(), tmp_path / "market")
    for name, habitat in (("two", "Net gain"), ("ditches", "Ditches")):
        ledger = "watercourse" if habitat == "Ditches" else "area"
        text = f"ledger,habitat,units\n{ledger},{habitat},2\n"
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def job(folder: Path, *rows: str) -> tuple[str, ...]:
    manifest = folder / "sites.csv"
    manifest.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    return ("portfolio", str(manifest), "--market", str(folder / "market"))


TWO = (f"Mill,two.csv,{PLACE}", f"Hill,two.csv,{PLACE}")
IMPOSSIBLE = f"Fen,ditches.csv,{PLACE}"


def test_two_sites_share_the_stock_at_the_least_joint_cost(bng: Runner, folder: Path) -> None:
    said = bng(*job(folder, *TWO), "--json")
    assert (said.status, said.err) == (0, "")
    assert said.json["status"] == "optimal"
    # One of them buys 2 cheap units, the other from D; splitting the third cheap unit off
    # saves 700 and costs no fee less.
    assert said.json["total_gbp"] == pytest.approx(2 * 20_000 + 20_000 + 20_700 + 200)
    assert said.json["plans"].keys() == {"Hill", "Mill"}
    assert all(plan["checks"] for plan in said.json["plans"].values())


def test_the_report_names_every_site(bng: Runner, folder: Path) -> None:
    said = bng(*job(folder, *TWO))
    assert said.status == 0
    assert all(word in said.out for word in ("Hill", "Mill", "Together", "No joint purchase"))


def test_an_impossible_site_is_named_and_nothing_is_bought(bng: Runner, folder: Path) -> None:
    said = bng(*job(folder, *TWO, IMPOSSIBLE), "--json")
    assert said.status == said.json["error"]["exit_status"] == 3
    assert all('Site "Fen"' in finding["message"] for finding in said.findings)


def test_the_rest_is_solved_on_request(bng: Runner, folder: Path) -> None:
    words = (*job(folder, *TWO, IMPOSSIBLE), "--skip-impossible")
    said = bng(*words, "--json")
    assert said.status == 0
    assert said.json["plans"].keys() == {"Hill", "Mill"}
    assert said.json["skipped"].keys() == {"Fen"}
    report = bng(*words).out
    assert "Left out" in report
    assert "Fen" in report


def test_the_three_ways_to_share_stand_side_by_side(bng: Runner, folder: Path) -> None:
    words = (*job(folder, *TWO), "--compare")
    said = bng(*words, "--json")
    assert said.json["compared"].keys() == {"first_come", "fair"}
    assert said.json["total_gbp"] <= said.json["compared"]["first_come"]["total_gbp"]
    assert "Three ways to share" in bng(*words).out


def test_the_files_are_written(bng: Runner, folder: Path) -> None:
    out = folder / "out"
    said = bng(*job(folder, *TWO), "--compare", "--json", "--out", str(out))
    assert json.loads((out / "portfolio.json").read_text("utf-8")) == said.json
    with (out / "sites.csv").open(encoding="utf-8") as file:
        assert [row["site"] for row in csv.DictReader(file)] == ["Hill", "Mill"]
    assert {path.name for path in out.iterdir()} == {
        "portfolio.json", "sites.csv", "purchases.csv", "comparison.csv",
    }  # fmt: skip


def test_a_name_that_begins_a_formula_is_made_harmless(bng: Runner, folder: Path) -> None:
    out = folder / "out"
    bng(*job(folder, f"=Mill,two.csv,{PLACE}"), "--out", str(out))
    assert "'=Mill" in (out / "sites.csv").read_text("utf-8")


def test_manifest_market_and_options_are_refused_at_once(bng: Runner, folder: Path) -> None:
    wrong = (*job(folder, f"Mill,none.csv,{PLACE}")[:2], "--market", "nowhere", "--gap", "2",
             "--jobs", "0", "--mode", "lenient", "--json")  # fmt: skip
    said = bng(*wrong)
    assert said.status == 2
    text = json.dumps(said.findings)
    assert all(word in text for word in ("none.csv", "nowhere", "--gap", "--jobs", "mode"))
    assert len(said.findings) == 5


def test_a_portfolio_without_a_market_is_refused(bng: Runner, folder: Path) -> None:
    said = bng(*job(folder, *TWO)[:2])
    assert (said.status, said.out) == (2, "")
    assert "No market is given" in said.err


def test_wishes_hold_for_every_site(bng: Runner, folder: Path) -> None:
    said = bng(*job(folder, *TWO), "--max-banks", "1", "--gap", "0.1%", "--json")
    assert all(len(plan["banks"]) == 1 for plan in said.json["plans"].values())
