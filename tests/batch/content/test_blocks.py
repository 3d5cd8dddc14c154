"""Blocks: the same in HTML and in words, with nothing of other people's files as markup."""

from __future__ import annotations

import pytest

from bng_opt.batch.content.blocks import (
    NOTHING,
    Block,
    Column,
    Row,
    RowKind,
    bullets,
    command,
    facts,
    figure,
    joined,
    named,
    paragraph,
    part,
    section,
    style,
    table,
    units_shown,
)
from bng_opt.optimiser.figures import TextFigure
from tests.support.report_pages import headings, page_of, tables

EVIL = "<script>alert('x')</script>\x1b[2J"


@pytest.mark.parametrize(
    "block",
    [
        paragraph(EVIL),
        bullets([EVIL]),
        facts([(EVIL, EVIL)]),
        command(EVIL),
        table(
            EVIL, [Column(EVIL), Column("n")], [Row((EVIL, EVIL)), Row((EVIL, ""), RowKind.GROUP)]
        ),
        section(EVIL, part(EVIL, paragraph("fine"))),
    ],
)
def test_no_text_becomes_markup_or_steers_a_terminal(block: Block) -> None:
    assert page_of(block).find("script") is None
    assert "alert('x')" in page_of(block).get_text()
    assert "\x1b" not in block.html + block.text


def test_a_section_without_anything_in_it_isn_t_there() -> None:
    assert section("Heading", NOTHING, part("Part", bullets([])), table("c", [], [])) == NOTHING
    assert headings(section("Heading", NOTHING, paragraph("text"))) == ["Heading"]


def test_an_empty_block_leaves_no_trace_in_a_notebook_and_another_shows_both_forms(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[tuple[dict[str, object], bool]] = []
    monkeypatch.setattr(
        "IPython.display.display", lambda data, raw=False: shown.append((data, raw))
    )
    NOTHING._ipython_display_()
    Block("<p>it</p>", "it", {"a/b": 1})._ipython_display_()
    expected = {"text/html": '<div class="bng"><p>it</p></div>', "text/plain": "it", "a/b": 1}
    assert shown == [(expected, True)]


def test_a_table_names_its_rows_and_sets_figures_to_the_right() -> None:
    block = table(
        "Prices",
        [Column("Bank", width=40), Column("Cost", number=True)],
        [
            Row(("Area", ""), RowKind.GROUP),
            Row((named("Ash Dell", "B1"), "£9.50")),
            Row(("Total", "£9.50"), RowKind.TOTAL),
        ],
    )
    page = page_of(block)
    assert [th["scope"] for th in page.tbody.find_all("th")] == ["colgroup", "row", "row"]
    assert [td["class"] for td in page.tbody.find_all("td")] == [["number"], ["number"]]
    assert tables(block)[0].rows == [
        ("group", ["Area"]),
        ("line", ["Ash Dell (B1)", "£9.50"]),
        ("total", ["Total", "£9.50"]),
    ]
    lines = block.text.splitlines()
    assert lines[0] == "Prices"
    assert lines[-1].split() == ["Total", "£9.50"]
    assert set(lines[-2].strip()) == {"-", " "}


def test_a_sign_and_its_pounds_stay_on_one_line() -> None:
    block = table("c", [Column("a"), Column("b")], [Row(("x", "dearer, +£3"))])
    assert "+&NoBreak;£3" in block.html
    assert "+£3" in block.text


def test_a_row_with_too_few_cells_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        table("c", [Column("a"), Column("b")], [Row(("only one",))])


def test_a_figure_carries_its_words_and_fetches_nothing() -> None:
    drawing = TextFigure()
    drawing.subplots().plot([1, 2])
    drawing.text_alternative = 'It says "more" & less.'
    first, again = figure(drawing, "A caption"), figure(drawing)
    image = page_of(first).img
    assert image["alt"] == drawing.text_alternative
    assert image["src"].startswith("data:image/svg+xml;base64,")
    assert page_of(first).figcaption.get_text() == "A caption"
    assert page_of(again).img["src"] == image["src"]


def test_blocks_are_joined_in_order_without_the_empty_ones() -> None:
    whole = joined([paragraph("one"), NOTHING, paragraph("two")])
    assert whole.text.split() == ["one", "two"]


def test_a_numbered_list_is_numbered_in_words_too() -> None:
    block = bullets(["first", "second"], numbered=True)
    assert page_of(block).ol is not None
    assert block.text.splitlines() == ["1. first", "2. second"]


def test_the_style_sheet_keeps_to_reports_and_fetches_nothing() -> None:
    sheet = style()
    assert "url(" not in sheet
    assert "@import" not in sheet
    rules = [line.strip() for line in sheet.splitlines() if "{" in line]
    assert all(rule.startswith((".bng", "@media")) for rule in rules)


def test_thousands_of_units_are_separated_and_decimals_kept() -> None:
    assert units_shown(12345.5) == "12,345.50"
    assert units_shown(0.1234) == "0.1234"
