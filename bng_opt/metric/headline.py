"""The Headline Results sheet: read by its labels, and recomputed.

Formula numbers are those of the statutory metric 4.1 (RULES 3). Whatever can be recomputed
is, so that a result that was typed over or never recalculated is refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bng_opt.errors import Finding
from bng_opt.metric.cells import Cell, Sheet, key_of
from bng_opt.metric.readings import RECALCULATE, Readings
from bng_opt.quantities import UNIT_TOLERANCE
from bng_opt.reference import Ledger

HEADLINE = "Headline Results"

UNIT_LABELS = {
    Ledger.AREA: "Habitat units",
    Ledger.HEDGEROW: "Hedgerow units",
    Ledger.WATERCOURSE: "Watercourse units",
}
_BLOCKS = (
    "On-site baseline",
    "On-site post-intervention",
    "On-site net change",
    "Off-site baseline",
    "Off-site post-intervention",
    "Off-site net change",
    "Off-site unit change",
    "Combined net unit change",
    "Spatial risk multiplier (SRM) deductions",
    "Total net unit change",
    "Total net % change",
)
_TABLE_HEADERS = ("Unit Type", "Target", "Baseline Units", "Units Required", "Unit Deficit")
_NOT_APPLICABLE = "N/A"


@dataclass(frozen=True)
class LedgerHeadline:
    """One ledger's headline [units]; the cells are those of the area ledger in version 4.1.

    Attributes
    ----------
    baseline, post
        On-site baseline and post-intervention (H8, H12).
    off_baseline, off_post, off_net
        Off-site baseline, post-intervention and net change, before the spatial risk
        multiplier (H20, H24, H28).
    off_with_srm
        Off-site change with the multiplier (H32); None where the workbook says N/A, since
        the multiplier applies only to a gain.
    combined, srm_deduction
        Combined net change before the multiplier (H37) and its deduction (H41).
    required, deficit
        Units required (F61) and unit deficit (H61).
    cells
        Where each of these stands.
    """

    ledger: Ledger
    baseline: float
    post: float
    off_baseline: float
    off_post: float
    off_net: float
    off_with_srm: float | None
    combined: float
    srm_deduction: float | None
    required: float
    deficit: float
    cells: dict[str, Cell]

    @property
    def off_effective(self) -> float:
        """Return the off-site change that the headline counts [units] (RULES 3.2)."""
        return self.off_net if self.off_with_srm is None else self.off_with_srm

    @property
    def has_off_site(self) -> bool:
        """Return whether anything is off site."""
        return max(abs(self.off_baseline), abs(self.off_post)) > UNIT_TOLERANCE


def read_headline(sheet: Sheet, target: float, readings: Readings) -> dict[Ledger, LedgerHeadline]:
    """Return the headline of the three ledgers; problems are noted in ``readings``.

    Parameters
    ----------
    sheet
        The sheet Headline Results.
    target
        The net gain target as Start states it, a fraction.
    readings
        Where problems are noted.

    Raises
    ------
    InputError
        If a label is missing or stands twice.
    """
    blocks = {label: readings.only(sheet, label) for label in _BLOCKS}
    blocks = {label: _unit_label(sheet, cell, readings) for label, cell in blocks.items()}
    offset = _value_offset(sheet, list(blocks.values()))
    table = {label: readings.only(sheet, label) for label in _TABLE_HEADERS}
    headlines = {}
    for n, ledger in enumerate(Ledger):
        for label in (*blocks.values(), table["Unit Type"].at(1)):
            _check_label(sheet, label.at(n), ledger, readings)
        cells = {label: cell.at(n, offset) for label, cell in blocks.items()}
        cells |= {label: cell.at(n + 1) for label, cell in table.items()}
        headlines[ledger] = _read_ledger(sheet, ledger, cells, target, readings)
    return headlines


def _unit_label(sheet: Sheet, block: Cell, readings: Readings) -> Cell:
    """Return where a block's first unit label stands, right of the block's own label."""
    wanted = key_of(UNIT_LABELS[Ledger.AREA])
    for columns in range(1, 9):
        if key_of(sheet.text(block.at(0, columns))) == wanted:
            return block.at(0, columns)
    message = f'No "{UNIT_LABELS[Ledger.AREA]}" stands beside "{sheet.text(block)[:40]}".'
    readings.problem(sheet, block, message, "Give the statutory metric with its sheets unchanged.")
    raise readings.error(sheet)


def _value_offset(sheet: Sheet, labels: list[Cell]) -> int:
    """Return how far right of the unit labels the values stand: H of F in version 4.1."""
    for columns in range(1, 5):
        cells = [label.at(n, columns) for label in labels for n in range(3)]
        if any(sheet.text(cell) for cell in cells):
            return columns
    return 2


def _check_label(sheet: Sheet, cell: Cell, ledger: Ledger, readings: Readings) -> None:
    if key_of(sheet.text(cell)) != key_of(UNIT_LABELS[ledger]):
        readings.problem(
            sheet,
            cell,
            f'The label should be "{UNIT_LABELS[ledger]}", not "{sheet.text(cell)[:40]}".',
            "Give the statutory metric with its sheets unchanged.",
        )


def _read_ledger(
    sheet: Sheet, ledger: Ledger, cells: dict[str, Cell], target: float, readings: Readings
) -> LedgerHeadline:
    def number(label: str) -> float:
        return readings.number(sheet, cells[label])

    headline = LedgerHeadline(
        ledger=ledger,
        baseline=number("On-site baseline"),
        post=number("On-site post-intervention"),
        off_baseline=number("Off-site baseline"),
        off_post=number("Off-site post-intervention"),
        off_net=number("Off-site net change"),
        off_with_srm=readings.number_or(sheet, cells["Off-site unit change"], _NOT_APPLICABLE),
        combined=number("Combined net unit change"),
        srm_deduction=readings.number_or(
            sheet, cells["Spatial risk multiplier (SRM) deductions"], "0.00", _NOT_APPLICABLE
        ),
        required=number("Units Required"),
        deficit=number("Unit Deficit"),
        cells=cells,
    )
    _recompute(sheet, headline, target, readings)
    return headline


def _recompute(sheet: Sheet, headline: LedgerHeadline, target: float, readings: Readings) -> None:
    """Compare every result with what the metric's formulas make of what it rests on."""
    h, cells = headline, headline.cells

    def expect(label: str, stated: float, computed: float, what: str) -> None:
        readings.expect(sheet, cells[label], stated, computed, what)

    on_net = readings.number(sheet, cells["On-site net change"])
    total = readings.number(sheet, cells["Total net unit change"])
    table_target = readings.number(sheet, cells["Target"])
    table_baseline = readings.number(sheet, cells["Baseline Units"])
    achieved = h.post + h.off_effective
    expect("On-site net change", on_net, h.post - h.baseline, "post-intervention less baseline")
    expect(
        "Off-site net change",
        h.off_net,
        h.off_post - h.off_baseline,
        "post-intervention less baseline",
    )
    _check_multiplier(sheet, h, readings)
    expect("Combined net unit change", h.combined, on_net + h.off_net, "on-site plus off-site")
    expect("Total net unit change", total, achieved - h.baseline, "on-site plus off-site")
    _check_percent(sheet, h, total, readings)
    expect("Target", table_target, target, "the target on the sheet Start")
    expect("Baseline Units", table_baseline, h.baseline, "the on-site baseline")
    expect("Units Required", h.required, h.baseline * (1 + target), "baseline x (1 + target)")
    # max() would swallow a NaN and so find fault with a second cell.
    deficit = h.required - achieved
    expect(
        "Unit Deficit",
        h.deficit,
        0.0 if deficit < 0 else deficit,
        "what is required less what is achieved",
    )


