"""Imports: all or nothing, what changes is said, what was sold stays sold."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from bng_opt.errors import InputError
from bng_opt.market import Bank, BlankPrice, Market, Price, StockLine, load_market
from bng_opt.market.store import imports, open_store
from bng_opt.market.store.audit import history
from bng_opt.market.store.differences import ChangeKind
from bng_opt.market.store.exactness import kept_market
from bng_opt.market.store.imports import import_market
from bng_opt.market.store.lists import price_lists
from bng_opt.market.store.reservations import live_units, reserve, sell
from bng_opt.market.store.snapshots import read_market
from bng_opt.market.store.tables import BankRow, PriceRowRow, StockRow
from bng_opt.places import Place
from bng_opt.reference import catalogue
from tests.support.market_factory import make_frames

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
TODAY = NOON.date()
TOMORROW, NEXT_WEEK = TODAY + timedelta(days=1), TODAY + timedelta(days=7)
PLACE = Place("Stratford-on-Avon", "Arden")
NEUTRAL = catalogue().find("Grassland - Other neutral grassland")
CEREAL = catalogue().find("Cropland - Cereal crops")


@pytest.fixture
def store(store):
    store.clock = lambda: NOON
    return store


def frames_of(tables):
    return {name: pd.DataFrame(rows) for name, rows in tables.items()}


def bring(store, tables, **wishes):
    return import_market(store, frames_of(tables), by="ann", **wishes)


def claim(store, lines, *, sold=False, hours=1):
    with store.write() as session:
        number = reserve(
            session,
            {key: Decimal(units) for key, units in lines.items()},
            now=NOON,
            by="bob",
            expires_at=NOON + timedelta(hours=hours),
        )
        if sold:
            sell(session, number, now=NOON, by="bob")


def dump(store):
    """Return all rows of the market's tables, to see that nothing changed."""
    with store.read() as session:
        return [
            session.execute(sa.select(kind.__table__).order_by(*kind.__table__.primary_key)).all()
            for kind in (BankRow, StockRow, PriceRowRow)
        ]


def messages(error):
    return [finding.message for finding in error.value.findings]


def prices_on(store, day, bank="B1"):
    market = read_market(store, at=datetime.combine(day, NOON.timetz()))
    return {row.key[1:]: row.price_gbp for row in market.prices if row.bank_id == bank}


def test_what_is_imported_is_read_back(store, tables):
    tables["pricing"][1]["price"] = ""
    changes = bring(store, tables)
    assert read_market(store) == load_market(frames_of(tables))
    assert changes.counts() == {
        "banks": {"added": 3, "withdrawn": 0, "changed": 0},
        "stock": {"added": 3, "withdrawn": 0, "changed": 0},
        "pricing": {"added": 3, "withdrawn": 0, "changed": 0},
    }
    assert (changes.price_list, changes.valid_from) == (1, TODAY)


def test_the_same_again_in_any_order_has_no_differences_and_makes_no_price_list(store):
    frames = make_frames(12, seed=4, fees=True, baselines=True, delivered=0.5)
    import_market(store, frames, by="ann")
    before = dump(store)
    for seed in range(3):
        shuffled = {name: frame.sample(frac=1, random_state=seed) for name, frame in frames.items()}
        changes = import_market(store, shuffled, by="ann")
        assert changes.is_empty
        assert changes.price_list is None
        assert "no differences" in str(changes)
    assert dump(store) == before
    with store.read() as session:
        assert [each.number for each in price_lists(session)] == [1]


def test_a_dry_run_says_the_same_and_changes_nothing(store, tables):
    bring(store, tables)
    tables["banks"][0]["bank_name"] = "Weir Bank"
    tables["stock"][0]["units"] = "7"
    tables["pricing"][0]["price"] = "28000"
    before = dump(store)
    tried = bring(store, tables, dry_run=True)
    assert dump(store) == before
    done = bring(store, tables)
    assert done.changes == tried.changes
    assert (done.price_list, done.warnings) == (tried.price_list, tried.warnings)
    assert [change.kind for change in done.changes] == [ChangeKind.CHANGED] * 3
    cells = [cell for change in done.changes for cell in change.cells()]
    assert cells == [
        ("bank_name", "Mill Bank", "Weir Bank"),
        ("units", "8", "7"),
        ("price", "27000", "28000"),
    ]
    frame = done.to_frame()
    assert list(frame["column"]) == ["bank_name", "units", "price"]
    assert "a dry run" in tried.summary()
    assert "units 8 -> 7" in done.summary()


