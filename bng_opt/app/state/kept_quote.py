"""A quote that was kept or opened: how it stands, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bng_opt.app.state.quote_words import action_words, in_page_words
from bng_opt.errors import Finding
from bng_opt.market.store.audit import history
from bng_opt.market.store.tables import QuoteState, ReservationState
from bng_opt.market.store.users import sign_in
from bng_opt.quotes import (
    QuoteView,
    accept_quote,
    cancel_sale,
    file_quote,
    release_stock,
    reserve_stock,
    send_quote,
    show_quote,
    withdraw_quote,
)
from bng_opt.quotes.documents import Document, Documents
from bng_opt.quotes.handing_over import keep_documents, kept_documents
from bng_opt.quotes.lifecycle import approve_quote

if TYPE_CHECKING:
    from bng_opt.app.state.session import Session
    from bng_opt.certificate import FiledPlan

_OPEN = (QuoteState.DRAFT, QuoteState.SENT)


@dataclass(frozen=True)
class Event:
    """Something that was done with a quote."""

    at: datetime
    who: str
    what: str


class KeptQuote:
    """The quote that is shown, if there is one.

    Attributes
    ----------
    reference
        Of the quote; empty for none.
    documents
        Those that were made of it, by now or before.
    not_made
        What of the documents could not be made here.
    """

    def __init__(self, session: Session, tell: Callable[[], None]) -> None:
        self._session, self._services, self._tell = session, session.services, tell
        self.show("")

    def show(self, reference: str, documents: tuple[Document, ...] = ()) -> None:
        """Show a quote with its documents; none for an empty reference."""
        self.reference = reference
        self.documents = documents
        self.not_made: tuple[Finding, ...] = ()

    def open(self, reference: str) -> None:
        """Show a quote of the store.

        Raises
        ------
        InputError
            If there is none of this reference.
        """
        with in_page_words():
            view = show_quote(self._services.book, reference)
            documents = kept_documents(self._services.book, reference)
        self.show(view.reference, documents)

    @property
    def view(self) -> QuoteView | None:
        """Return the quote as it stands now."""
        return show_quote(self._services.book, self.reference) if self.reference else None

    def events(self) -> tuple[Event, ...]:
        """Return what was done with the quote that is shown, the earliest first."""
        if not self.reference:
            return ()
        with self._services.store.read() as session:
            rows = history(session, "quote", self.reference)
            return tuple(
                Event(row.at, row.who, action_words(row.action, row.details)) for row in rows
            )

    def steps(self) -> tuple[str, ...]:
        """Return what may be done with the quote now, by name."""
        view = self.view
        if view is None:
            return ()
        holds = view.reservation is not None and view.reservation.state is ReservationState.HELD
        found = {
            QuoteState.DRAFT: ("send", "reserve", "revise", "withdraw"),
            QuoteState.SENT: ("accept", "reserve", "revise", "withdraw"),
            QuoteState.ACCEPTED: ("cancel",),
            QuoteState.EXPIRED: ("revise",),
            QuoteState.WITHDRAWN: ("revise",),
        }.get(view.state, ())
        return (*found, "release") if holds and view.state in _OPEN else found

    def take(self, step: str, reason: str = "") -> None:
        """Take a step with the quote: one of :meth:`steps`, but "revise".

        Raises
        ------
        InputError, StockError, AccessError
            As the step's own rules have it.
        """
        book, reference = self._services.book, self.reference
        reasoned: Mapping[str, Callable[..., None]] = {
            "withdraw": withdraw_quote, "cancel": cancel_sale,
        }  # fmt: skip
        plain: Mapping[str, Callable[..., None]] = {
            "send": send_quote, "reserve": reserve_stock, "release": release_stock,
            "accept": accept_quote,
        }  # fmt: skip
        with in_page_words():
            if step in reasoned:
                reasoned[step](book, reference, reason=reason)
            else:
                plain[step](book, reference)
        self._tell()

    def approve(self, approver: str, password: str) -> None:
        """Name who approves a quote of the review threshold or more, by their password.

        Raises
        ------
        AccessError
            If name and password don't fit, or it is no admin.
        """
        with in_page_words():
            user = sign_in(self._services.store, approver, password)
            approve_quote(self._services.book, self.reference, approver=user.name)
        self._tell()

    def filed(self) -> FiledPlan:
        """Return the metric workbook with the quote's purchase, left to be calculated.

        Raises
        ------
        InputError
            If there is no workbook to fill in, or it can't be filled in.
        VerificationError
            If the quote isn't what was kept.
        """
        from bng_opt.app.state.filed import workbook_of

        name, content = workbook_of(self._session.metric.workbook)
        return file_quote(self._services.book, self.reference, content, name, calculate=False)

    def make_documents(self) -> Documents:
        """Make all documents of the quote, and keep them in the store.

        What can't be made here is said by :attr:`not_made`.

        Raises
        ------
        AccessError
            If who acts may only look.
        """
        with in_page_words():
            made = keep_documents(self._services.book, self.reference)
        self.documents, self.not_made = made.made, made.not_made
        self._tell()
        return made
