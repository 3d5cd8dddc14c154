"""What an import changes: banks, stock lines and prices with before and after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from bng_opt.errors import Finding
from bng_opt.market.rows import Value, cell_text
from bng_opt.market.schema import (
    ALL_SCHEMAS,
    BANKS,
    PARCELS,
    PRICING,
    SCHEMAS,
    STOCK,
    TableSchema,
    schema_of,
)

if TYPE_CHECKING:
    import pandas as pd

_NAMES = {
    BANKS.name: "banks",
    STOCK.name: "stock lines",
    PRICING.name: "prices",
    PARCELS.name: "parcels",
}
_KEY_COLUMNS = {BANKS.name: 1, STOCK.name: 1, PRICING.name: 4, PARCELS.name: 1}
_MOST_SHOWN = 15
"""Changes of one table that a report lists; the frame and the JSON hold all."""


class ChangeKind(StrEnum):
    """What happens to a row."""

    ADDED = "added"
    WITHDRAWN = "withdrawn"
    CHANGED = "changed"


_SIGNS = {ChangeKind.ADDED: "+", ChangeKind.WITHDRAWN: "-", ChangeKind.CHANGED: "~"}


@dataclass(frozen=True)
class Change:
    """A row of a table that an import adds, withdraws or changes.

    Attributes
    ----------
    table
        ``banks``, ``stock``, ``pricing`` or ``parcels``.
    before, after
        The row in the table's columns; None where there is none.
    """

    table: str
    kind: ChangeKind
    before: tuple[Value, ...] | None
    after: tuple[Value, ...] | None

    @property
    def row(self) -> tuple[Value, ...]:
        """Return the row as it is after the change, of one that is withdrawn as it was."""
        row = self.before if self.after is None else self.after
        if row is None:
            raise ValueError("a change has a row before it or after it")
        return row

    @property
    def key(self) -> str:
        """Return the row's id, of a price what it is for."""
        return ", ".join(str(value) for value in self.row[: _KEY_COLUMNS[self.table]])

    def cells(self) -> Iterator[tuple[str, str, str]]:
        """Return column, text before and text after of each cell that differs."""
        names = schema_of(self.table).names
        blank = (None,) * len(names)
        pairs = zip(names, self.before or blank, self.after or blank, strict=True)
        for name, before, after in pairs:
            if before != after:
                yield name, cell_text(before), cell_text(after)

    def as_dict(self) -> dict[str, object]:
        """Return the change as plain values."""
        names = schema_of(self.table).names

        def named(row: tuple[Value, ...] | None) -> dict[str, str] | None:
            return row and dict(zip(names, map(cell_text, row), strict=True))  # type: ignore[return-value]

        return {"key": self.key, "before": named(self.before), "after": named(self.after)}

    def __str__(self) -> str:
        sign = f"{_SIGNS[self.kind]} {self.key}"
        if self.kind is ChangeKind.CHANGED:
            cells = "; ".join(
                f"{name} {before or '(blank)'} -> {after or '(blank)'}"
                for name, before, after in self.cells()
            )
            return f"{sign}: {cells}"
        shown = self.row[_KEY_COLUMNS[self.table] :]
        return f"{sign}: " + ", ".join(cell_text(value) for value in shown if value)


@dataclass(frozen=True)
class MarketChanges:
    """What an import changes, or would change.

    Attributes
    ----------
    source
        Where the market came from.
    changes
        By table, and by key within one.
    warnings
        What the reading and the comparison found worth knowing.
    price_list
        The number of the version of the price list that was made; None if prices stay.
    valid_from
        From when its prices hold.
    partial
        Whether banks that the source doesn't name stay.
    dry_run
        Whether nothing was changed.
    """

    source: str
    changes: tuple[Change, ...]
    warnings: tuple[Finding, ...]
    price_list: int | None
    valid_from: date
    partial: bool = False
    dry_run: bool = False

    @property
    def is_empty(self) -> bool:
        """Return whether the store is as the source has it already."""
        return not self.changes

    def of(self, table: str, kind: ChangeKind | None = None) -> tuple[Change, ...]:
        """Return the changes of a table, of one kind if it is given."""
        return tuple(
            change
            for change in self.changes
            if change.table == table and kind in (None, change.kind)
        )

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many rows of each table are added, withdrawn and changed."""
        return {
            schema.name: {kind.value: len(self.of(schema.name, kind)) for kind in ChangeKind}
            for schema in self._schemas()
        }

    def _schemas(self) -> Iterator[TableSchema]:
        """Yield the tables that every market has, and any other that changes."""
        touched = {change.table for change in self.changes}
        return (each for each in ALL_SCHEMAS if each in SCHEMAS or each.name in touched)

    def summary(self) -> str:
        """Return the changes as a short report."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"Import of {self.source}" + (": a dry run, nothing changed" * self.dry_run)
        if self.is_empty:
            yield "  no differences"
        for table, counts in self.counts().items():
            own = self.of(table)
            if not own:
                continue
            words = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
            yield f"  {_NAMES[table]}: {words}"
            yield from (f"    {change}" for change in own[:_MOST_SHOWN])
            if len(own) > _MOST_SHOWN:
                yield f"    and {len(own) - _MOST_SHOWN:,} more (all with --json)"
        if self.price_list is not None:
            yield f"  price list {self.price_list}, valid from {self.valid_from}"
        for warning in self.warnings[:_MOST_SHOWN]:
            yield f"  warning: {warning}"
        if len(self.warnings) > _MOST_SHOWN:
            yield f"  and {len(self.warnings) - _MOST_SHOWN:,} more warnings (all with --json)"

    def as_dict(self) -> dict[str, object]:
        """Return the changes as plain values."""
        tables = {
            schema.name: {
                kind.value: [change.as_dict() for change in self.of(schema.name, kind)]
                for kind in ChangeKind
            }
            for schema in self._schemas()
        }
        return {
            "source": self.source,
            "dry_run": self.dry_run,
            "partial": self.partial,
            "price_list": self.price_list,
            "valid_from": self.valid_from.isoformat(),
            "counts": self.counts(),
            "changes": tables,
            "warnings": [warning.as_dict() for warning in self.warnings],
        }

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each cell that differs.

        Returns
        -------
        DataFrame
            ``table``, ``change`` (added, withdrawn, changed), ``key``, ``column``, ``before``
            and ``after`` as text, blank where there is nothing.
        """
        import pandas as pd

        rows = [
            (change.table, change.kind.value, change.key, *cell)
            for change in self.changes
            for cell in change.cells()
        ]
        columns = ["table", "change", "key", "column", "before", "after"]
        return pd.DataFrame(rows, columns=columns, dtype="str")

    def __str__(self) -> str:
        return self.summary()
