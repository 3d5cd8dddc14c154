"""Units from outside the market, entered by hand: felled woodland and the like.

They have no stock to check, but the rules hold for them as for any purchase: they are
taken off what is owed, before the spatial risk multiplier in trading and after it in the
headline, and the optimiser buys the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bng_opt.errors import Finding, InputError
from bng_opt.metric.requirement import HabitatChange, LedgerRequirement, Requirement
from bng_opt.metric.trading import counts_for_trading
from bng_opt.optimiser.policy import Mode
from bng_opt.places import Category
from bng_opt.places.spatial_risk import multiplier
from bng_opt.quantities import ZERO, round_money, units_text
from bng_opt.quotes.checks import check_amount, check_text
from bng_opt.reference import Habitat, Ledger, catalogue

UNIT_STEP = Decimal("0.0001")
"""Units by hand are whole ten-thousandths, as the store keeps them [units]."""
MOST_UNITS = Decimal("1e6")


@dataclass(frozen=True)
class OutsideLine:
    """Units that no bank of the market sells.

    Attributes
    ----------
    description
        As printed, such as ``"Replacement for felled woodland, by the Forest Trust"``.
    units
        Net units bought, before the multiplier [units].
    price_gbp
        Price of one of them [GBP/unit].
    srm
        The spatial risk multiplier: 1, 0.75 or 0.5.
    supplier
        Who provides them; may be blank.

    Raises
    ------
    InputError
        With everything that can't be, at once.
    """

    description: str
    habitat: Habitat
    units: Decimal
    price_gbp: Decimal
    srm: Decimal
    supplier: str = ""

    def __post_init__(self) -> None:
        if findings := list(self._findings()):
            raise InputError(findings)

    @classmethod
    def of(
        cls,
        description: str,
        habitat: str,
        units: Decimal,
        price_gbp: Decimal,
        category: Category,
        supplier: str = "",
    ) -> OutsideLine:
        """Return a line whose habitat is named as in the metric, and its multiplier by category.

        Examples
        --------
        >>> line = OutsideLine.of(
        ...     "Felled woodland", "Replacement for felled woodland",
        ...     Decimal("0.5"), Decimal(30_000), Category.NEIGHBOURING,
        ... )
        >>> line.delivered_units, line.amount_gbp
        (Decimal('0.375'), Decimal('15000.00'))
        """
        found = catalogue().find(habitat)
        return cls(description, found, units, price_gbp, multiplier(category), supplier)

    def _findings(self) -> Iterator[Finding]:
        yield from check_text("description of units from outside the market", self.description)
        of = f"of {self.description!r}"
        yield from check_text(f"supplier {of}", self.supplier, may_be_blank=True)
        if not self.habitat.trades:
            yield Finding(
                f"{self.habitat.name} is of Very Low distinctiveness: it has no units.",
                "Name the habitat that is bought.",
            )
        yield from check_amount(
            f"number of units {of}", self.units, step=UNIT_STEP, least=UNIT_STEP, most=MOST_UNITS
        )
        yield from check_amount(f"price {of}", self.price_gbp)
        allowed = sorted({multiplier(category) for category in Category}, reverse=True)
        if self.srm not in allowed:
            known = ", ".join(map(str, allowed))
            yield Finding(f"The spatial risk multiplier {of} is {self.srm}.", f"One of {known}.")

    @property
    def ledger(self) -> Ledger:
        """Return the ledger of the habitat."""
        return self.habitat.ledger

    @property
    def delivered_units(self) -> Decimal:
        """Return what counts after the multiplier [units]."""
        return self.units * self.srm

    @property
    def amount_gbp(self) -> Decimal:
        """Return what they cost, rounded to the penny [GBP]."""
        return round_money(self.units * self.price_gbp)

    @property
    def key(self) -> tuple[str, str, str, Decimal, Decimal, Decimal]:
        """Return what lines are ordered by."""
        return (
            self.habitat.name, self.description, self.supplier,
            self.units, self.price_gbp, self.srm,
        )  # fmt: skip


def requirement_after(
    requirement: Requirement, lines: Sequence[OutsideLine], mode: Mode = Mode.STATUTORY
) -> Requirement:
    """Return what is still owed after units from outside the market.

    Parameters
    ----------
    mode
        In like-for-like mode trading too counts units after the multiplier: the units
        enter the changes so weighted, and the requirement is for that mode alone.

    Returns
    -------
    The requirement with the lines' units in its off-site changes and off its deficits (at
    least 0), and a warning for each line, so that a plan of it says what it rests on.
    """
    if not lines:
        return requirement
    ordered = sorted(lines, key=lambda line: line.key)
    return replace(
        requirement,
        ledgers={
            ledger: _position_after(
                position, [line for line in ordered if line.ledger is ledger], mode
            )
            for ledger, position in requirement.ledgers.items()
        },
        warnings=(*requirement.warnings, *map(_warning, ordered)),
    )


def _position_after(
    position: LedgerRequirement, lines: Sequence[OutsideLine], mode: Mode
) -> LedgerRequirement:
    if not lines:
        return position
    # Decimals are summed before they meet floats, so that the lines' order can't show.
    gained: dict[Habitat, Decimal] = {}
    for line in lines:
        if counts_for_trading(line.habitat):
            units = line.delivered_units if mode is Mode.LIKE_FOR_LIKE else line.units
            gained[line.habitat] = gained.get(line.habitat, ZERO) + units
    delivered = sum((line.delivered_units for line in lines), ZERO)
    known = {change.habitat for change in position.changes}
    added = [HabitatChange(habitat, 0.0) for habitat in gained if habitat not in known]
    return replace(
        position,
        deficit=max(0.0, position.deficit - float(delivered)),
        changes=tuple(
            replace(change, off_site=change.off_site + float(gained.get(change.habitat, ZERO)))
            for change in (*position.changes, *added)
        ),
    )


def _warning(line: OutsideLine) -> Finding:
    supplier = f" from {line.supplier}" if line.supplier else ""
    return Finding(
        f"Given {units_text(line.units)} units of {line.habitat.name}{supplier}, bought outside "
        f"the market ({line.description}; counting as {units_text(line.delivered_units)}): the "
        "purchase is the cheapest for what they leave.",
        "Make sure of them before you rely on it: no stock is held for them here.",
    )
