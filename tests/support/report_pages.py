"""Blocks of reports read as a reader sees them: headings, tables, sums."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bs4 import BeautifulSoup

from bng_opt.batch.content.blocks import Block


@dataclass(frozen=True)
class ReadTable:
    """A table as it stands on the page: caption, heads, and rows by their kind."""

    caption: str
    heads: list[str]
    rows: list[tuple[str, list[str]]]

    def of(self, kind: str) -> list[list[str]]:
        """Return the cells of the rows of a kind: line, group, sum or total."""
        return [cells for each, cells in self.rows if each == kind]


def page_of(block: Block) -> BeautifulSoup:
    """Return a block as a parsed page."""
    return BeautifulSoup(block.html, "html.parser")


def headings(block: Block) -> list[str]:
    """Return the headings of a block in order."""
    return [tag.get_text() for tag in page_of(block).find_all(["h1", "h2", "h3"])]


def tables(block: Block) -> list[ReadTable]:
    """Return the tables of a block in order."""
    return [
        ReadTable(
            tag.caption.get_text(),
            [cell.get_text() for cell in tag.thead.find_all("th")],
            [
                (
                    " ".join(row.get("class", ["line"])),
                    [cell.get_text(" ") for cell in row.find_all(["th", "td"])],
                )
                for row in tag.tbody.find_all("tr")
            ],
        )
        for tag in page_of(block).find_all("table")
    ]


def money(text: str) -> Decimal:
    """Return printed pounds as a number."""
    return Decimal(text.replace("£", "").replace(",", ""))
