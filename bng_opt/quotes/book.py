"""The book of quotes: whose it is, finding a quote in it, and writing down who did what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from bng_opt.errors import Finding, InputError
from bng_opt.market.store import Store
from bng_opt.market.store.audit import record
from bng_opt.market.store.tables import QuoteRow, RevisionRow
from bng_opt.settings import Settings

if TYPE_CHECKING:
    from bng_opt.runtime.cache import Cache


@dataclass(frozen=True)
class QuoteBook:
    """The quotes of a store, as one user sees and changes them.

    Attributes
    ----------
    store, settings
        Where they are kept, and the team's figures: validity, fees, threshold.
    by
        Who acts, for the audit log.
    cache
        Where plans that were found before are kept; None to find each afresh.
    """

    store: Store
    settings: Settings
    by: str
    cache: Cache | None = None

    @property
    def today(self) -> date:
        """Return this day."""
        return self.store.clock().date()

    def newest(
        self, session: Session, reference: str, *, locked: bool = False
    ) -> tuple[QuoteRow, RevisionRow]:
        """Return a quote and its newest revision; locked, nobody else changes them meanwhile.

        Raises
        ------
        InputError
            If there is no such quote.
        """
        statement = select(QuoteRow).where(QuoteRow.reference == reference.strip().upper())
        quote = session.scalar(statement.with_for_update() if locked else statement)
        if quote is None:
            raise InputError(
                Finding(f'There is no quote "{reference}".', "See: bng-opt quote list")
            )
        row = session.scalars(
            select(RevisionRow)
            .where(RevisionRow.quote_id == quote.id)
            .order_by(RevisionRow.revision.desc())
        ).first()
        if row is None:
            raise InputError(
                Finding(f"Quote {reference} has no revision.", "Run: bng-opt db check")
            )
        return quote, row

    def revision(self, session: Session, quote: QuoteRow, number: int) -> RevisionRow:
        """Return a revision of a quote by its number.

        Raises
        ------
        InputError
            If there is none.
        """
        rows = session.scalars(select(RevisionRow).where(RevisionRow.quote_id == quote.id)).all()
        for row in rows:
            if row.revision == number:
                return row
        raise InputError(
            Finding(
                f"Quote {quote.reference} has no revision {number}.",
                f"It has revisions 1 to {len(rows)}.",
            )
        )

    def note(
        self, session: Session, quote: QuoteRow, row: RevisionRow, action: str, **details: object
    ) -> None:
        """Write a change of a quote into the audit log."""
        record(
            session,
            at=self.store.clock(),
            who=self.by,
            action=action,
            kind="quote",
            subject=quote.reference,
            details={"revision": row.revision, **details},
        )


def label_of(quote: QuoteRow, row: RevisionRow) -> str:
    """Return reference and revision in one word."""
    return quote.reference if row.revision == 1 else f"{quote.reference}-R{row.revision}"
