"""The life of a quote: what may follow what, who approves, when stock moves; both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from bng_opt.errors import AccessError, InputError, StockError
from bng_opt.market.store import Store, open_store
from bng_opt.market.store.tables import AuditRow, QuoteState, ReservationState
from bng_opt.quotes import (
    QuoteBook,
    accept_quote,
    approve_quote,
    cancel_sale,
    expire_quotes,
    list_quotes,
    release_stock,
    reserve_stock,
    revise_quote,
    send_quote,
    show_quote,
    withdraw_quote,
)
from bng_opt.quotes.states import NEXT
from bng_opt.settings import Settings
from tests.support.quoting import Clock, make_approver, open_book, quote, stock_of
from tests.support.scenarios import AREA, NEUTRAL, Line, Scene

ONE_LINE = Scene((Line(NEUTRAL, 10, 20_000, "A"),), {}, {AREA: 1.0})
LARGE = Scene((Line(NEUTRAL, 10, 20_000, "A"),), {}, {AREA: 3.0})
ZERO, ONE, TEN = Decimal(0), Decimal(1), Decimal(10)


@pytest.fixture
def clock(store: Store) -> Clock:
    store.clock = clock = Clock()
    return clock


@pytest.fixture
def book(store: Store, clock: Clock) -> QuoteBook:
    return open_book(store, ONE_LINE)


class TestSending:
    def test_a_sent_quote_holds_for_thirty_days(self, book: QuoteBook, clock: Clock) -> None:
        reference = quote(book, ONE_LINE)
        send_quote(book, reference)
        view = show_quote(book, reference)
        assert (view.state, view.valid_until) == (QuoteState.SENT, date(2026, 12, 25))
        clock.move(days=30)
        assert show_quote(book, reference).state is QuoteState.SENT
        clock.move(days=1)
        assert show_quote(book, reference).state is QuoteState.EXPIRED

    def test_a_draft_is_not_sent_or_sold_once_its_prices_are_old(
        self, store: Store, book: QuoteBook, clock: Clock
    ) -> None:
        reference = quote(book, ONE_LINE)
        clock.move(days=31)
        for step in (send_quote, accept_quote):
            with pytest.raises(InputError, match="older than 30 days"):
                step(book, reference)
        assert stock_of(store)["A-001"] == (TEN, ZERO, ZERO)
        revise_quote(book, reference)
        accept_quote(book, reference)

    def test_below_the_threshold_nobody_has_to_approve(self, store: Store, clock: Clock) -> None:
        book = open_book(store, ONE_LINE, review_threshold_gbp=Decimal("20500.01"))
        send_quote(book, quote(book, ONE_LINE))
        assert list_quotes(book)[0].state is QuoteState.SENT

    @pytest.mark.parametrize("step", [send_quote, accept_quote])
    def test_from_the_threshold_on_a_named_admin_has_to(
        self, store: Store, book: QuoteBook, step: object
    ) -> None:
        at_it = open_book(store, ONE_LINE, review_threshold_gbp=Decimal("20500.00"))
        reference = quote(at_it, ONE_LINE)
        with pytest.raises(AccessError, match="named approver"):
            step(at_it, reference)  # type: ignore[operator]
        assert show_quote(at_it, reference).state is QuoteState.DRAFT
        assert show_quote(at_it, reference).awaits_approval
        with pytest.raises(AccessError, match="no active admin"):
            approve_quote(at_it, reference, approver="Bea Broker")
        approve_quote(at_it, reference, approver=make_approver(store).lower())
        step(at_it, reference)  # type: ignore[operator]
        assert show_quote(at_it, reference).approved_by == "Ann Approver"

    def test_an_approval_is_of_one_revision_only(self, store: Store, clock: Clock) -> None:
        book = open_book(store, LARGE)
        reference = quote(book, LARGE)
        approve_quote(book, reference, approver=make_approver(store))
        revise_quote(book, reference)
        with pytest.raises(AccessError, match="named approver"):
            send_quote(book, reference)


class TestAccepting:
    def test_accepting_turns_what_is_held_into_a_sale(self, store: Store, book: QuoteBook) -> None:
        reference = quote(book, ONE_LINE, reserve=True)
        assert stock_of(store)["A-001"] == (TEN, ZERO, ONE)
        accept_quote(book, reference)
        assert stock_of(store)["A-001"] == (TEN, ONE, ZERO)
        view = show_quote(book, reference)
        assert view.state is QuoteState.ACCEPTED
        assert view.reservation is not None
        assert view.reservation.state is ReservationState.SOLD

    def test_a_quote_without_reservation_takes_its_stock_when_it_is_accepted(
        self, store: Store, book: QuoteBook
    ) -> None:
        accept_quote(book, quote(book, ONE_LINE))
        assert stock_of(store)["A-001"] == (TEN, ONE, ZERO)

    def test_stock_that_somebody_took_meanwhile_is_a_conflict_that_changes_nothing(
        self, store: Store, clock: Clock
    ) -> None:
        last = Scene((Line(NEUTRAL, 1, 20_000, "A"),), {}, {AREA: 1.0})
        book = open_book(store, last)
        slow, quick = quote(book, last), quote(book, last)
        accept_quote(book, quick)
        with pytest.raises(StockError, match="A-001"):
            accept_quote(book, slow)
        assert show_quote(book, slow).state is QuoteState.DRAFT
        assert stock_of(store)["A-001"] == (ONE, ONE, ZERO)

    def test_a_reservation_that_ran_out_is_taken_again_if_the_stock_is_free(
        self, store: Store, book: QuoteBook, clock: Clock
    ) -> None:
        reference = quote(book, ONE_LINE, reserve=True)
        send_quote(book, reference)
        clock.move(days=20)
        accept_quote(book, reference)
        assert stock_of(store)["A-001"] == (TEN, ONE, ZERO)

    def test_an_expired_quote_can_not_be_accepted_but_revised(
        self, store: Store, book: QuoteBook, clock: Clock
    ) -> None:
        reference = quote(book, ONE_LINE, reserve=True)
        send_quote(book, reference)
        clock.move(days=31)
        with pytest.raises(InputError, match="is expired"):
            accept_quote(book, reference)
        assert revise_quote(book, reference) == 2
        accept_quote(book, reference)
        assert stock_of(store)["A-001"] == (TEN, ONE, ZERO)

    def test_a_sale_is_made_once(self, store: Store, book: QuoteBook) -> None:
        reference = quote(book, ONE_LINE)
        accept_quote(book, reference)
        for step in (accept_quote, send_quote, reserve_stock, release_stock, revise_quote):
            with pytest.raises(InputError):
                step(book, reference)
        assert stock_of(store)["A-001"] == (TEN, ONE, ZERO)

    def test_of_many_who_accept_at_once_one_sells(self, store_url: str) -> None:
        with open_store(store_url) as store:
            book = open_book(store, ONE_LINE)
            reference = quote(book, ONE_LINE)
        outcomes: list[str] = []

        def work() -> None:
            with open_store(store_url) as own:
                try:
                    accept_quote(QuoteBook(own, Settings(database=store_url), "Bea"), reference)
                    outcomes.append("sold")
                except InputError:
                    outcomes.append("refused")

        workers = [threading.Thread(target=work) for _ in range(6)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert sorted(outcomes) == ["refused"] * 5 + ["sold"]
        with open_store(store_url) as store:
            assert stock_of(store)["A-001"] == (TEN, ONE, ZERO)


class TestGivingBack:
    def test_releasing_gives_the_stock_back(self, store: Store, book: QuoteBook) -> None:
        reference = quote(book, ONE_LINE, reserve=True)
        release_stock(book, reference)
        assert stock_of(store)["A-001"] == (TEN, ZERO, ZERO)
        with pytest.raises(InputError, match="holds no stock"):
            release_stock(book, reference)

    def test_withdrawing_gives_the_stock_back_and_asks_for_a_reason(
        self, store: Store, book: QuoteBook
    ) -> None:
        reference = quote(book, ONE_LINE, reserve=True)
        with pytest.raises(InputError, match="reason"):
            withdraw_quote(book, reference, reason=" ")
        assert stock_of(store)["A-001"][2] == ONE
        withdraw_quote(book, reference, reason="client left")
        assert show_quote(book, reference).state is QuoteState.WITHDRAWN
        assert stock_of(store)["A-001"] == (TEN, ZERO, ZERO)

    def test_cancelling_a_sale_gives_the_stock_back(self, store: Store, book: QuoteBook) -> None:
        reference = quote(book, ONE_LINE)
        with pytest.raises(InputError, match="no sale"):
            cancel_sale(book, reference, reason="mistake")
        accept_quote(book, reference)
        cancel_sale(book, reference, reason="permission refused")
        assert stock_of(store)["A-001"] == (TEN, ZERO, ZERO)
        view = show_quote(book, reference)
        assert view.state is QuoteState.WITHDRAWN
        assert view.reservation is not None
        assert view.reservation.state is ReservationState.CANCELLED

    def test_reserving_again_holds_it_longer_and_once(
        self, store: Store, book: QuoteBook, clock: Clock
    ) -> None:
        reference = quote(book, ONE_LINE, reserve=True)
        clock.move(days=5)
        reserve_stock(book, reference)
        clock.move(days=5)
        held = show_quote(book, reference).reservation
        assert held is not None
        assert held.expires_at > clock()
        assert stock_of(store)["A-001"] == (TEN, ZERO, ONE)

    def test_what_ran_out_is_free_for_others_before_anybody_sweeps(
        self, store: Store, clock: Clock
    ) -> None:
        last = Scene((Line(NEUTRAL, 1, 20_000, "A"),), {}, {AREA: 1.0})
        book = open_book(store, last)
        quote(book, last, reserve=True)
        clock.move(days=8)
        accept_quote(book, quote(book, last))
        assert stock_of(store)["A-001"] == (ONE, ONE, ZERO)

    def test_the_sweep_writes_expiry_down_and_frees_the_stock(
        self, store: Store, clock: Clock
    ) -> None:
        book = open_book(store, ONE_LINE, reservation_hours=24.0 * 365)
        sent, draft = quote(book, ONE_LINE, reserve=True), quote(book, ONE_LINE, reserve=True)
        send_quote(book, sent)
        clock.move(days=31)
        assert expire_quotes(book) == (sent,)
        assert expire_quotes(book) == ()
        assert stock_of(store)["A-001"] == (TEN, ZERO, ONE)
        assert show_quote(book, draft).state is QuoteState.DRAFT


def test_the_log_tells_the_whole_story(store: Store, book: QuoteBook, clock: Clock) -> None:
    reference = quote(book, ONE_LINE)
    reserve_stock(book, reference)
    send_quote(replace(book, by="Sam Sender"), reference)
    accept_quote(book, reference)
    with store.read() as session:
        rows = session.scalars(
            select(AuditRow).where(AuditRow.subject == reference).order_by(AuditRow.id)
        ).all()
    story = [(row.who, row.action) for row in rows]
    assert story == [
        ("Bea Broker", "created"),
        ("Bea Broker", "reserved"),
        ("Sam Sender", "sent"),
        ("Bea Broker", "sold"),
        ("Bea Broker", "accepted"),
    ]
    assert all(row.at == clock() for row in rows)


def test_every_state_has_its_followers_and_superseded_is_the_end() -> None:
    assert set(NEXT) == set(QuoteState)
    assert NEXT[QuoteState.SUPERSEDED] == frozenset()
    assert all(QuoteState.DRAFT not in after for after in NEXT.values())
