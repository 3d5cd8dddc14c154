"""The step Optimise: the buyer's wishes, and the search that is started with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from bng_opt.app.state.plain_words import in_plain_words
from bng_opt.app.state.running import Running
from bng_opt.app.state.step import Step
from bng_opt.app.state.wishes import Wishes, policy_of, wishes_from_dict, wishes_of
from bng_opt.errors import Finding, InputError
from bng_opt.optimiser.policy import Mode, Policy
from bng_opt.quantities import counted, pounds
from bng_opt.reference import nearest
from bng_opt.runtime.job import Job, JobKind

if TYPE_CHECKING:
    from bng_opt.app.state.session import Session
    from bng_opt.market import Bank

BankList = Literal["must_use", "must_not_use"]

_MODES = {Mode.STATUTORY: "Statutory", Mode.LIKE_FOR_LIKE: "Like for like"}


class OptimiseStep(Step):
    """Wishes as they are typed, the policy that they make, and the job that searches.

    Attributes
    ----------
    wishes
        What was entered, right or wrong.
    running
        The job that is watched.
    """

    key: ClassVar[str] = "optimise"
    title: ClassVar[str] = "Optimise"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.wishes = Wishes()
        self.running = Running(self.services)
        self._policy = Policy()

    @property
    def policy(self) -> Policy:
        """Return the policy of the last wishes that could be."""
        return self._policy

    @property
    def job(self) -> Job | None:
        """Return the job that was started or opened last; None without one."""
        return self.running.job

    @property
    def run_id(self) -> str:
        """Return the id of the job; empty without one."""
        return "" if self.job is None else self.job.id

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return every wish that can't be, banks that the market doesn't have included."""
        return (*self._wrong(self.wishes), *self._unknown_banks())

    @property
    def failure(self) -> tuple[Finding, ...]:
        """Return why the search failed, and what would help; nothing if it didn't."""
        if self.job is None or not self.job.is_finished:
            return ()
        return in_plain_words(self.job.error, self.session.market.market)

    def blockers(self) -> tuple[str, ...]:
        """Return what is missing before there is a result to show."""
        job = self.job
        if job is None:
            return ("Start the search.",)
        if not job.is_finished:
            return ("Wait until the search has ended, or stop it.",)
        if not job.has_result:
            return ("The search gave no purchase: change the inputs and start it again.",)
        return ()

    def summary(self) -> str:
        """Return the wishes, or how the search stands."""
        job = self.job
        if job is None:
            return self._wishes_in_short()
        total = (job.best or {}).get("total_gbp")
        if job.has_result and total is not None:
            return f"{self.running.title}: {pounds(total)}"
        if not job.is_finished:
            return "Searching" + ("" if total is None else f": {pounds(total)} so far")
        return self.running.title

    def wish(self, **wishes: Any) -> None:
        """Enter wishes as they are typed (:class:`Wishes`).

        What can't be is kept as it was typed, said by :attr:`findings`, and the policy stays
        as it was; no search starts with it.
        """
        self.wishes = self.wishes.changed(**wishes)
        if not self._wrong(self.wishes):
            self._policy = policy_of(self.wishes)
        self.tell()

    def bank_labels(self) -> tuple[str, ...]:
        """Return the market's banks as they are chosen from, by name."""
        return tuple(sorted(map(bank_label, self._banks())))

    def label_of(self, bank_id: str) -> str:
        """Return what a bank is called; its id if the market doesn't have it."""
        found = (bank for bank in self._banks() if bank.bank_id == bank_id)
        return next(map(bank_label, found), bank_id)

    def add_bank(self, which: BankList, text: str) -> None:
        """Put a bank of the market on one of the two lists, by its label, name or id.

        Raises
        ------
        InputError
            If there is no such bank, or several of that name, or it is on the other list.
        """
        bank = self._find_bank(text)
        other: BankList = "must_not_use" if which == "must_use" else "must_use"
        if bank.bank_id in getattr(self.wishes, other):
            message = f"{bank_label(bank)} is on the other list: it can't be required and excluded."
            raise InputError(Finding(message, "Take it out there first."))
        chosen = dict.fromkeys((*getattr(self.wishes, which), bank.bank_id))
        self.wish(**{which: tuple(chosen)})

    def remove_bank(self, which: BankList, bank_id: str) -> None:
        """Take a bank off a list."""
        left = tuple(each for each in getattr(self.wishes, which) if each != bank_id)
        self.wish(**{which: left})

    def take(self, policy: Policy, job: Job | None) -> None:
        """Enter the policy of a stored run and watch its job."""
        self.running = Running(self.services, job)
        self._policy, self.wishes = policy, wishes_of(policy)
        self.tell()

    def start(self) -> None:
        """Start the search on what was entered in this step and those before it.

        Raises
        ------
        InputError
            With all that is missing or can't be.
        StoreError
            If it can't be queued.
        """
        if self.running.is_running:
            remedy = "Wait for its end, or stop it first."
            raise InputError(Finding("A search is under way already.", remedy))
        remedy = "Go back to it; nothing is lost."
        missing = [Finding(each, remedy) for each in self.session.blockers(self.key)]
        if findings := [*missing, *self.findings]:
            raise InputError(findings)
        self.running.start(self._submit)
        self._tell_and_go_on()

    def refresh_job(self) -> bool:
        """Look at the job, tell if anything is new, and return whether it still runs.

        Once it has ended with a plan, the page goes on to the result, if it still shows this
        step.
        """
        before = self._standing()
        runs = self.running.refresh()
        if self._standing() != before:
            self._tell_and_go_on()
        return runs

    def stop_and_keep(self) -> None:
        """Stop the search; the best plan that it has becomes the result.

        Raises
        ------
        InputError
            If others wait for the same search.
        """
        self.running.stop()
        self.tell()

    def stop_and_discard(self) -> None:
        """Stop the search, and forget it here."""
        self.running.leave()
        self.tell()

    def get_state(self) -> dict[str, Any]:
        """Return the wishes and which job is watched."""
        return {"wishes": self.wishes.as_dict(), "job": self.run_id}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Enter wishes again and watch the same job.

        Raises
        ------
        InputError
            If the wishes can't be read; or if the store has no such job any more, in which
            case the wishes are entered without it.
        """
        self.wishes = wishes_from_dict(state["wishes"])
        if not self._wrong(self.wishes):
            self._policy = policy_of(self.wishes)
        try:
            job = self.services.desk.get(state["job"]) if state["job"] else None
            self.running = Running(self.services, job)
        finally:
            self.tell()

    def _submit(self) -> Job:
        session = self.session
        requirement, market, site = session.metric.requirement, session.market.market, session.site
        if requirement is None or market is None or site.site is None:
            raise AssertionError("no blockers, yet something is missing")
        return self.services.desk.submit_scenario(
            JobKind.OPTIMISE,
            requirement,
            market,
            site.site,
            self._policy,
            by=self.services.by,
            cache=not self.wishes.anew,
        )

    def _tell_and_go_on(self) -> None:
        """Tell of the job, and show the result if there is one and the page waits for it here."""
        self.tell()
        job, session = self.job, self.session
        if job is not None and job.is_finished and job.has_result and session.current == self.key:
            session.go(session.result.key)

    def _standing(self) -> tuple[object, ...]:
        return (self.running.title, *self.running.lines())

    def _wrong(self, wishes: Wishes) -> tuple[Finding, ...]:
        try:
            policy_of(wishes)
        except InputError as error:
            return error.findings
        return ()

    def _unknown_banks(self) -> tuple[Finding, ...]:
        """Return a finding for each bank of the lists that the market doesn't have."""
        if self.session.market.market is None:
            return ()
        known = {bank.bank_id for bank in self._banks()}
        named = {*self.wishes.must_use, *self.wishes.must_not_use}
        return tuple(
            Finding(f"Bank {bank_id} isn't on this market.", "Take it out of the wishes.")
            for bank_id in sorted(named - known)
        )

    def _banks(self) -> tuple[Bank, ...]:
        market = self.session.market.market
        return () if market is None else market.banks

    def _find_bank(self, text: str) -> Bank:
        wanted = text.strip().casefold()
        found = [
            bank
            for bank in self._banks()
            if wanted in (bank_label(bank).casefold(), bank.bank_id.casefold())
        ] or [bank for bank in self._banks() if wanted == bank.name.casefold()]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(bank.bank_id for bank in found)
            message = f'Several banks are called "{text.strip()}".'
            raise InputError(Finding(message, f"Choose one by its id: {ids}."))
        labels = self.bank_labels()
        near = "; ".join(nearest(text.strip(), labels)) if labels else ""
        remedy = f"The nearest are: {near}." if near else "Choose a market first."
        raise InputError(Finding(f'The market has no bank "{text.strip()}".', remedy))

    def _wishes_in_short(self) -> str:
        most = self._policy.max_banks
        limit = "" if most is None else f", at most {counted(most)}"
        return f"{_MODES[self._policy.mode]}{limit}"


def bank_label(bank: Bank) -> str:
    """Return what a bank is called where it is chosen from many."""
    return f"{bank.name} ({bank.bank_id})"
