"""A map of site and banks over the embedded boundaries: no network, no tiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import atan2, degrees
from typing import TYPE_CHECKING

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bng_opt.figures.ground import Box, Point, draw_ground, fill_areas
from bng_opt.figures.labels import Label, place_labels
from bng_opt.market import Bank, Market
from bng_opt.optimiser.figures.style import (
    BLUE,
    GREEN,
    ORANGE,
    TEXT_GREY,
    WIDTH_IN,
    TextFigure,
    drawn,
    sentences,
    set_title,
    short_pounds,
)
from bng_opt.optimiser.plan import BankLine, Plan
from bng_opt.optimiser.report import spatial_risk_words
from bng_opt.places import Axis, Basis, Category, Site, assess
from bng_opt.places.tables import area_row, overlaps
from bng_opt.quantities import counted, pounds
from bng_opt.reference import Ledger

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STYLES = {
    Category.WITHIN: ("o", GREEN, "#9FD9C7"),
    Category.NEIGHBOURING: ("^", ORANGE, "#F4D596"),
    Category.OUTSIDE: ("s", BLUE, "#9CC4E0"),
}
"""Marker, colour where chosen, and a lighter one where not."""
_LPA_FILL, _NCA_FILL = "#FFF3C4", "#E3EEF9"
_LEGEND_IN = 1.35
_CREDIT = (
    "Boundaries: ONS and Natural England, Open Government Licence v3.0. "
    "Contains OS data © Crown copyright and database right."
)
_WINDS = "north north-east east south-east south south-west west north-west".split()


@dataclass(frozen=True)
class Spot:
    """A bank on the map.

    Attributes
    ----------
    line
        What the plan buys there; None where it buys nothing.
    is_guess
        Whether the bank states no point and stands inside its LPA and NCA.
    """

    bank: Bank
    point: Point
    category: Category
    line: BankLine | None
    is_guess: bool


def plot_map(plan: Plan, market: Market, site: Site) -> TextFigure:
    """Draw the site, the banks that the plan buys from, and the others that sell nearby.

    Parameters
    ----------
    plan
        Any plan of this market and site.
    market, site
        What it was made for.

    Returns
    -------
    A figure of its own (no pyplot state), in National Grid coordinates (EPSG:27700), whose
    ``text_alternative`` says the same in words. It is as large as site and chosen banks
    need; other banks beyond its edge are counted in words.
    """
    home, _ = _point_of(site.lat, site.lon, site.lpas, site.ncas)
    spots = spots_of(plan, market, site)
    box = Box.around([home, *(spot.point for spot in spots if spot.line)])
    height = WIDTH_IN * box.height / box.width + _LEGEND_IN
    figure = TextFigure(figsize=(WIDTH_IN, height), layout="constrained")
    axes = figure.subplots()
    fill_areas(axes, Axis.NCA, site.ncas, box, _NCA_FILL)
    fill_areas(axes, Axis.LPA, site.lpas, box, _LPA_FILL)
    draw_ground(axes, box)
    shown = [spot for spot in spots if box.holds(spot.point)]
    _draw_spots(axes, shown)
    axes.scatter(
        *home, s=250, marker="*", color="black", edgecolor="white", linewidth=0.8, zorder=6
    )
    _draw_labels(axes, box, home, shown)
    _add_legend(figure, site, shown)
    count = counted(len(plan.banks), "bank")
    set_title(figure, f"{plan.title or 'Purchase'}: the site and the {count} of the plan")
    axes.text(
        0.995, 0.006, _CREDIT, transform=axes.transAxes, ha="right", va="bottom", fontsize=7,
        color=TEXT_GREY, bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none"}, zorder=7,
    )  # fmt: skip
    figure.text_alternative = describe_map(plan, market, site)
    return figure


def describe_map(plan: Plan, market: Market, site: Site) -> str:
    """Return in words what :func:`plot_map` draws: its text alternative."""
    return sentences(_said(plan, market, site))


def spots_of(plan: Plan, market: Market, site: Site) -> tuple[Spot, ...]:
    """Return the banks with stock, or chosen, with place and category."""
    chosen = {line.bank_id: line for line in plan.banks}
    ledgers: dict[str, set[Ledger]] = {}
    for stock in market.stock:
        if stock.units > 0:
            ledgers.setdefault(stock.bank_id, set()).add(stock.habitat.ledger)
    spots = []
    for bank in market.banks:
        line = chosen.get(bank.bank_id)
        if line is None and bank.bank_id not in ledgers:
            continue
        place = bank.place
        point, is_guess = _point_of(place.lat, place.lon, (place.lpa,), (place.nca,))
        if line is not None:
            category = Category(line.category)
        else:
            only_water = ledgers[bank.bank_id] == {Ledger.WATERCOURSE}
            basis = Basis.WATERCOURSE if only_water else Basis.LAND
            category = assess(site, place, basis).category
        spots.append(Spot(bank, point, category, line, is_guess))
    return tuple(spots)


def _point_of(
    lat: float | None, lon: float | None, lpas: Sequence[str], ncas: Sequence[str]
) -> tuple[Point, bool]:
    """Return a point on the grid, and whether it is only somewhere inside LPA and NCA."""
    from bng_opt.places.boundaries import to_grid

    if lat is not None and lon is not None:
        return to_grid(lat, lon), False
    shared = [row for pair, row in overlaps().items() if pair[0] in lpas and pair[1] in ncas]
    largest = max(shared, key=lambda row: float(row["km2"]), default=None)
    row = largest or area_row(Axis.LPA, lpas[0])
    return to_grid(float(row["lat"]), float(row["lon"])), True


def _said(plan: Plan, market: Market, site: Site) -> Iterator[str]:
    home, _ = _point_of(site.lat, site.lon, site.lpas, site.ncas)
    spots = spots_of(plan, market, site)
    box = Box.around([home, *(spot.point for spot in spots if spot.line)])
    size = f"{box.width / 1000:.0f} by {box.height / 1000:.0f} km"
    yield f"Map of {size} with the site in LPA {_joined(site.lpas)}, NCA {_joined(site.ncas)}"
    for spot in spots:
        if spot.line is not None:
            yield _bank_said(spot, spot.line, home)
    others = [spot for spot in spots if spot.line is None]
    inside = [spot for spot in others if box.holds(spot.point)]
    by_category = ", ".join(
        f"{sum(spot.category is category for spot in inside)} {category.value}"
        for category in Category
    )
    yield f"{counted(len(inside), 'other bank')} with stock on the map: {by_category}"
    yield f"{counted(len(others) - len(inside), 'other bank')} with stock beyond its edge"
    guesses = [spot.bank.bank_id for spot in spots if spot.is_guess and box.holds(spot.point)]
    if guesses:
        yield f"Without a point of their own, placed inside LPA and NCA: {', '.join(guesses)}"


def _bank_said(spot: Spot, line: BankLine, home: Point) -> str:
    east, north = spot.point[0] - home[0], spot.point[1] - home[1]
    km = (east**2 + north**2) ** 0.5 / 1000
    where = "at the site" if km < 1 else f"{km:.0f} km {_wind(east, north)} of the site"
    cost = pounds(line.units_gbp + line.fee_gbp)
    return f"{line.bank_id} {line.name}: {cost}, {where}. {spatial_risk_words(line)}"


def _wind(east: float, north: float) -> str:
    """Return the direction of a vector.

    Examples
    --------
    >>> _wind(0, 1), _wind(-1, -1)
    ('north', 'south-west')
    """
    return _WINDS[round(degrees(atan2(east, north)) / 45) % 8]


def _joined(names: Sequence[str]) -> str:
    return " and ".join(names)


def _draw_spots(axes: Axes, spots: Sequence[Spot]) -> None:
    for spot in spots:
        marker, colour, light = _STYLES[spot.category]
        axes.scatter(
            *spot.point,
            s=210 if spot.line else 30,
            marker=marker,
            color=colour if spot.line else light,
            edgecolor="black",
            linewidth=1.2 if spot.line else 0.5,
            zorder=5 if spot.line else 4,
        )


def _draw_labels(axes: Axes, box: Box, home: Point, spots: Sequence[Spot]) -> None:
    labels = [Label("Site", home)]
    for spot in spots:
        if spot.line is not None:
            cost = short_pounds(float(spot.line.units_gbp + spot.line.fee_gbp))
            labels.append(Label(f"{drawn(spot.bank.bank_id, 24, 1)}\n{cost}", spot.point))
    place_labels(axes, labels, box.width / WIDTH_IN)


def _add_legend(figure: TextFigure, site: Site, spots: Sequence[Spot]) -> None:
    handles: list[Line2D | Patch] = [_sign("*", "black", 15, "Site")]
    for chosen, words in ((True, "Bought from"), (False, "Not bought from")):
        for category, (marker, colour, light) in _STYLES.items():
            if any(spot.category is category and bool(spot.line) is chosen for spot in spots):
                fill, size = (colour, 11) if chosen else (light, 6)
                handles.append(_sign(marker, fill, size, f"{words}: {category.value}"))
    lpas, ncas = drawn(_joined(site.lpas), 40, 2), drawn(_joined(site.ncas), 40, 2)
    handles.append(
        Patch(facecolor=_LPA_FILL, edgecolor="#8C8C8C", label=f"LPA of the site: {lpas}")
    )
    handles.append(
        Patch(facecolor=_NCA_FILL, edgecolor="#8C8C8C", ls=":", label=f"NCA of the site: {ncas}")
    )
    figure.legend(handles=handles, loc="outside lower left", ncols=3, frameon=False, fontsize=9)


def _sign(marker: str, colour: str, size: float, label: str) -> Line2D:
    return Line2D(
        [], [], linestyle="", marker=marker, markersize=size, color=colour,
        markeredgecolor="black", markeredgewidth=0.6, label=label,
    )  # fmt: skip
