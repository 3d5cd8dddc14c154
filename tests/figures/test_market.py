"""The figure of a market: a bar of units and a range of prices for each habitat."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bng_opt.figures import HabitatOnSale, describe_market, plot_market
from bng_opt.figures.market import MOST_HABITATS
from bng_opt.reference import Ledger

MEADOW = HabitatOnSale(
    "Meadow $", Ledger.AREA, Decimal("2.5"), 2, Decimal(10), Decimal(20), Decimal(40)
)
SCRUB = HabitatOnSale("Scrub", Ledger.AREA, Decimal(7), 1, Decimal(5), Decimal(5), Decimal(5))
HEDGE = HabitatOnSale("Hedge", Ledger.HEDGEROW, Decimal(9), 3)


def test_bars_are_the_units_by_ledger_and_the_largest_first() -> None:
    figure = plot_market([HEDGE, MEADOW, SCRUB])
    left = figure.axes[0]
    names = [tick.get_text() for tick in left.get_yticklabels()]
    assert names == ["Scrub", r"Meadow \$", "Hedge"]
    assert [bar.get_width() for bar in left.patches] == [7, 2.5, 9]
    assert len({str(bar.get_facecolor()) for bar in left.patches}) == 2


def test_prices_reach_from_the_lowest_to_the_highest_with_the_median_marked() -> None:
    right = plot_market([HEDGE, MEADOW, SCRUB]).axes[1]
    ranges = [tuple(map(float, line.get_xdata())) for line in right.lines]
    assert ranges == [(5, 5), (10, 40)]
    medians = [float(each.get_offsets()[0][0]) for each in right.collections]
    assert medians == [5, 20]


def test_the_words_say_units_banks_and_prices() -> None:
    words = describe_market([HEDGE, MEADOW, SCRUB])
    assert "Meadow $: 2.50 units at 2 banks, £10.00 to £40.00 a unit, median £20.00." in words
    assert "Hedge: 9.00 units at 3 banks, no price." in words
    assert plot_market([HEDGE]).text_alternative == describe_market([HEDGE])


@pytest.mark.parametrize("count", [0, 1, MOST_HABITATS + 5])
def test_any_number_of_habitats_is_drawn(count: int) -> None:
    many = [HabitatOnSale(f"H{n:02d}", Ledger.AREA, Decimal(n + 1), 1) for n in range(count)]
    figure = plot_market(many)
    figure.canvas.draw()
    assert len(figure.axes[0].patches) == min(count, MOST_HABITATS)
    if count > MOST_HABITATS:
        assert "H00" not in figure.text_alternative
