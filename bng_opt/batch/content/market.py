"""The report of a market: stock and prices, what has changed, and what is scarce."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bng_opt.batch.content.asking import (
    Given,
    MarketRead,
    gather,
    given_to,
    is_given,
    read_market,
    several,
)
from bng_opt.batch.content.blocks import (
    NOTHING,
    Block,
    facts,
    figure,
    paragraph,
    section,
    units_shown,
)
from bng_opt.batch.content.frame import Frame
from bng_opt.batch.content.kept_markets import keep_market, kept_market, newest_before
from bng_opt.batch.content.market_changes import MarketChange, change_blocks, change_words
from bng_opt.batch.content.outcome import MADE, Outcome
from bng_opt.batch.content.scarcity import scarcity_blocks
from bng_opt.batch.content.stock_and_prices import (
    HabitatStock,
    area_table,
    by_habitat,
    size_table,
    stock_table,
    unpriced_table,
)
from bng_opt.errors import ExitStatus, Finding, InputError
from bng_opt.market import ContractSize, Market
from bng_opt.quantities import ZERO, counted
from bng_opt.quotes.documents.words import day
from bng_opt.reference import Ledger
from bng_opt.resources import data_dir

if TYPE_CHECKING:
    from bng_opt.figures import HabitatOnSale

NAME = "market"
_INPUTS = ("market", "previous", "keep", "areas")
_DEMONSTRATION_AREA = "Stratford-on-Avon"
_NO_EARLIER = (
    "No earlier market is known. Give previous with one, or keep with a folder in which each "
    "run leaves its market for the next."
)


@dataclass(frozen=True)
class Earlier:
    """A market of before.

    Attributes
    ----------
    name, words
        What it is called, briefly and with its date.
    """

    market: Market
    name: str
    words: str


@dataclass(frozen=True)
class MarketReport:
    """What is said of a market, with a method for each section of the report.

    Attributes
    ----------
    stocks
        What it has of each habitat.
    earlier
        What it is compared with; None where nothing is known.
    areas
        The planning authorities that are looked into.
    """

    read: MarketRead
    size: ContractSize
    stocks: tuple[HabitatStock, ...]
    earlier: Earlier | None
    areas: tuple[str, ...]
    frame: Frame

    def opening(self) -> Block:
        """Return the result, what was asked, and the data."""
        return self.frame.opening()

    def stock(self) -> Block:
        """Return stock and prices by habitat, with their figure."""
        from bng_opt.figures import plot_market

        if not self.stocks:
            return section("Stock and prices", paragraph("Nothing is for sale."))
        return section(
            "Stock and prices by habitat",
            stock_table(self.stocks, self.size),
            size_table(self.read.market, self.stocks),
            figure(plot_market([_on_sale(stock) for stock in self.stocks])),
        )

    def areas_of_sale(self) -> Block:
        """Return the stock by planning authority, and by character area."""
        market = self.read.market
        return section(
            "Stock by area",
            area_table(market, "Planning authority (LPA)", lambda bank: bank.place.lpa),
            area_table(market, "National Character Area (NCA)", lambda bank: bank.place.nca),
        )

    def changes(self) -> Block:
        """Return what has changed since the earlier market."""
        if self.earlier is None:
            return section("Changes", paragraph(_NO_EARLIER))
        change = MarketChange(self.earlier.market, self.read.market)
        return section(f"Changes since {self.earlier.name}", change_blocks(change, self.size))

    def scarcity(self) -> Block:
        """Return where habitats can't be bought within reach, and what is unpriced."""
        return section("What is scarce", scarcity_blocks(self.read.market, self.stocks, self.areas))

    def unpriced(self) -> Block:
        """Return what has no price, so that nobody can buy it."""
        blanks = len(self.read.market.blank_prices)
        note = f"Rows of the price list that are left blank: {blanks:,}." if blanks else ""
        lines = unpriced_table(self.read.market)
        return section(
            "Without a price",
            lines if lines.html else paragraph("Every stock line has a price."),
            paragraph(note),
        )

    def keep(self, folder: str) -> Block:
        """Keep the market for the next report, where a folder is given."""
        if not folder:
            return NOTHING
        kept = keep_market(Path(folder), self.frame.made_at.date(), self.read.market)
        return section("Kept for the next report", facts([("Folder", str(kept))]))

    def ending(self) -> Block:
        """Return what the report rests on, and how to run it again."""
        return self.frame.ending()


