"""A quote's content as rows of the store, and back: what is printed is what is kept."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bng_opt.errors import Finding, VerificationError
from bng_opt.market.store.snapshots import keep_snapshot
from bng_opt.market.store.tables import LineKind, QuoteLineRow, RevisionRow
from bng_opt.optimiser.plan_document import plan_from_dict
from bng_opt.quotes.content import Need, QuoteContent
from bng_opt.quotes.lines import PricedQuote, QuoteLine
from bng_opt.quotes.terms import Terms
from bng_opt.runtime.scenario_document import inputs_from_dict, inputs_to_dict

_PLAIN = ("description", "stock_id", "bank_id", "bank_name", "ledger", "habitat", "units", "srm")
_MONEY = {"price": "price_gbp", "amount": "amount_gbp", "discount": "discount_gbp"}


def add_revision(
    session: Session,
    content: QuoteContent,
    *,
    quote_id: int,
    revision: int,
    reason: str,
    at: datetime,
    by: str,
) -> RevisionRow:
    """Keep a content as the next revision of a quote, with the market it rests on."""
    priced, need = content.priced, content.need
    keep_snapshot(session, content.list_market, at)
    row = RevisionRow(
        quote_id=quote_id,
        revision=revision,
        reason=reason,
        made_at=at,
        made_by=by,
        scenario=content.plan.scenario,
        snapshot=content.list_market.snapshot,
        contract_size=priced.contract_size,
        inputs={
            "need": inputs_to_dict(need.requirement, need.site, need.policy),
            "terms": need.terms.as_dict(),
            "notes": list(priced.notes),
            "vat_rate": str(priced.vat_rate),
        },
        plan=content.plan.as_dict(),
        net=priced.net_gbp,
        vat=priced.vat_gbp,
        gross=priced.gross_gbp,
    )
    session.add(row)
    session.flush()
    session.add_all(_line_row(line, row.id, n) for n, line in enumerate(priced.lines, 1))
    session.flush()
    return row


def priced_of(session: Session, row: RevisionRow) -> PricedQuote:
    """Return the lines and sums of a revision as they were kept.

    Raises
    ------
    VerificationError
        If the kept lines don't add up to the kept totals.
    """
    statement = (
        select(QuoteLineRow)
        .where(QuoteLineRow.revision_id == row.id)
        .order_by(QuoteLineRow.position)
    )
    priced = PricedQuote(
        tuple(map(_line_of, session.scalars(statement))),
        row.contract_size,
        Decimal(row.inputs["vat_rate"]),
        row.vat,
        tuple(row.inputs["notes"]),
    )
    if (priced.net_gbp, priced.gross_gbp) != (row.net, row.gross):
        raise VerificationError(
            Finding(
                f"The lines of a stored quote sum to {priced.gross_gbp}, its total is {row.gross}.",
                "Somebody changed the store by hand: run bng-opt db check.",
            )
        )
    return priced


def need_of(row: RevisionRow) -> Need:
    """Return what a revision was made for."""
    requirement, site, policy = inputs_from_dict(row.inputs["need"])
    return Need(requirement, site, policy, Terms.from_dict(row.inputs["terms"]))


def units_of(row: RevisionRow) -> dict[str, Decimal]:
    """Return the units of each stock line that a revision buys [units]."""
    return {line.stock_id: line.units for line in plan_from_dict(row.plan).purchases}


def _line_row(line: QuoteLine, revision_id: int, position: int) -> QuoteLineRow:
    return QuoteLineRow(
        revision_id=revision_id,
        position=position,
        kind=line.kind.value,
        net=line.net_gbp,
        **{name: getattr(line, name) for name in _PLAIN},
        **{column: getattr(line, name) for column, name in _MONEY.items()},
    )


def _line_of(row: QuoteLineRow) -> QuoteLine:
    both = row.units is not None and row.srm is not None
    return QuoteLine(
        kind=LineKind(row.kind),
        delivered_units=row.units * row.srm if both and row.units and row.srm else None,
        **{name: getattr(row, name) for name in _PLAIN},
        **{name: getattr(row, column) for column, name in _MONEY.items()},
    )
