"""What the market offers this site: stock lines with their multiplier and price."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from bng_opt.errors import Finding
from bng_opt.market import (
    Bank,
    ContractSize,
    Market,
    Price,
    PriceBasis,
    StockLine,
    Tier,
    contract_size,
)
from bng_opt.metric.requirement import Requirement
from bng_opt.optimiser.policy import Policy, SizeBy
from bng_opt.places import Basis, Site, SpatialRisk, assess
from bng_opt.quantities import UNIT_TOLERANCE, ZERO, whole_steps
from bng_opt.reference import Habitat, Ledger


@dataclass(frozen=True)
class Offer:
    """A stock line as this site can buy it.

    Attributes
    ----------
    risk
        The spatial risk category and multiplier of the line at this site.
    price_gbp
        Price per unit bought, before the multiplier, by contract size [GBP/unit]; a size
        without a price isn't sold.
    steps
        Whole market steps in stock.
    """

    line: StockLine
    bank: Bank
    risk: SpatialRisk
    price_gbp: Mapping[ContractSize, Decimal]
    steps: int

    @property
    def ledger(self) -> Ledger:
        """Return the ledger of the habitat sold."""
        return self.line.habitat.ledger


@dataclass(frozen=True)
class LineLeftOut:
    """A stock line that can't be bought here, and why.

    Attributes
    ----------
    reason
        One sentence in the reader's words.
    """

    line: StockLine
    reason: str


@dataclass(frozen=True)
class OfferBook:
    """All that the market offers a site for a requirement.

    Attributes
    ----------
    offers
        Buyable lines in canonical order (bank id, stock id).
    left_out
        Lines that can't be bought, each with its reason.
    size
        The contract size that the whole quote has, None when each bank decides.
    """

    offers: tuple[Offer, ...]
    left_out: tuple[LineLeftOut, ...]
    size: ContractSize | None

    @property
    def unpriced(self) -> tuple[LineLeftOut, ...]:
        """Return the lines left out because no price is known."""
        return tuple(item for item in self.left_out if item.reason.startswith("no price"))


def basis_of(habitat: Habitat, baseline: Habitat | None = None) -> Basis:
    """Return the geography that decides a line's spatial risk.

    A change between terrestrial and intertidal is judged as intertidal on both sides
    (UG 6; RULES 2.4).
    """
    if habitat.ledger is Ledger.WATERCOURSE:
        return Basis.WATERCOURSE
    if habitat.is_intertidal or (baseline is not None and baseline.is_intertidal):
        return Basis.INTERTIDAL
    return Basis.LAND


def quote_size(requirement: Requirement, policy: Policy) -> ContractSize:
    """Return the contract size of the whole need at multiplier 1 (DESIGN 4.1)."""
    # Nine decimals drop what floats add: 2.5000000000000004 is a need of 2.5.
    return contract_size(round(requirement.need, 9), policy.contract_thresholds)


def needed_ledgers(requirement: Requirement, policy: Policy) -> frozenset[Ledger]:
    """Return the ledgers worth buying in.

    All ledgers stay open where units that nobody needs may still help: they can bring a
    bank's own total to a cheaper size or to its minimum, and a required bank may sell
    nothing else.
    """
    totals_matter = policy.size_by is SizeBy.BANK or policy.min_units_per_bank > 0
    if policy.must_use or (totals_matter and not requirement.is_met):
        return frozenset(Ledger)
    return frozenset(
        ledger for ledger, position in requirement.ledgers.items() if position.need > UNIT_TOLERANCE
    )


def unit_price(price: Price, multiplier: Decimal) -> Decimal:
    """Return what one unit bought costs, before the multiplier, by a row of the price list.

    Parameters
    ----------
    multiplier
        The spatial risk multiplier of the line at the site.

    Returns
    -------
    Exact, so perhaps in fractions of a penny [GBP/unit].
    """
    delivered = price.basis is PriceBasis.DELIVERED
    return price.price_gbp * multiplier if delivered else price.price_gbp


def make_offers(
    requirement: Requirement,
    market: Market,
    site: Site,
    policy: Policy,
    *,
    by_hand: Collection[str] = (),
) -> OfferBook:
    """Return what the market offers this site, and what it can't and why.

    Parameters
    ----------
    requirement, market, site, policy
        The scenario.
    by_hand
        Stock ids that a person chose: offered even where nothing is owed in their ledger,
        or the policy excludes their bank.
    """
    size = quote_size(requirement, policy) if policy.size_by is SizeBy.QUOTE else None
    sizes = tuple(ContractSize) if size is None else (size,)
    ledgers = needed_ledgers(requirement, policy)
    risks: dict[tuple[str, Basis], SpatialRisk] = {}
    offers: list[Offer] = []
    left_out: list[LineLeftOut] = []
    banks = {bank.bank_id: bank for bank in market.banks}
    for line in market.stock:
        chosen = line.stock_id in by_hand
        if line.habitat.ledger not in ledgers and not chosen:
            left_out.append(LineLeftOut(line, f"no need in the {line.habitat.ledger} ledger"))
            continue
        if line.bank_id in policy.must_not_use and not chosen:
            left_out.append(LineLeftOut(line, "bank excluded by the policy"))
            continue
        bank = banks[line.bank_id]
        basis = basis_of(line.habitat, line.baseline_habitat)
        key = (line.bank_id, basis)
        if key not in risks:
            risks[key] = assess(site, bank.place, basis)
        offer = _offer(line, bank, risks[key], sizes, market, policy)
        (offers if isinstance(offer, Offer) else left_out).append(offer)  # type: ignore[arg-type]
    offers.sort(key=lambda each: (each.bank.bank_id, each.line.stock_id))
    return OfferBook(tuple(offers), tuple(left_out), size)


def _offer(
    line: StockLine,
    bank: Bank,
    risk: SpatialRisk,
    sizes: tuple[ContractSize, ...],
    market: Market,
    policy: Policy,
) -> Offer | LineLeftOut:
    held = policy.quoted.share * (line.quoted_units or ZERO)
    steps = whole_steps(line.units - held, policy.market_step)
    if steps <= 0:
        return LineLeftOut(line, f"less than one step of {policy.market_step} units is free")
    prices = {}
    for size in sizes:
        price = market.price_for(line, Tier(risk.tier), size)
        if price is not None:
            prices[size] = unit_price(price, risk.multiplier)
    if not prices:
        wanted = f"{sizes[0]} contract" if len(sizes) == 1 else "any contract size"
        return LineLeftOut(line, f"no price for a {risk.tier} sale, {wanted}")
    return Offer(line, bank, risk, prices, steps)


def unpriced_warning(book: OfferBook) -> Finding | None:
    """Return a warning that lists the lines without a price, None where all have one."""
    lines = [item.line.stock_id for item in book.unpriced]
    if not lines:
        return None
    subject = "1 stock line has" if len(lines) == 1 else f"{len(lines)} stock lines have"
    shown = ", ".join(lines[:10]) + (f" and {len(lines) - 10} more" if len(lines) > 10 else "")
    return Finding(
        f"{subject} no price here, so not considered: {shown}.",
        "Add their prices to pricing.csv to have them compared.",
    )
