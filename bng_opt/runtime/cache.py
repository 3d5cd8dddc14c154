"""Plans kept by the content of their question, so that nothing is searched for twice.

An entry is found by the SHA-256 of everything that decides the answer, and by nothing else:
not by the order of rows, nor by how long a search may take. Only proven and verified plans
are kept, and each is verified again when it is found. Whatever is wrong with the cache, the
answer is computed: a full disk or a damaged file is logged and costs time, nothing else.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from filelock import FileLock, Timeout

from bng_opt.errors import Finding, InputError
from bng_opt.optimiser.plan import Plan, PlanStatus
from bng_opt.optimiser.scenario import Scenario
from bng_opt.quantities import counted
from bng_opt.runtime.cache_entry import key_of, own_plan, read_entry, write_entry
from bng_opt.runtime.cache_store import FILE, OWN_FOLDER, keeper, open_memory
from bng_opt.settings import Settings

SECONDS_PER_HOUR = 3600
BYTES_PER_MB = 1_000_000

_LOCKS = "locks"
_PLANS = "plans"
_TIDIED = "tidied"
_PROBE_BYTES = 100_000
"""More than the kept plan of an ordinary site."""
_TIDY_EVERY_S = 60.0
"""The bounds are enforced at most so often: it takes a look at every entry."""
_LOOK_EVERY_S = 0.2
"""A caller that waits for another asks so often whether it is to go on waiting."""
_SIGN_EVERY_S = 1.0
_HUNG_S = 10.0
"""A holder without a sign of life for so long hangs: even a busy machine lets it touch a file."""
_POLL_S = 0.02
"""The operating system tells nobody that a lock is free."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CacheInfo:
    """What a cache holds.

    Attributes
    ----------
    plans
        How many are kept, expired ones included until they are pruned.
    megabytes, most_megabytes
        What they take, and the bound [MB].
    hours
        How long each holds [h].
    trouble
        Why the folder can't be used; empty if it can.
    """

    folder: Path
    plans: int
    megabytes: float
    most_megabytes: float
    hours: float
    trouble: str = ""

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return {**vars(self), "folder": str(self.folder)}

    def summary(self) -> str:
        """Return it as a short report."""
        state = f"It can't be used: {self.trouble}." if self.trouble else "It can be used."
        return (
            f"{counted(self.plans, 'plan')} kept in {self.folder}: {self.megabytes:.1f} of at "
            f"most {self.most_megabytes:g} MB, each for {self.hours:g} hours. {state}"
        )


