"""Snapshots: what is free at one moment, hashed, kept and found again."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest
import sqlalchemy as sa

import bng_opt
from bng_opt.errors import BngOptError, InputError, StoreError
from bng_opt.market import load_market
from bng_opt.market.store.imports import import_market
from bng_opt.market.store.reservations import release, reserve, sell
from bng_opt.market.store.snapshots import keep_snapshot, load_snapshot, read_market
from bng_opt.market.store.tables import (
    CustomerRow,
    LineKind,
    QuoteLineRow,
    QuoteRow,
    QuoteState,
    RevisionRow,
    SnapshotRow,
)
from bng_opt.optimiser.offers import make_offers
from tests.support.market_factory import make_market

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def store(store, tables):
    """Return a store with a market: S1 has 8 units of which the list says 1.5 are quoted."""
    store.clock = lambda: NOON
    import_market(store, {name: pd.DataFrame(rows) for name, rows in tables.items()}, by="ann")
    return store


def hold(store, units, *, stock_id="S1", hours=1, revision=None):
    with store.write() as session:
        return reserve(
            session,
            {stock_id: Decimal(units)},
            now=NOON,
            by="bob",
            expires_at=NOON + hours * HOUR,
            revision_id=revision,
        )


def quote(store, units, *, state=QuoteState.SENT, valid_days=30):
    """Write a quote of S1 and return the ids of the quote and of its revision."""
    market = read_market(store)
    with store.write() as session:
        key = keep_snapshot(session, market, NOON)
        number = (session.scalar(sa.select(sa.func.max(QuoteRow.number))) or 0) + 1
        made = {"made_at": NOON, "made_by": "bob"}
        customer = CustomerRow(name=f"C{number}", name_key=f"c{number}", **made)
        session.add(customer)
        session.flush()
        row = QuoteRow(
            reference=f"BNG-2026-{number}",
            year=2026,
            number=number,
            customer_id=customer.id,
            **made,
        )
        session.add(row)
        session.flush()
        revision = RevisionRow(
            quote_id=row.id,
            revision=1,
            state=state.value,
            valid_until=NOON.date() + timedelta(days=valid_days),
            scenario="s",
            snapshot=key,
            contract_size="small",
            inputs={},
            plan={},
            net=Decimal(0),
            vat=Decimal(0),
            gross=Decimal(0),
            **made,
        )
        session.add(revision)
        session.flush()
        session.add(
            QuoteLineRow(
                revision_id=revision.id,
                position=1,
                kind=LineKind.UNITS.value,
                description="S1",
                stock_id="S1",
                bank_id="B1",
                ledger="area",
                habitat="Grassland - Other neutral grassland",
                units=Decimal(units),
                price=Decimal(1),
                amount=Decimal(1),
                net=Decimal(1),
            )
        )
        session.flush()
        return row.id, revision.id


def line(store, **wishes):
    found = {each.stock_id: each for each in read_market(store, **wishes).stock}["S1"]
    return str(found.units.normalize()), str(found.quoted_units.normalize())


def test_free_is_the_stock_less_sales_and_live_reservations(store):
    assert line(store) == ("8", "1.5")
    sold = hold(store, "2")
    with store.write() as session:
        sell(session, sold, now=NOON, by="bob")
    held = hold(store, "1.25")
    assert line(store) == ("4.75", "1.5")
    with store.write() as session:
        release(session, held, now=NOON, by="bob")
    assert line(store) == ("6", "1.5")


def test_a_reservation_counts_until_its_last_moment_and_then_for_nothing(store):
    hold(store, "3")
    assert line(store, at=NOON + HOUR - timedelta(microseconds=1)) == ("5", "1.5")
    # Nobody has closed it: its time alone decides.
    assert line(store, at=NOON + HOUR) == ("8", "1.5")


def test_quotes_that_were_sent_and_hold_no_stock_are_quoted_units(store):
    _, first = quote(store, "2")
    quote(store, "1", state=QuoteState.DRAFT)
    quote(store, "1", state=QuoteState.WITHDRAWN)
    assert line(store) == ("8", "3.5")
    hold(store, "2", revision=first)
    assert line(store) == ("6", "1.5")
    assert line(store, at=NOON + HOUR) == ("8", "3.5")


def test_a_quote_that_is_no_longer_valid_claims_nothing(store):
    quote(store, "2", valid_days=3)
    assert line(store, at=NOON + timedelta(days=3)) == ("8", "3.5")
    assert line(store, at=NOON + timedelta(days=4)) == ("8", "1.5")


def test_quoted_units_are_never_more_than_what_is_free(store):
    quote(store, "5")
    hold(store, "6")
    assert line(store) == ("2", "2")


def test_a_quotes_own_claims_can_be_left_out_to_revise_it(store):
    mine, revision = quote(store, "2")
    other, _ = quote(store, "1")
    hold(store, "2", revision=revision)
    hold(store, "0.5")
    assert line(store) == ("5.5", "2.5")
    assert line(store, leaving_out_quote=mine) == ("7.5", "2.5")
    assert line(store, leaving_out_quote=other) == ("5.5", "1.5")


def test_whatever_moves_the_market_changes_the_hash_and_with_it_the_scenario(store):
    first = read_market(store)
    assert read_market(store).snapshot == first.snapshot
    hold(store, "0.0001")
    assert read_market(store).snapshot != first.snapshot
    assert read_market(store, at=NOON + HOUR).snapshot == first.snapshot


def test_baselines_stay_those_of_the_whole_line(store):
    hold(store, "7")
    found = read_market(store).stock[0]
    assert (found.units, found.gross_units, found.baseline_units) == (1, 10, 2)


def test_a_market_is_read_from_the_store_by_its_url_or_file(store, store_url):
    store.clock = lambda: datetime.now(UTC)
    hold(store, "1")
    url = store_url if "://" in store_url else f"sqlite:///{store_url}"
    assert load_market(url) == read_market(store)
    assert load_market(store_url) == read_market(store)


def test_no_store_is_made_by_reading_one(tmp_path):
    missing = tmp_path / "none.sqlite"
    with pytest.raises(StoreError, match="no such store"):
        load_market(f"sqlite:///{missing}")
    assert not missing.exists()
    with pytest.raises(InputError, match="no such file"):
        load_market(missing)
    empty = tmp_path / "other.sqlite"
    empty.write_bytes(b"SQLite format 3\0 but nothing else")
    with pytest.raises(BngOptError):
        load_market(empty)


def test_a_kept_market_is_found_again_as_it_was(store):
    market = make_market(25, seed=3, fees=True, baselines=True, delivered=0.3)
    with store.write() as session:
        key = keep_snapshot(session, market, NOON)
        assert keep_snapshot(session, market, NOON + HOUR) == key
        assert session.scalar(sa.select(sa.func.count(SnapshotRow.hash))) == 1
    with store.read() as session:
        found = load_snapshot(session, key)
    assert found == market
    assert found.snapshot == key == market.snapshot


def test_a_market_that_is_not_kept_or_damaged_is_an_error(store):
    market, other = make_market(2, seed=1), make_market(2, seed=2)
    with store.write() as session:
        key, wrong = (keep_snapshot(session, each, NOON) for each in (market, other))
        content = session.get(SnapshotRow, wrong).content
        session.get(SnapshotRow, key).content = content
        session.flush()
        with pytest.raises(StoreError, match="holds another market"):
            load_snapshot(session, key)
        session.get(SnapshotRow, key).content = zlib.compress(b'{"banks": 1}')
        session.flush()
        with pytest.raises(StoreError, match="can't be read"):
            load_snapshot(session, key)
        with pytest.raises(StoreError, match="No market is kept"):
            load_snapshot(session, "0" * 64)


def test_the_policy_takes_its_share_of_what_quotes_claim(store):
    quote(store, "2.5")
    requirement = bng_opt.read_requirement_table(b"ledger,habitat,units\narea,Net gain,1\n")
    site = bng_opt.Site.from_names("Stratford-on-Avon", "Arden")
    market = read_market(store)
    steps = {
        share: make_offers(requirement, market, site, bng_opt.Policy(quoted=share)).offers[0].steps
        for share in ("ignore", "half", "all")
    }
    assert steps == {"ignore": 800, "half": 600, "all": 400}
