"""A report for its readers: one HTML page that asks nobody for anything, and its PDF.

The page shows what the cells gave; the code is folded away at its end, and isn't printed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from bng_opt.errors import Finding
from bng_opt.quotes.documents.pdf import PdfEngine, pdf_maker

_TEMPLATES = Path(str(files("bng_opt.batch") / "templates"))
_MARKS = "papermill-error-cell-tag"
"""The cells by which papermill points to an error: the page has words of its own for it."""


def report_page(
    notebook: Mapping[str, Any],
    title: str,
    made_at: datetime,
    findings: Sequence[Finding] = (),
) -> str:
    """Return an executed notebook as a page of its own.

    Parameters
    ----------
    notebook
        As ``nbformat.read`` returns it.
    title
        What the page is called.
    made_at
        When the report was made.
    findings
        Why it failed; none where it didn't.
    """
    import nbformat
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="report",
        extra_template_basedirs=[str(_TEMPLATES)],
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    cells = [
        cell
        for cell in notebook["cells"]
        if _MARKS not in cell["metadata"].get("tags", ()) and cell["cell_type"] != "raw"
    ]
    page = {
        "title": title,
        "made_at": made_at.isoformat(timespec="seconds"),
        "css": _css(),
        "findings": findings,
        "messages": _messages(cells),
    }
    # Without the state of widgets, for which nbconvert would add scripts from elsewhere.
    shown = nbformat.v4.new_notebook(cells=cells)  # type: ignore[no-untyped-call]
    text: str = exporter.from_notebook_node(shown, resources={"page": page})[0]
    return text.lstrip()


def report_pdf(page: str, engine: PdfEngine, made_at: datetime) -> bytes:
    """Return a page as a PDF.

    Raises
    ------
    NoPdfError
        If none can be made on this machine.
    """
    return pdf_maker(engine)(page, made_at)


def _messages(cells: Sequence[Mapping[str, Any]]) -> str:
    return "".join(
        output["text"]
        for cell in cells
        for output in cell.get("outputs", ())
        if output["output_type"] == "stream" and output["name"] == "stderr"
    )


@cache
def _css() -> str:
    return (_TEMPLATES / "page.css").read_text(encoding="utf-8").strip()
