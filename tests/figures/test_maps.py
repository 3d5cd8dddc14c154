"""The map: site and banks in their places, by category, over boundaries that are shipped."""

from __future__ import annotations

import io
import socket
from dataclasses import replace

import pytest

import bng_opt
from bng_opt.figures import describe_map, plot_map
from bng_opt.figures.ground import Box, areas_in
from bng_opt.figures.labels import Label, place_labels
from bng_opt.figures.maps import _wind, spots_of
from bng_opt.optimiser.plan import Plan
from bng_opt.places import Axis, Category
from bng_opt.places.boundaries import to_grid
from bng_opt.resources import data_dir

DEMO = data_dir() / "demo"
SITE = bng_opt.Site.from_names("Stratford-on-Avon", "Dunsmore and Feldon")


@pytest.fixture(scope="module", name="market")
def _market() -> bng_opt.Market:
    return bng_opt.load_market(DEMO / "market")


@pytest.fixture(scope="module", name="plan")
def _plan(market: bng_opt.Market) -> Plan:
    return bng_opt.optimise(bng_opt.read_metric(DEMO / "metric.xlsx"), market, SITE)


@pytest.fixture(scope="module", name="figure")
def _figure(plan: Plan, market: bng_opt.Market):
    return plot_map(plan, market, SITE)


LARGE, SMALL = 210, 30
"""Sizes of what is bought from and what isn't; the site's star has another."""

Place = tuple[float, float]


def signs(figure, size: int) -> dict[Place, tuple[str, str]]:
    """Return shape and colour of the signs of a size by their place."""
    found = {}
    for drawn in figure.axes[0].collections:
        if list(getattr(drawn, "get_sizes", list)()) == [size]:
            shape = str(drawn.get_paths()[0].vertices.round(3).tolist())
            found[place_of(drawn.get_offsets()[0])] = (shape, str(drawn.get_facecolor()[0]))
    return found


def place_of(point) -> Place:
    return (round(float(point[0]), 1), round(float(point[1]), 1))


def test_each_chosen_bank_is_labelled_with_id_and_cost(plan: Plan, figure) -> None:
    labels = [text.get_text() for text in figure.axes[0].texts]
    for bank in plan.banks:
        assert any(label.startswith(f"{bank.bank_id}\n£") for label in labels)
    assert "Site" in labels


def test_chosen_banks_are_large_and_others_small(plan: Plan, market, figure) -> None:
    spots = spots_of(plan, market, SITE)
    chosen = {place_of(spot.point) for spot in spots if spot.line}
    others = {place_of(spot.point) for spot in spots if not spot.line}
    assert signs(figure, LARGE).keys() == chosen
    small = signs(figure, SMALL).keys()
    assert len(small) > 10
    assert small <= others


def test_categories_differ_in_shape_and_in_colour(plan: Plan, market, figure) -> None:
    found = signs(figure, LARGE)
    spots = [spot for spot in spots_of(plan, market, SITE) if spot.line]
    by_category = {spot.category: found[place_of(spot.point)] for spot in spots}
    assert by_category.keys() == set(Category)
    for part in (0, 1):
        assert len({sign[part] for sign in by_category.values()}) == 3


def test_the_category_is_that_of_the_plan(plan: Plan, market) -> None:
    stated = {bank.bank_id: bank.category for bank in plan.banks}
    spots = {spot.bank.bank_id: spot for spot in spots_of(plan, market, SITE) if spot.line}
    assert {bank: spot.category.value for bank, spot in spots.items()} == stated


def test_the_map_is_in_national_grid_metres_of_equal_length(plan: Plan, market, figure) -> None:
    axes = figure.axes[0]
    assert axes.get_aspect() == 1.0
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    places = [to_grid(SITE.lat, SITE.lon)]
    places += [spot.point for spot in spots_of(plan, market, SITE) if spot.line]
    assert all(west < x < east and south < y < north for x, y in places)


