"""Made metric workbooks: small, official in names, labels and places, results as constants.

openpyxl writes no cached values for formulas, so the results are typed in; they are worked
out here so that they agree with each other as the statutory formulas make them agree.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import fsum

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from bng_opt.metric.headline import UNIT_LABELS
from bng_opt.metric.requirement import HabitatChange
from bng_opt.metric.trading_summary import TRADING_SHEETS
from bng_opt.metric.verdicts import tool_margins
from bng_opt.reference import Habitat, Ledger, catalogue
from bng_opt.reference.tables import read_table

Changes = Mapping[str, float]
Value = str | float | int | bool | None

SHEETS = (
    "Introduction",
    "Start",
    "Main Menu",
    "Results",
    "Headline Results",
    "Detailed Results",
    *TRADING_SHEETS.values(),
)
_FIXED_TIME = (2024, 2, 27, 0, 0, 0)
_NO = "No ▲"
_YES = "Yes ✓"


@dataclass(frozen=True)
class MadeMetric:
    """What a made workbook says.

    Attributes
    ----------
    on_site, off_site
        Unit change by habitat name, any ledger [units].
    baseline
        On-site baseline by ledger [units]; by default the losses, rounded up.
    off_baseline
        Off-site baseline by ledger [units].
    srm
        The spatial risk multiplier of all that is off site.
    """

    on_site: Changes = field(default_factory=dict)
    off_site: Changes = field(default_factory=dict)
    baseline: Mapping[Ledger, float] = field(default_factory=dict)
    off_baseline: Mapping[Ledger, float] = field(default_factory=dict)
    srm: float = 1.0
    target: float = 0.1
    version: Value = 4.1
    project: str = "Made project"
    planning_authority: str = "Stratford-on-Avon"
    introduction: tuple[str, ...] = ("A made workbook for tests.",)

    def changes(self, ledger: Ledger) -> dict[Habitat, HabitatChange]:
        """Return the change of every habitat of a ledger, zero or not."""
        find = catalogue().find
        on = {find(name): units for name, units in self.on_site.items()}
        off = {find(name): units for name, units in self.off_site.items()}
        return {
            habitat: HabitatChange(habitat, on.get(habitat, 0.0), off.get(habitat, 0.0))
            for habitat in catalogue().of(ledger)
            if habitat.trades
        }


def make_workbook(metric: MadeMetric) -> Workbook:
    """Return the workbook in memory, for tests that go on to spoil it."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    sheets = {name: workbook.create_sheet(name) for name in SHEETS}
    for n, line in enumerate(metric.introduction, 2):
        sheets["Introduction"].cell(n, 2, line)
    _fill_start(sheets["Start"], metric)
    verdicts = [_fill_trading(sheets[TRADING_SHEETS[ledger]], ledger, metric) for ledger in Ledger]
    _fill_headline(sheets["Headline Results"], metric, all(verdicts))
    sheets["Main Menu"]["Q3"] = "Tree helper"
    return workbook


