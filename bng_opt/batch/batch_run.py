"""What became of a batch of reports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bng_opt.batch.content.outcome import worst
from bng_opt.batch.report_run import ReportRun, RunState
from bng_opt.errors import ExitStatus, Finding
from bng_opt.quantities import counted

INDEX_PAGE, INDEX_JSON = "index.html", "index.json"


@dataclass(frozen=True)
class BatchRun:
    """A batch of runs of one report.

    Attributes
    ----------
    report
        Its name.
    folder
        Where its files are.
    runs
        In the order in which they were asked for.
    left_out
        What is wrong with the rows that weren't run.
    """

    report: str
    folder: Path
    runs: tuple[ReportRun, ...]
    left_out: tuple[Finding, ...] = ()

    @property
    def status(self) -> ExitStatus:
        """Return the worst exit status of its runs; rows left out are bad input."""
        found = [run.exit_status for run in self.runs]
        return worst([*found, ExitStatus.BAD_INPUT] if self.left_out else found)

    @property
    def failed(self) -> tuple[ReportRun, ...]:
        """Return the runs that failed."""
        return self.of(RunState.FAILED)

    @property
    def summary(self) -> str:
        """Return how many there are, and how they stand."""
        parts = [f"{len(runs)} {state.words}" for state in RunState if (runs := self.of(state))]
        if self.left_out:
            parts.append(f"{counted(len(self.left_out), 'finding')} on rows that were left out")
        return f"{counted(len(self.runs), 'report')}: {', '.join(parts)}."

    @property
    def index(self) -> Path:
        """Return the page that lists them."""
        return self.folder / INDEX_PAGE

    def of(self, state: RunState) -> tuple[ReportRun, ...]:
        """Return the runs that stand so."""
        return tuple(run for run in self.runs if run.state is state)

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values, the folder left out."""
        return {
            "report": self.report,
            "exit_status": int(self.status),
            "runs": [run.as_dict() for run in self.runs],
            "left_out": [finding.as_dict() for finding in self.left_out],
        }
