"""What jobs are asked, as documents: a payload that any worker can read, and its key."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bng_opt import __version__
from bng_opt.errors import Finding, InputError, StoreError
from bng_opt.market import Market
from bng_opt.optimiser.portfolio import PortfolioSite
from bng_opt.optimiser.scenario import Scenario
from bng_opt.runtime.job import JobKind
from bng_opt.runtime.scenario_document import inputs_from_dict, inputs_to_dict

_FORM = 1
"""Of a payload."""
_ALONE = ""
"""What the one site is called where there is no portfolio."""

_SEARCH = {"cache": True}
_OPTIONS: Mapping[JobKind, Mapping[str, object]] = {
    JobKind.OPTIMISE: _SEARCH,
    JobKind.ALTERNATIVES: {**_SEARCH, "n_best": 3},
    JobKind.REPORT: {**_SEARCH, "n_best": 3},
    JobKind.PORTFOLIO: {"gap_share": None, "skip_impossible": False},
}
"""What each kind may be told, with the defaults."""


@dataclass(frozen=True)
class Asked:
    """What a job is asked.

    Attributes
    ----------
    scenarios
        By the site's name: of one scenario there is one, without a name.
    options
        Every option of the kind.
    """

    kind: JobKind
    scenarios: Mapping[str, Scenario]
    options: Mapping[str, Any]

    @property
    def digest(self) -> str | None:
        """Return the scenario's hash, None where there are several."""
        digests = [each.digest for each in self.scenarios.values()]
        return digests[0] if len(digests) == 1 else None

    @property
    def market(self) -> Market:
        """Return the market that all of them buy from."""
        return next(iter(self.scenarios.values())).market

    @property
    def scenario(self) -> Scenario:
        """Return the scenario of a job that has one.

        Raises
        ------
        InputError
            If it is of several sites.
        """
        if self.kind is JobKind.PORTFOLIO:
            message = "This run is about several sites, which aren't shown as one."
            remedy = "Read it as files: bng-opt job show ID --out FOLDER."
            raise InputError(Finding(message, remedy))
        return self.scenarios[_ALONE]

    @property
    def title(self) -> str:
        """Return what is asked about in a few words: project and planning authority."""
        first = next(iter(self.scenarios.values()))
        more = f" and {len(self.scenarios) - 1} more" if len(self.scenarios) > 1 else ""
        return ", ".join(filter(None, (first.title, *first.site.lpas))) + more

    @property
    def sites(self) -> tuple[PortfolioSite, ...]:
        """Return the scenarios as the sites of a portfolio."""
        return tuple(
            PortfolioSite(name, each.requirement, each.site, each.policy)
            for name, each in self.scenarios.items()
        )

    def key(self, timeout_s: float | None) -> str:
        """Return the SHA-256 of all that decides the answer, names that it shows included."""
        each = [
            [name, scenario.digest, *_shown(scenario)]
            for name, scenario in sorted(self.scenarios.items())
        ]
        content = [__version__, each, dict(self.options), timeout_s]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def ask_one(kind: JobKind, scenario: Scenario, options: Mapping[str, Any]) -> Asked:
    """Return what a job on one scenario is asked.

    Raises
    ------
    InputError
        If the kind is about many, or an option isn't known or can't be.
    """
    if kind is JobKind.PORTFOLIO:
        remedy = "Hand it in with submit_portfolio."
        raise InputError(Finding("A portfolio isn't about one scenario.", remedy))
    return Asked(kind, {_ALONE: scenario}, _checked(kind, options))


def ask_many(sites: Sequence[PortfolioSite], market: Market, options: Mapping[str, Any]) -> Asked:
    """Return what a portfolio's job is asked.

    Raises
    ------
    InputError
        If there are no sites, two share a name, or an option isn't known or can't be.
    """
    names = [site.name for site in sites]
    if not names:
        raise InputError(Finding("The portfolio has no sites.", "Give one at least."))
    if twice := sorted({name for name in names if names.count(name) > 1}):
        message = f"Several sites of the portfolio are called {', '.join(twice)}."
        raise InputError(Finding(message, "Give each its own name."))
    checked = _checked(JobKind.PORTFOLIO, options)
    return Asked(JobKind.PORTFOLIO, {site.name: site.scenario(market) for site in sites}, checked)


def payload_of(asked: Asked) -> bytes:
    """Return what is asked as a worker reads it; the market by the name of its snapshot."""
    inputs = [
        {"name": name, "inputs": inputs_to_dict(each.requirement, each.site, each.policy)}
        for name, each in asked.scenarios.items()
    ]
    document = {
        "form": _FORM,
        "market": asked.market.snapshot,
        "options": dict(asked.options),
        "scenarios": inputs,
    }
    return zlib.compress(json.dumps(document).encode(), 6)


@dataclass(frozen=True)
class Payload:
    """A payload that was read, but for its market.

    Attributes
    ----------
    market
        The name of the market's snapshot.
    """

    kind: JobKind
    market: str
    document: Mapping[str, Any]

    def asked(self, market: Market) -> Asked:
        """Return what is asked, on its market.

        Raises
        ------
        InputError
            With all that can't be read.
        """
        scenarios = {}
        for each in self.document["scenarios"]:
            requirement, site, policy = inputs_from_dict(each["inputs"])
            scenarios[each["name"]] = Scenario(requirement, market, site, policy)
        return Asked(self.kind, scenarios, self.document["options"])


def read_payload(kind: JobKind, payload: bytes) -> Payload:
    """Return a payload as it is kept in the store.

    Raises
    ------
    StoreError
        If it is damaged, or of another version.
    """
    remedy = "Submit the job again."
    try:
        document = json.loads(zlib.decompress(payload))
        form, market = document["form"], document["market"]
    except (zlib.error, ValueError, TypeError, KeyError) as error:
        raise StoreError(Finding("What the job is asked can't be read.", remedy)) from error
    if form != _FORM:
        message = f"What the job is asked is of form {form}, not {_FORM}: another version's."
        raise StoreError(Finding(message, remedy))
    return Payload(kind, market, document)


def _checked(kind: JobKind, options: Mapping[str, Any]) -> dict[str, Any]:
    known = _OPTIONS[kind]
    findings = [
        Finding(f'{kind.value} has no option "{name}".', f"The options are: {', '.join(known)}.")
        for name in options
        if name not in known
    ]
    findings += [
        Finding(f"Option {name} = {options[name]!r} can't be.", f"Give {words}.")
        for name, (holds, words) in _CHECKS.items()
        if name in known and name in options and not holds(options[name])
    ]
    if findings:
        raise InputError(findings)
    return {**known, **options}


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_share(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value is None or (number and 0 <= float(str(value)) <= 1)


def _is_truth(value: object) -> bool:
    return isinstance(value, bool)


_CHECKS = {
    "cache": (_is_truth, "true or false"),
    "n_best": (_is_count, "a whole number, 0 or more"),
    "gap_share": (_is_share, "a share from 0 to 1, or nothing"),
    "skip_impossible": (_is_truth, "true or false"),
}


def _shown(scenario: Scenario) -> list[object]:
    """Return what an answer shows of its question beyond what decides it."""
    told = (*scenario.requirement.warnings, *scenario.site.warnings)
    return [scenario.title, scenario.site.describe(), [finding.as_dict() for finding in told]]
