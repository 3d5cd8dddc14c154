"""The words that places are spoken of with: axes, categories, bases, confidence."""

from __future__ import annotations

from enum import StrEnum


class Axis(StrEnum):
    """Which of the two land geographies a name belongs to."""

    LPA = "lpa"
    NCA = "nca"

    @property
    def label(self) -> str:
        """Return the axis as it is written in sentences, ``"LPA"`` or ``"NCA"``."""
        return self.value.upper()


class Category(StrEnum):
    """How far a bank is from the site in the sense of the spatial risk multiplier."""

    WITHIN = "within"
    NEIGHBOURING = "neighbouring"
    OUTSIDE = "outside"

    @property
    def tier(self) -> str:
        """Return the price tier of the category: local, adjacent or far.

        Examples
        --------
        >>> Category.NEIGHBOURING.tier
        'adjacent'
        """
        return _TIERS[self]


_TIERS = {Category.WITHIN: "local", Category.NEIGHBOURING: "adjacent", Category.OUTSIDE: "far"}


class Basis(StrEnum):
    """What the category is judged on, which depends on the habitat (user guide 6, table 9)."""

    LAND = "land"
    """LPA or NCA: area habitats and hedgerows."""
    INTERTIDAL = "intertidal"
    """Marine plan area: intertidal area habitats."""
    WATERCOURSE = "watercourse"
    """Waterbody and operational catchment: watercourses."""


class Confidence(StrEnum):
    """How sure a place's LPA and NCA are."""

    GIVEN = "given"
    """Named by the user."""
    EXACT = "exact"
    """A point well inside its areas."""
    NEAR_BORDER = "near_border"
    """A point so near a border that the other side can't be ruled out."""
    SECTOR = "sector"
    """The majority of a postcode sector."""
    OUTCODE = "outcode"
    """The majority of a postcode district: a guess, and shown as one."""
    NEAREST = "nearest"
    """A point in no area; the nearest was taken."""

    @classmethod
    def least(cls, *levels: Confidence) -> Confidence:
        """Return the least sure of several levels.

        Examples
        --------
        >>> Confidence.least(Confidence.EXACT, Confidence.NEAREST).value
        'nearest'
        """
        return max(levels, key=list(cls).index)
