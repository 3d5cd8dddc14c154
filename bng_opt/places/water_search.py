"""Searching the embedded table of waterbodies by words."""

from __future__ import annotations

from bng_opt.places.names import normalise_name
from bng_opt.places.water_table import catchment_of, names_by_id


def search_waterbodies(text: str, limit: int) -> tuple[tuple[str, str, str], ...]:
    """Return id, name and operational catchment of waterbodies that hold every word of a text.

    Parameters
    ----------
    text
        Words of the name, of the catchment, or part of the id.
    limit
        At most so many; names that begin with the text come first.

    Examples
    --------
    >>> search_waterbodies("till source", 1)[0][2]
    'River Till'
    """
    words = normalise_name(text).split()
    if not words:
        return ()
    found = []
    for wb_id, name in names_by_id().items():
        catchment = catchment_of(wb_id) or ""
        whole = f"{normalise_name(name)} {normalise_name(catchment)} {wb_id.casefold()}"
        if all(word in whole for word in words):
            starts = normalise_name(name).startswith(words[0])
            found.append((not starts, name, wb_id, catchment))
    return tuple((wb_id, name, catchment) for _, name, wb_id, catchment in sorted(found)[:limit])
