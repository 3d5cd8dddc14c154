"""The session of one page: its steps in order, and runs opened again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bng_opt.app.signals import Signal
from bng_opt.app.state.history import History
from bng_opt.app.state.market import MarketStep
from bng_opt.app.state.metric import MetricStep
from bng_opt.app.state.optimise import OptimiseStep
from bng_opt.app.state.quote import QuoteStep
from bng_opt.app.state.result import ResultStep
from bng_opt.app.state.site import SiteStep
from bng_opt.errors import BngOptError, Finding, InputError

if TYPE_CHECKING:
    from bng_opt.app.services import Services
    from bng_opt.app.state.step import Step

FORM = 1
"""Of a session's state."""


class Session:
    """All that one page knows.

    Parameters
    ----------
    services
        Store, jobs, cache, and who acts.

    Attributes
    ----------
    current
        The key of the step that is shown, or ``"history"``.
    changed
        Tells which step has changed, or None where the page shows another step.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.changed: Signal[Step | None] = Signal()
        self.metric = MetricStep(self)
        self.site = SiteStep(self)
        self.market = MarketStep(self)
        self.optimise = OptimiseStep(self)
        self.result = ResultStep(self)
        self.quote = QuoteStep(self)
        self.history = History(self)
        self.current = self.metric.key
        for step in self.steps:
            step.changed.connect(self.changed.send)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return the steps in the order in which they are taken."""
        return (self.metric, self.site, self.market, self.optimise, self.result, self.quote)

    def blockers(self, key: str) -> tuple[str, ...]:
        """Return what is missing before a step can begin: all blockers of the steps before."""
        missing: list[str] = []
        for step in self.steps:
            if step.key == key:
                break
            missing += step.blockers()
        return tuple(missing)

    def go(self, key: str) -> None:
        """Show a step, or the history. Looking back loses nothing; looking ahead is allowed."""
        if key not in {step.key for step in self.steps} | {History.key}:
            raise InputError(Finding(f'There is no step "{key}".', "Choose one of the steps."))
        self.current = key
        self.changed.send(None)

    def neighbour(self, ahead: int) -> Step | None:
        """Return the step so many after the one that is shown; None beyond the ends."""
        keys = [step.key for step in self.steps]
        if self.current not in keys:
            return None
        place = keys.index(self.current) + ahead
        return self.steps[place] if 0 <= place < len(keys) else None

    def open_run(self, job_id: str) -> None:
        """Show a stored run: its need, site, market and wishes are entered, its plan is shown.

        Raises
        ------
        InputError
            If there is no such run, or it isn't about one site.
        StoreError
            If it can't be read.
        """
        job = self.services.desk.get(job_id)
        asked = self.services.desk.question(job_id).scenario
        self.metric.take(asked.requirement)
        self.site.take(asked.site)
        self.market.take(asked.market)
        self.optimise.take(asked.policy, job)
        self.go(self.result.key if job.is_finished else self.optimise.key)

    def get_state(self) -> dict[str, Any]:
        """Return the session as plain values (JSON), by step."""
        steps = {step.key: step.get_state() for step in self.steps}
        return {"form": FORM, "current": self.current, "steps": steps}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Enter a session again, as far as it still can be.

        Raises
        ------
        InputError
            With what couldn't be entered again; the rest is.
        """
        if state.get("form") != FORM:
            remedy = "Begin anew; runs and quotes are in the history."
            raise InputError(Finding("The page's draft is of another version.", remedy))
        findings: list[Finding] = []
        for step in self.steps:
            if (entered := state["steps"].get(step.key)) is None:
                continue
            try:
                step.set_state(entered)
            except BngOptError as error:
                findings += error.findings
        self.go(state["current"])
        if findings:
            raise InputError(findings)
