"""A small market as tables of text, which tests break in one place."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from bng_opt.market.schema import SCHEMAS

Tables = dict[str, list[dict[str, str]]]

BANKS = """
B1|Mill Bank|Stratford-on-Avon|Arden|52.27|-1.8|CV37 6XX||||BGS-1|250
B2|Far Bank|Cornwall|Bodmin Moor||||||||
B3|Spare Bank|Leeds|Southern Pennines||||||||
"""
STOCK = """
S1|B1|Grassland - Other neutral grassland|8|10|Cropland - Cereal crops|2|1.5
S2|B1|Native hedgerow|2.5||||
S3|B2|Ditches|0.25||||
"""
PRICING = """
B1|*|*|*|27000|unit
B1|Native hedgerow|fractional|local|31000.50|unit
B2|Ditches|*|far|60000|delivered
"""
TEXTS = {"banks": BANKS, "stock": STOCK, "pricing": PRICING}


@pytest.fixture
def tables() -> Tables:
    """Return a sound market: three tables of rows, each a mapping of column to text."""
    return {
        schema.name: [
            dict(zip(schema.names, line.split("|"), strict=True))
            for line in TEXTS[schema.name].split("\n")[1:-1]
        ]
        for schema in SCHEMAS
    }


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Tables], Path]:
    """Return a function that writes tables as a folder of CSV files."""

    def write_folder(tables: Tables) -> Path:
        for name, rows in tables.items():
            with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        return tmp_path

    return write_folder
