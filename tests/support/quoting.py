"""A book of quotes on a small market, and a clock that tests move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bng_opt.market.store import Store
from bng_opt.market.store.customers import Customer
from bng_opt.market.store.imports import import_market
from bng_opt.market.store.tables import Role, StockRow
from bng_opt.market.store.users import add_user
from bng_opt.quotes import Need, QuoteBook, Terms, create_quote
from bng_opt.settings import Settings
from tests.support.scenarios import Scene, site

JO = Customer("Jo Client", "Dev Ltd", email="jo@dev.example")
PASSWORD = "a long sentence that only Ann knows"
APPROVER = "Ann Approver"


class Clock:
    """Tells the time it was set to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def open_book(
    store: Store, scene: Scene, *, by: str = "Bea Broker", **settings: object
) -> QuoteBook:
    """Return a book on a store that sells what the scene's banks sell."""
    import_market(store, scene.market(), by="installer")
    return QuoteBook(store, Settings(database=store.name, **settings), by)


def need_of_scene(scene: Scene, terms: Terms | None = None) -> Need:
    """Return what the scene's development asks for."""
    return Need(scene.requirement(), site(), scene.policy(), terms or Terms())


def quote(book: QuoteBook, scene: Scene, terms: Terms | None = None, **options: object) -> str:
    """Make a quote for the scene's development."""
    return create_quote(book, need_of_scene(scene, terms), JO, **options)  # type: ignore[arg-type]


def make_approver(store: Store) -> str:
    """Add an admin who can approve."""
    add_user(store, APPROVER, Role.ADMIN, PASSWORD, by="installer")
    return APPROVER


def stock_of(store: Store) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """Return units, sold and reserved by stock id [units]."""
    with store.read() as session:
        rows = session.query(StockRow).all()
    return {row.stock_id: (row.units, row.sold, row.reserved) for row in rows}