def test_what_the_source_lacks_is_withdrawn_and_never_deleted(store, tables):
    bring(store, tables)
    whole = read_market(store)
    gone = {name: [row for row in rows if row["bank_id"] != "B2"] for name, rows in tables.items()}
    changes = bring(store, gone)
    assert {change.kind for change in changes.changes} == {ChangeKind.WITHDRAWN}
    assert [change.key for change in changes.of("stock")] == ["S3"]
    assert [bank.bank_id for bank in read_market(store).banks] == ["B1", "B3"]
    with store.read() as session:
        assert session.get(StockRow, "S3").active is False
        assert session.get(BankRow, "B2").active is False
    back = bring(store, tables)
    assert {change.kind for change in back.changes} == {ChangeKind.ADDED}
    assert read_market(store) == whole


def test_a_partial_import_replaces_the_banks_it_names_and_leaves_the_others(store, tables):
    bring(store, tables)
    named = {name: [row for row in rows if row["bank_id"] == "B1"] for name, rows in tables.items()}
    named["stock"] = named["stock"][:1]
    named["pricing"] = named["pricing"][:1]
    changes = bring(store, named, partial=True)
    assert [(change.table, change.key) for change in changes.changes] == [
        ("stock", "S2"),
        ("pricing", "B1, Native hedgerow, fractional, local"),
    ]
    market = read_market(store)
    assert [line.stock_id for line in market.stock] == ["S1", "S3"]
    assert len(market.banks) == 3


def test_a_partial_import_may_not_take_another_banks_line(store, tables):
    bring(store, tables)
    named = {name: [row for row in rows if row["bank_id"] == "B1"] for name, rows in tables.items()}
    named["stock"][0]["stock_id"] = "S3"
    with pytest.raises(InputError) as error:
        bring(store, named, partial=True)
    assert 'of bank "B2", which the source doesn\'t name' in messages(error)[0]


def test_units_below_what_is_sold_and_reserved_are_refused_line_by_line(store, tables):
    bring(store, tables)
    claim(store, {"S1": "2", "S2": "0.5"}, sold=True)
    claim(store, {"S1": "1"})
    before = dump(store)
    tables["stock"][0]["units"] = "2.9999"
    tables["stock"][0]["quoted_units"] = "0"
    tables["stock"][1]["units"] = "0.25"
    for dry_run in (True, False):
        with pytest.raises(InputError) as error:
            bring(store, tables, dry_run=dry_run)
        assert messages(error) == [
            'Stock line "S1" is to have 2.9999 units, but 2 are sold and 1 is reserved.',
            'Stock line "S2" is to have 0.25 units, but 0.5 are sold.',
        ]
        assert "whole stock as listed" in error.value.findings[0].remedy
    assert dump(store) == before


def test_a_change_of_a_line_with_sales_says_what_stays_free(store, tables):
    bring(store, tables)
    claim(store, {"S1": "2"}, sold=True)
    claim(store, {"S1": "1"})
    tables["stock"][0]["units"] = "7"
    changes = bring(store, tables)
    said = [w.message for w in changes.warnings if w.message.startswith("S1")]
    assert said == ["S1: 8 -> 7 units, of which 2 are sold and 1 is reserved: 4 stay free."]
    (line,) = [line for line in read_market(store).stock if line.stock_id == "S1"]
    assert line.units == 4


def test_a_reservation_whose_time_is_over_forbids_nothing(store, tables):
    bring(store, tables)
    claim(store, {"S1": "7"})
    store.clock = lambda: NOON + timedelta(hours=1)
    tables["stock"][0]["units"] = "5"
    tried = bring(store, tables, dry_run=True)
    assert bring(store, tables).warnings == tried.warnings
    assert read_market(store).stock[0].units == 5


