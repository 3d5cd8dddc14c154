"""The life of a quote after it is made: approve, send, accept, withdraw, expire, cancel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bng_opt.errors import AccessError, Finding, InputError
from bng_opt.market.store import reservations
from bng_opt.market.store.names import LONGEST_NAME, text_problems
from bng_opt.market.store.tables import (
    QuoteRow,
    QuoteState,
    ReservationState,
    RevisionRow,
    Role,
)
from bng_opt.market.store.users import authorise, named_admin
from bng_opt.quantities import pounds
from bng_opt.quotes.book import QuoteBook, label_of
from bng_opt.quotes.holding import hold_stock, let_go, live_reservation, sell_stock
from bng_opt.quotes.states import OPEN, refuse_unless_may_follow, state_on

_Step = Callable[[Session, QuoteRow, RevisionRow], None]


def approve_quote(book: QuoteBook, reference: str, *, approver: str) -> None:
    """Write down who approves a quote of the review threshold or more.

    Parameters
    ----------
    book, reference
        The quote.
    approver
        The name of an active admin of the store, who has signed in.

    Raises
    ------
    AccessError
        If that is no active admin.
    InputError
        If the quote is neither a draft nor sent.
    """

    def step(session: Session, quote: QuoteRow, row: RevisionRow) -> None:
        _refuse_unless_open(book, quote, row)
        row.approved_by, row.approved_at = named_admin(session, approver), book.store.clock()
        book.note(session, quote, row, "approved", approver=row.approved_by)

    _change(book, reference, step)


def send_quote(book: QuoteBook, reference: str) -> None:
    """Mark a draft as sent: from now on it holds for the days that the settings say.

    Raises
    ------
    AccessError
        If its total asks for an approver and none is named.
    InputError
        If it is no draft.
    """
    _change(book, reference, lambda session, quote, row: _send(book, session, quote, row))


def accept_quote(book: QuoteBook, reference: str) -> None:
    """Turn a quote into a sale of its stock; a draft counts as sent this moment.

    Raises
    ------
    AccessError
        If its total asks for an approver and none is named.
    InputError
        If the quote is expired, withdrawn, superseded or accepted already.
    StockError
        If it held no stock and somebody else has taken it.
    """

    def step(session: Session, quote: QuoteRow, row: RevisionRow) -> None:
        if QuoteState(row.state) is QuoteState.DRAFT:
            _send(book, session, quote, row)
        _move(book, quote, row, QuoteState.ACCEPTED)
        sell_stock(book, session, quote, row)
        book.note(session, quote, row, "accepted", net_gbp=str(row.net))

    _change(book, reference, step)


def withdraw_quote(book: QuoteBook, reference: str, *, reason: str) -> None:
    """Take back a draft or a sent quote; stock that it holds is free again.

    Raises
    ------
    InputError
        If it is neither, or no reason is given.
    """

    def step(session: Session, quote: QuoteRow, row: RevisionRow) -> None:
        _refuse_unless_open(book, quote, row)
        _move(book, quote, row, QuoteState.WITHDRAWN)
        let_go(book, session, quote, row, "withdrawn")
        book.note(session, quote, row, "withdrawn", reason=_given(reason))

    _change(book, reference, step)


def cancel_sale(book: QuoteBook, reference: str, *, reason: str) -> None:
    """Call off an accepted quote: its sale is undone and the stock is free again.

    Raises
    ------
    InputError
        If the quote isn't accepted, or no reason is given.
    """

    def step(session: Session, quote: QuoteRow, row: RevisionRow) -> None:
        if QuoteState(row.state) is not QuoteState.ACCEPTED:
            label = label_of(quote, row)
            remedy = "Only an accepted quote is cancelled; withdraw the others."
            raise InputError(Finding(f"Quote {label} is {row.state}: no sale.", remedy))
        _move(book, quote, row, QuoteState.WITHDRAWN)
        sale = live_reservation(session, row)
        if sale is not None and sale.state == ReservationState.SOLD.value:
            reservations.cancel(session, sale.id, now=book.store.clock(), by=book.by)
        book.note(session, quote, row, "cancelled", reason=_given(reason))

    _change(book, reference, step)


def reserve_stock(book: QuoteBook, reference: str) -> None:
    """Set aside the stock of a draft or sent quote, or hold it longer.

    Raises
    ------
    InputError
        If the quote is neither, or buys no stock.
    StockError
        If a line hasn't enough that is free; nothing is set aside then.
    """

    def step(session: Session, quote: QuoteRow, row: RevisionRow) -> None:
        _refuse_unless_open(book, quote, row)
        hold_stock(book, session, quote, row)

    _change(book, reference, step)


def release_stock(book: QuoteBook, reference: str) -> None:
    """Give back the stock that a quote holds.

    Raises
    ------
    InputError
        If it holds none.
    """

    def step(session: Session, quote: QuoteRow, row: RevisionRow) -> None:
        if not let_go(book, session, quote, row, "released"):
            label = label_of(quote, row)
            remedy = "A sale is undone by: bng-opt quote cancel."
            raise InputError(Finding(f"Quote {label} holds no stock.", remedy))

    _change(book, reference, step)


def expire_quotes(book: QuoteBook) -> tuple[str, ...]:
    """Write down what has expired: sent quotes after their last day, reservations in time.

    Returns
    -------
    The references of the quotes that expired.
    """

    def sweep(session: Session) -> tuple[str, ...]:
        authorise(session, book.by, Role.ANALYST)
        statement = (
            select(QuoteRow, RevisionRow)
            .join(RevisionRow, RevisionRow.quote_id == QuoteRow.id)
            .where(
                RevisionRow.state == QuoteState.SENT.value,
                RevisionRow.valid_until < book.today,
            )
            .order_by(QuoteRow.id)
            .with_for_update()
        )
        expired = session.execute(statement).all()
        for quote, row in expired:
            row.state, row.closed_at = QuoteState.EXPIRED.value, book.store.clock()
            let_go(book, session, quote, row, "expired")
            book.note(session, quote, row, "expired", valid_until=str(row.valid_until))
        reservations.expire_due(session, book.store.clock())
        return tuple(quote.reference for quote, _ in expired)

    return book.store.run(sweep)


def _change(book: QuoteBook, reference: str, step: _Step) -> None:
    """Do one step of a quote's newest revision, alone and as a whole."""

    def act(session: Session) -> None:
        authorise(session, book.by, Role.ANALYST)
        quote, row = book.newest(session, reference, locked=True)
        step(session, quote, row)

    book.store.run(act)


