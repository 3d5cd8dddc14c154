"""Read a market from files or DataFrames, and write it to a folder."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from bng_opt.errors import InputError
from bng_opt.market.banks import read_banks
from bng_opt.market.cells import Report
from bng_opt.market.ids import BankIds
from bng_opt.market.pricing import read_pricing
from bng_opt.market.records import BlankPrice, Price
from bng_opt.market.rows import text_rows
from bng_opt.market.schema import SCHEMAS
from bng_opt.market.snapshot import Market
from bng_opt.market.sources import Source, read_tables
from bng_opt.market.stock import read_stock


def load_market(source: Source) -> Market:
    """Read a market and check it as a whole.

    Parameters
    ----------
    source
        A folder with ``banks.csv``, ``stock.csv`` and ``pricing.csv`` (UTF-8), an ``.xlsx``
        workbook with sheets of those names, or a mapping of those names to DataFrames.
        :mod:`bng_opt.market.schema` lists the columns.

    Returns
    -------
    Market
        What doesn't stop the reading stands in its ``warnings``: blank prices, lines
        without a price, columns that are ignored.

    Raises
    ------
    InputError
        With every finding of every table at once, each with file, row and column.

    Examples
    --------
    >>> market = load_market("data/demo/market")
    >>> len(market.banks)
    60
    """
    report = Report()
    tables = read_tables(source, report)
    bank_ids = BankIds(tables.get("banks"))
    banks = read_banks(tables["banks"], report) if "banks" in tables else []
    stock = read_stock(tables["stock"], bank_ids, report) if "stock" in tables else []
    prices: list[Price] = []
    blanks: list[BlankPrice] = []
    if "pricing" in tables:
        prices, blanks = read_pricing(tables["pricing"], bank_ids, report)
    if report.errors:
        raise InputError(report.errors)
    market = Market(
        tuple(banks), tuple(stock), tuple(prices), tuple(blanks), tuple(report.warnings)
    )
    # The fingerprint is part of every scenario: better made once while reading.
    _ = market.snapshot
    return market


def save_market(market: Market, folder: str | PathLike[str]) -> Path:
    """Write a market as a folder of three CSV files, which :func:`load_market` reads back.

    Parameters
    ----------
    market
        What to write.
    folder
        Made if it isn't there; files of the same names are replaced.

    Returns
    -------
    Path
        The folder.
    """
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    for (name, rows), schema in zip(market.tables(), SCHEMAS, strict=True):
        with (path / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            stream.write(_csv_line(schema.names))
            stream.writelines(_csv_line(row) for row in text_rows(rows))
    return path


class _Echo:
    """Gives back what is written, as csv.writer wants a file."""

    def write(self, text: str) -> str:
        return text


_WRITER = csv.writer(_Echo())


def _csv_line(row: Iterable[str]) -> str:
    """Return a row of CSV that ends in a line feed.

    The csv module quotes a carriage return only where it is part of its line end (Python
    3.11 to 3.12), so rows are made with the default one.
    """
    line: str = _WRITER.writerow(row)
    return line.removesuffix("\r\n") + "\n"
