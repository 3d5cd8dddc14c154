"""What the schema itself refuses, on both databases, whatever program writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bng_opt.market.store import Store
from bng_opt.market.store.tables import (
    ApiKeyRow,
    BankRow,
    CustomerRow,
    DeliveryRow,
    DocumentRow,
    HabitatAliasRow,
    IntroducerRow,
    JobRow,
    JobSubmitterRow,
    ParcelRow,
    PriceListRow,
    PriceRowRow,
    QuoteLineRow,
    QuoteRow,
    ReservationLineRow,
    ReservationRow,
    RevisionRow,
    Role,
    ScheduledRunRow,
    ScheduleRow,
    SnapshotRow,
    StockRow,
    Table,
    UserRow,
)
from tests.support.stores import add_stock

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
D = Decimal
FIRST = 1000
"""The number of the rows that the others refer to: one that no sequence gives."""
MADE: dict[str, Any] = {"made_at": NOW, "made_by": "Ann"}


def bank(**changed: Any) -> BankRow:
    return BankRow(**{"bank_id": "B2", "bank_name": "B", "lpa": "L", "nca": "N", **changed})


def stock(**changed: Any) -> StockRow:
    values = {"stock_id": "S2", "bank_id": "B1", "habitat": "h", "units": D(10)}
    return StockRow(**{**values, **changed})


def parcel(**changed: Any) -> ParcelRow:
    values = {"stock_id": "S1", "works": "creation", "size": "1", "condition": "Good"}
    return ParcelRow(**{**values, **changed})


def price(**changed: Any) -> PriceRowRow:
    values = {
        "price_list_id": FIRST,
        "bank_id": "B1",
        "habitat": "*",
        "contract_size": "*",
        "tier": "*",
        "price": D(1),
        "basis": "unit",
        "valid_from": date(2026, 1, 1),
    }
    return PriceRowRow(**{**values, **changed})


def customer(**changed: Any) -> CustomerRow:
    return CustomerRow(**{"name": "C", "name_key": "c", **MADE, **changed})


def introducer(**changed: Any) -> IntroducerRow:
    return IntroducerRow(**{"name": "I", "name_key": "i", **MADE, **changed})


def user(**changed: Any) -> UserRow:
    values = {"name": "U", "name_key": "u", "role": "viewer", "password_hash": "x"}
    return UserRow(**{**values, **MADE, **changed})


def api_key(**changed: Any) -> ApiKeyRow:
    values = {"user_id": FIRST, "name": "K", "prefix": "p", "key_hash": "h"}
    return ApiKeyRow(**{**values, "expires_at": NOW + timedelta(days=1), **MADE, **changed})


def quote(**changed: Any) -> QuoteRow:
    values = {"reference": "Q-2", "year": 2026, "number": 2, "customer_id": FIRST}
    return QuoteRow(**{**values, **MADE, **changed})


def revision(**changed: Any) -> RevisionRow:
    values = {
        "quote_id": FIRST,
        "revision": 2,
        "state": "superseded",
        "scenario": "s",
        "snapshot": "hash",
        "contract_size": "small",
        "inputs": {},
        "plan": {},
        "net": D(100),
        "vat": D(20),
        "gross": D(120),
    }
    return RevisionRow(**{**values, **MADE, **changed})


def line(**changed: Any) -> QuoteLineRow:
    values = {
        "revision_id": FIRST,
        "position": 2,
        "kind": "other",
        "description": "d",
        "amount": D(10),
        "discount": D(1),
        "net": D(9),
    }
    return QuoteLineRow(**{**values, **changed})


def reservation(**changed: Any) -> ReservationRow:
    return ReservationRow(**{"expires_at": NOW + timedelta(days=1), **MADE, **changed})


def job(**changed: Any) -> JobRow:
    values = {"id": "j2", "kind": "optimise", "key": "k2", "payload": b"", "submitted_by": "Ann"}
    return JobRow(**{**values, "submitted_at": NOW, **changed})


def scheduled_run(**changed: Any) -> ScheduledRunRow:
    values = {"schedule": "first", "planned_at": NOW + timedelta(days=1), "state": "failed"}
    times = {"started_at": NOW, "heartbeat_at": NOW, "finished_at": NOW}
    return ScheduledRunRow(**{**values, **times, "folder": "f", **changed})


def delivery(**changed: Any) -> DeliveryRow:
    values = {"run_id": FIRST, "kind": "email", "target": "b@example.org", "due_at": NOW}
    return DeliveryRow(**{**values, **changed})


def begin(session: Session) -> None:
    """Write one row of each table that others refer to, all sound."""
    add_stock(session, {"S1": "10"})
    session.add_all(
        [
            PriceListRow(
                id=FIRST,
                number=1,
                source="s",
                content_hash="h",
                valid_from=date(2026, 1, 1),
                imported_at=NOW,
                imported_by="Ann",
            ),
            SnapshotRow(hash="hash", made_at=NOW, content=b""),
            customer(id=FIRST, name="First", name_key="first"),
            introducer(id=FIRST, name="First", name_key="first"),
            user(id=FIRST, name="First", name_key="first"),
            ScheduleRow(name="first", timing="* * * * * UTC", seen_to=NOW),
        ]
    )
    session.flush()
    session.add_all([price(habitat="first"), quote(id=FIRST, reference="Q-1", number=1)])
    session.flush()
    session.add(revision(id=FIRST, revision=1, state="draft"))
    session.flush()
    session.add_all([api_key(prefix="first"), line(position=1), job(id="j1", key="k1")])
    session.add(reservation(id=FIRST, revision_id=FIRST))
    session.add(scheduled_run(id=FIRST, planned_at=NOW, state="running", finished_at=None))
    session.flush()
    session.add(ReservationLineRow(reservation_id=FIRST, stock_id="S1", units=D(1)))
    session.add(delivery(target="a@example.org"))
    session.add(
        DocumentRow(
            revision_id=FIRST,
            kind="k",
            file_name="f",
            media_type="m",
            sha256="s",
            content=b"",
            **MADE,
        )
    )


@dataclass(frozen=True)
class Case:
    """Rows that break one rule, and what stands in its name."""

    rule: str
    make: Callable[[], Table]


BROKEN = [
    Case("banks_id_not_blank", lambda: bank(bank_id="")),
    Case("banks_point_whole", lambda: bank(lat=52.0)),
    Case("banks_fee_not_negative", lambda: bank(fixed_fee=D(-1))),
    Case("banks", lambda: bank(bank_id="B1")),
    Case("stock_lines_id_not_blank", lambda: stock(stock_id="")),
    Case("stock_lines_sold_not_negative", lambda: stock(sold=D(-1))),
    Case("stock_lines_reserved_not_negative", lambda: stock(reserved=D(-1))),
    Case("stock_lines_never_oversold", lambda: stock(sold=D(6), reserved=D("4.0001"))),
    Case("stock_lines_quoted_within_units", lambda: stock(quoted=D(11))),
    Case("stock_lines_baseline_whole", lambda: stock(gross_units=D(12))),
    Case("stock_lines_baseline_named", lambda: stock(gross_units=D(12), baseline_units=D(2))),
    Case("stock_lines_net_positive", lambda: stock(gross_units=D(0), baseline_units=D(0))),
    Case("stock_lines_bank_id", lambda: stock(bank_id="none")),
    Case("parcels_works_known", lambda: parcel(works="wish")),
    Case("parcels_baseline_of_enhancement", lambda: parcel(works="enhancement")),
    Case("parcels_stock_id", lambda: parcel(stock_id="none")),
    Case("price_rows_contract_size_known", lambda: price(contract_size="huge")),
    Case("price_rows_tier_known", lambda: price(tier="near")),
    Case("price_rows_basis_known", lambda: price(basis="acre")),
    Case("price_rows_price_positive", lambda: price(price=D(0))),
    Case("price_rows_basis_with_price", lambda: price(price=None)),
    Case("price_rows_validity_in_order", lambda: price(valid_to=date(2026, 1, 1))),
    Case("price_rows", lambda: price(habitat="first")),
    Case("price_rows_price_list_id", lambda: price(price_list_id=9)),
    Case("customers_name_not_blank", lambda: customer(name="")),
    Case("customers", lambda: customer(name_key="first")),
    Case("introducers_discount_kind_known", lambda: introducer(discount_kind="gift")),
    Case("introducers_name_not_blank", lambda: introducer(name="")),
    Case("introducers_percent_with_kind", lambda: introducer(discount_kind="percentage")),
    Case("introducers_percent_with_kind", lambda: introducer(percent=D(5))),
    Case(
        "introducers_percent_in_range",
        lambda: introducer(discount_kind="percentage", percent=D(100)),
    ),
    Case("introducers_not_its_own_parent", lambda: introducer(id=2, parent_id=2)),
    Case("introducers_name_key", lambda: introducer(name_key="first")),
    Case("introducers_parent_id", lambda: introducer(parent_id=9)),
    Case("users_role_known", lambda: user(role="owner")),
    Case("users_name_not_blank", lambda: user(name="")),
    Case("users_name_key", lambda: user(name_key="first")),
    Case("api_keys_name_not_blank", lambda: api_key(name="")),
    Case("api_keys_expires_after_made", lambda: api_key(expires_at=NOW)),
    Case("api_keys_prefix", lambda: api_key(prefix="first")),
    Case("api_keys_user_id", lambda: api_key(user_id=9)),
    Case("quotes_reference", lambda: quote(reference="Q-1")),
    Case("quotes", lambda: quote(number=1)),
    Case("quotes_customer_id", lambda: quote(customer_id=9)),
    Case("quote_revisions", lambda: revision(revision=1)),
    Case("quote_revisions_state_known", lambda: revision(state="lost")),
    Case("quote_revisions_revision_positive", lambda: revision(revision=0)),
    Case("quote_revisions_gross_adds_up", lambda: revision(gross=D("120.01"))),
    Case("quote_revisions_approval_whole", lambda: revision(approved_by="Ann")),
    Case("quote_revisions_current", lambda: revision(state="sent")),
    Case("quote_revisions_snapshot", lambda: revision(snapshot="none")),
    Case("quote_lines", lambda: line(position=1)),
    Case("quote_lines_kind_known", lambda: line(kind="gift")),
    Case("quote_lines_net_adds_up", lambda: line(net=D("8.99"))),
    Case("quote_lines_units_positive", lambda: line(units=D(0))),
    Case("quote_lines_stock_of_units", lambda: line(kind="units", units=D(1))),
    Case("quote_lines_stock_id", lambda: line(stock_id="none")),
    Case("reservations_state_known", lambda: reservation(state="lent")),
    Case("reservations_expiry_after_making", lambda: reservation(expires_at=NOW)),
    Case("reservations_live", lambda: reservation(revision_id=FIRST, state="sold")),
    Case("reservations_revision_id", lambda: reservation(revision_id=9)),
    Case(
        "reservation_lines_units_positive",
        lambda: ReservationLineRow(reservation_id=FIRST, stock_id="S1", units=D(0)),
    ),
    Case(
        "reservation_lines_stock_id",
        lambda: ReservationLineRow(reservation_id=FIRST, stock_id="none", units=D(1)),
    ),
    Case(
        "habitat_aliases_alias_not_blank",
        lambda: HabitatAliasRow(alias_key="", alias="", habitat="h", **MADE),
    ),
    Case("jobs_state_known", lambda: job(state="lost")),
    Case("jobs_attempts_not_negative", lambda: job(attempts=-1)),
    Case("jobs_in_flight", lambda: job(key="k1", state="running")),
    Case("job_submitters_name_not_blank", lambda: JobSubmitterRow(job_id="j1", name="")),
    Case("schedules_name_not_blank", lambda: ScheduleRow(name="", timing="", seen_to=NOW)),
    Case("scheduled_runs_state_known", lambda: scheduled_run(state="lost", finished_at=None)),
    Case("scheduled_runs_attempts_not_negative", lambda: scheduled_run(attempts=-1)),
    Case("scheduled_runs_missed_not_negative", lambda: scheduled_run(missed=-1)),
    Case("scheduled_runs_finish_whole", lambda: scheduled_run(finished_at=None)),
    Case("scheduled_runs_open", lambda: scheduled_run(state="waiting", finished_at=None)),
    Case("scheduled_runs_schedule_planned_at", lambda: scheduled_run(planned_at=NOW)),
    Case("scheduled_runs_schedule", lambda: scheduled_run(schedule="none")),
    Case("deliveries_kind_known", lambda: delivery(kind="post")),
    Case("deliveries_state_known", lambda: delivery(state="lost", finished_at=NOW)),
    Case("deliveries_target_not_blank", lambda: delivery(target="")),
    Case("deliveries_attempts_not_negative", lambda: delivery(attempts=-1)),
    Case("deliveries_finish_whole", lambda: delivery(state="done")),
    Case("deliveries_run_id_kind_target_about", lambda: delivery(target="a@example.org")),
    Case("deliveries_run_id", lambda: delivery(run_id=9)),
]


def test_the_schema_refuses_what_breaks_a_rule(store: Store, database: str) -> None:
    with store.write() as session:
        begin(session)
    unrefused = [case.rule for case in BROKEN if not refuses(store, case, database)]
    assert unrefused == []


def refuses(store: Store, case: Case, database: str) -> bool:
    """Return whether the rule is kept; only PostgreSQL names the rule each time."""
    try:
        with store.write() as session:
            session.add(case.make())
    except IntegrityError as error:
        return database == "sqlite" or case.rule in str(error.orig)
    return False


SOUND = [
    bank,
    lambda: bank(lat=52.0, lon=-1.0),
    stock,
    lambda: stock(sold=D(6), reserved=D(4)),
    lambda: stock(gross_units=D(12), baseline_units=D(2), baseline_habitat="h"),
    lambda: stock(gross_units=D(12), baseline_units=D(0)),
    parcel,
    price,
    lambda: price(price=None, basis=None),
    lambda: price(habitat="first", valid_from=date(2026, 2, 1)),
    customer,
    lambda: introducer(discount_kind="percentage", percent=D("99.99")),
    lambda: introducer(discount_kind="inherit", parent_id=FIRST),
    user,
    api_key,
    quote,
    lambda: quote(year=2027, number=1),
    revision,
    line,
    lambda: line(kind="units", stock_id="S1", units=D(1)),
    reservation,
    lambda: reservation(revision_id=FIRST, state="released"),
    job,
    lambda: job(key="k1", state="done"),
    scheduled_run,
    delivery,
    lambda: delivery(target="a@example.org", kind="owner", about="b@example.org"),
]


def test_the_schema_lets_through_what_breaks_none(store: Store) -> None:
    with store.write() as session:
        begin(session)
    for make in SOUND:
        with store.write() as session:
            session.add(make())
            session.flush()
            session.rollback()


def test_every_check_has_a_row_that_breaks_it(store: Store) -> None:
    broken = {case.rule for case in BROKEN}
    with store.connection() as connection:
        inspector = inspect(connection)
        named = {
            str(check["name"]).removeprefix("ck_")
            for table in Table.metadata.tables
            for check in inspector.get_check_constraints(table)
        }
    assert len(named) > 30
    assert named - broken == set()


def test_booleans_and_documents_mean_the_same_on_both(store: Store) -> None:
    with store.write() as session:
        begin(session)
        session.get_one(RevisionRow, FIRST).plan = {"cost": "1.10", "é": [None, True]}
    with store.read() as session:
        assert session.get_one(RevisionRow, FIRST).plan == {"cost": "1.10", "é": [None, True]}
        active = text("SELECT count(*) FROM banks WHERE active")
        assert session.execute(active).scalar_one() == 1


def test_a_role_may_what_those_before_it_may() -> None:
    assert [[role.may(needed) for needed in Role] for role in Role] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
