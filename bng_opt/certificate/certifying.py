"""The workbook's own verdict: calculated by a real office program, and compared with ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bng_opt.certificate.office import recalculated
from bng_opt.errors import Finding
from bng_opt.metric.cells import key_of
from bng_opt.metric.headline import HEADLINE, read_headline
from bng_opt.metric.package import MAX_FILE_BYTES, Source, open_package, read_source
from bng_opt.metric.project.reading import ResultsCheck, check_results
from bng_opt.metric.readings import Readings
from bng_opt.metric.sheets import Workbook
from bng_opt.metric.start import START, read_start
from bng_opt.metric.verdicts import verdict_cell
from bng_opt.reference import Ledger

PASSES = 3
"""How often a workbook is calculated at most."""


@dataclass(frozen=True)
class LedgerVerdict:
    """What the recalculated headline says of one ledger [units]."""

    ledger: Ledger
    required: float
    deficit: float


@dataclass(frozen=True)
class Certificate:
    """A workbook's verdict on itself.

    Attributes
    ----------
    trading
        What the workbook answers to "Trading rules satisfied?".
    ledgers
        Units required and still missing, by ledger.
    check
        Each result of the recalculated workbook beside what our engine works out.
    """

    trading: str
    ledgers: tuple[LedgerVerdict, ...]
    check: ResultsCheck

    @property
    def trading_satisfied(self) -> bool:
        """Return whether the trading rules are satisfied."""
        return key_of(self.trading).startswith("yes")

    @property
    def deficits(self) -> Mapping[Ledger, float]:
        """Return what is missing, by ledger [units]; nothing where nothing is."""
        return {each.ledger: each.deficit for each in self.ledgers if each.deficit > 0}

    @property
    def accepted(self) -> bool:
        """Return whether the workbook is satisfied: trading and net gain."""
        return self.trading_satisfied and not self.deficits

    @property
    def agrees(self) -> bool:
        """Return whether every result is what our engine works out."""
        return not self.check.differences

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return every result that differs from ours, by its cell."""
        return self.check.differences

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return {
            "accepted": self.accepted,
            "trading_rules_satisfied": self.trading,
            "ledgers": [
                {"ledger": each.ledger.value, "required": each.required, "deficit": each.deficit}
                for each in self.ledgers
            ],
            **self.check.as_dict(),
        }


@dataclass(frozen=True)
class Calculated:
    """A workbook as LibreOffice saved it, for reading results from, and its verdict."""

    data: bytes
    certificate: Certificate


def certify(source: Source, name: str | None = None) -> Certificate:
    """Recalculate a workbook in LibreOffice and return its verdict.

    Parameters
    ----------
    source, name
        The workbook, as for :func:`bng_opt.read_metric`.

    Raises
    ------
    InputError
        If it can't be read as the statutory metric.
    OfficeError
        If LibreOffice isn't installed, or fails.
    """
    data, label = read_source(source, name, MAX_FILE_BYTES)
    open_package(data, label)
    return calculated([data], [label])[0].certificate


def calculated(workbooks: Sequence[bytes], names: Sequence[str]) -> list[Calculated]:
    """Return workbooks as LibreOffice calculates them, with their verdicts.

    Calculating a file that was edited, it may add up a column before the column's cells are
    known, and keep that sum. So a workbook whose results don't follow from its rows is
    calculated again from what was saved: a sum left behind is mended, a real difference stays.

    Parameters
    ----------
    workbooks, names
        Contents of .xlsx or .xlsm files, and what to call them in findings.

    Raises
    ------
    InputError
        If one can't be read as the statutory metric.
    OfficeError
        If LibreOffice isn't installed, or fails.
    """
    found: dict[int, Calculated] = {}
    waiting = dict(enumerate(workbooks))
    for _ in range(PASSES):
        for number, data in zip(waiting, recalculated(list(waiting.values())), strict=True):
            found[number] = Calculated(data, verdict_of(data, names[number]))
        waiting = {n: each.data for n, each in found.items() if not each.certificate.agrees}
    return [found[number] for number in range(len(workbooks))]


def verdict_of(data: bytes, name: str) -> Certificate:
    """Return the verdict that stands in a workbook that has been calculated.

    Raises
    ------
    InputError
        If it can't be read as the statutory metric.
    """
    sheets = Workbook(open_package(data, name)).read_all((START, HEADLINE))
    readings = Readings()
    target = read_start(sheets[START], readings).target
    headlines = read_headline(sheets[HEADLINE], target, readings)
    trading = sheets[HEADLINE].text(verdict_cell(sheets[HEADLINE], readings))
    ledgers = (
        LedgerVerdict(ledger, headline.required, headline.deficit)
        for ledger, headline in headlines.items()
    )
    return Certificate(trading, tuple(ledgers), check_results(data, name))
