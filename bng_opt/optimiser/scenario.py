"""A scenario: everything that decides an answer, as one frozen value with one hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from bng_opt.market import Market
from bng_opt.metric.requirement import Requirement
from bng_opt.optimiser.policy import Policy
from bng_opt.places import Site
from bng_opt.quantities import to_decimal

RULES_VERSION = "statutory metric 4.1"
"""The rules as we apply them; part of the hash, so that a change of rules changes it."""

_SITE_FIELDS = (
    "lpas",
    "ncas",
    "waterbodies",
    "operational_catchments",
    "marine_plan_areas",
    "lat",
    "lon",
    "extra_neighbours",
    "removed_neighbours",
    "scheme",
)


@dataclass(frozen=True)
class Scenario:
    """Requirement, market, site and policy.

    The hash is the reference in reports, and the key by which results are kept.
    """

    requirement: Requirement
    market: Market
    site: Site
    policy: Policy

    @cached_property
    def digest(self) -> str:
        """Return the canonical SHA-256, the same whatever order the input came in."""
        content = {
            "rules": RULES_VERSION,
            "requirement": _requirement_content(self.requirement),
            "market": self.market.snapshot,
            "site": _site_content(self.site),
            "policy": _policy_content(self.policy),
        }
        text = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def question(self) -> str:
        """Return the SHA-256 of what is asked, however long the search may take.

        A proven plan is the answer whatever the time limit was, so plans are kept by this.
        """
        if self.policy.time_limit_s is None:
            return self.digest
        unhurried = self.policy.model_copy(update={"time_limit_s": None})
        return replace(self, policy=unhurried).digest

    @property
    def title(self) -> str:
        """Return the project's name, or that of the file where it states none."""
        return self.requirement.project or self.requirement.source


def _requirement_content(requirement: Requirement) -> dict[str, object]:
    return {
        ledger.value: {
            "deficit": _exact(position.deficit),
            "changes": sorted(
                (habitat.name, _exact(units)) for habitat, units in position.project_wide.items()
            ),
        }
        for ledger, position in requirement.ledgers.items()
    }


def _site_content(site: Site) -> dict[str, object]:
    content = {name: getattr(site, name) for name in _SITE_FIELDS}
    for name in ("lat", "lon"):
        # A whole degree is the same as a number, and zero the same with either sign.
        content[name] = None if content[name] is None else float(content[name]) + 0.0
    return content


def _exact(units: float) -> str:
    """Return a float exactly; adding zero makes -0.0 the same as 0.0."""
    return (float(units) + 0.0).hex()


def _policy_content(policy: Policy) -> dict[str, object]:
    content = {name: getattr(policy, name) for name in Policy.model_fields}
    for name in ("must_use", "must_not_use"):
        content[name] = sorted(content[name])
    thresholds = vars(policy.contract_thresholds)
    content["contract_thresholds"] = {name: to_decimal(at) for name, at in thresholds.items()}
    return {name: _plain(value) for name, value in content.items()}


def _plain(value: object) -> object:
    """Return a value with decimals spelt in one way: 2.50 is 2.5, and -0 is 0."""
    if isinstance(value, Decimal):
        return str(value.normalize() + 0)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value
