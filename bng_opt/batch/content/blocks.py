"""The blocks that reports are made of: headings, tables, figures and facts, as HTML and as text.

A block shows the same in a notebook, in a page made of it and in print: it carries its words
as text too, fetches nothing, and all that comes from other people's files is escaped.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cache
from html import escape
from importlib.resources import files
from io import StringIO
from typing import TYPE_CHECKING, Any

from bng_opt.optimiser.text_table import RULE, plain, text_table, wrapped
from bng_opt.optimiser.text_table import Column as TextColumn
from bng_opt.quantities import units_text

if TYPE_CHECKING:
    from bng_opt.optimiser.figures import TextFigure

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A piece of a report.

    Attributes
    ----------
    html
        Its HTML, without a root of its own.
    text
        The same in plain text.
    told
        What a notebook tells programs beside it, by type.
    """

    html: str
    text: str
    told: Mapping[str, Any] = field(default_factory=dict)

    def _ipython_display_(self) -> None:
        """Show the block in a notebook; an empty one leaves no trace."""
        if self.html:
            from IPython.display import display

            html = f'<div class="bng">{self.html}</div>'
            data = {"text/html": html, "text/plain": self.text, **self.told}
            display(data, raw=True)  # type: ignore[no-untyped-call]

    def __str__(self) -> str:
        return self.text


NOTHING = Block("", "")
"""A section that a report has no need of."""


