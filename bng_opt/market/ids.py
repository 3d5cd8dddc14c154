"""Ids in the tables: that each stands once, and that those named are there."""

from __future__ import annotations

from collections.abc import Iterator

from bng_opt.errors import Finding, InputError
from bng_opt.market.cells import Lookup, RawTable, Report, Row
from bng_opt.reference import nearest


class Once:
    """Tells whether a key stands for the first time, and reports where it stood before."""

    def __init__(self) -> None:
        self._rows: dict[object, int] = {}

    def check(self, row: Row, column: str, key: object, what: str) -> None:
        """Report the key if an earlier row has it."""
        earlier = self._rows.setdefault(key, row.row_number)
        if earlier != row.row_number:
            row.error(column, f"{what} stands in row {earlier} already.", "Keep one of the rows.")


class BankIds:
    """The ids of the banks, to check those that other tables name."""

    def __init__(self, banks: RawTable | None) -> None:
        self._find = Lookup(self._known)
        self._ids = ids_in(banks, "bank_id")

    def _known(self, bank_id: str) -> str:
        if self._ids is None or bank_id in self._ids:
            return bank_id
        names = ", ".join(f'"{name}"' for name in nearest(bank_id, self._ids - {""}))
        remedy = f"Nearest ids: {names}. Add the bank to banks, or mend the id."
        raise InputError(Finding(f'Unknown bank "{bank_id}".', remedy))

    def of(self, row: Row) -> str | None:
        """Return the bank id of a row; None if it is blank or unknown (then reported)."""
        return self._find.of(row, "bank_id", required=True)


def ids_in(table: RawTable | None, column: str) -> frozenset[str] | None:
    """Return the ids of a table, of rows with errors too; None without the table or column."""
    if table is None or column not in table.positions:
        return None
    # A quiet report: the table's own reading says what is wrong with it.
    return frozenset(row.text(column) for row in rows_of(table, Report()))


def rows_of(table: RawTable, report: Report) -> Iterator[Row]:
    """Return the rows of a table as readers of their cells."""
    return (Row(table, number, cells, report) for number, cells in table.rows)
