"""Make a quote, and revise it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy.orm import Session

from bng_opt.errors import Finding, InputError, StockError
from bng_opt.market import Market
from bng_opt.market.store.customers import Customer, keep_customer_row, meant_customer
from bng_opt.market.store.introducers import find_introducer
from bng_opt.market.store.names import LONGEST_NAME, text_problems
from bng_opt.market.store.snapshots import market_at, read_market
from bng_opt.market.store.tables import QuoteRow, QuoteState, RevisionRow, Role
from bng_opt.market.store.users import authorise
from bng_opt.quantities import ZERO, units_text
from bng_opt.quotes.book import QuoteBook, label_of
from bng_opt.quotes.content import Need, QuoteContent, content_of_lines, find_content
from bng_opt.quotes.holding import hold_stock, let_go
from bng_opt.quotes.references import next_number, reference_text
from bng_opt.quotes.rows import add_revision, need_of, units_of
from bng_opt.quotes.states import refuse_unless_may_follow, state_on


@dataclass(frozen=True)
class Change:
    """What a revision changes by hand; each stock line in one way only.

    Attributes
    ----------
    units
        Buy just so many units of a line, by stock id [units].
    add
        Buy so many units more of a line, whether the quote has it yet or not [units].
    remove
        Lines to take out.
    """

    units: Mapping[str, Decimal] = field(default_factory=dict)
    add: Mapping[str, Decimal] = field(default_factory=dict)
    remove: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse a line that is changed in two ways, and units that can't be bought."""
        named = [*self.units, *self.add, *self.remove]
        findings = [
            Finding(f'Stock line "{name}" is changed in two ways.', "Say once what it is to be.")
            for name, count in Counter(named).items()
            if count > 1
        ]
        findings += [
            Finding(f'{n} units of "{name}" can\'t be bought.', "Give more than 0.")
            for name, n in [*self.units.items(), *self.add.items()]
            if not n > 0
        ]
        if findings:
            raise InputError(findings)

    def applied_to(self, units: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """Return the units to buy after the change.

        Raises
        ------
        InputError
            If a line is taken out that isn't there.
        """
        findings = [
            Finding(
                f'Stock line "{stock_id}" isn\'t in the quote.',
                f"It buys: {', '.join(sorted(units)) or 'nothing'}.",
            )
            for stock_id in sorted(self.remove - units.keys())
        ]
        if findings:
            raise InputError(findings)
        more = {name: units.get(name, ZERO) + n for name, n in self.add.items()}
        changed = {**units, **more, **self.units}
        return {name: n for name, n in changed.items() if name not in self.remove}


def create_quote(
    book: QuoteBook,
    need: Need,
    customer: Customer,
    *,
    introducer: str = "",
    project: str = "",
    reserve: bool = False,
) -> str:
    """Find the cheapest lawful purchase on the market as it is, and keep it as a draft.

    Parameters
    ----------
    book
        Where it is kept.
    need
        What the development owes, where, and on which terms; the introducer's discount is
        part of the terms (:func:`bng_opt.quotes.asking.terms_for` reads it).
    introducer
        The name of the account, empty for none.
    project
        What the client calls it; the metric's own name without.
    reserve
        Whether its stock is reserved in the same breath.

    Returns
    -------
    str
        The reference.

    Raises
    ------
    InfeasibleError
        If no lawful purchase exists.
    StockError
        If ``reserve`` and somebody took the stock meanwhile; no quote is kept then.
    """
    content = find_content(need, market_to_quote(book), cache=book.cache)
    return keep_quote(
        book, content, customer, introducer=introducer, project=project, reserve=reserve
    )


def keep_quote(
    book: QuoteBook,
    content: QuoteContent,
    customer: Customer,
    *,
    introducer: str = "",
    project: str = "",
    reserve: bool = False,
    as_seen: bool = False,
) -> str:
    """Keep what was found as a draft, and return its reference.

    Parameters
    ----------
    book, customer, introducer, project, reserve
        As for :func:`create_quote`.
    content
        What was found and priced.
    as_seen
        Whether to refuse it if the store's market is another one by now: whoever looked at
        the content decides on what is there.

    Raises
    ------
    StockError
        If ``as_seen`` and the market has changed; or if ``reserve`` and the stock is gone.
    """
    _refuse_texts(project=project)
    need = content.need

    def keep(session: Session) -> str:
        authorise(session, book.by, Role.ANALYST)
        if as_seen:
            _refuse_other_market(session, book, content)
        meant = meant_customer(session, customer)
        buyer = keep_customer_row(session, book.store, meant, book.by)
        account = find_introducer(session, introducer) if introducer else None
        quote = _new_quote(book, session, buyer.id)
        quote.introducer_id = account.id if account else None
        quote.project = project or need.requirement.project
        session.add(quote)
        session.flush()
        row = _keep(book, session, content, quote, 1, "")
        book.note(session, quote, row, "created", net_gbp=str(row.net), scenario=row.scenario)
        if reserve:
            hold_stock(book, session, quote, row)
        return quote.reference

    return book.store.run(keep)


def _refuse_other_market(
    session: Session, book: QuoteBook, content: QuoteContent, revised: int | None = None
) -> None:
    now = market_at(session, book.store.clock(), leaving_out_quote=revised)
    if now.snapshot == content.list_market.snapshot:
        return
    left = {line.stock_id: line.units for line in now.stock}
    banks = {bank.bank_id: bank.name for bank in content.list_market.banks}
    gone = [
        Finding(
            f"No longer to be had: {line.habitat} of {banks[line.bank_id]}, "
            f"{units_text(line.units)} units wanted, {units_text(free)} left.",
            "",
        )
        for line in content.plan.purchases
        if line.units > (free := left.get(line.stock_id, ZERO))
    ]
    remedy = "Work it out again: nothing that you entered is lost."
    raise StockError([Finding("The market has changed since this was worked out.", remedy), *gone])


def _refuse_texts(**texts: str) -> None:
    if findings := text_problems(texts, LONGEST_NAME, one_line=True):
        raise InputError(findings)


def market_to_quote(book: QuoteBook, *, revising: str = "") -> Market:
    """Return the market as it is now, as a quote sees it.

    Parameters
    ----------
    book
        The quotes.
    revising
        The reference of a quote that is to be revised: what it holds itself is free for it.

    Raises
    ------
    InputError
        If the store sells nothing, or there is no such quote.
    """
    quote_id = None
    if revising:
        with book.store.read() as session:
            quote_id = book.newest(session, revising)[0].id
    market = read_market(book.store, leaving_out_quote=quote_id)
    if not market.stock:
        raise InputError(
            Finding(
                "The store sells nothing yet.",
                "Import a market first: bng-opt market import SOURCE",
                file=book.store.name,
            )
        )
    return market


def _new_quote(book: QuoteBook, session: Session, customer_id: int) -> QuoteRow:
    now = book.store.clock()
    number = next_number(session, now.year)
    return QuoteRow(
        reference=reference_text(book.settings.reference_prefix, now.year, number),
        year=now.year,
        number=number,
        customer_id=customer_id,
        made_at=now,
        made_by=book.by,
    )


def _keep(
    book: QuoteBook, session: Session, content: QuoteContent, quote: QuoteRow, revision: int,
    reason: str,
) -> RevisionRow:  # fmt: skip
    return add_revision(
        session, content, quote_id=quote.id, revision=revision, reason=reason,
        at=book.store.clock(), by=book.by,
    )  # fmt: skip


def revise_quote(
    book: QuoteBook,
    reference: str,
    *,
    change_need: Callable[[Need], Need] | None = None,
    change: Change | None = None,
    reason: str = "",
) -> int:
    """Quote again on the market as it is now; the old revision is kept and superseded.

    Parameters
    ----------
    book
        Where it is kept.
    reference
        The quote.
    change_need
        Makes the new need and terms of those of the newest revision; without, they stay.
    change
        Lines changed by hand; without, the cheapest purchase is found afresh.
    reason
        Why, for the record.

    Returns
    -------
    int
        The new revision's number. Stock that the old one held is held for the new one.

    Raises
    ------
    InputError
        If the quote is accepted, or somebody else revised it meanwhile.
    InfeasibleError
        If the changed lines break a rule: nothing is changed then.
    StockError
        If the old revision held stock, and the new one's is no longer free.
    """
    _refuse_texts(reason=reason)
    with book.store.read() as session:
        quote, latest = book.newest(session, reference)
    _refuse_revising(book, quote, latest)
    need = need_of(latest)
    wanted = change_need(need) if change_need else need
    market = market_to_quote(book, revising=reference)
    content = _content(book, wanted, market, latest, change)
    return keep_revision(book, reference, content, after=latest.revision, reason=reason)


def keep_revision(
    book: QuoteBook,
    reference: str,
    content: QuoteContent,
    *,
    after: int,
    reason: str = "",
    as_seen: bool = False,
) -> int:
    """Keep what was found as a quote's next revision, and return its number.

    Parameters
    ----------
    book, reference, reason
        As for :func:`revise_quote`.
    content
        What was found and priced.
    after
        The revision that it follows.
    as_seen
        As for :func:`keep_quote`.

    Raises
    ------
    InputError
        If the quote is accepted, or somebody else revised it meanwhile.
    StockError
        If ``as_seen`` and the market has changed; or if the old revision held stock, and the
        new one's is no longer free.
    """
    _refuse_texts(reason=reason)

    def keep(session: Session) -> int:
        authorise(session, book.by, Role.ANALYST)
        kept, old = book.newest(session, reference, locked=True)
        if old.revision != after:
            raise _revised_meanwhile(reference, old)
        _refuse_revising(book, kept, old)
        if as_seen:
            _refuse_other_market(session, book, content, kept.id)
        held = let_go(book, session, kept, old, "superseded")
        old.state, old.closed_at = QuoteState.SUPERSEDED.value, book.store.clock()
        session.flush()
        row = _keep(book, session, content, kept, old.revision + 1, reason)
        book.note(
            session, kept, row, "revised", net_gbp=str(row.net), before_gbp=str(old.net),
            scenario=row.scenario, reason=reason,
        )  # fmt: skip
        if held:
            hold_stock(book, session, kept, row)
        return row.revision

    return book.store.run(keep)


def _content(
    book: QuoteBook, need: Need, market: Market, latest: RevisionRow, change: Change | None
) -> QuoteContent:
    if change is None:
        return find_content(need, market, cache=book.cache)
    units = change.applied_to(units_of(latest))
    return content_of_lines(need, market, units, cache=book.cache)


def _refuse_revising(book: QuoteBook, quote: QuoteRow, row: RevisionRow) -> None:
    state = state_on(row, book.today)
    refuse_unless_may_follow(label_of(quote, row), state, QuoteState.SUPERSEDED)


def _revised_meanwhile(reference: str, row: RevisionRow) -> InputError:
    return InputError(
        Finding(
            f"Quote {reference} was revised by {row.made_by} meanwhile.",
            "Look at the new revision (bng-opt quote show), then revise that.",
        )
    )
