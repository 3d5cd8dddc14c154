"""Markets kept by the day, so that the next report can say what has changed since.

A folder holds one market for each day on which a report was made, each a market folder of its
own called ``YYYY-MM-DD``. A second report on the same day takes the place of the first and is
compared with the same earlier one.
"""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

from bng_opt.errors import Finding, InputError
from bng_opt.market import Market, load_market, save_market
from bng_opt.whole_files import prepare_folder

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def newest_before(folder: Path, day: date) -> date | None:
    """Return the last day before another of which a market is kept; None if there is none."""
    if not folder.is_dir():
        return None
    days = [_day_of(path.name) for path in folder.iterdir() if path.is_dir()]
    return max((each for each in days if each is not None and each < day), default=None)


def kept_market(folder: Path, day: date) -> Market:
    """Return the market that is kept of a day.

    Raises
    ------
    InputError
        If it can't be read.
    """
    return load_market(folder / day.isoformat())


def keep_market(folder: Path, day: date, market: Market) -> Path:
    """Keep a market as that of a day, whole or not at all, and return its folder.

    Raises
    ------
    InputError
        If it can't be written.
    """
    prepare_folder(folder)
    part, whole = folder / f".{day.isoformat()}.part", folder / day.isoformat()
    try:
        shutil.rmtree(part, ignore_errors=True)
        save_market(market, part)
        shutil.rmtree(whole, ignore_errors=True)
        part.replace(whole)
    except OSError as error:
        message = f"The market can't be kept: {error.strerror}."
        finding = Finding(message, "Give another folder as keep.", file=str(folder))
        raise InputError(finding) from None
    return whole


def _day_of(name: str) -> date | None:
    """Return the day that a folder is called by; None if it is called something else."""
    if not _DAY.fullmatch(name):
        return None
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None
