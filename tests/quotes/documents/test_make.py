import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import load_workbook

from bng_opt.errors import InputError
from bng_opt.quotes.documents import DocumentKind, make_documents
from bng_opt.quotes.documents.words import NOTICES
from tests.quotes.documents.reading import csv_rows, html_text, mail_of, pdf_text, sums_in
from tests.support import quote_views as views

VIEWS = {
    "demonstration": views.demo_view,
    "everything": views.full_view,
    "many lines": views.many_lines_view,
    "nothing to buy": views.empty_view,
    "credits only": views.credits_view,
    "land and water": views.land_and_water_view,
}
HEAVY = (DocumentKind.ORDER_PDF, DocumentKind.ORDER_HTML)


def sums_of(view):
    return view.priced.net_gbp, view.priced.vat_gbp, view.priced.gross_gbp


def without_orders():
    return [kind for kind in DocumentKind if kind not in HEAVY]


def only(documents, kind):
    (document,) = documents.of(kind)
    return document


@pytest.mark.parametrize("name", VIEWS)
def test_every_document_states_the_quotes_own_sums(name):
    view = VIEWS[name]()
    documents = make_documents(view, kinds=without_orders())
    assert not documents.not_made
    mail = mail_of(only(documents, DocumentKind.MAIL))
    texts = {
        "html": html_text(only(documents, DocumentKind.REPORT_HTML)),
        "pdf": pdf_text(only(documents, DocumentKind.REPORT_PDF).content),
        "mail": " ".join(mail.get_body(("plain",)).get_content().split()),
        "attached": pdf_text(next(mail.iter_attachments()).get_content()),
    }
    named = {f"VAT at {view.priced.vat_rate:.0%}" in text for text in texts.values()}
    assert named == {True}
    if view.priced.lines:
        assert {key: sums_in(text) for key, text in texts.items()} == dict.fromkeys(
            texts, sums_of(view)
        )


@pytest.mark.parametrize("name", VIEWS)
def test_the_sales_rows_add_up_to_the_net_total(name):
    view = VIEWS[name]()
    rows = csv_rows(only(make_documents(view, kinds=["sales_csv"]), DocumentKind.SALES_CSV))
    assert sum((Decimal(row["Contract value"]) for row in rows), Decimal(0)) == view.priced.net_gbp


@pytest.mark.parametrize("name", VIEWS)
def test_the_workbook_shows_the_quotes_own_sums_without_calculating(name):
    view = VIEWS[name]()
    made = only(make_documents(view, kinds=["workbook"]), DocumentKind.WORKBOOK)
    sheet = load_workbook(BytesIO(made.content), data_only=True)["Quote"]
    shown = {row[0].value: row[9].value for row in sheet.iter_rows()}
    totals = (shown["Total before VAT"], shown[view.priced.vat_words], shown["Total with VAT"])
    assert tuple(Decimal(str(total)) for total in totals) == sums_of(view)


def test_every_document_says_what_it_rests_on():
    view = views.full_view()
    documents = make_documents(view)
    texts = {}
    for document in documents.made:
        if document.kind is DocumentKind.WORKBOOK:
            book = load_workbook(BytesIO(document.content))
            cells = (cell.value for sheet in book for row in sheet.iter_rows() for cell in row)
            texts[document.file_name] = " ".join(map(str, cells))
        elif document.kind is DocumentKind.MAIL:
            body = mail_of(document).get_body(("html",))
            texts[document.file_name] = body.get_content()
            texts["plain"] = " ".join(mail_of(document).get_body(("plain",)).get_content().split())
        elif document.media_type == "application/pdf":
            texts[document.file_name] = pdf_text(document.content)
        elif document.kind is DocumentKind.SALES_CSV:
            texts[document.file_name] = " ".join(csv_rows(document)[0].values())
        else:
            texts[document.file_name] = html_text(document)
    assert len(texts) == 5 + 2 * len(view.plan.banks) + 1
    for name, text in texts.items():
        for needed in (
            "Statutory: trading is tested",
            "optimal",
            "Proven: no lawful purchase",
            "price list 3",
            "bng_opt",
            view.scenario,
            view.market_snapshot,
        ):
            assert needed.split()[0] in text, (name, needed)
            assert needed in text or name.endswith(".pdf"), (name, needed)


def test_the_notices_are_those_of_the_notice_file(repository):
    text = (repository / "NOTICE.md").read_text(encoding="utf-8")
    section = text.partition("## The notices to show")[2].partition("##")[0]
    stated = [" ".join(item.split()) for item in section.split("\n* ")[1:]]
    assert stated == list(NOTICES)


def test_the_same_quote_gives_the_same_bytes():
    first, second = (
        make_documents(views.land_and_water_view(), pdf_engine="weasyprint") for _ in "ab"
    )
    assert {d.file_name: d.content for d in first.made} == {
        d.file_name: d.content for d in second.made
    }


def test_file_names_are_unique_and_carry_the_revision():
    view = views.hostile_view("a/../b")
    view = replace(view, revision=2, latest_revision=2)
    names = [d.file_name for d in make_documents(view, pdf_engine="weasyprint").made]
    assert len(set(names)) == len(names)
    assert all(name.startswith("BNG-2026-00017-R2-") for name in names)


def test_only_the_kinds_that_are_named_are_made():
    made = make_documents(views.demo_view(), kinds=["sales_csv", DocumentKind.ORDER_HTML]).made
    assert {d.kind for d in made} == {DocumentKind.SALES_CSV, DocumentKind.ORDER_HTML}


def test_every_unknown_kind_is_named():
    with pytest.raises(InputError) as caught:
        make_documents(views.demo_view(), kinds=["fax", "mail", "telex"])
    assert [f.message for f in caught.value.findings] == [
        'There is no document "fax".',
        'There is no document "telex".',
    ]


def test_units_from_outside_the_market_have_no_order_and_that_is_said():
    found = make_documents(views.full_view(), kinds=["order_html"]).not_made
    assert len(found) == 1
    assert "Felled copse" in found[0].message
    assert not make_documents(views.full_view(), kinds=["workbook"]).not_made


NO_ENGINE = """
import sys
from tests.support.quote_views import credits_view
from bng_opt.quotes.documents import make_documents
found = make_documents(credits_view(), pdf_engine=sys.argv[1])
print(*(d.kind for d in found.made))
print(*found.not_made, sep="\\n")
"""


@pytest.mark.parametrize("engine", ["auto", "weasyprint", "chromium"])
def test_without_an_engine_all_but_the_pdfs_is_made_and_the_remedy_is_said(
    tmp_path, repository, engine
):
    broken = tmp_path / "weasyprint"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise OSError('cannot load library libpango-1.0-0')\n")
    environment = {"PYTHONPATH": f"{tmp_path}:{repository}", "PATH": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", NO_ENGINE, engine],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    kinds, _, findings = run.stdout.partition("\n")
    assert kinds.split() == ["report_html", "mail", "workbook", "sales_csv"], run.stderr
    assert "apt install libpango-1.0-0 libpangoft2-1.0-0" in findings
    assert ("cannot load library" in findings) is (engine != "chromium")
    assert ("no Chromium" in findings) is (engine != "weasyprint")
