"""Several processes ask the same cache at once: one searches, and none waits for the dead."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from subprocess import Popen
from threading import Thread

import pytest

from bng_opt.errors import SolverError
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.progress import Phase, Progress
from bng_opt.runtime.cache import Cache
from bng_opt.runtime.run import optimise
from tests.support.cached_search import SCENE, settings_in, start
from tests.support.scenarios import site

QUESTION = (SCENE.requirement(), SCENE.market(), site(), SCENE.policy())
RIGHT = optimise(*QUESTION)
SEARCHED, FOUND = (f"{RIGHT.total_gbp:.2f} {cached}" for cached in (False, True))
MOST_S = 120


def wait_at_gate(process: Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


def open_gate(process: Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def said(process: Popen[str]) -> list[str]:
    out, err = process.communicate(timeout=MOST_S)
    assert process.returncode == 0, err
    return out.split("\n")[:-1]


@pytest.mark.slow
def test_of_six_processes_that_ask_at_once_one_searches(tmp_path):
    processes = [start(tmp_path, "--gate", "--linger", "2") for _ in range(6)]
    for process in processes:
        wait_at_gate(process)
    for process in processes:
        open_gate(process)
    lines = [said(process) for process in processes]
    assert sum(line == "searching" for each in lines for line in each) == 1
    answers = [each[-1] for each in lines]
    assert sorted(answers) == [SEARCHED, *[FOUND] * 5]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="on purpose: no SIGKILL on Windows")
def test_a_searcher_that_is_killed_blocks_nobody(tmp_path):
    searcher = start(tmp_path, "--linger", "600")
    assert searcher.stdout.readline() == "searching\n"
    waiting = start(tmp_path, "--gate")
    wait_at_gate(waiting)
    open_gate(waiting)
    # From the gate to the lock is the blink of an eye; then it waits.
    time.sleep(1)
    assert waiting.poll() is None
    searcher.send_signal(signal.SIGKILL)
    searcher.communicate(timeout=MOST_S)
    assert said(waiting) == ["searching", SEARCHED]
    assert said(start(tmp_path)) == [FOUND]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="on purpose: no SIGSTOP on Windows")
def test_a_searcher_that_hangs_is_waited_for_no_longer(tmp_path):
    searcher = start(tmp_path, "--linger", "600")
    assert searcher.stdout.readline() == "searching\n"
    searcher.send_signal(signal.SIGSTOP)
    assert said(start(tmp_path)) == ["searching", SEARCHED]
    assert said(start(tmp_path)) == [FOUND]
    searcher.kill()
    searcher.communicate(timeout=MOST_S)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="on purpose: no limit on files on Windows")
@pytest.mark.parametrize("largest", [0, 500])
def test_a_disk_that_is_full_costs_the_cache_but_not_the_answer(tmp_path, largest):
    process = start(tmp_path, "--largest-file", str(largest))
    out, err = process.communicate(timeout=MOST_S)
    assert process.returncode == 0, err
    assert out.split("\n")[-2] == SEARCHED
    assert "can't be kept" in err
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert all(path.name == "tidied" for path in left)
    assert said(start(tmp_path))[-1] == SEARCHED


@pytest.mark.slow
def test_clearing_meanwhile_costs_searches_but_no_answer(tmp_path, caplog):
    cache = Cache(settings_in(tmp_path))
    process = start(tmp_path, "--clear", "4")
    assert process.stdout.readline() == "clearing\n"
    plans: list[Plan] = []
    while process.poll() is None:
        plans.append(optimise(*QUESTION, cache=cache))
    assert process.communicate()[1] == ""
    assert process.returncode == 0
    assert len(plans) > 5
    for plan in plans:
        assert replace(plan, cached=False, seconds={}) == replace(RIGHT, seconds={})


def search_slowly(cache: Cache, begun: list[float], seconds: float) -> Thread:
    """Begin a search that lingers, holding its place."""

    def tell(progress: Progress) -> None:
        if progress.phase is Phase.OFFERS:
            begun.append(time.time())
            time.sleep(seconds)

    thread = Thread(target=lambda: optimise(*QUESTION, cache=cache, on_progress=tell))
    thread.start()
    while not begun:
        time.sleep(0.01)
    return thread


def test_threads_of_one_process_wait_for_each_other_too(tmp_path):
    begun: list[float] = []
    cache = Cache(settings_in(tmp_path))
    thread = search_slowly(cache, begun, 0.5)
    assert optimise(*QUESTION, cache=cache).cached
    thread.join()


def test_who_is_cancelled_while_waiting_waits_no_longer(tmp_path):
    begun: list[float] = []
    cache = Cache(settings_in(tmp_path))
    thread = search_slowly(cache, begun, 3)
    phases: list[Phase] = []
    with suppress(SolverError):
        optimise(
            *QUESTION,
            cache=Cache(settings_in(tmp_path)),
            on_progress=lambda progress: phases.append(progress.phase),
            cancelled=lambda: True,
        )
    # It went its own way before the other had finished.
    assert thread.is_alive()
    assert phases[0] is Phase.OFFERS
    thread.join()


def test_who_has_a_time_limit_waits_half_of_it(tmp_path):
    begun: list[float] = []
    cache = Cache(settings_in(tmp_path))
    thread = search_slowly(cache, begun, 6)
    policy = SCENE.with_wishes(time_limit_s=2).policy()
    plan = optimise(*QUESTION[:3], policy, cache=Cache(settings_in(tmp_path)))
    assert not plan.cached
    assert plan.seconds["total"] >= 1
    assert thread.is_alive()
    thread.join()


def test_other_questions_do_not_wait(tmp_path):
    begun: list[float] = []
    cache = Cache(settings_in(tmp_path))
    thread = search_slowly(cache, begun, 3)
    other = SCENE.with_wishes(max_banks=1).policy()
    assert not optimise(*QUESTION[:3], other, cache=cache).cached
    assert thread.is_alive()
    thread.join()


def test_files_of_locks_that_nobody_holds_are_pruned(tmp_path: Path):
    begun: list[float] = []
    cache = Cache(settings_in(tmp_path))
    optimise(*QUESTION[:3], SCENE.with_wishes(max_banks=1).policy(), cache=cache)
    thread = search_slowly(cache, begun, 1)
    assert len(list(tmp_path.rglob("*.lock"))) == 2
    cache.prune()
    assert len(list(tmp_path.rglob("*.lock"))) == 1
    thread.join()
