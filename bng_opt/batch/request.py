"""What is to be run: a report with its parameters, or with a row of a manifest for each run.

Everything is checked here, before any run: what is wrong is said at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bng_opt.batch.csv_rows import CsvRow, read_csv_rows
from bng_opt.batch.input_checks import InputChecks
from bng_opt.batch.library import Report, find_report
from bng_opt.batch.parameter_values import Problem, inspect_parameters, missing_parameters
from bng_opt.errors import Finding, InputError
from bng_opt.settings import Settings

NAME = "name"
"""The column of a manifest that says what a run is called."""
SITE_NAME = "site_name"
"""A report that takes it is told what its row is called."""


@dataclass(frozen=True)
class Run:
    """One run of a report.

    Attributes
    ----------
    title
        What it is called: its files bear it.
    parameters
        As the report takes them, paths absolute.
    """

    title: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class ReportRequest:
    """What is to be run.

    Attributes
    ----------
    report
        Which report.
    runs
        In the order of the manifest.
    left_out
        What is wrong with the rows that aren't run.
    """

    report: Report
    runs: tuple[Run, ...]
    left_out: tuple[Finding, ...] = ()


def read_request(
    name: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    manifest: Path | None = None,
    base: Path | None = None,
    title: str = "",
    skip_bad: bool = False,
    settings: Settings | None = None,
) -> ReportRequest:
    """Read what is to be run, and everything that it names, to see that it can be.

    Parameters
    ----------
    name
        Of a report, or the path of a notebook.
    parameters
        Values by name, or their text: of the run, or of every run of the manifest.
    manifest
        A UTF-8 CSV file with a row for each run: its ``name``, and parameters as columns. Paths
        are from its folder; a blank cell leaves a parameter as it is.
    base
        The folder that relative paths of ``parameters`` begin in; the working folder without.
    title
        What the run is called; the report's name without. Rows of a manifest have their own.
    skip_bad
        Whether to go on without rows that can't be used.
    settings
        Where the store is.

    Returns
    -------
    ReportRequest
        For :func:`bng_opt.batch.run_batch`.

    Raises
    ------
    InputError
        With everything that is wrong: parameters, the manifest's columns, every row of it.
    """
    report, base = find_report(name), base or Path.cwd()
    checks = InputChecks(settings or Settings())
    if manifest is not None:
        return _Manifest(report, base / manifest, checks).read(parameters or {}, base, skip_bad)
    values, problems = _inspected(report, parameters or {}, base, checks)
    if problems:
        raise InputError(finding for _, finding in problems)
    return ReportRequest(report, (Run(title or report.name, values),))


def _inspected(
    report: Report, given: Mapping[str, Any], base: Path, checks: InputChecks
) -> tuple[Mapping[str, Any], tuple[Problem, ...]]:
    checked = inspect_parameters(report.parameters, given, base)
    problems = (*checked.problems, *missing_parameters(report.parameters, given))
    found = checks.problems(report, checked.values)
    if problems:
        # What lacks may be meant by one of the wrong ones: only what is there is judged.
        found = tuple(each for each in found if each[0] is not None)
    return checked.values, (*problems, *found)


@dataclass(frozen=True)
class _Manifest:
    """A manifest of runs being read."""

    report: Report
    path: Path
    checks: InputChecks

    def read(self, shared: Mapping[str, Any], base: Path, skip_bad: bool) -> ReportRequest:
        """Return its runs; ``shared`` are the parameters that every row has."""
        known = (NAME, *(each.name for each in self.report.parameters))
        read = read_csv_rows(self.path, known, ((NAME,),))
        # What is wrong in all rows alike is said once.
        of_all = inspect_parameters(self.report.parameters, shared, base)
        whole = [*(finding for _, finding in of_all.problems), *read.findings]
        if not read.rows and not read.findings:
            whole.append(self._finding("The manifest has no rows.", "Give one for each run."))
        runs: list[Run] = []
        bad: list[Finding] = []
        seen: dict[str, int] = {}
        for row in read.rows:
            name = row.cells[NAME]
            values, problems = self._row(row, of_all.values)
            named = _of_name(name, seen, row.number)
            findings = [*row.findings, *self._placed(row, (*named, *problems))]
            bad += findings
            if not findings:
                runs.append(Run(name, values))
        if whole or not runs or (bad and not skip_bad):
            raise InputError([*whole, *bad])
        return ReportRequest(self.report, tuple(runs), tuple(bad))

    def _row(
        self, row: CsvRow, shared: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], tuple[Problem, ...]]:
        own = {name: text for name, text in row.cells.items() if name != NAME and text}
        named = {SITE_NAME: row.cells[NAME]} if self.report.takes(SITE_NAME) else {}
        given = {**named, **shared, **own}
        return _inspected(self.report, given, self.path.parent, self.checks)

    def _placed(self, row: CsvRow, problems: tuple[Problem, ...]) -> list[Finding]:
        """Return findings at their row and column; a place in another file stays in words."""
        return [
            self._finding(
                str(replace(finding, remedy="")), finding.remedy, row=row.number, column=name
            )
            for name, finding in problems
        ]

    def _finding(
        self, message: str, remedy: str, row: int | None = None, column: str | None = None
    ) -> Finding:
        return Finding(message, remedy, file=str(self.path), row=row, column=column)


def _of_name(name: str, seen: dict[str, int], row: int) -> tuple[Problem, ...]:
    if not name:
        return ((NAME, Finding("The run has no name.", "Give it one of its own.")),)
    first = seen.setdefault(name.casefold(), row)
    if first == row:
        return ()
    message = f'The name "{name}" stands already in row {first}.'
    return ((NAME, Finding(message, "Give each run its own name.")),)
