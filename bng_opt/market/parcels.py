"""What a stock line is on the ground: which land is lost, and what is created or enhanced there.

A parcel gives its line gross, baseline and net units by the metric's own arithmetic, and lets a
purchase be written into the official workbook as a share of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cached_property

from bng_opt.errors import Finding, InputError
from bng_opt.market.cells import RawTable, Report, Row
from bng_opt.market.habitats import FindHabitat, statutory_habitat
from bng_opt.market.ids import Once, rows_of
from bng_opt.market.records import StockLine
from bng_opt.market.stock import NET_TOLERANCE
from bng_opt.metric.units import Baseline, Creation, Enhancement, HabitatState, units_of
from bng_opt.quantities import ZERO
from bng_opt.reference import Ledger, nearest
from bng_opt.reference.multipliers import Intervention

STEP = Decimal("0.0001")
"""Units that follow from a parcel are stated to this, to the safe side [units]."""
_BEFORE = ("baseline_habitat", "baseline_condition")


@dataclass(frozen=True)
class Parcel:
    """The whole land of a stock line.

    Attributes
    ----------
    works
        Whether the line's habitat is created or enhanced.
    size
        Hectares, or kilometres of hedgerow and watercourse.
    after, before
        The habitat as it will be, and as it was; ``before`` is None where a creation loses
        nothing.
    advance, delay
        How long before or after the losses it is begun [years, ``"30+"`` for more].
    """

    stock_id: str
    works: Intervention
    size: Decimal
    after: HabitatState
    before: HabitatState | None = None
    advance: str = "0"
    delay: str = "0"

    def share(self, part: float) -> tuple[Baseline | None, Creation | Enhancement]:
        """Return what is lost and what comes of a part of the parcel (1 for the whole)."""
        size = float(self.size) * part
        if self.works is Intervention.CREATION:
            lost = None if self.before is None else Baseline(size, self.before)
            return lost, Creation(size, self.after, self.advance, self.delay)
        if self.before is None:
            raise AssertionError("an enhancement has a baseline")
        whole = Baseline(size, self.before)
        return whole, Enhancement(size, self.before, self.after, self.advance, self.delay)

    @cached_property
    def gross_units(self) -> Decimal:
        """Return what the whole parcel is worth after the works, rounded down [units]."""
        return _stepped(float(units_of([self.share(1.0)[1]])[0]), ROUND_FLOOR)

    @cached_property
    def baseline_units(self) -> Decimal:
        """Return what the whole parcel was worth before, rounded up [units]."""
        lost = self.share(1.0)[0]
        return ZERO if lost is None else _stepped(float(units_of([lost])[0]), ROUND_CEILING)

    def problems(self) -> list[Finding]:
        """Return what the workbook refuses of it."""
        if self.works is Intervention.ENHANCEMENT and self.before is None:
            remedy = "State baseline_habitat and baseline_condition."
            return [Finding("An enhancement needs the habitat that is enhanced.", remedy)]
        lost, outcome = self.share(1.0)
        findings = [] if lost is None else lost.problems()
        findings += [each for each in outcome.problems() if each not in findings]
        if not findings and self.gross_units <= self.baseline_units:
            message = (
                f"The works make {self.gross_units} units of {self.baseline_units}: no uplift."
            )
            findings.append(Finding(message, "The parcel has nothing to sell: take it out."))
        return findings


def read_parcels(
    table: RawTable,
    stock: Iterable[StockLine],
    stock_ids: frozenset[str] | None,
    report: Report,
    find: FindHabitat = statutory_habitat,
) -> list[Parcel]:
    """Return the parcels of a table; rows with errors are reported and left out.

    ``stock_ids`` are all ids of the table of stock, of its rows with errors too.
    """
    lines = {line.stock_id: line for line in stock}
    once = Once()
    parcels = (_parcel(row, once, lines, stock_ids, find) for row in rows_of(table, report))
    return [parcel for parcel in parcels if parcel is not None]


def with_parcels(
    stock: Iterable[StockLine], parcels: Iterable[Parcel], report: Report
) -> list[StockLine]:
    """Return stock lines with the units that follow from their parcels.

    What a line itself says of them has to agree within a market step.
    """
    by_id = {parcel.stock_id: parcel for parcel in parcels}
    return [
        line if (parcel := by_id.get(line.stock_id)) is None else _joined(line, parcel, report)
        for line in stock
    ]


def _joined(line: StockLine, parcel: Parcel, report: Report) -> StockLine:
    gross, lost = parcel.gross_units, parcel.baseline_units
    stated = {
        "gross_units": (line.gross_units, gross),
        "baseline_units": (line.baseline_units, lost),
    }
    for column, (given, ours) in stated.items():
        if given is not None and abs(given - ours) > NET_TOLERANCE:
            message = f'Line "{line.stock_id}" states {given}, but its parcel gives {ours}.'
            remedy = "Mend the parcel, or leave the column blank: it follows from the parcel."
            report.errors.append(Finding(message, remedy, file="stock", column=column))
    if line.units > gross - lost + NET_TOLERANCE:
        message = f'Line "{line.stock_id}" sells {line.units}, but its parcel gives {gross - lost}.'
        remedy = "Units are net: at most gross less baseline of the parcel."
        report.errors.append(Finding(message, remedy, file="stock", column="units"))
    before = None if parcel.before is None or not lost else parcel.before.habitat
    return replace(line, gross_units=gross, baseline_units=lost, baseline_habitat=before)


def _parcel(
    row: Row,
    once: Once,
    lines: Mapping[str, StockLine],
    stock_ids: frozenset[str] | None,
    find: FindHabitat,
) -> Parcel | None:
    line = _line_of(row, once, lines, stock_ids)
    works = _works(row)
    size = row.amount("size", required=True)
    if size is not None and not size:
        row.error("size", "The parcel has no size.", "Write hectares or kilometres.")
    if line is None or works is None or size is None or not row.sound():
        return None
    after = _state(row, line.habitat.name, "", line.habitat.ledger, find)
    before = None
    if any(row.is_filled(name) for name in _BEFORE):
        name = row.text("baseline_habitat", required=True)
        before = _state(row, name, "baseline_", line.habitat.ledger, find) if name else None
    if after is None or not row.sound():
        return None
    parcel = Parcel(
        line.stock_id, works, size, after, before, row.text("advance") or "0",
        row.text("delay") or "0",
    )  # fmt: skip
    if problems := parcel.problems():
        row.adopt("works", problems)
    return parcel if row.sound() else None


def _line_of(
    row: Row, once: Once, lines: Mapping[str, StockLine], stock_ids: frozenset[str] | None
) -> StockLine | None:
    stock_id = row.text("stock_id", required=True)
    if not stock_id:
        return None
    once.check(row, "stock_id", stock_id, f'The parcel of "{stock_id}"')
    if stock_ids is not None and stock_id not in stock_ids:
        names = ", ".join(f'"{name}"' for name in nearest(stock_id, stock_ids - {""})) or "none"
        row.error("stock_id", f'Unknown stock line "{stock_id}".', f"Nearest ids: {names}.")
    return lines.get(stock_id)


def _works(row: Row) -> Intervention | None:
    text = row.text("works", required=True)
    if not text:
        return None
    try:
        return Intervention(text.casefold())
    except ValueError:
        known = " or ".join(each.value for each in Intervention)
        row.error("works", f'"{text}" are no works of the metric.', f"Write {known}.")
        return None


def _state(
    row: Row, habitat: str, prefix: str, ledger: Ledger, find: FindHabitat
) -> HabitatState | None:
    condition = row.text(f"{prefix}condition", required=True)
    if not condition:
        return None
    try:
        return HabitatState.named(
            find(habitat).name,
            condition,
            row.text(f"{prefix}significance") or "Low",
            ledger=ledger,
            encroachment=row.text(f"{prefix}encroachment"),
            riparian=row.text(f"{prefix}riparian"),
        )
    except InputError as error:
        row.adopt(f"{prefix}condition", error.findings)
        return None


def _stepped(units: float, rounding: str) -> Decimal:
    # Noise of doubles is no unit: 5.000000000001 is 5.
    exact = Decimal(repr(round(units, 10)))
    return (exact / STEP).to_integral_value(rounding=rounding) * STEP
