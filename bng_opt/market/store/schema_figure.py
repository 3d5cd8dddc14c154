"""The store's tables in one figure, made from the tables as the package maps them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from sqlalchemy import Column, Table

from bng_opt.market.store.tables import Table as Mapped

_LETTER, _LINE, _PAD = 6.6, 16.0, 8.0
_GAP_X, _GAP_Y, _MARGIN, _TITLE = 84.0, 26.0, 24.0, 34.0
_BEND = 50.0
_COLOURS = ("#0b5cad", "#b3261e", "#1b7f3b", "#7a4fa3", "#a85d00", "#00707a", "#8c2f6b", "#5b5b5b")
"""One a table that others refer to, in their order: lines that cross stay apart."""

_STYLE = (
    "text{font:11px 'DejaVu Sans Mono',Consolas,monospace;fill:#1b1b1b}"
    ".name{font-weight:bold;fill:#fff}.head{fill:#2f4858}.box{fill:#fff;stroke:#2f4858}"
    ".kind{fill:#666}.key{font-weight:bold}.link{fill:none;stroke-width:1.4}"
    ".title{font-size:15px;font-weight:bold}"
)


def schema_mermaid() -> str:
    """Return the schema as a Mermaid diagram of entities, as Markdown viewers draw it."""
    lines = ["erDiagram"]
    for table in _tables():
        lines.append(f"    {table.name} {{")
        lines += [
            " ".join(filter(None, [f"        {_kind(column)}", column.name, _marks(column)]))
            for column in table.columns
        ]
        lines.append("    }")
    for child, column, parent in _links():
        optional = "|o" if column.nullable else "||"
        many = "o|" if column.unique else "o{"
        lines.append(f'    {parent.name} {optional}--{many} {child.name} : "{column.name}"')
    return "\n".join(lines) + "\n"


def schema_markdown() -> str:
    """Return the schema as a Markdown document with its diagram."""
    return f"# Tables of the store\n\n{_LEGEND}\n\n```mermaid\n{schema_mermaid()}```\n"


_LEGEND = (
    "PK: primary key. FK: refers to another table. UK: unique. "
    "Names that end in _pence are money in whole pence, in _e4 units in ten-thousandths, "
    "in _e2 hundredths of one per cent. A star: may be empty."
)


@dataclass(frozen=True)
class _Box:
    """A table where it is drawn: its upper left corner and its width [px]."""

    table: Table
    x: float
    y: float
    width: float

    @property
    def height(self) -> float:
        return _height(self.table)

    def row(self, name: str) -> float:
        """Return the middle of a column's row."""
        return self.y + _LINE * (1.5 + list(self.table.columns.keys()).index(name)) + _PAD / 2


