"""What the workbook itself warns of, and where its verdicts differ from ours."""

from __future__ import annotations

from bng_opt.errors import Finding
from bng_opt.metric.cells import Cell, Sheet, key_of
from bng_opt.metric.headline import LedgerHeadline
from bng_opt.metric.requirement import LedgerRequirement
from bng_opt.quantities import UNIT_TOLERANCE
from bng_opt.reference import Ledger

SHORTFALL_SHEET = "Unit shortfall calculations"
_SHORTFALL_CELLS = {Ledger.HEDGEROW: "F14", Ledger.WATERCOURSE: "F15"}
DETAILED = "Detailed Results"
DETAILED_ROWS = 60
"""Rows of it that are read; what is wanted stands in rows 20 to 31."""
_BASELINE_UNITS = "Total on-site and off-site baseline units"
_BASELINE_FATES = ("retained", "proposed for enhancement", "lost")
_DETAILED_HEADERS = {Ledger.AREA: "Habitats", Ledger.WATERCOURSE: "Watercourses"}
_IRREPLACEABLE_LOSS = "unacceptablelossofirreplaceablehabitat"

_SILENT = (
    "scrolldownforfinalresults",
    "onsitenetgainislessthan",
    "totalnetgainachievedislessthan",
    "noadditional",
    "errorsflaggedbelow",
    "yes",
    "no",
    "attentionrequired",
)
"""Marked texts that only repeat what the numbers say, or point to another cell."""

_REMEDIES = (
    (
        "inputerrorsrulebreaks",
        "Look through the input sheets for marked cells. The unit numbers read here agree "
        "with each other; the mark also appears where nothing is wrong (a habitat without a "
        "Poor condition).",
    ),
    (
        "areacreatedmustmatch",
        "Compare area lost and created on the baseline and creation sheets: they must agree "
        "within 0.01 ha, trees apart.",
    ),
    (
        "erroroffsitegainsites",
        "Check the sheet Off-site gain site summary: each gain site must gain in each ledger.",
    ),
    (
        "ensurebespokecompensation",
        "Units lost under a bespoke agreement are not in this requirement: have the agreement "
        "in writing from the decision maker.",
    ),
    ("thismetriccontainsdeviations", "Have the deviations agreed with the consenting body."),
    (
        "youmustspecifyifirreplaceable",
        "State on the sheets A-1 and C-1 whether irreplaceable habitat is present.",
    ),
    (
        _IRREPLACEABLE_LOSS,
        "No units can make this good: keep the habitat, or agree bespoke compensation with "
        "the decision maker.",
    ),
    ("targetsetbelow10", "The statutory target is at least 10%: check the target."),
    ("completedbyanddate", "Fill in who completed the metric, and when, on the sheet Start."),
)
_OTHER_REMEDY = "Look into the marked cell before you rely on the numbers."


def tool_warnings(sheet: Sheet) -> list[Finding]:
    """Return the marked texts (▲, ⚠) of a sheet in the workbook's own words."""
    warnings = []
    for cell, text in sheet.texts:
        words = text.strip()
        if ("▲" not in words and "⚠" not in words) or len(words) < 3:
            continue
        key = key_of(words)
        if any(key.startswith(silent) for silent in _SILENT):
            continue
        remedy = next((r for start, r in _REMEDIES if key.startswith(start)), _OTHER_REMEDY)
        warnings.append(sheet.finding(f'The workbook says: "{words}".', remedy, cell))
    return warnings


def reports_irreplaceable_loss(sheet: Sheet) -> bool:
    """Return whether the headline reports a loss that no units can compensate (B58)."""
    return any(key_of(text).startswith(_IRREPLACEABLE_LOSS) for _, text in sheet.texts)


def shortfall_oddity(
    file: str, headline: LedgerHeadline, position: LedgerRequirement
) -> Finding | None:
    """Return a warning where the tool's own shortfall counts the deficit twice (RULES 4).

    Its hedgerow and watercourse cells add the headline deficit to the trading loss where
    the deficit is below the net gain part and the loss isn't smaller than the deficit.
    """
    cell = _SHORTFALL_CELLS.get(headline.ledger)
    net_gain_part = headline.required - headline.baseline
    loss, deficit = position.settlement.total, headline.deficit
    if cell is None or not UNIT_TOLERANCE < deficit < net_gain_part or loss < deficit:
        return None
    return Finding(
        f"The tool's {headline.ledger.value} shortfall is {loss + deficit:.4g} units: it adds "
        f"the headline deficit to the trading loss. {max(loss, deficit):.4g} units meet both.",
        "Nothing to mend; expect the two figures to differ.",
        file=file,
        sheet=SHORTFALL_SHEET,
        cell=cell,
    )


def bespoke_warnings(sheet: Sheet) -> list[Finding]:
    """Return warnings of baseline units that the workbook leaves out of the losses.

    Units lost under bespoke compensation count as if kept, whether it is agreed or only
    pending (A-1 AT, C-1 AT); "pending" shows nowhere in the headline. They are what is left
    of the baseline (Detailed Results D22) when retained, enhanced and lost units are taken
    off (D25, D28, D31).
    """
    warnings = []
    for ledger, header in _DETAILED_HEADERS.items():
        stated = [_detail(sheet, header, f"{_BASELINE_UNITS} {fate}") for fate in _BASELINE_FATES]
        baseline = _detail(sheet, header, _BASELINE_UNITS)
        if baseline is None or any(each is None for each in stated):
            continue
        left_out = baseline[1] - sum(each[1] for each in stated if each is not None)
        if left_out > UNIT_TOLERANCE:
            warnings.append(
                sheet.finding(
                    f"{left_out:.4g} {ledger.value} units lost are left out of this requirement: "
                    "the workbook counts them as compensated by bespoke agreement, agreed or "
                    "pending.",
                    "Have the agreement in writing from the decision maker; until then these "
                    "losses must be met with units of the same habitat.",
                    baseline[0],
                )
            )
    return warnings


def _detail(sheet: Sheet, header: str, label: str) -> tuple[Cell, float] | None:
    """Return the cell and number where a row's label and a column's header meet."""
    rows, columns = sheet.find(label), sheet.find(header)
    if not rows or not columns:
        return None
    cell = Cell(rows[0].row, columns[0].column)
    value = sheet.number(cell)
    return None if value is None else (cell, value)