def test_a_line_with_sales_stays_of_its_habitat_and_bank(store, tables):
    bring(store, tables)
    claim(store, {"S2": "1"}, sold=True)
    tables["stock"][1]["habitat"] = "Line of trees"
    with pytest.raises(InputError) as error:
        bring(store, tables)
    assert "but 1 is sold as Native hedgerow of bank B1" in messages(error)[0]
    assert "an id of its own" in error.value.findings[0].remedy


def test_a_withdrawn_line_that_is_reserved_is_a_warning(store, tables):
    bring(store, tables)
    claim(store, {"S3": "0.1"})
    tables["stock"] = tables["stock"][:2]
    said = [w.message for w in bring(store, tables).warnings]
    assert "S3 is withdrawn, but 0.1 are reserved." in said


def test_findings_of_all_tables_come_at_once_and_nothing_is_changed(store, tables):
    bring(store, tables)
    before = dump(store)
    tables["banks"][0]["lpa"] = "Nowhere"
    tables["stock"][1]["units"] = "many"
    tables["pricing"][2]["habitat"] = "Ditch water"
    with pytest.raises(InputError) as error:
        bring(store, tables)
    assert [finding.file for finding in error.value.findings] == ["banks", "stock", "pricing"]
    assert "bng-opt market alias add 'Ditch water' HABITAT" in error.value.findings[2].remedy
    assert dump(store) == before


def test_an_import_that_breaks_off_changes_nothing(store, tables, monkeypatch):
    bring(store, tables)
    before = dump(store)
    tables["banks"][0]["bank_name"] = "Weir Bank"
    tables["pricing"][0]["price"] = "1"

    def breaks_off(*_):
        raise RuntimeError("the power is cut")

    monkeypatch.setattr(imports, "apply_prices", breaks_off)
    with pytest.raises(RuntimeError):
        bring(store, tables)
    assert dump(store) == before


def test_prices_of_a_later_day_leave_those_of_today(store, tables):
    bring(store, tables)
    tables["pricing"][0]["price"] = "30000"
    tables["pricing"].pop(1)
    tables["pricing"].append({**tables["pricing"][0], "tier": "far", "price": "20000"})
    changes = bring(store, tables, valid_from=NEXT_WEEK, note="spring")
    assert (changes.price_list, len(changes.changes)) == (2, 3)
    everything, hedge = ("*", "*", "*"), ("Native hedgerow", "local", "fractional")
    assert prices_on(store, TODAY) == {everything: 27000, hedge: Decimal("31000.5")}
    assert prices_on(store, NEXT_WEEK - timedelta(days=1)) == prices_on(store, TODAY)
    assert prices_on(store, NEXT_WEEK) == {everything: 30000, ("*", "far", "*"): 20000}
    with store.read() as session:
        newest, oldest = price_lists(session)
        unchanged = session.scalars(sa.select(PriceRowRow).where(PriceRowRow.bank_id == "B2"))
        assert [row.valid_to for row in unchanged] == [None]
    assert (newest.number, newest.note, newest.valid_from) == (2, "spring", NEXT_WEEK)
    assert newest.imported_by == "ann"
    assert oldest.content_hash != newest.content_hash


def test_a_price_of_the_day_it_began_is_replaced(store, tables):
    bring(store, tables)
    for price in ("28000", "29000"):
        tables["pricing"][0]["price"] = price
        bring(store, tables)
    with store.read() as session:
        rows = session.scalars(sa.select(PriceRowRow).where(PriceRowRow.habitat == "*")).all()
        assert [(row.price, row.valid_from, row.valid_to) for row in rows] == [(29000, TODAY, None)]
        assert [each.number for each in price_lists(session)] == [3, 2, 1]


def test_a_list_that_waits_for_its_day_still_comes_then(store, tables):
    bring(store, tables)
    tables["pricing"][0]["price"] = "30000"
    bring(store, tables, valid_from=NEXT_WEEK)
    tables["pricing"][0]["price"] = "26000"
    changes = bring(store, tables, valid_from=TOMORROW)
    assert any("list 2 waits for" in warning.message for warning in changes.warnings)
    anything = ("*", "*", "*")
    found = [prices_on(store, day)[anything] for day in (TODAY, TOMORROW, NEXT_WEEK)]
    assert found == [27000, 26000, 30000]


