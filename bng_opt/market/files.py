"""Read a market from files or DataFrames, and write it to a folder."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from os import PathLike
from pathlib import Path

from bng_opt.cells import with_guard
from bng_opt.errors import InputError
from bng_opt.market.banks import read_banks
from bng_opt.market.cells import Report
from bng_opt.market.habitats import habitat_finder
from bng_opt.market.ids import BankIds, ids_in
from bng_opt.market.parcels import Parcel, read_parcels, with_parcels
from bng_opt.market.pricing import read_pricing
from bng_opt.market.records import BlankPrice, Price
from bng_opt.market.rows import Value, cell_text
from bng_opt.market.schema import TableSchema, schema_of
from bng_opt.market.snapshot import Market
from bng_opt.market.sources import Source, read_tables, store_of
from bng_opt.market.stock import read_stock
from bng_opt.whole_files import prepare_folder, write_whole


def load_market(source: Source, *, aliases: Mapping[str, str] | None = None) -> Market:
    """Read a market and check it as a whole.

    Parameters
    ----------
    source
        A folder with ``banks.csv``, ``stock.csv`` and ``pricing.csv`` (UTF-8), an ``.xlsx``
        workbook with sheets of those names, or a mapping of those names to DataFrames.
        :mod:`bng_opt.market.schema` lists the columns. A fourth table, ``parcels``, may state
        what lines are on the ground; their units then follow from it. Also a broker's
        back-end workbook (:mod:`bng_opt.market.backend`), and a store by its file or URL:
        what it has free now.
    aliases
        Statutory habitats by what else the source calls them.

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
    store = store_of(source)
    if store is not None:
        return _of_store(store)
    report = Report()
    find = habitat_finder(aliases or {})
    tables = read_tables(source, report, find)
    bank_ids = BankIds(tables.get("banks"))
    banks = read_banks(tables["banks"], report) if "banks" in tables else []
    stock = read_stock(tables["stock"], bank_ids, report, find) if "stock" in tables else []
    prices: list[Price] = []
    blanks: list[BlankPrice] = []
    if "pricing" in tables:
        prices, blanks = read_pricing(tables["pricing"], bank_ids, report, find)
    parcels: list[Parcel] = []
    if "parcels" in tables:
        stock_ids = ids_in(tables.get("stock"), "stock_id")
        parcels = read_parcels(tables["parcels"], stock, stock_ids, report, find)
    stock = with_parcels(stock, parcels, report)
    if report.errors:
        raise InputError(report.errors)
    market = Market(
        tuple(banks), tuple(stock), tuple(prices), tuple(blanks), tuple(parcels),
        tuple(report.warnings),
    )  # fmt: skip
    # The fingerprint is part of every scenario: better made once while reading.
    _ = market.snapshot
    return market


def _of_store(where: str) -> Market:
    # Loaded when asked for: files need no database.
    from bng_opt.market.store import open_store
    from bng_opt.market.store.snapshots import read_market

    with open_store(where, make=False) as store:
        return read_market(store)


def save_market(market: Market, folder: str | PathLike[str]) -> Path:
    """Write a market as a folder of CSV files, which :func:`load_market` reads back.

    Parameters
    ----------
    market
        What to write.
    folder
        Made if it isn't there; files of the same names are replaced. Text that could be a
        formula gets an apostrophe before it, which reading takes off again.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        If the folder can't be made or a file can't be written.
    """
    path = prepare_folder(folder)
    # All is made before anything is written: no half-new set of files.
    contents = {f"{name}.csv": _csv(schema_of(name), rows) for name, rows in market.tables()}
    for name, content in contents.items():
        write_whole(path / name, content)
    return path


def _csv(schema: TableSchema, rows: Iterator[tuple[Value, ...]]) -> bytes:
    lines = [_csv_line(schema.names)]
    lines += [_csv_line(_guarded(row)) for row in rows]
    return "".join(lines).encode()


def _guarded(row: tuple[Value, ...]) -> list[str]:
    """Return cells in which no text can become a formula; numbers are no text."""
    return [with_guard(value) if isinstance(value, str) else cell_text(value) for value in row]


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
