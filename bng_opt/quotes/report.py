"""A quote as text and as plain values: what the command line prints."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bng_opt.optimiser.report import MODE_WORDS, checks_line
from bng_opt.optimiser.text_table import RULE, Column, text_table, wrapped
from bng_opt.quantities import pounds, rate_text, units_text
from bng_opt.quotes.documents.words import state_words
from bng_opt.quotes.lines import PricedQuote, QuoteLine
from bng_opt.quotes.view import QuoteView


def quote_dict(view: QuoteView) -> dict[str, object]:
    """Return a quote as ``bng-opt quote show --json`` has it: pounds and units as numbers."""
    priced = view.priced
    return {
        "reference": view.reference,
        "revision": view.revision,
        "latest_revision": view.latest_revision,
        "state": view.state.value,
        "made_at": view.made_at.isoformat(timespec="seconds"),
        "made_by": view.made_by,
        "sent_at": _iso(view.sent_at),
        "valid_until": _iso(view.valid_until),
        "needs_approval": view.needs_approval,
        "approved_by": view.approved_by,
        "reason": view.reason,
        "project": view.project,
        "customer": vars(view.customer),
        "introducer": view.introducer,
        "contract_size": priced.contract_size,
        "lines": [_line_dict(line) for line in priced.lines],
        "totals": {
            "amount_gbp": float(priced.amount_gbp),
            "discount_gbp": float(priced.discount_gbp),
            "net_gbp": float(priced.net_gbp),
            "vat_rate": float(priced.vat_rate),
            "vat_gbp": float(priced.vat_gbp),
            "gross_gbp": float(priced.gross_gbp),
        },
        "notes": list(priced.notes),
        "reservation": _reservation_dict(view),
        "statutory_credits": _credits_dict(view),
        "sources": dict(view.sources),
        "market": view.market_snapshot,
        "scenario": view.scenario,
        "plan": view.plan.as_dict(),
    }


def quote_text(view: QuoteView) -> str:
    """Return a quote as a short report of at most 100 columns."""
    blocks = (_head(view), _lines(view.priced), _foot(view))
    return "\n\n".join("\n".join(block) for block in blocks)


def _head(view: QuoteView) -> Iterator[str]:
    customer = ", ".join(filter(None, (view.customer.name, view.customer.company)))
    yield f"Quote {view.label}"
    yield "=" * len(f"Quote {view.label}")
    yield ""
    facts = {
        "State": state_words(view),
        "For": customer,
        "Project": view.project,
        "Site": view.site.splitlines()[0] if view.site else "",
        "Introducer": view.introducer,
        "Approved": f"by {view.approved_by}" if view.approved_by else "",
        "Stock": _stock_words(view),
        "Proof": view.plan.proof,
        "Reading": MODE_WORDS.get(view.plan.mode, view.plan.mode),
        "Checks": checks_line(view.plan),
    }
    for name, text in facts.items():
        if text:
            yield from wrapped(f"{name:<11} {text}", hang=12)


def _lines(priced: PricedQuote) -> Iterator[str]:
    discounted = priced.discount_gbp != 0
    columns = [Column("", flexible=True), Column("Units", right=True), Column("Each", right=True)]
    columns += [Column("Amount", right=True)]
    columns += [Column("Discount", right=True), Column("Net", right=True)] if discounted else []
    rows = [_cells(line, discounted) for line in priced.lines]
    sums = [pounds(priced.amount_gbp)]
    sums += [pounds(priced.discount_gbp), pounds(priced.net_gbp)] if discounted else []
    rows += [RULE, ["Total before VAT", "", "", *sums]]  # type: ignore[list-item]
    blank = ["", ""] if discounted else []
    rows += [
        [priced.vat_words, "", "", *blank, pounds(priced.vat_gbp)],
        ["Total with VAT", "", "", *blank, pounds(priced.gross_gbp)],
    ]
    yield from text_table(columns, rows)
    for note in priced.notes:
        yield from wrapped(note, indent=2, hang=2)


def _cells(line: QuoteLine, discounted: bool) -> list[str]:
    name = line.habitat or line.description
    if line.bank_name or line.bank_id:
        name = f"{line.bank_id or line.bank_name}: {name}"
    units = "" if line.units is None else units_text(line.units)
    each = "" if line.price_gbp is None else rate_text(line.price_gbp)
    cells = [name, units, each, pounds(line.amount_gbp)]
    return [*cells, pounds(line.discount_gbp), pounds(line.net_gbp)] if discounted else cells


def _foot(view: QuoteView) -> Iterator[str]:
    if view.credits is not None:
        alone = view.credits.total_gbp
        words = view.credits.why_not if alone is None else pounds(alone)
        yield from wrapped(f"{'Credits':<11} Statutory credits alone: {words}", hang=12)
    for name, text in view.sources.items():
        yield from wrapped(f"{name:<11} {text}", hang=12)
    yield from wrapped(
        f"{'Market':<11} {view.market_snapshot[:16]} at {view.market_at:%Y-%m-%d %H:%M} UTC"
    )
    yield from wrapped(f"{'Scenario':<11} {view.scenario}")


def _stock_words(view: QuoteView) -> str:
    held = view.reservation
    if held is None:
        return "not reserved"
    until = f" until {held.expires_at:%Y-%m-%d %H:%M} UTC" if held.state.value == "held" else ""
    return f"{held.state.value}{until}"


def _line_dict(line: QuoteLine) -> dict[str, object]:
    values = {**vars(line), "kind": line.kind.value, "net_gbp": line.net_gbp}
    return {name: float(v) if isinstance(v, Decimal) else v for name, v in values.items()}


def _reservation_dict(view: QuoteView) -> dict[str, object] | None:
    held = view.reservation
    if held is None:
        return None
    return {
        "state": held.state.value,
        "expires_at": held.expires_at.isoformat(timespec="seconds"),
        "units": {stock_id: float(units) for stock_id, units in held.units.items()},
    }


def _credits_dict(view: QuoteView) -> dict[str, object] | None:
    if view.credits is None:
        return None
    total = view.credits.total_gbp
    return {
        "total_gbp": None if total is None else float(total),
        "why_not": view.credits.why_not,
    }


def _iso(moment: object) -> str | None:
    return None if moment is None else str(moment)
