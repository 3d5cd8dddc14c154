"""The view of the step Market: whose market, who sells what is needed, and all the stock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import ipywidgets as widgets

from bng_opt.app.state.market import Held, MarketStep, Origin
from bng_opt.app.state.moments import day_text, moment_text
from bng_opt.app.state.sellers import NeedSellers
from bng_opt.app.state.stock_book import BankStock, HabitatStock, LineStock, PriceRange, StockBook
from bng_opt.app.state.uploaded_market import ACCEPT
from bng_opt.app.views.file_drop import FileDrop
from bng_opt.app.views.kit import (
    Disclosure,
    Notice,
    button,
    column,
    heading,
    html,
    labelled,
    prose,
    render,
    row,
    show,
)
from bng_opt.app.views.page import Page
from bng_opt.errors import BngOptError
from bng_opt.places import Site, assess
from bng_opt.quantities import ZERO, counted, pounds, units_text
from bng_opt.reference import Habitat, Ledger

_MOST_WARNINGS = 200
_FEW_ROWS, _MANY_ROWS = 12, 400
"""Rows of a table at first, and at most: a page with every bank of England helps nobody."""
_FEW_BANKS = 3
"""The lines of so many banks are shown one by one."""
_TITLES = {
    Origin.STORE: "The store's market",
    Origin.EXAMPLE: "The example market (invented banks, stock and prices)",
    Origin.RUN: "The market that the run searched",
}
_WHERE = {"within": "Local", "neighbouring": "Adjacent", "outside": "Far"}
_SOURCE_HELP = (
    "A workbook with the sheets banks, stock and pricing, the broker's back-end workbook, or a "
    "zip of banks.csv, stock.csv and pricing.csv. It is used on this page only; the store stays "
    "as it is."
)


class MarketView:
    """The market and what there is of it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._step: MarketStep = page.session.market
        self._notice = Notice()
        self._summary, self._news = html(), html()
        self._newest = button("Take the newest", self._doing(self._step.take_newest))
        self._store = button("Use the store's market", self._doing(self._step.take_newest))
        self._example = button("Use the example market", self._doing(self._step.take_example))
        self._sellers, self._warnings = html(), html()
        self._search = widgets.Text(continuous_update=False)
        self._search.observe(self._show_stock_again, "value")
        self._all = button("Show all rows", self._turn_all, kind="link")
        self._habitats, self._banks, self._lines = html(), html(), html()
        self._stock = column(
            heading("The stock", 3),
            labelled(
                self._search,
                "Find a habitat or a bank",
                "By a part of the name, a bank's id, or its planning authority or character area.",
            ),
            self._habitats,
            self._banks,
            self._lines,
            self._all,
        )
        self._shows_all = False
        self._shown: tuple[object, ...] = ()
        self.box = column(
            heading(self._step.title),
            prose("Choose whose units to buy from, and see who sells what is needed.", kind="lead"),
            self._notice,
            self._summary,
            column(self._news, self._newest),
            row(self._store, self._example),
            Disclosure("how to use a market of your own", self._file_drop()),
            self._sellers,
            self._warnings,
            self._stock,
            name="market",
        )
        if self._step.held is None:
            # Once the step is shown: whoever works with the store's market need click nothing.
            page.watch(self._begin, self._notice)

    def refresh(self) -> None:
        """Show what the model says now."""
        self._show_news()
        session = self._page.session
        inputs = (self._step.held, session.metric.requirement, session.site.site)
        if self._shown and all(a is b for a, b in zip(inputs, self._shown, strict=True)):
            return
        self._shown = inputs
        held = self._step.held
        for widget in (self._sellers, self._stock):
            show(widget, held is not None)
        if held is None:
            self._summary.value = self._warnings.value = ""
            return
        self._summary.value = _summary(held, self._step)
        self._sellers.value = _sellers_table(self._step.sellers, session.site.site)
        self._warnings.value = _warnings(self._step)
        self._show_stock()

    def _begin(self) -> bool:
        if self._step.held is None:
            self._step.take_newest()
        return False

    def _doing(self, action: Any) -> Any:
        return self._page.guarded(action, self._notice)

    def _file_drop(self) -> widgets.Widget:
        most_mb = self._page.session.services.settings.app_upload_mb
        return column(
            prose(_SOURCE_HELP, kind="help"),
            FileDrop("A market of your own", ",".join(ACCEPT), most_mb, self._read_file),
        )

    def _read_file(self, name: str, content: bytes) -> None:
        if self._page.attempt(lambda: self._step.read_file(name, content), self._notice):
            self._notice.show_info(f"{name} is the market now.")

    def _show_news(self) -> None:
        try:
            differs = self._step.differs_from_store()
        except BngOptError as error:
            differs = False
            self._notice.show_findings(error.findings)
        held = self._step.held
        of_run = held is not None and held.origin is Origin.RUN
        text = "Stock or prices are others now. What was found on this market stays as it is."
        title = (
            "The store's market is another one than this run's"
            if of_run
            else "The store's market has changed since you took it"
        )
        value = render("market_news", title=title, text=text) if differs else ""
        if self._news.value != value:
            self._news.value = value
        show(self._newest, differs)
        # Beside a run's market "the newest" is the store's already.
        show(self._store, held is None or held.origin in (Origin.FILE, Origin.EXAMPLE))
        show(self._example, held is None or held.origin is not Origin.EXAMPLE)

    def _show_stock_again(self, _: object) -> None:
        self._page.attempt(self._show_stock, self._notice)

    def _turn_all(self, *_: object) -> None:
        self._shows_all = not self._shows_all
        self._all.description = "Show fewer rows" if self._shows_all else "Show all rows"
        self._page.attempt(self._show_stock, self._notice)

    def _show_stock(self) -> None:
        book = self._step.book
        if book is None:
            return
        text, most = self._search.value, _MANY_ROWS if self._shows_all else _FEW_ROWS
        serving = self._step.serving
        habitats = sorted(book.habitats_like(text), key=lambda each: each.habitat not in serving)
        banks = book.banks_like(text)
        if not habitats and not banks:
            nothing = render("prose", text=f'No habitat and no bank matches "{text}".', kind="")
        else:
            nothing = ""
        self._habitats.value = _habitats_table(habitats, serving, most) or nothing
        self._banks.value = _banks_table(banks, self._page.session.site.site, most)
        few = text.strip() and 0 < len(banks) <= _FEW_BANKS
        self._lines.value = _lines_table(book, banks) if few else ""
        show(self._all, self._shows_all or max(len(habitats), len(banks)) > most)


