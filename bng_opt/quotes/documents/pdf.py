"""Pages for print from HTML: by WeasyPrint, or by a Chromium without a window.

Neither may fetch anything: the pages carry all they need, and what a page holds comes from
other people's files.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from bng_opt.errors import BngOptError, Finding

PdfEngine = Literal["auto", "weasyprint", "chromium"]
PdfMaker = Callable[[str, datetime], bytes]

CHROMIUMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
"""Names under which systems install it."""
CHROMIUM_LIMIT_S = 120
"""A page takes a few seconds; a browser that waits longer waits for ever [s]."""

_INSTALL = (
    "Install Pango for WeasyPrint (Debian, Ubuntu: apt install libpango-1.0-0 "
    "libpangoft2-1.0-0), or Chromium (apt install chromium)."
)
_DATE = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}[+-]\d\d'\d\d'\)")


class NoPdfError(BngOptError):
    """A PDF can't be made on this machine."""


def pdf_maker(engine: PdfEngine = "auto") -> PdfMaker:
    """Return what makes a PDF of a page and its date.

    Parameters
    ----------
    engine
        ``auto`` is the first that is there; a named one is never replaced by the other.

    Raises
    ------
    NoPdfError
        If it isn't there, with the remedy.
    """
    makers = {"weasyprint": _weasyprint, "chromium": _chromium}
    findings: list[Finding] = []
    for name in makers if engine == "auto" else (engine,):
        try:
            return makers[name]()
        except NoPdfError as error:
            findings += error.findings
    raise NoPdfError(findings)


def _weasyprint() -> PdfMaker:
    try:
        # OSError: the Python package is there, the libraries it draws with are not.
        from weasyprint import HTML
        from weasyprint.urls import FatalURLFetchingError, URLFetcher
    except (ImportError, OSError) as error:
        why = str(error).splitlines()[0]
        raise NoPdfError(Finding(f"WeasyPrint can't be used here: {why}.", _INSTALL)) from None

    def make(html: str, _: datetime) -> bytes:
        # The page's own meta elements give title, author and date.
        fetcher = URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
        page = HTML(string=html, url_fetcher=fetcher)
        try:
            content: bytes = page.write_pdf(pdf_variant="pdf/ua-1")
        except FatalURLFetchingError as error:
            raise _no_pdf("WeasyPrint", str(error), "chromium") from None
        return content

    return make


def _chromium() -> PdfMaker:
    program = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if program is None:
        raise NoPdfError(Finding("There is no Chromium here to make PDFs.", _INSTALL))

    def make(html: str, made_at: datetime) -> bytes:
        with TemporaryDirectory(prefix="bng-opt-") as folder:
            return _dated(_print(program, html, Path(folder)), made_at)

    return make


def _print(program: str, html: str, folder: Path) -> bytes:
    page, target = folder / "page.html", folder / "page.pdf"
    page.write_text(html, encoding="utf-8")
    command = [
        program,
        "--headless",
        *(["--no-sandbox"] if _is_root() else []),
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-extensions",
        "--no-first-run",
        # Names resolve to nothing: the page asks for none, nor may the browser itself.
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={folder / 'profile'}",
        "--no-pdf-header-footer",
        f"--print-to-pdf={target}",
        page.as_uri(),
    ]
    try:
        run = subprocess.run(command, capture_output=True, timeout=CHROMIUM_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _no_pdf(program, type(error).__name__) from None
    content = target.read_bytes() if target.is_file() else b""
    if run.returncode or not content.startswith(b"%PDF"):
        said = run.stderr.decode(errors="replace").strip().splitlines()
        raise _no_pdf(program, said[-1] if said else f"exit status {run.returncode}")
    return content


def _is_root() -> bool:
    """Return whether Chromium's sandbox, which root can't have, must be left out."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _no_pdf(program: str, why: str, other: str = "weasyprint") -> NoPdfError:
    remedy = f'Try the other engine: setting pdf_engine = "{other}".'
    return NoPdfError(Finding(f"{program} made no PDF: {why}.", remedy))


def _dated(content: bytes, made_at: datetime) -> bytes:
    """Set the date of the document, which Chromium takes from the clock, to the quote's own.

    The text has the same length, so that every offset in the file stays right.
    """
    stamp = f"{made_at.astimezone(UTC):%Y%m%d%H%M%S}+00'00'".encode()
    return _DATE.sub(lambda found: b"/" + found.group(1) + b" (D:" + stamp + b")", content)
