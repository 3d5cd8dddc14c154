"""What the options of ``bng-opt`` mean to the package: requirement, market, site, wishes.

Nothing heavy is imported before an option has to be understood, so that ``--help`` is quick.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bng_opt.errors import Finding, InputError, PlaceError

if TYPE_CHECKING:
    from bng_opt.market import Market
    from bng_opt.metric.requirement import Requirement
    from bng_opt.optimiser.policy import Policy
    from bng_opt.places import Site

Params = Mapping[str, Any]
"""The options of one command by name, as typed; those not typed are None or absent."""

_WISH_OF = {
    "mode": "mode",
    "size_by": "size_by",
    "max_banks": "max_banks",
    "min_units_per_bank": "min_units_per_bank",
    "market_step": "market_step",
    "must_use": "must_use",
    "must_not_use": "must_not_use",
    "credits": "credits",
    "quoted": "quoted",
    "gap_gbp": "gap_gbp",
    "time_limit": "time_limit_s",
}


@dataclass(frozen=True)
class Job:
    """What a command works on."""

    requirement: Requirement
    market: Market
    site: Site
    policy: Policy


def read_job(params: Params) -> Job:
    """Read requirement, market, site and wishes; what is wrong in any is said at once.

    Raises
    ------
    InputError
        With the findings of all four.
    """
    readers: dict[str, Callable[[Params], object]] = {
        "requirement": read_requirement,
        "market": read_market,
        "site": read_site,
        "policy": read_policy,
    }
    return Job(**gather({name: partial(read, params) for name, read in readers.items()}))


def gather(readers: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Return what each reader reads; what is wrong in any is said at once.

    Raises
    ------
    InputError
        With the findings of all.
    """
    found: dict[str, Any] = {}
    errors: list[InputError] = []
    for name, read in readers.items():
        try:
            found[name] = read()
        except InputError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise InputError(finding for error in errors for finding in error.findings)
    return found


def read_requirement(params: Params) -> Requirement:
    """Read the metric workbook or the requirement table, whichever is given."""
    import bng_opt

    metric: Path | None = params.get("metric")
    table: Path | None = params.get("requirement")
    if (metric is None) == (table is None):
        how = "Both --metric and --requirement are given" if metric else "No need is given"
        raise InputError(
            Finding(f"{how}.", "Give --metric with a workbook, or --requirement with a table.")
        )
    if metric is not None:
        return bng_opt.read_metric(metric)
    return bng_opt.read_requirement_table(str(table))


def read_market(params: Params) -> Market:
    """Read the market."""
    import bng_opt

    source: str | None = params.get("market")
    if source is None:
        remedy = "Give --market with a folder of banks.csv, stock.csv and pricing.csv."
        raise InputError(Finding("No market is given.", remedy))
    return bng_opt.load_market(source)


def read_policy(params: Params) -> Policy:
    """Read the wishes that were typed; the package has the defaults of the others."""
    from bng_opt.optimiser.policy import Policy

    return Policy(**read_wishes(params))


def read_wishes(params: Params) -> dict[str, Any]:
    """Return the wishes that were typed, by the policy's names for them."""
    return {wish: params[name] for name, wish in _WISH_OF.items() if params.get(name)}


def read_site(params: Params) -> Site:
    """Read where the site is, from exactly one way of saying so."""
    from bng_opt.places import Site

    ways = {
        "--lpa and --nca": params.get("lpa") or params.get("nca"),
        "--postcode": params.get("postcode"),
        "--point": params.get("point"),
        "--grid-reference": params.get("grid_reference"),
    }
    given = [way for way, value in ways.items() if value]
    if len(given) != 1:
        message = f"The site is given by {' as well as '.join(given)}" if given else "No site given"
        raise PlaceError(Finding(f"{message}.", f"Give one of: {'; '.join(ways)}."))
    options = _site_options(params)
    if postcode := params.get("postcode"):
        return Site.from_postcode(postcode, **options)
    if point := params.get("point"):
        return Site.from_point(*read_point(point), **options)
    if reference := params.get("grid_reference"):
        return Site.from_grid_reference(reference, **options)
    return Site.from_names(params.get("lpa"), params.get("nca"), **options)


def _site_options(params: Params) -> Any:
    problems: list[Finding] = []
    options = {
        "waterbody": params.get("waterbody"),
        "operational_catchment": params.get("operational_catchment"),
        "marine_plan_area": params.get("marine_plan_area"),
        "extra_neighbours": _overrides("--neighbour", params.get("neighbour"), problems),
        "removed_neighbours": _overrides("--not-neighbour", params.get("not_neighbour"), problems),
    }
    if problems:
        raise PlaceError(problems)
    return options


def _overrides(
    option: str, words: Sequence[str] | None, problems: list[Finding]
) -> list[tuple[str, str]]:
    pairs = [word.partition("=") for word in words or ()]
    problems += [
        Finding(f"{option} {kind!r} names no kind.", f"Write {option} lpa=NAME or nca=NAME.")
        for kind, equals, name in pairs
        if not (equals and name.strip())
    ]
    return [(kind, name) for kind, _, name in pairs]


def read_point(text: str) -> tuple[float, float]:
    """Return latitude and longitude [degrees] of ``"52.2,-1.7"``.

    Raises
    ------
    PlaceError
        If these aren't two numbers with a comma between.

    Examples
    --------
    >>> read_point("52.2, -1.7")
    (52.2, -1.7)
    """
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        remedy = "Write latitude, comma, longitude in degrees, as --point 52.2,-1.7"
        raise PlaceError(Finding(f"--point {text!r} isn't a point.", remedy)) from None
    return lat, lon


def read_document(path: Path) -> Any:
    """Read a plan that somebody wrote as JSON.

    Raises
    ------
    InputError
        If the file can't be read or isn't JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        finding = Finding(
            f"The plan can't be read: {error.strerror}.", "Give a plan.json.", file=str(path)
        )
        raise InputError(finding) from None
    except (ValueError, RecursionError) as error:
        remedy = "Give the plan.json that bng-opt wrote, or one of the same form."
        finding = Finding(f"The plan isn't JSON: {error}.", remedy, file=str(path))
        raise InputError(finding) from None


def as_stated(document: Any, params: Params) -> dict[str, str]:
    """Return the reading a plan says it was made with, where no option says another."""
    stated: dict[str, str] = {}
    if not isinstance(document, dict):
        return stated
    if not params.get("mode") and document.get("mode"):
        stated["mode"] = str(document["mode"])
    if not params.get("size_by") and document.get("contract_size") == "by bank":
        stated["size_by"] = "bank"
    return stated