class RowKind(StrEnum):
    """What a row of a table is."""

    LINE = "line"
    GROUP = "group"
    """A heading over the rows that follow; only its first cell and its last are shown."""
    SUM = "sum"
    TOTAL = "total"


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    number
        Whether its cells are figures, which stand to the right and don't wrap.
    width
        The share of the table's width [%]; None for as much as its cells need.
    """

    title: str
    number: bool = False
    width: int | None = None


@dataclass(frozen=True)
class Row:
    """A row of a table, its cells as they are printed."""

    cells: Sequence[str]
    kind: RowKind = RowKind.LINE


def inert(text: object) -> str:
    """Return text for HTML: without control characters, and without a meaning as markup.

    Examples
    --------
    >>> inert("Ash & <Dell>")
    'Ash &amp; &lt;Dell&gt;'
    """
    return escape(plain(text))


def named(name: str, identity: str) -> str:
    """Return a name and its id, for a cell that shows them one above the other."""
    return f"{name}\n({identity})"


def units_shown(units: Decimal | float) -> str:
    """Return units as tables print them.

    Examples
    --------
    >>> units_shown(Decimal("1878.72")), units_shown(Decimal("0.57"))
    ('1,878.72', '0.57')
    """
    return f"{Decimal(units_text(units)):,}"


def section(heading: str, *parts: Block, new_page: bool = False) -> Block:
    """Return blocks under a heading; nothing where none of them has anything.

    Parameters
    ----------
    new_page
        Whether it begins a page when it is printed.
    """
    body = joined(parts)
    if not body.html:
        return NOTHING
    mark = ' class="new-page"' if new_page else ""
    return joined((Block(f"<h2{mark}>{inert(heading)}</h2>", f"{plain(heading)}\n"), body))


def part(heading: str, *parts: Block) -> Block:
    """Return blocks under a heading of the second rank; nothing where they have nothing."""
    body = joined(parts)
    if not body.html:
        return NOTHING
    return joined((Block(f"<h3>{inert(heading)}</h3>", plain(heading)), body))


def joined(parts: Iterable[Block]) -> Block:
    """Return blocks as one."""
    some = [each for each in parts if each.html]
    return Block("\n".join(each.html for each in some), "\n".join(each.text for each in some))


def paragraph(text: str, kind: str = "") -> Block:
    """Return a paragraph; nothing for no text.

    Parameters
    ----------
    kind
        A class of the style sheet: ``note``, ``lead`` or ``alarm``.
    """
    if not text:
        return NOTHING
    mark = f' class="{kind}"' if kind else ""
    return Block(f"<p{mark}>{inert(text)}</p>", "\n".join(wrapped(text)))


def bullets(texts: Iterable[str], *, numbered: bool = False) -> Block:
    """Return a list; nothing for no texts."""
    items = list(texts)
    if not items:
        return NOTHING
    tag = "ol" if numbered else "ul"
    html = "".join(f"<li>{inert(item)}</li>" for item in items)
    signs = [f"{n}." if numbered else "*" for n in range(1, len(items) + 1)]
    lines = (wrapped(f"{s} {item}", hang=2) for s, item in zip(signs, items, strict=True))
    return Block(f"<{tag}>{html}</{tag}>", "\n".join(line for each in lines for line in each))


def facts(pairs: Iterable[tuple[str, str]]) -> Block:
    """Return names with what they are: a list of definitions."""
    known = [(name, text) for name, text in pairs if text]
    if not known:
        return NOTHING
    html = "".join(f"<div><dt>{inert(n)}</dt><dd>{inert(text)}</dd></div>" for n, text in known)
    lines = [line for n, text in known for line in wrapped(f"{n}: {text}", hang=2)]
    return Block(f'<dl class="facts">{html}</dl>', "\n".join(lines))


def command(text: str) -> Block:
    """Return a command line that can be copied."""
    return Block(f'<pre class="command">{inert(text)}</pre>', f"    {plain(text)}")


def table(caption: str, columns: Sequence[Column], rows: Sequence[Row]) -> Block:
    """Return a table with its sums; nothing without rows.

    Parameters
    ----------
    caption
        What it shows, and in which units.
    columns
        From left to right; the first cell of a row names it.
    rows
        Each with a cell for every column.
    """
    if not rows:
        return NOTHING
    heads = "".join(_head(column) for column in columns)
    body = "".join(_row(columns, row) for row in rows)
    html = (
        f"<table><caption>{inert(caption)}</caption>{_widths(columns)}"
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    )
    return Block(html, "\n".join([plain(caption), *_text_rows(columns, rows)]))


def figure(drawing: TextFigure, caption: str = "") -> Block:
    """Return a figure as vector graphics in the page itself, with its text alternative.

    Parameters
    ----------
    drawing
        Its title is left out: the report has a heading for it.
    caption
        What to know when looking at it.
    """
    import matplotlib as mpl

    # Paths need no fonts where the page is read; a fixed salt gives the same ids each time.
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "bng_opt"}):
        drawing.suptitle("")
        buffer = StringIO()
        drawing.savefig(buffer, format="svg", metadata={"Date": None})
    svg = _COMMENT.sub("", buffer.getvalue()).encode()
    source = f"data:image/svg+xml;base64,{b64encode(svg).decode()}"
    alternative = escape(drawing.text_alternative, quote=True)
    below = f"<figcaption>{inert(caption)}</figcaption>" if caption else ""
    html = f'<figure><img src="{source}" alt="{alternative}">{below}</figure>'
    return Block(html, drawing.text_alternative)


@cache
def style() -> str:
    """Return the style sheet that a report carries in its opening."""
    return files("bng_opt.batch.content").joinpath("report.css").read_text(encoding="utf-8")


def _head(column: Column) -> str:
    mark = ' class="number"' if column.number else ""
    return f'<th scope="col"{mark}>{inert(column.title)}</th>'


def _widths(columns: Sequence[Column]) -> str:
    if all(column.width is None for column in columns):
        return ""
    styles = ("" if c.width is None else f' style="width: {c.width}%"' for c in columns)
    return f"<colgroup>{''.join(f'<col{each}>' for each in styles)}</colgroup>"


def _row(columns: Sequence[Column], row: Row) -> str:
    first, *rest = row.cells
    mark = "" if row.kind is RowKind.LINE else f' class="{row.kind.value}"'
    if row.kind is RowKind.GROUP and not any(rest):
        return f'<tr{mark}><th scope="colgroup" colspan="{len(columns)}">{inert(first)}</th></tr>'
    cells = [f'<th scope="row">{_lines(first)}</th>']
    cells += [_cell(column, text) for column, text in zip(columns[1:], rest, strict=True)]
    return f"<tr{mark}>{''.join(cells)}</tr>"


def _cell(column: Column, text: str) -> str:
    if column.number:
        return f'<td class="number">{_lines(text)}</td>'
    # No line ends between a sign and its pounds.
    return f"<td>{_lines(text).replace('+£', '+&NoBreak;£')}</td>"


def _lines(text: str) -> str:
    return "<br>".join(map(inert, text.split("\n")))


def _text_rows(columns: Sequence[Column], rows: Sequence[Row]) -> Iterable[str]:
    heads = [
        TextColumn(plain(column.title), column.number, not column.number) for column in columns
    ]
    lines: list[Sequence[str]] = []
    for row in rows:
        if row.kind in (RowKind.SUM, RowKind.TOTAL):
            lines.append(RULE)
        lines.append(tuple(row.cells))
    return text_table(heads, lines)
