"""Lookups by name in the statutory tables: forgiving of spelling, never of meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from bng_opt.errors import Finding, InputError
from bng_opt.reference.catalogue import nearest, normalise

Record = TypeVar("Record")


def find_named(what: str, name: str, records: Mapping[str, Record]) -> Record:
    """Return the record of this name, regardless of case, blanks and punctuation.

    Parameters
    ----------
    what
        What is looked for, for the message: ``"condition"``.
    name
        Its name.
    records
        The records by the names they bear.

    Raises
    ------
    InputError
        If none bears the name; it offers the nearest three.

    Examples
    --------
    >>> find_named("condition", "fairly  good", {"Fairly Good": 2.5, "Good": 3.0})
    2.5
    """
    wanted = normalise(name)
    for known, record in records.items():
        if normalise(known) == wanted:
            return record
    raise unknown(what, name, records)


def unknown(what: str, name: str, known: Iterable[str]) -> InputError:
    """Return the error that a name is unknown, with the nearest three."""
    names = ", ".join(f'"{each}"' for each in nearest(name, known))
    return InputError(Finding(f'Unknown {what} "{name}".', f"Nearest names: {names}."))
