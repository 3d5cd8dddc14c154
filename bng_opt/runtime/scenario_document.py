"""What a scenario is made of, apart from the market, as documents of plain values.

A job or a quote keeps requirement, site and policy so; with the same market, what is read
back makes a scenario of the same hash. Floats keep every bit, decimals their spelling.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from bng_opt.market import ContractThresholds
from bng_opt.metric.requirement import HabitatChange, LedgerRequirement, Requirement
from bng_opt.optimiser.document import (
    DocumentReader,
    Form,
    Nested,
    as_decimal,
    as_float,
    as_text,
    as_truth,
    as_whole,
    below,
    perhaps,
)
from bng_opt.optimiser.policy import Policy
from bng_opt.places import Site
from bng_opt.places.kinds import Axis, Confidence
from bng_opt.places.names import find_lpa, find_nca
from bng_opt.places.neighbours import Override
from bng_opt.reference import Ledger, catalogue

_REMEDY = "Give a document as bng_opt wrote it."

_WORDS = ("version", "source", "project", "planning_authority")
_NAMES = ("lpas", "ncas", "waterbodies", "operational_catchments", "marine_plan_areas")
_OVERRIDES = ("extra_neighbours", "removed_neighbours")
_THRESHOLDS = "contract_thresholds"


def requirement_to_dict(requirement: Requirement) -> dict[str, object]:
    """Return a requirement as plain values.

    Unlike ``Requirement.as_dict``, which is for reading, nothing in it follows from the rest.
    """
    return {
        **{name: getattr(requirement, name) for name in _WORDS},
        "target": requirement.target,
        "ledgers": {
            ledger.value: _position_to_dict(position)
            for ledger, position in requirement.ledgers.items()
        },
        "warnings": [warning.as_dict() for warning in requirement.warnings],
    }


def _position_to_dict(position: LedgerRequirement) -> dict[str, object]:
    return {
        "baseline": position.baseline,
        "deficit": position.deficit,
        "changes": [
            {"habitat": each.habitat.name, "on_site": each.on_site, "off_site": each.off_site}
            for each in position.changes
        ],
    }


def requirement_from_dict(mapping: Mapping[str, Any]) -> Requirement:
    """Return the requirement that a document stands for.

    Raises
    ------
    InputError
        With everything that is missing, unknown, or of the wrong kind.
    """
    reader = DocumentReader(_REMEDY)
    return reader.finished(_requirement(reader, mapping, ""))


def site_to_dict(site: Site) -> dict[str, object]:
    """Return a site as plain values."""
    return {
        **{name: list(getattr(site, name)) for name in _NAMES},
        **{name: [list(pair) for pair in getattr(site, name)] for name in _OVERRIDES},
        "lat": site.lat,
        "lon": site.lon,
        "confidence": site.confidence.value,
        "scheme": site.scheme,
        "warnings": [warning.as_dict() for warning in site.warnings],
    }


def site_from_dict(mapping: Mapping[str, Any]) -> Site:
    """Return the site that a document stands for.

    Raises
    ------
    InputError
        With everything that is missing, unknown (places too), or of the wrong kind.
    """
    reader = DocumentReader(_REMEDY)
    return reader.finished(_site(reader, mapping, ""))


def policy_to_dict(policy: Policy) -> dict[str, object]:
    """Return a policy as plain values: decimals as text, sets as sorted lists."""
    content = {name: getattr(policy, name) for name in Policy.model_fields}
    content[_THRESHOLDS] = vars(policy.contract_thresholds)
    return {name: _plain(value) for name, value in content.items()}


def policy_from_dict(mapping: Mapping[str, Any]) -> Policy:
    """Return the policy that a document stands for.

    Raises
    ------
    InputError
        With everything that is missing, unknown, or of the wrong kind, or every wish that
        can't be.

    Examples
    --------
    >>> policy = Policy(max_banks=3, must_use={"B2", "B1"})
    >>> policy_to_dict(policy)["must_use"], policy_from_dict(policy_to_dict(policy)) == policy
    (['B1', 'B2'], True)
    """
    reader = DocumentReader(_REMEDY)
    return reader.finished(_policy(reader, mapping, ""))


def inputs_to_dict(requirement: Requirement, site: Site, policy: Policy) -> dict[str, object]:
    """Return requirement, site and policy as one document."""
    return {
        "requirement": requirement_to_dict(requirement),
        "site": site_to_dict(site),
        "policy": policy_to_dict(policy),
    }


def inputs_from_dict(mapping: Mapping[str, Any]) -> tuple[Requirement, Site, Policy]:
    """Return the requirement, site and policy of one document.

    Raises
    ------
    InputError
        With what is wrong in any of the three.
    """
    reader = DocumentReader(_REMEDY)
    values = reader.names(mapping, "", ("requirement", "site", "policy"))
    requirement = (
        _requirement(reader, values["requirement"], "requirement")
        if "requirement" in values
        else None
    )
    site = _site(reader, values["site"], "site") if "site" in values else None
    policy = _policy(reader, values["policy"], "policy") if "policy" in values else None
    return reader.finished(requirement), reader.finished(site), reader.finished(policy)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return value


def _requirement(reader: DocumentReader, value: object, path: str) -> Requirement | None:
    def read_ledgers(value: object, path: str) -> dict[Ledger, LedgerRequirement | None]:
        stated = reader.names(value, path, tuple(Ledger))
        return {
            ledger: _position(reader, ledger, stated[ledger], below(path, ledger))
            for ledger in Ledger
            if ledger in stated
        }

    form = Form({"ledgers": read_ledgers, "warnings": reader.warnings})
    return reader.record(Requirement, value, path, form)


def _position(
    reader: DocumentReader, ledger: Ledger, value: object, path: str
) -> LedgerRequirement | None:
    habitat = reader.plain(lambda name: catalogue().find(as_text(name), ledger))
    changes = reader.records(HabitatChange, Form({"habitat": habitat}))
    form = Form({"changes": changes}, given={"ledger": ledger})
    return reader.record(LedgerRequirement, value, path, form)


def _site(reader: DocumentReader, value: object, path: str) -> Site | None:
    names = reader.several(reader.plain(as_text))
    overrides = reader.several(lambda pair, at: reader.value(pair, at, _override))
    nested = dict.fromkeys(_NAMES, names) | dict.fromkeys(_OVERRIDES, overrides)
    nested["confidence"] = reader.plain(lambda word: Confidence(as_text(word)))
    nested["warnings"] = reader.warnings
    return reader.record(Site, value, path, Form(nested))


def _override(pair: object) -> Override:
    if not isinstance(pair, list) or len(pair) != 2:
        raise ValueError("it is not a pair of axis and name")
    axis, name = Axis(as_text(pair[0])), as_text(pair[1])
    return axis.value, find_lpa(name) if axis is Axis.LPA else find_nca(name)


def _policy(reader: DocumentReader, value: object, path: str) -> Policy | None:
    before = len(reader.findings)
    readers = _wish_readers(reader)
    stated = reader.names(value, path, readers)
    wishes = {name: readers[name](each, below(path, name)) for name, each in stated.items()}
    if len(reader.findings) > before:
        return None
    return reader.value(wishes, path, lambda found: Policy(**found))


def _wish_readers(reader: DocumentReader) -> Mapping[str, Nested]:
    word, amount = reader.plain(as_text), reader.plain(as_decimal)
    return {
        "mode": word,
        "size_by": word,
        "max_banks": reader.plain(perhaps(as_whole)),
        "min_units_per_bank": amount,
        "market_step": amount,
        _THRESHOLDS: lambda value, path: reader.record(ContractThresholds, value, path),
        "must_use": reader.several(word),
        "must_not_use": reader.several(word),
        "credits": reader.plain(as_truth),
        "quoted": word,
        "gap_gbp": amount,
        "time_limit_s": reader.plain(perhaps(as_float)),
    }
