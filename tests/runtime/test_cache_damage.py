"""Whatever happens to the cache's files, the answer is right and nothing of theirs is run."""

from __future__ import annotations

import json
import logging
import os
import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from bng_opt.optimiser.plan import Plan
from bng_opt.runtime.cache import Cache
from bng_opt.runtime.cache_store import sealed, unsealed
from bng_opt.runtime.run import optimise
from tests.support.cached_search import SCENE
from tests.support.scenarios import site

QUESTION = (SCENE.requirement(), SCENE.market(), site(), SCENE.policy())
RIGHT = replace(optimise(*QUESTION), seconds={})

CORRUPTIONS = 200


class Attack:
    """What a hostile pickle does when it is read: it leaves a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.mark,))


def truncate(path: Path, rng: Random) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: rng.randrange(len(content) + 1)])


def flip(path: Path, rng: Random) -> None:
    content = bytearray(path.read_bytes() or b"\0")
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def insert(path: Path, rng: Random) -> None:
    content = path.read_bytes()
    at = rng.randrange(len(content) + 1)
    path.write_bytes(content[:at] + rng.randbytes(rng.randint(1, 9)) + content[at:])


def empty(path: Path, rng: Random) -> None:
    path.write_bytes(b"")


def delete(path: Path, rng: Random) -> None:
    path.unlink()


def noise(path: Path, rng: Random) -> None:
    path.write_bytes(rng.randbytes(rng.randint(0, 5000)))


def become_a_folder(path: Path, rng: Random) -> None:
    path.unlink()
    path.mkdir()


DAMAGES = (truncate, flip, insert, empty, delete, noise, become_a_folder)


def ask(cache: Cache) -> Plan:
    return optimise(*QUESTION, cache=cache)


def is_right(plan: Plan) -> bool:
    return replace(plan, seconds={}, cached=False) == RIGHT


def mended(folder: Path) -> None:
    """Remove the folders that stand where files belong, as only a person would put them."""
    for path in [*folder.glob("locks/*.lock"), folder / "tidied"]:
        if path.is_dir():
            path.rmdir()


def test_after_each_of_200_random_corruptions_the_answer_is_right(caplog):
    cache, rng = Cache(), Random(20_260_701)
    done = {"found": 0, "searched": 0}
    for _ in range(CORRUPTIONS):
        ask(cache)
        files = sorted(path for path in cache.folder.rglob("*") if path.is_file())
        assert any(path.name == "document.json" for path in files)
        path, damage = rng.choice(files), rng.choice(DAMAGES)
        before = path.read_bytes()
        caplog.clear()
        damage(path, rng)
        harmed = not path.is_file() or path.read_bytes() != before
        plan = ask(cache if rng.random() < 0.5 else Cache())
        assert is_right(plan), (path, damage)
        if path.name == "document.json" and harmed:
            assert not plan.cached, (path, damage)
            assert damage is delete or caplog.records, damage
        done["found" if plan.cached else "searched"] += 1
        mended(cache.folder)
    assert sum(done.values()) == CORRUPTIONS
    assert done["searched"] > 40
    assert ask(cache).cached


def entry_file(cache: Cache) -> Path:
    [path] = cache.folder.rglob("document.json")
    return path


def test_every_single_byte_of_an_entry_is_guarded():
    cache = Cache()
    ask(cache)
    content = entry_file(cache).read_bytes()
    assert unsealed(content) is not None
    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= 0x20
        assert unsealed(bytes(damaged)) is None, at


def test_a_pickle_in_place_of_an_entry_is_never_run(tmp_path):
    cache, mark = Cache(), tmp_path / "attacked"
    pickle.loads(pickle.dumps(Attack(mark)))
    assert mark.exists()
    mark.unlink()
    ask(cache)
    path = entry_file(cache)
    for name in ("document.json", "output.pkl", "metadata.json", "func_code.py"):
        path.with_name(name).write_bytes(pickle.dumps(Attack(mark)))
        path.parent.parent.joinpath(name).write_bytes(pickle.dumps(Attack(mark)))
    plan = ask(cache)
    assert is_right(plan)
    assert not plan.cached
    assert is_right(ask(Cache()))
    assert not mark.exists()


def plan_of(document: dict[str, object]) -> dict[str, object]:
    plan = document["plan"]
    assert isinstance(plan, dict)
    return plan


FORGERIES: dict[str, Callable[[dict[str, object]], object]] = {
    "no object": lambda document: [document],
    "empty": lambda document: {},
    "another key": lambda document: {**document, "key": "0" * 64},
    "no time": lambda document: {**document, "kept_at": "yesterday"},
    "a time that never was": lambda document: {**document, "kept_at": 1e308},
    "no plan": lambda document: {**document, "plan": None},
    "a plan with less": lambda document: {
        **document,
        "plan": {**plan_of(document), "purchases": []},
    },
    "an unproven plan": lambda document: {
        **document,
        "plan": {**plan_of(document), "status": "feasible"},
    },
}


@pytest.mark.parametrize("what", FORGERIES)
def test_an_entry_with_a_right_sum_and_a_wrong_content_is_no_answer(what):
    cache = Cache()
    ask(cache)
    path = entry_file(cache)
    document = json.loads(unsealed(path.read_bytes()) or b"")
    path.write_bytes(sealed(json.dumps(FORGERIES[what](document)).encode()))
    plan = ask(cache)
    assert is_right(plan)
    assert not plan.cached
    assert ask(cache).cached


def test_an_entry_of_another_question_in_its_place_is_no_answer(caplog):
    cache = Cache()
    ask(cache)
    mine = entry_file(cache)
    other = SCENE.with_wishes(max_banks=1).policy()
    optimise(*QUESTION[:3], other, cache=cache)
    [theirs] = [path for path in cache.folder.rglob("document.json") if path != mine]
    shutil.copy(theirs, mine)
    plan = ask(cache)
    assert is_right(plan)
    assert not plan.cached
    assert "another question" in caplog.text


def test_nesting_beyond_reason_is_no_answer():
    cache = Cache()
    ask(cache)
    entry_file(cache).write_bytes(sealed(b"[" * 100_000 + b"]" * 100_000))
    assert not ask(cache).cached


def test_a_damaged_entry_is_logged_with_its_file(caplog):
    cache = Cache()
    ask(cache)
    path = entry_file(cache)
    path.write_bytes(path.read_bytes()[:-1])
    with caplog.at_level(logging.WARNING):
        ask(cache)
    assert [str(path) in record.getMessage() for record in caplog.records] == [True]
    assert "damaged" in caplog.text


def test_an_entry_is_plain_text_that_anyone_can_check():
    cache = Cache()
    ask(cache)
    _, _, text = entry_file(cache).read_bytes().partition(b"\n")
    assert json.loads(text)["plan"]["status"] == "optimal"


def test_a_half_written_file_of_a_dead_process_is_pruned_with_its_entry():
    cache = Cache()
    ask(cache)
    part = entry_file(cache).with_name(".document.json.0123")
    part.write_bytes(b"half")
    old = 1_000_000_000
    for path in (part, entry_file(cache)):
        os.utime(path, (old, old))
    assert cache.prune() == 1
    assert not part.exists()