def to_bytes(workbook: Workbook) -> bytes:
    """Return the workbook's bytes, the same for the same content."""
    written = io.BytesIO()
    workbook.save(written)
    settled = io.BytesIO()
    stamp = datetime.datetime(*_FIXED_TIME).isoformat() + "Z"
    with (
        zipfile.ZipFile(written) as source,
        zipfile.ZipFile(settled, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for member in source.infolist():
            content = source.read(member)
            if member.filename == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", stamp.encode(), content)
            info = zipfile.ZipInfo(member.filename, _FIXED_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, content)
    return settled.getvalue()


def make_metric(**what: object) -> bytes:
    """Return the bytes of a made metric; the arguments are :class:`MadeMetric`'s."""
    return to_bytes(make_workbook(MadeMetric(**what)))  # type: ignore[arg-type]


def edit_part(data: bytes, part: str, old: bytes, new: bytes, count: int = 1) -> bytes:
    """Return a package with one part's text changed; the text must be there."""
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        content = source.read(part)
    if old not in content:
        raise AssertionError(f"{old!r} is not in {part}")
    return replace_part(data, part, content.replace(old, new, count))


def replace_part(data: bytes, part: str, content: bytes | None) -> bytes:
    """Return a package with one part replaced, added, or (None) left out."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for member in source.infolist():
            if member.filename != part:
                target.writestr(member, source.read(member))
        if content is not None:
            target.writestr(part, content)
    return written.getvalue()


def _fill(sheet: Worksheet, cells: Mapping[str, Value]) -> None:
    for cell, value in cells.items():
        sheet[cell] = value


def _fill_start(sheet: Worksheet, metric: MadeMetric) -> None:
    labels = (
        ("Planning authority:", metric.planning_authority),
        ("Project name:", metric.project),
        ("Applicant:", "Example Homes Ltd"),
        ("Application type:", "Full planning"),
        ("Planning application reference:", None),
        ("Completed by:", "An ecologist (example)"),
        ("Date of metric completion:", "27/02/2024"),
        ("Reviewer:", None),
        ("Calculation iteration:", None),
        ("Planning authority reviewer:", None),
        ("Date of planning authority review:", None),
        ("Target % net gain:", metric.target),
        ("Irreplaceable habitat present at baseline:", "No ✓"),
    )
    _fill(sheet, {"D8": metric.version, "D9": "Project details"})
    for row, (label, value) in enumerate(labels, 11):
        sheet.cell(row, 4, label)
        sheet.cell(row, 6, value)
    sheet["F22"].number_format = "0%"


def _fill_trading(sheet: Worksheet, ledger: Ledger, metric: MadeMetric) -> bool:
    """Fill a trading summary where version 4.1 has it; return whether all bands say Yes."""
    changes = metric.changes(ledger)
    columns = "DEF" if ledger is Ledger.AREA else "CDE"
    rows = [row for row in read_table("trading_summary_rows") if row["ledger"] == ledger.value]
    bands: dict[str, list[int]] = {}
    for row in rows:
        bands.setdefault(row["distinctiveness"], []).append(int(row["row"]))
        change = changes[catalogue().find(row["label"], ledger)]
        numbers = (change.on_site, change.off_site, change.project_wide)
        sheet[f"B{row['row']}"] = row["label"]
        _fill(sheet, {f"{c}{row['row']}": v for c, v in zip(columns, numbers, strict=True)})
    for band, lines in bands.items():
        header = lines[0] - 1
        titles = ("On-site  unit change", "Off-site unit change", "Project-wide unit change ")
        _fill(
            sheet,
            {f"B{header - 1}": f"{band} Distinctiveness", f"B{header}": "Habitat group"}
            | {f"{c}{header}": title for c, title in zip(columns, titles, strict=True)},
        )
        for column in columns:
            values = [sheet[f"{column}{line}"].value for line in lines]
            sheet[f"{column}{lines[-1] + 1}"] = fsum(values)
    return _fill_verdicts(sheet, ledger, tuple(changes.values()))


def _fill_verdicts(sheet: Worksheet, ledger: Ledger, changes: tuple[HabitatChange, ...]) -> bool:
    column = "F" if ledger is Ledger.HEDGEROW else "G"
    _fill(sheet, {"B3": "Distinctiveness Group", f"{column}3": "Trading Satisfied?"})
    margins = tool_margins(ledger, changes)
    for row, (band, margin) in enumerate(margins.items(), 5):
        _fill(sheet, {f"B{row}": band.value, f"{column}{row}": _NO if margin < 0 else _YES})
    return all(margin >= 0 for margin in margins.values())


def _fill_headline(sheet: Worksheet, metric: MadeMetric, all_yes: bool) -> None:
    labels = {
        8: "On-site baseline",
        12: "On-site post-intervention\n(Including habitat retention, creation & enhancement)",
        16: "On-site net change \n(units & percentage)",
        20: "Off-site baseline",
        24: "Off-site post-intervention\n(Including habitat retention, creation & enhancement)",
        28: "Off-site net change\n(units & percentage)",
        32: "Off-site unit change\n(with Spatial Risk Multiplier applied)",
        37: "Combined net unit change\n(Including all on-site & off-site)",
        41: "Spatial risk multiplier (SRM) deductions",
        47: "Total net unit change\n(Including all on-site & off-site)",
        51: "Total net % change\n(Including all on-site & off-site)",
        55: "Trading rules satisfied?",
    }
    _fill(sheet, {f"B{row}": label for row, label in labels.items()})
    _fill(sheet, {"B60": "Unit Type", "D60": "Target", "E60": "Baseline Units"})
    _fill(sheet, {"F60": "Units Required", "H60": "Unit Deficit"})
    sheet["F55"] = _YES if all_yes else "No - Check Trading Summaries ▲"
    sheet["B5"] = "Scroll down for final results ⚠"
    for n, ledger in enumerate(Ledger):
        for row in (8, 12, 16, 20, 24, 28, 32, 37, 41, 47, 51):
            sheet[f"F{row + n}"] = UNIT_LABELS[ledger]
        _fill(sheet, _headline_numbers(metric, ledger, n))


def _headline_numbers(metric: MadeMetric, ledger: Ledger, n: int) -> dict[str, Value]:
    changes = metric.changes(ledger).values()
    on, off = fsum(c.on_site for c in changes), fsum(c.off_site for c in changes)
    losses = -fsum(min(0.0, c.on_site) for c in changes)
    baseline = metric.baseline.get(ledger, float(-(-losses // 1)))
    off_baseline = metric.off_baseline.get(ledger, 0.0)
    post, off_post = baseline + on, off_baseline + off
    with_srm = off * metric.srm if off > 0 else None
    effective = off if with_srm is None else with_srm
    total = (post - baseline) + effective
    required = baseline * (1 + metric.target)
    percent: Value = total / baseline if baseline else (0.0 if total == 0 else "N/A")
    return {
        f"H{8 + n}": baseline,
        f"H{12 + n}": post,
        f"H{16 + n}": post - baseline,
        f"H{20 + n}": off_baseline,
        f"H{24 + n}": off_post,
        f"H{28 + n}": off_post - off_baseline,
        f"H{32 + n}": "N/A" if with_srm is None else with_srm,
        f"H{37 + n}": on + off,
        f"H{41 + n}": "0.00" if with_srm is None else off - with_srm,
        f"H{47 + n}": total,
        f"H{51 + n}": percent,
        f"B{61 + n}": UNIT_LABELS[ledger],
        f"D{61 + n}": metric.target,
        f"E{61 + n}": baseline,
        f"F{61 + n}": required,
        f"H{61 + n}": max(0.0, required - (post + effective)),
    }
