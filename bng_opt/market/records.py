"""Who sells what: banks, their stock lines and their prices, as frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from bng_opt.places.place import Place
from bng_opt.quantities import ZERO, to_decimal
from bng_opt.reference import Habitat

ANY = "*"
"""How a price row says that it holds for every habitat, tier or contract size."""


class ContractSize(StrEnum):
    """How large the purchase is, which sets the price per unit."""

    FRACTIONAL = "fractional"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Tier(StrEnum):
    """How far the bank is from the site, as price lists say it.

    The values are those of ``SpatialRisk.tier`` in :mod:`bng_opt.places`: local is within,
    adjacent neighbouring, far outside; ``Tier(risk.tier)`` converts.
    """

    LOCAL = "local"
    ADJACENT = "adjacent"
    FAR = "far"


class PriceBasis(StrEnum):
    """What a price is for."""

    UNIT = "unit"
    """Per unit bought, before the spatial risk multiplier."""
    DELIVERED = "delivered"
    """Per unit that counts after the spatial risk multiplier."""


@dataclass(frozen=True)
class ContractThresholds:
    """Where the contract sizes begin [units]; each holds from its figure on.

    Examples
    --------
    >>> contract_size(Decimal("2.5"), ContractThresholds())
    <ContractSize.MEDIUM: 'medium'>
    """

    small: Decimal = Decimal("0.1")
    medium: Decimal = Decimal("2.5")
    large: Decimal = Decimal("15")

    def __post_init__(self) -> None:
        if not ZERO < self.small < self.medium < self.large:
            raise ValueError("contract thresholds must be positive and rise")


DEFAULT_THRESHOLDS = ContractThresholds()


def contract_size(
    units: Decimal | float, thresholds: ContractThresholds = DEFAULT_THRESHOLDS
) -> ContractSize:
    """Return the contract size of a purchase.

    Parameters
    ----------
    units
        How much is bought or needed [units].
    thresholds
        Where the sizes begin: small at 0.1, medium at 2.5, large at 15 by default.

    Examples
    --------
    >>> contract_size(0.09).value, contract_size(0.1).value, contract_size(15).value
    ('fractional', 'small', 'large')
    """
    exact = to_decimal(units)
    if exact >= thresholds.large:
        return ContractSize.LARGE
    if exact >= thresholds.medium:
        return ContractSize.MEDIUM
    return ContractSize.SMALL if exact >= thresholds.small else ContractSize.FRACTIONAL


@dataclass(frozen=True)
class Bank:
    """A habitat bank.

    Attributes
    ----------
    place
        Its planning authority, character area and, where known, waters and point.
    fixed_fee_gbp
        What it charges once, however much is bought [GBP]; 0 if it states none.
    """

    bank_id: str
    name: str
    place: Place
    postcode: str = ""
    bgs_reference: str = ""
    fixed_fee_gbp: Decimal = ZERO


@dataclass(frozen=True)
class StockLine:
    """Units of one habitat that one bank has for sale.

    Attributes
    ----------
    units
        Net units free to sell, before the spatial risk multiplier [units].
    gross_units, baseline_units
        The whole line's units after and before the bank's works [units], if it states
        them: buying then adds gross and takes baseline away, in proportion.
    baseline_habitat
        What the bank loses; None where ``baseline_units`` is 0 or not stated.
    quoted_units
        Of ``units``, how many stand in open quotes [units].
    """

    stock_id: str
    bank_id: str
    habitat: Habitat
    units: Decimal
    gross_units: Decimal | None = None
    baseline_habitat: Habitat | None = None
    baseline_units: Decimal | None = None
    quoted_units: Decimal = ZERO

    @property
    def states_baseline(self) -> bool:
        """Return whether the bank states what its land was worth before (0 included)."""
        return self.gross_units is not None and self.baseline_units is not None

    @cached_property
    def gain_per_unit(self) -> Fraction:
        """Return units of ``habitat`` added per net unit bought: gross / (gross - baseline).

        Exactly 1 where no baseline is stated (DESIGN 2; workbook sheets D-1 to D-3).

        Examples
        --------
        >>> from bng_opt.reference import catalogue
        >>> meadow = catalogue().find("Grassland - Other neutral grassland")
        >>> cereal = catalogue().find("Cropland - Cereal crops")
        >>> ten, two = Decimal(10), Decimal(2)
        >>> line = StockLine("S1", "B1", meadow, Decimal(8), ten, cereal, two)
        >>> line.gain_per_unit, line.loss_per_unit
        (Fraction(5, 4), Fraction(1, 4))
        """
        if self.gross_units is None or self.baseline_units is None:
            return Fraction(1)
        gross, baseline = Fraction(self.gross_units), Fraction(self.baseline_units)
        return gross / (gross - baseline)

    @cached_property
    def loss_per_unit(self) -> Fraction:
        """Return units of ``baseline_habitat`` lost per net unit bought (0 if none stated)."""
        return self.gain_per_unit - 1


@dataclass(frozen=True)
class PriceRow:
    """What a row of the price list is about; None stands for any.

    Attributes
    ----------
    habitat, contract_size, tier
        What the row holds for; None is the ``*`` of the file.
    """

    bank_id: str
    habitat: Habitat | None
    contract_size: ContractSize | None
    tier: Tier | None

    @cached_property
    def key(self) -> tuple[str, str, str, str]:
        """Return bank, habitat, tier and contract size in words, ``*`` for any."""
        return (
            self.bank_id,
            ANY if self.habitat is None else self.habitat.name,
            ANY if self.tier is None else self.tier.value,
            ANY if self.contract_size is None else self.contract_size.value,
        )


@dataclass(frozen=True)
class Price(PriceRow):
    """A known price.

    Attributes
    ----------
    price_gbp
        Pounds per unit, above 0 [GBP].
    basis
        Per unit bought, or per unit after the spatial risk multiplier.
    """

    price_gbp: Decimal
    basis: PriceBasis = PriceBasis.UNIT


@dataclass(frozen=True)
class BlankPrice(PriceRow):
    """A row whose price the bank left blank: what it covers is not for sale.

    It beats less specific rows as a price would, so no wider price stands in for it.
    """
