"""A revision of a quote as everything that shows it sees it: frozen, complete, no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from bng_opt.market.store.tables import QuoteState, ReservationState
from bng_opt.optimiser.plan import Plan
from bng_opt.quotes.lines import PricedQuote


@dataclass(frozen=True)
class Party:
    """A customer, or the seller.

    Attributes
    ----------
    address
        May have several lines.
    """

    name: str
    company: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""


@dataclass(frozen=True)
class HeldStock:
    """The stock that is set aside for a quote.

    Attributes
    ----------
    units
        By stock id [units].
    """

    state: ReservationState
    expires_at: datetime
    units: Mapping[str, Decimal]


@dataclass(frozen=True)
class CreditsComparison:
    """What statutory credits alone would cost for the same need (RULES 6).

    Attributes
    ----------
    total_gbp
        None where credits can't be bought: an uncompensated Very High loss [GBP].
    why_not
        The reason then.
    """

    total_gbp: Decimal | None
    why_not: str = ""


@dataclass(frozen=True)
class QuoteView:
    """One revision of a quote.

    Attributes
    ----------
    reference
        Of the quote, such as ``BNG-2026-00001``; ``label`` adds the revision.
    latest_revision
        The newest revision there is: this one is an old one if its number is smaller.
    valid_until
        The last day it can be accepted; None while it is a draft.
    needs_approval
        Whether its total asks for a named approver.
    plan
        The verified purchase, with mode, status, proof, checks, warnings and versions.
    site_lpas, site_ncas
        Where the development is.
    market_snapshot
        SHA-256 of the market it was solved on.
    market_at
        When that market was read.
    sources
        What it rests on, by kind, as text: the metric's file, the price list, the rules.
    bgs_references
        By bank id, the number of its land in the register of gain sites, where one is stated.
    """

    reference: str
    revision: int
    latest_revision: int
    state: QuoteState
    made_at: datetime
    made_by: str
    project: str
    customer: Party
    seller: Party
    introducer: str
    priced: PricedQuote
    plan: Plan
    site: str
    site_lpas: tuple[str, ...]
    site_ncas: tuple[str, ...]
    market_snapshot: str
    market_at: datetime
    sources: Mapping[str, str]
    needs_approval: bool
    sent_at: datetime | None = None
    valid_until: date | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None
    reason: str = ""
    reservation: HeldStock | None = None
    credits: CreditsComparison | None = None
    bgs_references: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Return reference and revision: ``BNG-2026-00001``, then ``BNG-2026-00001-R2``."""
        return self.reference if self.revision == 1 else f"{self.reference}-R{self.revision}"

    @property
    def scenario(self) -> str:
        """Return the SHA-256 of requirement, site, market and policy."""
        return self.plan.scenario

    @property
    def awaits_approval(self) -> bool:
        """Return whether an approver is needed and none is named yet."""
        return self.needs_approval and self.approved_by is None
