"""The formats of reports: which there are, and whether they can be made on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.util import find_spec

from bng_opt.batch.report_run import Format
from bng_opt.errors import Finding, InputError
from bng_opt.quotes.documents.pdf import NoPdfError, pdf_maker
from bng_opt.settings import Settings

ALL_FORMATS = tuple(form.value for form in Format)
_NEEDED = ("papermill", "nbconvert", "ipykernel")


def checked_formats(formats: Iterable[str], settings: Settings) -> tuple[Format, ...]:
    """Return the formats, once it is known that they can be made.

    Parameters
    ----------
    formats
        Their names.
    settings
        What makes PDFs; on the machines of a scheduler that isn't known.

    Raises
    ------
    InputError
        With each that is unknown or can't be made here, and what to install.
    """
    names = list(dict.fromkeys(formats))
    known = ", ".join(Format)
    findings = [
        Finding(f'There is no format "{name}".', f"Give {known}.")
        for name in names
        if name not in list(Format)
    ]
    if not names:
        findings.append(Finding("No format is given.", f"Give {known}."))
    if lacking := [name for name in _NEEDED if find_spec(name) is None]:
        remedy = "Install the extra report: pip install 'bng-opt[report]'."
        findings.append(Finding(f"Reports need {', '.join(lacking)}.", remedy))
    if Format.PDF in names and not settings.scheduler:
        findings += _lacking_pdf(settings)
    if findings:
        raise InputError(findings)
    return tuple(map(Format, names))


def _lacking_pdf(settings: Settings) -> Sequence[Finding]:
    try:
        pdf_maker(settings.pdf_engine)
    except NoPdfError as error:
        others = "Or leave pdf out of the formats."
        return [replace(each, remedy=f"{each.remedy} {others}") for each in error.findings]
    return ()
