"""Checkups of what is installed: Python, packages, drawing, LibreOffice."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from io import BytesIO

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from bng_opt.errors import Finding
from bng_opt.runtime.checkups.kinds import Found, absent, failed, failed_by, fine, warned
from bng_opt.settings import Settings

PACKAGE = "bng-opt"
_EXTRAS = ("app", "report", "postgres", "cluster", "api", "online")
_OFFICES = ("soffice", "libreoffice")
OFFICE_LIMIT_S = 30
_INSTALL_AGAIN = f"Install it again: pip install {PACKAGE}."


def look_at_python(_: Settings) -> Found:
    """See whether this Python is one that the package is made for."""
    here = f"{platform.python_implementation()} {platform.python_version()}"
    try:
        wanted = metadata(PACKAGE)["Requires-Python"]
    except PackageNotFoundError:
        return _not_installed(here)
    if wanted and not SpecifierSet(wanted).contains(platform.python_version(), prereleases=True):
        return failed(f"{here}, and {PACKAGE} needs {wanted}.", "Install it on a newer Python.")
    return fine(f"{here} on {platform.system()} {platform.machine()}.")


def look_at_packages(_: Settings) -> Found:
    """See whether the packages that are needed are there, and new enough."""
    from bng_opt.runtime.run import versions

    here = ", ".join(f"{name} {each}" for name, each in versions().items())
    try:
        stated = [Requirement(text) for text in requires(PACKAGE) or ()]
    except PackageNotFoundError:
        return _not_installed(here)
    if findings := tuple(unmet(_of_extra(stated, ""))):
        return failed_by(findings)
    there = [extra for extra in _EXTRAS if not tuple(unmet(_of_extra(stated, extra)))]
    lacking = [extra for extra in _EXTRAS if extra not in there]
    words = [f"{here}.", f"Extras: {', '.join(there) or 'none'}."]
    if lacking:
        words.append(f"Not installed, or too old: {', '.join(lacking)}.")
    return fine(" ".join(words))


def unmet(requirements: Iterable[Requirement]) -> Iterator[Finding]:
    """Yield which of the packages aren't there, or aren't of a version that is asked for."""
    for wanted in requirements:
        try:
            found = version(wanted.name)
        except PackageNotFoundError:
            message, bound = f"{wanted.name} isn't installed.", f"'{wanted.name}{wanted.specifier}'"
            yield Finding(message, f"Install it: pip install {bound}.")
            continue
        if not wanted.specifier.contains(found, prereleases=True):
            message = f"{wanted.name} is {found}, and {wanted.specifier} is needed."
            remedy = f"Install another: pip install '{wanted.name}{wanted.specifier}'."
            yield Finding(message, remedy)


def look_at_drawing(_: Settings) -> Found:
    """See whether figures with letters can be drawn."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.font_manager import FontProperties, findfont
    except ImportError as error:
        return failed(f"matplotlib can't be loaded: {error}.", "Install it again.")
    figure, picture = Figure(figsize=(1, 1)), BytesIO()
    FigureCanvasAgg(figure)
    figure.text(0.5, 0.5, "£ 1,240 – Neutral grassland")
    figure.savefig(picture, format="png")
    if not picture.getvalue().startswith(b"\x89PNG"):
        return failed("matplotlib drew no picture.", "Install it again: pip install matplotlib.")
    font = FontProperties(fname=findfont(FontProperties())).get_name()
    return fine(f"matplotlib {version('matplotlib')} draws, with letters of {font}.")


def look_at_libreoffice(_: Settings) -> Found:
    """See whether LibreOffice is there."""
    program = next(filter(None, map(shutil.which, _OFFICES)), None)
    if program is None:
        return absent("There is no LibreOffice here; only to recalculate workbooks is it needed.")
    try:
        said = said_by(program, "--version", limit_s=OFFICE_LIMIT_S)
    except (OSError, subprocess.SubprocessError) as error:
        return failed(f"{program} doesn't start: {error}.", "Install LibreOffice again.")
    return fine(f"{said} ({program}).")


def said_by(program: str, *words: str, limit_s: float) -> str:
    """Return the first line that a program prints.

    Raises
    ------
    OSError, subprocess.SubprocessError
        If it doesn't start, fails, or takes longer than the limit [s].
    """
    run = subprocess.run(
        [program, *words], capture_output=True, text=True, timeout=limit_s, check=True
    )
    return (run.stdout.strip().splitlines() or [""])[0].strip()


def _of_extra(stated: Iterable[Requirement], extra: str) -> tuple[Requirement, ...]:
    """Return what an extra asks for beyond the package itself; "" for the package."""
    if not extra:
        return tuple(one for one in stated if one.marker is None or one.marker.evaluate())
    return tuple(
        one
        for one in stated
        if one.marker and not one.marker.evaluate() and one.marker.evaluate({"extra": extra})
    )


def _not_installed(here: str) -> Found:
    message = f"{here}; {PACKAGE} itself isn't installed, so what it needs isn't known."
    return warned(message, _INSTALL_AGAIN)
