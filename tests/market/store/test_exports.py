"""Exports: files that are imported again without differences, and hold no formula."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bng_opt.errors import InputError
from bng_opt.market import Bank, ContractSize, Market, PriceBasis, Tier, load_market, save_market
from bng_opt.market.store.exports import export_market, form_for
from bng_opt.market.store.imports import import_market
from bng_opt.market.store.reservations import reserve
from bng_opt.market.store.snapshots import read_market
from bng_opt.places import Category, Place, multiplier
from tests.support.market_factory import make_frames

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
EVIL = "=HYPERLINK(1)"
RISK = {Tier(category.tier): multiplier(category) for category in Category}


@pytest.fixture
def store(store):
    store.clock = lambda: NOON
    return store


def bring(store, tables):
    import_market(store, {name: pd.DataFrame(rows) for name, rows in tables.items()}, by="ann")


def hold(store, stock_id, units):
    with store.write() as session:
        reserve(
            session,
            {stock_id: Decimal(units)},
            now=NOON,
            by="bob",
            expires_at=NOON + timedelta(hours=1),
        )


def target(folder, form):
    return folder / ("out" if form == "folder" else f"{form}.xlsx")


@pytest.mark.parametrize("form", ["folder", "xlsx"])
def test_an_export_is_imported_again_without_differences(store, tmp_path, form):
    frames = make_frames(15, seed=5, fees=True, baselines=True, delivered=0.5)
    frames["banks"].loc[0, "bank_name"] = EVIL
    frames["banks"].loc[1, "bank_name"] = "'@Bank"
    import_market(store, frames, by="ann")
    stock_id = frames["stock"]["stock_id"][0]
    hold(store, stock_id, "0.0001")
    written = export_market(store, target(tmp_path, form), form=form)
    assert all(path.exists() for path in written.paths)
    assert import_market(store, target(tmp_path, form), by="ann").is_empty
    names = {bank.bank_id: bank.name for bank in load_market(target(tmp_path, form)).banks}
    assert names["B001"] == EVIL
    assert names["B002"] == "'@Bank"


def test_only_what_is_free_is_written_when_asked_for(store, tables, tmp_path):
    bring(store, tables)
    hold(store, "S1", "3.0001")
    export_market(store, tmp_path / "all")
    export_market(store, tmp_path / "free", available=True)
    whole, free = load_market(tmp_path / "all"), load_market(tmp_path / "free")
    assert (whole.stock[0].units, free.stock[0].units) == (8, Decimal("4.9999"))
    assert free == read_market(store)


def test_prices_are_those_of_the_day_asked_for(store, tables, tmp_path):
    bring(store, tables)
    later = NOON + timedelta(days=5)
    tables["pricing"][0]["price"] = "30000"
    frames = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    import_market(store, frames, by="ann", valid_from=later.date())
    prices = []
    for moment in (NOON, later):
        export_market(store, tmp_path / "out", at=moment)
        prices.append(load_market(tmp_path / "out").prices[0].price_gbp)
    assert prices == [27000, 30000]


@pytest.mark.parametrize("form", ["xlsx", "backend"])
def test_no_cell_of_a_workbook_is_a_formula_or_a_link(store, tables, tmp_path, form):
    tables["banks"][0]["bank_name"] = EVIL
    tables["banks"][1]["bank_name"] = "http://example.org"
    tables["banks"][0]["bgs_reference"] = "+1"
    bring(store, tables)
    path = target(tmp_path, form)
    export_market(store, path, form=form)
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)
    texts = {cell.value for cell in cells if cell.data_type == "s"}
    assert {EVIL, "http://example.org", "+1"} <= texts


def test_no_text_of_a_folder_begins_like_a_formula(store, tables, tmp_path):
    tables["banks"][0]["bank_name"] = EVIL
    tables["banks"][0]["postcode"] = "@SUM"
    bring(store, tables)
    export_market(store, tmp_path)
    with (tmp_path / "banks.csv").open(newline="") as stream:
        row = next(csv.DictReader(stream))
    assert (row["bank_name"], row["postcode"], row["lon"]) == (f"'{EVIL}", "'@SUM", "-1.8")


@given(name=st.text(alphabet="'=+-@ ab,\"", min_size=1, max_size=8))
def test_any_name_survives_a_folder(tmp_path_factory, name):
    market = Market((Bank("B1", f"{name}x".strip(), Place("Leeds", "Arden")),), (), ())
    folder = save_market(market, tmp_path_factory.mktemp("m"))
    assert load_market(folder) == market


def test_a_back_end_workbook_sells_the_same_at_the_same_prices(store, tmp_path):
    frames = make_frames(15, seed=6, fees=True, baselines=True, delivered=0.5, price_grid="sizes")
    frames["pricing"] = frames["pricing"].drop(index=[0, 5])
    import_market(store, frames, by="ann")
    written = export_market(store, tmp_path / "backend.xlsx", form="backend")
    ours, theirs = read_market(store), load_market(tmp_path / "backend.xlsx")
    assert theirs.banks == ours.banks
    assert theirs.stock == ours.stock
    compared = 0
    for line in ours.stock:
        for tier in Tier:
            for size in ContractSize:
                mine, other = (each.price_for(line, tier, size) for each in (ours, theirs))
                assert (mine is None) == (other is None)
                if mine is not None:
                    assert other.basis is PriceBasis.DELIVERED
                    share = 1 if mine.basis is PriceBasis.DELIVERED else RISK[tier]
                    difference = abs(other.price_gbp * share - mine.price_gbp)
                    assert difference <= Decimal("0.005")
                    compared += 1
    assert compared > 500
    assert any("rounded to the penny" in warning.message for warning in written.warnings)
    again = import_market(store, tmp_path / "backend.xlsx", by="ann")
    assert {change.table for change in again.changes} == {"pricing"}
    export_market(store, tmp_path / "second.xlsx", form="backend")
    assert (tmp_path / "second.xlsx").read_bytes() == (tmp_path / "backend.xlsx").read_bytes()
    assert import_market(store, tmp_path / "second.xlsx", by="ann").is_empty


def test_withdrawn_banks_are_not_exported(store, tables, tmp_path):
    bring(store, tables)
    kept = {name: [row for row in rows if row["bank_id"] != "B2"] for name, rows in tables.items()}
    bring(store, kept)
    export_market(store, tmp_path)
    assert [bank.bank_id for bank in load_market(tmp_path).banks] == ["B1", "B3"]


def test_a_form_or_target_that_cannot_be_is_refused(store, tables, tmp_path):
    bring(store, tables)
    for name, form in (("out", "odt"), ("out", "xlsx"), ("out", "backend"), ("a.xlsx", "folder")):
        with pytest.raises(InputError):
            export_market(store, tmp_path / name, form=form)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="can't be made"):
        export_market(store, tmp_path / "file" / "out")
    assert [path.name for path in tmp_path.iterdir() if "sqlite" not in path.name] == ["file"]


def test_the_form_follows_the_targets_name():
    assert [form_for(name).value for name in ("out", "m.XLSX")] == ["folder", "xlsx"]


def test_a_text_too_long_for_a_cell_is_refused_not_cut(store, tables, tmp_path):
    tables["banks"][0]["bank_name"] = "x" * 40_000
    bring(store, tables)
    with pytest.raises(InputError, match="characters that a cell holds"):
        export_market(store, tmp_path / "m.xlsx", form="xlsx")
    assert not (tmp_path / "m.xlsx").exists()
