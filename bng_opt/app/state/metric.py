"""The step Metric: what the development still owes, read from its workbook or typed in."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from bng_opt.app.state.step import Step
from bng_opt.errors import Finding, InputError
from bng_opt.metric import read_metric, read_requirement_table
from bng_opt.metric.requirement import Requirement
from bng_opt.metric.table import COLUMNS, NET_GAIN
from bng_opt.quantities import units_text
from bng_opt.reference import Ledger, catalogue
from bng_opt.resources import data_dir
from bng_opt.runtime.scenario_document import requirement_from_dict, requirement_to_dict

if TYPE_CHECKING:
    from bng_opt.app.state.session import Session

WORKBOOKS = (".xlsx", ".xlsm")
TABLES = (".csv",)
TYPED = "the need as typed"
_SUMMARY = 40
_HEADER_ROWS = 1
_FIELDS = {"ledger": "ledger", "habitat": "habitat", "units": "units missing"}


class NeedOrigin(StrEnum):
    """How the need came."""

    FILE = "file"
    TYPED = "typed"
    EXAMPLE = "example"
    RUN = "run"


@dataclass(frozen=True)
class NeedRow:
    """A typed line: so many units of a habitat are missing; ``Net gain`` for any of the ledger."""

    ledger: str = Ledger.AREA.value
    habitat: str = ""
    units: str = ""

    @property
    def is_blank(self) -> bool:
        """Return whether nothing was typed."""
        return not (self.habitat.strip() or self.units.strip())


class MetricStep(Step):
    """What the development owes.

    Attributes
    ----------
    requirement
        The need; None before one was read.
    origin
        How it came; None without one.
    rows
        The typed lines, kept whether they were used or not.
    workbook
        Name and content of the workbook that the need was read from; a reload forgets it.
    """

    key: ClassVar[str] = "metric"
    title: ClassVar[str] = "Metric"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.requirement: Requirement | None = None
        self.origin: NeedOrigin | None = None
        self.rows: tuple[NeedRow, ...] = (NeedRow(),)
        self.workbook: tuple[str, bytes] | None = None

    def blockers(self) -> tuple[str, ...]:
        """Return what is missing."""
        if self.requirement is None:
            return ("Give the metric workbook, or type what is needed.",)
        if self.requirement.need <= 0:
            return ("Nothing needs to be bought: the metric is satisfied as it is.",)
        return ()

    def summary(self) -> str:
        """Return how much is needed."""
        if self.requirement is None:
            return ""
        return f"{units_text(self.requirement.need)} units to buy"[:_SUMMARY]

    @property
    def source(self) -> str:
        """Return what the need was read from, in words."""
        if self.requirement is None or self.origin is None:
            return ""
        words = {
            NeedOrigin.FILE: self.requirement.source,
            NeedOrigin.TYPED: TYPED,
            NeedOrigin.EXAMPLE: "the example workbook",
            NeedOrigin.RUN: f"a run of {self.requirement.source}",
        }
        return words[self.origin]

    def read_file(self, name: str, content: bytes) -> None:
        """Take the need from a workbook, or from a table of missing units.

        Raises
        ------
        InputError
            With every finding by sheet and cell; the need is then the one before.
        """
        ending = name.lower()
        if ending.endswith(WORKBOOKS):
            requirement = read_metric(content, name)
        elif ending.endswith(TABLES):
            requirement = read_requirement_table(content, name)
        else:
            remedy = "Give the metric workbook (.xlsx or .xlsm), or a table of needs (.csv)."
            raise InputError(Finding("This is another kind of file.", remedy, file=name))
        self._set(requirement, NeedOrigin.FILE)
        self.workbook = (name, content) if ending.endswith(WORKBOOKS) else None

    def load_example(self) -> None:
        """Take the example's need."""
        self._set(read_metric(data_dir() / "demo" / "metric.xlsx"), NeedOrigin.EXAMPLE)

    def type_rows(self, rows: Sequence[NeedRow]) -> None:
        """Keep typed lines; nothing is checked before they are used."""
        self.rows = tuple(rows) or (NeedRow(),)
        self.tell()

    def use_rows(self) -> None:
        """Take the need from the typed lines.

        Raises
        ------
        InputError
            With every line that can't be; the need is then the one before.
        """
        filled = {n: row for n, row in enumerate(self.rows, start=1) if not row.is_blank}
        if not filled:
            raise InputError(Finding("No line is filled in.", "Type a habitat and its units."))
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        writer.writerows(
            [row.ledger, " ".join(row.habitat.split()), row.units.strip()]
            for row in filled.values()
        )
        try:
            requirement = read_requirement_table(text.getvalue().encode(), TYPED)
        except InputError as error:
            numbers = list(filled)
            raise InputError([_of_line(each, numbers) for each in error.findings]) from None
        self._set(requirement, NeedOrigin.TYPED)

    def take(self, requirement: Requirement) -> None:
        """Take the need of a stored run."""
        self._set(requirement, NeedOrigin.RUN)

    def get_state(self) -> dict[str, Any]:
        """Return what was entered as plain values."""
        need = None if self.requirement is None else requirement_to_dict(self.requirement)
        return {
            "requirement": need,
            "origin": None if self.origin is None else self.origin.value,
            "rows": [vars(row) for row in self.rows],
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Enter again what was entered."""
        need = state["requirement"]
        requirement = None if need is None else requirement_from_dict(need)
        rows = tuple(NeedRow(**row) for row in state["rows"])
        self.rows = rows or (NeedRow(),)
        self.requirement = requirement
        self.origin = None if state["origin"] is None else NeedOrigin(state["origin"])
        self.tell()

    def _set(self, requirement: Requirement, origin: NeedOrigin) -> None:
        self.workbook = None
        self.requirement, self.origin = requirement, origin
        self.tell()


def habitat_names(ledger: str) -> tuple[str, ...]:
    """Return what may be needed in a ledger, net gain first."""
    habitats = catalogue().of(Ledger(ledger))
    return (NET_GAIN, *(habitat.name for habitat in habitats if habitat.trades))


def _of_line(finding: Finding, numbers: Sequence[int]) -> Finding:
    """Return a finding on a table's row as one on the line that was typed."""

    def line(row: str | int) -> str:
        return f"line {numbers[int(row) - _HEADER_ROWS - 1]}"

    message = re.sub(r"\brow (\d+)", lambda found: line(found[1]), finding.message)
    message = re.sub(r"\brows\b", "lines", message)
    remedy = re.sub(r"\brow\b", "line", re.sub(r"\brows\b", "lines", finding.remedy))
    remedy = remedy.replace("two lines' units", "units of the two lines")
    if finding.row is not None:
        field = f", {_FIELDS[finding.column]}" if finding.column else ""
        message = f"{line(finding.row).capitalize()}{field}: {message}"
    return replace(finding, message=message, remedy=remedy, file=None, row=None, column=None)
