"""Jobs on a real Dask cluster on loopback: workers that die and join, schedulers that leave."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bng_opt.market.store import open_store
from bng_opt.optimiser.plan import PlanStatus
from bng_opt.runtime.executors import DaskExecutor
from bng_opt.runtime.jobs import Desk, Job, JobKind, JobState
from bng_opt.settings import Settings
from tests.support.questions import Question, endless, slow, small
from tests.support.running import (
    Cluster,
    finished,
    process_of,
    settings_in,
    until,
    until_running,
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Return a scheduler with two workers, which the tests of this module share in order."""
    started = Cluster(tmp_path_factory.mktemp("dask")).start(2)
    yield started
    started.stop()


@pytest.fixture
def settings(tmp_path: Path, cluster: Cluster) -> Settings:
    return settings_in(tmp_path, str(tmp_path / "store.sqlite"), scheduler=cluster.address)


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    with open_store(settings.database) as store, Desk(store, settings) as opened:
        yield opened


def submit(desk: Desk, question: Question) -> Job:
    return desk.submit_scenario(JobKind.OPTIMISE, *question, by="Ann")


def test_a_killed_worker_of_the_cluster_loses_only_time(desk: Desk) -> None:
    job = submit(desk, slow())
    running = until_running(desk, job, with_plan=True)
    os.kill(process_of(running), signal.SIGKILL)
    done = finished(desk, job)
    assert (done.state, done.attempts) == (JobState.DONE, 2)
    assert process_of(done) != process_of(running)
    assert desk.plan(job.id).status is PlanStatus.OPTIMAL


def test_work_that_does_not_stop_is_ended_with_its_worker(desk: Desk) -> None:
    finished(desk, submit(desk, slow(20)))
    job = desk.submit_scenario(JobKind.ALTERNATIVES, *slow(20), by="Ann", timeout_s=2)
    done = finished(desk, job)
    assert (done.state, done.attempts, done.exit_status) == (JobState.FAILED, 1, 4)
    assert "time-out of 2 s" in done.error[0].message


def test_a_worker_that_joins_takes_jobs_and_all_of_them_can_be_cancelled(
    desk: Desk, cluster: Cluster
) -> None:
    # As many again as two workers take: only a third lets three run at a time.
    jobs = [submit(desk, endless(seed)) for seed in range(4)]
    for state in (JobState.RUNNING, JobState.RUNNING):
        until(lambda state=state: len(desk.find(state)) == 2, "two that run")
    cluster.add_worker()
    until(lambda: len(desk.find(JobState.RUNNING)) == 3, "three that run")
    assert len({process_of(job) for job in desk.find(JobState.RUNNING)}) == 3
    for job in jobs:
        desk.cancel(job.id, by="Ann")
    assert {finished(desk, job).state for job in jobs} == {JobState.CANCELLED}
    assert finished(desk, submit(desk, small())).state is JobState.DONE


def test_a_scheduler_that_goes_and_comes_back_loses_no_job(desk: Desk, cluster: Cluster) -> None:
    before = finished(desk, submit(desk, small(1.0)))
    cluster.stop()
    job = submit(desk, small(2.0))
    until(lambda: "can't be reached" in desk.trouble, "trouble")
    assert desk.get(job.id).state is JobState.QUEUED
    cluster.start(1)
    assert (before.state, finished(desk, job).state) == (JobState.DONE, JobState.DONE)
    until(lambda: not desk.trouble, "the end of the trouble")


def test_over_tls_with_certificates_of_our_own(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    words = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1".split()
    alternative = ("-addext", "subjectAltName=IP:127.0.0.1")
    made = [*words, *alternative, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    files = ("--tls-ca-file", str(certificate), "--tls-cert", str(certificate))
    cluster = Cluster(tmp_path, (*files, "--tls-key", str(key))).start(1)
    given = {
        "scheduler": cluster.address,
        "scheduler_ca_file": certificate,
        "scheduler_cert_file": certificate,
        "scheduler_key_file": key,
    }
    settings = settings_in(tmp_path, str(tmp_path / "store.sqlite"), **given)
    try:
        with open_store(settings.database) as store, Desk(store, settings) as desk:
            assert finished(desk, submit(desk, small())).state is JobState.DONE
            with DaskExecutor(settings) as executor:
                assert (executor.n_workers, executor.is_open) == (1, True)
    finally:
        cluster.stop()
