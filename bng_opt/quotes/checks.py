"""What texts and amounts entered by hand may be."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bng_opt.errors import Finding
from bng_opt.quantities import PENNY, ZERO

MOST_GBP = Decimal("1e9")
"""No charge or price comes near; what is beyond is a slip of the hand [GBP]."""
LONGEST_TEXT = 200
"""A longer description doesn't fit its line [characters]."""


def check_text(name: str, text: str, *, may_be_blank: bool = False) -> Iterator[Finding]:
    """Yield what is wrong with a text that is printed on one line."""
    if not text.strip() and not may_be_blank:
        yield Finding(f"The {name} is blank.", "Say what it is, as the client is to read it.")
    if len(text) > LONGEST_TEXT:
        message = f"The {name} has {len(text)} characters."
        yield Finding(message, f"Shorten it to {LONGEST_TEXT} or fewer.")
    if not text.isprintable():
        message = f"The {name} holds line breaks or characters that can't be printed."
        yield Finding(message, "Write it as one plain line.")


def check_amount(
    name: str,
    amount: Decimal,
    *,
    step: Decimal = PENNY,
    least: Decimal = ZERO,
    most: Decimal = MOST_GBP,
) -> Iterator[Finding]:
    """Yield what is wrong with an amount: its range, then whether it is whole steps."""
    if not amount.is_finite() or not least <= amount <= most:
        yield Finding(f"The {name} is {amount}.", f"Give a number from {least} to {most:,f}.")
    elif amount % step:
        yield Finding(f"The {name} is {amount}.", f"Give a multiple of {step}.")