def _send(book: QuoteBook, session: Session, quote: QuoteRow, row: RevisionRow) -> None:
    threshold = book.settings.review_threshold_gbp
    if row.net >= threshold and row.approved_by is None:
        label = label_of(quote, row)
        raise AccessError(
            Finding(
                f"Quote {label} is {pounds(row.net)} before VAT: from {pounds(threshold)} on a "
                "named approver has to look at it.",
                f"Let an admin approve it: bng-opt quote approve {quote.reference}",
            )
        )
    days = timedelta(days=book.settings.quote_valid_days)
    if row.made_at.date() + days < book.today:
        raise InputError(
            Finding(
                f"Draft {label_of(quote, row)} is of {row.made_at:%Y-%m-%d}: its prices are older "
                f"than {days.days} days.",
                f"Quote again: bng-opt quote revise {quote.reference}",
            )
        )
    _move(book, quote, row, QuoteState.SENT)
    row.sent_at = book.store.clock()
    row.valid_until = book.today + days
    book.note(session, quote, row, "sent", valid_until=row.valid_until.isoformat())


def _move(book: QuoteBook, quote: QuoteRow, row: RevisionRow, after: QuoteState) -> None:
    refuse_unless_may_follow(label_of(quote, row), state_on(row, book.today), after)
    row.state = after.value
    if after is not QuoteState.SENT:
        row.closed_at = book.store.clock()


def _refuse_unless_open(book: QuoteBook, quote: QuoteRow, row: RevisionRow) -> None:
    state = state_on(row, book.today)
    if state not in OPEN:
        label = label_of(quote, row)
        raise InputError(
            Finding(
                f"Quote {label} is {state.value}.",
                "That takes a draft or a sent quote; quote revise makes a new one.",
            )
        )


def _given(reason: str) -> str:
    if not reason.strip():
        raise InputError(Finding("No reason is given.", "Say why, with --reason."))
    if findings := text_problems({"reason": reason}, LONGEST_NAME, one_line=True):
        raise InputError(findings)
    return reason.strip()
