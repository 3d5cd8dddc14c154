"""The figure of sensitivity: a row for each thing changed, a sign for each factor."""

from __future__ import annotations

import pytest

from bng_opt.figures import describe_sensitivity, plot_sensitivity
from bng_opt.optimiser.sensitivity import Sensitivities, measure_sensitivity
from tests.support.command_line import FOUR_BANKS


@pytest.fixture(scope="module", name="found")
def _found() -> Sensitivities:
    scenario, plan = FOUR_BANKS.scenario(), FOUR_BANKS.optimise()
    return measure_sensitivity(
        scenario, plan, need=(0.5, 4), prices=(0.9, 1.1), stock=(0, 2), banks=("A", "D")
    )


def drawn_points(figure) -> list[tuple[float, int]]:
    return sorted(
        (round(float(x), 2), round(float(y)))
        for drawn in figure.axes[0].collections
        for x, y in drawn.get_offsets()
    )


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def test_every_change_with_a_plan_is_a_point_at_its_difference(found: Sensitivities) -> None:
    figure = plot_sensitivity(found)
    rows = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert rows == ["Need", "Prices", "Stock of A", "Stock of D"]
    expected = sorted(
        (float(row.change_gbp), rows.index(row.change.what[0].upper() + row.change.what[1:]))
        for row in found.rows[1:]
        if row.change_gbp is not None
    )
    assert drawn_points(figure) == [(pytest.approx(x), y) for x, y in expected]


def test_every_factor_is_labelled_and_an_impossible_one_named(found: Sensitivities) -> None:
    words = " ".join(texts(plot_sensitivity(found)))
    assert all(f"×{factor}" in words for factor in ("0.5", "0.9", "1.1", "0", "2"))
    assert "×4 impossible" in words


def test_less_and_more_differ_in_shape_and_colour(found: Sensitivities) -> None:
    figure = plot_sensitivity(found)
    signs = {
        (str(drawn.get_paths()[0].vertices.round(3).tolist()), str(drawn.get_facecolor()[0]))
        for drawn in figure.axes[0].collections
    }
    assert len(signs) == 2
    assert len({shape for shape, _ in signs}) == 2
    assert len(figure.legends[0].get_texts()) == 2


def test_factors_at_one_place_share_a_label(found: Sensitivities) -> None:
    assert "×0, ×2" in texts(plot_sensitivity(found))


def test_the_text_alternative_says_every_change(found: Sensitivities) -> None:
    text = describe_sensitivity(found)
    assert plot_sensitivity(found).text_alternative == text
    assert text.startswith("As it is the purchase costs £60,000.00.")
    assert "Need: times 0.5 -£30,000, times 4 impossible." in text
    assert "Prices: times 0.9 -£6,000, times 1.1 +£6,000." in text


def test_no_changes_are_a_figure_too(found: Sensitivities) -> None:
    figure = plot_sensitivity(Sensitivities(found.rows[:1]))
    assert drawn_points(figure) == []
