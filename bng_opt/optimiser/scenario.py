"""A scenario: everything that decides an answer, as one frozen value with one hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from bng_opt.market import Market
from bng_opt.metric.requirement import Requirement
from bng_opt.optimiser.policy import Policy
from bng_opt.places import Site

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
            "site": {name: getattr(self.site, name) for name in _SITE_FIELDS},
            "policy": _policy_content(self.policy),
        }
        text = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


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


def _exact(units: float) -> str:
    """Return a float exactly; adding zero makes -0.0 the same as 0.0."""
    return (float(units) + 0.0).hex()


def _policy_content(policy: Policy) -> dict[str, object]:
    content = policy.model_dump()
    for name in ("must_use", "must_not_use"):
        content[name] = sorted(content[name])
    content["contract_thresholds"] = vars(policy.contract_thresholds)
    return {name: _plain(value) for name, value in content.items()}


def _plain(value: object) -> object:
    """Return a value with decimals spelt in one way: 2.50 is 2.5."""
    if isinstance(value, Decimal):
        return str(value.normalize())
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value
