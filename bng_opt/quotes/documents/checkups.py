"""Checkups of what makes PDFs: WeasyPrint with its letters, and Chromium."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime

from bng_opt.quotes.documents.pdf import CHROMIUM_LIMIT_S, CHROMIUMS, NoPdfError, PdfEngine
from bng_opt.quotes.documents.pdf import pdf_maker as maker_of
from bng_opt.runtime.checkups import Checkup, Found
from bng_opt.runtime.checkups.environment import said_by
from bng_opt.runtime.checkups.kinds import absent, failed_by, fine
from bng_opt.settings import Settings

_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Checkup</title></head>'
    "<body><p>£ 1,240 – Neutral grassland</p></body></html>"
)
_MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)
_VERSION_S = 30
_STUCK = "See whether the machine is out of memory; BNG_OPT_PDF_ENGINE names the other engine."


def look_at_pdf(settings: Settings) -> Found:
    """See whether a page is made by the engine that is set."""
    return fine(f"A page was made, {_size(settings.pdf_engine)} (engine {settings.pdf_engine}).")


def look_at_weasyprint(_: Settings) -> Found:
    """See whether WeasyPrint finds the libraries and letters that it draws with."""
    try:
        maker_of("weasyprint")
    except NoPdfError as error:
        return absent(error.findings[0].message, error.findings[0].remedy)
    from weasyprint import __version__

    return fine(f"WeasyPrint {__version__} makes a page, {_size('weasyprint')}.")


def look_at_chromium(_: Settings) -> Found:
    """See whether a Chromium is there, and starts."""
    program = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if program is None:
        remedy = "Install it (apt install chromium), if the app or its PDFs are to use it."
        return absent("There is no Chromium here.", remedy)
    try:
        said = said_by(program, "--version", limit_s=_VERSION_S)
    except (OSError, subprocess.SubprocessError) as error:
        said = f"{program} doesn't say its version ({type(error).__name__})"
    try:
        size = _size("chromium")
    except NoPdfError as error:
        return failed_by(error.findings)
    return fine(f"{said} starts, and makes a page, {size} ({program}).")


def _size(engine: PdfEngine) -> str:
    content = maker_of(engine)(_PAGE, _MADE_AT)
    return f"{len(content):,} bytes"


PDF_CHECKUPS: tuple[Checkup, ...] = (
    Checkup("pdf", look_at_pdf, _STUCK, limit_s=CHROMIUM_LIMIT_S),
    Checkup("weasyprint", look_at_weasyprint, _STUCK, needed=False),
    Checkup("chromium", look_at_chromium, _STUCK, needed=False, limit_s=CHROMIUM_LIMIT_S),
)
"""What the whole of :data:`bng_opt.runtime.checkups.CHECKUPS` lacks."""
