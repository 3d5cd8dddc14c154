import re
import socket
import threading
from io import BytesIO
from shutil import which
from unicodedata import normalize

import pytest
from pypdf import PdfReader

from bng_opt.market.store.tables import QuoteState
from bng_opt.quotes.documents import make_documents
from bng_opt.quotes.documents.pdf import CHROMIUMS, NoPdfError, pdf_maker
from tests.quotes.documents.reading import pdf_text, sums_in
from tests.support import quote_views as views

ENGINES = ("weasyprint", "chromium")


@pytest.fixture(params=ENGINES)
def engine(request):
    if request.param == "chromium" and not any(map(which, CHROMIUMS)):
        pytest.skip("there is no Chromium here")
    if request.param == "weasyprint":
        pytest.importorskip("weasyprint", exc_type=(ImportError, OSError))
    return request.param


def printed(view, engine, kind="report_pdf"):
    made = make_documents(view, kinds=[kind], pdf_engine=engine)
    assert not [f for f in made.not_made if "PDF" in f.message]
    return made.made


def test_both_engines_print_the_same_sums_on_numbered_pages(engine):
    view = views.many_lines_view()
    (document,) = printed(view, engine)
    reader = PdfReader(BytesIO(document.content))
    count = len(reader.pages)
    assert count > 4
    for number, page in enumerate(reader.pages, 1):
        text = " ".join(page.extract_text().split())
        assert re.search(rf"page {number} of {count}\b", text)
        assert "BNG-2026-00017" in text
        size = [round(float(value)) for value in page.mediabox[2:]]
        assert size == [595, 842]
    priced = view.priced
    assert sums_in(pdf_text(document.content)) == (
        priced.net_gbp,
        priced.vat_gbp,
        priced.gross_gbp,
    )


def test_the_head_of_a_long_table_is_repeated(engine):
    (document,) = printed(views.many_lines_view(), engine)
    pages = [page.extract_text() for page in PdfReader(BytesIO(document.content)).pages]
    heads = [text for text in pages if "Per unit" in text and "Counts" in text]
    assert len(heads) > 2


def test_no_line_is_torn_off_by_the_end_of_a_page(engine):
    view = views.many_lines_view()
    (document,) = printed(view, engine)
    pages = [" ".join(p.extract_text().split()) for p in PdfReader(BytesIO(document.content)).pages]
    for group in {line.bank_name for line in view.priced.lines if line.bank_name}:
        at = [text for text in pages if f"{group} (" in text]
        assert at
        # A bank's name never stands alone at the foot of a page.
        assert not any(re.search(rf"{group} \([^)]*\) (page \d+ of \d+)?$", text) for text in at)


def test_a_pdf_has_title_tags_and_the_quotes_own_date(engine):
    view = views.demo_view()
    (document,) = printed(view, engine)
    reader = PdfReader(BytesIO(document.content))
    assert reader.metadata.title == f"Quote {view.label}: {view.project}"
    assert reader.metadata.creation_date == view.made_at
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    if engine == "weasyprint":
        assert reader.metadata.author == view.seller.company


def test_the_state_stands_on_every_page(engine):
    view = views.demo_view(state=QuoteState.DRAFT, approved_by=None, approved_at=None)
    (document,) = printed(view, engine)
    for page in PdfReader(BytesIO(document.content)).pages:
        # Chromium may write "ff" as one letter.
        words = " ".join(normalize("NFKC", page.extract_text()).split())
        assert "Draft: awaits approval, not an offer" in words


def test_each_bank_has_its_order_as_a_pdf(engine):
    view = views.land_and_water_view()
    (document,) = printed(view, engine, "order_pdf")
    assert "Evenlode Meadows" in pdf_text(document.content)
    assert document.media_type == "application/pdf"


def test_printing_asks_nothing_of_the_network(engine):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        asked = []

        def listen():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                asked.append(connection)
                connection.close()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{port}/x.png"
        texts = (f'<img src="{address}">', f"url({address})", f'"><link href="{address}">')
        for text in texts:
            (document,) = printed(views.hostile_view(text), engine)
            assert str(port) in pdf_text(document.content)
        assert asked == []


def test_weasyprint_refuses_a_page_that_would_fetch():
    pytest.importorskip("weasyprint", exc_type=(ImportError, OSError))
    make = pdf_maker("weasyprint")
    page = '<!doctype html><html lang="en"><title>x</title><img alt="x" src="{}">'
    for address in ("file:///etc/hostname", "http://127.0.0.1:9/x.png"):
        with pytest.raises(NoPdfError, match="fetching"):
            make(page.format(address), views.MADE)
