"""The sites of a report on many: read from their manifest, and what is said of them together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bng_opt.batch.content.asking import (
    Given,
    MarketRead,
    gather,
    is_given,
    read_market,
    read_policy,
    wish_facts,
)
from bng_opt.batch.manifest import BadRow, ManifestRead, read_manifest, read_sound_rows
from bng_opt.errors import Finding, InputError
from bng_opt.quantities import counted
from bng_opt.resources import data_dir

if TYPE_CHECKING:
    from bng_opt.optimiser.policy import Policy
    from bng_opt.optimiser.portfolio import PortfolioSite

INPUTS = ("manifest", "market")
"""With neither of them given, a report shows the demonstration."""
_MOST_NAMED = 12
"""Sites that the opening names; more are in the tables that follow."""


@dataclass(frozen=True)
class SitesAsked:
    """What a report on many sites was asked.

    Attributes
    ----------
    sites
        In the order of the manifest.
    bad
        The rows that were left out.
    policy
        The wishes that hold where a row has none of its own.
    """

    sites: tuple[PortfolioSite, ...]
    bad: tuple[BadRow, ...]
    policy: Policy
    manifest: str
    market: MarketRead
    given: Given
    is_demonstration: bool

    @property
    def count(self) -> int:
        """Return the number of sites in the manifest, those left out among them."""
        return len(self.sites) + len(self.bad)

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """Return what was asked of the sites, and the wishes."""
        bad = f" ({counted(len(self.bad), 'row')} left out)" if self.bad else ""
        names = "see the table of sites"
        if len(self.sites) <= _MOST_NAMED:
            names = "; ".join(_place(site) for site in self.sites)
        modes = {site.policy.mode for site in self.sites}
        facts = [("Sites", f"{len(self.sites)}{bad}: {names}"), *wish_facts(self.policy)]
        if modes - {self.policy.mode}:
            facts.append(("Rows of their own", "Some rows of the manifest state another reading."))
        return tuple(facts)

    @property
    def data(self) -> tuple[tuple[str, str], ...]:
        """Return the data with their versions and dates."""
        versions = sorted({_version(site) for site in self.sites})
        return (
            ("Manifest", Path(self.manifest).name),
            ("Needs", ", ".join(versions)),
            *self.market.facts,
        )

    def digest(self, how: str) -> str:
        """Return the SHA-256 of all sites with the market, and how they were answered."""
        lines = sorted(
            f"{site.name}\t{site.scenario(self.market.market).digest}" for site in self.sites
        )
        return hashlib.sha256("\n".join([how, *lines]).encode()).hexdigest()


def read_asked(given: Given) -> SitesAsked:
    """Return what is asked about many sites.

    Raises
    ------
    InputError
        With the findings of manifest, wishes and market; rows of the manifest only where
        bad ones aren't to be skipped.
    """
    shown = not any(is_given(given, name) for name in INPUTS)
    demo = data_dir() / "demo"
    inputs = {**given}
    if shown:
        inputs |= {"manifest": demo / "sites.csv", "market": demo / "market"}
    found = gather(
        {
            "policy": partial(read_policy, inputs),
            "read": partial(_read_manifest, inputs),
            "market": partial(read_market, inputs),
        }
    )
    read: ManifestRead = found.pop("read")
    return SitesAsked(
        read.sites,
        read.bad,
        manifest=str(inputs["manifest"]),
        given=given,
        is_demonstration=shown,
        **found,
    )


def _read_manifest(given: Given) -> ManifestRead:
    if not is_given(given, "manifest"):
        remedy = "Give manifest with a CSV file that has a row for each site."
        raise InputError(Finding("No manifest is given.", remedy))
    path, wishes = Path(str(given["manifest"])), _wishes(given)
    if is_given(given, "skip_bad"):
        return read_sound_rows(path, wishes)
    return ManifestRead(read_manifest(path, wishes), ())


def _wishes(given: Given) -> dict[str, object]:
    """Return the wishes given, none if any can't be: that is said elsewhere."""
    try:
        policy = read_policy(given)
    except InputError:
        return {}
    return {name: getattr(policy, name) for name in policy.model_fields_set}


def _place(site: PortfolioSite) -> str:
    return f"{site.name} ({', '.join(site.site.lpas)})"


def _version(site: PortfolioSite) -> str:
    version = site.requirement.version
    return "requirement tables" if version == "table" else f"metric {version}"