def _check_multiplier(sheet: Sheet, h: LedgerHeadline, readings: Readings) -> None:
    """Check H32 and H41: the multiplier applies to a gain alone."""
    cell = h.cells["Off-site unit change"]
    if h.off_with_srm is None:
        if h.off_net > UNIT_TOLERANCE:
            readings.problem(
                sheet,
                cell,
                "The cell says N/A although the off-site change is a gain.",
                RECALCULATE,
            )
        deduction = h.srm_deduction or 0.0
        readings.expect(
            sheet,
            h.cells["Spatial risk multiplier (SRM) deductions"],
            deduction,
            math.nan if math.isnan(h.off_net) else 0.0,
            "the deduction without a gain",
        )
        return
    if h.off_net < -UNIT_TOLERANCE:
        readings.problem(
            sheet,
            cell,
            "The cell holds a number although the off-site change is a loss.",
            RECALCULATE,
        )
    readings.expect(
        sheet,
        h.cells["Spatial risk multiplier (SRM) deductions"],
        h.srm_deduction or 0.0,
        h.off_net - h.off_with_srm,
        "the off-site change less that with the multiplier",
    )


def _check_percent(sheet: Sheet, h: LedgerHeadline, total: float, readings: Readings) -> None:
    """Check H51: total change by baseline; N/A, or 0, of a zero baseline."""
    cell = h.cells["Total net % change"]
    percent = readings.number_or(sheet, cell, _NOT_APPLICABLE)
    if percent is None:
        if abs(h.baseline) > UNIT_TOLERANCE:
            readings.problem(
                sheet, cell, "The cell says N/A although the baseline isn't zero.", RECALCULATE
            )
    elif abs(h.baseline) > UNIT_TOLERANCE:
        readings.expect(sheet, cell, percent, total / h.baseline, "total change by baseline")


def headline_warnings(sheet: Sheet, h: LedgerHeadline) -> list[Finding]:
    """Return what a ledger's headline ought to tell its reader."""
    warnings = []
    net = h.cells["Off-site net change"]
    if h.has_off_site and h.off_net < -UNIT_TOLERANCE:
        warnings.append(
            sheet.finding(
                f"The off-site rows of the {h.ledger.value} ledger lose {-h.off_net:.4g} units; "
                "the loss counts in full, without the spatial risk multiplier.",
                "Check the off-site sheets: a gain site must gain in each of its ledgers.",
                net,
            )
        )
    elif h.has_off_site and h.off_net <= UNIT_TOLERANCE:
        warnings.append(
            sheet.finding(
                f"The off-site rows of the {h.ledger.value} ledger gain nothing.",
                "Check the off-site sheets: a gain site must gain in each of its ledgers.",
                net,
            )
        )
    if h.srm_deduction is not None and h.srm_deduction < -UNIT_TOLERANCE:
        warnings.append(
            sheet.finding(
                f"The spatial risk deduction of the {h.ledger.value} ledger is negative "
                f"({h.srm_deduction:.4g}): some off-site rows count in one total only, which "
                "happens where a row lacks its off-site reference.",
                "Fill in the off-site reference of every off-site row, and save it in Excel.",
                h.cells["Spatial risk multiplier (SRM) deductions"],
            )
        )
    return warnings
