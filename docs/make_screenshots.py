"""Make the documentation's screenshots from the pictures that the browser tests keep.

``make screenshots`` runs those tests and then this. Each picture is cut to its upper part, or to
the part that shows one thing, and to few colours, so that it can be kept in the repository.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

DOCS = Path(__file__).resolve().parent
IMAGES = DOCS / "images"
ARTEFACTS = Path(os.environ.get("BNG_OPT_ARTEFACTS") or DOCS.parent / "tests" / "artefacts")
LARGEST_BYTES = 150_000
COLOURS = 256


@dataclass(frozen=True)
class Shot:
    """Which part of a test's picture is shown; from the top to the bottom [pixels]."""

    source: str
    top: int
    bottom: int


SHOTS = {
    "metric": Shot("02-metric", 0, 1220),
    "site": Shot("03-site", 0, 1130),
    "market": Shot("04-market", 0, 1080),
    "searching": Shot("15-searching", 0, 1530),
    "result": Shot("06-result", 0, 1200),
    "result-map": Shot("06-result", 2090, 2800),
    "quote": Shot("08-quote-kept", 0, 1300),
    "history": Shot("12-history", 0, 1348),
}


def make_screenshot(name: str, shot: Shot) -> Path:
    """Write one screenshot and return its path.

    Raises
    ------
    SystemExit
        If the tests' picture isn't there, or the screenshot is too large to keep.
    """
    source = ARTEFACTS / f"{shot.source}.png"
    if not source.is_file():
        sys.exit(f"{source} isn't there: run the browser tests first (make screenshots).")
    with Image.open(source) as whole:
        part = whole.crop((0, shot.top, whole.width, min(shot.bottom, whole.height)))
    path = IMAGES / f"{name}.png"
    # Colours that are rare, as in a legend, have to stay theirs.
    few = part.convert("RGB").quantize(
        COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    )
    few.save(path, optimize=True)
    if path.stat().st_size > LARGEST_BYTES:
        sys.exit(f"{path} has {path.stat().st_size:,} bytes: show less of it, or fewer colours.")
    return path


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    for screenshot in (make_screenshot(name, shot) for name, shot in SHOTS.items()):
        sys.stdout.write(f"{screenshot.relative_to(DOCS.parent)}\n")