def _summary(held: Held, step: MarketStep) -> str:
    title = _TITLES.get(held.origin, f"Your file {held.name}")
    book = step.book
    units = [
        f"{ledger.value.capitalize()}: {_units(book.units_of(ledger))} units for sale"
        for ledger in Ledger
        if book is not None
    ]
    unpriced = len(held.market.unpriced)
    facts = [
        f"{counted(len(held.market.banks))}, {counted(len(held.market.stock), 'stock line')}",
        *units,
        f"{counted(unpriced, 'line')} without a price: reported, not sold"
        if unpriced
        else "Every line has a price",
        *_delivered(step),
        f"Taken {moment_text(held.at)}",
        *(_changes(step) if held.origin is Origin.STORE else ()),
    ]
    return render("market_summary", title=title, facts=facts)


def _changes(step: MarketStep) -> Iterator[str]:
    newest = step.newest
    if newest is None:
        return
    if newest.changed_at is not None:
        yield f"Stock last changed {moment_text(newest.changed_at)}"
    if (prices := newest.price_list) is not None:
        yield (
            f"Prices of list {prices.number}, valid from {day_text(prices.valid_from)}, imported "
            f"by {prices.imported_by}"
        )


def _delivered(step: MarketStep) -> Iterator[str]:
    lines = () if step.book is None else step.book.lines
    count = sum(each.prices is not None and each.prices.delivered for each in lines)
    if count:
        yield (
            f"{counted(count, 'line')} priced by the delivered unit: what counts after the "
            "spatial risk multiplier"
        )


def _sellers_table(sellers: Sequence[NeedSellers], site: Site | None) -> str:
    if not sellers:
        return render("prose", text="The need isn't known yet: see the step Metric.", kind="help")
    near = ("Local or adjacent",) if site is not None else ()
    rows = [
        [
            f"{each.ledger.value.capitalize()}: {each.name}",
            each.rule,
            _units(round(each.needed, 4)),
            each.words,
            each.banks,
            _units(each.units),
            *([_units(each.near or ZERO)] if near else []),
            _price_text(each.prices),
        ]
        for each in sellers
    ]
    names = ["Needed", "What may serve it", "Units", "Sellers", "Banks", "For sale"]
    return _table(
        [*names, *near, "Listed price"],
        rows,
        "Who sells what is needed, in units before the spatial risk multiplier",
        numbers=(2, 4, 5, 6, 7) if near else (2, 4, 5, 6),
    )


