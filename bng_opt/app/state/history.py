"""The history: runs and quotes of the store, to open, repeat and compare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from bng_opt.app.signals import Signal
from bng_opt.app.state.running import Running
from bng_opt.errors import Finding, InputError
from bng_opt.optimiser.plan import Plan
from bng_opt.quantities import counted, pounds, units_text
from bng_opt.quotes import check_quote, list_quotes, show_quote
from bng_opt.runtime.job import Job, JobKind

if TYPE_CHECKING:
    from bng_opt.app.services import Services
    from bng_opt.app.state.session import Session

PAGE = 20
"""Entries on a page."""
_MOST_RUNS = 500
"""As many runs as are looked through, the newest first."""


@dataclass(frozen=True)
class RunEntry:
    """A run in one line."""

    id: str
    at: datetime
    by: str
    title: str
    state: str
    total_gbp: float | None
    is_running: bool
    has_result: bool


@dataclass(frozen=True)
class QuoteEntry:
    """A quote in one line."""

    id: str
    at: datetime
    customer: str
    title: str
    state: str
    total_gbp: float


@dataclass(frozen=True)
class Side:
    """One side of a comparison."""

    name: str
    plan: Plan
    extra: tuple[tuple[str, str], ...] = ()


class History:
    """Runs and quotes that the store keeps.

    Attributes
    ----------
    search
        Words that each entry has to hold.
    mine
        Whether only runs of who acts are shown.
    page
        Which page of the runs, from 0.
    picked
        Up to two entries that are compared: kind (``run`` or ``quote``) and id.
    """

    key: ClassVar[str] = "history"
    title: ClassVar[str] = "History"

    def __init__(self, session: Session) -> None:
        self.session = session
        self.changed: Signal[History] = Signal()
        self.search = ""
        self.mine = False
        self.page = 0
        self.picked: tuple[tuple[str, str], ...] = ()

    @property
    def services(self) -> Services:
        """Return what the page stands on."""
        return self.session.services

    def look_for(self, search: str, *, mine: bool) -> None:
        """Show only entries that hold every word of a text."""
        self.search, self.mine, self.page = search, mine, 0
        self.changed.send(self)

    def turn(self, pages: int) -> None:
        """Show another page."""
        self.page = max(0, self.page + pages)
        self.changed.send(self)

    def runs(self) -> tuple[tuple[RunEntry, ...], int]:
        """Return the runs of this page, the newest first, and how many there are in all."""
        by = self.services.by if self.mine else None
        jobs = [
            job
            for job in self.services.desk.find(by=by, limit=_MOST_RUNS)
            if job.kind is JobKind.OPTIMISE
        ]
        titles = self.services.desk.titles([job.id for job in jobs])
        entries = [self._entry(job, titles.get(job.id, "")) for job in jobs]
        found = [each for each in entries if self._holds(f"{each.title} {each.by} {each.state}")]
        start = self.page * PAGE
        return tuple(found[start : start + PAGE]), len(found)

    def quotes(self) -> tuple[QuoteEntry, ...]:
        """Return the quotes that match, the newest first, a page at most."""
        found = (
            QuoteEntry(
                each.reference, each.made_at, each.customer, each.project, each.state.value,
                float(each.net_gbp),
            )
            for each in list_quotes(self.services.book)
        )  # fmt: skip
        matching = [e for e in found if self._holds(f"{e.id} {e.customer} {e.title} {e.state}")]
        return tuple(matching[:PAGE])

    def open_run(self, job_id: str) -> None:
        """Show a run with its result."""
        self.session.open_run(job_id)

    def open_quote(self, reference: str) -> None:
        """Show a quote."""
        self.session.quote.open(reference)
        self.session.go(self.session.quote.key)

    def repeat_run(self, job_id: str) -> None:
        """Enter a run's inputs again, on the store's market of now, for a new search."""
        asked = self.services.desk.question(job_id).scenario
        session = self.session
        session.metric.take(asked.requirement)
        session.site.take(asked.site)
        session.market.take_newest()
        session.optimise.take(asked.policy, None)
        session.go(session.optimise.key)

    def repeat_quote(self, reference: str) -> None:
        """Enter a quote's inputs again for a new search and a new quote."""
        need = check_quote(self.services.book, reference).need
        view = show_quote(self.services.book, reference)
        session = self.session
        session.metric.take(need.requirement)
        session.site.take(need.site)
        session.market.take_newest()
        session.optimise.take(need.policy, None)
        session.quote.enter_terms(view, need.terms)
        session.go(session.optimise.key)

    def cancel_run(self, job_id: str) -> None:
        """Stop a run that is under way, with the best that it has."""
        Running(self.services, self.services.desk.get(job_id)).stop()
        self.changed.send(self)

    def pick(self, kind: str, entry_id: str) -> None:
        """Pick an entry to be compared, or put it back; the last two count."""
        entry = (kind, entry_id)
        if entry in self.picked:
            self.picked = tuple(each for each in self.picked if each != entry)
        else:
            self.picked = (*self.picked, entry)[-2:]
        self.changed.send(self)

    def comparison(self) -> tuple[Side, Side] | None:
        """Return the two entries that are compared; None while fewer are picked.

        Raises
        ------
        InputError
            If one has no purchase.
        """
        if len(self.picked) != 2:
            return None
        one, other = (self._side(kind, entry_id) for kind, entry_id in self.picked)
        return one, other

    def _side(self, kind: str, entry_id: str) -> Side:
        if kind == "quote":
            view = show_quote(self.services.book, entry_id)
            extra = (
                ("Client", view.customer.name),
                ("State", view.state.value),
                ("Total before VAT", pounds(view.priced.net_gbp)),
                ("Total with VAT", pounds(view.priced.gross_gbp)),
            )
            return Side(view.label, view.plan, extra)
        job = self.services.desk.get(entry_id)
        if not job.has_result:
            raise InputError(Finding("That run has no purchase to compare.", "Pick another one."))
        title = self.services.desk.titles([entry_id]).get(entry_id, "")
        return Side(f"{title}, {job.submitted_at:%d %B %H:%M}", self.services.desk.plan(entry_id))

    def _entry(self, job: Job, title: str) -> RunEntry:
        best = job.best or {}
        state = Running(self.services, job).title if job.is_finished else job.state.value
        return RunEntry(
            job.id, job.submitted_at, job.submitted_by, title, state, best.get("total_gbp"),
            not job.is_finished, job.has_result and job.is_finished,
        )  # fmt: skip

    def _holds(self, text: str) -> bool:
        whole = text.casefold()
        return all(word in whole for word in self.search.casefold().split())


