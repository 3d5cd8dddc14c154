"""Plans are kept by the content of their question, and a found one is the plan of a search."""

from __future__ import annotations

import logging
import os
import pickle
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from bng_opt import InfeasibleError, InputError, load_market
from bng_opt.errors import Finding, SolverError
from bng_opt.optimiser import scenario as scenario_module
from bng_opt.optimiser.plan import Plan, PlanStatus
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.progress import Phase, Progress
from bng_opt.optimiser.scenario import Scenario
from bng_opt.places import Site
from bng_opt.places.kinds import Confidence
from bng_opt.runtime import cache_entry
from bng_opt.runtime.cache import Cache
from bng_opt.runtime.cache_entry import key_of
from bng_opt.runtime.run import optimise
from bng_opt.settings import Settings
from tests.support.cached_search import SCENE, settings_in
from tests.support.scenarios import NEUTRAL, SCRUB, Line, Scene, draw_scene, site

HOUR = 3600.0


@pytest.fixture
def cache() -> Cache:
    return Cache()


def ask(cache: Cache | None, scene: Scene = SCENE, **options: object) -> Plan:
    return optimise(
        scene.requirement(), scene.market(), site(), scene.policy(), cache=cache, **options
    )


def plan_or_reasons(cache: Cache | None, scene: Scene) -> Plan | tuple[Finding, ...]:
    try:
        return ask(cache, scene)
    except InfeasibleError as error:
        return error.findings


def same_answer(one: Plan, two: Plan) -> bool:
    return replace(one, cached=False, seconds={}) == replace(two, cached=False, seconds={})


def entry_file(cache: Cache) -> Path:
    [path] = cache.folder.rglob("document.json")
    return path


def test_the_second_asking_finds_what_the_first_has_kept(cache):
    first, second = ask(cache), ask(cache)
    assert (first.cached, second.cached) == (False, True)
    assert same_answer(first, second)
    assert first.summary() == second.summary()


def test_without_a_cache_every_asking_searches(cache):
    ask(cache)
    assert not ask(None).cached


@pytest.mark.parametrize("seed", range(25))
def test_the_plan_that_is_found_is_the_one_that_a_search_makes(cache, seed):
    scene = draw_scene(Random(seed)).with_wishes(credits=seed % 2 == 0)
    searched = plan_or_reasons(None, scene)
    if not isinstance(searched, Plan):
        assert [plan_or_reasons(cache, scene) for _ in range(2)] == [searched] * 2
        assert cache.info().plans == 0
        return
    ask(cache, scene)
    found = ask(cache, scene)
    assert found.cached
    assert same_answer(found, searched)


def test_a_restarted_process_finds_it(cache):
    ask(cache)
    assert ask(Cache()).cached
    assert ask(pickle.loads(pickle.dumps(cache))).cached


def test_the_seconds_of_a_plan_found_are_its_own(cache):
    ask(cache)
    found = ask(cache, read_seconds=2.0)
    assert list(found.seconds) == ["read", "model", "solve", "verify", "total"]
    assert found.seconds["read"] == 2.0
    assert found.seconds["model"] == found.seconds["solve"] == 0.0
    assert found.seconds["total"] >= 2.0 + found.seconds["verify"] > 2.0


def test_who_listens_hears_of_a_plan_found(cache):
    ask(cache)
    heard: list[Progress] = []
    found = ask(cache, on_progress=heard.append)
    assert [each.phase for each in heard] == [Phase.CHECKS]
    assert heard[0].best_gbp == float(found.total_gbp)


