"""The texts that go with reports: for recipients, and for the owner, as text and as HTML."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from bng_opt.batch.delivery.handover import Handover
from bng_opt.quantities import counted


def recipients_text(handover: Handover, note: str = "") -> str:
    """Return what recipients read beside what was made.

    Parameters
    ----------
    note
        Something to know about the files, in a sentence.
    """
    return _rendered("made.txt", handover, note=note)


def recipients_page(handover: Handover, note: str = "", *, linked: bool = False) -> str:
    """Return the same as a page of HTML.

    Parameters
    ----------
    linked
        Whether the files lie beside the page, so that it can link to them.
    """
    return _rendered("made.html", handover, note=note, linked=linked)


def failure_text(handover: Handover, folder: Path, told: str, note: str = "") -> str:
    """Return what the owner reads of a run that failed, wholly or in part.

    Parameters
    ----------
    folder
        Where its files are.
    told
        What recipients got, in a sentence.
    """
    return _rendered("failed.txt", handover, folder=folder, told=told, note=note)


def failure_page(handover: Handover, folder: Path, told: str, note: str = "") -> str:
    """Return the same as a page of HTML."""
    return _rendered("failed.html", handover, folder=folder, told=told, note=note)


def undelivered_text(handover: Handover, folder: Path, target: str, error: str) -> str:
    """Return what the owner reads of a delivery that didn't come about."""
    return _rendered("undelivered.txt", handover, folder=folder, target=target, error=error)


def undelivered_page(handover: Handover, folder: Path, target: str, error: str) -> str:
    """Return the same as a page of HTML."""
    return _rendered("undelivered.html", handover, folder=folder, target=target, error=error)


def _rendered(name: str, handover: Handover, **others: object) -> str:
    return _environment().get_template(name).render(handover=handover, **others)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bng_opt.batch.delivery"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["counted"] = counted
    return environment
