"""A process that asks a question of a cache: ``python -m tests.support.cached_search``.

It prints ``ready`` at the gate, ``searching`` once a search really begins, and the plan's
total when it has it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from bng_opt.optimiser.progress import Phase, Progress
from bng_opt.runtime.cache import Cache
from bng_opt.runtime.run import optimise
from bng_opt.settings import Settings
from tests.support.scenarios import AREA, CEREAL, NEUTRAL, SCRUB, WOODLAND, BankSpec, Line, Scene
from tests.support.scenarios import site as usual_site

SCENE = Scene(
    (
        Line(NEUTRAL, 4, 20_000, "A", lost=CEREAL, lost_units=1),
        Line(SCRUB, 4, 21_000, "B"),
        Line(WOODLAND, 4, 31_000, "N"),
    ),
    {WOODLAND: -1.0, NEUTRAL: -0.5},
    {AREA: 1.9},
    (BankSpec("A", fee="100", lat=52.3, lon=-1.4),),
)

REPOSITORY = Path(__file__).resolve().parents[2]


def settings_in(folder: Path, **others: float) -> Settings:
    """Return the settings of a cache in a folder."""
    return Settings(cache_folder=folder, **others)


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    """Start a process of this module; its standard output tells what it does."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.cached_search", str(folder), *options],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def main() -> None:
    """Ask, as the options say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gate", action="store_true", help="say ready, and wait for a line")
    parser.add_argument("--linger", type=float, default=0.0, help="how long a search takes more")
    parser.add_argument("--largest-file", type=int, help="no file may grow beyond so many bytes")
    parser.add_argument("--clear", type=float, help="clear the cache for so long instead [s]")
    given = parser.parse_args()
    cache = Cache(settings_in(given.folder))
    if given.clear is not None:
        _clear_for(cache, given.clear)
        return
    if given.largest_file is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (given.largest_file, given.largest_file))

    def tell(progress: Progress) -> None:
        if progress.phase is Phase.OFFERS:
            _say("searching")
            time.sleep(given.linger)

    question = (SCENE.requirement(), SCENE.market(), usual_site(), SCENE.policy())
    if given.gate:
        _say("ready")
        sys.stdin.readline()
    plan = optimise(*question, cache=cache, on_progress=tell)
    _say(f"{plan.total_gbp:.2f} {plan.cached}")


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def _clear_for(cache: Cache, seconds: float) -> None:
    end = time.time() + seconds
    _say("clearing")
    while time.time() < end:
        cache.clear()


if __name__ == "__main__":
    main()
