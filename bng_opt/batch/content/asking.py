"""What the parameters of a report mean: need, place, market and wishes, all findings at once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bng_opt.batch.parameters import STORE
from bng_opt.errors import Finding, InputError, PlaceError
from bng_opt.quantities import to_decimal
from bng_opt.quotes.documents.words import day, moment
from bng_opt.resources import data_dir

if TYPE_CHECKING:
    from decimal import Decimal

    from bng_opt.market import Market
    from bng_opt.metric.requirement import Requirement
    from bng_opt.optimiser.policy import Policy
    from bng_opt.places import Site

SEVERAL = ";"
"""Stands between several names in one text, as in a manifest."""

NEED = ("metric", "requirement")
PLACE = ("lpa", "nca", "postcode", "lat", "lon", "grid_reference")
WATERS = ("waterbody", "operational_catchment", "marine_plan_area")
WISHES = ("mode", "size_by", "max_banks", "must_use", "must_not_use", "credits", "time_limit_s")
INPUTS = (*NEED, *PLACE, *WATERS, "market")
"""With none of them given, a report shows the demonstration."""

DEMONSTRATION_PLACE = {
    "lpa": "Stratford-on-Avon",
    "nca": "Dunsmore and Feldon",
    "waterbody": "GB109054043880",
}

Given = Mapping[str, Any]
"""The parameters of a report by name, but for those left as they are."""


@dataclass(frozen=True)
class MarketRead:
    """A market, and where and of which day it is.

    Attributes
    ----------
    words
        Its source in words, with its date.
    read_at
        When it was read.
    """

    market: Market
    words: str
    read_at: datetime

    @property
    def source(self) -> str:
        """Return its source without the date: ``"folder market"``."""
        return self.words.partition(",")[0]

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """Return its source, its date and its fingerprint."""
        market = self.market
        size = f"{len(market.banks):,} banks, {len(market.stock):,} stock lines"
        return (
            ("Market", f"{self.words}; {size}"),
            ("Market snapshot", f"{market.snapshot}, read {moment(self.read_at)}"),
        )


@dataclass(frozen=True)
class Question:
    """What a report on one site was asked."""

    requirement: Requirement
    site: Site
    policy: Policy
    market: MarketRead
    given: Given
    is_demonstration: bool

    @property
    def scenario(self) -> tuple[Requirement, Market, Site, Policy]:
        """Return what :func:`bng_opt.optimise` and its siblings take, in their order."""
        return self.requirement, self.market.market, self.site, self.policy

    @property
    def title(self) -> str:
        """Return what the site is called."""
        named = self.requirement.project or Path(self.requirement.source).stem
        return str(self.given.get("site_name") or named or "A site")

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """Return what was asked: the site, and the wishes with the reading of the law."""
        return (("Site", "; ".join(_place_lines(self.site))), *wish_facts(self.policy))

    @property
    def data(self) -> tuple[tuple[str, str], ...]:
        """Return the data with their versions and dates."""
        return (metric_fact(self.requirement), *self.market.facts)


def given_to(report: Callable[..., object], values: Given) -> Given:
    """Return the parameters that differ from a report's defaults, by name.

    Parameters
    ----------
    report
        The function with the report's parameters and their defaults.
    values
        All parameters with what they were given.
    """
    defaults = inspect.signature(report).parameters
    return {
        name: values[name]
        for name, parameter in defaults.items()
        if _plain(values[name]) != parameter.default
    }


def read_question(given: Given) -> Question:
    """Return what is asked about one site.

    Raises
    ------
    InputError
        With the findings of need, place, wishes and market.
    """
    shown = not any(is_given(given, name) for name in INPUTS)
    demo = data_dir() / "demo"
    inputs = {**given}
    if shown:
        inputs |= {"metric": demo / "metric.xlsx", "market": demo / "market"}
        inputs |= DEMONSTRATION_PLACE
    found = gather(
        {
            "requirement": partial(read_need, inputs),
            "site": partial(read_place, inputs),
            "policy": partial(read_policy, inputs),
            "market": partial(read_market, inputs),
        }
    )
    return Question(**found, given=given, is_demonstration=shown)


def gather(readers: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Return what each reader reads; what is wrong in any is said at once.

    Raises
    ------
    InputError
        With the findings of all.
    """
    found: dict[str, Any] = {}
    findings: list[Finding] = []
    for name, read in readers.items():
        try:
            found[name] = read()
        except InputError as error:
            findings += error.findings
    if findings:
        raise InputError(findings)
    return found


