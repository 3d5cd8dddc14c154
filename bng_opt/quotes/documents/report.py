"""The client report: all that a client and then a planning officer asks, in that order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bng_opt.market.store.tables import LineKind
from bng_opt.optimiser.needs import needs_met
from bng_opt.optimiser.plan import BankLine, Plan
from bng_opt.optimiser.report import (
    GROSS_WORDS,
    NOTHING_TO_BUY,
    checks_line,
    serves_gross,
    spatial_risk_words,
)
from bng_opt.quantities import ZERO, counted, pounds, units_text
from bng_opt.quotes.documents import words
from bng_opt.quotes.documents.figure import needs_picture
from bng_opt.quotes.documents.groups import groups_of, has_discount
from bng_opt.quotes.documents.html import lines_of, multiplier_text, render
from bng_opt.quotes.lines import PricedQuote
from bng_opt.quotes.view import QuoteView
from bng_opt.reference import Ledger


@dataclass(frozen=True)
class BankPlace:
    """Where a bank is, for a row of the report."""

    name: str
    bank_id: str
    bgs_reference: str
    multiplier: str
    why: str
    distance: str


def report_html(view: QuoteView) -> str:
    """Return the client report as one self-contained page."""
    return render("report.html.j2", report_values(view))


def report_values(view: QuoteView) -> dict[str, object]:
    """Return what the templates of report and letter fill in."""
    plan, priced = view.plan, view.priced
    return {
        "view": view,
        "plan": plan,
        "priced": priced,
        "head": words.state_words(view),
        "banners": words.banners(view),
        "facts": words.state_facts(view),
        "seller": lines_of(view.seller.address),
        "customer": lines_of(view.customer.address),
        "result": result_of(priced),
        "site": words.development(view),
        "groups": groups_of(priced),
        "discounted": has_discount(priced.lines),
        "needs": needs_met(plan),
        "gross_words": GROSS_WORDS if serves_gross(plan) else "",
        "picture": needs_picture(plan),
        "places": bank_places(view),
        "comparison": credits_words(view),
        "checks_line": checks_line(plan),
        "provenance": words.provenance(view),
        "proven_cost": words.proven_cost(plan),
        "verify": words.how_to_verify(view),
        "notices": words.NOTICES,
        "licences": words.LICENCES,
    }


def result_of(priced: PricedQuote) -> str:
    """Return in one sentence what the quote buys; its money stands beside it.

    Units are summed by ledger only, as the ledgers are never added up.
    """
    lines = priced.of(LineKind.UNITS, LineKind.OUTSIDE)
    parts = []
    for ledger in Ledger:
        units = [line.units for line in lines if line.ledger == ledger and line.units]
        if units:
            parts.append(f"{units_text(sum(units, ZERO))} {ledger.value} units")
    banks = {line.bank_id for line in priced.of(LineKind.UNITS)}
    text = _listed(parts)
    if banks and text:
        text += f" from {counted(len(banks), 'bank')}"
    if priced.of(LineKind.CREDITS):
        text += " and statutory credits" if text else "Statutory credits"
    return f"{text}." if text else NOTHING_TO_BUY


def bank_places(view: QuoteView) -> tuple[BankPlace, ...]:
    """Return where each bank of the plan is, with its number in the register if known."""
    return tuple(
        BankPlace(
            bank.name,
            bank.bank_id,
            view.bgs_references.get(bank.bank_id, ""),
            _multipliers(view.plan, bank),
            spatial_risk_words(bank),
            "unknown" if bank.distance_km is None else f"{bank.distance_km:,.0f} km",
        )
        for bank in view.plan.banks
    )


def credits_words(view: QuoteView) -> str:
    """Return the comparison with statutory credits in words, empty where none was made."""
    if view.credits is None:
        return ""
    if view.credits.total_gbp is None:
        return f"Statutory credits can't be bought instead: {view.credits.why_not}"
    total, net = view.credits.total_gbp, view.priced.net_gbp
    text = f"Statutory credits alone for the same need would cost {pounds(total)} before VAT"
    if total == net:
        return f"{text}, as much as this quote."
    if total < net:
        return f"{text}: this quote costs {pounds(net - total)} more."
    return f"{text}: this quote saves {pounds(total - net)} of that ({(total - net) / total:.1%})."


def _multipliers(plan: Plan, bank: BankLine) -> str:
    """Return a bank's multiplier, one for land and one for water where they differ."""
    found: dict[Decimal, list[str]] = {}
    for line in plan.purchases:
        if line.bank_id == bank.bank_id:
            ledgers = found.setdefault(line.srm, [])
            if line.ledger not in ledgers:
                ledgers.append(line.ledger)
    if len(found) <= 1:
        return multiplier_text(next(iter(found), bank.srm))
    return "; ".join(f"{multiplier_text(m)} ({', '.join(names)})" for m, names in found.items())


def _listed(parts: list[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)
