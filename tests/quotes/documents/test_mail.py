from dataclasses import replace

import pytest

from bng_opt.market.store.tables import QuoteState
from bng_opt.quotes.documents import make_documents
from tests.quotes.documents.reading import mail_of
from tests.support import quote_views as views


def letter(view):
    made = make_documents(view, kinds=["mail"], pdf_engine="weasyprint")
    return mail_of(made.made[0]), made.not_made, made.made[0]


def test_a_letter_opens_as_a_draft_to_the_customer_with_the_report():
    message, lacking, document = letter(views.land_and_water_view())
    assert not lacking
    assert document.media_type == "message/rfc822"
    assert message["X-Unsent"] == "1"
    assert message["Subject"] == "Quote BNG-2026-00017: Land at Brook Farm"
    assert message["To"] == "Imogen Wright <imogen.wright@brookfarm.example>"
    assert message["From"] == "Rowan Hale <quotes@greenlane.example>"
    (attached,) = message.iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_filename() == "BNG-2026-00017-quote-Land-at-Brook-Farm.pdf"
    assert message.get_body(("html",)).get_content().startswith("<!doctype html>")


def test_a_draft_says_so_in_subject_and_both_bodies():
    view = views.land_and_water_view(state=QuoteState.DRAFT, approved_by=None, approved_at=None)
    message, _, _ = letter(view)
    words = "Draft: awaits approval, not an offer"
    assert words in message["Subject"]
    for kind in ("plain", "html"):
        assert words.upper() in message.get_body((kind,)).get_content()


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example\nBcc: all@example.com",
        "a@b.example\r\nX-Evil: 1",
        "a@b.example, c@d.example",
        "Jo <a@b.example>",
        "a@b@c",
        "@",
        "a b@c.example",
        "x" * 300 + "@b.example",
        "é@b.example",
    ],
)
def test_what_is_no_address_leaves_the_header_out_and_is_said(address):
    view = views.land_and_water_view(customer=replace(views.CUSTOMER, email=address))
    message, lacking, _ = letter(view)
    assert message["To"] is None
    assert message["Bcc"] is None
    assert message["X-Evil"] is None
    assert len(lacking) == 1
    assert "no To" in lacking[0].message


def test_a_customer_without_an_address_is_said():
    _, lacking, _ = letter(views.land_and_water_view(customer=replace(views.CUSTOMER, email="")))
    assert "there is none" in lacking[0].message


@pytest.mark.parametrize("text", ["Jo\nBcc: x@y.example", "Jo\r\n\r\nbody", "J\x00o", "=?utf-8?q?"])
def test_no_name_or_project_adds_a_header(text):
    view = views.land_and_water_view(project=text, customer=replace(views.CUSTOMER, name=text))
    message, lacking, document = letter(view)
    assert not lacking
    names = [name.lower() for name in message.keys()]  # noqa: SIM118
    assert sorted(names) == [
        "content-type",
        "date",
        "from",
        "mime-version",
        "subject",
        "to",
        "x-unsent",
    ]
    assert message["To"].addresses[0].addr_spec == views.CUSTOMER.email
    assert b"\nBcc:" not in document.content.partition(b"\r\n\r\n")[0]


def test_long_names_of_any_script_survive():
    name = "Ægir Þórðarson 草地 " * 15
    assert len(name) > 200
    view = views.land_and_water_view(customer=replace(views.CUSTOMER, name=name), project=name)
    message, lacking, document = letter(view)
    assert not lacking
    assert message["To"].addresses[0].display_name == name[:79] + "…"
    assert message["Subject"] == f"Quote {view.label}: {name}"[:159] + "…"
    assert max(map(len, document.content.split(b"\r\n"))) <= 998
