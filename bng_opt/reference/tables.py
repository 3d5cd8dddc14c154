"""The embedded statutory tables as rows of text."""

from __future__ import annotations

import csv
from importlib.resources import files


def read_table(name: str) -> list[dict[str, str]]:
    """Return the rows of ``reference/<name>.csv``, each a mapping of column to text."""
    text = files("bng_opt.reference").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
