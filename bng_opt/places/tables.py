"""The embedded tables, read once and only when first asked for."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from io import StringIO
from itertools import chain

from bng_opt.places.kinds import Axis

Row = Mapping[str, str]


@cache
def read_text(name: str) -> str:
    """Return the text of a file of ``bng_opt/places/data``."""
    return files("bng_opt.places").joinpath("data").joinpath(name).read_text(encoding="utf-8")


@cache
def read_rows(name: str) -> tuple[Row, ...]:
    """Return the rows of an embedded CSV, each a mapping of column to text."""
    return tuple(csv.DictReader(StringIO(read_text(name))))


@cache
def area_names(axis: Axis) -> tuple[str, ...]:
    """Return the canonical names of an axis, sorted: 309 LPAs or 159 NCAs.

    Examples
    --------
    >>> len(area_names(Axis.LPA)), len(area_names(Axis.NCA))
    (309, 159)
    """
    return tuple(sorted(row["name"] for row in read_rows(f"{axis.value}.csv")))


@cache
def area_row(axis: Axis, name: str) -> Row:
    """Return the row of one area by its canonical name."""
    return next(row for row in read_rows(f"{axis.value}.csv") if row["name"] == name)


@cache
def overlaps() -> Mapping[tuple[str, str], Row]:
    """Return the LPA and NCA pairs that overlap, with shares and a point inside each."""
    return {(row["lpa"], row["nca"]): row for row in read_rows("lpa_nca_overlap.csv")}


@cache
def touching_pairs() -> frozenset[tuple[str, str]]:
    """Return every LPA and NCA pair that overlaps or comes within the data's accuracy of it."""
    rows = chain(read_rows("lpa_nca_overlap.csv"), read_rows("lpa_nca_near.csv"))
    return frozenset((row["lpa"], row["nca"]) for row in rows)
