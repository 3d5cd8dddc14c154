"""The schema's figure: made from the tables themselves, so that it can't be out of date."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from bng_opt.market.store.schema_figure import schema_markdown, schema_mermaid, schema_svg
from bng_opt.market.store.tables import Table

TABLES = Table.metadata.tables
LINKS = [
    (table.name, column.name, key.column.table.name)
    for table in TABLES.values()
    for column in table.columns
    for key in column.foreign_keys
]


@pytest.fixture(scope="module")
def svg() -> ET.Element:
    return ET.fromstring(schema_svg())


def test_the_diagram_names_each_table_column_and_reference() -> None:
    diagram = schema_mermaid()
    assert diagram.startswith("erDiagram\n")
    blocks = dict(re.findall(r"^    (\w+) \{\n(.*?)^    \}", diagram, re.M | re.S))
    assert set(blocks) == set(TABLES)
    for name, table in TABLES.items():
        rows = [line.split() for line in blocks[name].splitlines()]
        assert [row[1] for row in rows] == [column.name for column in table.columns]
    drawn = re.findall(r'^    (\w+) (?:\|o|\|\|)--o[{|] (\w+) : "(\w+)"$', diagram, re.M)
    assert sorted((child, column, parent) for parent, child, column in drawn) == sorted(LINKS)


def test_keys_are_marked() -> None:
    lines = schema_mermaid().splitlines()
    assert "        string stock_id PK, FK" in lines
    assert "        string reference UK" in lines
    assert '    banks ||--o{ stock_lines : "bank_id"' in lines
    assert '    introducers |o--o{ introducers : "parent_id"' in lines


def test_the_document_holds_the_diagram() -> None:
    assert f"```mermaid\n{schema_mermaid()}```" in schema_markdown()


def test_the_figure_shows_each_table_column_and_reference(svg: ET.Element) -> None:
    texts = [element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert set(TABLES) <= set(texts)
    for table in TABLES.values():
        for column in table.columns:
            assert column.name + ("*" if column.nullable else "") in texts
    titles = [element.text or "" for element in svg.iter("{http://www.w3.org/2000/svg}title")]
    assert sorted(titles) == sorted(
        f"{child}.{column} refers to {parent}.{next(iter(TABLES[parent].primary_key)).name}"
        for child, column, parent in LINKS
    )


def test_no_table_covers_another_and_all_are_within_the_figure(svg: ET.Element) -> None:
    boxes = [
        [float(element.attrib[name]) for name in ("x", "y", "width", "height")]
        for element in svg.iter("{http://www.w3.org/2000/svg}rect")
        if element.get("class") == "box"
    ]
    assert len(boxes) == len(TABLES)
    width, height = float(svg.attrib["width"]), float(svg.attrib["height"])
    for n, (x, y, w, h) in enumerate(boxes):
        assert x >= 0
        assert x + w <= width
        assert y + h <= height
        for x2, y2, w2, h2 in boxes[:n]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_it_is_the_same_each_time() -> None:
    assert schema_svg() == schema_svg()
