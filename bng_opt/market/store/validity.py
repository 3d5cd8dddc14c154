"""Prices over time: what of the spans that are kept ends, goes or begins with a new list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bng_opt.market.store.contents import PriceKey, PriceSpan

Offered = tuple[Decimal | None, str | None]
"""A price and its basis; both None where nothing is sold."""


@dataclass(frozen=True)
class NewSpan:
    """A price that begins with the new list."""

    key: PriceKey
    price: Decimal | None
    basis: str | None
    valid_to: date | None


@dataclass(frozen=True)
class SpanEdits:
    """What a new list does to the spans that are kept.

    Attributes
    ----------
    ended
        Ids of those that end on the day the list begins.
    dropped
        Ids of those that began on that very day: they never held.
    begun
        The new ones.
    """

    ended: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()
    begun: tuple[NewSpan, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether all prices stay as they are."""
        return not (self.ended or self.dropped or self.begun)


def offered_on(spans: Sequence[PriceSpan], day: date) -> PriceSpan | None:
    """Return the span that holds on a day."""
    return next((span for span in spans if span.holds_on(day)), None)


def edits_for(
    kept: Mapping[PriceKey, Sequence[PriceSpan]],
    wanted: Mapping[PriceKey, Offered],
    keys: Iterable[PriceKey],
    day: date,
) -> SpanEdits:
    """Return the edits by which, from a day on, prices are those wanted.

    Rows that stay the same go on. What a list that is there already changes on a later day
    still changes then: a new price holds until that day.

    Parameters
    ----------
    kept
        The spans that hold on the day or after it, by what they are for.
    wanted
        Prices, by what they are for.
    keys
        What the new list decides.
    day
        When it begins.
    """
    ended: list[int] = []
    dropped: list[int] = []
    begun: list[NewSpan] = []
    for key in keys:
        spans = kept.get(key, ())
        now, new = offered_on(spans, day), wanted.get(key)
        if new == (None if now is None else (now.price, now.basis)):
            continue
        if now is not None:
            (dropped if now.valid_from == day else ended).append(now.id)
        if new is not None:
            end = now.valid_to if now else min((span.valid_from for span in spans), default=None)
            begun.append(NewSpan(key, *new, end))
    return SpanEdits(tuple(ended), tuple(dropped), tuple(begun))
