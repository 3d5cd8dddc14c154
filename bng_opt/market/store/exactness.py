"""A market with its figures as the store keeps them: units to 0.0001, pounds to the penny.

What is finer is rounded to the safe side: what isn't there is never sold.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from bng_opt.errors import Finding, InputError
from bng_opt.market.cells import Report
from bng_opt.market.records import Bank, Price, StockLine
from bng_opt.market.rows import decimal_text
from bng_opt.market.snapshot import Market
from bng_opt.market.stock import NET_TOLERANCE
from bng_opt.market.store.types import UNIT_STEP
from bng_opt.quantities import PENNY, round_money

_UNFIT = frozenset({"Cc", "Cs"})


def kept_market(market: Market) -> tuple[Market, list[Finding]]:
    """Return a market as the store keeps it, and a warning for each figure that was rounded.

    Stock, quoted stock and gross units are rounded down, baselines up; prices and fees by the
    one rounding rule. Net units for sale then stay within gross less baseline.

    Raises
    ------
    InputError
        If rounding leaves no price or no net uplift, or a name can't be kept.
    """
    report = Report(errors=list(_unfit_names(market)))
    kept = Market(
        tuple(_bank(bank, report) for bank in market.banks),
        tuple(_line(line, report) for line in market.stock),
        tuple(_price(price, report) for price in market.prices),
        market.blank_prices,
        market.parcels,
    )
    if report.errors:
        raise InputError(report.errors)
    return kept, report.warnings


def _unfit_names(market: Market) -> Iterator[Finding]:
    """Return a finding for each text that not every database can keep."""
    texts = {text for bank in market.banks for text in (bank.bank_id, bank.name, bank.postcode)}
    texts |= {bank.bgs_reference for bank in market.banks}
    texts |= {line.stock_id for line in market.stock}
    for text in sorted(texts):
        if any(unicodedata.category(letter) in _UNFIT for letter in text):
            yield Finding(f"{text!r} holds control characters.", "Type it again without them.")


def _bank(bank: Bank, report: Report) -> Bank:
    fee = round_money(bank.fixed_fee_gbp)
    what = f'Bank "{bank.bank_id}": fixed_fee_gbp'
    return replace(bank, fixed_fee_gbp=_told(what, bank.fixed_fee_gbp, fee, report))


def _line(line: StockLine, report: Report) -> StockLine:
    what = f'Stock line "{line.stock_id}":'
    gross = _maybe(f"{what} gross_units", line.gross_units, ROUND_FLOOR, report)
    lost = _maybe(f"{what} baseline_units", line.baseline_units, ROUND_CEILING, report)
    most = line.units
    if gross is not None and lost is not None:
        most = min(most, gross - lost + NET_TOLERANCE)
        if gross <= lost:
            message = f"{what} to 0.0001 units, gross less baseline is {gross - lost}."
            report.errors.append(Finding(message, "The line has nothing to sell: take it out."))
    units = _told(f"{what} units", line.units, _step(most, ROUND_FLOOR), report)
    quoted = min(_step(line.quoted_units, ROUND_CEILING), units)
    quoted = _told(f"{what} quoted_units", line.quoted_units, quoted, report)
    return replace(line, units=units, gross_units=gross, baseline_units=lost, quoted_units=quoted)


def _price(price: Price, report: Report) -> Price:
    kept = round_money(price.price_gbp)
    what = f"Price of {', '.join(price.key)}:"
    if kept < PENNY:
        message = f"{what} {price.price_gbp} is less than a penny."
        report.errors.append(Finding(message, "Write pounds, at least 0.01."))
        return price
    return replace(price, price_gbp=_told(f"{what} price", price.price_gbp, kept, report))


def _maybe(what: str, units: Decimal | None, rounding: str, report: Report) -> Decimal | None:
    return None if units is None else _told(what, units, _step(units, rounding), report)


def _step(units: Decimal, rounding: str) -> Decimal:
    return (units / UNIT_STEP).to_integral_value(rounding=rounding) * UNIT_STEP


def _told(what: str, given: Decimal, kept: Decimal, report: Report) -> Decimal:
    """Return a figure as it is kept, with a warning if it isn't the one given."""
    if kept != given:
        message = f"{what} {decimal_text(given)} is kept as {decimal_text(kept)}."
        report.warnings.append(Finding(message, "Nothing need be done if that is fine enough."))
    return kept
