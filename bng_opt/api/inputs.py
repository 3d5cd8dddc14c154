"""From a request's form to what a job needs: requirement, market, site and policy."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, BinaryIO, TypeVar

from pydantic import ValidationError

from bng_opt.api.faults import HttpError, bad_request, finding_of
from bng_opt.api.forms import MarketTables, Options, RequirementRow, ScenarioForm, SiteForm
from bng_opt.errors import Finding, InputError, PlaceError
from bng_opt.market import Market, load_market
from bng_opt.market.store import Store
from bng_opt.market.store.snapshots import read_market
from bng_opt.metric import read_metric, read_requirement_table
from bng_opt.metric.requirement import Requirement
from bng_opt.metric.table import COLUMNS
from bng_opt.optimiser.policy import Policy
from bng_opt.places import Site
from bng_opt.runtime.scenario_document import requirement_from_dict

_LONGEST_LABEL = 100
_WAYS = ("lpa and nca", "postcode", "point", "grid_reference")

FormOf = TypeVar("FormOf", bound=Options)


@dataclass(frozen=True)
class Upload:
    """A workbook that came in.

    Attributes
    ----------
    label
        What the sender calls it, for findings; never a path.
    stream
        Its bytes, in a temporary file.
    """

    label: str
    stream: BinaryIO


@dataclass(frozen=True)
class Inputs:
    """What a job works on."""

    requirement: Requirement
    market: Market
    site: Site
    policy: Policy


def label_of(file_name: str | None) -> str:
    r"""Return what findings call an upload: the last part of its name, without odd characters.

    Examples
    --------
    >>> label_of("../../etc/passwd"), label_of(r"C:\\site\\metric.xlsx"), label_of(None)
    ('passwd', 'metric.xlsx', 'workbook')
    """
    last = (file_name or "").replace("\\", "/").rpartition("/")[2]
    visible = "".join(each for each in last if unicodedata.category(each)[0] != "C")
    return visible.strip()[:_LONGEST_LABEL] or "workbook"


def read_form(kind: type[FormOf], content: bytes) -> FormOf:
    """Return a form from its JSON.

    Raises
    ------
    HttpError
        With everything that doesn't fit the form.
    """
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        found = [finding_of(problem) for problem in error.errors()]
        raise HttpError(HTTPStatus.BAD_REQUEST, found) from None


def read_inputs(form: Options, store: Store, upload: Upload | None = None) -> Inputs:
    """Return what a form stands for; what is wrong in any part is said at once.

    Parameters
    ----------
    form
        The request; a :class:`ScenarioForm` where no workbook came in.
    store
        Whose market it is, unless the form has its own.
    upload
        The metric workbook.

    Raises
    ------
    InputError
        With the findings of all parts.
    StoreError
        If the store's market can't be read.
    """
    findings: list[Finding] = []
    readers: dict[str, Callable[[], Any]] = {
        "requirement": partial(_requirement, form, upload),
        "market": partial(_market, form, store),
        "site": partial(_site, form.site),
        "policy": partial(_policy, form),
    }
    found = {name: _read(read, findings) for name, read in readers.items()}
    if findings:
        raise InputError(findings)
    return Inputs(**found)


def _read(read: Callable[[], Any], findings: list[Finding]) -> Any:
    try:
        return read()
    except InputError as error:
        findings += error.findings
        return None


def _requirement(form: Options, upload: Upload | None) -> Requirement:
    if upload is not None:
        return read_metric(upload.stream, upload.label)
    if not isinstance(form, ScenarioForm):
        raise bad_request("No requirement is given.", "Send a workbook, or a requirement.")
    if isinstance(form.requirement, dict):
        return requirement_from_dict(form.requirement)
    return read_requirement_table(_table(form.requirement), "requirement")


def _table(rows: list[RequirementRow]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows((row.ledger, row.habitat, repr(row.units)) for row in rows)
    return text.getvalue().encode()


def _market(form: Options, store: Store) -> Market:
    if not isinstance(form.market, MarketTables):
        return read_market(store)
    import pandas as pd

    tables = {name: getattr(form.market, name) for name in MarketTables.model_fields}
    return load_market({name: pd.DataFrame(rows, dtype=object) for name, rows in tables.items()})


def _site(form: SiteForm) -> Site:
    given = (form.lpa or form.nca, form.postcode, form.point, form.grid_reference)
    ways = [way for way, value in zip(_WAYS, given, strict=True) if value]
    if len(ways) != 1:
        said = " as well as ".join(ways)
        message = f"The site is given by {said}." if ways else "No site is given."
        raise PlaceError(Finding(message, f"Give one of: {'; '.join(_WAYS)}."))
    options: Any = {
        name: getattr(form, name)
        for name in form.model_fields_set
        if name not in {"lpa", "nca", "postcode", "point", "grid_reference"}
    }
    if form.postcode:
        return Site.from_postcode(form.postcode, **options)
    if form.point:
        return Site.from_point(form.point.lat, form.point.lon, **options)
    if form.grid_reference:
        return Site.from_grid_reference(form.grid_reference, **options)
    return Site.from_names(form.lpa, form.nca, **options)


def _policy(form: Options) -> Policy:
    wishes = form.policy.model_dump(exclude_none=True)
    # By their spelling: 0.1 is a tenth, not the float beside it.
    if thresholds := wishes.get("contract_thresholds"):
        wishes["contract_thresholds"] = {name: str(at) for name, at in thresholds.items()}
    return Policy(**wishes)
