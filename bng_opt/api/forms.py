"""What a request to the service says: the form of a scenario, as its OpenAPI shows it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from bng_opt.optimiser.policy import Mode, Quoted, SizeBy
from bng_opt.runtime.jobs import JobKind

LARGEST = 1e15
"""No unit, price or cost comes near; what is beyond can't be computed with exactly."""
_MOST_ROWS = 200_000
_MOST_NAMES = 1000
_LONGEST_S = 7 * 24 * 3600.0


def _as_whole(value: object) -> object:
    """Return a number without a fraction as the integer that it is: JSON has one kind only."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Banks = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(_as_whole)]
Name = Annotated[str, Field(max_length=200)]
Names = Annotated[list[Name], Field(max_length=_MOST_NAMES)]
Amount = Annotated[float, Field(ge=0, le=LARGEST)]
Figure = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Cell = Annotated[str, Field(max_length=2000)] | Figure | None
Row = Annotated[dict[Annotated[str, Field(max_length=100)], Cell], Field(max_length=100)]
Rows = Annotated[list[Row], Field(max_length=_MOST_ROWS)]
Neighbours = Annotated[
    list[tuple[Literal["lpa", "nca"], Name]],
    Field(max_length=_MOST_NAMES, description="Pairs of `lpa` or `nca` and a name."),
]


class Form(BaseModel):
    """A part of a request: nothing in it is guessed, and nothing left over."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, hide_input_in_errors=True
    )


class RequirementRow(Form):
    """Units still missing, as a row of a requirement table."""

    ledger: Literal["area", "hedgerow", "watercourse"]
    habitat: Name = Field(description="As the metric names it, or `Net gain`.")
    units: float = Field(gt=0, le=LARGEST, description="Units at multiplier 1.")


class Point(Form):
    """A point, WGS84."""

    lat: float = Field(ge=-90, le=90, description="Degrees.")
    lon: float = Field(ge=-180, le=180, description="Degrees.")


class SiteForm(Form):
    """Where the development is: names of both areas, or a postcode, point or grid reference."""

    lpa: Names = []
    nca: Names = []
    postcode: Name | None = None
    point: Point | None = None
    grid_reference: Name | None = None
    waterbody: Names = []
    operational_catchment: Names = []
    marine_plan_area: Names = []
    extra_neighbours: Neighbours = []
    removed_neighbours: Neighbours = []


class MarketTables(Form):
    """A market of the request's own: the rows of its three tables, by column name."""

    banks: Rows
    stock: Rows
    pricing: Rows


class Thresholds(Form):
    """Where the contract sizes begin [units]."""

    small: Amount
    medium: Amount
    large: Amount


class PolicyForm(Form):
    """The buyer's wishes; what isn't said has the package's defaults."""

    mode: Mode | None = None
    size_by: SizeBy | None = None
    max_banks: Banks | None = None
    min_units_per_bank: Amount | None = None
    market_step: Amount | None = None
    contract_thresholds: Thresholds | None = None
    must_use: Names | None = None
    must_not_use: Names | None = None
    credits: bool | None = None
    quoted: Quoted | None = None
    gap_gbp: Amount | None = None
    time_limit_s: float | None = Field(default=None, gt=0, le=_LONGEST_S)


class Options(Form):
    """What a job needs to know beside the requirement."""

    kind: Literal[JobKind.OPTIMISE, JobKind.ALTERNATIVES, JobKind.REPORT] = JobKind.OPTIMISE
    site: SiteForm
    market: Literal["store"] | MarketTables = Field(
        default="store",
        description="`store` for what the store's banks have free now, or tables.",
    )
    policy: PolicyForm = PolicyForm()
    timeout_s: float | None = Field(
        default=None, gt=0, le=_LONGEST_S, description="The job ends with its best plan then [s]."
    )
    cache: bool = Field(default=True, description="Whether a kept plan may be the answer.")


EXAMPLE: dict[str, JsonValue] = {
    "requirement": [{"ledger": "area", "habitat": "Net gain", "units": 1.5}],
    "site": {"lpa": ["Stratford-on-Avon"], "nca": ["Dunsmore and Feldon"]},
    "market": "store",
    "policy": {"max_banks": 3},
}


class ScenarioForm(Options):
    """A job on a scenario.

    The requirement is the rows of a requirement table, or a document as
    `bng_opt.runtime.scenario_document.requirement_to_dict` writes it.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    requirement: Annotated[list[RequirementRow], Field(max_length=_MOST_ROWS)] | dict[str, Any]
