"""What must not harm the service: hostile bodies, names, numbers and files."""

from __future__ import annotations

import http.client
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from tests.api.test_access import NO_JOB, SCENARIO, kind_of
from tests.api.test_whole_way import LONG_S, NEED
from tests.support.command_line import FOUR_BANKS
from tests.support.service import SITE, Served, tables_of

MULTIPART = "multipart/form-data; boundary=x"
OPTIONS = json.dumps({"site": SITE})
EVIL_NAMES = (
    "../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "/etc/passwd",
    "plan.json%00.txt",
    "..\\..\\plan.json",
    "C:%5Cwindows%5Cwin.ini",
    "%F0%9F%92%A3",
    "plan.json/",
    "' OR '1'='1",
)


@pytest.fixture(autouse=True)
def _still_well(served: Served) -> Iterator[None]:
    """See after each test that the service is up, and failed on nothing unforeseen."""
    yield
    with served.http(None) as http:
        assert http.get("/health").status_code == 200
    assert "Traceback" not in served.log


def post(served: Served, content: bytes, kind: str = "application/json") -> httpx2.Response:
    with served.http(**{"Content-Type": kind}) as http:
        return http.post("/jobs", content=content)


def upload(
    served: Served, content: bytes, options: str = OPTIONS, name: str = "metric.xlsx"
) -> httpx2.Response:
    files = {"workbook": (name, content, "application/octet-stream")}
    with served.http() as http:
        return http.post("/jobs", files=files, data={"options": options})


def bomb(megabytes: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", b"\0" * (megabytes * 1_000_000))
    return packed.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"site"',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"site":' * 20_000,
        b'{"requirement": NaN}',
        b'{"requirement": ' + b"9" * 5000 + b"}",
        b"{}",
        b'{"requirement": [], "site": {"lpa": "Leeds"}}',
    ],
)
def test_what_is_no_scenario_is_refused(served: Served, content: bytes) -> None:
    answer = post(served, content)
    assert (answer.status_code, kind_of(answer)) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("requirement", 0, "units"), "1e400"),
        (("requirement", 0, "units"), "NaN"),
        (("requirement", 0, "units"), "-Infinity"),
        (("requirement", 0, "units"), "true"),
        (("requirement", 0, "units"), '"3"'),
        (("requirement", 0, "units"), "-1"),
        (("timeout_s",), "1e18"),
        (("timeout_s",), "0"),
        (("policy",), '{"max_banks": 1e30}'),
        (("policy",), '{"max_banks": 2.5}'),
        (("policy",), '{"colour": "red"}'),
        (("site", "point"), '{"lat": 91, "lon": 0}'),
        (("site", "lpa"), '"Leeds"'),
        (("site", "lpa"), json.dumps(["x" * 201])),
        (("site", "lpa"), json.dumps(["Leeds"] * 1001)),
        (("kind",), '"portfolio"'),
        (("market",), '"/etc/passwd"'),
        (("market",), '"postgresql://somewhere/else"'),
    ],
)
def test_numbers_and_words_beyond_the_form_are_refused_by_place(
    served: Served, place: tuple[Any, ...], value: str
) -> None:
    marker = "@@"
    scenario: Any = json.loads(json.dumps(SCENARIO))
    inner = scenario
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = marker
    answer = post(served, json.dumps(scenario).replace(f'"{marker}"', value).encode())
    assert (answer.status_code, kind_of(answer)) == (400, "BadRequest")
    assert str(place[0]) in answer.json()["error"]["findings"][0]["message"]


@pytest.mark.parametrize(
    "name",
    [
        "Robert'); DROP TABLE jobs;--",
        "\u202egnidaeR",
        "\ud83d\udca3 Leeds",
        "{{ 7 * 7 }}",
        "<script>alert(1)</script>",
        "\x00",
        "=cmd|' /C calc'!A0",
    ],
)
def test_odd_names_are_unknown_places_and_nothing_else(served: Served, name: str) -> None:
    answer = post(served, json.dumps({**SCENARIO, "site": {"lpa": [name], "nca": [name]}}).encode())
    assert (answer.status_code, kind_of(answer)) == (422, "InputError")
    assert answer.headers["content-type"] == "application/json"


def test_half_a_surrogate_pair_is_no_text(served: Served) -> None:
    answer = post(served, b'{"requirement": [], "site": {"lpa": ["\\ud800"]}}')
    assert answer.status_code == 400


def test_thousands_of_unknown_fields_get_a_short_answer(served: Served) -> None:
    answer = post(served, json.dumps({f"field {n}": n for n in range(20_000)}).encode())
    assert answer.status_code == 400
    assert len(answer.content) < 50_000
    assert "more findings" in answer.json()["error"]["findings"][-1]["message"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("", 415),
        ("text/plain", 415),
        ("application/xml", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/jsonx", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=" + "x" * 5000, 400),
        (MULTIPART, 400),
    ],
)
def test_a_body_of_another_kind_is_refused(served: Served, kind: str, status: int) -> None:
    answer = post(served, json.dumps(SCENARIO).encode(), kind)
    assert answer.status_code == status
    kind_of(answer)


def test_a_packed_body_is_refused(served: Served) -> None:
    with served.http(**{"Content-Type": "application/json", "Content-Encoding": "gzip"}) as http:
        assert http.post("/jobs", content=b"\x1f\x8b").status_code == 415


