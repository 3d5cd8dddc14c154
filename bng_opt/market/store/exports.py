"""Export the store's market: the folder, the workbook, or the broker's back-end workbook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from os import PathLike
from pathlib import Path

from bng_opt.errors import Finding, InputError
from bng_opt.market.backend import backend_sheets
from bng_opt.market.files import save_market
from bng_opt.market.schema import schema_of
from bng_opt.market.sheet_writer import SheetRows, workbook_of
from bng_opt.market.snapshot import Market
from bng_opt.market.store.database import Store
from bng_opt.market.store.snapshots import market_at, whole_market_at
from bng_opt.whole_files import prepare_folder, write_whole

_SUFFIX = ".xlsx"


class MarketForm(StrEnum):
    """What a market is exported as."""

    FOLDER = "folder"
    """``banks.csv``, ``stock.csv`` and ``pricing.csv``."""
    XLSX = "xlsx"
    """A workbook with sheets of those names."""
    BACKEND = "backend"
    """The broker's back-end workbook, its prices per delivered unit."""


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes
    ----------
    paths
        The files.
    available
        Whether units are those that were free then, instead of the whole stock.
    at
        The moment whose stock and prices they hold.
    market
        What they hold.
    warnings
        What the form can't say.
    """

    form: MarketForm
    paths: tuple[Path, ...]
    available: bool
    at: datetime
    market: Market
    warnings: tuple[Finding, ...] = ()

    def summary(self) -> str:
        """Return what was written as a short report."""
        units = "what is free" if self.available else "the whole stock as listed"
        market = self.market
        return "\n".join(
            [
                f"Wrote {', '.join(map(str, self.paths))}",
                f"  {len(market.banks):,} banks, {len(market.stock):,} stock lines ({units}), "
                f"{len(market.prices):,} prices of {self.at.date()}",
                *(f"  warning: {warning}" for warning in self.warnings),
            ]
        )

    def as_dict(self) -> dict[str, object]:
        """Return what was written as plain values."""
        market = self.market
        return {
            "form": self.form.value,
            "paths": [str(path) for path in self.paths],
            "available": self.available,
            "at": self.at.isoformat(),
            "snapshot": market.snapshot,
            "banks": len(market.banks),
            "stock": len(market.stock),
            "prices": len(market.prices) + len(market.blank_prices),
            "warnings": [warning.as_dict() for warning in self.warnings],
        }


def export_market(
    store: Store,
    target: str | PathLike[str],
    *,
    form: str = MarketForm.FOLDER,
    available: bool = False,
    at: datetime | None = None,
) -> Exported:
    """Write the store's market to files that can be imported again.

    Parameters
    ----------
    store
        What is exported: its active banks and lines.
    target
        The folder, or the workbook.
    form
        ``"folder"``, ``"xlsx"`` or ``"backend"``.
    available
        Whether units are those that are free, as a solve sees them. Without it they are the
        whole stock: to import the files again then changes nothing.
    at
        The moment whose prices are written; now by default.

    Returns
    -------
    Exported
        With a warning for what a back-end workbook can't say as exactly.

    Raises
    ------
    InputError
        If the form is unknown, or a file can't be written. Each is written whole or not at
        all.
    """
    path, wanted = Path(target), _form(form)
    _check_target(path, wanted)
    moment = at or store.clock()
    with store.read() as session:
        market = (market_at if available else whole_market_at)(session, moment)
    warnings: list[Finding] = []
    if wanted is MarketForm.FOLDER:
        folder = save_market(market, path)
        paths = tuple(folder / f"{name}.csv" for name, _ in market.tables())
    else:
        sheets = market_sheets(market)
        if wanted is MarketForm.BACKEND:
            sheets, warnings = backend_sheets(market)
        content = workbook_of(sheets)
        prepare_folder(path.parent)
        write_whole(path, content)
        paths = (path,)
    return Exported(wanted, paths, available, moment, market, tuple(warnings))


def market_sheets(market: Market) -> list[SheetRows]:
    """Return the tables of a market as sheets."""
    return [SheetRows(name, schema_of(name).names, list(rows)) for name, rows in market.tables()]


def form_for(target: str | PathLike[str]) -> MarketForm:
    """Return the form that a target's name asks for."""
    is_workbook = Path(target).suffix.lower() == _SUFFIX
    return MarketForm.XLSX if is_workbook else MarketForm.FOLDER


def _form(form: str) -> MarketForm:
    try:
        return MarketForm(form)
    except ValueError:
        known = ", ".join(MarketForm)
        raise InputError(Finding(f'"{form}" is no form of a market.', f"Use {known}.")) from None


def _check_target(path: Path, form: MarketForm) -> None:
    is_workbook = path.suffix.lower() == _SUFFIX
    if form is MarketForm.FOLDER and is_workbook:
        remedy = 'Give the name of a folder, or the form "xlsx".'
        raise InputError(Finding("A folder isn't called .xlsx.", remedy, file=str(path)))
    if form is not MarketForm.FOLDER and not is_workbook:
        remedy = "Give a name that ends in .xlsx."
        raise InputError(Finding(f"The form {form} is a workbook.", remedy, file=str(path)))
