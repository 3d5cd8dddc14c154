"""Versions of the price list: which import brought which prices, and from when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bng_opt.errors import Finding, InputError
from bng_opt.market.store.tables import PriceListRow


@dataclass(frozen=True)
class PriceList:
    """A version of the price list.

    Attributes
    ----------
    number
        1 for the first.
    content_hash
        The fingerprint of the market that was imported.
    valid_from
        From when its prices hold.
    """

    number: int
    source: str
    note: str
    content_hash: str
    valid_from: date
    imported_at: datetime
    imported_by: str

    def as_dict(self) -> dict[str, object]:
        """Return the version as plain values."""
        return {
            **vars(self),
            "valid_from": self.valid_from.isoformat(),
            "imported_at": self.imported_at.isoformat(),
        }


def price_lists(session: Session) -> tuple[PriceList, ...]:
    """Return all versions of the price list, the newest first."""
    rows = session.scalars(sa.select(PriceListRow).order_by(PriceListRow.number.desc()))
    return tuple(
        PriceList(
            row.number,
            row.source,
            row.note,
            row.content_hash,
            row.valid_from,
            row.imported_at,
            row.imported_by,
        )
        for row in rows
    )


def next_number(session: Session) -> int:
    """Return the number that the next version will have."""
    return (session.scalar(sa.select(sa.func.max(PriceListRow.number))) or 0) + 1


def waiting_lists(session: Session, day: date) -> tuple[Finding, ...]:
    """Return a warning for each list that begins after a day and was imported already."""
    return tuple(
        Finding(
            f"Price list {each.number} waits for {each.valid_from}: what it changes still changes "
            "then, and all else goes on as it is imported now.",
            "Import it again afterwards if it is to hold as a whole.",
        )
        for each in price_lists(session)
        if each.valid_from > day
    )


def check_beginning(session: Session, day: date, today: date) -> None:
    """See that a list doesn't change prices of days that are over.

    Raises
    ------
    InputError
        If it begins before today, though there are prices already.
    """
    if day < today and session.scalar(sa.select(sa.func.count(PriceListRow.id))):
        message = f"The prices would begin on {day}, before today ({today})."
        raise InputError(Finding(message, "Give today or a later day: what was, stays."))
