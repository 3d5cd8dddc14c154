"""Reports that were made, in a folder, as those find them who hand them over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bng_opt.batch.delivery.handover import Handover
from bng_opt.batch.report_run import Format, OutputFile, ReportRun, RunState
from bng_opt.errors import ExitStatus, Finding

BLANK = Handover(
    "monday",
    "Monday's <market>",
    "owner@example.org",
    "Monday 30 November 2026, 07:00 (Europe/London)",
    "2026-11-30_0700",
)


@dataclass
class Made:
    """A folder with the files of runs."""

    folder: Path

    def run(
        self,
        title: str,
        state: RunState = RunState.MADE,
        status: ExitStatus = ExitStatus.DONE,
        **contents: bytes,
    ) -> ReportRun:
        """Return a run that left files of these forms."""
        files = {}
        for form, content in (contents or {"pdf": b"%PDF", "html": b"<p>", "ipynb": b"{}"}).items():
            files[Format(form)] = file = OutputFile.of(f"{title}.{form}", content)
            (self.folder / file.name).write_bytes(content)
        failed = state is RunState.FAILED
        return ReportRun(
            title,
            "market",
            title,
            "digest",
            state,
            status,
            "" if failed else f"£1,000 for {title}.",
            "" if failed else "Nothing cheaper is lawful.",
            files,
            findings=(Finding("The <metric> is missing.", "Add it."),) if failed else (),
        )

    def handover(self, *runs: ReportRun, **changed: object) -> Handover:
        return replace(BLANK, runs=runs, **changed)

    @property
    def sound(self) -> ReportRun:
        return self.run("Ash")

    @property
    def failed(self) -> ReportRun:
        return self.run("Brook", RunState.FAILED, ExitStatus.BAD_INPUT, html=b"<p>why", ipynb=b"{}")


@pytest.fixture(name="made")
def _made(tmp_path: Path) -> Made:
    folder = tmp_path / "made"
    folder.mkdir()
    return Made(folder)
