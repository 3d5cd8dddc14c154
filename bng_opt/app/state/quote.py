"""The step Quote: the deal with a client, worked out, kept, and carried through.

What is kept is what was looked at: a quote is worked out on the store's market of the moment,
and refused if that has changed by the time it is to be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, ClassVar

from bng_opt.app.state.running import Running
from bng_opt.app.state.step import Step
from bng_opt.errors import Finding, InputError
from bng_opt.market.store.customers import Customer, list_customers
from bng_opt.market.store.introducers import list_introducers
from bng_opt.market.store.snapshots import read_market
from bng_opt.market.store.tables import QuoteState, ReservationState, Role
from bng_opt.places import Category, multiplier
from bng_opt.quantities import pounds
from bng_opt.quotes import (
    Charge,
    OutsideLine,
    QuoteView,
    Terms,
    accept_quote,
    cancel_sale,
    release_stock,
    reserve_stock,
    send_quote,
    show_quote,
    terms_for,
    withdraw_quote,
)
from bng_opt.quotes.content import Need, QuoteContent, reprice
from bng_opt.quotes.documents import Documents
from bng_opt.quotes.handing_over import keep_documents
from bng_opt.quotes.lifecycle import approve_quote
from bng_opt.quotes.making import keep_quote
from bng_opt.runtime.job import JobKind

if TYPE_CHECKING:
    from bng_opt.app.state.session import Session

_NO_PLAN = "There is no purchase to quote yet: search for one first."


@dataclass(frozen=True)
class Client:
    """Who buys, as typed."""

    name: str = ""
    company: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""


@dataclass(frozen=True)
class ChargeRow:
    """A charge by hand, as typed."""

    description: str = ""
    amount: str = ""

    @property
    def is_blank(self) -> bool:
        """Return whether nothing was typed."""
        return not (self.description.strip() or self.amount.strip())


@dataclass(frozen=True)
class OutsideRow:
    """Units from outside the market, as typed."""

    description: str = ""
    habitat: str = ""
    units: str = ""
    price: str = ""
    category: str = Category.WITHIN.value
    supplier: str = ""

    @property
    def is_blank(self) -> bool:
        """Return whether nothing was typed."""
        return not (self.description.strip() or self.habitat.strip() or self.units.strip())


@dataclass(frozen=True)
class Form:
    """Everything that was typed of a quote."""

    client: Client = Client()
    project: str = ""
    introducer: str = ""
    surplus_offset: bool = False
    charges: tuple[ChargeRow, ...] = (ChargeRow(),)
    outside: tuple[OutsideRow, ...] = (OutsideRow(),)


class QuoteStep(Step):
    """A quote being made, and what becomes of it.

    Attributes
    ----------
    form
        What was typed.
    working
        The job that finds the purchase at the client's prices.
    content
        What was worked out; None before that, and once the form has changed.
    reference
        Of the quote that was kept or opened; empty for none.
    documents
        Those that were made last.
    """

    key: ClassVar[str] = "quote"
    title: ClassVar[str] = "Quote"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.form = Form()
        self.working = Running(self.services)
        self.content: QuoteContent | None = None
        self.reference = ""
        self.documents: Documents | None = None
        self._need: Need | None = None
        self._market: Any = None

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
    def view(self) -> QuoteView | None:
        """Return the quote that was kept or opened, as it stands now."""
        return show_quote(self.services.book, self.reference) if self.reference else None

    def customers(self) -> tuple[Customer, ...]:
        """Return the store's customers by name."""
        return list_customers(self.services.store)

    def introducers(self) -> tuple[str, ...]:
        """Return the names of the introducers' accounts that are open."""
        return tuple(each.name for each in list_introducers(self.services.store) if each.active)

    def fill(self, **changed: Any) -> None:
        """Enter parts of the form; what was worked out then no longer holds."""
        form = replace(self.form, **changed)
        if form != self.form:
            self.form = form
            self.content = None
            self.tell()

    def choose_customer(self, customer: Customer) -> None:
        """Enter a customer of the store."""
        known = asdict(customer)
        self.fill(client=Client(**{name: known[name] for name in asdict(Client())}))

    def work_out(self) -> None:
        """Find the purchase at the client's prices on the market as it is now.

        The answer is that of the run, at once, where prices and market are the same.

        Raises
        ------
        InputError
            With all that can't be in the form, or if there is no plan.
        StoreError
            If the store can't be used.
        """
        scenario = self.session.result.scenario
        if scenario is None:
            raise InputError(Finding(_NO_PLAN, "Go back to Optimise."))
        charges, outside = self._lines()
        terms = terms_for(
            self.services.store,
            self.services.settings,
            introducer=self.form.introducer,
            surplus_offset=self.form.surplus_offset,
            outside=outside,
            charges=charges,
        )
        need = Need(scenario.requirement, scenario.site, scenario.policy, terms)
        market = read_market(self.services.store)
        if not market.stock:
            remedy = "Import one: bng-opt market import FOLDER. Quotes are made on its stock alone."
            raise InputError(Finding("The store has no market to quote from.", remedy))
        asked = need.scenario_on(market)
        self.content, self._need, self._market = None, need, market
        self.working.start(
            lambda: self.services.desk.submit_scenario(
                JobKind.OPTIMISE, asked.requirement, asked.market, asked.site, asked.policy,
                by=self.services.by,
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
    def change(self) -> str:
        """Return how what was worked out differs from the result that was shown, in words."""
        plan, content = self.session.result.plan, self.content
        if plan is None or content is None or content.plan.scenario == plan.scenario:
            return ""
        why = "The client's prices or lines from outside the market change the purchase"
        if content.list_market.snapshot != self._result_market():
            why = "The store's market is another one than that of your search"
        return (
            f"{why}: it now costs {pounds(content.plan.total_gbp)} at the client's prices, "
            f"where the result showed {pounds(plan.total_gbp)}."
        )

    def keep(self, *, reserve: bool) -> None:
        """Keep what was worked out as a draft, with its stock reserved or without.

        Raises
        ------
        InputError
            If nothing was worked out, or the client can't be.
        StockError
            If the market has changed meanwhile: nothing is kept then.
        AccessError
            If who acts may only look.
        """
        if self.content is None:
            message = "The quote hasn't been worked out yet, or the form has changed since."
            raise InputError(Finding(message, "Work it out, look at it, then keep it."))
        customer = Customer(**asdict(self.form.client))
        self.reference = keep_quote(
            self.services.book,
            self.content,
            customer,
            introducer=self.form.introducer,
            project=self.form.project.strip(),
            reserve=reserve,
            as_seen=True,
        )
        self.documents = None
        self.tell()

    def open(self, reference: str) -> None:
        """Show a quote of the store.

        Raises
        ------
        InputError
            If there is none of this reference.
        """
        view = show_quote(self.services.book, reference)
        self.reference, self.documents, self.content = view.reference, None, None
        self.tell()

    def enter_terms(self, view: QuoteView, terms: Terms) -> None:
        """Enter client, introducer and lines of a quote again, for a new one."""
        party = view.customer
        self.form = Form(
            Client(party.name, party.company, party.email, party.phone, party.address),
            view.project,
            view.introducer,
            terms.surplus_offset,
            (*(ChargeRow(each.description, str(each.amount_gbp)) for each in terms.charges),)
            or (ChargeRow(),),
            (*map(_outside_row, terms.outside),) or (OutsideRow(),),
        )
        self.content, self.reference, self.documents = None, "", None
        self.tell()

    def close_quote(self) -> None:
        """Leave the quote that is shown, for a new one."""
        self.reference, self.documents = "", None
        self.tell()

    def steps(self) -> tuple[str, ...]:
        """Return what may be done with the quote now, by name."""
        view = self.view
        if view is None or not self.may_quote:
            return ()
        holds = view.reservation is not None and view.reservation.state is ReservationState.HELD
        found = {
            QuoteState.DRAFT: ("send", "reserve", "withdraw"),
            QuoteState.SENT: ("accept", "reserve", "withdraw"),
            QuoteState.ACCEPTED: ("cancel",),
        }.get(view.state, ())
        return (*found, "release") if holds and view.state in _OPEN else found

    def act(self, step: str, reason: str = "") -> None:
        """Take a step with the quote: send, reserve, release, accept, withdraw or cancel.

        Raises
        ------
        InputError, StockError, AccessError
            As the step's own rules have it.
        """
        book, reference = self.services.book, self.reference
        reasoned: Mapping[str, Callable[..., None]] = {
            "withdraw": withdraw_quote, "cancel": cancel_sale,
        }  # fmt: skip
        plain: Mapping[str, Callable[..., None]] = {
            "send": send_quote, "reserve": reserve_stock, "release": release_stock,
            "accept": accept_quote,
        }  # fmt: skip
        if step in reasoned:
            reasoned[step](book, reference, reason=reason)
        else:
            plain[step](book, reference)
        self.tell()

    def approve(self, approver: str, password: str) -> None:
        """Name who approves a quote of the review threshold or more, by their password.

        Raises
        ------
        AccessError
            If name and password don't fit, or it is no admin.
        """
        from bng_opt.market.store.users import sign_in

        user = sign_in(self.services.store, approver, password)
        approve_quote(self.services.book, self.reference, approver=user.name)
        self.tell()

    def make_documents(self) -> Documents:
        """Make all documents of the quote, and keep them in the store.

        Raises
        ------
        AccessError
            If who acts may only look.
        """
        self.documents = keep_documents(self.services.book, self.reference)
        self.tell()
        return self.documents

    def get_state(self) -> dict[str, Any]:
        """Return what was entered as plain values."""
        return {"form": asdict(self.form), "reference": self.reference}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Enter again what was entered."""
        given = state["form"]
        self.form = Form(
            Client(**given["client"]),
            given["project"],
            given["introducer"],
            given["surplus_offset"],
            tuple(ChargeRow(**each) for each in given["charges"]),
            tuple(OutsideRow(**each) for each in given["outside"]),
        )
        self.reference = ""
        if state["reference"]:
            self.open(state["reference"])
        self.tell()

    def _take_answer(self) -> None:
        job = self.working.job
        if job is None or not job.has_result or not job.is_finished or self.content is not None:
            return
        if self._need is not None:
            plan = self.services.desk.plan(job.id)
            self.content = reprice(self._need, self._market, plan)

    def _result_market(self) -> str:
        scenario = self.session.result.scenario
        return "" if scenario is None else scenario.market.snapshot

    def _lines(self) -> tuple[list[Charge], list[OutsideLine]]:
        """Return charges and outside lines as typed, or every reason why they can't be."""
        findings: list[Finding] = []
        charges, outside = [], []
        for charge in self.form.charges:
            if charge.is_blank:
                continue
            try:
                amount = _decimal(f"The amount of {charge.description!r}", charge.amount)
                charges.append(Charge(charge.description.strip(), amount))
            except InputError as error:
                findings += error.findings
        for line in self.form.outside:
            if line.is_blank:
                continue
            try:
                outside.append(
                    OutsideLine.of(
                        line.description.strip(),
                        line.habitat.strip(),
                        _decimal(f"The units of {line.description!r}", line.units),
                        _decimal(f"The price of {line.description!r}", line.price),
                        Category(line.category),
                        line.supplier.strip(),
                    )
                )
            except InputError as error:
                findings += error.findings
        if findings:
            raise InputError(findings)
        return charges, outside


def _outside_row(line: OutsideLine) -> OutsideRow:
    category = next(each for each in Category if multiplier(each) == line.srm)
    return OutsideRow(
        line.description, line.habitat.name, str(line.units), str(line.price_gbp),
        category.value, line.supplier,
    )  # fmt: skip


_OPEN = (QuoteState.DRAFT, QuoteState.SENT)


def _decimal(name: str, text: str) -> Decimal:
    try:
        return Decimal(text.strip().replace(",", "").removeprefix("£"))
    except InvalidOperation:
        what = f'"{text.strip()}" is no number' if text.strip() else "is blank"
        raise InputError(Finding(f"{name} {what}.", "Write it as 1234.50.")) from None
