"""The commands ``doctor`` and ``settings``: how the program is, and how it is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bng_opt.cli import options as given
from bng_opt.cli.running import say_answer
from bng_opt.cli.store import StoreOption, settings_of
from bng_opt.errors import ExitStatus, InputError

if TYPE_CHECKING:
    from bng_opt.settings_listing import ListedSetting


def doctor(store: StoreOption = None, as_json: given.Json = False) -> int:
    """Look at Python, solver, store, cache, workers, fonts and browser; say how to mend each.

    Exit status 2 if something that is needed doesn't work.
    """
    from bng_opt.quotes.documents.checkups import PDF_CHECKUPS
    from bng_opt.runtime.checkups import CHECKUPS
    from bng_opt.runtime.doctor import check_health

    try:
        settings = settings_of(store)
    except InputError as error:
        health = check_health(error, checkups=(*CHECKUPS, *PDF_CHECKUPS))
    else:
        health = check_health(settings, checkups=(*CHECKUPS, *PDF_CHECKUPS))
    say_answer(health.as_dict(), [health.summary()], as_json)
    return ExitStatus.DONE if health.is_fine else ExitStatus.BAD_INPUT


def settings(as_json: given.Json = False) -> int:
    """Print every setting: its value, where that came from, and what it is for."""
    from bng_opt.settings import settings_file
    from bng_opt.settings_listing import list_settings, unknown_variables

    listed, path, odd = list_settings(), settings_file(), unknown_variables()
    document = {
        "file": str(path) if path else None,
        "settings": [each.as_dict() for each in listed],
        "warnings": [finding.as_dict() for finding in odd],
    }
    texts = [
        f"Settings file: {path.absolute()}" if path else "There is no settings file here.",
        "\n".join(_told(each) for each in listed),
        *(f"{finding.message} {finding.remedy}" for finding in odd),
    ]
    say_answer(document, texts, as_json)
    return ExitStatus.DONE


def _told(setting: ListedSetting) -> str:
    from bng_opt.optimiser.text_table import plain, wrapped

    value = plain(setting.value) or "(not set)"
    head = f"{setting.name} = {value}  [{setting.source.value}]"
    return "\n".join([head, *wrapped(setting.meaning, indent=4)])
