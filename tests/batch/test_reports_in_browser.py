"""A batch of real reports as a browser shows it: no complaint, and nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from bng_opt import save_market
from bng_opt.batch import BatchRun, Format, RunState, read_request, run_batch
from bng_opt.errors import ExitStatus
from bng_opt.settings import Settings
from tests.support.browser import Visit, chromium
from tests.support.command_line import FOUR_BANKS, SITE
from tests.support.tiny_report import write_manifest

pytestmark = pytest.mark.browser


@pytest.fixture(name="batch", scope="module")
def _batch(tmp_path_factory: pytest.TempPathFactory) -> BatchRun:
    """Make the quotes of a site with a lawful purchase, and of one without."""
    folder = tmp_path_factory.mktemp("browser")
    save_market(FOUR_BANKS.market(), folder / "market")
    for name, ledger, habitat in (("two", "area", "Net gain"), ("fen", "watercourse", "Ditches")):
        text = f"ledger,habitat,units\n{ledger},{habitat},2\n"
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    place = {"lpa": SITE[1], "nca": SITE[3]}
    manifest = write_manifest(
        folder,
        {"name": "Mill & Sons", "requirement": "two.csv", **place},
        {"name": "Fen", "requirement": "fen.csv", **place},
    )
    shared = {"market": str(folder / "market")}
    request = read_request("site_quote", shared, manifest=manifest)
    return run_batch(request, folder / "out", settings=Settings(workers=2))


@pytest.fixture(name="page")
def _page() -> Iterator[object]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as engines:
        browser = engines.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


def test_pages_show_without_a_complaint_or_a_request_and_lead_to_each_other(
    batch: BatchRun, page
) -> None:
    assert [run.state for run in batch.runs] == [RunState.MADE] * 2
    visit = Visit()
    visit.watch(page)
    page.goto(batch.index.as_uri())
    page.get_by_role("link", name="Mill & Sons as html").click()
    assert page.title() == "Mill & Sons: Site quote"
    assert page.get_by_role("heading", level=1).inner_text() == "Mill & Sons"
    assert page.locator("table").count() > 3
    images = page.eval_on_selector_all("img", "all => all.map(each => each.naturalWidth)")
    assert images
    assert all(images)
    code = page.locator("footer pre").first
    assert not code.is_visible()
    page.get_by_text("The code of this report").click()
    assert code.is_visible()
    assert "metric = " in code.inner_text()
    page.go_back()
    page.get_by_role("link", name="Fen as html").click()
    assert "No lawful purchase" in page.locator("main").inner_text()
    assert not visit.errors
    assert all(url.startswith(("file:", "data:")) for url in visit.requests)
    assert {Path(url).name for url in visit.requests if url.startswith("file:")} == {
        "index.html",
        "Mill-Sons.html",
        "Fen.html",
    }


@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_is_wider_than_the_screen(batch: BatchRun, page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for path in (batch.index, *(run.paths(batch.folder)[Format.HTML] for run in batch.runs)):
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name


def test_the_pdf_has_numbered_pages_a_title_and_no_code(batch: BatchRun) -> None:
    mill, fen = batch.runs
    assert fen.exit_status is ExitStatus.NO_LAWFUL_PURCHASE
    for run in (mill, fen):
        pdf = PdfReader(BytesIO(run.paths(batch.folder)[Format.PDF].read_bytes()))
        assert pdf.metadata.title == f"{run.title}: Site quote"
        count = len(pdf.pages)
        for number, sheet in enumerate(pdf.pages, 1):
            text = " ".join(sheet.extract_text().split())
            assert f"page {number} of {count}" in text
            assert "read_question" not in text
            assert "site_quote.answer" not in text
