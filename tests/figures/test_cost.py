"""The figure of cost against banks: every alternative drawn, labelled, and said in words."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal

import pytest

from bng_opt.figures import describe_cost, plot_cost_against_banks
from bng_opt.optimiser.alternatives import Alternative, Alternatives, Verdict, find_alternatives
from tests.support.command_line import FOUR_BANKS


@pytest.fixture(scope="module", name="found")
def _found() -> Alternatives:
    return find_alternatives(FOUR_BANKS.scenario(), FOUR_BANKS.optimise())


def points(figure, number: int, label: str) -> list[tuple[float, float]]:
    for drawn in figure.axes[number].collections:
        if drawn.get_label() == label:
            return [(float(x), float(y)) for x, y in drawn.get_offsets()]
    return []


def texts(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_the_curve_has_a_point_for_each_number_of_banks(found: Alternatives) -> None:
    figure = plot_cost_against_banks(found)
    assert points(figure, 0, "Least cost with so many banks") == [
        (1.0, 62_300.0),
        (2.0, 61_600.0),
        (3.0, 60_000.0),
    ]
    assert points(figure, 0, "The cheapest plan") == [(3.0, 60_000.0)]
    assert {"£62,300", "£61,600", "£60,000"} <= set(texts(figure.axes[0]))


def test_each_other_alternative_has_a_row_with_its_extra_cost(found: Alternatives) -> None:
    axes = plot_cost_against_banks(found).axes[1]
    names = [tick.get_text() for tick in axes.get_yticklabels()]
    assert names[:4] == ["Only local banks", "Without A", "Without B", "Without C"]
    assert "Next best 1" in names
    assert "+£900" in texts(axes)


def test_what_is_impossible_is_said_not_drawn(found: Alternatives) -> None:
    none = Alternative("x", Verdict.IMPOSSIBLE, None, "impossible", None, None)
    curve = (replace(none, label="At most one bank"), *found.by_bank_count[1:])
    changed = replace(found, by_bank_count=curve, only_local=none)
    figure = plot_cost_against_banks(changed)
    assert len(points(figure, 0, "Least cost with so many banks")) == 2
    assert "impossible" in texts(figure.axes[0])
    assert "impossible" in texts(figure.axes[1])
    assert "At most one bank: impossible." in figure.text_alternative


def test_an_answer_without_proof_is_marked(found: Alternatives) -> None:
    doubtful = replace(found.without_bank[0], verdict=Verdict.NOT_PROVEN)
    figure = plot_cost_against_banks(replace(found, without_bank=(doubtful,)))
    assert "+£900 (not proven)" in texts(figure.axes[1])
    assert "Without A (not proven)" in figure.text_alternative


def test_the_text_alternative_has_every_alternative_with_its_cost(found: Alternatives) -> None:
    text = describe_cost(found)
    assert plot_cost_against_banks(found).text_alternative == text
    for _, items in found.groups():
        assert all(item.label in text and item.difference in text for item in items)


def test_each_question_has_its_own_shape_and_colour(found: Alternatives) -> None:
    axes = plot_cost_against_banks(found).axes[1]
    signs = {}
    for drawn in axes.collections:
        path, colour = drawn.get_paths()[0], tuple(drawn.get_facecolor()[0])
        name = drawn.get_label()
        if not name.startswith("_"):
            signs[name] = (len(path.vertices), path.vertices[0].tolist(), colour)
    assert len({str(sign) for sign in signs.values()}) == len(signs) == 3


def test_nothing_to_buy_is_a_figure_too() -> None:
    scene = replace(FOUR_BANKS, deficits={})
    found = find_alternatives(scene.scenario(), scene.optimise())
    figure = plot_cost_against_banks(found)
    figure.savefig(io.BytesIO(), format="png")
    assert "Nothing needs to be bought" in figure.axes[0].texts[0].get_text()


def test_thirty_banks_are_drawn_with_room_for_their_labels(found: Alternatives) -> None:
    item = found.by_bank_count[0]
    assert item.plan is not None
    many = tuple(replace(item, extra_gbp=Decimal(n)) for n in range(30))
    figure = plot_cost_against_banks(replace(found, by_bank_count=many, without_bank=many))
    assert len([text for text in texts(figure.axes[0]) if text.startswith("£")]) <= 9
    assert figure.get_figheight() > 10


def test_drawing_leaves_pyplot_and_shapely_alone() -> None:
    code = "import sys, bng_opt.figures; print({'matplotlib.pyplot', 'shapely'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
