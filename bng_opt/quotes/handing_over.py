"""A quote's documents, made and kept as they were handed over."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from os import PathLike
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bng_opt.market.store.tables import DocumentRow, Role
from bng_opt.market.store.users import authorise
from bng_opt.quotes.book import QuoteBook
from bng_opt.quotes.documents import Document, DocumentKind, Documents, make_documents
from bng_opt.quotes.showing import show_quote
from bng_opt.whole_files import prepare_folder, write_whole


def hand_over(
    book: QuoteBook,
    reference: str,
    folder: str | PathLike[str],
    *,
    revision: int | None = None,
    kinds: Collection[DocumentKind] | None = None,
) -> tuple[Documents, tuple[Path, ...]]:
    """Make a revision's documents, keep them in the store and write them into a folder.

    Parameters
    ----------
    book, reference, revision
        The quote; its newest revision by default.
    folder
        Made if it isn't there.
    kinds
        Which documents; all by default.

    Returns
    -------
    The documents, with what could not be made here, and the files' paths.

    Raises
    ------
    InputError
        If there is no such quote, kind or folder.
    """
    path = prepare_folder(folder)
    documents = keep_documents(book, reference, revision=revision, kinds=kinds)
    for document in documents.made:
        write_whole(path / document.file_name, document.content)
    return documents, tuple(path / document.file_name for document in documents.made)


def keep_documents(
    book: QuoteBook,
    reference: str,
    *,
    revision: int | None = None,
    kinds: Collection[DocumentKind] | None = None,
) -> Documents:
    """Make a revision's documents and keep them in the store, as :func:`hand_over` does.

    Raises
    ------
    InputError
        If there is no such quote or kind.
    AccessError
        If who acts may only look.
    """
    view = show_quote(book, reference, revision=revision)
    documents = make_documents(view, kinds=kinds, pdf_engine=book.settings.pdf_engine)

    def keep(session: Session) -> None:
        authorise(session, book.by, Role.ANALYST)
        quote, newest = book.newest(session, reference)
        row = newest if revision is None else book.revision(session, quote, revision)
        for document in documents.made:
            _keep(book, session, row.id, document)
        names = [document.file_name for document in documents.made]
        book.note(session, quote, row, "documents", files=names)

    book.store.run(keep)
    return documents


def kept_documents(
    book: QuoteBook, reference: str, *, revision: int | None = None
) -> tuple[Document, ...]:
    """Return the documents of a revision that were made before, the last of each name.

    Raises
    ------
    InputError
        If there is no such quote or revision.
    """
    with book.store.read() as session:
        quote, newest = book.newest(session, reference)
        row = newest if revision is None else book.revision(session, quote, revision)
        rows = session.scalars(
            select(DocumentRow).where(DocumentRow.revision_id == row.id).order_by(DocumentRow.id)
        )
        last = {
            each.file_name: Document(
                DocumentKind(each.kind), each.file_name, each.media_type, each.content
            )
            for each in rows
        }
    order = list(DocumentKind)
    return tuple(sorted(last.values(), key=lambda each: (order.index(each.kind), each.file_name)))


def _keep(book: QuoteBook, session: Session, revision_id: int, document: Document) -> None:
    """Keep a document, unless just this one is kept already."""
    digest = hashlib.sha256(document.content).hexdigest()
    same = select(DocumentRow.id).where(
        DocumentRow.revision_id == revision_id,
        DocumentRow.file_name == document.file_name,
        DocumentRow.sha256 == digest,
    )
    if session.scalar(same) is not None:
        return
    session.add(
        DocumentRow(
            revision_id=revision_id,
            kind=document.kind.value,
            file_name=document.file_name,
            media_type=document.media_type,
            sha256=digest,
            content=document.content,
            made_at=book.store.clock(),
            made_by=book.by,
        )
    )
