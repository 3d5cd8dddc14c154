"""The catalogue: every habitat type that the statutory metric trades, found by name.

The tables are the statutory biodiversity metric's own (calculation tool 4.1, Crown
copyright, Open Government Licence v3.0); ``README.md`` beside this file names sheet and
cells for each. A name is matched regardless of case, blanks and punctuation, and with the
workbook's own misspellings; an unknown name is an error that offers the nearest three.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from bng_opt.errors import Finding, InputError
from bng_opt.reference.tables import read_table


class Ledger(StrEnum):
    """The three unit types; never added, traded or converted across (UG 3 table 2 rule 2)."""

    AREA = "area"
    HEDGEROW = "hedgerow"
    WATERCOURSE = "watercourse"


class Distinctiveness(StrEnum):
    """Distinctiveness bands, lowest first; compare them by :attr:`rank`."""

    VERY_LOW = "Very Low"
    LOW = "Low"
    MEDIUM = "Medium"
    HIGH = "High"
    VERY_HIGH = "Very High"

    @property
    def rank(self) -> int:
        """Return 0 (Very Low) to 4 (Very High)."""
        return list(Distinctiveness).index(self)


class TradingRule(StrEnum):
    """The metric's trading rules (UG 3 table 3; RULES 2)."""

    NONE = "NONE"
    SAME_HABITAT_OR_BESPOKE = "VH_LIKE_FOR_LIKE_OR_BESPOKE"
    SAME_HABITAT = "LIKE_FOR_LIKE"
    SAME_HABITAT_OR_HIGHER = "LIKE_FOR_LIKE_OR_HIGHER"
    SAME_BROAD_OR_HIGHER = "SAME_BROAD_OR_HIGHER"
    SAME_BAND_OR_HIGHER = "SAME_BAND_OR_HIGHER"
    HIGHER_BAND_ONLY = "HIGHER_BAND_ONLY"


RULE_WORDS: Mapping[TradingRule, str] = {
    TradingRule.NONE: "no compensation required",
    TradingRule.SAME_HABITAT_OR_BESPOKE: "same habitat (or bespoke compensation)",
    TradingRule.SAME_HABITAT: "same habitat",
    TradingRule.SAME_HABITAT_OR_HIGHER: "same habitat, or any of a higher band",
    TradingRule.SAME_BROAD_OR_HIGHER: "same broad habitat at Medium, or any High or Very High",
    TradingRule.SAME_BAND_OR_HIGHER: "same band or higher",
    TradingRule.HIGHER_BAND_ONLY: "any of a higher band",
}
"""The rules in the words that reports print."""

INTERTIDAL_BROAD_HABITATS = frozenset(
    {
        "Coastal lagoons",
        "Coastal saltmarsh",
        "Intertidal hard structures",
        "Intertidal sediment",
        "Rocky shore",
    }
)
"""Broad habitats whose spatial risk is judged by Marine Plan Area (UG 6 table 9)."""


@dataclass(frozen=True)
class Habitat:
    """One habitat type as the trading summaries list it.

    The workbook's ``Felled`` and ``Replacement for felled woodland`` share one trading
    row and so are one record here (RULES 2.1, row 62 of the area trading summary).

    Attributes
    ----------
    name
        The full label as in ``habitats.csv``, such as ``"Grassland - Lowland meadows"``.
    ledger, distinctiveness, rule
        Where and how it trades.
    broad_habitat
        The broad habitat of an area type; empty in the other ledgers.
    trading_group
        The group whose sum the Medium test uses (area only); the IGGI habitat is summed
        with Intertidal sediment (G113).
    credit_tier
        The statutory credit tier (``"A1"``); empty where nothing is ever owed.
    """

    name: str
    ledger: Ledger
    distinctiveness: Distinctiveness
    rule: TradingRule
    broad_habitat: str = ""
    trading_group: str = ""
    credit_tier: str = ""

    def __hash__(self) -> int:
        # A name stands in one ledger only; hashing it alone is what makes lookups quick.
        return hash(self.name)

    @property
    def trades(self) -> bool:
        """Return whether the habitat has units to trade (area Very Low scores 0)."""
        return self.rule is not TradingRule.NONE

    @property
    def is_intertidal(self) -> bool:
        """Return whether its spatial risk goes by Marine Plan Area."""
        return self.broad_habitat in INTERTIDAL_BROAD_HABITATS

    def __str__(self) -> str:
        return self.name


_ALIASES: Mapping[str, str] = {
    "Woodland and forest - Replacement for felled woodland": "Woodland and forest - Felled",
    "Replacement for felled woodland": "Woodland and forest - Felled",
    "Woodland and forest - Felled/Replacement for felled woodland": "Woodland and forest - Felled",
    "Watercourse footprint": "Watercourse footprint - Watercourse footprint",
    "Coastal lagoons": "Coastal lagoons - Coastal lagoons",
}
"""Other spellings the workbook itself uses for a habitat, beyond those of case and blanks."""


