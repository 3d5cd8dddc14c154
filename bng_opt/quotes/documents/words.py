"""What every document says in the same words: state, proof, reading of the law, licences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from bng_opt.market.store.tables import QuoteState
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.report import MODE_WORDS
from bng_opt.quantities import pounds
from bng_opt.quotes.view import QuoteView

NOTICES = (
    "Contains public sector information licensed under the Open Government Licence v3.0.",
    "Statutory biodiversity metric: © Crown copyright, Department for Environment, Food & Rural "
    "Affairs (Defra) and Natural England. Licensed under the Open Government Licence v3.0.",
    "Source: Office for National Statistics licensed under the Open Government Licence v3.0. "
    "Contains OS data © Crown copyright and database right 2023, 2025. Contains Royal Mail data © "
    "Royal Mail copyright and database right 2025. Contains National Statistics data © Crown "
    "copyright and database right 2025.",
    "© Natural England copyright. Contains Ordnance Survey data © Crown copyright and database "
    "right. Licensed under the Open Government Licence v3.0.",
    "© Environment Agency copyright and/or database right. Licensed under the Open Government "
    "Licence v3.0.",
    "Ministry of Housing, Communities and Local Government (MHCLG): © Crown copyright. Licensed "
    "under the Open Government Licence v3.0.",
    "UK local authority names and codes: mySociety, licensed under CC BY 4.0.",
)
"""Those of NOTICE.md that results must show."""

LICENCES = (
    "Open Government Licence v3.0: "
    "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/. "
    "CC BY 4.0: https://creativecommons.org/licenses/by/4.0/."
)

_LIVE = (QuoteState.DRAFT, QuoteState.SENT, QuoteState.ACCEPTED)
_MONTHS = (
    "January February March April May June July August September October November December"
).split()
"""Not the system's: a document reads the same wherever it was made."""


@dataclass(frozen=True)
class Banner:
    """What a reader must see before anything else.

    Attributes
    ----------
    title
        Short enough for the head of a page.
    """

    title: str
    text: str


def banners(view: QuoteView) -> tuple[Banner, ...]:
    """Return why a quote is no offer (any more); none for one that can be accepted or is."""
    return tuple(_banners(view))


def state_words(view: QuoteView) -> str:
    """Return the state in a few words: the first banner's, or what may be done with it."""
    warnings = banners(view)
    if warnings:
        return warnings[0].title
    if view.state is QuoteState.ACCEPTED:
        return "Accepted"
    return f"Offer, valid until {day(view.valid_until)}" if view.valid_until else "Offer"


def _banners(view: QuoteView) -> Iterator[Banner]:
    newer = f" Revision {view.latest_revision} is the newest." if _is_old(view) else ""
    if view.awaits_approval and view.state in _LIVE:
        draft = "Draft: a" if view.state is QuoteState.DRAFT else "A"
        yield Banner(
            f"{draft}waits approval, not an offer",
            "The total reaches the seller's review threshold and nobody has approved it yet. "
            "Don't rely on it and don't pass it on as an offer.",
        )
    elif view.state is QuoteState.DRAFT:
        yield Banner("Draft: not an offer", "It can't be accepted until the seller has sent it.")
    if view.state is QuoteState.SUPERSEDED:
        yield Banner("Superseded: not an offer", f"A later revision stands in its place.{newer}")
    elif view.state is QuoteState.WITHDRAWN:
        why = f" Reason: {view.reason}" if view.reason else ""
        yield Banner("Withdrawn: not an offer", f"The seller has taken it back.{why}{newer}")
    elif view.state is QuoteState.EXPIRED:
        until = f" on {day(view.valid_until)}" if view.valid_until else ""
        text = f"It ran out{until}: its prices and stock are no longer held.{newer}"
        yield Banner("Expired: not an offer", text)
    elif newer:
        yield Banner("An old revision", newer.strip())
    if not view.plan.is_verified:
        broken = "; ".join(c.rule for c in view.plan.checks if not c.ok) or "none were made"
        yield Banner("Checks don't hold: don't rely on it", f"Rules that aren't kept: {broken}.")


def _is_old(view: QuoteView) -> bool:
    return view.revision < view.latest_revision


def reading(plan: Plan) -> str:
    """Return the reading of the law in one sentence."""
    return MODE_WORDS.get(plan.mode, plan.mode)


def proven_cost(plan: Plan) -> str:
    """Return what the proof is about: what the plan buys, not the quote's whole total."""
    return (
        "The proof is of units, credits and banks' fees at the client's prices: "
        f"{pounds(plan.total_gbp)} before VAT."
    )


def day(value: date) -> str:
    """Return a day as it is written in letters.

    Examples
    --------
    >>> day(date(2026, 3, 7))
    '7 March 2026'
    """
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def moment(value: datetime) -> str:
    """Return a moment to the minute.

    Examples
    --------
    >>> from datetime import UTC
    >>> moment(datetime(2026, 3, 7, 9, 5, tzinfo=UTC))
    '7 March 2026, 09:05 UTC'
    """
    return f"{day(value)}, {value:%H:%M} {value.tzname() or ''}".strip()


def quote_day(view: QuoteView) -> date:
    """Return the date of the quote: the day it was sent, or made while it is a draft."""
    return (view.sent_at or view.made_at).date()


def development(view: QuoteView) -> list[str]:
    """Return where the development is, but for authority and area, which have their own place."""
    lines = [line.strip() for line in view.site.splitlines()]
    told = ("LPA: ", "NCA: ", "Warning: ", "Known by: names")
    known = [line for line in lines if not line.startswith(told) and not line.endswith(": unknown")]
    return [part for part in (view.project, *known) if part]


def state_facts(view: QuoteView) -> tuple[tuple[str, str], ...]:
    """Return what identifies a quote and says where it stands."""
    facts = [
        ("Reference", view.reference),
        ("Revision", f"{view.revision} of {view.latest_revision}"),
        ("State", state_words(view)),
        ("Date", day(quote_day(view))),
        ("Valid until", day(view.valid_until) if view.valid_until else "not set yet"),
    ]
    if view.approved_by and view.approved_at:
        facts.append(("Approved", f"{view.approved_by}, {moment(view.approved_at)}"))
    if view.reservation:
        held = view.reservation
        until = f" until {moment(held.expires_at)}" if held.state.value == "held" else ""
        facts.append(("Stock", f"{held.state.value}{until}"))
    return tuple(facts)


def provenance(view: QuoteView) -> tuple[tuple[str, str], ...]:
    """Return mode, status, proof, sources, versions and fingerprints: each document has them."""
    plan = view.plan
    facts = (
        ("Reading of the law", reading(plan)),
        ("Status", plan.status.value),
        ("Proof", plan.proof),
        *view.sources.items(),
        ("Made by", ", ".join(f"{name} {version}" for name, version in plan.versions.items())),
        ("Market read", moment(view.market_at)),
        ("Market (SHA-256)", view.market_snapshot),
        ("Scenario (SHA-256)", view.scenario),
    )
    return tuple((name, text or "not stated") for name, text in facts)


def how_to_verify(view: QuoteView) -> str:
    """Return how anybody checks the quote with the program itself."""
    return (
        f"bng-opt quote show {view.reference} prints it from the store; bng-opt verify PLAN.json "
        "--metric FILE --market FOLDER recomputes every rule from the plan, the metric and the "
        "market, by whoever the plan was made."
    )
