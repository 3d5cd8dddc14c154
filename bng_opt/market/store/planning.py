"""Compare a market with the store: what an import will change, and whether it may."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from bng_opt.errors import Finding, InputError
from bng_opt.market.cells import Report
from bng_opt.market.rows import Value, decimal_text
from bng_opt.market.schema import BANKS, PARCELS, PRICING, STOCK
from bng_opt.market.snapshot import Market
from bng_opt.market.store.contents import KeptBank, KeptLine, PriceKey, PriceSpan
from bng_opt.market.store.differences import Change, ChangeKind
from bng_opt.market.store.validity import Offered, SpanEdits, edits_for, offered_on
from bng_opt.quantities import ZERO

_WHOLE_STOCK = (
    "units are the whole stock as listed: sales and reservations of the store come off them. "
    "If the list has taken them off already, add them again."
)
_NEW_ID = "Give the new stock an id of its own, and leave the old line out of the list."


@dataclass(frozen=True)
class Contents:
    """What the store holds before an import; prices from the day of the list on."""

    banks: Mapping[str, KeptBank]
    lines: Mapping[str, KeptLine]
    prices: Mapping[PriceKey, tuple[PriceSpan, ...]]
    parcels: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class ImportPlan:
    """What an import changes.

    Attributes
    ----------
    changes
        Rows of the tables, before and after.
    spans
        What becomes of the validity of prices.
    warnings
        What is worth knowing of it.
    """

    changes: tuple[Change, ...] = ()
    spans: SpanEdits = field(default_factory=SpanEdits)
    warnings: tuple[Finding, ...] = ()


def plan_import(contents: Contents, market: Market, day: date, *, partial: bool) -> ImportPlan:
    """Return what makes the store's market the one given.

    Parameters
    ----------
    contents
        What the store holds.
    market
        With figures as the store keeps them.
    day
        When its prices begin.
    partial
        Whether banks that it doesn't have stay as they are.

    Raises
    ------
    InputError
        With every line whose sales and reservations forbid the change.
    """
    named = {bank.bank_id for bank in market.banks}
    scope = named if partial else named | contents.banks.keys()
    tables = {name: list(rows) for name, rows in market.tables()}
    report = Report()
    banks = _compare(
        BANKS.name,
        {key: bank.row for key, bank in contents.banks.items() if bank.active and key in scope},
        {str(row[0]): row for row in tables[BANKS.name]},
    )
    selling = {
        key: line.row
        for key, line in contents.lines.items()
        if line.active and line.bank_id in scope and contents.banks[line.bank_id].active
    }
    wanted = {str(row[0]): row for row in tables[STOCK.name]}
    stock = _compare(STOCK.name, selling, wanted)
    _check_lines(contents, wanted, scope, report)
    _tell_of_claims(contents, stock, report)
    prices, spans = _compare_prices(contents, tables[PRICING.name], scope, day)
    parcels = _compare(
        PARCELS.name,
        {key: row for key, row in contents.parcels.items() if key in selling},
        {str(row[0]): row for row in tables.get(PARCELS.name, [])},
    )
    if report.errors:
        raise InputError(report.errors)
    return ImportPlan((*banks, *stock, *prices, *parcels), spans, tuple(report.warnings))


def _compare(
    table: str, before: Mapping[str, tuple[Value, ...]], after: Mapping[str, tuple[Value, ...]]
) -> list[Change]:
    """Return what is added, withdrawn and changed, by key."""
    changes = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        kind = ChangeKind.CHANGED
        if old is None or new is None:
            kind = ChangeKind.ADDED if old is None else ChangeKind.WITHDRAWN
        changes.append(Change(table, kind, old, new))
    return changes


def _check_lines(
    contents: Contents,
    wanted: Mapping[str, tuple[Value, ...]],
    scope: Collection[str],
    report: Report,
) -> None:
    """Report lines that can't become what is wanted of them."""
    for key, row in sorted(wanted.items()):
        line = contents.lines.get(key)
        if line is not None:
            report.errors.extend(_forbidden(key, line, row, line.bank_id in scope))


def _forbidden(
    key: str, line: KeptLine, row: tuple[Value, ...], in_scope: bool
) -> Iterator[Finding]:
    what = f'Stock line "{key}"'
    if not in_scope:
        message = f'{what} is of bank "{line.bank_id}", which the source doesn\'t name.'
        yield Finding(message, "Import that bank too, or give the line another id.", file="stock")
    claimed = line.sold + line.reserved
    if claimed and row[1:3] != line.row[1:3]:
        message = (
            f"{what} is to be {row[2]} of bank {row[1]}, but {_claims(line)} "
            f"as {line.row[2]} of bank {line.row[1]}."
        )
        yield Finding(message, _NEW_ID, file="stock")
    units = _number(row[3]) or ZERO
    if units < claimed:
        message = f"{what} is to have {decimal_text(units)} units, but {_claims(line)}."
        yield Finding(message, _WHOLE_STOCK, file="stock", column="units")


def _tell_of_claims(contents: Contents, changes: list[Change], report: Report) -> None:
    """Warn of changes to lines that have sales or reservations."""
    for change in changes:
        line = contents.lines.get(change.key)
        if line is None or not line.sold + line.reserved:
            continue
        if change.after is None:
            if line.reserved:
                message = f"{change.key} is withdrawn, but {_claims(line)}."
                remedy = "The reservation holds; release it if the bank doesn't sell any more."
                report.warnings.append(Finding(message, remedy))
            continue
        if change.before is not None and change.before[3] == change.after[3]:
            message = f"{change.key} changes, and {_claims(line)}."
            remedy = "Quotes that name the line keep the figures they were made with."
            report.warnings.append(Finding(message, remedy))
            continue
        message = f"{change.key}: {_moved_units(line, change)}."
        report.warnings.append(Finding(message, _WHOLE_STOCK))


def _moved_units(line: KeptLine, change: Change) -> str:
    new = _number(change.row[3]) or ZERO
    free = new - line.sold - line.reserved
    return (
        f"{decimal_text(line.units)} -> {decimal_text(new)} units, of which {_claims(line)}: "
        f"{decimal_text(free)} stay free"
    )


def _claims(line: KeptLine) -> str:
    """Return what of a line is sold and reserved, in words."""
    parts = [
        f"{decimal_text(units)} {'is' if units == 1 else 'are'} {what}"
        for units, what in ((line.sold, "sold"), (line.reserved, "reserved"))
        if units
    ]
    return " and ".join(parts)


def _number(value: Value) -> Decimal | None:
    if isinstance(value, str):
        raise TypeError(f"{value!r} is no number")
    return value


def _compare_prices(
    contents: Contents, rows: list[tuple[Value, ...]], scope: Collection[str], day: date
) -> tuple[list[Change], SpanEdits]:
    wanted: dict[PriceKey, Offered] = {}
    for row in rows:
        wanted[_price_key(row)] = (_number(row[4]), None if row[5] is None else str(row[5]))
    before = {
        key: (*key, span.price, span.basis)
        for key, spans in contents.prices.items()
        if key[0] in scope and (span := offered_on(spans, day)) is not None
    }
    after = {key: (*key, *offered) for key, offered in wanted.items()}
    keys = sorted(before.keys() | after.keys())
    changes = _compare(
        PRICING.name,
        {"\0".join(key): row for key, row in before.items()},
        {"\0".join(key): row for key, row in after.items()},
    )
    return changes, edits_for(contents.prices, wanted, keys, day)


def _price_key(row: tuple[Value, ...]) -> PriceKey:
    return str(row[0]), str(row[1]), str(row[2]), str(row[3])