class Cache:
    """Proven plans on disk, shared by every process of a user.

    Parameters
    ----------
    settings
        Where it is, how long a plan holds and how much it may take; those in force without.
    clock
        Returns the time [s since 1970].

    Examples
    --------
    >>> import bng_opt, tempfile
    >>> from bng_opt.resources import data_dir
    >>> demo = data_dir() / "demo"
    >>> cache = Cache(Settings(cache_folder=tempfile.mkdtemp()))
    >>> question = (
    ...     bng_opt.read_metric(demo / "metric.xlsx"),
    ...     bng_opt.load_market(demo / "market"),
    ...     bng_opt.Site.from_names("Stratford-on-Avon", "Dunsmore and Feldon"),
    ... )
    >>> [bng_opt.optimise(*question, cache=cache).cached for _ in range(2)]
    [False, True]
    """

    def __init__(
        self, settings: Settings | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        settings = settings or Settings()
        self.folder = settings.cache_folder
        self.hours = settings.cache_hours
        self.megabytes = settings.cache_mb
        self._clock = clock

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs to open the same cache."""
        opened = ("_memory", "_kept")
        return {name: value for name, value in vars(self).items() if name not in opened}

    def find(self, scenario: Scenario) -> Plan | None:
        """Return the kept plan of a scenario, verified again; None if there is none.

        Title, site and the warnings on how the input was read are this scenario's own, as
        equal questions come from projects of other names.
        """
        key = key_of(scenario)
        text = self._read(key)
        if text is None:
            return None
        plan = None
        try:
            entry = read_entry(text)
            if self._is_fresh(entry.kept_at):
                plan = own_plan(entry, scenario)
        except Exception as error:
            # A file may hold anything: whatever comes of it, the answer is computed instead.
            _log.warning("A kept plan is no answer, and searched again: %r", error)
        if plan is None:
            with suppress(InputError):
                self.forget(key)
        return plan

    def keep(self, scenario: Scenario, plan: Plan) -> None:
        """Keep a plan, if it is proven and verified; otherwise do nothing."""
        if plan.status is not PlanStatus.OPTIMAL or not plan.is_verified:
            return
        try:
            text = write_entry(plan, scenario, self._clock())
            self._kept(key_of(scenario), lambda: text)
            self._tidy()
        except (OSError, ValueError) as error:
            _log.warning("The plan can't be kept in %s: %s", self.folder, error)

    @contextmanager
    def alone(
        self, scenario: Scenario, give_up: Callable[[], bool] = lambda: False
    ) -> Iterator[None]:
        """Let one caller at a time, of all processes, search for a scenario.

        Those that come later wait, and then :meth:`find` what the first has kept. The lock is
        the operating system's: it goes with the process that holds it, however that ends. One
        that hangs gives no more signs of life, and is waited for no longer.

        Parameters
        ----------
        give_up
            Asked while waiting; once it returns True the caller goes on without the lock.
        """
        lock = FileLock(self.folder / _LOCKS / f"{key_of(scenario)}.lock")
        if not _acquired(lock, give_up):
            yield
            return
        try:
            with _signs_of_life(Path(lock.lock_file)):
                yield
        finally:
            lock.release()

    def forget(self, key: str) -> bool:
        """Drop the plan of a key (:func:`key_of`) and return whether there was one.

        Raises
        ------
        InputError
            If the folder can't be used.
        """
        with self._refusing():
            try:
                self._kept.call_and_shelve(key, _missing).clear()
            except _MissingError:
                return False
            return True

    def info(self) -> CacheInfo:
        """Return what the cache holds, and what is wrong with its folder."""
        trouble = ""
        items: list[Any] = []
        try:
            items = self._items()
            _try_to_write(self.folder)
        except OSError as error:
            trouble = error.strerror or str(error)
        size = sum(item.size for item in items) / BYTES_PER_MB
        return CacheInfo(self.folder, len(items), size, self.megabytes, self.hours, trouble)

    def clear(self) -> int:
        """Drop every plan and return how many there were.

        Raises
        ------
        InputError
            If the folder can't be used.
        """
        with self._refusing():
            before = self._documents()
            self._kept.clear(warn=False)
            self._drop_locks()
            # Others may have kept the same again meanwhile: that is another document.
            left = before & self._documents()
            if left:
                raise InputError(
                    Finding(
                        f"{counted(len(left), 'plan')} could not be dropped.",
                        "Give your account the right to change the folder.",
                        file=str(self.folder),
                    )
                )
            return len(before)

    def prune(self) -> int:
        """Drop what has expired, then the oldest beyond the size bound; return how many.

        Raises
        ------
        InputError
            If the folder can't be used.
        """
        with self._refusing():
            before = len(self._items())
            self._prune()
            return before - len(self._items())

    @cached_property
    def _memory(self) -> Any:
        return open_memory(self.folder / _PLANS)

    @cached_property
    def _kept(self) -> Any:
        return keeper(self._memory)

    def _documents(self) -> set[tuple[Path, int, int]]:
        """Return every document kept, each with what tells it from a later one in its place."""
        found = set()
        for path in (self.folder / _PLANS).rglob(FILE):
            with suppress(FileNotFoundError):
                state = path.stat()
                found.add((path, state.st_ino, state.st_mtime_ns))
        return found

    def _items(self) -> list[Any]:
        items: list[Any] = self._memory.store_backend.get_items()
        return items

    def _read(self, key: str) -> bytes | None:
        try:
            text: bytes | None = self._kept(key, _missing)
        except _MissingError:
            return None
        except OSError as error:
            _log.warning("The cache can't be used (%s): %s", error.strerror, self.folder)
            return None
        if text is None:
            self.forget(key)
        return text

    def _is_fresh(self, kept_at_s: float) -> bool:
        return 0 <= self._clock() - kept_at_s < self.hours * SECONDS_PER_HOUR

    def _tidy(self) -> None:
        """Enforce the bounds, unless that was done a moment ago."""
        stamp = self.folder / _TIDIED
        with suppress(FileNotFoundError):
            if 0 <= self._clock() - stamp.stat().st_mtime < _TIDY_EVERY_S:
                return
        stamp.touch()
        self._prune()

    def _prune(self) -> None:
        self._memory.reduce_size(
            bytes_limit=int(self.megabytes * BYTES_PER_MB), age_limit=timedelta(hours=self.hours)
        )
        self._drop_locks()

    def _drop_locks(self) -> None:
        """Remove the lock files that nobody holds."""
        for path in (self.folder / _LOCKS).glob("*.lock"):
            with suppress(OSError, Timeout), FileLock(path, timeout=0):
                path.unlink()

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or type(error).__name__
            remedy = "Mend the folder, or name another with BNG_OPT_CACHE_FOLDER."
            finding = Finding(f"The cache can't be used: {reason}.", remedy, file=str(self.folder))
            raise InputError(finding) from None


class _MissingError(Exception):
    """There is no such entry."""


def _missing() -> bytes:
    raise _MissingError


@contextmanager
def _signs_of_life(path: Path) -> Iterator[None]:
    """Touch a lock's file again and again, so that others see that its holder works."""
    over = threading.Event()

    def touch() -> None:
        while not over.wait(_SIGN_EVERY_S):
            with suppress(OSError):
                os.utime(path)

    thread = threading.Thread(target=touch, name="bng-opt signs of life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _touched(lock: FileLock) -> int | None:
    with suppress(OSError):
        return Path(lock.lock_file).stat().st_mtime_ns
    return None


def _acquired(lock: FileLock, give_up: Callable[[], bool]) -> bool:
    """Wait for a lock and return whether it is held; a holder that hangs is given up."""
    sign, seen_at = _touched(lock), time.monotonic()
    while True:
        try:
            Path(lock.lock_file).parent.mkdir(mode=OWN_FOLDER, parents=True, exist_ok=True)
            lock.acquire(timeout=_LOOK_EVERY_S, poll_interval=_POLL_S)
        except Timeout:
            if give_up():
                return False
            if (latest := _touched(lock)) != sign:
                sign, seen_at = latest, time.monotonic()
            elif time.monotonic() - seen_at > _HUNG_S:
                _log.warning("Who searches for the same gives no sign of life: not waited for.")
                return False
        except (OSError, NotImplementedError) as error:
            _log.warning("The search isn't shared with other processes: %s", error)
            return False
        else:
            return True


def _try_to_write(folder: Path) -> None:
    # An empty file fits on a full disk.
    with TemporaryFile(dir=folder) as file:
        file.write(bytes(_PROBE_BYTES))
        file.flush()
