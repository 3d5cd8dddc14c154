"""The history: runs and quotes of the store, to open, repeat and compare."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from bng_opt.app.signals import Signal
from bng_opt.app.state.running import Running, how_it_stands
from bng_opt.app.state.side_by_side import Side, SideBySide, set_side_by_side
from bng_opt.errors import Finding, InputError
from bng_opt.market.store.names import name_key
from bng_opt.market.store.tables import JobState, QuoteState
from bng_opt.quantities import pounds
from bng_opt.quotes import check_quote, list_quotes, show_quote
from bng_opt.runtime.job import Job, JobKind

if TYPE_CHECKING:
    from bng_opt.app.services import Services
    from bng_opt.app.state.session import Session

PAGE = 10
"""Entries on a page of either list."""
RUN, QUOTE = "run", "quote"
EVERYTHING = ""
Entry = TypeVar("Entry")
Wanted = JobState | QuoteState | str
"""What is listed: a state of runs or of quotes, all :data:`RUN` or :data:`QUOTE`, or
:data:`EVERYTHING`."""


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
    """A quote in one line.

    Attributes
    ----------
    total_gbp
        Before VAT [GBP].
    """

    id: str
    at: datetime
    by: str
    customer: str
    title: str
    state: str
    total_gbp: Decimal


@dataclass(frozen=True)
class Listed(Generic[Entry]):
    """A page of a list.

    Attributes
    ----------
    page
        Which one, from 0.
    total
        How many entries all pages have.
    """

    entries: tuple[Entry, ...]
    page: int
    total: int

    @property
    def is_last(self) -> bool:
        """Return whether no page comes after."""
        return (self.page + 1) * PAGE >= self.total

    @property
    def words(self) -> str:
        """Return which entries these are: ``"11 to 20 of 34"``."""
        first = self.page * PAGE
        return f"{first + 1} to {first + len(self.entries)} of {self.total}"


class History:
    """Runs and quotes that the store keeps.

    Attributes
    ----------
    search
        Words that each entry has to hold.
    mine
        Whether only what who acts made is listed.
    wanted
        Of which kind or in which state entries are listed.
    picked
        Up to two entries that are compared: :data:`RUN` or :data:`QUOTE`, and id.
    """

    key: ClassVar[str] = "history"
    title: ClassVar[str] = "History"

    def __init__(self, session: Session) -> None:
        self.session = session
        self.changed: Signal[History] = Signal()
        self.search = ""
        self.mine = False
        self.wanted: Wanted = EVERYTHING
        self.picked: tuple[tuple[str, str], ...] = ()
        self._pages = {RUN: 0, QUOTE: 0}
        self._compared: tuple[object, SideBySide] | None = None

    @property
    def services(self) -> Services:
        """Return what the page stands on."""
        return self.session.services

    def look_for(
        self, search: str = "", *, mine: bool = False, wanted: Wanted = EVERYTHING
    ) -> None:
        """List only entries that hold every word of a text, from the first page on.

        Parameters
        ----------
        mine
            Whether to leave out what others made.
        wanted
            Only entries of this kind or in this state.
        """
        self.search, self.mine, self.wanted = search, mine, wanted
        self._pages = {RUN: 0, QUOTE: 0}
        self.changed.send(self)

    def turn(self, kind: str, pages: int) -> None:
        """Show another page of the runs or of the quotes."""
        self._pages[kind] = max(0, self._pages[kind] + pages)
        self.changed.send(self)

    def look_again(self) -> None:
        """Show what the store has by now."""
        self.changed.send(self)

    def lists(self, kind: str) -> bool:
        """Return whether runs, or quotes, are listed at all."""
        states = JobState if kind == RUN else QuoteState
        return self.wanted in (EVERYTHING, kind) or isinstance(self.wanted, states)

    def runs(self) -> Listed[RunEntry]:
        """Return this page of the runs, the newest first."""
        desk = self.services.desk
        by = self.services.by if self.mine else None
        state = self.wanted if isinstance(self.wanted, JobState) else None
        total = desk.count(state, by, kind=JobKind.OPTIMISE, search=self.search)
        page = _within(self._pages[RUN], total)
        jobs = desk.find(
            state, by, PAGE, kind=JobKind.OPTIMISE, search=self.search, skip=page * PAGE
        )
        return Listed(tuple(map(_run_entry, jobs)), page, total)

    def quotes(self) -> Listed[QuoteEntry]:
        """Return this page of the quotes, the newest first."""
        state = self.wanted if isinstance(self.wanted, QuoteState) else None
        by = self.services.by if self.mine else None
        words = name_key(self.search).split()
        found = [
            each
            for each in list_quotes(self.services.book, state=state, by=by)
            if _holds(f"{each.reference} {each.customer} {each.project} {each.made_by}", words)
        ]
        page = _within(self._pages[QUOTE], len(found))
        entries = tuple(
            QuoteEntry(
                each.reference, each.made_at, each.made_by, each.customer, each.project,
                each.state.value, each.net_gbp,
            )
            for each in found[page * PAGE : (page + 1) * PAGE]
        )  # fmt: skip
        return Listed(entries, page, len(found))

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
        session.market.take_newest()
        session.metric.take(asked.requirement)
        session.site.take(asked.site)
        session.optimise.take(asked.policy, None)
        session.go(session.optimise.key)

    def repeat_quote(self, reference: str) -> None:
        """Enter a quote's inputs again for a new search and a new quote."""
        need = check_quote(self.services.book, reference).need
        view = show_quote(self.services.book, reference)
        session = self.session
        session.market.take_newest()
        session.metric.take(need.requirement)
        session.site.take(need.site)
        session.optimise.take(need.policy, None)
        session.quote.enter_terms(view, need.terms)
        session.go(session.optimise.key)

    def cancel_run(self, job_id: str) -> None:
        """Stop a run that is under way, with the best that it has.

        Raises
        ------
        InputError
            If others wait for the same search.
        """
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

    def put_back(self) -> None:
        """Compare nothing."""
        self.picked = ()
        self.changed.send(self)

    def comparison(self) -> SideBySide | None:
        """Return the two entries that are compared; None while fewer are picked.

        Raises
        ------
        InputError
            If one has no purchase.
        VerificationError, StoreError
            If what is kept of one is damaged.
        """
        if len(self.picked) != 2:
            return None
        sides = [(kind, entry_id, self._stands(kind, entry_id)) for kind, entry_id in self.picked]
        if self._compared is None or self._compared[0] != sides:
            one, other = (self._side(kind, entry_id) for kind, entry_id, _ in sides)
            self._compared = (sides, set_side_by_side(one, other))
        return self._compared[1]

    def _stands(self, kind: str, entry_id: str) -> object:
        """Return what has changed if an entry is no longer what was compared."""
        if kind == RUN:
            return self.services.desk.get(entry_id).result_key
        view = show_quote(self.services.book, entry_id)
        return view.revision, view.state

    def _side(self, kind: str, entry_id: str) -> Side:
        if kind == QUOTE:
            content = check_quote(self.services.book, entry_id)
            view = show_quote(self.services.book, entry_id)
            extra = {
                "Client": view.customer.name,
                "Introducer": view.introducer or "none",
                "State": view.state.value,
                "Discount": pounds(view.priced.discount_gbp),
                "To pay before VAT": pounds(view.priced.net_gbp),
                "To pay with VAT": pounds(view.priced.gross_gbp),
            }
            asked = content.need.scenario_on(content.list_market)
            return Side(view.label, view.made_at, view.plan, asked, extra)
        job = self.services.desk.get(entry_id)
        if not job.has_result:
            raise InputError(Finding("That run has no purchase to compare.", "Pick another one."))
        plan, asked = self.services.desk.plan(job.id), self.services.desk.question(job.id).scenario
        return Side(job.title or "A search", job.submitted_at, plan, asked, {})


def _run_entry(job: Job) -> RunEntry:
    return RunEntry(
        job.id, job.submitted_at, job.submitted_by, job.title, how_it_stands(job),
        (job.best or {}).get("total_gbp"), not job.is_finished,
        job.has_result and job.is_finished,
    )  # fmt: skip


def _within(page: int, total: int) -> int:
    """Return a page that there is."""
    return min(page, max(0, total - 1) // PAGE)


def _holds(text: str, words: list[str]) -> bool:
    whole = name_key(text)
    return all(word in whole for word in words)
