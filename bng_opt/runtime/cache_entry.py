"""An entry of the cache: a proven plan as a document, and the plan as one scenario's own.

Equal questions come from projects of other names. So an entry has no title, no site and no
warnings on how the input was read; whoever finds it puts in its own.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import lru_cache

from bng_opt import __version__
from bng_opt.errors import Finding
from bng_opt.optimiser.document import DocumentReader, Form
from bng_opt.optimiser.optimise import verified
from bng_opt.optimiser.plan import Plan, PlanStatus
from bng_opt.optimiser.plan_document import plan_from_dict, plan_to_dict
from bng_opt.optimiser.scenario import Scenario

_FORM = 1
"""Of an entry; another number makes other keys."""

REMEMBERED = 16
"""A process reads so many entries once only, as long as their files say the same; one of all
England's market takes some megabytes."""


def key_of(scenario: Scenario) -> str:
    """Return the key of a scenario's entry: what is asked, and who answers [64 hex digits]."""
    text = f"{_FORM} {__version__} {scenario.question}"
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Entry:
    """What is kept.

    Attributes
    ----------
    kept_at
        When it was kept [s since 1970].
    plan
        Without names.
    """

    key: str
    kept_at: float
    plan: Plan


def write_entry(plan: Plan, scenario: Scenario, now: float) -> bytes:
    """Return the entry of a scenario's plan as JSON.

    Parameters
    ----------
    now
        When it is kept [s since 1970].

    Raises
    ------
    ValueError
        If the plan isn't this scenario's.
    """
    told = _told(scenario)
    if plan.scenario != scenario.digest or plan.warnings[: len(told)] != told:
        raise ValueError("the plan is of another scenario")
    bare = replace(
        plan,
        title="",
        site="",
        scenario="",
        warnings=plan.warnings[len(told) :],
        seconds={},
        cached=False,
    )
    document = {"key": key_of(scenario), "kept_at": now, "plan": plan_to_dict(bare)}
    return json.dumps(document, allow_nan=False, separators=(",", ":")).encode("ascii")


@lru_cache(maxsize=REMEMBERED)
def read_entry(text: bytes) -> Entry:
    """Return an entry from its JSON.

    Raises
    ------
    InputError, ValueError
        If it isn't one.
    """
    reader = DocumentReader("Drop it: bng-opt cache clear.")
    form = Form({"plan": reader.plain(plan_from_dict)})
    return reader.finished(reader.record(Entry, json.loads(text), "", form))


def own_plan(entry: Entry, scenario: Scenario) -> Plan:
    """Return the plan of an entry as a scenario's own, verified again.

    Raises
    ------
    ValueError
        If it answers another question, or isn't proven.
    VerificationError
        If it breaks a rule.
    """
    if entry.key != key_of(scenario):
        raise ValueError("it answers another question")
    plan = entry.plan
    if plan.status is not PlanStatus.OPTIMAL:
        raise ValueError("its plan isn't proven")
    own = replace(
        plan,
        title=scenario.title,
        site=scenario.site.describe(),
        scenario=scenario.digest,
        warnings=(*_told(scenario), *plan.warnings),
        versions=dict(plan.versions),
        cached=True,
    )
    return verified(own, scenario)


def _told(scenario: Scenario) -> tuple[Finding, ...]:
    """Return the warnings on how the input was read, with which every plan begins."""
    return (*scenario.requirement.warnings, *scenario.site.warnings)
