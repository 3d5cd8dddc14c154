"""The client: what a service answers, or doesn't, as results and as the package's errors."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from bng_opt.client import Client, RefusedError, RemoteJob, ServiceError
from bng_opt.client_answers import inside
from bng_opt.errors import AccessError, Finding, InputError, PlaceError, StoreError
from tests.support.command_line import FOUR_BANKS
from tests.support.service import SITE, Served, served, tables_of  # noqa: F401

KEY = "bng_000000000000_" + "A" * 43
NEED = [{"ledger": "area", "habitat": "Net gain", "units": 3.0}]
JOB = {
    "id": "7",
    "kind": "optimise",
    "state": "running",
    "submitted_by": "Bob",
    "has_result": False,
}
Answer = tuple[int, dict[str, str], bytes]


def answer(content: object, status: int = 200, **headers: str) -> Answer:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return status, headers, body


def error(kind: str, status: int, **headers: str) -> Answer:
    finding = {"message": "It is so.", "remedy": "Mend it.", "sheet": "Start", "cell": "D8"}
    content = {"error": {"kind": kind, "findings": [finding], "request": "r1"}}
    return answer(content, status, **headers)


@contextmanager
def server_of(answers: Sequence[Answer]) -> Iterator[tuple[str, list[str]]]:
    """Yield the URL of a server that gives these answers in turn, and what it was asked."""
    asked: list[str] = []
    left = iter(answers)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append(f"{self.command} {self.path}")
            status, headers, body = next(left)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def client_of(*answers: Answer, **options: Any) -> Iterator[tuple[Client, list[str]]]:
    with server_of(answers) as (url, asked), Client(url, KEY, **options) as client:
        yield client, asked


class TestAgainstTheService:
    def test_errors_of_the_service_are_the_package_s_with_all_findings(
        self,
        served: Served,  # noqa: F811
    ) -> None:
        with served.client() as client, pytest.raises(InputError) as raised:
            client.submit(
                [{**NEED[0], "habitat": "Grasland"}], site={"lpa": ["Atlantis"], "nca": ["Arden"]}
            )
        findings = raised.value.findings
        assert [finding.row for finding in findings] == [2, None]
        assert (findings[0].file, findings[0].column) == ("requirement", "habitat")

    def test_a_role_that_is_too_low_is_an_access_error(
        self,
        served: Served,  # noqa: F811
    ) -> None:
        with served.client("Eve") as client, pytest.raises(AccessError, match="takes analyst"):
            client.submit(NEED, site=SITE)

    def test_an_unknown_job_and_an_unknown_key_are_refusals(
        self,
        served: Served,  # noqa: F811
    ) -> None:
        with served.client() as client, pytest.raises(RefusedError) as missing:
            client.job("00000000-0000-4000-8000-000000000000")
        assert (missing.value.status, missing.value.kind) == (404, "NotFound")
        with Client(served.url, KEY) as client, pytest.raises(RefusedError) as stranger:
            client.jobs()
        assert (stranger.value.status, stranger.value.kind) == (401, "Unauthorized")

    def test_waiting_ends_with_the_job_as_it_stands_when_the_time_is_over(
        self,
        served: Served,  # noqa: F811
    ) -> None:
        looks: list[RemoteJob] = []
        with served.client() as client:
            job = client.submit(NEED, site=SITE, market=tables_of(FOUR_BANKS.market()), cache=False)
            assert client.wait(job.id, 0).id == job.id
            done = client.wait(job.id, 60, looks.append)
            assert done.state == "done"
            assert looks[-1] == done
            assert done.id in {each.id for each in client.jobs()}
            assert client.cancel(job.id).state == "done"

    def test_health_and_versions(self, served: Served) -> None:  # noqa: F811
        with served.client() as client:
            assert client.health()["state"] == "ok"
            assert {"bng_opt", "rules", "highspy"} <= client.versions().keys()


class TestTrouble:
    def test_a_service_that_is_not_there_is_said_to_be_out_of_reach(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        with Client(url, KEY, retries=0) as client, pytest.raises(ServiceError) as raised:
            client.jobs()
        assert url in str(raised.value)
        assert "bng-opt api" in str(raised.value)

    def test_a_service_that_never_answers_is_given_up(self) -> None:
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            with (
                Client(url, KEY, timeout_s=0.2, retries=1) as client,
                pytest.raises(ServiceError, match="can't be reached"),
            ):
                client.health()

    @pytest.mark.parametrize(
        "content",
        [b"", b"<html>", b"[]", b"null", b"{}", b'{"jobs": 7}', b'{"jobs": [7]}', b"\xff"],
    )
    def test_an_answer_that_is_none_of_ours_is_said_so(self, content: bytes) -> None:
        with client_of(answer(content)) as (client, _), pytest.raises(ServiceError):
            client.jobs()

    @pytest.mark.parametrize(
        "content",
        [b"oops", b"{}", b'{"error": 7}', b'{"error": {"kind": "X", "findings": []}}', b"[" * 9999],
    )
    def test_an_error_that_is_none_of_ours_is_said_so(self, content: bytes) -> None:
        with (
            client_of(answer(content, 418)) as (client, _),
            pytest.raises(ServiceError, match="418"),
        ):
            client.jobs()

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [("PlaceError", PlaceError), ("StoreError", StoreError), ("Finding", RefusedError),
         ("ExitStatus", RefusedError), ("__doc__", RefusedError), ("NotFound", RefusedError)],
    )  # fmt: skip
    def test_an_error_is_of_the_package_s_class_only_where_there_is_one(
        self, kind: str, expected: type[Exception]
    ) -> None:
        with client_of(error(kind, 422)) as (client, _), pytest.raises(expected) as raised:
            client.jobs()
        assert raised.type is expected
        finding = Finding("It is so.", "Mend it.", sheet="Start", cell="D8")
        assert raised.value.findings == (finding,)  # type: ignore[attr-defined]

    def test_what_changes_nothing_is_asked_again_while_the_service_is_busy(self) -> None:
        busy = [error("StoreError", 503, Retry_After="0"), error("TooManyRequests", 429)]
        with client_of(*busy, answer(JOB)) as (client, asked):
            assert client.job("7").state == "running"
        assert asked == ["GET /jobs/7"] * 3

    def test_in_the_end_the_service_s_own_reason_is_said(self) -> None:
        with (
            client_of(*[error("StoreError", 503)] * 2, retries=1) as (client, asked),
            pytest.raises(StoreError, match="It is so"),
        ):
            client.job("7")
        assert len(asked) == 2

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
    def test_what_will_not_change_is_asked_once(self, status: int) -> None:
        with client_of(error("Other", status)) as (client, asked), pytest.raises(RefusedError):
            client.job("7")
        assert len(asked) == 1

    def test_a_job_is_submitted_once(self) -> None:
        with client_of(error("StoreError", 503)) as (client, asked), pytest.raises(StoreError):
            client.submit(NEED, site=SITE)
        assert asked == ["POST /jobs"]

    def test_health_is_an_answer_even_if_it_is_bad(self) -> None:
        with client_of(answer({"state": "down"}, 503)) as (client, asked):
            assert client.health() == {"state": "down"}
        assert len(asked) == 1

    def test_a_redirection_takes_the_key_nowhere(self) -> None:
        with (
            client_of(answer(b"", 302, Location="http://127.0.0.1:1/")) as (client, asked),
            pytest.raises(ServiceError, match="302"),
        ):
            client.jobs()
        assert len(asked) == 1


class TestDownloads:
    @pytest.mark.parametrize(
        "name", ["../evil", "/etc/evil", "a/../../evil", "", ".", "..\\evil", "C:evil", "a\0b"]
    )
    def test_a_file_outside_the_folder_is_refused(self, name: str, tmp_path: Path) -> None:
        listed = answer({"documents": [{"name": name}]})
        with (
            client_of(listed, answer(b"x")) as (client, asked),
            pytest.raises(ServiceError, match="names a file"),
        ):
            client.download("7", tmp_path / "out")
        assert len(asked) == 1
        assert [path.name for path in tmp_path.rglob("*")] == ["out"]

    def test_files_of_several_sites_lie_in_folders(self, tmp_path: Path) -> None:
        listed = answer({"documents": [{"name": "portfolio.json"}, {"name": "Site A/plan.json"}]})
        with client_of(listed, answer(b"1"), answer(b"2")) as (client, asked):
            written = client.download("7", tmp_path)
        assert [path.read_bytes() for path in written] == [b"1", b"2"]
        assert written[1] == tmp_path / "Site A" / "plan.json"
        assert asked[2] == "GET /jobs/7/documents/Site%20A/plan.json"

    def test_a_name_with_dots_in_it_is_fine(self) -> None:
        assert str(inside("a..b/c.d")) == "a..b/c.d"


class TestInput:
    @pytest.mark.parametrize(
        "make",
        [
            lambda: Client("ftp://somewhere", KEY),
            lambda: Client("somewhere", KEY),
            lambda: Client("http://somewhere", ""),
            lambda: Client("http://somewhere", "clé"),
            lambda: Client("http://somewhere", "a\r\nX-Evil: 1"),
        ],
    )
    def test_a_url_or_key_that_can_t_be_is_said_at_once(self, make: Callable[[], Client]) -> None:
        with pytest.raises(InputError, match="can't be"):
            make()

    def test_a_workbook_that_is_not_there_is_said_before_anything_is_sent(
        self, tmp_path: Path
    ) -> None:
        with client_of() as (client, asked), pytest.raises(InputError, match=r"no\.xlsx"):
            client.submit(tmp_path / "no.xlsx", site=SITE)
        assert asked == []


def test_the_client_loads_neither_solver_nor_store() -> None:
    code = (
        "import sys; from bng_opt.client import Client; Client('http://x', 'k').close(); "
        "print(sorted({'pandas', 'pulp', 'highspy', 'sqlalchemy', 'pydantic', 'fastapi'}"
        " & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
