"""Aligned tables and wrapped lines in plain text, for reports that can be copied."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

WIDTH = 100
"""Columns of a report: fits a terminal, an e-mail and a portrait page."""

RULE: Sequence[str] = ()
"""A row that is drawn as a rule, to set off a total."""

_LEAST_WIDTH = 16
"""A flexible column is never narrower: habitat names would break inside words."""


@dataclass(frozen=True)
class Column:
    """A column of a table; a flexible one gives way and wraps where the width is short."""

    title: str
    right: bool = False
    flexible: bool = False


def plain(text: object) -> str:
    """Return text from a file without control characters, which could steer a terminal.

    Examples
    --------
    >>> plain("Ash" + chr(27) + "[2J Dell")
    'Ash [2J Dell'
    """
    return "".join(c if c.isprintable() else " " for c in str(text))


def wrapped(text: object, *, indent: int = 0, hang: int = 0) -> list[str]:
    """Return text as lines of at most 100 columns, later ones indented by ``hang`` more."""
    return textwrap.wrap(
        plain(text),
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_on_hyphens=False,
    )


def text_table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of an aligned table.

    Parameters
    ----------
    columns
        Titles and alignment.
    rows
        Cells as text, or :data:`RULE` for a rule.

    Examples
    --------
    >>> columns = (Column("Cost"), Column("", right=True))
    >>> print(*text_table(columns, [("Units", "£9.50"), RULE, ("Total", "£9.50")]), sep=chr(10))
      Cost
      -----  -----
      Units  £9.50
      -----  -----
      Total  £9.50
    """
    cells = [[plain(cell) for cell in row] for row in rows]
    widths = _widths(columns, [row for row in cells if row])
    rule = "  " + "  ".join("-" * width for width in widths)
    yield from _row([column.title for column in columns], columns, widths)
    yield rule
    for row in cells:
        yield from _row(row, columns, widths) if row else (rule,)


def _widths(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> list[int]:
    widths = [
        max([len(column.title), *(len(row[n]) for row in cells)])
        for n, column in enumerate(columns)
    ]
    flexible = [n for n, column in enumerate(columns) if column.flexible]
    too_much = sum(widths) + 2 * len(columns) - WIDTH
    for _ in range(too_much if flexible else 0):
        widest = max(flexible, key=widths.__getitem__)
        widths[widest] = max(_LEAST_WIDTH, widths[widest] - 1)
    return widths


def _row(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> Iterator[str]:
    broken = [
        textwrap.wrap(cell, width, break_on_hyphens=False) or [""]
        for cell, width in zip(cells, widths, strict=True)
    ]
    for n in range(max(map(len, broken))):
        parts = []
        for lines, column, width in zip(broken, columns, widths, strict=True):
            text = lines[n] if n < len(lines) else ""
            parts.append(text.rjust(width) if column.right else text.ljust(width))
        yield ("  " + "  ".join(parts)).rstrip()
