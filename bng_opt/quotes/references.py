"""References of quotes: one after the other, without gaps, whoever quotes at the same time.

The number is taken in the transaction that keeps the quote: one that is undone gives its
number back, and the next writer waits until it is known.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bng_opt.market.store.tables import CounterRow, QuoteRow
from bng_opt.market.store.upsert import insert


def next_number(session: Session, year: int) -> int:
    """Take the next number of a year."""
    begun = session.scalar(select(func.max(QuoteRow.number)).where(QuoteRow.year == year)) or 0
    # One statement makes the counter or moves it on: two first quotes of a year can't collide.
    statement = (
        insert(session, CounterRow)
        .values(name=f"quotes {year}", value=begun + 1)
        .on_conflict_do_update(index_elements=["name"], set_={"value": CounterRow.value + 1})
        .returning(CounterRow.value)
    )
    number: int = session.execute(statement).scalar_one()
    return number


def reference_text(prefix: str, year: int, number: int) -> str:
    """Return a reference as it is written.

    Examples
    --------
    >>> reference_text("BNG", 2026, 7)
    'BNG-2026-00007'
    """
    return f"{prefix}-{year}-{number:05d}"
