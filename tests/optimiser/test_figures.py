"""The figure of a plan: a bar for each need, labelled, told apart without colour."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace

import pytest

from bng_opt.optimiser.figures import describe_needs, origin_of, plot_needs, styles_of
from bng_opt.optimiser.needs import needs_met
from bng_opt.optimiser.plan import BankLine, Plan, Use
from bng_opt.quantities import units_text
from tests.support.hand_plan import empty_plan, hand_plan, purchase


@pytest.fixture(name="plan")
def _plan() -> Plan:
    return hand_plan()


def many_banks(plan: Plan, number: int) -> Plan:
    bought = [
        purchase(f"N{n}-1", f"N{n}", "area", "Mixed scrub", "1", "1", "9") for n in range(number)
    ]
    uses = [Use(p.stock_id, "purchase", "area", "Low", 1.0, "same band") for p in bought]
    return replace(plan, purchases=tuple(bought), uses=tuple(uses), banks=())


def test_every_need_has_a_bar_as_long_as_its_units(plan: Plan) -> None:
    axes = plot_needs(plan).axes[0]
    needs = needs_met(plan)
    assert [tick.get_text().replace("\n", " ")[:12] for tick in axes.get_yticklabels()] == [
        need.title[:12] for need in needs
    ]
    for row, need in enumerate(needs):
        parts = [p for p in axes.patches if abs(p.get_y() + p.get_height() / 2 - row) < 1e-9]
        assert sum(part.get_width() for part in parts) == pytest.approx(float(need.units))
        assert len(parts) == len(need.sources)


def test_every_need_is_labelled_with_its_units(plan: Plan) -> None:
    texts = [text.get_text() for text in plot_needs(plan).axes[0].texts]
    assert {units_text(need.units) for need in needs_met(plan)} <= set(texts)


def test_the_title_states_the_total(plan: Plan) -> None:
    figure = plot_needs(plan)
    assert figure.get_suptitle().replace("\n", " ").endswith("for £451,742.30.")


def test_twenty_banks_are_told_apart_by_colour_and_hatch(plan: Plan) -> None:
    many = many_banks(plan, 20)
    styles = styles_of(many, needs_met(many))
    assert len(set(styles.values())) == len(styles) == 20
    plot_needs(many).savefig(io.BytesIO(), format="png")


def test_surplus_and_credits_look_unlike_any_bank(plan: Plan) -> None:
    styles = styles_of(plan, needs_met(plan))
    assert len({style.colour for style in styles.values()}) == len(styles) == 4
    assert {"On-site surplus", "Statutory credits"} <= set(styles)


def test_a_bank_is_named_with_its_id(plan: Plan) -> None:
    source = next(n for n in needs_met(plan) if n.target == "Grassland").sources[0]
    assert origin_of(source, plan) == "Ash Dell Habitat Bank (B1)"


def test_the_text_alternative_names_every_need_and_source(plan: Plan) -> None:
    text = describe_needs(plan)
    assert plot_needs(plan).text_alternative == text
    for need in needs_met(plan):
        assert need.title in text
        assert all(source.words in text for source in need.sources)


def test_a_notebook_shows_the_figure_with_its_text_alternative(plan: Plan) -> None:
    plan = replace(plan, title='A "farm" <b>')
    html = plot_needs(plan)._repr_html_()
    assert html.startswith('<img alt="Buy 7.80 area units')
    assert "data:image/png;base64," in html
    assert "<b>" not in html


def test_an_empty_plan_is_drawn_in_words() -> None:
    figure = plot_needs(empty_plan())
    assert "Nothing needs to be bought" in figure.axes[0].texts[0].get_text()
    figure.savefig(io.BytesIO(), format="png")


def test_a_dollar_sign_in_a_name_is_drawn_as_it_is(plan: Plan) -> None:
    bank = plan.banks[0]
    odd = BankLine(**{**vars(bank), "name": "Bank $x^{$ and $y$"})
    plot_needs(replace(plan, banks=(odd, *plan.banks[1:]))).savefig(io.BytesIO(), format="png")


def test_drawing_leaves_pyplot_alone() -> None:
    code = "import sys, bng_opt.optimiser.figures; print('matplotlib.pyplot' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
