"""The life of a quote: what may follow what.

A revision is a draft until it is sent. A sent one is accepted, expires after its last day,
is withdrawn, or is superseded by the next revision. What is accepted can only be cancelled,
which withdraws it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bng_opt.errors import Finding, InputError
from bng_opt.market.store.tables import QuoteState, RevisionRow

NEXT: Mapping[QuoteState, frozenset[QuoteState]] = {
    QuoteState.DRAFT: frozenset({QuoteState.SENT, QuoteState.WITHDRAWN, QuoteState.SUPERSEDED}),
    QuoteState.SENT: frozenset(
        {
            QuoteState.ACCEPTED,
            QuoteState.EXPIRED,
            QuoteState.WITHDRAWN,
            QuoteState.SUPERSEDED,
        }
    ),
    QuoteState.ACCEPTED: frozenset({QuoteState.WITHDRAWN}),
    QuoteState.EXPIRED: frozenset({QuoteState.SUPERSEDED}),
    QuoteState.WITHDRAWN: frozenset({QuoteState.SUPERSEDED}),
    QuoteState.SUPERSEDED: frozenset(),
}

OPEN = (QuoteState.DRAFT, QuoteState.SENT)
"""States in which a quote can still become a sale."""


def state_on(revision: RevisionRow, today: date) -> QuoteState:
    """Return the state on a day: a sent quote is expired after its last day.

    That holds whether or not anybody has written the expiry down yet.
    """
    state = QuoteState(revision.state)
    if state is QuoteState.SENT and revision.valid_until and revision.valid_until < today:
        return QuoteState.EXPIRED
    return state


def refuse_unless_may_follow(label: str, before: QuoteState, after: QuoteState) -> None:
    """See that a revision in one state may go to another.

    Raises
    ------
    InputError
        If it may not.
    """
    if after not in NEXT[before]:
        following = ", ".join(sorted(NEXT[before])) or "nothing"
        raise InputError(
            Finding(
                f"Quote {label} is {before.value}: it can't become {after.value}.",
                f"It can become: {following}. A new revision quotes again (quote revise).",
            )
        )