def read_need(given: Given) -> Requirement:
    """Read the metric workbook or the requirement table, whichever is given."""
    import bng_opt

    name = named_need(given)
    if name == "metric":
        return bng_opt.read_metric(given[name])
    return bng_opt.read_requirement_table(str(given[name]))


def named_need(given: Given) -> str:
    """Return which parameter says what is needed.

    Raises
    ------
    InputError
        If none does, or both do.
    """
    named = [name for name in NEED if is_given(given, name)]
    if len(named) != 1:
        how = "Both metric and requirement are given" if named else "No need is given"
        remedy = "Give metric with a workbook, or requirement with a table."
        raise InputError(Finding(f"{how}.", remedy))
    return named[0]


def read_place(given: Given) -> Site:
    """Read where the site is, from exactly one way of saying so."""
    from bng_opt.places import Site

    ways = {
        "lpa and nca": is_given(given, "lpa") or is_given(given, "nca"),
        "postcode": is_given(given, "postcode"),
        "lat and lon": is_given(given, "lat") or is_given(given, "lon"),
        "grid_reference": is_given(given, "grid_reference"),
    }
    used = [way for way, is_used in ways.items() if is_used]
    if len(used) != 1:
        how = f"is given by {' as well as '.join(used)}" if used else "isn't given"
        raise PlaceError(Finding(f"The site {how}.", f"Give one of: {'; '.join(ways)}."))
    waters: Any = {name: several(given.get(name)) for name in WATERS}
    if used == ["postcode"]:
        return Site.from_postcode(given["postcode"], **waters)
    if used == ["lat and lon"]:
        return Site.from_point(_degrees(given, "lat"), _degrees(given, "lon"), **waters)
    if used == ["grid_reference"]:
        return Site.from_grid_reference(given["grid_reference"], **waters)
    return Site.from_names(several(given.get("lpa")), several(given.get("nca")), **waters)


def read_policy(given: Given) -> Policy:
    """Read the wishes that are given; the package has the defaults of the others."""
    from bng_opt.optimiser.policy import Policy

    wishes = {name: given[name] for name in WISHES if is_given(given, name)}
    for name in ("must_use", "must_not_use"):
        if name in wishes:
            wishes[name] = frozenset(several(wishes[name]) or ())
    return Policy(**wishes)


def read_market(given: Given, name: str = "market") -> MarketRead:
    """Read the market from a folder, a workbook, or a store.

    Parameters
    ----------
    name
        The parameter that says where it is.
    """
    import bng_opt

    source, read_at = market_source(given, name), datetime.now(UTC)
    return MarketRead(bng_opt.load_market(source), _source_words(source, read_at), read_at)


def market_source(given: Given, name: str = "market") -> str:
    """Return where the market is: a path or a URL.

    Raises
    ------
    InputError
        If it isn't given.
    """
    from bng_opt.settings import Settings

    if not is_given(given, name):
        remedy = f'Give {name} with a folder, a workbook or a store, or "{STORE}" for the team\'s.'
        raise InputError(Finding("No market is given.", remedy))
    source = str(given[name])
    return Settings().database if source == STORE else source


def is_given(given: Given, name: str) -> bool:
    """Return whether a parameter says something; zero does, blanks don't."""
    value = given.get(name)
    if value is None or value is False:
        return False
    return bool(str(value).strip()) and value not in ([], ())


def several(value: object) -> list[str] | None:
    """Return the names in a text, or in a list of them; None for none.

    Examples
    --------
    >>> several("Warwick; Rugby"), several(["Leeds"]), several(" ")
    (['Warwick', 'Rugby'], ['Leeds'], None)
    """
    texts = [value] if isinstance(value, str) else _listed(value)
    names = [part.strip() for text in texts for part in text.split(SEVERAL)]
    return [name for name in names if name] or None