def test_a_hit_bears_the_names_and_warnings_of_its_own_project(cache):
    secret = Finding("Only in the first.", "Look.", sheet="Start", cell="D4")
    first = replace(SCENE.requirement(), project="The first", warnings=(secret,))
    mine = Finding("Only in mine.", "Look.", file="mine.xlsx")
    second = replace(SCENE.requirement(), project="", source="mine.xlsx", warnings=(mine,))
    doubt = Finding("Roughly there.", "Give the point.")
    near = replace(site(), confidence=Confidence.SECTOR, warnings=(doubt,))
    optimise(first, SCENE.market(), site(), cache=cache)
    found = optimise(second, SCENE.market(), near, cache=cache)
    assert found.cached
    assert same_answer(found, optimise(second, SCENE.market(), near))
    assert found.title == "mine.xlsx"
    assert found.warnings[:2] == (mine, doubt)
    assert near.describe() == found.site != site().describe()
    text = found.summary()
    assert "The first" not in text
    assert "Only in the first" not in text
    assert b"The first" not in entry_file(cache).read_bytes()


def scenario_of(scene: Scene, where: Site | None = None, **wishes: object) -> Scenario:
    policy = Policy(**{**scene.wishes, **wishes})
    return Scenario(scene.requirement(), scene.market(), where or site(), policy)


KEY = key_of(scenario_of(SCENE))