def _habitats_table(
    habitats: Sequence[HabitatStock], serving: frozenset[Habitat], most: int
) -> str:
    if not habitats:
        return ""
    rows = [
        [
            each.habitat.name,
            each.habitat.ledger.value.capitalize(),
            each.habitat.distinctiveness.value,
            "Yes" if each.habitat in serving else "No",
            _units(each.units),
            each.banks,
            _price_text(each.prices),
            each.unpriced or "",
        ]
        for each in habitats[:most]
    ]
    names = ["Habitat", "Ledger", "Distinctiveness", "Serves the need", "For sale"]
    return _table(
        [*names, "Banks", "Listed price", "Lines without a price"],
        rows,
        _caption("Stock by habitat, in units", len(habitats), most),
        numbers=(4, 5, 6, 7),
    )


def _banks_table(banks: Sequence[BankStock], site: Site | None, most: int) -> str:
    if not banks:
        return ""
    where = ("For this site",) if site is not None else ()
    rows = [
        [
            each.bank.name,
            each.bank.bank_id,
            each.bank.place.lpa,
            each.bank.place.nca,
            *([_where(site, each)] if site is not None else []),
            *(_units(each.units[ledger]) if each.units[ledger] else "" for ledger in Ledger),
            pounds(each.bank.fixed_fee_gbp) if each.bank.fixed_fee_gbp else "None",
        ]
        for each in banks[:most]
    ]
    first = len(where) + 4
    return _table(
        ["Bank", "Id", "Planning authority", "Character area", *where]
        + [f"{ledger.value.capitalize()} units" for ledger in Ledger]
        + ["Fixed fee"],
        rows,
        _caption("Banks", len(banks), most),
        numbers=range(first, first + 4),
    )


def _lines_table(book: StockBook, banks: Sequence[BankStock]) -> str:
    lines: list[tuple[BankStock, LineStock]] = [
        (bank, line) for bank in banks for line in book.lines_of(bank.bank)
    ]
    rows = [
        [
            each.line.stock_id,
            bank.bank.name,
            each.line.habitat.name,
            _units(each.line.units),
            _units(each.line.quoted_units) if each.line.quoted_units else "",
            _price_text(each.prices),
            _basis_text(each.prices),
        ]
        for bank, each in lines
    ]
    names = ["Line", "Bank", "Habitat", "Units for sale", "Of these quoted to others"]
    caption = "Stock lines of " + ", ".join(bank.bank.name for bank in banks)
    return _table([*names, "Listed price", "Per unit"], rows, caption, numbers=(3, 4, 5))


def _warnings(step: MarketStep) -> str:
    warnings = step.warnings
    return render(
        "market_warnings",
        title=f"{counted(len(warnings), 'warning')} on this market",
        findings=warnings[:_MOST_WARNINGS],
        left_out=max(0, len(warnings) - _MOST_WARNINGS),
    )


def _where(site: Site, each: BankStock) -> str:
    risk = assess(site, each.bank.place)
    return f"{_WHERE[risk.category.value]} (×{risk.multiplier.normalize():f})"


def _price_text(prices: PriceRange | None) -> str:
    if prices is None:
        return "No price"
    least, most = (pounds(each).removesuffix(".00") for each in (prices.least, prices.most))
    return least if least == most else f"{least} to {most}"


def _basis_text(prices: PriceRange | None) -> str:
    if prices is None:
        return "Not sold"
    return "Delivered" if prices.delivered else "Bought"


def _units(units: Decimal | float) -> str:
    whole, point, rest = units_text(units).partition(".")
    return f"{int(whole):,}{point}{rest}"


def _caption(what: str, count: int, most: int) -> str:
    return f"{what}: {count:,}" if count <= most else f"{what}: the first {most} of {count:,}"


def _table(
    columns: Sequence[str], rows: list[list[Any]], caption: str, numbers: Iterable[int]
) -> str:
    values = {"columns": columns, "rows": rows, "caption": caption}
    return render("table", **values, numbers=set(numbers), total=None)
