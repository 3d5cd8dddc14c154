"""Files that come in pieces: taken whole and in order, or not at all."""

from __future__ import annotations

from typing import Any

from bng_opt.app.views.file_drop import FileDrop


class Drop:
    """A file drop with what it took and what it told the browser."""

    def __init__(self, most_mb: float = 1) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.told: list[dict[str, Any]] = []
        self.widget = FileDrop("Workbook", ".xlsx", most_mb, self._take)
        self.widget.send = self.told.append
        self.failure: Exception | None = None

    def _take(self, name: str, content: bytes) -> None:
        if self.failure is not None:
            raise self.failure
        self.taken.append((name, content))

    def piece(self, number: int, data: bytes, *, last: bool = False, upload: str = "u1") -> None:
        """Hear one piece, as a kernel passes it on."""
        content = {"piece": number, "last": last, "name": "a.xlsx", "upload": upload}
        self.widget._handle_custom_msg(content, [memoryview(data)])


def test_pieces_are_put_together_and_each_is_answered() -> None:
    drop = Drop()
    drop.piece(0, b"one ")
    drop.piece(1, b"two")
    assert drop.taken == []
    drop.piece(2, b"!", last=True)
    assert drop.taken == [("a.xlsx", b"one two!")]
    assert drop.told == [{"next": 1, "upload": "u1"}, {"next": 2, "upload": "u1"}, {"read": "u1"}]


def test_a_new_file_replaces_one_that_was_given_up() -> None:
    drop = Drop()
    drop.piece(0, b"old")
    drop.piece(0, b"new", last=True, upload="u2")
    assert drop.taken == [("a.xlsx", b"new")]


def test_a_piece_that_is_missing_is_told() -> None:
    drop = Drop()
    drop.piece(0, b"one")
    drop.piece(2, b"three", last=True)
    assert drop.taken == []
    assert drop.told[-1] == {"lost": "u1"}


def test_more_than_the_limit_is_never_taken_and_is_told() -> None:
    drop = Drop(most_mb=1)
    drop.piece(0, bytes(2**19))
    drop.piece(1, bytes(2**19 + 1), last=True)
    assert drop.taken == []
    assert drop.told[-1] == {"lost": "u1"}
    drop.piece(0, bytes(2**20), last=True, upload="u2")
    assert len(drop.taken[0][1]) == 2**20


def test_the_browser_is_answered_even_where_the_file_is_refused() -> None:
    drop = Drop()
    drop.failure = ValueError("no workbook")
    drop.piece(0, b"x", last=True)
    assert drop.told == [{"read": "u1"}]


def test_other_messages_are_left_alone() -> None:
    drop = Drop()
    drop.widget._handle_custom_msg({"else": 1}, [])
    assert (drop.taken, drop.told) == ([], [])
