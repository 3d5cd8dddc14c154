"""``bng-opt quote``: the whole life of a quote from the command line."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from bng_opt import save_market
from bng_opt.cli.quote_lines import OUTSIDE_COLUMNS, read_outside
from bng_opt.errors import InputError
from bng_opt.resources import data_dir
from tests.support.command_line import FOUR_BANKS, SITE, Runner
from tests.support.scenarios import MEADOW

PASSWORD = "a long sentence that only Ann knows"


@pytest.fixture
def bng(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Runner:
    """Return a runner on a store with four banks, for a development that owes three units."""
    monkeypatch.setenv("BNG_OPT_DATABASE", str(tmp_path / "store.sqlite"))
    monkeypatch.setenv("BNG_OPT_USER", "Bea Broker")
    run = Runner(capsys)
    market = save_market(FOUR_BANKS.market(), tmp_path / "market")
    assert run("market", "import", str(market), "--json").status == 0
    return run


@pytest.fixture
def need(tmp_path: Path) -> tuple[str, ...]:
    path = tmp_path / "need.csv"
    path.write_text("ledger,habitat,units\narea,Net gain,3\n")
    return ("--requirement", str(path), *SITE)


def create(bng: Runner, need: tuple[str, ...], *more: str) -> Any:
    said = bng("quote", "create", "--customer", "Jo Client", *need, *more, "--json")
    assert said.status == 0, said.out + said.err
    return said.json


def approve(bng: Runner, reference: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("Ann", "--password-stdin", "--json")
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    assert bng("user", "add", *words, "--role", "admin").status == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    said = bng("quote", "approve", reference, "--approver", *words)
    assert said.json["approved_by"] == "Ann"


def test_from_need_to_sale(
    bng: Runner, need: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = create(bng, need)
    reference = made["reference"]
    assert made["totals"] == {
        "amount_gbp": 60_500.0,
        "discount_gbp": 0.0,
        "net_gbp": 60_500.0,
        "vat_rate": 0.2,
        "vat_gbp": 12_100.0,
        "gross_gbp": 72_600.0,
    }
    assert bng("quote", "reserve", reference, "--json").json["reservation"]["state"] == "held"
    refused = bng("quote", "accept", reference, "--json")
    assert (refused.status, refused.json["error"]["kind"]) == (2, "AccessError")
    approve(bng, reference, monkeypatch)
    assert bng("quote", "accept", reference, "--json").json["state"] == "accepted"
    shown = bng("quote", "show", reference, "--check", "--json").json
    assert shown["reservation"]["state"] == "sold"
    listed = bng("quote", "list", "--state", "accepted", "--json").json["quotes"]
    assert [each["reference"] for each in listed] == [reference]
    out = tmp_path / "documents"
    words = ("documents", reference, "--out", str(out), "--kind", "sales_csv")
    files = bng("quote", *words, "--json").json["files"]
    assert [Path(each["path"]).is_file() for each in files] == [True]


def test_the_report_in_words_adds_up_on_the_page(bng: Runner, need: tuple[str, ...]) -> None:
    create(bng, need)
    said = bng("quote", "show", "BNG-2026-00001")
    for words in ("Total before VAT", "£60,500.00", "VAT at 20%", "£12,100.00", "£72,600.00"):
        assert words in said.out
    assert "awaits approval, not an offer" in said.out


def test_lines_by_hand(bng: Runner, need: tuple[str, ...]) -> None:
    reference = create(bng, need)["reference"]
    words = ("--remove", "A-001", "--add", "D-004=1")
    revised = bng("quote", "revise", reference, *words, "--json").json
    bought = {line["stock_id"]: line["units"] for line in revised["lines"] if line["stock_id"]}
    assert bought == {"B-002": 1.0, "C-003": 1.0, "D-004": 1.0}
    assert revised["revision"] == 2
    assert revised["totals"]["net_gbp"] == 61_400.0


def test_lines_that_break_a_rule_change_nothing(bng: Runner, need: tuple[str, ...]) -> None:
    reference = create(bng, need)["reference"]
    refused = bng("quote", "revise", reference, "--remove", "A-001", "--json")
    assert refused.status == 3
    assert bng("quote", "show", reference, "--json").json["revision"] == 1


def test_terms_and_wishes_can_be_changed_and_stay(bng: Runner, need: tuple[str, ...]) -> None:
    reference = create(bng, need, "--charge", "Site visit=250")["reference"]
    revised = bng("quote", "revise", reference, "--max-banks", "1", "--json").json
    assert [bank["bank_id"] for bank in revised["plan"]["banks"]] == ["D"]
    assert any(line["description"] == "Site visit" for line in revised["lines"])
    again = bng("quote", "revise", reference, "--charge", "Advice=100", "--json").json
    described = [line["description"] for line in again["lines"]]
    assert {"Advice", "Site visit"} <= set(described)
    assert [bank["bank_id"] for bank in again["plan"]["banks"]] == ["D"]
    words = ("--remove-charge", "Site visit", "--reset-wishes")
    last = bng("quote", "revise", reference, *words, "--json").json
    assert "Site visit" not in [line["description"] for line in last["lines"]]
    assert len(last["plan"]["banks"]) == 3
    refused = bng("quote", "revise", reference, "--remove-charge", "Typo", "--json")
    assert (refused.status, refused.findings[0]["message"]) == (2, 'There is no charge "Typo".')


def test_a_line_that_is_changed_twice_is_refused(bng: Runner, need: tuple[str, ...]) -> None:
    reference = create(bng, need)["reference"]
    words = ("--add", "D-004=1", "--units", "D-004=3")
    refused = bng("quote", "revise", reference, *words, "--json")
    assert refused.status == 2
    assert "two ways" in refused.findings[0]["message"]


def test_a_quote_without_proof_has_the_exit_status_of_one(bng: Runner) -> None:
    demo = data_dir() / "demo"
    assert bng("market", "import", str(demo / "market"), "--json").status == 0
    words = ("--time-limit", "0.001", "--no-cache", "--metric", str(demo / "metric.xlsx"))
    said = bng("quote", "create", "--customer", "Jo", *words, *SITE, "--json")
    assert said.status == 4
    # a plan that was found in so short a time is kept, and says that it isn't proven
    assert "error" in said.json or said.json["plan"]["status"] == "feasible"


def test_the_audit_log_can_be_read(bng: Runner, need: tuple[str, ...]) -> None:
    reference = create(bng, need, "--reserve")["reference"]
    log = bng("db", "log", "--of", reference, "--json").json["audit_log"]
    assert [(row["who"], row["action"]) for row in log] == [
        ("Bea Broker", "reserved"),
        ("Bea Broker", "created"),
    ]
    assert "reserved" in bng("db", "log", "--by-whom", "Bea Broker").out


def test_without_a_terminal_nobody_is_asked_for_a_password(
    bng: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    said = bng("user", "add", "Ann", "--role", "admin", "--json")
    assert (said.status, said.json["error"]["kind"]) == (2, "InputError")


def test_users_are_changed_by_an_admin_who_signs_in(
    bng: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def typed(*lines: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))

    words = ("--password-stdin", "--json")
    typed(PASSWORD)
    assert bng("user", "add", "Ann", "--role", "admin", *words).status == 0
    typed("not her password, only a guess", "a sentence of a stranger")
    change = ("user", "change", "Ann", "--password")
    assert bng(*change, "--by", "stranger", *words).json["error"]["kind"] == "AccessError"
    assert bng(*change, "--by", "Ann", *words).json["error"]["kind"] in (
        "AccessError",
        "InputError",
    )
    typed(PASSWORD, "another sentence of Ann's own")
    assert bng(*change, "--by", "Ann", *words).status == 0
    typed("another sentence of Ann's own", "a sentence that Bob can keep")
    assert bng("user", "add", "Bob", "--by", "Ann", *words).json["user"]["role"] == "viewer"


def test_release_gives_back_what_reserve_takes(bng: Runner, need: tuple[str, ...]) -> None:
    reference = create(bng, need, "--reserve")["reference"]
    assert bng("quote", "release", reference, "--json").json["reservation"]["state"] == "released"
    refused = bng("quote", "release", reference, "--json")
    assert (refused.status, refused.json["error"]["kind"]) == (2, "InputError")


def test_a_second_quote_is_offered_only_what_is_free(bng: Runner, need: tuple[str, ...]) -> None:
    create(bng, need, "--reserve")
    other = create(bng, need)
    assert {line["stock_id"] for line in other["lines"] if line["stock_id"]} == {"D-004"}


def test_all_that_is_wrong_with_a_quote_is_said_at_once(bng: Runner, tmp_path: Path) -> None:
    words = ("--customer", " ", "--metric", str(tmp_path / "none.xlsx"), "--mode", "greedy")
    said = bng("quote", "create", *words, "--charge", "x", "--json")
    assert said.status == 2
    messages = " ".join(finding["message"] for finding in said.findings)
    for part in ("no name", "none.xlsx", "site", "mode", "--charge"):
        assert part in messages + json.dumps(said.findings), part


def test_a_store_that_is_not_there_is_said_so(
    bng: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = str(tmp_path / "other.sqlite")
    said = bng("quote", "list", "--store", elsewhere, "--json")
    assert (said.status, said.json["error"]["kind"]) == (2, "StoreError")
    assert not Path(elsewhere).exists()


def outside_file(folder: Path, *rows: str) -> Path:
    path = folder / "outside.csv"
    path.write_text("\n".join([",".join(OUTSIDE_COLUMNS), *rows]) + "\n")
    return path


def test_units_from_outside_the_market_come_off_the_need(
    bng: Runner, need: tuple[str, ...], tmp_path: Path
) -> None:
    path = outside_file(tmp_path, f"Own meadow,{MEADOW},1,5000,1,The client")
    made = create(bng, need, "--outside", str(path))
    kinds = [(line["kind"], line["units"], line["net_gbp"]) for line in made["lines"]]
    assert ("outside", 1.0, 5_000.0) in kinds
    assert sum(units for kind, units, _ in kinds if kind == "units") == 2.0


def test_everything_wrong_in_a_file_of_outside_lines_is_said_by_row(tmp_path: Path) -> None:
    path = outside_file(tmp_path, "a,No such habitat,x,1,1,", f"b,{MEADOW},1,1,0.6,")
    with pytest.raises(InputError) as caught:
        read_outside(path)
    assert {finding.row for finding in caught.value.findings} == {2, 3}
