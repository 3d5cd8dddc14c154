"""Two markets beside each other: what came, went, rose and fell, by hand."""

from __future__ import annotations

from bng_opt.batch.content.market_changes import MarketChange, change_blocks, change_words
from bng_opt.market import ContractSize
from tests.support.report_pages import headings, tables
from tests.support.scenarios import HEDGE_MEDIUM, MEADOW, NEUTRAL, Line, Scene

BEFORE = Scene(
    (
        Line(NEUTRAL, 10, 20, "A", stock_id="A-1"),
        Line(MEADOW, 3, 40, "A", stock_id="A-2"),
        Line(HEDGE_MEDIUM, 4, 7, "N1", stock_id="N1-1"),
        Line(NEUTRAL, 1, 30, "F1", stock_id="F1-1"),
    )
)
AFTER = Scene(
    (
        Line(NEUTRAL, "2.5", 22, "A", stock_id="A-1"),
        Line(MEADOW, 3, 36, "A", stock_id="A-2"),
        Line(HEDGE_MEDIUM, "4.25", 7, "N1", stock_id="N1-1"),
        Line(MEADOW, 5, 50, "N2", stock_id="N2-1"),
    )
)
CHANGE = MarketChange(BEFORE.market(), AFTER.market())


def test_the_changes_by_hand() -> None:
    came, went = CHANGE.banks()
    assert (came, went) == (["Bank N2 (N2)"], ["Bank F1 (F1)"])
    lines = [(line.stock_id, str(line.kind), str(line.change)) for line in CHANGE.lines()]
    assert lines == [
        ("A-1", "less", "-7.5"),
        ("N2-1", "new", "5"),
        ("F1-1", "withdrawn", "-1"),
        ("N1-1", "more", "0.25"),
    ]
    moves = CHANGE.price_moves()
    assert (moves.raised, moves.lowered, moves.added, moves.withdrawn) == (1, 1, 1, 1)
    assert change_words(CHANGE) == (
        "1 bank more, 1 bank fewer, 4 stock lines changed, 1 price raised, 1 price lowered, "
        "1 price added, 1 price withdrawn."
    )


def test_the_tables_say_what_moved_and_nothing_else() -> None:
    block = change_blocks(CHANGE, ContractSize.MEDIUM)
    habitats, lines = tables(block)
    assert habitats.of("line") == [
        [MEADOW, "3.00", "8.00", "+5.00", "£40.00", "£43.00", "+7.5%"],
        [NEUTRAL, "11.00", "2.50", "-8.50", "£25.00", "£22.00", "-12.0%"],
        [HEDGE_MEDIUM, "4.00", "4.25", "+0.25", "£7.00", "£7.00", ""],
    ]
    assert lines.of("line")[1] == ["Bank N2 (N2-1)", MEADOW, "new", "5.00", "+5.00"]
    assert lines.of("line")[2][2:] == ["1.00", "withdrawn", "-1.00"]


def test_turned_round_it_says_the_opposite() -> None:
    turned = MarketChange(CHANGE.after, CHANGE.before)
    assert [line.change for line in turned.lines()] == [-line.change for line in CHANGE.lines()]
    assert turned.banks() == CHANGE.banks()[::-1]


def test_the_same_market_in_another_order_is_no_change() -> None:
    frames = BEFORE.frames()
    from bng_opt.market import load_market

    same = load_market({name: frame.iloc[::-1] for name, frame in frames.items()})
    change = MarketChange(BEFORE.market(), same)
    assert change.is_none
    assert change_words(change) == "Nothing has changed."
    assert "Nothing has changed" in change_blocks(change, ContractSize.SMALL).text
    assert headings(change_blocks(change, ContractSize.SMALL)) == []


def test_of_very_many_lines_the_largest_are_named_and_the_rest_counted() -> None:
    many = Scene(tuple(Line(NEUTRAL, n, 20, "A", stock_id=f"A-{n:03d}") for n in range(1, 61)))
    none = Scene((Line(NEUTRAL, 1, 20, "A", stock_id="A-001"),))
    block = change_blocks(MarketChange(none.market(), many.market()), ContractSize.SMALL)
    assert len(tables(block)[1].of("line")) == 40
    assert "And 19 lines with smaller changes." in block.text