def schema_svg() -> str:
    """Return the schema as one SVG figure: tables, their columns and keys, and what refers."""
    boxes = _placed()
    width = max(box.x + box.width for box in boxes.values()) + _MARGIN
    height = max(box.y + box.height for box in boxes.values()) + _MARGIN
    referred = [table.name for table in _tables() if any(p is table for _, _, p in _links())]
    colours = {name: _COLOURS[n % len(_COLOURS)] for n, name in enumerate(referred)}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" aria-label="Tables of the store">',
        f"<style>{_STYLE}</style>",
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#f7f7f5"/>',
        f'<text class="title" x="{_MARGIN}" y="{_MARGIN}">Tables of the store</text>',
        f'<text class="kind" x="{_MARGIN}" y="{_MARGIN + _LINE}">{escape(_LEGEND)}</text>',
        *(_drawn_link(boxes, link, colours) for link in _links()),
        *(_drawn_box(box, colours) for box in boxes.values()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _placed() -> dict[str, _Box]:
    """Return where each table goes: to the right of all that it refers to."""
    placed: dict[str, _Box] = {}
    x = _MARGIN
    for tables in _ranks():
        width = max(_width(table) for table in tables)
        y = _MARGIN + _TITLE
        for table in tables:
            placed[table.name] = _Box(table, x, y, width)
            y += _height(table) + _GAP_Y
        x += width + _GAP_X
    return placed


def _ranks() -> list[list[Table]]:
    """Return the tables by how far they are from one that refers to none; loners come last."""
    linked = {table.name for child, _, parent in _links() for table in (child, parent)}
    rank: dict[str, int] = {}
    for table in _tables():
        parents = [parent.name for child, _, parent in _links() if child is table is not parent]
        rank[table.name] = max((rank[name] + 1 for name in parents), default=0)
    columns: list[list[Table]] = [[] for _ in range(max(rank.values()) + 1)]
    for table in _tables():
        if table.name in linked:
            columns[rank[table.name]].append(table)
    tallest = max(_stacked(column) for column in columns)
    # By themselves, so that no line passes behind a table that it has nothing to do with.
    columns.append([])
    for table in (table for table in _tables() if table.name not in linked):
        if _stacked([*columns[-1], table]) > tallest:
            columns.append([])
        columns[-1].append(table)
    return columns


def _stacked(tables: Sequence[Table]) -> float:
    return sum(_height(table) + _GAP_Y for table in tables)


def _drawn_box(box: _Box, colours: dict[str, str]) -> str:
    table, right = box.table, box.x + box.width - _PAD
    head = colours.get(table.name, "#2f4858")
    parts = [
        f'<g><rect class="box" x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}"/>',
        f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{_LINE + 2}" fill="{head}"/>',
        f'<text class="name" x="{box.x + _PAD}" y="{box.y + 13}">{escape(table.name)}</text>',
    ]
    for column in table.columns:
        y = box.row(column.name) + 4
        key = ' class="key"' if column.primary_key else ""
        name = column.name + ("*" if column.nullable else "")
        kind = " ".join(filter(None, [_marks(column), _kind(column)]))
        parts.append(f'<text{key} x="{box.x + _PAD}" y="{y}">{escape(name)}</text>')
        parts.append(
            f'<text class="kind" text-anchor="end" x="{right}" y="{y}">{escape(kind)}</text>'
        )
    return "".join([*parts, "</g>"])


def _drawn_link(boxes: dict[str, _Box], link: _Link, colours: dict[str, str]) -> str:
    """Return the curve from a column to the table that it refers to."""
    child, column, parent = link
    start, end = boxes[child.name], boxes[parent.name]
    x1, y1 = start.x, start.row(column.name)
    (target,) = (key.column.name for key in column.foreign_keys)
    y2 = end.row(target)
    x2 = end.x if start is end else end.x + end.width
    # A table that refers to itself gets a small loop on its left.
    bend1, bend2 = (x1 - _PAD, x2 - _PAD) if start is end else (x1 - _BEND, x2 + _BEND)
    curve = f"M{x1} {y1}C{bend1:.1f} {y1} {bend2:.1f} {y2} {x2} {y2}"
    colour = colours[parent.name]
    return (
        f'<path class="link" stroke="{colour}" d="{curve}">'
        f"<title>{child.name}.{column.name} refers to {parent.name}.{target}</title></path>"
        f'<circle cx="{x2}" cy="{y2}" r="3" fill="{colour}"/>'
    )


_Link = tuple[Table, "Column[object]", Table]


def _links() -> list[_Link]:
    """Return what refers to what: table, column, and the table referred to."""
    return [
        (table, column, key.column.table)
        for table in _tables()
        for column in table.columns
        for key in column.foreign_keys
    ]


def _tables() -> list[Table]:
    """Return all tables, each after those that it refers to."""
    return list(Mapped.metadata.sorted_tables)


def _marks(column: Column[object]) -> str:
    marks = {"PK": column.primary_key, "FK": bool(column.foreign_keys), "UK": bool(column.unique)}
    return ", ".join(mark for mark, holds in marks.items() if holds)


def _kind(column: Column[object]) -> str:
    """Return a column's type in one word."""
    impl = getattr(column.type, "impl_instance", column.type)
    return str(impl.__visit_name__).lower()


def _width(table: Table) -> float:
    def letters(texts: Iterable[str]) -> int:
        return sum(len(text) for text in texts)

    rows = (letters((c.name, _marks(c), _kind(c))) + 5 for c in table.columns)
    return max(len(table.name) + 2, *rows) * _LETTER + 2 * _PAD


def _height(table: Table) -> float:
    return _LINE * (len(table.columns) + 1) + _PAD