def normalise(text: str) -> str:
    """Return a name without case, blanks, accents and punctuation, for matching.

    Examples
    --------
    >>> normalise(" Ruderal/Ephemeral ") == normalise("ruderal / ephemeral")
    True
    """
    plain = unicodedata.normalize("NFKD", text).casefold().replace("&", "and")
    return re.sub(r"[^0-9a-z]+", "", plain)


def nearest(text: str, names: Iterable[str], count: int = 3) -> list[str]:
    """Return the ``count`` names closest to ``text`` in spelling, closest first."""
    from difflib import SequenceMatcher

    wanted = normalise(text)

    def likeness(name: str) -> float:
        candidate = normalise(name)
        ratio = SequenceMatcher(None, wanted, candidate).ratio()
        return ratio + (0.5 if wanted and wanted in candidate else 0.0)

    return sorted(names, key=lambda name: (-likeness(name), name))[:count]


class Catalogue:
    """All habitat types, by ledger and by name."""

    def __init__(self, habitats: Iterable[Habitat], aliases: Mapping[str, str]) -> None:
        self.habitats: tuple[Habitat, ...] = tuple(habitats)
        self._by_key: dict[tuple[Ledger, str], Habitat] = {}
        for habitat in self.habitats:
            for key in {normalise(habitat.name), normalise(_short_name(habitat))}:
                self._by_key.setdefault((habitat.ledger, key), habitat)
        self._drop_ambiguous_short_names()
        for alias, name in aliases.items():
            for ledger in Ledger:
                target = self._by_key.get((ledger, normalise(name)))
                if target is not None:
                    self._by_key[ledger, normalise(alias)] = target

    def _drop_ambiguous_short_names(self) -> None:
        """Keep a type name without its broad habitat only where a single type bears it."""
        for ledger in Ledger:
            short: dict[str, set[str]] = {}
            for habitat in self.of(ledger):
                short.setdefault(normalise(_short_name(habitat)), set()).add(habitat.name)
            for key, names in short.items():
                if len(names) > 1:
                    del self._by_key[ledger, key]

    def of(self, ledger: Ledger) -> tuple[Habitat, ...]:
        """Return the habitats of one ledger in the workbook's order."""
        return tuple(h for h in self.habitats if h.ledger is ledger)

    def find(self, name: str, ledger: Ledger | None = None) -> Habitat:
        """Return the habitat of this name.

        Parameters
        ----------
        name
            The full label (``"Grassland - Lowland meadows"``), or the type alone where no
            other type bears it (``"Lowland meadows"``).
        ledger
            Where to look; without it in all three (no name stands in two of them).

        Raises
        ------
        InputError
            If no habitat has this name; it offers the nearest three.

        Examples
        --------
        >>> catalogue().find("grassland -  lowland MEADOWS").distinctiveness
        <Distinctiveness.VERY_HIGH: 'Very High'>
        """
        ledgers = tuple(Ledger) if ledger is None else (ledger,)
        found = [self._by_key.get((each, normalise(name))) for each in ledgers]
        hits = [habitat for habitat in found if habitat is not None]
        if len(hits) == 1:
            return hits[0]
        known = [h.name for h in self.habitats if h.ledger in ledgers]
        names = ", ".join(f'"{each}"' for each in nearest(name, known))
        where = f" {ledger.value}" if ledger is not None else ""
        raise InputError(
            Finding(
                f'Unknown{where} habitat "{name}".',
                f"Nearest names: {names}. Spell it as in the statutory metric.",
            )
        )


def _short_name(habitat: Habitat) -> str:
    """Return the type without its broad habitat; hedgerow and watercourse have only a type."""
    prefix = f"{habitat.broad_habitat} - "
    return habitat.name.removeprefix(prefix) if habitat.broad_habitat else habitat.name


def _area_habitats() -> list[Habitat]:
    habitats: dict[str, Habitat] = {}
    for row in read_table("habitats"):
        habitat = Habitat(
            name=row["habitat"],
            ledger=Ledger.AREA,
            distinctiveness=Distinctiveness(row["distinctiveness"]),
            rule=TradingRule(row["trading_rule"]),
            broad_habitat=row["broad_habitat"],
            trading_group=row["trading_group"],
            credit_tier=row["credit_tier"],
        )
        habitats.setdefault(habitat.name, habitat)
    return list(habitats.values())


def _linear_habitats(table: str, ledger: Ledger) -> list[Habitat]:
    return [
        Habitat(
            name=row["habitat"],
            ledger=ledger,
            distinctiveness=Distinctiveness(row["distinctiveness"]),
            rule=TradingRule(row["trading_rule"]),
            credit_tier=row["credit_tier"],
        )
        for row in read_table(table)
    ]


@cache
def catalogue() -> Catalogue:
    """Return the statutory catalogue (read once)."""
    habitats = [
        *_area_habitats(),
        *_linear_habitats("hedgerows", Ledger.HEDGEROW),
        *_linear_habitats("watercourses", Ledger.WATERCOURSE),
    ]
    return Catalogue(habitats, _ALIASES)
