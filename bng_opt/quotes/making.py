"""Make a quote, and revise it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from bng_opt.errors import Finding, InputError
from bng_opt.market import Market
from bng_opt.market.store.customers import Customer, keep_customer_row
from bng_opt.market.store.introducers import find_introducer
from bng_opt.market.store.snapshots import read_market
from bng_opt.market.store.tables import QuoteRow, QuoteState, RevisionRow, Role
from bng_opt.market.store.users import authorise
from bng_opt.quotes.book import QuoteBook, label_of
from bng_opt.quotes.content import Need, QuoteContent, content_of_lines, find_content
from bng_opt.quotes.holding import hold_stock, let_go
from bng_opt.quotes.references import next_number, reference_text
from bng_opt.quotes.rows import add_revision, need_of, units_of
from bng_opt.quotes.states import refuse_unless_may_follow, state_on


@dataclass(frozen=True)
class Change:
    """What a revision changes by hand.

    Attributes
    ----------
    units
        Units to buy of a stock line from now on, by stock id; 0 takes it out [units].
    """

    units: Mapping[str, Decimal]

    def applied_to(self, units: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """Return the units to buy after the change.

        Raises
        ------
        InputError
            If a line is taken out that isn't there, or units are negative.
        """
        findings = [
            Finding(
                f'Stock line "{stock_id}" isn\'t in the quote.',
                f"It buys: {', '.join(sorted(units)) or 'nothing'}.",
            )
            for stock_id, wanted in self.units.items()
            if wanted == 0 and stock_id not in units
        ]
        findings += [
            Finding(f'{wanted} units of "{stock_id}" can\'t be bought.', "Give 0 or more.")
            for stock_id, wanted in self.units.items()
            if wanted < 0
        ]
        if findings:
            raise InputError(findings)
        return {name: n for name, n in {**units, **self.units}.items() if n}


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
    content = find_content(need, read_market(book.store), cache=book.cache)

    def keep(session: Session) -> str:
        authorise(session, book.by, Role.ANALYST)
        buyer = keep_customer_row(session, book.store, customer, book.by)
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
    need: Need | None = None,
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
    need
        The new need or terms; those of the newest revision without.
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
    with book.store.read() as session:
        quote, latest = book.newest(session, reference)
    _refuse_revising(book, quote, latest)
    market = read_market(book.store, leaving_out_quote=quote.id)
    content = _content(book, need or need_of(latest), market, latest, change)

    def keep(session: Session) -> int:
        authorise(session, book.by, Role.ANALYST)
        kept, old = book.newest(session, reference, locked=True)
        if old.id != latest.id:
            raise _revised_meanwhile(reference, old)
        _refuse_revising(book, kept, old)
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
