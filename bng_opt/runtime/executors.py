"""Where jobs run, behind the interface of ``concurrent.futures``: here, or on a Dask cluster."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bng_opt.errors import Finding, InputError, SchedulerError
from bng_opt.settings import PREFIX, Settings

if TYPE_CHECKING:
    from distributed import Client
    from distributed.security import Security

CONNECT_S = 5.0
"""A scheduler that doesn't answer in this time is out of reach [s]."""
_IDLE_S = 600
"""A process without work ends after this time [s]; the next job starts another."""
_TLS_FILES = {
    "scheduler_ca_file": "tls_ca_file",
    "scheduler_cert_file": "tls_client_cert",
    "scheduler_key_file": "tls_client_key",
}

T = TypeVar("T")


def make_executor(settings: Settings) -> JobExecutor:
    """Return what runs jobs as the settings say.

    Parameters
    ----------
    settings
        ``scheduler`` names a Dask scheduler; without one, processes of this machine run them,
        as many as ``workers`` says or the machine has cores.

    Raises
    ------
    InputError
        If the certificates for ``tls://`` aren't all there.
    SchedulerError
        If the scheduler can't be reached or Dask isn't installed.
    """
    if settings.scheduler:
        return DaskExecutor(settings)
    from joblib import cpu_count

    return LocalExecutor(settings.workers or int(cpu_count()))


class JobExecutor(Executor):
    """An executor for jobs: it can tell whether it still takes any."""

    has_own_processes = True
    """Whether each job has a process to itself, which may be ended with it."""

    @property
    def is_open(self) -> bool:
        """Return whether it takes jobs; if not, another has to be made."""
        raise NotImplementedError


class LocalExecutor(JobExecutor):
    """Processes of this machine, each by itself: where one is lost, only its own job is.

    Parameters
    ----------
    workers
        How many.
    """

    def __init__(self, workers: int) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="bng-opt lane")
        self._lane = threading.local()
        self._pools: set[Any] = set()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def is_open(self) -> bool:
        """Return whether it takes jobs."""
        return not self._closed

    def submit(self, function: Callable[..., T], /, *args: Any, **named: Any) -> Future[T]:
        """Run a function of a module in the next process that is free.

        The future fails with a ``BrokenExecutor`` if the process is lost.
        """
        return self._threads.submit(self._in_lane, function, *args, **named)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more jobs; end at once, or once those that run have ended."""
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures or not wait)
        with self._lock:
            self._closed = True
            pools = tuple(self._pools)
        for pool in pools:
            pool.shutdown(wait=True, kill_workers=not wait)
        self._threads.shutdown(wait=True)

    def _in_lane(self, function: Callable[..., T], *args: Any, **named: Any) -> T:
        pool = getattr(self._lane, "pool", None) or self._new_pool()
        try:
            result: T = pool.submit(function, *args, **named).result()
        except BrokenExecutor:
            self._drop(pool)
            raise
        return result

    def _new_pool(self) -> Any:
        from joblib.externals.loky.process_executor import ProcessPoolExecutor

        with self._lock:
            if self._closed:
                raise RuntimeError("the executor is closed")
            pool = ProcessPoolExecutor(max_workers=1, timeout=_IDLE_S)
            self._pools.add(pool)
        self._lane.pool = pool
        return pool

    def _drop(self, pool: Any) -> None:
        # Returns once the process is gone, so that whoever hears of it finds it so.
        pool.shutdown(wait=True, kill_workers=True)
        self._lane.pool = None
        with self._lock:
            self._pools.discard(pool)


class DaskExecutor(JobExecutor):
    """The workers of a Dask scheduler, whichever there are.

    Parameters
    ----------
    settings
        The scheduler's address, and its certificates.

    Raises
    ------
    InputError, SchedulerError
        As :func:`make_executor`.
    """

    def __init__(self, settings: Settings) -> None:
        self.address = settings.scheduler
        self._client = _connected(self.address, _security(settings))
        self._inner = self._client.get_executor(pure=False)  # type: ignore[no-untyped-call]

    @property
    def is_open(self) -> bool:
        """Return whether the scheduler is within reach."""
        return bool(self._client.status == "running")

    @property
    def n_workers(self) -> int:
        """Return how many workers the scheduler has."""
        return len(self._client.scheduler_info(n_workers=-1)["workers"])

    def on_every_worker(self, function: Callable[[], T]) -> dict[str, T | BaseException]:
        """Return what a function of a module gives on each worker, or raises, by its address."""
        answers: dict[str, T | BaseException] = self._client.run(function, on_error="return")
        return answers

    def submit(self, function: Callable[..., T], /, *args: Any, **named: Any) -> Future[T]:
        """Run a function of a module on a worker; cancelling the future takes it back.

        Raises
        ------
        SchedulerError
            If the scheduler is out of reach.
        """
        if not self.is_open:
            raise _out_of_reach(self.address, None)
        future: Future[T] = self._inner.submit(function, *args, **named)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let go of the scheduler; what runs there goes on, what waits is taken back."""
        if wait:
            self._inner.shutdown(wait=True)
        self._client.close(timeout=CONNECT_S)  # type: ignore[no-untyped-call]


def _connected(address: str, security: Security | None) -> Client:
    """Return a client of a scheduler that answers.

    Distributed's own time limit ends with the connection: a program that accepts it and says
    nothing would be waited for without end, so it is done in a thread that may be left behind.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError:
        remedy = "Install it: pip install 'bng-opt[cluster]'."
        raise SchedulerError(Finding("Dask isn't installed.", remedy)) from None
    answer: Future[Client] = Future()

    def connect() -> None:
        try:
            client = Client(  # type: ignore[no-untyped-call]
                address, security=security, timeout=CONNECT_S, set_as_default=False, name="bng-opt"
            )
        except BaseException as error:
            answer.set_exception(error)
        else:
            answer.set_result(client)

    threading.Thread(target=connect, name="bng-opt scheduler", daemon=True).start()
    try:
        return answer.result(timeout=2 * CONNECT_S)
    except (OSError, TimeoutError, ValueError) as error:
        raise _out_of_reach(address, error) from error


def _security(settings: Settings) -> Security | None:
    if not settings.scheduler.startswith("tls://"):
        return None
    from distributed.security import Security

    files: dict[str, Path | None] = {name: getattr(settings, name) for name in _TLS_FILES}
    findings = [
        Finding(
            f"tls:// needs {name}, and {'there is no such file' if path else 'it is not set'}.",
            f"Set {PREFIX}{name.upper()} to a PEM file.",
            file=str(path) if path else None,
        )
        for name, path in files.items()
        if path is None or not path.is_file()
    ]
    if findings:
        raise InputError(findings)
    given = {_TLS_FILES[name]: str(path) for name, path in files.items()}
    return Security(require_encryption=True, **given)  # type: ignore[no-untyped-call]


def _out_of_reach(address: str, error: BaseException | None) -> SchedulerError:
    reason = f" ({error})" if error and str(error) else ""
    return SchedulerError(
        Finding(
            f"The scheduler {address} can't be reached{reason}.",
            f"Check that it runs (dask scheduler), and {PREFIX}SCHEDULER; jobs stay queued.",
        )
    )
