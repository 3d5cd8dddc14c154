"""Which habitats are irreplaceable: always, never, or as the ecologist finds (G-1, column T)."""

from __future__ import annotations

from functools import cache

from bng_opt.reference.catalogue import Habitat, catalogue
from bng_opt.reference.tables import read_table


def irreplaceable_answers(habitat: Habitat) -> frozenset[str]:
    """Return what a baseline row may answer to "Irreplaceable habitat": "Yes", "No" or both.

    A hedgerow or watercourse row isn't asked; both are returned.

    Examples
    --------
    >>> sorted(irreplaceable_answers(catalogue().find("Limestone pavement")))
    ['Yes']
    """
    return _answers().get(habitat, frozenset({"Yes", "No"}))


@cache
def _answers() -> dict[Habitat, frozenset[str]]:
    # The two records of felled woodland are one habitat here, with one answer.
    return {
        catalogue().find(row["habitat"]): frozenset(row["irreplaceable_flag"].split("/"))
        for row in read_table("habitats")
    }