def compared_rows(one: Side, other: Side) -> Iterator[tuple[str, str, str, bool]]:
    """Yield what two purchases have side by side: words, both values, and whether they differ."""
    pairs = [*_facts(one.plan)], [*_facts(other.plan)]
    for (words, first), (_, second) in zip(*pairs, strict=True):
        yield words, first, second, first != second
    extras = dict(one.extra), dict(other.extra)
    for words in dict.fromkeys((*extras[0], *extras[1])):
        first, second = extras[0].get(words, ""), extras[1].get(words, "")
        yield words, first, second, first != second
    banks = [{line.bank_id: line for line in side.plan.banks} for side in (one, other)]
    for bank_id in sorted(banks[0].keys() | banks[1].keys()):
        shown = [
            f"{units_text(own[bank_id].units)} units, {pounds(own[bank_id].units_gbp)}"
            if bank_id in own
            else "nothing"
            for own in banks
        ]
        line = banks[0].get(bank_id) or banks[1][bank_id]
        yield line.name, shown[0], shown[1], shown[0] != shown[1]


def _facts(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "Project", plan.title
    yield "Total", pounds(plan.total_gbp)
    yield "Proof", plan.proof
    yield "Mode", plan.mode.replace("_", " ")
    yield "Contract size", plan.contract_size
    yield "Banks", counted(len(plan.banks))
    yield "Site", plan.site.split("\n")[0]
