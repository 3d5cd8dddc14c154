"""Who sells what a development needs: each line of the need, and what may lawfully serve it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from bng_opt.app.state.stock_book import LineStock, PriceRange, StockBook
from bng_opt.metric.requirement import LedgerRequirement, Requirement
from bng_opt.metric.trading import Account, account_of, counts_for_trading
from bng_opt.optimiser.offers import basis_of
from bng_opt.places import Basis, Site, assess
from bng_opt.places.kinds import Category
from bng_opt.quantities import UNIT_TOLERANCE, ZERO
from bng_opt.reference import Habitat, Ledger

NET_GAIN = "Net gain"
_ANY_OF_LEDGER = "any habitat of the ledger"


@dataclass(frozen=True)
class NeedSellers:
    """A line of the need, and who sells what may serve it.

    Attributes
    ----------
    name, rule
        The habitat, group or band that is short, or net gain; and what may serve it.
    needed
        Still to be bought [units].
    banks
        How many sell such a habitat at a price, before anybody asks how far they are.
    units, near
        For sale there, and of that in banks within or neighbouring the site [units]; None for
        the latter while the site isn't known.
    """

    ledger: Ledger
    name: str
    rule: str
    needed: float
    banks: int
    units: Decimal
    near: Decimal | None
    prices: PriceRange | None

    @property
    def words(self) -> str:
        """Return whether there are sellers, in words."""
        if not self.banks:
            return "No bank sells it"
        return "Enough for sale" if self.units >= Decimal(str(self.needed)) else "Too little"


def sellers_of(
    requirement: Requirement, book: StockBook, site: Site | None = None
) -> tuple[NeedSellers, ...]:
    """Return who sells what is needed: what nobody sells first, then by ledger.

    Banks are counted by what they sell, so one may serve several needs; whether it is enough
    for all together, the search says.
    """
    is_near = _nearness(book, site)
    found: list[NeedSellers] = []
    for ledger in Ledger:
        position = requirement.ledgers[ledger]
        for name, rule, needed, serves in _needs(position):
            lines = [
                each
                for each in book.lines
                if each.prices is not None
                and each.line.habitat.ledger is ledger
                and serves(each.line.habitat)
            ]
            found.append(_sellers(ledger, name, rule, needed, lines, is_near))
    return tuple(sorted(found, key=lambda each: each.banks > 0))


def serving_habitats(requirement: Requirement, book: StockBook) -> frozenset[Habitat]:
    """Return the habitats of the market that may serve any line of the need."""
    needs = [
        (ledger, serves)
        for ledger in Ledger
        for _, _, _, serves in _needs(requirement.ledgers[ledger])
    ]
    return frozenset(
        each.habitat
        for each in book.habitats
        if any(each.habitat.ledger is ledger and serves(each.habitat) for ledger, serves in needs)
    )


_Serves = Callable[[Habitat], bool]


def _needs(position: LedgerRequirement) -> Iterator[tuple[str, str, float, _Serves]]:
    for shortfall in position.settlement.shortfalls:
        account = shortfall.account
        yield account.key, account.rule_words, shortfall.units, _serving(account)
    if position.net_gain_extra > UNIT_TOLERANCE:
        yield NET_GAIN, _ANY_OF_LEDGER, position.net_gain_extra, lambda habitat: True


def _serving(wanted: Account) -> _Serves:
    def serves(habitat: Habitat) -> bool:
        account = account_of(habitat)
        if account is None or not counts_for_trading(habitat):
            return False
        return account.key == wanted.key or account.may_serve(wanted)

    return serves


def _sellers(
    ledger: Ledger,
    name: str,
    rule: str,
    needed: float,
    lines: list[LineStock],
    is_near: Callable[[LineStock], bool] | None,
) -> NeedSellers:
    near = None if is_near is None else _sum(each for each in lines if is_near(each))
    return NeedSellers(
        ledger,
        name,
        rule,
        needed,
        len({each.line.bank_id for each in lines}),
        _sum(iter(lines)),
        near,
        PriceRange.over(each.prices for each in lines),
    )


def _sum(lines: Iterator[LineStock]) -> Decimal:
    return sum((each.line.units for each in lines), ZERO)


def _nearness(book: StockBook, site: Site | None) -> Callable[[LineStock], bool] | None:
    """Return what tells whether a line's bank is within or neighbouring the site."""
    if site is None:
        return None
    known: dict[tuple[str, Basis], bool] = {}

    def is_near(each: LineStock) -> bool:
        line = each.line
        key = (line.bank_id, basis_of(line.habitat, line.baseline_habitat))
        if key not in known:
            place = book.market.bank(line.bank_id).place
            known[key] = assess(site, place, key[1]).category is not Category.OUTSIDE
        return known[key]

    return is_near
