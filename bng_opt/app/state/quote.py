"""The step Quote: the deal with a client, worked out, kept, and carried through.

What is kept is what was looked at. Where the market and the prices are those of the run, the
quote is of the very purchase that the result shows; where they aren't, the purchase is found
anew, the difference is said, and the user has to agree. If the market changes once more before
it is kept, it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from bng_opt.app.state.kept_quote import KeptQuote
from bng_opt.app.state.plain_words import in_plain_words
from bng_opt.app.state.quote_form import (
    PRICING,
    Client,
    Form,
    form_from_dict,
    form_of,
    lines_of,
)
from bng_opt.app.state.quote_words import in_page_words
from bng_opt.app.state.running import Running
from bng_opt.app.state.step import Step
from bng_opt.errors import Finding, InputError, StockError
from bng_opt.market import Market
from bng_opt.market.store.customers import Customer, list_customers
from bng_opt.market.store.introducers import list_introducers
from bng_opt.market.store.names import LONGEST_NAME, text_problems
from bng_opt.market.store.tables import Role
from bng_opt.market.store.users import list_users
from bng_opt.optimiser.differences import describe_difference
from bng_opt.optimiser.plan import Plan
from bng_opt.quantities import pounds
from bng_opt.quotes import (
    QuoteView,
    Terms,
    check_quote,
    show_quote,
    terms_for,
)
from bng_opt.quotes.content import Need, QuoteContent, reprice
from bng_opt.quotes.making import keep_quote, keep_revision, market_to_quote
from bng_opt.runtime.job import JobKind

if TYPE_CHECKING:
    from bng_opt.app.state.session import Session

_NO_PLAN = "There is no purchase to quote yet: search for one first."


@dataclass(frozen=True)
class _Base:
    """What a quote is made of: the need without its terms, and the purchase that was shown.

    Attributes
    ----------
    snapshot
        The market, at the banks' own prices, that the purchase was shown on; empty where it
        was an uploaded one at whatever prices.
    """

    need: Need
    plan: Plan
    snapshot: str


class QuoteStep(Step):
    """A quote being made, and what becomes of it.

    Attributes
    ----------
    form
        What was typed.
    working
        The job that finds the purchase at the client's prices.
    agreed
        Whether the user agrees to a purchase that isn't the one that was shown.
    kept
        The quote that was kept or opened, if there is one.
    revising
        The quote that is being revised; None where a new one is made.
    """

    key: ClassVar[str] = "quote"
    title: ClassVar[str] = "Quote"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.form = Form()
        self.working = Running(self.services)
        self.agreed = False
        self.kept = KeptQuote(session, self.tell)
        self.revising: QuoteView | None = None
        self._content: QuoteContent | None = None
        self._shown: _Base | None = None
        self._revised: _Base | None = None
        self._need: Need | None = None
        self._market: Market | None = None

    def blockers(self) -> tuple[str, ...]:
        """Return what is missing before there is a quote."""
        return () if self.reference else ("Keep a quote.",)

    def summary(self) -> str:
        """Return the reference."""
        return self.reference

    @property
    def may_quote(self) -> bool:
        """Return whether who acts may make quotes."""
        role = self.services.role
        return role is None or role.may(Role.ANALYST)

    @property
    def why_not(self) -> str:
        """Return why who acts may not make quotes; empty if they may."""
        if self.may_quote:
            return ""
        return "You may look at quotes; to make one takes the role analyst. Ask an admin."

    @property
    def content(self) -> QuoteContent | None:
        """Return what was worked out.

        None before that, once terms have changed that need a search, and once the result is
        another one.
        """
        base = self._find_base()
        is_current = base is not None and self._shown is not None and base == self._shown
        return self._content if is_current else None

    @property
    def reference(self) -> str:
        """Return the reference of the quote that was kept or opened; empty for none."""
        return self.kept.reference

    @property
    def view(self) -> QuoteView | None:
        """Return the quote that was kept or opened, as it stands now."""
        return self.kept.view

    def customers(self) -> tuple[Customer, ...]:
        """Return the store's customers by name."""
        return list_customers(self.services.store)

    def introducers(self) -> tuple[str, ...]:
        """Return the names of the introducers' accounts that are open."""
        return tuple(each.name for each in list_introducers(self.services.store) if each.active)

    def approvers(self) -> tuple[str, ...]:
        """Return who may approve quotes of the review threshold or more."""
        users = list_users(self.services.store)
        return tuple(each.name for each in users if each.active and each.role is Role.ADMIN)

    @property
    def review(self) -> str:
        """Return that an approver is needed, and who may be it; empty where none is."""
        threshold = self.services.settings.review_threshold_gbp
        view = self.view
        if view is not None:
            net, is_needed = view.priced.net_gbp, view.awaits_approval
        elif self.content is not None:
            net = self.content.priced.net_gbp
            is_needed = net >= threshold
        else:
            return ""
        if not is_needed:
            return ""
        names = " or ".join(self.approvers())
        who = (
            f"That may be {names}."
            if names
            else "The store has no admin yet: whoever keeps it adds one."
        )
        return (
            f"It comes to {pounds(net)} before VAT. From {pounds(threshold)} on an admin of the "
            f"store has to approve it before it is sent. {who}"
        )

    def fill(self, **changed: Any) -> None:
        """Enter parts of the form.

        Where the terms change, what was worked out is worked out again at once, unless the
        purchase itself has to be found anew, or the terms can't be: then it no longer holds,
        and :meth:`work_out` says what is wrong.
        """
        before, self.form = self.form, replace(self.form, **changed)
        if self.form == before:
            return
        if any(getattr(before, name) != getattr(self.form, name) for name in PRICING):
            had, self._content, self.agreed = self.content, None, False
            if had is not None and self._market is not None:
                self._reprice_at_once(had, self._market)
        self.tell()

    def choose_customer(self, customer: Customer) -> None:
        """Enter a customer of the store."""
        known = asdict(customer)
        self.fill(client=Client(**{name: known[name] for name in asdict(Client())}))

    def work_out(self) -> None:
        """Work the quote out on the market as it is now.

        Where nothing but charges and discounts of the bill stand between them, it is of the
        purchase that was shown, at once. Otherwise the purchase is found anew, by a job.

        Raises
        ------
        InputError
            With all that can't be in the terms, or if there is no plan.
        StoreError
            If the store can't be used.
        """
        with in_page_words():
            base = self._base()
            need = replace(base.need, terms=self._terms())
            market = market_to_quote(self.services.book, revising=self._revised_reference)
            self._content, self.agreed = None, False
            self._shown, self._need, self._market = base, need, market
            asked = need.scenario_on(market)
            if asked.digest == base.plan.scenario:
                self._content = reprice(need, market, base.plan)
            else:
                self.working.start(
                    lambda: self.services.desk.submit_scenario(
                        JobKind.OPTIMISE, asked.requirement, asked.market, asked.site,
                        asked.policy, by=self.services.by,
                    )
                )  # fmt: skip
                self._take_answer()
        self.tell()

    def refresh_work(self) -> bool:
        """Look at the job, take its answer, and return whether it still runs."""
        before = (self.working.title, self.working.lines())
        runs = self.working.refresh()
        self._take_answer()
        if (self.working.title, self.working.lines()) != before or not runs:
            self.tell()
        return runs

    @property
    def is_of_another_market(self) -> bool:
        """Return whether what was worked out is of another market than what was shown."""
        content, shown = self.content, self._shown
        if content is None or shown is None:
            return False
        return content.list_market.snapshot != shown.snapshot

    @property
    def change(self) -> str:
        """Return how the purchase differs from the one that was shown; empty if it doesn't."""
        content, shown = self.content, self._shown
        if content is None or shown is None or _same_purchase(content.plan, shown.plan):
            return ""
        before = shown.plan
        why = "The client's prices or lines from outside the market change the purchase"
        if self.is_of_another_market:
            why = "The store's market is another one than that of your search"
            if self.revising is not None:
                why = "The store's market has changed since the quote was made"
        names = {line.bank_id: line.name for each in (before, content.plan) for line in each.banks}
        return (
            f"{why}: it now costs {pounds(content.plan.total_gbp)} at the client's prices, where "
            f"{pounds(before.total_gbp)} was shown "
            f"({describe_difference(content.plan, before, names)})."
        )

    @property
    def needs_consent(self) -> bool:
        """Return whether the user has to agree before what was worked out is kept.

        So it is where the market made another purchase of the one that was shown; what the
        client's own terms change was the user's wish.
        """
        return self.is_of_another_market and bool(self.change)

    def agree(self, agreed: bool) -> None:
        """Agree to the purchase that was worked out, though it isn't the one that was shown."""
        if agreed != self.agreed:
            self.agreed = agreed
            self.tell()

    def keep(self, *, reserve: bool = False, reason: str = "") -> None:
        """Keep what was worked out, as a draft or as the next revision of a quote.

        Parameters
        ----------
        reserve
            Whether the stock of a new quote is reserved too; a revision holds what the one
            before it held.
        reason
            Why a quote is revised, for the record.

        Raises
        ------
        InputError
            With all that is missing: nothing was worked out, the client can't be, or the user
            hasn't agreed to another purchase.
        StockError
            If the market has changed meanwhile: nothing is kept then.
        AccessError
            If who acts may only look.
        """
        with in_page_words(), self._on_seen_market():
            content = self._agreed_content()
            revised = self.revising
            if revised is not None:
                keep_revision(
                    self.services.book, revised.reference, content, after=revised.revision,
                    reason=reason.strip(), as_seen=True,
                )  # fmt: skip
                reference = revised.reference
            else:
                reference = keep_quote(
                    self.services.book,
                    content,
                    Customer(**asdict(self.form.client)),
                    introducer=self.form.introducer,
                    project=self.form.project.strip(),
                    reserve=reserve,
                    as_seen=True,
                )
        self._forget_work()
        self.kept.show(reference)
        self.tell()

    def begin_revision(self) -> None:
        """Enter the quote that is shown again, to change its terms or renew its prices.

        What is needed and where stays as it was quoted.

        Raises
        ------
        VerificationError
            If what is kept of it doesn't add up.
        """
        with in_page_words():
            view = show_quote(self.services.book, self.reference)
            kept = check_quote(self.services.book, self.reference)
        self.enter_terms(view, kept.need.terms)
        self.revising = view
        self._revised = _Base(kept.need, kept.plan, kept.list_market.snapshot)
        self.tell()

    def stale(self) -> tuple[str, ...]:
        """Return what was changed in the steps before since the purchase was found."""
        return () if self.revising is not None else self.session.result.stale()

    @property
    def failure(self) -> tuple[Finding, ...]:
        """Return why the purchase could not be found anew; nothing if it was, or is looked for."""
        job = self.working.job
        if job is None or not job.is_finished or job.has_result:
            return ()
        return in_plain_words(job.why_no_result, self._market)

    def search_again(self) -> None:
        """Go back to the search, on the store's market as it is now.

        Raises
        ------
        InputError
            If the store has no banks.
        """
        self.session.market.take_newest()
        self.session.go(self.session.optimise.key)

    def leave_revision(self) -> None:
        """Leave a quote as it is, and show it."""
        if self.revising is not None:
            self.open(self.revising.reference)

    def open(self, reference: str) -> None:
        """Show a quote of the store.

        Raises
        ------
        InputError
            If there is none of this reference.
        """
        self.kept.open(reference)
        self._forget_work()
        self.tell()

    def steps(self) -> tuple[str, ...]:
        """Return what who acts may do with the quote now, by name."""
        return self.kept.steps() if self.may_quote else ()

    def act(self, step: str, reason: str = "") -> None:
        """Take a step with the quote: one of :meth:`steps`.

        Raises
        ------
        InputError, StockError, AccessError
            As the step's own rules have it.
        """
        if step == "revise":
            self.begin_revision()
        else:
            self.kept.take(step, reason)

    def enter_terms(self, view: QuoteView, terms: Terms) -> None:
        """Enter client, introducer and lines of a quote again, for a new one."""
        self.form = form_of(view, terms)
        self.kept.show("")
        self._forget_work()
        self.tell()

    def close_quote(self) -> None:
        """Leave the quote that is shown, for a new one."""
        self.kept.show("")
        self._forget_work()
        self.tell()

    def get_state(self) -> dict[str, Any]:
        """Return what was entered as plain values."""
        revising = "" if self.revising is None else self.revising.reference
        return {"form": asdict(self.form), "reference": self.reference, "revising": revising}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Enter again what was entered."""
        form = form_from_dict(state["form"])
        self.kept.show("")
        self._forget_work()
        self.form = form
        if shown := state["reference"] or state["revising"]:
            self.open(shown)
        if state["revising"]:
            self.begin_revision()
            self.form = form
        self.tell()

    @property
    def _revised_reference(self) -> str:
        return "" if self.revising is None else self.revising.reference

    def _base(self) -> _Base:
        """Return what is quoted: that of the quote that is revised, or of the result."""
        base = self._find_base()
        if base is None:
            raise InputError(Finding(_NO_PLAN, "Go back to Optimise."))
        return base

    def _find_base(self) -> _Base | None:
        if self._revised is not None:
            return self._revised
        result = self.session.result
        scenario, plan = result.scenario, result.plan
        if scenario is None or plan is None:
            return None
        need = Need(scenario.requirement, scenario.site, scenario.policy, Terms())
        return _Base(need, plan, scenario.market.snapshot)

    def _agreed_content(self) -> QuoteContent:
        """Return what is to be kept, or every reason why it can't be."""
        findings: list[Finding] = []
        if self.content is None:
            message = "The quote hasn't been worked out yet, or its terms have changed since."
            findings.append(Finding(message, "Work it out, look at it, then keep it."))
        elif self.needs_consent and not self.agreed:
            message = "The purchase isn't the one that you were shown."
            remedy = "Agree to it above, or go back and search again."
            findings.append(Finding(message, remedy))
        if self.revising is None:
            findings += text_problems({"project": self.form.project}, LONGEST_NAME, one_line=True)
            try:
                Customer(**asdict(self.form.client))
            except InputError as error:
                findings += error.findings
        if findings or self.content is None:
            raise InputError(findings)
        return self.content

    @contextmanager
    def _on_seen_market(self) -> Iterator[None]:
        """Show no quote any longer whose stock turns out to be gone."""
        try:
            yield
        except StockError:
            self._content, self.agreed = None, False
            self.tell()
            raise

    def _reprice_at_once(self, had: QuoteContent, market: Market) -> None:
        """Work out again what needs no search; what can't be is said once it is asked for."""
        try:
            need = replace(had.need, terms=self._terms())
            if need.scenario_on(market).digest == had.plan.scenario:
                self._content, self._need = reprice(need, market, had.plan), need
        except InputError:
            # Half a line is typed: work_out names what is missing.
            return

    def _forget_work(self) -> None:
        self._content, self.agreed = None, False
        self.revising = self._revised = self._shown = self._need = self._market = None
        self.working = Running(self.services)

    def _take_answer(self) -> None:
        job = self.working.job
        if job is None or not job.has_result or not job.is_finished or self._content is not None:
            return
        if self._need is None or self._market is None:
            return
        plan = self.services.desk.plan(job.id)
        # Terms that were changed while it ran belong to another search.
        if self._need.scenario_on(self._market).digest == plan.scenario:
            self._content = reprice(self._need, self._market, plan)

    def _terms(self) -> Terms:
        charges, outside = lines_of(self.form)
        return terms_for(
            self.services.store,
            self.services.settings,
            introducer=self.form.introducer,
            surplus_offset=self.form.surplus_offset,
            outside=outside,
            charges=charges,
        )


def _same_purchase(one: Plan, other: Plan) -> bool:
    """Return whether two plans buy the same at the same cost."""

    def bought(plan: Plan) -> object:
        lines = [(line.stock_id, line.units, line.cost_gbp) for line in plan.purchases]
        credits = [(line.ledger, line.tier, line.credits, line.cost_gbp) for line in plan.credits]
        return sorted(lines), sorted(credits), plan.total_gbp

    return bought(one) == bought(other)