def test_a_price_can_become_blank_and_a_blank_can_become_a_price(store, tables):
    bring(store, tables)
    tables["pricing"][1]["price"] = ""
    bring(store, tables, valid_from=TOMORROW)
    tables["pricing"][1]["price"] = "500"
    bring(store, tables, valid_from=NEXT_WEEK)
    days = (TODAY, TOMORROW, NEXT_WEEK)
    markets = [read_market(store, at=datetime.combine(day, NOON.timetz())) for day in days]
    assert [len(market.blank_prices) for market in markets] == [0, 1, 0]
    assert isinstance(markets[1].blank_prices[0], BlankPrice)


LISTS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from((None, "1", "2"))), max_size=6)


@settings(max_examples=20, deadline=None)
@given(lists=LISTS)
def test_a_list_sets_the_price_from_its_day_on_and_leaves_the_days_before(tmp_path_factory, lists):
    tables = {
        "banks": [{"bank_id": "B1", "bank_name": "Bank", "lpa": "Leeds", "nca": "Arden"}],
        "stock": [{"stock_id": "S1", "bank_id": "B1", "habitat": "Ditches", "units": "1"}],
    }
    columns = ["bank_id", "habitat", "contract_size", "tier", "price", "basis"]
    days = [TODAY + timedelta(days=offset) for offset in range(6)]
    with open_store(tmp_path_factory.mktemp("s") / "s.sqlite", clock=lambda: NOON) as store:
        import_market(
            store, {**frames_of(tables), "pricing": pd.DataFrame(columns=columns)}, by="a"
        )
        for offset, price in lists:
            before = [prices_on(store, day) for day in days]
            rows = [] if price is None else [["B1", "*", "*", "*", price, "unit"]]
            frames = {**frames_of(tables), "pricing": pd.DataFrame(rows, columns=columns)}
            import_market(store, frames, by="ann", valid_from=days[offset])
            after = [prices_on(store, day) for day in days]
            assert after[:offset] == before[:offset]
            wanted = {} if price is None else {("*", "*", "*"): Decimal(price)}
            assert after[offset] == wanted
        with store.read() as session:
            spans = session.scalars(sa.select(PriceRowRow).order_by(PriceRowRow.valid_from)).all()
        # No two prices of one thing hold on the same day.
        assert all(
            earlier.valid_to is not None and earlier.valid_to <= later.valid_from
            for earlier, later in pairwise(spans)
        )


def test_prices_of_days_that_are_over_cannot_be_changed(store, tables):
    yesterday = TODAY - timedelta(days=1)
    bring(store, tables, valid_from=yesterday)
    with pytest.raises(InputError, match="before today"):
        bring(store, tables, valid_from=yesterday)


def test_finer_figures_are_rounded_to_the_safe_side_and_told(store, tables):
    tables["banks"][0]["fixed_fee_gbp"] = "250.005"
    tables["stock"][0] |= {"units": "7.99999", "gross_units": "10.00009"}
    tables["stock"][0] |= {"baseline_units": "2.00001", "quoted_units": "1.50001"}
    tables["pricing"][0]["price"] = "27000.005"
    changes = bring(store, tables)
    assert [w.message for w in changes.warnings if "is kept as" in w.message] == [
        'Bank "B1": fixed_fee_gbp 250.005 is kept as 250.01.',
        'Stock line "S1": gross_units 10.00009 is kept as 10.',
        'Stock line "S1": baseline_units 2.00001 is kept as 2.0001.',
        'Stock line "S1": units 7.99999 is kept as 7.9999.',
        'Stock line "S1": quoted_units 1.50001 is kept as 1.5001.',
        "Price of B1, *, *, *: price 27000.005 is kept as 27000.01.",
    ]
    assert bring(store, tables).is_empty


def test_what_rounding_leaves_nothing_of_is_an_error(store, tables):
    tables["stock"][0] |= {"units": "0", "gross_units": "2.00005", "baseline_units": "2.00001"}
    tables["stock"][0]["quoted_units"] = "0"
    tables["pricing"][0]["price"] = "0.004"
    with pytest.raises(InputError) as error:
        bring(store, tables)
    assert len(error.value.findings) == 2


