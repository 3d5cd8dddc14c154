"""What can go wrong, said so that the reader can mend it.

Every error of the package carries one or more :class:`Finding`: what is wrong, where it
is, and what to do about it. Errors are raised with *all* findings of a check at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class ExitStatus(IntEnum):
    """Exit statuses of the ``bng-opt`` command."""

    DONE = 0
    BUG = 1
    BAD_INPUT = 2
    NO_LAWFUL_PURCHASE = 3
    NOT_PROVEN = 4


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or worth knowing.

    Parameters
    ----------
    message
        What is wrong, in one sentence.
    remedy
        What the reader can do about it.
    file, sheet, cell, row, column
        Where it is, as far as it is known: a file, a sheet and cell of a workbook
        (``"H61"``), or the 1-based row (the header is row 1) and column name of a table.
    """

    message: str
    remedy: str
    file: str | None = None
    sheet: str | None = None
    cell: str | None = None
    row: int | None = None
    column: str | None = None

    @property
    def where(self) -> str:
        """Return the place in words, such as ``"stock.csv, row 4, column units"``."""
        sheet = f"'{self.sheet}'" if self.sheet else None
        parts = [self.file, f"{sheet}!{self.cell}" if sheet and self.cell else sheet]
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.column is not None:
            parts.append(f"column {self.column}")
        return ", ".join(part for part in parts if part)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.message} {self.remedy}".strip()

    def as_dict(self) -> dict[str, object]:
        """Return the finding as plain values; empty places are left out, sheet and cell kept."""
        optional = {"file": self.file, "row": self.row, "column": self.column}
        return {
            "sheet": self.sheet,
            "cell": self.cell,
            "message": self.message,
            "remedy": self.remedy,
            **{name: value for name, value in optional.items() if value is not None},
        }


class BngOptError(Exception):
    """The root of the package's errors.

    Parameters
    ----------
    findings
        One or more findings, all that the failing check found.
    """

    exit_status: ExitStatus = ExitStatus.BUG

    def __init__(self, findings: Finding | Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = (
            (findings,) if isinstance(findings, Finding) else tuple(findings)
        )
        if not self.findings:
            raise ValueError("an error needs at least one finding")
        super().__init__(self.findings)

    def __str__(self) -> str:
        if len(self.findings) == 1:
            return str(self.findings[0])
        lines = [f"  {n}. {finding}" for n, finding in enumerate(self.findings, 1)]
        return "\n".join([f"{len(self.findings)} findings:", *lines])


class InputError(BngOptError):
    """The user's data: a file, a table or an option can't be used as it is."""

    exit_status = ExitStatus.BAD_INPUT


class PlaceError(InputError):
    """A place (authority, character area, postcode, point) is unknown or unclear."""


class InfeasibleError(BngOptError):
    """The problem: no lawful purchase exists on this market under these wishes."""

    exit_status = ExitStatus.NO_LAWFUL_PURCHASE


class SolverError(BngOptError):
    """The solver failed, or stopped before it had a plan."""

    exit_status = ExitStatus.NOT_PROVEN


class StockError(BngOptError):
    """Stock that a plan needs is no longer free."""

    exit_status = ExitStatus.BAD_INPUT


class StoreError(BngOptError):
    """The store can't be used as it is: out of reach, busy, full, damaged or not migrated."""

    exit_status = ExitStatus.BAD_INPUT


class SchedulerError(BngOptError):
    """The scheduler of jobs can't be reached, or refuses us."""

    exit_status = ExitStatus.BAD_INPUT


class LostError(BngOptError):
    """The workers of a job were lost again and again."""

    exit_status = ExitStatus.NOT_PROVEN


class AccessError(BngOptError):
    """Who acts may not do this, or isn't who they say."""

    exit_status = ExitStatus.BAD_INPUT


class OfficeError(BngOptError):
    """The office program isn't there, or couldn't calculate a workbook."""

    exit_status = ExitStatus.NOT_PROVEN


class VerificationError(BngOptError):
    """A plan of our own broke a rule when it was recomputed: a bug, and no plan leaves."""

    exit_status = ExitStatus.BUG
