"""The figure of sharing a stock: a sign for each site and way, and its words."""

from __future__ import annotations

import pytest

from bng_opt.figures import describe_sharing, plot_sharing
from bng_opt.figures.sharing import MOST_SITES
from bng_opt.optimiser.portfolio import PortfolioComparison, PortfolioSite
from bng_opt.runtime.explore import compare_portfolio
from tests.support.scenarios import AREA, MEADOW, NEUTRAL, Line, Scene, site

STOCK = Scene((Line(NEUTRAL, 2, 100, "A"), Line(NEUTRAL, 2, 150, "B")))


def compared(count: int, units: float) -> PortfolioComparison:
    need = Scene((), {}, {AREA: units}).requirement()
    sites = [PortfolioSite(f"Site {n:02d}", need, site()) for n in range(count)]
    return compare_portfolio(sites, STOCK.market(), skip_impossible=True)


@pytest.fixture(scope="module", name="comparison")
def _comparison() -> PortfolioComparison:
    return compared(2, 1.5)


def test_each_site_has_a_point_at_its_share_above_alone_under_each_way(
    comparison: PortfolioComparison,
) -> None:
    axes = plot_sharing(comparison).axes[0]
    drawn = [sorted(float(x) for x, _ in each.get_offsets()) for each in axes.collections]
    expected = [
        sorted(100 * plan.share_above_alone(name) for name in plan.plans)
        for plan in comparison.each
    ]
    assert drawn == [pytest.approx(each) for each in expected]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["Site 00", "Site 01"]


def test_the_ways_differ_in_shape_and_colour_and_none_hides_another(
    comparison: PortfolioComparison,
) -> None:
    axes = plot_sharing(comparison).axes[0]
    signs = {
        (str(each.get_paths()[0].vertices.round(3).tolist()), str(each.get_facecolor()[0]))
        for each in axes.collections
    }
    assert len({shape for shape, _ in signs}) == len({colour for _, colour in signs}) == 3
    heights = [float(each.get_offsets()[0][1]) for each in axes.collections]
    assert len(set(heights)) == 3


def test_the_words_name_every_way_and_site(comparison: PortfolioComparison) -> None:
    words = describe_sharing(comparison)
    assert words == plot_sharing(comparison).text_alternative
    assert words.splitlines()[0].startswith("Least joint cost: £")
    assert sum(line.startswith("Site 0") for line in words.splitlines()) == 2


def test_a_site_that_goes_without_is_said_in_the_figure_too() -> None:
    stock = Scene((Line(MEADOW, 2, 100, "A"), Line(NEUTRAL, 2, 150, "B")))
    any_kind = Scene((), {}, {AREA: 2}).requirement()
    own_kind = Scene((), {MEADOW: -2}, {AREA: 2}).requirement()
    queue = [PortfolioSite("First", any_kind, site()), PortfolioSite("Last", own_kind, site())]
    comparison = compare_portfolio(queue, stock.market(), skip_impossible=True)
    figure = plot_sharing(comparison)
    assert "Last, above its cost alone: least joint cost 0.00%" in figure.text_alternative
    assert "first come, first served goes without" in figure.text_alternative
    assert "goes without" in [text.get_text() for text in figure.axes[0].texts]


def test_of_very_many_sites_those_hit_hardest_are_drawn() -> None:
    need = Scene((), {}, {AREA: 0.1}).requirement()
    sites = [PortfolioSite(f"Site {n:02d}", need, site()) for n in range(MOST_SITES + 1)]
    stock = Scene((Line(NEUTRAL, 4, 100, "A"), Line(NEUTRAL, 2, 150, "B")))
    comparison = compare_portfolio(sites, stock.market())
    axes = plot_sharing(comparison).axes[0]
    names = [tick.get_text() for tick in axes.get_yticklabels()]
    assert len(names) == MOST_SITES
    first = comparison.first_come
    last_served = max(first.plans, key=first.share_above_alone)
    assert last_served in names
