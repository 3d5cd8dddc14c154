"""What became of one run of a report."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from bng_opt.batch.input_hash import file_sha256
from bng_opt.errors import ExitStatus, Finding


class Format(StrEnum):
    """What a report is handed over as."""

    NOTEBOOK = "ipynb"
    HTML = "html"
    PDF = "pdf"


class RunState(StrEnum):
    """How a run stands."""

    MADE = "made"
    KEPT = "kept"
    """Made before of the same inputs."""
    FAILED = "failed"
    WAITING = "waiting"
    """Not run so far."""

    @property
    def words(self) -> str:
        """Return the state as it is said of several."""
        said = {RunState.KEPT: "unchanged", RunState.WAITING: "not run yet"}
        return said.get(self, self.value)


@dataclass(frozen=True)
class OutputFile:
    """A file that a run left: its name within the folder, and the hash of its content."""

    name: str
    sha256: str

    @classmethod
    def of(cls, name: str, content: bytes) -> OutputFile:
        """Return the file of a content."""
        return cls(name, hashlib.sha256(content).hexdigest())

    def is_whole(self, folder: Path) -> bool:
        """Return whether it is there as it was written."""
        path = folder / self.name
        return path.is_file() and file_sha256(path) == self.sha256


@dataclass(frozen=True)
class ReportRun:
    """One run of a report.

    Attributes
    ----------
    title
        What it is called.
    report
        Which report.
    stem
        What its files are called, without their endings.
    digest
        The hash of all that it is made of.
    exit_status
        Of its outcome, or of its failure.
    result, proof
        In one line each.
    files
        By format.
    made_at
        When it was made, in UTC and ISO 8601.
    seconds
        How long that took [s].
    findings
        Why it failed, or which parts of it have no answer and why.
    """

    title: str
    report: str
    stem: str
    digest: str
    state: RunState = RunState.WAITING
    exit_status: ExitStatus = ExitStatus.DONE
    result: str = ""
    proof: str = ""
    files: Mapping[Format, OutputFile] = field(default_factory=dict)
    made_at: str = ""
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()

    def is_whole(self, folder: Path, formats: Iterable[Format]) -> bool:
        """Return whether it was made, with these files, and they are as they were written."""
        return self.state in (RunState.MADE, RunState.KEPT) and all(
            form in self.files and self.files[form].is_whole(folder) for form in formats
        )

    def paths(self, folder: Path) -> dict[Format, Path]:
        """Return its files by format."""
        return {form: folder / file.name for form, file in self.files.items()}

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "title": self.title,
            "report": self.report,
            "stem": self.stem,
            "digest": self.digest,
            "state": self.state.value,
            "exit_status": int(self.exit_status),
            "result": self.result,
            "proof": self.proof,
            "files": {
                form.value: {"name": file.name, "sha256": file.sha256}
                for form, file in self.files.items()
            },
            "made_at": self.made_at,
            "seconds": self.seconds,
            "findings": [finding.as_dict() for finding in self.findings],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> ReportRun:
        """Return the run that plain values stand for.

        Raises
        ------
        KeyError, TypeError, ValueError
            If they stand for none.
        """
        read = {
            "state": RunState(content["state"]),
            "exit_status": ExitStatus(content["exit_status"]),
            "files": {
                Format(form): OutputFile(file["name"], file["sha256"])
                for form, file in content["files"].items()
            },
            "findings": tuple(Finding(**each) for each in content["findings"]),
        }
        return cls(**{**content, **read})
