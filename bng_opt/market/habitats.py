"""Habitats by the names that sellers use: an alias first, then the statutory catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from shlex import quote

from bng_opt.errors import InputError
from bng_opt.reference import Habitat, catalogue, normalise

FindHabitat = Callable[[str], Habitat]


def statutory_habitat(name: str) -> Habitat:
    """Return the habitat of a statutory name.

    Raises
    ------
    InputError
        If there is none; it offers the nearest three.
    """
    return catalogue().find(name)


def habitat_finder(aliases: Mapping[str, str]) -> FindHabitat:
    """Return what finds a habitat by an alias or by its statutory name.

    Parameters
    ----------
    aliases
        Statutory names by what else they are called; case, blanks and punctuation of an
        alias don't matter.

    Examples
    --------
    >>> find = habitat_finder({"Flower meadow": "Grassland - Lowland meadows"})
    >>> find("flower  MEADOW").name, find("Ditches").name
    ('Grassland - Lowland meadows', 'Ditches')
    """
    targets = {normalise(alias): name for alias, name in aliases.items()}

    def find(name: str) -> Habitat:
        try:
            return catalogue().find(targets.get(normalise(name), name))
        except InputError as error:
            hint = (
                f" Or say once what it stands for: bng-opt market alias add {quote(name)} HABITAT."
            )
            raise InputError(
                [replace(each, remedy=each.remedy + hint) for each in error.findings]
            ) from None

    return find
