"""The step Market: whose stock the search buys from, and what there is of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from bng_opt.app.state.moments import time_text
from bng_opt.app.state.plain_words import in_plain_words
from bng_opt.app.state.sellers import NeedSellers, sellers_of, serving_habitats
from bng_opt.app.state.step import Step
from bng_opt.app.state.stock_book import StockBook
from bng_opt.app.state.store_market import Mark, StoreMarket, read_mark, read_store_market
from bng_opt.app.state.uploaded_market import read_uploaded_market
from bng_opt.errors import Finding, InputError
from bng_opt.market import Market, load_market
from bng_opt.market.store.snapshots import keep_snapshot, load_snapshot
from bng_opt.quantities import counted
from bng_opt.reference import Habitat
from bng_opt.resources import data_dir

if TYPE_CHECKING:
    from bng_opt.app.state.session import Session

EMPTY_STORE = Finding(
    "The store has no banks yet.",
    "Whoever keeps it imports a market with: bng-opt market import FOLDER. Until then upload a "
    "market of your own, or use the example.",
)


class Origin(StrEnum):
    """Where a market came from."""

    STORE = "store"
    FILE = "file"
    EXAMPLE = "example"
    RUN = "run"


@dataclass(frozen=True)
class Held:
    """The market of the page, and how it came.

    Attributes
    ----------
    name
        The file's name; empty for the other origins.
    at
        When it was taken.
    """

    market: Market
    origin: Origin
    at: datetime
    name: str = ""


class MarketStep(Step):
    """The market that the search buys from.

    Attributes
    ----------
    held
        The market and where it came from; None before one was taken.
    newest
        How the store's market was when it was last read here; None before that.
    """

    key: ClassVar[str] = "market"
    title: ClassVar[str] = "Market"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.held: Held | None = None
        self.newest: StoreMarket | None = None
        self._book: StockBook | None = None

    @property
    def market(self) -> Market | None:
        """Return the market; None before one was taken."""
        return None if self.held is None else self.held.market

    @property
    def book(self) -> StockBook | None:
        """Return what the market has in stock; None without a market."""
        market = self.market
        if market is None:
            return None
        if self._book is None or self._book.market is not market:
            self._book = StockBook(market)
        return self._book

    @property
    def sellers(self) -> tuple[NeedSellers, ...]:
        """Return who sells what is needed; nothing while need or market are missing."""
        requirement, book = self.session.metric.requirement, self.book
        if requirement is None or book is None:
            return ()
        return sellers_of(requirement, book, self.session.site.site)

    @property
    def serving(self) -> frozenset[Habitat]:
        """Return the habitats of the market that may serve the need."""
        requirement, book = self.session.metric.requirement, self.book
        if requirement is None or book is None:
            return frozenset()
        return serving_habitats(requirement, book)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Return what the reading found worth knowing, and what has no price."""
        market = self.market
        return () if market is None else in_plain_words(market.warnings, market)

    def blockers(self) -> tuple[str, ...]:
        """Return what is missing before anything can be bought."""
        return ("Choose the market to buy from.",) if self.held is None else ()

    def summary(self) -> str:
        """Return how many banks there are, and whose market it is."""
        if self.held is None:
            return ""
        whose = {
            Origin.STORE: f"store of {time_text(self.held.at)}",
            Origin.FILE: "your file",
            Origin.EXAMPLE: "example",
            Origin.RUN: "of the run",
        }[self.held.origin]
        return f"{counted(len(self.held.market.banks))}, {whose}"

    def differs_from_store(self) -> bool:
        """Return whether the store has another market now than the one that is held.

        Of an uploaded market and the example it isn't asked. The store is read again only
        where something in it has changed.

        Raises
        ------
        StoreError
            If the store can't be read.
        """
        if self.held is None or self.held.origin in (Origin.FILE, Origin.EXAMPLE):
            return False
        if self.newest is None or self._mark() != self.newest.mark:
            self.newest = read_store_market(self.services.store)
        return self.newest.market.snapshot != self.held.market.snapshot

    def take_newest(self) -> None:
        """Take the store's market as it is now.

        Raises
        ------
        InputError
            If the store has no banks.
        StoreError
            If it can't be read or written.
        """
        newest = read_store_market(self.services.store)
        if not newest.market.banks:
            raise InputError(EMPTY_STORE)
        self.newest = newest
        self._hold(newest.market, Origin.STORE, newest.at)

    def take_example(self) -> None:
        """Take the demonstration market that comes with the package."""
        market = load_market(data_dir() / "demo" / "market")
        self._hold(market, Origin.EXAMPLE, self.services.store.clock())

    def read_file(self, name: str, content: bytes) -> None:
        """Take the market of a file; it is used by this page, and not imported.

        Raises
        ------
        InputError
            With every finding of the file; the market that was held is held still.
        """
        market = read_uploaded_market(name, content, self.services.store)
        if not market.banks:
            remedy = "Give a market with banks and stock."
            raise InputError(Finding("The file has no banks.", remedy, file=name))
        self._hold(market, Origin.FILE, self.services.store.clock(), name)

    def take(self, market: Market) -> None:
        """Enter the market of a stored run."""
        self._hold(market, Origin.RUN, self.services.store.clock())

    def get_state(self) -> dict[str, Any]:
        """Return where the market came from, and under which hash the store keeps it."""
        if self.held is None:
            return {}
        return {
            "snapshot": self.held.market.snapshot,
            "origin": self.held.origin.value,
            "at": self.held.at.isoformat(),
            "name": self.held.name,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Enter a market again from the store.

        Raises
        ------
        StoreError
            If the store doesn't keep it any more.
        """
        if not state:
            self.held = None
        else:
            with self.services.store.read() as session:
                market = load_snapshot(session, state["snapshot"])
            at = datetime.fromisoformat(state["at"])
            self.held = Held(market, Origin(state["origin"]), at, state["name"])
        self.tell()

    def _hold(self, market: Market, origin: Origin, at: datetime, name: str = "") -> None:
        # Kept at once, so that the page's draft needs no more of it than its hash.
        store = self.services.store
        store.run(lambda session: keep_snapshot(session, market, store.clock()))
        self.held = Held(market, origin, at, name)
        self.tell()

    def _mark(self) -> Mark:
        return read_mark(self.services.store)