def answer(
    *,
    market: str = "",
    previous: str = "",
    keep: str = "",
    areas: object = "",
    contract_size: str = "medium",
) -> MarketReport:
    """Return what is said of a market.

    Parameters
    ----------
    market
        A folder, a workbook, or a store; ``"store"`` is that of the settings.
    previous
        An earlier market to compare with, of the same kinds.
    keep
        A folder in which each run leaves its market; without ``previous`` the newest of an
        earlier day there is what this one is compared with.
    areas
        Planning authorities to look into for what is out of reach.
    contract_size
        The contract size of the prices.

    Raises
    ------
    InputError
        With all that is wrong in what was given.
    """
    given = given_to(answer, locals())
    shown = not any(is_given(given, name) for name in _INPUTS)
    inputs = {**given, "contract_size": contract_size}
    if shown:
        inputs |= {"market": data_dir() / "demo" / "market", "areas": _DEMONSTRATION_AREA}
    now = datetime.now(UTC)
    found = gather(
        {
            "read": partial(read_market, inputs),
            "earlier": partial(_read_earlier, inputs, now.date()),
            "areas": partial(_read_areas, inputs),
            "size": partial(_read_size, contract_size),
        }
    )
    read, size, earlier = found["read"], found["size"], found["earlier"]
    stocks = by_habitat(read.market, size)
    outcome = _outcome(read.market, stocks, earlier)
    frame = _frame(read, found, outcome, given, shown, now)
    return MarketReport(read, size, stocks, earlier, found["areas"], frame)


def _frame(
    read: MarketRead, found: Given, outcome: Outcome, given: Given, shown: bool, now: datetime
) -> Frame:
    from bng_opt.runtime.run import versions

    earlier: Earlier | None = found["earlier"]
    asked = (
        ("Compared with", earlier.words if earlier else "nothing earlier"),
        ("Prices", f"of a unit from a local bank at contract size {found['size']}"),
        ("Looked into", "; ".join(found["areas"])),
    )
    before = (("Earlier snapshot", earlier.market.snapshot),) if earlier else ()
    return Frame(
        report=NAME,
        kind="Biodiversity units: market",
        title=f"Market of {day(read.read_at.date())}",
        asked=asked,
        data=(*read.facts, *before),
        outcome=outcome,
        parameters=given,
        versions=versions(),
        made_at=now,
        is_demonstration=shown,
        fingerprints=(("Market (SHA-256)", read.market.snapshot),),
    )


def _outcome(market: Market, stocks: Sequence[HabitatStock], earlier: Earlier | None) -> Outcome:
    sums = []
    for ledger in Ledger:
        units = sum((s.units for s in stocks if s.habitat.ledger is ledger), ZERO)
        sums += [f"{units_shown(units)} {ledger.value} units"] if units else []
    banks = {bank_id for stock in stocks for bank_id in stock.banks}
    lines = sum(len(stock.lines) for stock in stocks)
    since = ""
    if earlier is not None:
        change = change_words(MarketChange(earlier.market, market))
        since = f" Since {earlier.name}: {change[:1].lower()}{change[1:]}"
    text = f"{', '.join(sums)} for sale at {counted(len(banks))}." if sums else "Nothing for sale."
    unpriced = counted(len(market.unpriced), "line")
    proof = f"Counted from {lines:,} priced stock lines of the snapshot below; {unpriced} unpriced."
    return Outcome(ExitStatus.DONE, MADE, f"{text}{since}", proof)


def _read_earlier(given: Given, today: date) -> Earlier | None:
    if is_given(given, "previous"):
        read = read_market(given, "previous")
        return Earlier(read.market, read.source, read.words)
    if not is_given(given, "keep"):
        return None
    folder = Path(str(given["keep"]))
    before = newest_before(folder, today)
    if before is None:
        return None
    return Earlier(kept_market(folder, before), day(before), f"kept on {day(before)}")


def _read_areas(given: Given) -> tuple[str, ...]:
    from bng_opt.places.names import find_each, find_lpa

    problems: list[Finding] = []
    found = find_each(find_lpa, several(given.get("areas")) or (), problems)
    if problems:
        raise InputError(problems)
    return tuple(sorted(found))


def _read_size(name: str) -> ContractSize:
    try:
        return ContractSize(str(name).strip().lower())
    except ValueError:
        known = ", ".join(ContractSize)
        finding = Finding(
            f'"{name}" is no contract size.', f"Give contract_size as one of {known}."
        )
        raise InputError(finding) from None


def _on_sale(stock: HabitatStock) -> HabitatOnSale:
    from bng_opt.figures import HabitatOnSale

    prices = stock.prices
    return HabitatOnSale(
        stock.habitat.name,
        stock.habitat.ledger,
        stock.units,
        len(stock.banks),
        prices[0] if prices else None,
        stock.median_gbp,
        prices[-1] if prices else None,
    )
