"""What became of a scheduled run, as those need it who hand it over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bng_opt.batch.batch_run import BatchRun
from bng_opt.batch.report_run import ReportRun, RunState
from bng_opt.errors import BngOptError, ExitStatus, Finding

_ANSWERS = (ExitStatus.DONE, ExitStatus.NO_LAWFUL_PURCHASE, ExitStatus.NOT_PROVEN)
"""A report that says that nothing lawful can be bought is an answer, and is handed over."""


@dataclass(frozen=True)
class Handover:
    """Reports to hand over, or why there are none.

    Attributes
    ----------
    schedule, title
        Of which schedule, and what messages call it.
    owner
        The address that gets failures; empty for none.
    planned
        For when it was planned, by the schedule's own clocks, in words.
    stamp
        The same for names of folders: ``2026-11-30_0700``.
    runs, left_out
        As the batch has them.
    findings
        Why nothing could be run.
    exit_status
        The worst of all.
    """

    schedule: str
    title: str
    owner: str
    planned: str
    stamp: str
    runs: tuple[ReportRun, ...] = ()
    left_out: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()
    exit_status: ExitStatus = ExitStatus.DONE

    @property
    def headline(self) -> str:
        """Return what it is in one line: title, day and time."""
        return f"{self.title}: {self.planned.partition(' (')[0]}"

    @property
    def sound(self) -> tuple[ReportRun, ...]:
        """Return the runs that recipients may get."""
        return tuple(run for run in self.runs if _is_sound(run))

    @property
    def unsound(self) -> tuple[ReportRun, ...]:
        """Return the runs that the owner alone hears of."""
        return tuple(run for run in self.runs if not _is_sound(run))

    @property
    def is_whole(self) -> bool:
        """Return whether everything was made that was to be run."""
        return bool(self.runs) and not self.unsound and not self.findings

    def of_batch(self, batch: BatchRun) -> Handover:
        """Return it with what a batch gave."""
        return replace(self, runs=batch.runs, left_out=batch.left_out, exit_status=batch.status)

    def of_error(self, error: BngOptError) -> Handover:
        """Return it with the error that nothing was made for."""
        return replace(self, findings=error.findings, exit_status=error.exit_status)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "schedule": self.schedule,
            "title": self.title,
            "owner": self.owner,
            "planned": self.planned,
            "stamp": self.stamp,
            "runs": [run.as_dict() for run in self.runs],
            "left_out": [finding.as_dict() for finding in self.left_out],
            "findings": [finding.as_dict() for finding in self.findings],
            "exit_status": int(self.exit_status),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Handover:
        """Return what plain values stand for.

        Raises
        ------
        KeyError, TypeError, ValueError
            If they stand for none.
        """
        read = {
            "runs": tuple(ReportRun.from_dict(each) for each in content["runs"]),
            "left_out": tuple(Finding(**each) for each in content["left_out"]),
            "findings": tuple(Finding(**each) for each in content["findings"]),
            "exit_status": ExitStatus(content["exit_status"]),
        }
        return cls(**{**content, **read})


def _is_sound(run: ReportRun) -> bool:
    return run.state in (RunState.MADE, RunState.KEPT) and run.exit_status in _ANSWERS
