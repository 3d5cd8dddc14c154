"""The step Result: what to buy, the proof, and everything one asks of it next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from bng_opt.app.state.running import Running
from bng_opt.app.state.step import Step
from bng_opt.errors import Finding, InputError
from bng_opt.optimiser.baselines import price_by_credits
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.scenario import Scenario
from bng_opt.output.files import plan_files
from bng_opt.quantities import counted, pounds
from bng_opt.runtime.job import JobKind

if TYPE_CHECKING:
    from bng_opt.app.state.session import Session

NO_RESULT = "There is no purchase to show yet: start a search in the step before."
_WORDS = {
    "like for like": "the cheapest like-for-like purchase (trading tested after the multiplier)",
    "cheapest first": "buying the cheapest offer for each need in turn, as spreadsheets do",
    "single bank": "buying everything from one bank",
    "statutory credits": "statutory biodiversity credits for the whole need",
}


@dataclass(frozen=True)
class Comparison:
    """The plan beside a simpler means.

    Attributes
    ----------
    total_gbp, saving_gbp
        What it costs, and what the plan saves [GBP]; None where it isn't to be had.
    note
        Why it isn't, or what the figure leaves out.
    """

    words: str
    total_gbp: Decimal | float | None
    saving_gbp: Decimal | float | None
    note: str = ""


class ResultStep(Step):
    """The plan of the run that the step Optimise shows.

    Attributes
    ----------
    more
        The job that looks for comparisons and alternatives.
    bank
        The bank that is looked at, empty for none.
    """

    key: ClassVar[str] = "result"
    title: ClassVar[str] = "Result"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.more = Running(self.services)
        self.bank = ""
        self._run: tuple[str, str] | None = None
        self._plan: Plan | None = None
        self._scenario: Scenario | None = None
        self._found: tuple[str, Mapping[str, Any]] | None = None

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

    def blockers(self) -> tuple[str, ...]:
        """Return what is missing before a quote can be made."""
        return (NO_RESULT,) if self.plan is None else ()

    def summary(self) -> str:
        """Return the total."""
        plan = self.plan
        return "" if plan is None else f"{pounds(plan.total_gbp)}, {counted(len(plan.banks))}"

    def stale(self) -> tuple[str, ...]:
        """Return what was changed in the steps before since the search, each in words."""
        scenario, session = self.scenario, self.session
        if scenario is None:
            return ()
        need, site = session.metric.requirement, session.site.site
        market, policy = session.market.market, session.optimise.policy
        now = Scenario(
            scenario.requirement if need is None else need,
            scenario.market if market is None else market,
            scenario.site if site is None else site,
            policy,
        )
        if now.digest == scenario.digest:
            return ()
        parts = {
            "the need": Scenario(now.requirement, scenario.market, scenario.site, scenario.policy),
            "the site": Scenario(scenario.requirement, scenario.market, now.site, scenario.policy),
            "the market": Scenario(
                scenario.requirement, now.market, scenario.site, scenario.policy
            ),
            "the wishes": Scenario(
                scenario.requirement, scenario.market, scenario.site, now.policy
            ),
        }
        return tuple(name for name, each in parts.items() if each.digest != scenario.digest)

    def choose_bank(self, bank_id: str) -> None:
        """Look at one bank, on the map and in the tables; an empty id looks at none."""
        if bank_id != self.bank:
            self.bank = bank_id
            self.tell()

    def why_not(self, bank_id: str) -> tuple[str, ...]:
        """Return why a bank was not chosen, line by line, or what is bought there."""
        plan, scenario = self.plan, self.scenario
        if plan is None or scenario is None:
            return ()
        bought = [line for line in plan.purchases if line.bank_id == bank_id]
        if bought:
            return tuple(
                f"{line.habitat}: {line.units} units are bought for {pounds(line.cost_gbp)}."
                for line in bought
            )
        if bank_id in scenario.policy.must_not_use:
            return ("Your wishes leave this bank out.",)
        reasons = [each for each in plan.not_chosen if each.bank_id == bank_id]
        if not reasons:
            return ("It sells nothing that may serve what is needed.",)
        return tuple(f"{each.habitat}: {each.reason}." for each in reasons)

    @property
    def credits(self) -> Comparison | None:
        """Return the plan beside statutory credits, worked out at once."""
        plan, scenario = self.plan, self.scenario
        if plan is None or scenario is None:
            return None
        found = price_by_credits(scenario.requirement)
        saving = None if found.total_gbp is None else found.total_gbp - plan.total_gbp
        return Comparison(_WORDS[found.kind.value], found.total_gbp, saving, found.reason)

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Return the plan beside simpler means, as far as they are known."""
        found = self.findings_of_more
        if found is None:
            return () if self.credits is None else (self.credits,)
        return tuple(
            Comparison(_WORDS[row["baseline"]], row["total_gbp"], row["saving_gbp"], row["reason"])
            for row in found["baselines"]["baselines"]
        )

    @property
    def findings_of_more(self) -> Mapping[str, Any] | None:
        """Return what the second job found; None while it has found nothing."""
        job = self.more.job
        if job is None or not job.has_result or not job.is_finished:
            return None
        if self._found is None or self._found[0] != job.id:
            self._found = (job.id, self.services.desk.result(job.id))
        return self._found[1]

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
        if self.more.is_running or self.findings_of_more is not None:
            return
        self.more.start(
            lambda: self.services.desk.submit_scenario(
                JobKind.REPORT, scenario.requirement, scenario.market, scenario.site,
                scenario.policy, by=self.services.by,
            )
        )  # fmt: skip
        self.tell()

    def refresh_more(self) -> bool:
        """Look at the second job, tell if it has moved, and return whether it still runs."""
        before = (self.more.title, self.more.lines())
        runs = self.more.refresh()
        if (self.more.title, self.more.lines()) != before or not runs:
            self.tell()
        return runs

    def files(self) -> dict[str, bytes]:
        """Return the plan's files by name.

        Raises
        ------
        InputError
            If there is no plan.
        """
        plan = self.plan
        if plan is None:
            raise InputError(Finding(NO_RESULT, "Go back to Optimise."))
        return plan_files(plan)

    def get_state(self) -> dict[str, Any]:
        """Return what was chosen."""
        return {"bank": self.bank}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Choose again what was chosen."""
        self.bank = str(state["bank"])
        self.tell()

    def _read(self) -> None:
        """Read the plan of the run, once for each result."""
        job = self.session.optimise.job
        run = None if job is None or not job.is_finished or not job.result_key else (
            job.id, job.result_key,
        )  # fmt: skip
        if run == self._run:
            return
        if run is None:
            plan, scenario = None, None
        else:
            plan, scenario = self.services.desk.plan(run[0]), self._asked(run[0])
        self._run, self._plan, self._scenario = run, plan, scenario
        self.more, self.bank = Running(self.services), ""

    def _asked(self, job_id: str) -> Scenario:
        """Return what a run was asked: what stands in the steps, where it is the same."""
        session, asked = self.session, self.services.desk.question(job_id).scenario
        market = session.market.market
        if market is not None and market.snapshot == asked.market.snapshot:
            # One market in memory is enough.
            return Scenario(asked.requirement, market, asked.site, asked.policy)
        return asked
