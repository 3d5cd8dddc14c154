"""The step Result: what to buy, the proof, and everything one asks of it next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from bng_opt.app.state.around import Around, read_around
from bng_opt.app.state.changes import describe_changes
from bng_opt.app.state.comparisons import Comparison, compare
from bng_opt.app.state.plain_words import in_plain_words, proof_of
from bng_opt.app.state.running import Running
from bng_opt.app.state.step import Step
from bng_opt.app.state.why_not import WhyNot, explain_bank
from bng_opt.errors import BngOptError, Finding, InputError
from bng_opt.optimiser.plan import Plan, PlanStatus
from bng_opt.optimiser.scenario import Scenario
from bng_opt.quantities import counted, pounds
from bng_opt.runtime.job import Job, JobKind

if TYPE_CHECKING:
    from bng_opt.app.state.session import Session
    from bng_opt.certificate import FiledPlan

NO_RESULT = "There is no purchase to show yet: start a search in the step before."


@dataclass(frozen=True)
class NoResult:
    """Why there is nothing to show, and what would help.

    Attributes
    ----------
    title, lines
        How things stand, in words.
    findings
        What is wrong, each with its remedy.
    """

    title: str
    lines: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


class ResultStep(Step):
    """The plan of the run that the step Optimise watches, always beside its own scenario.

    Attributes
    ----------
    bank
        The id of the bank that is looked at, empty for none.
    trouble
        Why the plan couldn't be read from the store; nothing if it could.
    """

    key: ClassVar[str] = "result"
    title: ClassVar[str] = "Result"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.bank = ""
        self.trouble: tuple[Finding, ...] = ()
        self._run: tuple[str, str] | None = None
        self._plan: Plan | None = None
        self._scenario: Scenario | None = None
        self._more = Running(self.services)
        self._around: tuple[str, Around] | None = None
        self._changes: tuple[tuple[object, ...], tuple[str, ...]] | None = None

    @property
    def plan(self) -> Plan | None:
        """Return the plan of the run; None while there is none."""
        self._read()
        return self._plan

    @property
    def scenario(self) -> Scenario | None:
        """Return what the plan is the answer to; None while there is none."""
        self._read()
        return self._scenario

    @property
    def more(self) -> Running:
        """Return the job that looks for comparisons and alternatives around the plan."""
        self._read()
        return self._more

    @property
    def no_result(self) -> NoResult | None:
        """Return why there is no plan to show; None where there is one."""
        if self.plan is not None:
            return None
        if self.trouble:
            return NoResult("The result can't be read now", (), self.trouble)
        optimise = self.session.optimise
        job = optimise.job
        if job is None:
            missing = self.session.blockers(optimise.key)
            return NoResult("No search has been started", missing or (NO_RESULT,))
        if not job.is_finished:
            lines = ("The search is still under way.", *optimise.running.lines())
            return NoResult(optimise.running.title, lines)
        ended = optimise.running.lines() or ("It ended without a purchase.",)
        return NoResult(optimise.running.title, ended, optimise.failure)

    @property
    def proof(self) -> str:
        """Return the proof in one sentence; empty without a plan."""
        return "" if self.plan is None else proof_of(self.plan)

    def blockers(self) -> tuple[str, ...]:
        """Return what is missing before a quote can be made."""
        return (NO_RESULT,) if self.plan is None else ()

    def summary(self) -> str:
        """Return the total and from how many banks."""
        plan = self.plan
        return "" if plan is None else f"{pounds(plan.total_gbp)}, {counted(len(plan.banks))}"

    def read_again(self) -> None:
        """Read the plan again that couldn't be read."""
        self._run = None
        self.tell()

    def stale(self) -> tuple[str, ...]:
        """Return what was changed in the steps before since the search, each in words."""
        asked, plan = self.scenario, self._plan
        if asked is None or plan is None:
            return ()
        session = self.session
        pieces = (
            session.metric.requirement or asked.requirement,
            session.market.market or asked.market,
            session.site.site or asked.site,
            session.optimise.policy,
        )
        looked_at = (asked, *pieces)
        if self._changes is None or not _are_same(self._changes[0], looked_at):
            is_proven = plan.status is PlanStatus.OPTIMAL
            found = describe_changes(asked, Scenario(*pieces), is_proven=is_proven)
            self._changes = (looked_at, found)
        return self._changes[1]

    def choose_bank(self, bank_id: str) -> None:
        """Look at one bank, on the map and in the tables; an empty id looks at none."""
        if bank_id != self.bank:
            self.bank = bank_id
            self.tell()

    def why_not(self, bank_id: str) -> WhyNot | None:
        """Return why the plan doesn't buy from a bank, or what it buys there.

        None without a plan, or where its market doesn't have the bank.
        """
        plan, scenario = self.plan, self.scenario
        if plan is None or scenario is None:
            return None
        bank = next((each for each in scenario.market.banks if each.bank_id == bank_id), None)
        if bank is None:
            return None
        around = self.around
        return explain_bank(bank, plan, scenario, () if around is None else around.entries)

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Return the plan beside simpler means, as far as they are known."""
        plan, scenario, around = self.plan, self.scenario, self.around
        if plan is None or scenario is None:
            return ()
        return compare(plan, scenario.requirement, () if around is None else around.means)

    @property
    def around(self) -> Around | None:
        """Return what the second job found; None while it has found nothing."""
        job, scenario = self.more.job, self.scenario
        if scenario is None or job is None or not job.is_finished or not job.has_result:
            return None
        if self._around is None or self._around[0] != job.id:
            document = self.services.desk.result(job.id)
            self._around = (job.id, read_around(document, scenario.market))
        return self._around[1]

    @property
    def failure_of_more(self) -> tuple[Finding, ...]:
        """Return why the second job failed, and what would help; nothing if it didn't."""
        job, scenario = self.more.job, self.scenario
        if job is None or scenario is None or not job.is_finished or job.has_result:
            return ()
        return in_plain_words(job.why_no_result, scenario.market)

    @property
    def is_dearer_than_found(self) -> bool:
        """Return whether the second job, which searches too, found a cheaper purchase."""
        plan, around = self.plan, self.around
        return plan is not None and around is not None and around.total_gbp < plan.total_gbp

    def start_more(self) -> None:
        """Look for comparisons and alternatives, unless that was done or is under way.

        Raises
        ------
        InputError
            If there is no plan.
        StoreError
            If it can't be queued.
        """
        scenario = self.scenario
        if scenario is None:
            raise InputError(Finding(NO_RESULT, "Go back to Optimise."))
        if self.more.is_running or self.around is not None:
            return
        self.more.start(
            lambda: self.services.desk.submit_scenario(
                JobKind.REPORT,
                scenario.requirement,
                scenario.market,
                scenario.site,
                scenario.policy,
                by=self.services.by,
            )
        )
        self.tell()

    def refresh_more(self) -> bool:
        """Look at the second job, tell if anything is new, and return whether it still runs."""
        before = (self.more.title, *self.more.lines())
        runs = self.more.refresh()
        if (self.more.title, *self.more.lines()) != before:
            self.tell()
        return runs

    def stop_more(self) -> None:
        """Stop looking, and forget it here."""
        self.more.leave()
        self.tell()

    def take_found(self) -> None:
        """Show the cheaper purchase that the second job found.

        Raises
        ------
        InputError
            If it found none.
        """
        job = self.more.job
        if job is None or not self.is_dearer_than_found:
            raise InputError(Finding("Nothing cheaper was found.", "Keep what is shown."))
        self.session.optimise.take(self.session.optimise.policy, job)
        self.tell()

    def files(self) -> dict[str, bytes]:
        """Return the plan's files by name, and what was found around it for reading.

        Raises
        ------
        InputError
            If there is no plan.
        """
        from bng_opt.output.files import plan_files

        plan, around = self.plan, self.around
        if plan is None:
            raise InputError(Finding(NO_RESULT, "Go back to Optimise."))
        more = {} if around is None else {"alternatives.txt": around.text.encode()}
        return {**plan_files(plan), **more}

    def filed(self) -> FiledPlan:
        """Return the metric workbook with the purchase filled in, left to be calculated.

        Raises
        ------
        InputError
            If there is no plan, or no workbook to fill in, or it can't be filled in.
        """
        from bng_opt.app.state.filed import workbook_of
        from bng_opt.certificate import file_plan

        plan, scenario = self.plan, self.scenario
        if plan is None or scenario is None:
            raise InputError(Finding(NO_RESULT, "Go back to Optimise."))
        name, content = workbook_of(self.session.metric.workbook)
        return file_plan(
            plan, scenario.market, content, name,
            requirement=scenario.requirement, calculate=False,
        )  # fmt: skip

    def get_state(self) -> dict[str, Any]:
        """Return which bank is looked at, and which job looks around the plan of which run."""
        more = "" if self.more.job is None else self.more.job.id
        return {"bank": self.bank, "more": more, "run": self.session.optimise.run_id}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Look at the same bank again, and watch the same job.

        Raises
        ------
        InputError
            If the store has no such job any more; the plan is shown without it.
        """
        self._read()
        self.bank = str(state["bank"])
        try:
            if state["more"] and state["run"] == self.session.optimise.run_id:
                self._more = Running(self.services, self.services.desk.get(state["more"]))
        finally:
            self.tell()

    def _read(self) -> None:
        """Read the plan of the run, once for each result."""
        job = self.session.optimise.job
        run = None if job is None or job.result_key is None else (job.id, job.result_key)
        if run == self._run:
            return
        self._run = run
        self._plan, self._scenario, self.trouble = None, None, ()
        self._more, self.bank = Running(self.services), ""
        if job is None or run is None:
            return
        try:
            plan = self.services.desk.plan(job.id)
            self._scenario, self._plan = self._asked(job, plan), plan
        except BngOptError as error:
            # Said by no_result: the list of steps has to stay usable.
            self.trouble = error.findings
            return
        if job.kind is not JobKind.OPTIMISE:
            self._more = Running(self.services, job)

    def _asked(self, job: Job, plan: Plan) -> Scenario:
        """Return what a run was asked: what stands in the steps, if that is the same."""
        session = self.session
        need, site, market = session.metric.requirement, session.site.site, session.market.market
        if need is not None and site is not None and market is not None:
            here = Scenario(need, market, site, session.optimise.policy)
            if here.digest == plan.scenario:
                return here
        return self.services.desk.question(job.id).scenario


def _are_same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Return whether all are the very same objects, in order."""
    return all(a is b for a, b in zip(one, other, strict=True))
