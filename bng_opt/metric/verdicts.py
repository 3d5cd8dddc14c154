"""The tool's verdicts on trading, compared with the numbers they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bng_opt.metric.advice import reports_irreplaceable_loss
from bng_opt.metric.cells import Cell, Sheet, key_of
from bng_opt.metric.readings import RECALCULATE, Readings
from bng_opt.metric.requirement import HabitatChange, LedgerRequirement
from bng_opt.metric.trading_summary import TradingSummary, bands_of
from bng_opt.quantities import UNIT_TOLERANCE
from bng_opt.reference import Distinctiveness, Ledger


def compare_verdicts(
    summary: TradingSummary, position: LedgerRequirement, readings: Readings
) -> None:
    """Compare the tool's verdict on every band with the numbers it rests on.

    A verdict No with nothing short is a problem: something is wrong that the numbers don't
    show. Any other disagreement is a warning; the purchase rests on the numbers.
    """
    for band, margin in tool_margins(summary.ledger, summary.changes).items():
        cell, says_yes = summary.flags.get(band, (None, True))
        if cell is None or abs(margin) <= UNIT_TOLERANCE or says_yes == (margin > 0):
            continue
        _note_disagreement(summary, band, cell, position, readings)


def _note_disagreement(
    summary: TradingSummary,
    band: Distinctiveness,
    cell: Cell,
    position: LedgerRequirement,
    readings: Readings,
) -> None:
    says_yes = summary.flags[band][1]
    message = (
        f"The cell says {'Yes' if says_yes else 'No'} of the {band.value} trading rule, but the "
        f"unit changes of the sheet {'break' if says_yes else 'keep'} it."
    )
    if not says_yes and not position.settlement.shortfalls:
        readings.problem(summary.sheet, cell, message, RECALCULATE)
    else:
        readings.warning(summary.sheet, cell, message, RECALCULATE)


def compare_overall_verdict(
    sheet: Sheet, summaries: Mapping[Ledger, TradingSummary], readings: Readings
) -> None:
    """Compare "Trading rules satisfied?" (F55) with the verdicts it sums up."""
    cell = verdict_cell(sheet, readings)
    key = key_of(sheet.text(cell))
    if not key.startswith(("yes", "no")):
        message = f'The cell says "{sheet.text(cell)}"; it should say Yes or No.'
        readings.problem(sheet, cell, message, RECALCULATE)
        return
    all_yes = all(yes for s in summaries.values() for _, yes in s.flags.values())
    if key.startswith("yes") and not all_yes:
        message = "The cell says Yes, but the trading summaries say No of some band."
        readings.warning(sheet, cell, message, RECALCULATE)
    elif key.startswith("no") and all_yes and not reports_irreplaceable_loss(sheet):
        message = "The cell says No, but the trading summaries say Yes of every band."
        readings.problem(sheet, cell, message, RECALCULATE)


def verdict_cell(sheet: Sheet, readings: Readings) -> Cell:
    """Return the cell of Headline Results that answers "Trading rules satisfied?" (F55).

    Raises
    ------
    InputError
        If the question isn't there, or twice.
    """
    label = readings.only(sheet, "Trading rules satisfied?")
    return next((c for n in range(1, 6) if sheet.text(c := label.at(0, n))), label.at(0, 4))


def tool_margins(
    ledger: Ledger, changes: tuple[HabitatChange, ...]
) -> dict[Distinctiveness, float]:
    """Return what the tool tests by band [units]; it says No where this is below zero.

    Area: G33, K41, K40 + K12 + K89, K125. Hedgerow: I14, I22 + I13, I33, I44, I54.
    Watercourse: E14, I22, I30, I42 (RULES 2.1 to 2.3).
    """
    return _MARGINS[ledger](changes)


def _gain(values: Iterable[float]) -> float:
    return sum(value for value in values if value > 0)


def _loss(values: Iterable[float]) -> float:
    return sum(value for value in values if value < 0)


def _of(changes: Iterable[HabitatChange], band: Distinctiveness) -> list[float]:
    return [c.project_wide for c in changes if c.habitat.distinctiveness is band]


def _area_margins(changes: tuple[HabitatChange, ...]) -> dict[Distinctiveness, float]:
    very_high = _of(changes, Distinctiveness.VERY_HIGH)
    high = _of(changes, Distinctiveness.HIGH)
    groups: dict[str, float] = {}
    for change in changes:
        if change.habitat.distinctiveness is Distinctiveness.MEDIUM:
            group = change.habitat.trading_group
            groups[group] = groups.get(group, 0.0) + change.project_wide
    medium = _gain(very_high) + _gain(high) + _loss(groups.values())
    low = sum(_of(changes, Distinctiveness.LOW))
    return {
        Distinctiveness.VERY_HIGH: _loss(very_high),
        Distinctiveness.HIGH: _loss(high),
        Distinctiveness.MEDIUM: medium,
        Distinctiveness.LOW: low + max(0.0, medium + _gain(groups.values())),
    }


def _hedgerow_margins(changes: tuple[HabitatChange, ...]) -> dict[Distinctiveness, float]:
    very_high = _of(changes, Distinctiveness.VERY_HIGH)
    high = _of(changes, Distinctiveness.HIGH)
    above = _gain(very_high) + _loss(high)
    margins = {Distinctiveness.VERY_HIGH: _loss(very_high), Distinctiveness.HIGH: above}
    available = max(0.0, above) + _gain(high)
    for band in (Distinctiveness.MEDIUM, Distinctiveness.LOW, Distinctiveness.VERY_LOW):
        margins[band] = sum(_of(changes, band)) + available
        available = max(0.0, margins[band])
    return margins


def _watercourse_margins(changes: tuple[HabitatChange, ...]) -> dict[Distinctiveness, float]:
    bands = {band: _of(changes, band) for band in bands_of(Ledger.WATERCOURSE)}
    low = bands.pop(Distinctiveness.LOW)
    higher = sum(_gain(values) for values in bands.values())
    return {band: _loss(values) for band, values in bands.items()} | {
        Distinctiveness.LOW: sum(low) + higher
    }


_MARGINS = {
    Ledger.AREA: _area_margins,
    Ledger.HEDGEROW: _hedgerow_margins,
    Ledger.WATERCOURSE: _watercourse_margins,
}
