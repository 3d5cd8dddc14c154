"""The broker's back-end workbook as the three tables of a market.

Rows keep their sheet, number and column headings, so that every rule of a market's tables
holds here too and says where in the workbook it is broken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bng_opt.errors import Finding
from bng_opt.market.backend.banks import BankKeys, market_banks
from bng_opt.market.backend.comparisons import compare_catalogue, compare_levels, compare_risk
from bng_opt.market.backend.pricing import market_pricing
from bng_opt.market.backend.sheets import (
    CATALOGUE,
    LEVELS,
    MARKET_SHEETS,
    RISK,
    TRADING_RULES,
)
from bng_opt.market.backend.stock import market_stock
from bng_opt.market.cells import RawTable, Report
from bng_opt.market.habitats import FindHabitat
from bng_opt.market.headings import is_blank, table_of
from bng_opt.market.schema import TableSchema

Sheets = Mapping[str, Sequence[Sequence[object]]]


def backend_tables(
    file: str, sheets: Sheets, report: Report, find: FindHabitat
) -> dict[str, RawTable]:
    """Return the tables of a market by name; a sheet that is missing is left out.

    Parameters
    ----------
    file
        The workbook's name.
    sheets
        Rows of its sheets, by their names: those of the market in lower case.
    report
        Where findings go.
    find
        Finds a habitat by its name.
    """
    own = {
        name: _table(schema, file, sheets[name], report)
        for name, schema in MARKET_SHEETS.items()
        if name in sheets
    }
    _compare(file, sheets, report, find)
    banks = own.get("banks")
    keys = BankKeys(banks)
    tables = {} if banks is None else {"banks": market_banks(banks, report)}
    if "stock" in own:
        tables["stock"] = market_stock(own["stock"], keys, report)
    if "pricing" in own:
        tables["pricing"] = market_pricing(own["pricing"], keys, tables.get("stock"), report, find)
    return tables


def _table(
    schema: TableSchema, file: str, rows: Sequence[Sequence[object]], report: Report
) -> RawTable:
    return table_of(schema, file, schema.name, list(enumerate(rows, 1)), report)


def _compare(file: str, sheets: Sheets, report: Report, find: FindHabitat) -> None:
    """Say where the workbook's own tables of rules differ from the statutory ones."""
    # They decide nothing, so nothing that is wrong with them stops the reading.
    found = Report()
    if CATALOGUE.name in sheets:
        compare_catalogue(_table(CATALOGUE, file, sheets[CATALOGUE.name], found), found, find)
    if LEVELS.name in sheets:
        compare_levels(_table(LEVELS, file, sheets[LEVELS.name], found), found)
    if RISK.name in sheets:
        compare_risk(_table(RISK, file, sheets[RISK.name], found), found)
    report.warnings += [*found.errors, *found.warnings]
    rules = sum(not is_blank(cells) for cells in sheets.get(TRADING_RULES, ())[1:])
    if rules:
        message = f"{rules} trading rules of the workbook are not applied."
        remedy = "The statutory trading rules are; none can be set aside."
        report.warnings.append(Finding(message, remedy, file, TRADING_RULES))
