"""How each line of the need is met: the same grouping for report, figure and workbook."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from bng_opt.optimiser.plan import Plan, Use
from bng_opt.quantities import ZERO, to_decimal
from bng_opt.reference import Distinctiveness

NET_GAIN = "Net gain"
"""The target of what serves the headline deficit instead of a trading rule."""

PURCHASE = "purchase"
CREDITS = "statutory credits"

_BANDS = frozenset(band.value for band in Distinctiveness)

SHOWN = Decimal("0.0001")
"""Units are shown to four decimals [units]."""


@dataclass(frozen=True)
class Source:
    """Units that serve a need, and where they come from.

    Attributes
    ----------
    name
        The habitat bought, the account whose surplus is used, or the credit tier.
    stock_id, bank_id
        Of a purchase; empty otherwise.
    """

    kind: str
    name: str
    units: Decimal
    stock_id: str = ""
    bank_id: str = ""

    @property
    def words(self) -> str:
        """Return where the units come from, in words."""
        if self.kind == PURCHASE:
            return f"{self.bank_id or self.stock_id}: {self.name}"
        if self.kind == CREDITS:
            return f"{self.kind}, tier {self.name}"
        return f"{self.kind}: {self.name}"


@dataclass(frozen=True)
class Need:
    """One line of the need and everything that serves it.

    Attributes
    ----------
    target
        A habitat, group or band, or ``"Net gain"``.
    sources
        In units before the multiplier for trading; for net gain what counts after it.
    """

    ledger: str
    target: str
    rule: str
    sources: tuple[Source, ...]

    @property
    def units(self) -> Decimal:
        """Return the sum of what serves it [units]."""
        return sum((source.units for source in self.sources), ZERO)

    @property
    def title(self) -> str:
        """Return ledger and target: ``"Area: Grassland"``, ``"Hedgerow: Medium band"``."""
        band = " band" if self.target in _BANDS else ""
        return f"{self.ledger.capitalize()}: {self.target}{band}"


def needs_met(plan: Plan) -> tuple[Need, ...]:
    """Return how each line of the need is met, in the order of the plan.

    Units are rounded source by source to what is shown, so that a need is the sum of what
    is printed under it.
    """
    groups: dict[tuple[str, str, str], list[Source]] = {}
    for use in plan.uses:
        groups.setdefault((use.ledger, use.target, use.rule), []).append(_source(plan, use))
    return tuple(Need(*key, tuple(sources)) for key, sources in groups.items())


def _source(plan: Plan, use: Use) -> Source:
    units = to_decimal(use.units).quantize(SHOWN, ROUND_HALF_UP)
    bought = {line.stock_id: line for line in plan.purchases}.get(use.source)
    if use.source_kind != PURCHASE:
        return Source(use.source_kind, use.source, units)
    if bought is None:
        return Source(PURCHASE, use.source, units, use.source)
    return Source(PURCHASE, bought.habitat, units, bought.stock_id, bought.bank_id)
