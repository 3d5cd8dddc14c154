"""The server from its start to its end: what it refuses, who works, and that nothing is lost."""

from __future__ import annotations

import socket
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bng_opt.app.server.serving import serve
from bng_opt.errors import InputError
from bng_opt.market.store import open_store
from bng_opt.runtime.job import Job, JobKind, JobState
from bng_opt.runtime.jobs import Desk
from bng_opt.settings import Settings
from tests.support.browser import Server, end, serving
from tests.support.questions import endless, small
from tests.support.running import command, settings_in, until

pytestmark = pytest.mark.slow


def submit(server: Server, question: tuple[object, ...]) -> str:
    """Hand in a search as a page does."""
    with open_store(server.database) as store, Desk(store, Settings(), runs=False) as desk:
        return desk.submit_scenario(JobKind.OPTIMISE, *question, by="Ann").id  # type: ignore[arg-type]


def standing(database: Path, job_id: str) -> Job:
    with open_store(database) as store, Desk(store, Settings(), runs=False) as desk:
        return desk.get(job_id)


def test_a_server_that_ends_hands_its_jobs_back_and_the_next_goes_on(tmp_path: Path) -> None:
    database = tmp_path / "store.sqlite"
    with serving(tmp_path, database, app_pool_size="0") as first:
        job = submit(first, endless())
        until(lambda: standing(database, job).best is not None, "a search with a plan")
        end(first.process)
        assert first.process.returncode == 0
        handed_back = standing(database, job)
    assert (handed_back.state, handed_back.worker, handed_back.attempts) == (JobState.QUEUED, "", 0)
    with serving(tmp_path, database, app_pool_size="0"):
        until(lambda: standing(database, job).state is JobState.RUNNING, "the search again")


def test_a_server_may_leave_the_work_to_others(tmp_path: Path) -> None:
    database = tmp_path / "store.sqlite"
    with serving(tmp_path, database, "--no-work", app_pool_size="0") as server:
        job = submit(server, small())
        assert server.healthy()
        assert standing(database, job).state is JobState.QUEUED
        settings = settings_in(tmp_path, str(database), workers=1)
        worker = command("job", "work", settings=settings, log=tmp_path / "worker.log")
        try:
            until(lambda: standing(database, job).is_finished, "the job, worked by another")
        finally:
            end(worker)
    assert standing(database, job).state is JobState.DONE


def test_only_this_machine_s_names_lead_to_a_dashboard_without_sign_in(tmp_path: Path) -> None:
    with serving(tmp_path, tmp_path / "store.sqlite", app_pool_size="0") as server:
        address = urlsplit(server.url)
        for host, status in (("elsewhere.example", 403), (f"localhost:{address.port}", 200)):
            connection = HTTPConnection(address.netloc, timeout=60)
            connection.request("GET", "/", headers={"Host": host})
            assert connection.getresponse().status == status
            connection.close()


def test_a_port_that_is_taken_is_refused_in_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = settings_in(tmp_path, str(tmp_path / "s.sqlite"), app_port=port)
        with pytest.raises(InputError, match=rf"can't listen on 127\.0\.0\.1:{port}"):
            serve(settings)


def test_an_address_that_isn_t_this_machine_s_is_refused(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, "s.sqlite", app_host="192.0.2.1", app_sign_in="users")
    with pytest.raises(InputError, match=r"can't listen on 192\.0\.2\.1"):
        serve(settings)
