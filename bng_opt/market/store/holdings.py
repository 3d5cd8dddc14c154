"""What the store has of each line: whole stock, sold, reserved, quoted and free."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from bng_opt.market.habitats import habitat_finder
from bng_opt.market.records import BlankPrice, Price
from bng_opt.market.rows import cell_text, decimal_text, price_row
from bng_opt.market.schema import PRICING
from bng_opt.market.snapshot import Market
from bng_opt.market.store.aliases import aliases_of
from bng_opt.market.store.contents import kept_lines
from bng_opt.market.store.database import Store
from bng_opt.market.store.lists import PriceList, price_lists
from bng_opt.market.store.snapshots import claims_at, market_at
from bng_opt.quantities import ZERO
from bng_opt.reference import Habitat


@dataclass(frozen=True)
class Holding:
    """One line: its whole stock and where it went [units].

    Attributes
    ----------
    quoted
        Of what is free, what stands in quotes: by the bank's list, and in quotes sent.
    priced
        Whether it has a price at any tier and contract size.
    """

    stock_id: str
    bank_id: str
    habitat: str
    units: Decimal
    sold: Decimal
    reserved: Decimal
    quoted: Decimal
    free: Decimal
    priced: bool

    def as_dict(self) -> dict[str, object]:
        """Return the line as plain values, units as text."""
        return {
            name: decimal_text(value) if isinstance(value, Decimal) else value
            for name, value in vars(self).items()
        }


@dataclass(frozen=True)
class Holdings:
    """The store's market at one moment.

    Attributes
    ----------
    market
        All of it, as a solve sees it.
    lines, prices
        Those asked for.
    price_lists
        The newest first.
    """

    at: datetime
    market: Market
    lines: tuple[Holding, ...]
    prices: tuple[Price | BlankPrice, ...]
    price_lists: tuple[PriceList, ...]

    def as_dict(self) -> dict[str, object]:
        """Return the holdings as plain values."""
        return {
            "at": self.at.isoformat(),
            "snapshot": self.market.snapshot,
            "stock": [line.as_dict() for line in self.lines],
            "prices": [
                dict(zip(PRICING.names, map(cell_text, price_row(row)), strict=True))
                for row in self.prices
            ],
            "unpriced": [line.stock_id for line in self.lines if not line.priced],
            "price_lists": [each.as_dict() for each in self.price_lists],
        }


def read_holdings(
    store: Store,
    *,
    bank: str | None = None,
    habitat: str | None = None,
    at: datetime | None = None,
) -> Holdings:
    """Return what the store has of each active line, and at which prices.

    Parameters
    ----------
    store
        Where to look.
    bank
        The id of the only bank that is wanted.
    habitat
        The only habitat that is wanted, by its statutory name or an alias.
    at
        The moment; now by default.

    Raises
    ------
    InputError
        If the bank or the habitat is unknown, with the nearest names.
    """
    moment = at or store.clock()
    with store.read() as session:
        market = market_at(session, moment)
        if bank is not None:
            market.bank(bank)
        wanted = None if habitat is None else _found(session, habitat)
        lines = tuple(
            each
            for each in _holdings(session, market, moment)
            if (bank is None or each.bank_id == bank)
            and (wanted is None or each.habitat == wanted.name)
        )
        rows: list[Price | BlankPrice] = [*market.prices, *market.blank_prices]
        prices = tuple(
            row
            for row in sorted(rows, key=lambda row: row.key)
            if (bank is None or row.bank_id == bank)
            and (wanted is None or row.habitat in (None, wanted))
        )
        return Holdings(moment, market, lines, prices, price_lists(session))


def _found(session: Session, habitat: str) -> Habitat:
    return habitat_finder({each.alias: each.habitat for each in aliases_of(session)})(habitat)


def _holdings(session: Session, market: Market, at: datetime) -> list[Holding]:
    kept = kept_lines(session)
    reserved = claims_at(session, at).reserved
    unpriced = {line.stock_id for line in market.unpriced}
    return [
        Holding(
            line.stock_id,
            line.bank_id,
            line.habitat.name,
            kept[line.stock_id].units,
            kept[line.stock_id].sold,
            reserved.get(line.stock_id, ZERO),
            line.quoted_units,
            line.units,
            line.stock_id not in unpriced,
        )
        for line in market.stock
    ]
