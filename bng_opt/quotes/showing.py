"""A revision of a quote as it is shown: everything from the store, sums checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import PurePath

from sqlalchemy import select
from sqlalchemy.orm import Session

from bng_opt.errors import Finding, VerificationError
from bng_opt.market.store.snapshots import load_snapshot
from bng_opt.market.store.tables import (
    BankRow,
    CustomerRow,
    IntroducerRow,
    PriceListRow,
    QuoteRow,
    ReservationLineRow,
    ReservationRow,
    ReservationState,
    RevisionRow,
)
from bng_opt.optimiser.optimise import verified
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.plan_document import plan_from_dict
from bng_opt.optimiser.scenario import RULES_VERSION
from bng_opt.quotes.book import QuoteBook
from bng_opt.quotes.content import Need, QuoteContent, reprice
from bng_opt.quotes.credits_comparison import compare_with_credits
from bng_opt.quotes.rows import need_of, priced_of
from bng_opt.quotes.states import state_on
from bng_opt.quotes.view import HeldStock, Party, QuoteView
from bng_opt.settings import Settings


def show_quote(book: QuoteBook, reference: str, *, revision: int | None = None) -> QuoteView:
    """Return a revision of a quote, the newest by default.

    Raises
    ------
    InputError
        If there is no such quote or revision.
    VerificationError
        If what is kept doesn't add up.
    """
    with book.store.read() as session:
        quote, newest = book.newest(session, reference)
        row = newest if revision is None else book.revision(session, quote, revision)
        return _view(book, session, quote, row, newest.revision)


def check_quote(book: QuoteBook, reference: str, *, revision: int | None = None) -> QuoteContent:
    """Verify a stored revision again: every rule from its snapshot, every figure recomputed.

    Returns
    -------
    QuoteContent
        The same quote, made again.

    Raises
    ------
    VerificationError
        If a rule is broken, or a figure differs from what is kept.
    """
    with book.store.read() as session:
        quote, newest = book.newest(session, reference)
        row = newest if revision is None else book.revision(session, quote, revision)
        market = load_snapshot(session, row.snapshot)
        kept = priced_of(session, row)
    need = need_of(row)
    content = reprice(need, market, plan_from_dict(row.plan))
    verified(content.plan, need.scenario_on(market))
    if content.priced != kept:
        raise VerificationError(
            Finding(
                f"Quote {reference} recomputes to {content.priced.gross_gbp}, "
                f"but {kept.gross_gbp} is kept.",
                "Run bng-opt db check, and quote again.",
            )
        )
    return content


def _view(
    book: QuoteBook, session: Session, quote: QuoteRow, row: RevisionRow, newest: int
) -> QuoteView:
    need, plan = need_of(row), plan_from_dict(row.plan)
    introducer = session.get(IntroducerRow, quote.introducer_id) if quote.introducer_id else None
    return QuoteView(
        reference=quote.reference,
        revision=row.revision,
        latest_revision=newest,
        state=state_on(row, book.today),
        made_at=row.made_at,
        made_by=row.made_by,
        project=quote.project,
        customer=_customer(session, quote),
        seller=_seller(book.settings),
        introducer=introducer.name if introducer else "",
        priced=priced_of(session, row),
        plan=plan,
        site=need.site.describe(),
        site_lpas=need.site.lpas,
        site_ncas=need.site.ncas,
        market_snapshot=row.snapshot,
        market_at=row.made_at,
        sources=_sources(session, need, plan, row.made_at.date()),
        needs_approval=row.net >= book.settings.review_threshold_gbp,
        sent_at=row.sent_at,
        valid_until=row.valid_until,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        reason=row.reason,
        reservation=_reservation(session, row),
        credits=compare_with_credits(need.requirement),
        bgs_references=_bgs_references(session, plan),
    )


def _bgs_references(session: Session, plan: Plan) -> dict[str, str]:
    statement = select(BankRow.bank_id, BankRow.bgs_reference).where(
        BankRow.bank_id.in_([bank.bank_id for bank in plan.banks]), BankRow.bgs_reference != ""
    )
    return dict(session.execute(statement).all())


def _customer(session: Session, quote: QuoteRow) -> Party:
    row = session.get_one(CustomerRow, quote.customer_id)
    return Party(row.name, row.company, row.email, row.phone, row.address)


def _seller(settings: Settings) -> Party:
    return Party(
        settings.seller_name,
        "",
        settings.seller_email,
        settings.seller_phone,
        settings.seller_address,
    )


def _sources(session: Session, need: Need, plan: Plan, day: date) -> Mapping[str, str]:
    requirement = need.requirement
    metric = f"statutory biodiversity metric {requirement.version}, {requirement.source}"
    if requirement.is_typed:
        metric = f"requirement table {requirement.source}"
    prices = session.scalars(
        select(PriceListRow)
        .where(PriceListRow.valid_from <= day)
        .order_by(PriceListRow.number.desc())
    ).first()
    listed = "no price list"
    if prices is not None:
        source = PurePath(prices.source).name
        listed = f"price list {prices.number}, valid from {prices.valid_from}, {source}"
    return {"Need": metric, "Prices": listed, "Rules": plan.versions.get("rules", RULES_VERSION)}


def _reservation(session: Session, row: RevisionRow) -> HeldStock | None:
    newest = session.scalars(
        select(ReservationRow)
        .where(ReservationRow.revision_id == row.id)
        .order_by(ReservationRow.id.desc())
    ).first()
    if newest is None:
        return None
    statement = select(ReservationLineRow.stock_id, ReservationLineRow.units).where(
        ReservationLineRow.reservation_id == newest.id
    )
    units: dict[str, Decimal] = dict(session.execute(statement).all())
    return HeldStock(ReservationState(newest.state), newest.expires_at, units)
