"""The page of a report: what its cells gave, nothing from elsewhere, no script."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import nbformat
import pytest
from bs4 import BeautifulSoup

from bng_opt.batch.render import report_page
from bng_opt.errors import Finding

MADE_AT = datetime(2026, 11, 30, 8, 15, tzinfo=UTC)
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def cell(source: str, *outputs: nbformat.NotebookNode):
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), execution_count=1)


def shown(**data: object) -> nbformat.NotebookNode:
    return nbformat.v4.new_output(
        "display_data", {k.replace("_", "/", 1): v for k, v in data.items()}
    )


def notebook(*cells, **metadata):
    return nbformat.v4.new_notebook(cells=list(cells), metadata=metadata)


BOOK = notebook(
    nbformat.v4.new_markdown_cell("# Heading\n\nWith $x$ in it."),
    cell(
        "secret_plan = '{{ resources }}' < 2", shown(text_html="<p id='a'>Result {{ 7 * 7 }}</p>")
    ),
    cell("plot()", shown(image_png=PIXEL, text_plain="a figure")),
    cell(
        "warn()",
        nbformat.v4.new_output("stream", name="stderr", text="Beware <of> this\n"),
        nbformat.v4.new_output("stream", name="stdout", text="1 < 2\n"),
    ),
    cell("nothing()"),
    widgets={"application/vnd.jupyter.widget-state+json": {"state": {"x": {}}, "version_major": 2}},
)


def parsed(page: str) -> BeautifulSoup:
    return BeautifulSoup(page, "html.parser")


@pytest.fixture(name="page", scope="module")
def _page() -> str:
    return report_page(BOOK, "Mill & <Co>", MADE_AT)


def test_outputs_come_in_order_and_code_is_folded_away_at_the_end(page: str) -> None:
    soup = parsed(page)
    main = soup.main.get_text()
    assert re.search(r"Heading.*Result \{\{ 7 \* 7 \}\}.*1 < 2", main, re.DOTALL)
    assert "secret_plan" not in main
    code = soup.footer.find("details")
    assert not code.has_attr("open")
    assert "secret_plan = '{{ resources }}' < 2" in code.get_text()


def test_the_page_has_a_title_a_language_and_a_date(page: str) -> None:
    soup = parsed(page)
    assert soup.title.get_text() == "Mill & <Co>"
    assert soup.html["lang"] == "en-GB"
    assert soup.find("meta", {"name": "dcterms.created"})["content"] == "2026-11-30T08:15:00+00:00"


def test_nothing_is_fetched_and_nothing_runs(page: str) -> None:
    soup = parsed(page)
    assert not soup.find_all(["script", "iframe", "object", "embed"])
    sources = [tag[name] for name in ("src", "href") for tag in soup.find_all(attrs={name: True})]
    assert sources
    assert all(source.startswith(("data:", "#")) for source in sources)
    assert "default-src 'none'" in soup.find("meta", {"http-equiv": True})["content"]


def test_what_went_to_stderr_is_folded_away_beside_the_code(page: str) -> None:
    soup = parsed(page)
    assert "Beware" not in soup.main.get_text()
    assert "Beware <of> this" in soup.footer.get_text()


def test_a_failure_stands_on_top_with_its_findings_and_the_trace_folded() -> None:
    error = nbformat.v4.new_output(
        "error", ename="InputError", evalue="x", traceback=["Traceback <here>", "at line 3"]
    )
    mark = nbformat.v4.new_markdown_cell(
        "An Exception was encountered", metadata={"tags": ["papermill-error-cell-tag"]}
    )
    book = notebook(mark, cell("fail()", error))
    page = report_page(
        book, "Mill", MADE_AT, [Finding("It is <missing>.", "Add it.", file="a.csv")]
    )
    soup = parsed(page)
    first = soup.main.find(recursive=False)
    assert first.h1.get_text() == "Mill: this report failed"
    assert [item.get_text(strip=True) for item in first.find_all("li")] == [
        "a.csv: It is <missing>. Add it."
    ]
    assert "An Exception" not in page
    trace = soup.main.find("details")
    assert not trace.has_attr("open")
    assert "Traceback <here>" in trace.get_text()
