"""A quote's documents are kept in the store as they were handed over, and written whole."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import select

from bng_opt.errors import InputError
from bng_opt.market.store import Store
from bng_opt.market.store.tables import DocumentRow
from bng_opt.quotes import hand_over, revise_quote
from bng_opt.quotes.documents import DocumentKind
from tests.support.quoting import open_book, quote
from tests.support.scenarios import AREA, NEUTRAL, Line, Scene

ONE_LINE = Scene((Line(NEUTRAL, 10, 20_000, "A"),), {}, {AREA: 1.0})
SMALL = (DocumentKind.SALES_CSV, DocumentKind.WORKBOOK)


def test_what_is_written_is_what_is_kept(store: Store, tmp_path: Path) -> None:
    book = open_book(store, ONE_LINE)
    documents, paths = hand_over(book, quote(book, ONE_LINE), tmp_path / "deal", kinds=SMALL)
    with store.read() as session:
        rows = {row.file_name: row for row in session.scalars(select(DocumentRow))}
    assert {path.name for path in paths} == set(rows) == {d.file_name for d in documents.made}
    for path in paths:
        content = path.read_bytes()
        assert rows[path.name].content == content
        assert rows[path.name].sha256 == hashlib.sha256(content).hexdigest()


def test_handing_over_twice_keeps_one_copy_of_the_same(store: Store, tmp_path: Path) -> None:
    book = open_book(store, ONE_LINE)
    reference = quote(book, ONE_LINE)
    for _ in range(2):
        hand_over(book, reference, tmp_path, kinds=[DocumentKind.SALES_CSV])
    with store.read() as session:
        assert len(session.scalars(select(DocumentRow)).all()) == 1


def test_an_old_revision_can_be_handed_over_and_says_what_it_is(
    store: Store, tmp_path: Path
) -> None:
    book = open_book(store, ONE_LINE)
    reference = quote(book, ONE_LINE)
    revise_quote(book, reference)
    _, paths = hand_over(book, reference, tmp_path, revision=1, kinds=[DocumentKind.REPORT_HTML])
    assert "superseded" in paths[0].read_text("utf-8").casefold()


def test_a_folder_that_cannot_be_made_keeps_nothing(store: Store, tmp_path: Path) -> None:
    book = open_book(store, ONE_LINE)
    reference = quote(book, ONE_LINE)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="folder"):
        hand_over(book, reference, tmp_path / "file" / "deal", kinds=SMALL)
    with store.read() as session:
        assert session.scalars(select(DocumentRow)).all() == []
