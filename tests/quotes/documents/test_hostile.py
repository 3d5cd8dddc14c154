"""Whatever others write into a quote stays text in each of its documents."""

from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from bng_opt.quotes.documents import DocumentKind, make_documents
from tests.quotes.documents.reading import csv_rows, html_text, mail_of, soup_of
from tests.support import quote_views as views

TEXTS = {
    "script": "<script>alert(1)</script>",
    "attribute": "\" onload='alert(1)' x=\"",
    "comment": "--><script>alert(1)</script><!--",
    "style": "</style><script>alert(1)</script>",
    "title": "</title><h1>x</h1>",
    "template": "{{7*7}}{% for x in y %}${7*7}",
    "formula": '=HYPERLINK("http://x.example","y")',
    "math": "$\\frac{1}{0}$ $",
    "css": '"; } body { display: none } @import "http://x.example',
    "rtl": "\u202egnp.exe\u202c \u2066x\u2069 \u200f",
    "control": "a\x00\x07\x1b[2Jb\x85\u2028c",
    "half a character": "x\ud800y",
    "not a character": "\ufffe\uffff\ufdd0",
    "long": "W" * 300,
    "long words": "Meadow " * 60,
    "lines": "a\nb\r\nc\tnext",
    "emoji": "🌿👩‍🌾 草地 ÅÉ",
    "empty": "",
    "blanks": "   ",
}


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_text_is_text_in_every_document(name):
    view = views.hostile_view(TEXTS[name])
    documents = make_documents(view, pdf_engine="weasyprint")
    kinds = {document.kind for document in documents.made}
    assert kinds == set(DocumentKind)
    assert not [f for f in documents.not_made if "PDF" in f.message]
    for document in documents.of(DocumentKind.REPORT_HTML, DocumentKind.ORDER_HTML):
        page = soup_of(document)
        assert not page.select("script, link")
        assert len(page.select("h1")) == len(page.select("style")) == 1
        assert not [t for t in page.find_all() if any(a.startswith("on") for a in t.attrs)]
        assert "49" not in html_text(document) or "7*7" not in TEXTS[name]
        document.content.decode("utf-8")
        assert not {chr(n) for n in range(32)} - {"\n"} & set(document.content.decode())
    (workbook,) = documents.of(DocumentKind.WORKBOOK)
    load_workbook(BytesIO(workbook.content))
    (mail,) = documents.of(DocumentKind.MAIL)
    html = mail_of(mail).get_body(("html",)).get_content()
    assert "<script" not in html
    (rows,) = documents.of(DocumentKind.SALES_CSV)
    assert len(csv_rows(rows)) == 4


def test_a_template_in_a_name_is_printed_as_it_is():
    (page,) = make_documents(views.hostile_view("{{7*7}}"), kinds=["report_html"]).made
    assert "{{7*7}}" in html_text(page)


@pytest.mark.parametrize("name", ["rtl", "control"])
def test_signs_that_turn_or_hide_text_are_taken_out(name):
    (page,) = make_documents(views.hostile_view(TEXTS[name]), kinds=["report_html"]).made
    assert not set(page.content.decode()) & set("\u202e\u2066\x00\x07\x1b\x85\u2028")


def test_a_quote_with_nothing_filled_in_makes_every_document():
    nobody = views.Party("")
    view = views.land_and_water_view()
    empty = replace(
        view,
        customer=nobody,
        seller=nobody,
        project="",
        site="",
        site_lpas=(),
        site_ncas=(),
        sources={},
        bgs_references={},
        plan=replace(view.plan, title="", versions={}, scenario=""),
    )
    documents = make_documents(empty, pdf_engine="weasyprint")
    assert {document.kind for document in documents.made} == set(DocumentKind)
    assert [f.message.partition(":")[0] for f in documents.not_made] == [
        "The e-mail has no From",
        "The e-mail has no To",
    ]


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(), max_size=60))
def test_any_text_leaves_the_documents_whole(text):
    kinds = ["report_html", "order_html", "workbook", "sales_csv"]
    documents = make_documents(views.hostile_view(text), kinds=kinds)
    for document in documents.of(DocumentKind.REPORT_HTML):
        assert not soup_of(document).select("script")
        assert len(soup_of(document).select("h1")) == 1
    (workbook,) = documents.of(DocumentKind.WORKBOOK)
    assert ZipFile(BytesIO(workbook.content)).testzip() is None
    load_workbook(BytesIO(workbook.content))
    (rows,) = documents.of(DocumentKind.SALES_CSV)
    assert len(csv_rows(rows)) == 4