def with_frames(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Scenario:
    frames = {name: change(frame) for name, frame in SCENE.frames().items()}
    return replace(scenario_of(SCENE), market=load_market(frames))


def worn(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the same content after a life: columns added and dropped, pieces joined."""
    frame = frame.copy()
    frame["passing"] = 1
    frame = frame.drop(columns="passing")
    half = len(frame) // 2
    return pd.concat([frame.iloc[half:], frame.iloc[:half]])


def retyped(frame: pd.DataFrame) -> pd.DataFrame:
    """Return numbers written as text as the numbers that a spreadsheet makes of them."""
    frame = frame.copy()
    for column in ("units", "price", "fixed_fee_gbp", "quoted_units"):
        if column in frame:
            frame[column] = frame[column].astype(float)
    return frame


SAME = {
    "rows in another order": lambda: with_frames(lambda frame: frame.iloc[::-1]),
    "columns in another order": lambda: with_frames(lambda frame: frame[frame.columns[::-1]]),
    "the history of a frame": lambda: with_frames(worn),
    "1 and 1.0": lambda: with_frames(retyped),
    "changes in another order": lambda: scenario_of(
        replace(SCENE, changes=dict(reversed(SCENE.changes.items())))
    ),
    "a wish spelt otherwise": lambda: scenario_of(SCENE, gap_gbp=1.0, market_step="0.010"),
    "the time limit": lambda: scenario_of(SCENE, time_limit_s=5),
    "a project's name": lambda: replace(
        scenario_of(SCENE), requirement=replace(SCENE.requirement(), project="Another")
    ),
}


@pytest.mark.parametrize("what", SAME)
def test_what_does_not_change_the_answer_does_not_change_the_key(what):
    assert key_of(SAME[what]()) == KEY


def test_a_whole_degree_is_the_same_as_a_number():
    one, two = (replace(site(), lat=lat, lon=lon) for lat, lon in ((52, 0), (52.0, -0.0)))
    assert key_of(scenario_of(SCENE, one)) == key_of(scenario_of(SCENE, two)) != KEY


OTHER = {
    "a price": lambda: scenario_of(
        replace(SCENE, lines=(replace(SCENE.lines[0], price=20_000.01), *SCENE.lines[1:]))
    ),
    "stock": lambda: scenario_of(replace(SCENE, lines=(*SCENE.lines, Line(SCRUB, 1, 1, "Z")))),
    "a loss": lambda: scenario_of(replace(SCENE, changes={**SCENE.changes, NEUTRAL: -0.51})),
    "a place": lambda: scenario_of(SCENE, Site.from_names("Cherwell", "Cotswolds")),
    "a wish": lambda: scenario_of(SCENE, max_banks=2),
    "the gap": lambda: scenario_of(SCENE, gap_gbp=0),
}


@pytest.mark.parametrize("what", OTHER)
def test_what_may_change_the_answer_changes_the_key(what):
    assert key_of(OTHER[what]()) != KEY


def test_another_version_of_package_or_rules_has_other_keys(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(cache_entry, "__version__", "99.0")
        assert key_of(scenario_of(SCENE)) != KEY
    monkeypatch.setattr(scenario_module, "RULES_VERSION", "statutory metric 9")
    assert key_of(scenario_of(SCENE)) != KEY


def test_a_plan_found_states_the_callers_own_scenario(cache):
    ask(cache)
    limited = SCENE.with_wishes(time_limit_s=60)
    found = ask(cache, limited)
    assert found.cached
    assert found.scenario == limited.scenario().digest != SCENE.scenario().digest


def test_a_cancelled_answer_is_not_kept(cache):
    stop = [False]

    def told(progress: Progress) -> None:
        stop[0] = stop[0] or progress.phase is Phase.CHECKS

    plan = ask(cache, on_progress=told, cancelled=lambda: stop[0])
    assert plan.is_verified
    assert stop[0]
    assert cache.info().plans == 0


def test_a_search_stopped_at_once_is_not_kept(cache):
    with suppress(SolverError):
        ask(cache, cancelled=lambda: True)
    assert cache.info().plans == 0


def test_what_a_passed_time_limit_left_is_not_kept(cache):
    limited = SCENE.with_wishes(time_limit_s=0.3)

    def linger(progress: Progress) -> None:
        time.sleep(0.4 if progress.phase is Phase.CHECKS else 0)

    with suppress(SolverError):
        ask(cache, limited, on_progress=linger)
    assert cache.info().plans == 0


@pytest.mark.parametrize("change", [{"status": PlanStatus.FEASIBLE}, {"checks": ()}])
def test_only_proven_and_verified_plans_are_kept(cache, change):
    scenario = SCENE.scenario()
    plan = ask(None)
    cache.keep(scenario, replace(plan, **change))
    assert cache.info().plans == 0
    cache.keep(scenario, plan)
    assert cache.info().plans == 1


def test_a_plan_of_another_scenario_is_not_kept(cache, caplog):
    cache.keep(OTHER["a price"](), ask(None))
    assert cache.info().plans == 0
    assert "another scenario" in caplog.text


def test_a_plan_that_breaks_a_rule_is_searched_again(cache, caplog):
    """A hit is verified anew: here its entry is whole, but its line costs too little."""
    scenario, plan = SCENE.scenario(), ask(None)
    cheap = replace(plan.purchases[0], cost_gbp=Decimal(1))
    cache.keep(scenario, replace(plan, purchases=(cheap, *plan.purchases[1:])))
    assert cache.info().plans == 1
    assert cache.find(scenario) is None
    assert "breaks a rule" in caplog.text
    assert same_answer(ask(cache), plan)


def test_a_plan_holds_twelve_hours_by_the_clock(cache):
    now = [1_000_000.0]
    timed = Cache(clock=lambda: now[0])
    ask(timed)
    now[0] += 12 * HOUR - 1
    assert ask(timed).cached
    now[0] += 1
    assert not ask(timed).cached
    assert ask(timed).cached


def test_a_plan_from_the_future_is_searched_again():
    now = [1_000_000.0]
    timed = Cache(clock=lambda: now[0])
    ask(timed)
    now[0] -= 60
    assert not ask(timed).cached


def test_how_long_a_plan_holds_is_a_setting(tmp_path):
    now = [1_000_000.0]
    timed = Cache(settings_in(tmp_path, cache_hours=0.5), clock=lambda: now[0])
    ask(timed)
    now[0] += 1801
    assert not ask(timed).cached


def test_an_expired_plan_is_pruned(cache):
    ask(cache)
    assert cache.prune() == 0
    old = time.time() - 13 * HOUR
    os.utime(entry_file(cache), (old, old))
    assert cache.prune() == 1
    assert cache.info().plans == 0
    assert not list(cache.folder.rglob("*.lock"))


def several(count: int) -> list[Scene]:
    return [SCENE.with_wishes(gap_gbp=n) for n in range(count)]


def test_beyond_its_bound_the_oldest_plans_go(cache, tmp_path):
    for scene in several(4):
        ask(cache, scene)
    for age, path in enumerate(sorted(cache.folder.rglob("document.json"))):
        at = time.time() - 60 * age
        os.utime(path, (at, at))
    newest = sorted(cache.folder.rglob("document.json"))[:2]
    bound = cache.info().megabytes * 0.6
    small = Cache(settings_in(cache.folder, cache_mb=bound))
    assert small.prune() == 2
    assert sorted(small.folder.rglob("document.json")) == newest


def test_the_bound_is_kept_without_being_asked(tmp_path):
    now = [time.time()]
    small = Cache(settings_in(tmp_path, cache_mb=0.000_001), clock=lambda: now[0])
    for scene in several(3):
        now[0] += 120
        ask(small, scene)
    assert small.info().plans == 0


def test_clearing_drops_every_plan(cache):
    for scene in several(3):
        ask(cache, scene)
    assert cache.clear() == 3
    assert cache.clear() == 0
    assert not ask(cache).cached
    assert ask(cache).cached


def test_one_plan_is_forgotten_by_its_key(cache):
    one, two = several(2)
    ask(cache, one)
    ask(cache, two)
    assert cache.forget(key_of(one.scenario()))
    assert not cache.forget(key_of(one.scenario()))
    assert ask(cache, two).cached
    assert not ask(cache, one).cached


def test_what_is_kept_can_be_told(cache):
    assert cache.info().plans == 0
    ask(cache)
    info = cache.info()
    assert (info.plans, info.hours, info.most_megabytes, info.trouble) == (1, 12, 500, "")
    assert info.megabytes == pytest.approx(entry_file(cache).stat().st_size / 1e6)
    assert str(cache.folder) in info.summary()
    assert "1 plan kept" in info.summary()
    assert info.as_dict()["folder"] == str(cache.folder)


@pytest.fixture
def unusable(tmp_path: Path) -> Cache:
    """Return a cache whose folder can't be made: it would lie within a file."""
    (tmp_path / "file").write_text("I was here first.")
    return Cache(settings_in(tmp_path / "file" / "cache"))


def test_a_folder_that_cannot_be_used_costs_the_cache_but_not_the_answer(unusable, caplog):
    with caplog.at_level(logging.WARNING):
        plan = ask(unusable)
    assert same_answer(plan, ask(None))
    assert "The cache can't be used" in caplog.text
    assert "can't be kept" in caplog.text
    assert "isn't shared" in caplog.text


def test_a_folder_that_cannot_be_used_is_told(unusable):
    assert unusable.info().trouble
    assert "It can't be used" in unusable.info().summary()
    for drop in (unusable.clear, unusable.prune):
        with pytest.raises(InputError, match="The cache can't be used"):
            drop()


def test_a_folder_that_can_be_used_again_is_used_again(unusable):
    ask(unusable)
    (unusable.folder.parent).unlink()
    ask(unusable)
    assert ask(unusable).cached


def test_nobody_else_may_read_the_plans(tmp_path):
    cache = Cache(settings_in(tmp_path / "new"))
    ask(cache)
    if os.name == "posix":
        assert (cache.folder / "plans").stat().st_mode & 0o077 == 0


def test_the_settings_say_where_and_how_long(monkeypatch):
    monkeypatch.setenv("BNG_OPT_CACHE_HOURS", "3")
    monkeypatch.setenv("BNG_OPT_CACHE_MB", "7")
    cache = Cache()
    assert (cache.hours, cache.megabytes) == (3, 7)
    assert cache.folder == Path(os.environ["BNG_OPT_CACHE_FOLDER"])
    monkeypatch.delenv("BNG_OPT_CACHE_FOLDER")
    assert Settings().cache_folder.name == "bng-opt"
