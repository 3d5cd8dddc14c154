"""The quotes of a book in a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import defer

from bng_opt.market.store.tables import (
    CustomerRow,
    IntroducerRow,
    QuoteRow,
    QuoteState,
    RevisionRow,
)
from bng_opt.quotes.book import QuoteBook
from bng_opt.quotes.states import state_on


@dataclass(frozen=True)
class QuoteSummary:
    """A quote in one line of a list: its newest revision."""

    reference: str
    revision: int
    state: QuoteState
    made_at: datetime
    customer: str
    project: str
    introducer: str
    net_gbp: Decimal
    valid_until: date | None
    made_by: str

    def as_dict(self) -> dict[str, object]:
        """Return the summary as plain values."""
        return {
            "reference": self.reference,
            "revision": self.revision,
            "state": self.state.value,
            "made_at": self.made_at.isoformat(timespec="seconds"),
            "made_by": self.made_by,
            "customer": self.customer,
            "project": self.project,
            "introducer": self.introducer,
            "net_gbp": float(self.net_gbp),
            "valid_until": None if self.valid_until is None else self.valid_until.isoformat(),
        }


def list_quotes(
    book: QuoteBook, *, state: QuoteState | None = None, search: str = "", by: str | None = None
) -> tuple[QuoteSummary, ...]:
    """Return the newest revision of each quote, the newest quote first.

    Parameters
    ----------
    book
        The quotes.
    state
        Only those in this state.
    search
        Only those whose reference, customer or project contains it, whatever its case.
    by
        Only those whose newest revision this person made.
    """
    newest = (
        select(RevisionRow.quote_id, func.max(RevisionRow.revision).label("revision"))
        .group_by(RevisionRow.quote_id)
        .subquery()
    )
    statement = (
        select(QuoteRow, RevisionRow, CustomerRow, IntroducerRow)
        .join(RevisionRow, RevisionRow.quote_id == QuoteRow.id)
        .join(
            newest,
            (newest.c.quote_id == RevisionRow.quote_id)
            & (newest.c.revision == RevisionRow.revision),
        )
        .join(CustomerRow, CustomerRow.id == QuoteRow.customer_id)
        .outerjoin(IntroducerRow, IntroducerRow.id == QuoteRow.introducer_id)
        .order_by(QuoteRow.id.desc())
        # The documents that made it are large, and no list shows them.
        .options(defer(RevisionRow.inputs), defer(RevisionRow.plan))
    )
    with book.store.read() as session:
        found = [_summary(*row, book.today) for row in session.execute(statement)]
    wanted = search.casefold()
    return tuple(
        each
        for each in found
        if (state is None or each.state is state)
        and (by is None or each.made_by == by)
        and wanted in f"{each.reference} {each.customer} {each.project}".casefold()
    )


def _summary(
    quote: QuoteRow, row: RevisionRow, customer: CustomerRow, introducer: IntroducerRow | None,
    today: date,
) -> QuoteSummary:  # fmt: skip
    return QuoteSummary(
        quote.reference,
        row.revision,
        state_on(row, today),
        row.made_at,
        ", ".join(filter(None, (customer.name, customer.company))),
        quote.project,
        introducer.name if introducer else "",
        row.net,
        row.valid_until,
        row.made_by,
    )