FINE = st.decimals("0.00001", 50, places=6)


@given(FINE, FINE, FINE, FINE)
def test_a_rounded_line_never_has_more_than_was_stated(units, gross, lost, quoted):
    if gross - lost <= Decimal("0.001"):
        gross = lost + gross + 1
    units = min(units, gross - lost + Decimal("0.01"))
    line = StockLine("S", "B", NEUTRAL, units, gross, CEREAL, lost, min(quoted, units))
    given_market = Market(
        (Bank("B", "Bank", PLACE),), (line,), (Price("B", None, None, None, lost),)
    )
    try:
        market, _ = kept_market(given_market)
    except InputError:
        assert lost < Decimal("0.005")
        return
    kept = market.stock[0]
    assert kept.units <= units
    assert kept.gross_units <= gross
    assert kept.baseline_units >= lost
    assert (
        0
        <= kept.quoted_units
        <= kept.units
        <= kept.gross_units - kept.baseline_units + Decimal("0.01")
    )
    assert load_market(market.to_frames()) == market


def test_a_name_with_control_characters_is_refused(store, tables):
    tables["banks"][0]["bank_name"] = "Mill\0Bank"
    with pytest.raises(InputError, match="control characters"):
        bring(store, tables)


def test_an_import_is_in_the_audit_log(store, tables):
    bring(store, tables, note="first")
    bring(store, tables)
    with store.read() as session:
        first, second = history(session, "market", "market")
    assert (first.who, first.action, first.at) == ("ann", "imported", NOON)
    assert first.details["price_list"] == 1
    assert first.details["counts"]["banks"]["added"] == 3
    assert (first.details["note"], second.details["price_list"]) == ("first", None)


def test_a_store_is_not_imported_as_it_stands(store, tables, tmp_path):
    with open_store(tmp_path / "other.sqlite") as other:
        import_market(other, frames_of(tables), by="ann")
        with pytest.raises(InputError, match="isn't imported as it stands"):
            import_market(store, str(other.path), by="ann")


def test_imports_at_the_same_time_come_one_after_the_other(store_url, tables):
    """Each of four imports another price: all are kept as lists, and one of them holds."""
    with open_store(store_url, clock=lambda: NOON) as store:
        bring(store, tables)

    def one(price):
        own = {**tables, "pricing": [{**tables["pricing"][0], "price": price}]}
        with open_store(store_url, clock=lambda: NOON) as store:
            return bring(store, own).price_list

    prices = ["101", "102", "103", "104"]
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(one, random.Random(1).sample(prices, 4)))
    assert sorted(numbers) == [2, 3, 4, 5]
    with open_store(store_url, clock=lambda: NOON) as store:
        found = prices_on(store, TODAY)
    assert len(found) == 1
    assert str(found["*", "*", "*"]) in {f"{price}.00" for price in prices}


def test_sales_and_imports_at_the_same_time_leave_the_counters_true(store_url, tables):
    """Buyers take S1 while its whole stock is imported anew again and again."""
    with open_store(store_url, clock=lambda: NOON) as store:
        bring(store, tables)

    def buy(buyer):
        with open_store(store_url, clock=lambda: NOON) as store:
            for _ in range(10):
                claim(store, {"S1": "0.01"}, sold=buyer % 2 == 0)

    def list_again(_):
        with open_store(store_url, clock=lambda: NOON) as store:
            for units in ("7.5", "8", "7.75", "8"):
                own = {**tables, "stock": [{**tables["stock"][0], "units": units}]}
                bring(store, own)

    with ThreadPoolExecutor(4) as pool:
        buyers = [pool.submit(buy, number) for number in range(3)]
        listing = pool.submit(list_again, 0)
        for each in (*buyers, listing):
            each.result()
    with open_store(store_url, clock=lambda: NOON) as store, store.read() as session:
        row = session.get(StockRow, "S1")
        assert (row.units, row.sold, row.reserved) == (8, Decimal("0.2"), Decimal("0.1"))
        assert live_units(session, NOON) == {"S1": Decimal("0.1")}
