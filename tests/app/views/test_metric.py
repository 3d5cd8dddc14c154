"""The view of the step Metric, without a browser."""

from __future__ import annotations

import pytest

from bng_opt.app.state.metric import NeedRow
from bng_opt.app.views.file_drop import FileDrop
from bng_opt.app.views.metric import MetricView
from bng_opt.app.views.page import Page
from bng_opt.resources import data_dir
from tests.support.pages import find_button, is_shown, text_of, widgets_in


@pytest.fixture
def view(page: Page) -> MetricView:
    """Return the view, which follows its step as on the page."""
    made = MetricView(page)
    page.session.metric.changed.connect(lambda _: made.refresh())
    made.refresh()
    return made


def drop(view: MetricView, name: str, content: bytes) -> None:
    """Drop a small file, as the browser sends it."""
    field = next(each for each in widgets_in(view.box) if isinstance(each, FileDrop))
    piece = {"piece": 0, "last": True, "name": name, "upload": name}
    field._handle_custom_msg(piece, [memoryview(content)])


def fields(view: MetricView, line: int) -> list:
    """Return ledger, habitat and units of a line."""
    box = view._rows.box.children[line - 1]
    return [field.children[0] for field in box.children[:3]]


def test_a_workbook_that_is_dropped_is_shown_with_its_rules(view: MetricView) -> None:
    drop(view, "farm.xlsx", (data_dir() / "demo" / "metric.xlsx").read_bytes())
    text = text_of(view.box)
    assert "farm.xlsx was read." in text
    assert "Land at Brook Farm (demonstration), from farm.xlsx, metric 4.1" in text
    assert "26.7260 units" in text
    assert "Lowland mixed deciduous woodland" in text
    assert "same habitat" in text
    assert "Habitats of Low distinctiveness" in text
    assert "Grassland of Medium distinctiveness" in text


def test_a_second_bad_workbook_leaves_the_first_and_says_so(view: MetricView) -> None:
    kept = "the need below is still the one from farm.xlsx"
    drop(view, "farm.xlsx", (data_dir() / "demo" / "metric.xlsx").read_bytes())
    drop(view, "holiday.xlsx", b"PK\x03\x04 no workbook")
    text = text_of(view.box)
    assert "This needs mending" in text
    assert "holiday.xlsx" in text_of(view._notice)
    assert kept in text
    assert "26.7260 units" in text
    drop(view, "farm.xlsx", (data_dir() / "demo" / "metric.xlsx").read_bytes())
    assert kept not in text_of(view.box)


def test_the_name_of_a_file_never_becomes_markup(view: MetricView) -> None:
    drop(view, "<b>farm</b>.pdf", b"%PDF-1.7")
    assert "<b>farm" not in text_of(view.box)
    assert "another kind of file" in text_of(view._notice)


def test_lines_are_typed_added_removed_and_used(view: MetricView, page: Page) -> None:
    step = page.session.metric
    find_button(view.box, "Add a line").click()
    find_button(view.box, "Add a line").click()
    assert len(step.rows) == 3
    assert page.link.all_told("focus")[-1] == ".bng-need-row-3 select"
    ledger, habitat, units = fields(view, 3)
    ledger.value = "hedgerow"
    assert "Species-rich native hedgerow" in habitat.options
    habitat.value, units.value = "Net gain", "0.5"
    find_button(view.box, "Remove line 1").click()
    assert step.rows == (NeedRow(), NeedRow("hedgerow", "Net gain", "0.5"))
    find_button(view.box, "Use these lines").click()
    assert step.requirement.need == 0.5
    assert "the need as typed" in text_of(view._need)


def test_the_last_line_that_is_removed_leaves_a_blank_one(view: MetricView, page: Page) -> None:
    fields(view, 1)[2].value = "2"
    find_button(view.box, "Remove line 1").click()
    assert page.session.metric.rows == (NeedRow(),)
    assert fields(view, 1)[2].value == ""


def test_a_line_that_cannot_be_is_told_and_stays(view: MetricView, page: Page) -> None:
    _, habitat, units = fields(view, 1)
    habitat.value, units.value = "Unicorn meadow", "lots"
    find_button(view.box, "Use these lines").click()
    text = text_of(view._notice)
    assert "Line 1, habitat" in text
    assert "Line 1, units missing" in text
    assert (habitat.value, units.value) == ("Unicorn meadow", "lots")
    assert page.session.metric.requirement is None


def test_lines_of_a_draft_are_unfolded_once_and_can_be_hidden(view: MetricView, page: Page) -> None:
    assert not is_shown(view.box, view._rows.box)
    page.session.metric.type_rows([NeedRow("area", "half typed", "")])
    assert is_shown(view.box, view._rows.box)
    find_button(view.box, "Hide lines to type the need in").click()
    view.refresh()
    assert not is_shown(view.box, view._rows.box)


def test_what_has_not_changed_is_not_made_again(view: MetricView) -> None:
    find_button(view.box, "Use the example").click()
    before = view._rows.box.children
    changes: list[object] = []
    view._need.observe(changes.append, "value")
    view.refresh()
    assert view._rows.box.children == before
    assert changes == []
