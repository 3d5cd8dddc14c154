"""Every kind of damage to the books is found, and a sound store has none."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bng_opt.errors import StoreError
from bng_opt.market.store import Store, open_store
from bng_opt.market.store.checks import check_store
from bng_opt.market.store.engines import Purpose
from bng_opt.market.store.tables import ReservationRow
from tests.market.store.test_tables import begin, quote
from tests.support.postgres import Server

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def sound(store: Store) -> Store:
    """Return a store with a row in every table and books that add up."""
    with store.write() as session:
        begin(session)
        session.flush()
        session.execute(text("UPDATE stock_lines SET reserved_e4 = 10000"))
        session.execute(
            text("UPDATE quote_revisions SET net_pence = 900, vat_pence = 180, gross_pence = 1080")
        )
    return store


def messages(store: Store) -> list[str]:
    return [finding.message for finding in check_store(store)]


def test_a_sound_store_has_no_findings(sound: Store) -> None:
    assert messages(sound) == []


def test_an_empty_one_has_none_either(store: Store) -> None:
    assert messages(store) == []


@dataclass(frozen=True)
class Case:
    """A change that breaks the books, and what is found."""

    change: str
    finding: str


BROKEN = [
    Case(
        "UPDATE stock_lines SET reserved_e4 = 9999",
        "Stock line S1 counts 0.9999 units as reserved, its reservations add up to 1.00.",
    ),
    Case(
        "UPDATE stock_lines SET sold_e4 = 1",
        "Stock line S1 counts 0.0001 units as sold, its reservations add up to 0.00.",
    ),
    Case(
        "UPDATE quote_lines SET amount_pence = 1001, net_pence = 901",
        "Revision 1 of Q-1: its net total is £9.00, but its lines add up to £9.01.",
    ),
    Case("UPDATE quotes SET number = 3", "Quotes of 2026 lack the numbers 1, 2."),
]


@pytest.mark.parametrize("case", BROKEN, ids=[case.finding for case in BROKEN])
def test_what_does_not_add_up_is_found(sound: Store, case: Case) -> None:
    with sound.write() as session:
        session.execute(text(case.change))
    assert messages(sound) == [case.finding]


def test_a_reservation_that_was_not_counted_is_found(sound: Store) -> None:
    with sound.write() as session:
        session.execute(text("UPDATE reservations SET state = 'sold'"))
    assert messages(sound) == [
        "Stock line S1 counts 1.00 units as reserved, its reservations add up to 0.00.",
        "Stock line S1 counts 0.00 units as sold, its reservations add up to 1.00.",
    ]


def test_a_gap_in_the_numbers_is_found_in_its_year(sound: Store) -> None:
    with sound.write() as session:
        session.add_all(quote(reference=f"Q-{n}", number=n) for n in (2, 4, 7))
        session.add(quote(reference="Q-27", year=2027, number=1))
    assert messages(sound) == ["Quotes of 2026 lack the numbers 3, 5, 6."]


def test_a_reservation_without_lines_is_found(sound: Store) -> None:
    with sound.write() as session:
        empty = ReservationRow(made_at=NOON, made_by="Ann", expires_at=NOON + timedelta(1))
        session.add(empty)
    assert messages(sound) == [f"Reservation {empty.id} has no lines."]


def test_a_revision_without_lines_counts_as_nothing(sound: Store) -> None:
    with sound.write() as session:
        session.execute(text("DELETE FROM quote_lines"))
    assert messages(sound) == [
        "Revision 1 of Q-1: its net total is £9.00, but its lines add up to £0.00."
    ]


class TestWhatTheRulesOfTheSchemaWouldRefuse:
    """Written with the rules switched off, as a damaged or foreign program may."""

    @pytest.fixture
    def database(self) -> str:
        return "sqlite"

    def change(self, store: Store, statement: str) -> None:
        assert store.path is not None
        with sqlite3.connect(store.path) as connection:
            connection.execute("PRAGMA ignore_check_constraints=ON")
            connection.execute(statement)
        connection.close()

    def test_an_oversold_line_is_found(self, sound: Store) -> None:
        self.change(sound, "UPDATE stock_lines SET units_e4 = 4000")
        assert "Stock line S1 is oversold by 0.60 units." in messages(sound)

    def test_totals_that_are_no_sum_are_found(self, sound: Store) -> None:
        self.change(sound, "UPDATE quote_revisions SET gross_pence = 1079")
        found = "Revision 1 of Q-1: its gross total is £10.79, but net and VAT add up to £10.80."
        assert found in messages(sound)

    def test_rows_that_refer_to_nothing_are_found(self, sound: Store) -> None:
        self.change(sound, "DELETE FROM customers")
        self.change(sound, "DELETE FROM reservations")
        found = messages(sound)
        assert "1 rows of quotes name in customer_id what isn't in customers." in found
        lines = "1 rows of reservation_lines name in reservation_id what isn't in reservations."
        assert lines in found

    def test_a_damaged_index_is_found(self, sound: Store) -> None:
        assert sound.path is not None
        with sqlite3.connect(sound.path) as connection:
            connection.execute("PRAGMA writable_schema=ON")
            connection.execute("DELETE FROM sqlite_schema WHERE name = 'ix_audit_log_at'")
        connection.close()
        sound.close()
        with Store(sound.url) as again:
            found = messages(again)
        assert any("damaged" in message for message in found)

    def test_pages_of_rubbish_are_found(self, sound: Store) -> None:
        path = sound.path
        assert path is not None
        sound.close()
        content = bytearray(path.read_bytes())
        content[3 * 4096 :] = b"\xa5" * (len(content) - 3 * 4096)
        path.write_bytes(content)
        with Store(sound.url) as again, pytest.raises(StoreError, match="damaged"):
            check_store(again)


@pytest.mark.postgres
def test_a_rule_never_checked_is_found(postgres_server: Server) -> None:
    name = postgres_server.migrated_database()
    postgres_server.execute(
        "ALTER TABLE banks ADD CONSTRAINT late CHECK (bank_id <> 'x') NOT VALID", name
    )
    url = postgres_server.url(name).render_as_string(hide_password=False)
    with open_store(url) as store:
        found = messages(store)
    assert "The rule late was never checked on older rows." in found
    postgres_server.drop(name)


def test_tables_that_were_changed_are_named(sound: Store) -> None:
    with sound.connection(Purpose.WRITE) as connection:
        connection.execute(text("ALTER TABLE banks ADD COLUMN extra VARCHAR"))
    (found,) = messages(sound)
    assert "aren't as bng-opt makes them" in found
    assert "extra" in found
