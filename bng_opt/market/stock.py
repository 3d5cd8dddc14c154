"""Rows of ``stock`` as records: every rule of what such a row may say."""

from __future__ import annotations

from decimal import Decimal

from bng_opt.market.cells import Lookup, RawTable, Report, Row
from bng_opt.market.habitats import FindHabitat, statutory_habitat
from bng_opt.market.ids import BankIds, Once, rows_of
from bng_opt.market.records import StockLine
from bng_opt.quantities import ZERO
from bng_opt.reference import Habitat

NET_TOLERANCE = Decimal("0.01")
"""Units for sale may exceed gross less baseline by one market step: both are rounded."""

_STATE = (
    "State gross_units, baseline_habitat and baseline_units together (0 units if nothing is "
    "lost), or leave all three blank."
)


def read_stock(
    table: RawTable, bank_ids: BankIds, report: Report, find: FindHabitat = statutory_habitat
) -> list[StockLine]:
    """Return the stock lines of a table; rows with errors are reported and left out."""
    once = Once()
    habitats = Lookup(find)
    lines = (_stock_line(row, once, bank_ids, habitats) for row in rows_of(table, report))
    return [line for line in lines if line is not None]


def _stock_line(
    row: Row, once: Once, bank_ids: BankIds, habitats: Lookup[Habitat]
) -> StockLine | None:
    stock_id = row.text("stock_id", required=True)
    if stock_id:
        once.check(row, "stock_id", stock_id, f'The stock id "{stock_id}"')
    bank_id = bank_ids.of(row)
    habitat = habitats.of(row, "habitat", required=True)
    if habitat is not None:
        _check_has_units(row, "habitat", habitat)
    units = row.amount("units", required=True)
    gross, lost = row.amount("gross_units"), row.amount("baseline_units")
    baseline = habitats.of(row, "baseline_habitat")
    quoted = row.amount("quoted_units")
    _check_baseline(row, habitat, gross, baseline, lost)
    _check_amounts(row, units, gross, lost, quoted)
    if bank_id is None or habitat is None or units is None or not row.sound():
        return None
    quoted = ZERO if quoted is None else quoted
    return StockLine(stock_id, bank_id, habitat, units, gross, baseline, lost, quoted)


def _check_has_units(row: Row, column: str, habitat: Habitat) -> None:
    if not habitat.trades:
        row.error(
            column,
            f"{habitat.name} is of Very Low distinctiveness: it has no units.",
            "Take the line out, or name the habitat that is sold.",
        )


def _check_baseline(
    row: Row,
    habitat: Habitat | None,
    gross: Decimal | None,
    baseline: Habitat | None,
    lost: Decimal | None,
) -> None:
    """Report a baseline that is stated in part, or that can't be this line's."""
    if row.sound("baseline_units", "gross_units"):
        if lost is not None and gross is None:
            row.error("gross_units", "The baseline is stated, the gross units are not.", _STATE)
        if lost is None and gross is not None:
            row.error("baseline_units", "Gross units are stated, baseline units are not.", _STATE)
    if not row.sound("baseline_habitat", "baseline_units"):
        return
    if baseline is not None and lost is None:
        row.error("baseline_units", "The baseline habitat has no units beside it.", _STATE)
    if baseline is None and lost:
        row.error("baseline_habitat", "The baseline units have no habitat beside them.", _STATE)
    if baseline is None or not lost:
        return
    _check_has_units(row, "baseline_habitat", baseline)
    if habitat is not None and baseline.ledger is not habitat.ledger:
        row.error(
            "baseline_habitat",
            f"{baseline.name} is {baseline.ledger.value}, {habitat.name} {habitat.ledger.value}.",
            "Ledgers are never traded across: state the loss within the line's own.",
        )


def _check_amounts(
    row: Row,
    units: Decimal | None,
    gross: Decimal | None,
    lost: Decimal | None,
    quoted: Decimal | None,
) -> None:
    """Report a net uplift that isn't one, more for sale than it, and more quoted than that."""
    if gross is not None and lost is not None:
        net = gross - lost
        if net <= 0:
            message = f"Gross less baseline is {net}: the line has no net uplift to sell."
            row.error("gross_units", message, "Check both; units are net of the baseline.")
        elif units is not None and units > net + NET_TOLERANCE:
            message = f"{units} units are for sale, but gross less baseline is {net}."
            row.error("units", message, "Units are net: at most gross_units - baseline_units.")
    if units is not None and quoted is not None and quoted > units:
        message = f"{quoted} units are quoted, but only {units} are for sale."
        row.error("quoted_units", message, "quoted_units is a part of units.")