def test_the_legend_names_categories_and_the_site_s_areas(figure) -> None:
    words = " ".join(text.get_text() for text in figure.legends[0].get_texts())
    for part in ("Bought from: within", "Not bought from: neighbouring", "Stratford-on-Avon"):
        assert part in words


def test_the_sources_of_the_boundaries_are_credited_on_the_map(figure) -> None:
    text = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert "Open Government Licence" in text
    assert "Crown copyright" in text


def test_no_network_is_asked(plan: Plan, market, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    plot_map(plan, market, SITE).savefig(io.BytesIO(), format="png")


def test_the_text_alternative_says_where_each_bank_is(plan: Plan, market, figure) -> None:
    text = describe_map(plan, market, SITE)
    assert figure.text_alternative == text
    assert "LPA Stratford-on-Avon" in text
    for bank in plan.banks:
        assert f"{bank.bank_id} {bank.name}: £" in text
    assert "south-east of the site" in text
    assert "other banks with stock on the map" in text


def test_a_bank_without_a_point_stands_inside_its_areas(plan: Plan, market) -> None:
    first = plan.banks[0].bank_id
    banks = tuple(
        replace(bank, place=replace(bank.place, lat=None, lon=None))
        if bank.bank_id == first
        else bank
        for bank in market.banks
    )
    pointless = replace(market, banks=banks)
    (spot,) = [each for each in spots_of(plan, pointless, SITE) if each.bank.bank_id == first]
    assert spot.is_guess
    (area,) = [
        area
        for name, area in areas_in(Axis.LPA, Box.around([spot.point]))
        if name == spot.bank.place.lpa
    ]
    from shapely import Point

    assert area.buffer(1000).contains(Point(spot.point))
    assert f"placed inside LPA and NCA: {first}" in describe_map(plan, pointless, SITE)


def test_a_plan_without_banks_shows_the_site_and_its_surroundings(plan: Plan, market) -> None:
    empty = replace(plan, purchases=(), banks=(), uses=())
    figure = plot_map(empty, market, SITE)
    west, east = figure.axes[0].get_xlim()
    assert east - west >= 30_000
    figure.savefig(io.BytesIO(), format="png")


def test_odd_names_are_drawn_as_they_are(plan: Plan, market) -> None:
    odd = replace(plan, title="$x^{$ \x1b[2J farm")
    plot_map(odd, market, SITE).savefig(io.BytesIO(), format="png")


@pytest.mark.parametrize(
    "points",
    [
        [(400_000.0, 300_000.0)],
        [(400_000.0, 300_000.0), (500_000.0, 300_000.0)],
        [(400_000.0, 100_000.0), (400_000.0, 600_000.0)],
    ],
)
def test_a_box_has_room_around_its_points_and_fits_a_page(points) -> None:
    box = Box.around(points)
    assert all(box.holds(point) for point in points)
    assert min(box.width, box.height) >= 18_000
    assert 0.59 <= box.height / box.width <= 0.81


def test_areas_are_clipped_to_the_box() -> None:
    box = Box.around([to_grid(52.2, -1.7)])
    areas = areas_in(Axis.LPA, box)
    assert "Stratford-on-Avon" in [name for name, _ in areas]
    total = sum(area.area for _, area in areas)
    assert total == pytest.approx(box.width * box.height, rel=0.01)


def test_labels_of_one_place_stand_on_different_sides() -> None:
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    axes.set_xlim(0, 10)
    axes.set_ylim(0, 10)
    place_labels(axes, [Label(f"Bank {n}", (5.0, 5.0)) for n in range(4)], 1.0)
    assert len({text.get_position() for text in axes.texts}) == 4


def test_directions_have_names() -> None:
    assert [_wind(1, 1), _wind(1, 0), _wind(0, -1), _wind(-5, 0.1)] == [
        "north-east",
        "east",
        "south",
        "west",
    ]
