import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bng_opt.market.store.tables import QuoteState
from bng_opt.optimiser.plan import Check
from bng_opt.quotes.documents import DocumentKind, make_documents
from bng_opt.quotes.view import CreditsComparison
from tests.quotes.documents.reading import amount, html_text, soup_of
from tests.support import quote_views as views


def report(view):
    (document,) = make_documents(view, kinds=["report_html"]).made
    assert document.kind is DocumentKind.REPORT_HTML
    return document


def banners_of(view):
    return [box.get_text(" ", strip=True) for box in soup_of(report(view)).select(".banner")]


def test_an_offer_that_can_be_accepted_has_no_banner():
    assert banners_of(views.demo_view()) == []
    assert "Offer, valid until 3 December 2026" in html_text(report(views.demo_view()))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": QuoteState.DRAFT, "sent_at": None, "valid_until": None}, "Draft: not an offer"),
        (
            {"state": QuoteState.DRAFT, "approved_by": None, "approved_at": None},
            "Draft: awaits approval, not an offer",
        ),
        ({"approved_by": None, "approved_at": None}, "Awaits approval, not an offer"),
        ({"state": QuoteState.SUPERSEDED, "latest_revision": 3}, "Superseded: not an offer"),
        ({"state": QuoteState.EXPIRED}, "Expired: not an offer"),
        ({"state": QuoteState.WITHDRAWN, "reason": "site sold"}, "Withdrawn: not an offer"),
    ],
)
def test_what_is_no_offer_says_so_in_words_at_the_top_and_on_each_page(changes, words):
    view = views.demo_view(**changes)
    (banner,) = banners_of(view)
    assert words in banner
    page = report(view).content.decode()
    head = page[page.index("@top-right { content:", page.index(":first")) :]
    escaped = re.search(r'"([^"]*)"', head).group(1)
    shown = re.sub(r"\\([0-9a-f]{6}) ", lambda found: chr(int(found.group(1), 16)), escaped)
    assert shown == words


def test_a_superseded_revision_names_the_newest_and_a_withdrawn_one_its_reason():
    (superseded,) = banners_of(
        views.demo_view(state=QuoteState.SUPERSEDED, revision=1, latest_revision=3)
    )
    assert "Revision 3 is the newest." in superseded
    (withdrawn,) = banners_of(views.demo_view(state=QuoteState.WITHDRAWN, reason="site sold"))
    assert "site sold" in withdrawn


def test_a_broken_rule_has_a_banner_and_stands_among_the_checks():
    view = views.demo_view()
    broken = replace(view.plan, checks=(Check("area: trading rules", False, "short by 1"),))
    page = report(replace(view, plan=broken))
    assert "Checks don't hold: don't rely on it" in html_text(page)
    assert "area: trading rules NO short by 1" in html_text(page)


def test_the_lines_of_a_bank_add_up_to_its_subtotal_and_the_subtotals_to_the_total():
    view = views.full_view()
    table = soup_of(report(view)).select_one("table.cards")
    total = Decimal(0)
    for body in table.select("tbody:not(.sums)"):
        rows = [[amount(c.text) for c in row.select("td") if "£" in c.text] for row in body("tr")]
        nets = [row[-1] for row in rows if row]
        if body.select(".subtotal"):
            assert sum(nets[:-1]) == nets[-1]
        total += nets[-1]
    assert total == view.priced.net_gbp


def test_discounts_have_columns_only_where_there_are_any():
    assert "Discount" in html_text(report(views.full_view()))
    assert "Discount" not in html_text(report(views.demo_view()))


def test_the_page_carries_all_it_needs_and_runs_nothing():
    page = soup_of(report(views.full_view()))
    assert not page.select("script, link, iframe, object, form")
    assert [tag for tag in page.find_all() if any(n.startswith("on") for n in tag.attrs)] == []
    sources = [tag["src"] for tag in page.find_all(src=True)]
    assert sources
    assert all(source.startswith("data:") for source in sources)
    assert not page.find_all(href=True)
    assert "url(" not in page.style.text
    assert "default-src 'none'" in page.find("meta", {"http-equiv": True})["content"]


def test_tables_are_read_aloud_in_order():
    page = soup_of(report(views.full_view()))
    assert page.html["lang"] == "en-GB"
    assert len(page.find_all("h1")) == 1
    assert all(image["alt"] for image in page.find_all("img"))
    for table in page.find_all("table"):
        assert table.caption.text.strip()
        assert all(cell.get("scope") for cell in table.find_all("th"))
        width = len(table.thead.find_all("th"))
        for row in table.find_all("tr"):
            cells = row.find_all(["th", "td"])
            assert sum(int(cell.get("colspan", 1)) for cell in cells) == width


def test_colours_of_text_stand_out_enough():
    style = soup_of(report(views.demo_view())).style.text
    names = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", style))
    pairs = [("ink", "pale"), ("soft", "pale"), ("green", "pale"), ("alarm", "alarm-pale")]
    for text, ground in [*pairs, ("ink", "alarm-pale")]:
        assert contrast(names[text], names[ground]) >= 4.5
    for text in (*(names[name] for name in ("ink", "soft", "green")), "#6b4b00"):
        assert contrast(text, "#ffffff") >= 4.5


def contrast(first, second):
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_statutory_credits_are_compared_in_pounds():
    view = views.demo_view(credits=CreditsComparison(Decimal("2000000.00")))
    saved = Decimal(2_000_000) - view.priced.net_gbp
    assert f"this quote saves £{saved:,.2f} of that" in html_text(report(view))
    dearer = views.demo_view(credits=CreditsComparison(Decimal("1000.00")))
    assert "this quote costs £" in html_text(report(dearer))
    none = views.demo_view(credits=CreditsComparison(None, "a Very High loss is left."))
    assert "can't be bought instead: a Very High loss is left." in html_text(report(none))


def test_nothing_to_buy_is_said_in_words():
    text = html_text(report(views.empty_view()))
    assert "Nothing needs to be bought" in text
    assert "£0.00" in text


def test_a_bank_on_land_and_in_water_has_a_multiplier_for_each():
    text = html_text(report(views.land_and_water_view()))
    assert "1 (area); 0.75 (hedgerow); 0.5 (watercourse)" in text


def test_felled_woodland_is_named_for_what_is_bought():
    assert "Replacement for felled woodland" in html_text(report(views.full_view()))


def test_a_moment_is_the_same_wherever_the_document_is_made():
    view = views.demo_view(made_at=datetime(2026, 7, 1, 12, 0, tzinfo=UTC), sent_at=None)
    assert "1 July 2026" in html_text(report(view))


def test_official_workbooks_make_reports_whose_needs_are_those_of_the_plan(shared_workbooks):
    view = views.content_view(views.workbook_content(shared_workbooks / "d03_woodland_high.xlsx"))
    text = html_text(report(view))
    for line in view.plan.purchases:
        assert line.habitat in text
    assert view.plan.proof in text
