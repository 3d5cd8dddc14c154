"""``bng-opt market``: import, export, show and aliases of the store's market."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bng_opt.market import load_market
from bng_opt.market.store import open_store
from bng_opt.market.store.audit import history
from bng_opt.market.store.reservations import reserve
from tests.support.command_line import Runner, in_process_of_its_own, write_job


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("BNG_OPT_DATABASE", str(tmp_path / "store.sqlite"))
    monkeypatch.setenv("BNG_OPT_USER", "ann")
    return Runner(capsys)


@pytest.fixture
def folder(tmp_path):
    write_job(tmp_path)
    return tmp_path / "market"


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_first_import_makes_the_store_and_the_next_has_no_differences(run, folder, tmp_path):
    first = run("market", "import", str(folder))
    assert first.status == 0
    assert "banks: 4 added" in first.out
    assert "price list 1, valid from" in first.out
    assert (tmp_path / "store.sqlite").is_file()
    again = run("market", "import", str(folder), "--json").json
    assert again["price_list"] is None
    assert sum(count for counts in again["counts"].values() for count in counts.values()) == 0


def test_a_dry_run_shows_the_differences_and_changes_nothing(run, folder):
    run("market", "import", str(folder))
    lines = (folder / "pricing.csv").read_text(encoding="utf-8")
    edit(folder, "pricing.csv", "20700", "20800")
    tried = run("market", "import", str(folder), "--dry-run", "--json").json
    assert tried["dry_run"] is True
    (change,) = tried["changes"]["pricing"]["changed"]
    assert (change["before"]["price"], change["after"]["price"]) == ("20700", "20800")
    (folder / "pricing.csv").write_text(lines, encoding="utf-8")
    assert "no differences" in run("market", "import", str(folder)).out


def test_who_imports_and_why_is_in_the_log_and_the_list(run, folder, tmp_path):
    run("market", "import", str(folder), "--by", "bob", "--note", "March list")
    (made,) = run("market", "show", "--json").json["price_lists"]
    assert (made["imported_by"], made["note"], made["number"]) == ("bob", "March list", 1)
    with open_store(tmp_path / "store.sqlite") as store, store.read() as session:
        assert [row.who for row in history(session, "market", "market")] == ["bob"]


def test_bad_input_is_said_all_at_once_as_one_object(run, folder):
    run("market", "import", str(folder))
    edit(folder, "banks.csv", "Stratford-on-Avon", "Nowhere")
    said = run("market", "import", str(folder), "--json")
    assert said.status == 2
    assert {finding["column"] for finding in said.findings} == {"lpa"}
    said = run("market", "import", str(folder), "--valid-from", "soon", "--json")
    assert "is no date" in said.findings[0]["message"]
    said = run("market", "import", str(folder.parent / "nothing"), "--json")
    assert "no such file" in said.findings[0]["message"]


def test_a_partial_import_leaves_the_other_banks(run, folder):
    run("market", "import", str(folder))
    for name in ("banks", "stock", "pricing"):
        path = folder / f"{name}.csv"
        head, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
        place = 1 if name == "stock" else 0
        kept = [row for row in rows if row.split(",")[place] == "A"]
        path.write_text("".join([head, *kept]), encoding="utf-8")
    assert "no differences" in run("market", "import", str(folder), "--partial").out
    withdrawn = run("market", "import", str(folder), "--json").json["counts"]["banks"]["withdrawn"]
    assert withdrawn == 3


def test_prices_of_a_later_day_are_shown_of_that_day(run, folder):
    run("market", "import", str(folder))
    edit(folder, "pricing.csv", "20700", "20800")
    later = (datetime.now(UTC).date() + timedelta(days=9)).isoformat()
    run("market", "import", str(folder), "--valid-from", later)

    def price(*words):
        return run("market", "show", "--bank", "D", "--json", *words).json["prices"][0]["price"]

    assert (price(), price("--at", later)) == ("20700", "20800")


def test_show_says_what_is_sold_reserved_and_free(run, folder, tmp_path):
    run("market", "import", str(folder))
    stock_id = run("market", "show", "--bank", "D", "--json").json["stock"][0]["stock_id"]
    with open_store(tmp_path / "store.sqlite") as store, store.write() as session:
        now = store.clock()
        reserve(
            session,
            {stock_id: Decimal("1.5")},
            now=now,
            by="bob",
            expires_at=now + timedelta(hours=1),
        )
    (line,) = run("market", "show", "--bank", "D", "--json").json["stock"]
    assert (line["units"], line["reserved"], line["free"], line["sold"]) == ("5", "1.5", "3.5", "0")
    shown = run("market", "show")
    assert "3.50" in shown.out
    assert "Price lists, the newest first:" in shown.out
    assert run("market", "show", "--habitat", "Ditches", "--json").json["stock"] == []
    assert "Nearest ids" in run("market", "show", "--bank", "Z", "--json").findings[0]["remedy"]


def test_show_names_what_has_no_price(run, folder):
    edit(folder, "pricing.csv", "20700", "")
    run("market", "import", str(folder))
    found = run("market", "show", "--bank", "D")
    assert "Without any price, not sold:" in found.out
    assert "not sold" in found.out


@pytest.mark.parametrize("form", ["folder", "xlsx", "backend"])
def test_an_export_is_imported_again(run, folder, tmp_path, form):
    run("market", "import", str(folder))
    target = tmp_path / ("out" if form == "folder" else "out.xlsx")
    written = run("market", "export", str(target), "--form", form, "--json").json
    assert written["form"] == form
    assert all(Path(path).is_file() for path in written["paths"])
    again = run("market", "import", str(target), "--dry-run", "--json").json
    if form != "backend":
        assert not any(count for counts in again["counts"].values() for count in counts.values())
    else:
        assert sum(again["counts"]["stock"].values()) == 0


def test_the_name_of_the_target_says_the_form(run, folder, tmp_path):
    run("market", "import", str(folder))
    assert run("market", "export", str(tmp_path / "m.xlsx"), "--json").json["form"] == "xlsx"
    assert run("market", "export", str(tmp_path / "m"), "--available").status == 0
    assert load_market(tmp_path / "m") == load_market(folder)
    assert run("market", "export", str(tmp_path / "m"), "--form", "odt", "--json").status == 2


def test_aliases_are_added_listed_used_and_removed(run, folder):
    name = load_market(folder).stock[0].habitat.name
    for table in ("stock.csv", "pricing.csv"):
        text = (folder / table).read_text(encoding="utf-8")
        (folder / table).write_text(text.replace(name, "Meadow mix"), encoding="utf-8")
    refused = run("market", "import", str(folder), "--json")
    assert "alias add 'Meadow mix'" in refused.findings[0]["remedy"]
    assert run("market", "alias", "add", "Meadow mix", name, "--by", "bob").status == 0
    assert run("market", "import", str(folder)).status == 0
    (alias,) = run("market", "alias", "list", "--json").json["aliases"]
    assert (alias["alias"], alias["habitat"], alias["made_by"]) == ("Meadow mix", name, "bob")
    assert run("market", "show", "--habitat", "meadow MIX", "--json").json["stock"]
    assert run("market", "alias", "remove", "Meadow mix", "--json").status == 0
    assert run("market", "alias", "list").out.strip() == "No aliases yet."
    assert run("market", "alias", "remove", "Meadow mix").status == 2


def test_a_store_that_is_not_there_is_made_by_an_import_only(run, tmp_path):
    for words in (("show",), ("export", str(tmp_path / "out")), ("alias", "list")):
        said = run("market", *words, "--json")
        assert said.status == 2
        assert "no such store" in said.findings[0]["message"]
    assert not (tmp_path / "store.sqlite").exists()


def test_a_plan_is_found_on_the_stores_market(run, folder, tmp_path):
    words = list(write_job(tmp_path))
    run("market", "import", str(folder))
    of_files = run("optimise", *words, "--json").json
    place = words.index("--market") + 1
    for where in (str(tmp_path / "store.sqlite"), f"sqlite:///{tmp_path / 'store.sqlite'}"):
        words[place] = where
        of_store = run("optimise", *words, "--json").json
        assert of_store["scenario"] == of_files["scenario"]
        assert of_store["cost"] == of_files["cost"]


def test_names_cannot_steer_a_terminal(run, folder):
    edit(folder, "banks.csv", "\nA,", "\nA,\x9b2J")
    said = run("market", "import", str(folder), "--json")
    assert "control characters" in said.findings[0]["message"]


def test_the_help_of_a_command_names_its_options():
    said = in_process_of_its_own("market", "import", "--help")
    assert said.status == 0
    assert "--dry-run" in said.out