def factors(name: str, value: object, *, zero: bool) -> tuple[Decimal, ...]:
    """Return the factors of a parameter.

    Raises
    ------
    InputError
        With each that is no number, or below zero (or zero, where that can't be).
    """
    numbers: list[Decimal] = []
    findings = []
    for each in _parts(value):
        try:
            number = to_decimal(each)
        except ValueError:
            number = to_decimal(-1)
        if number < 0 or (number == 0 and not zero):
            least = "0 or above" if zero else "above 0"
            findings.append(Finding(f"{name}: {each!r} is no factor.", f"Give numbers {least}."))
        numbers.append(number)
    if findings:
        raise InputError(findings)
    return tuple(numbers)


def metric_fact(requirement: Requirement) -> tuple[str, str]:
    """Return the metric with its version and target."""
    if requirement.target is None:
        return "Need", f"requirement table {requirement.source}".strip()
    target = f"net gain target {to_decimal(requirement.target * 100):.4g}%"
    return "Metric", f"{requirement.source}; version {requirement.version}; {target}"


def wish_facts(policy: Policy) -> tuple[tuple[str, str], ...]:
    """Return the reading of the law, and the wishes that narrow the search."""
    from bng_opt.optimiser.report import MODE_WORDS

    limit = policy.max_banks
    parts = (
        f"at most {limit} {'bank' if limit == 1 else 'banks'}" if limit else "",
        f"from {_and(policy.must_use)} in any case" if policy.must_use else "",
        f"not from {_and(policy.must_not_use)}" if policy.must_not_use else "",
        "statutory credits where no bank can" if policy.credits else "",
        "contract size by bank" if policy.size_by == "bank" else "",
        f"search of at most {policy.time_limit_s:g} s" if policy.time_limit_s else "",
    )
    wishes = "; ".join(part for part in parts if part)
    return (
        ("Reading of the law", MODE_WORDS[policy.mode.value]),
        ("Wishes", wishes[:1].upper() + wishes[1:]),
    )


def _plain(value: object) -> object:
    """Return a value as a default can have it: a list as a tuple."""
    return tuple(value) if isinstance(value, list) else value


def _and(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _place_lines(site: Site) -> list[str]:
    lines = site.describe().splitlines()
    return [line for line in lines if not line.endswith(": unknown")]


def _listed(value: object) -> list[str]:
    return [] if value is None else [str(each) for each in _parts(value)]


def _parts(value: object) -> list[object]:
    """Return the members of a list, or of a text with commas or semicolons between them."""
    if isinstance(value, str):
        return [part.strip() for part in value.replace(SEVERAL, ",").split(",") if part.strip()]
    return list(value) if isinstance(value, Iterable) else [value]


def _degrees(given: Given, name: str) -> float:
    value = given.get(name)
    try:
        return float(to_decimal(value))
    except ValueError:
        what = f"{value!r} is no number" if is_given(given, name) else "isn't given"
        finding = Finding(f"{name}: {what}.", "Give latitude and longitude in degrees.")
        raise PlaceError(finding) from None


def _source_words(source: str, read_at: datetime) -> str:
    """Return where a market comes from, with the day of its prices or files."""
    from bng_opt.market.sources import store_of

    if store_of(source) is not None:
        return _store_words(source, read_at)
    path = Path(source)
    paths = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    changed = max(each.stat().st_mtime for each in paths)
    kind = "folder" if path.is_dir() else "workbook"
    return f"{kind} {path.name}, last changed {moment(datetime.fromtimestamp(changed, UTC))}"


def _store_words(source: str, read_at: datetime) -> str:
    from bng_opt.market.store import open_store
    from bng_opt.market.store.lists import price_lists

    with open_store(source, make=False) as store, store.read() as session:
        lists = price_lists(session)
        held = next((each for each in lists if each.valid_from <= read_at.date()), None)
        name = store.path.name if store.path else store.name
    if held is None:
        return f"store {name}, without a price list"
    return f"store {name}, price list {held.number} valid from {day(held.valid_from)}"