def test_parts_of_other_names_or_numbers_are_refused(served: Served) -> None:
    def part(name: str, file: str = "") -> bytes:
        named = f'; filename="{file}"' if file else ""
        head = f'--x\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
        return head.encode() + OPTIONS.encode() + b"\r\n"

    book, options = part("workbook", "a.xlsx"), part("options")
    for parts in (
        [book],
        [options],
        [book, book, options],
        [book, options, options],
        [part("workbook"), options],
        [book, part("options", "b.json")],
        [book, options, part("more")],
        [part(f"field {n}") for n in range(5000)],
    ):
        answer = post(served, b"".join(parts) + b"--x--\r\n", MULTIPART)
        assert answer.status_code == 400
        kind_of(answer)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        b"<html>",
        os.urandom(4000),
    ],
    ids=["empty", "cut off", "old Excel", "HTML", "noise"],
)
def test_what_is_no_workbook_is_refused_with_a_remedy(served: Served, content: bytes) -> None:
    answer = upload(served, content)
    assert (answer.status_code, kind_of(answer)) == (422, "InputError")
    assert answer.json()["error"]["findings"][0]["file"] == "metric.xlsx"


def test_a_zip_bomb_is_refused_without_being_unpacked(served: Served) -> None:
    content = bomb(900)
    assert served.process is not None
    before = psutil.Process(served.process.pid).memory_info().rss
    answer = upload(served, content)
    after = psutil.Process(served.process.pid).memory_info().rss
    assert (answer.status_code, kind_of(answer)) == (422, "InputError")
    assert "inflate" in answer.json()["error"]["findings"][0]["message"]
    assert after - before < 300_000_000


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/cron.d/evil", "evil"),
        ("C:\\Users\\me\\site.xlsx", "site.xlsx"),
        ("\u202exslx.exe", "xslx.exe"),
        ("x" * 500, "x" * 100),
    ],
)
def test_the_name_of_an_upload_is_a_label_and_never_a_path(
    served: Served, name: str, shown: str
) -> None:
    answer = upload(served, b"no workbook", name=name)
    assert answer.json()["error"]["findings"][0]["file"] == shown


def test_a_hundred_megabytes_are_refused_while_they_come_in(served: Served) -> None:
    assert served.process is not None
    process = psutil.Process(served.process.pid)
    before = process.memory_info().rss
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    connection.putrequest("POST", "/jobs")
    connection.putheader("Authorization", f"Bearer {served.keys['Bob']}")
    connection.putheader("Content-Type", MULTIPART)
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    head = b'--x\r\nContent-Disposition: form-data; name="workbook"; filename="a.xlsx"\r\n\r\n'
    chunk = b"\0" * 1_000_000
    for piece in (head, *[chunk] * 100):
        connection.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    # The last chunk never comes: the answer is there all the same.
    answer = connection.getresponse()
    assert answer.status == 413
    assert json.loads(answer.read())["error"]["kind"] == "ContentTooLarge"
    connection.close()
    assert process.memory_info().rss - before < 150_000_000


def test_uploads_leave_no_file_behind(served: Served, shared_workbooks: Path) -> None:
    content = (shared_workbooks / "d02_housing_grassland.xlsx").read_bytes()
    assert len(content) > 1_000_000
    before = {path.name for path in Path(tempfile.gettempdir()).iterdir()}
    assert upload(served, content).status_code == 202
    assert upload(served, content[:-1000]).status_code == 422
    assert served.process is not None
    left = [Path(file.path) for file in psutil.Process(served.process.pid).open_files()]
    assert not [path for path in left if path.parent == Path(tempfile.gettempdir())]
    added = {path.name for path in Path(tempfile.gettempdir()).iterdir()} - before
    assert not [name for name in added if "xlsx" in name]


@pytest.mark.parametrize("name", EVIL_NAMES)
def test_a_document_s_name_is_looked_up_and_never_opened(served: Served, name: str) -> None:
    with served.client() as client:
        job = client.submit(NEED, site=SITE, market=tables_of(FOUR_BANKS.market()))
        client.wait(job.id, LONG_S)
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    path = f"/jobs/{job.id}/documents/{name}".replace(" ", "%20")
    connection.request("GET", path, headers={"X-API-Key": served.keys["Bob"]})
    answer = connection.getresponse()
    assert answer.status == 404
    assert b"root:" not in answer.read()
    connection.close()


@pytest.mark.parametrize(
    "path", ["/jobs/%00", "/jobs/%ff%fe", "/jobs/" + "9" * 5000, f"/jobs/{NO_JOB}'--"]
)
def test_an_id_that_is_none_is_a_bad_request(served: Served, path: str) -> None:
    with served.http() as client:
        answer = client.get(path)
    assert (answer.status_code, kind_of(answer)) == (400, "BadRequest")


def test_an_endless_list_of_rows_is_refused(served: Served) -> None:
    rows = [{"ledger": "area", "habitat": "Net gain", "units": 1}] * 2500
    answer = post(served, json.dumps({**SCENARIO, "requirement": rows}).encode())
    assert answer.status_code in (400, 422)
    assert len(answer.content) < 50_000


def test_a_requirement_s_document_is_read_as_strictly_as_everywhere(served: Served) -> None:
    for document in ({}, {"ledgers": {"area": []}}, {"version": [[[[]]]]}):
        answer = post(served, json.dumps({**SCENARIO, "requirement": document}).encode())
        assert (answer.status_code, kind_of(answer)) == (422, "InputError")
