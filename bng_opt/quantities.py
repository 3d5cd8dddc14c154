"""Units and money as exact decimals, and the one rounding rule.

Biodiversity units and pounds are :class:`decimal.Decimal` wherever a purchase is stated,
so that a printed sum is the sum of what is printed. The law's own figures (a metric's
unit changes) stay floats, as the workbook computes them.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation

ZERO = Decimal(0)
PENNY = Decimal("0.01")

UNIT_TOLERANCE = 1e-6
"""Units below this are zero [units]; the workbook's own display has two decimals (RULES 7)."""


def to_decimal(value: object) -> Decimal:
    """Return ``value`` as an exact decimal, reading floats by their shortest spelling.

    Parameters
    ----------
    value
        An int, float, str or Decimal. ``0.1`` becomes ``Decimal("0.1")``.

    Raises
    ------
    ValueError
        If it isn't a finite number.
    """
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a finite number")
    return number


def round_money(amount: Decimal) -> Decimal:
    """Round pounds to the penny, halves away from zero: the one rounding rule.

    Examples
    --------
    >>> round_money(Decimal("10.125"))
    Decimal('10.13')
    """
    return amount.quantize(PENNY, rounding=ROUND_HALF_UP)


def whole_steps(units: Decimal, step: Decimal) -> int:
    """Return how many whole market steps fit in ``units``: stock is never rounded up.

    Examples
    --------
    >>> whole_steps(Decimal("28.675"), Decimal("0.01"))
    2867
    """
    return int((units / step).to_integral_value(rounding=ROUND_FLOOR))


def steps_up(units: Decimal, step: Decimal) -> int:
    """Return the least number of whole market steps that reaches ``units``.

    Examples
    --------
    >>> steps_up(Decimal("0.1"), Decimal("0.01")), steps_up(Decimal("0.101"), Decimal("0.01"))
    (10, 11)
    """
    return int((units / step).to_integral_value(rounding=ROUND_CEILING))


def pounds(amount: Decimal | float) -> str:
    """Return money as printed: ``"£1,234.50"``.

    Examples
    --------
    >>> pounds(Decimal("1234.5"))
    '£1,234.50'
    """
    value = round_money(to_decimal(amount))
    return f"-£{-value:,.2f}" if value < 0 else f"£{value:,.2f}"


def rate_text(rate: Decimal) -> str:
    """Return a price per unit as printed: to the penny, or exactly where it is finer.

    Examples
    --------
    >>> rate_text(Decimal("10387.50")), rate_text(Decimal("7500.0075"))
    ('£10,387.50', '£7,500.0075')
    """
    return pounds(rate) if rate == round_money(rate) else f"£{rate.normalize():,f}"


def counted(count: int, singular: str = "bank") -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> counted(1), counted(3)
    ('1 bank', '3 banks')
    """
    return f"{count} {singular}" + ("" if count == 1 else "s")


def units_text(units: Decimal | float) -> str:
    """Return units as printed: at most four decimals, at least two.

    Examples
    --------
    >>> units_text(Decimal("1.38")), units_text(0.1234567)
    ('1.38', '0.1235')
    """
    text = f"{to_decimal(units):.4f}"
    return text[:-2] if text.endswith("00") else text
