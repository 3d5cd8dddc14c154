"""Logs: lines for people and for machines, with ids, and without secrets."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bng_opt.logs import log_context, masked, set_up_logging
from bng_opt.settings import Settings

KEY = "bng_0123456789ab_" + "x" * 43
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

log = logging.getLogger("bng_opt.tests")


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


class Lines:
    """What was written to stderr since the last look."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def plain(self) -> list[str]:
        return self._capsys.readouterr().err.splitlines()

    def json(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.plain()]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    return Lines(capsys)


def set_up(form: str = "json", level: str = "info") -> None:
    set_up_logging(Settings(log_format=form, log_level=level))


def test_a_plain_line_says_when_how_grave_who_what_and_for_which_job(lines: Lines) -> None:
    set_up("plain")
    with log_context(job="J1", scenario="S1", user="Ann"):
        log.warning("%d plans", 3)
    (line,) = lines.plain()
    when, rest = line.split(" ", 1)
    assert MOMENT.fullmatch(when)
    assert rest == "WARNING bng_opt.tests: 3 plans [job=J1 scenario=S1 user=Ann]"


def test_a_json_line_is_read_back_with_its_ids(lines: Lines) -> None:
    set_up()
    with log_context(job="J1"), log_context(scenario="S1", request="R1"):
        log.info('it says "%s"\nand more', "£5")
    (line,) = lines.json()
    assert MOMENT.fullmatch(line.pop("time"))
    assert line == {
        "level": "info",
        "logger": "bng_opt.tests",
        "message": 'it says "£5"\nand more',
        "job": "J1",
        "scenario": "S1",
        "request": "R1",
    }


def test_ids_end_with_their_context_also_when_it_fails(lines: Lines) -> None:
    set_up()

    def fail() -> None:
        with log_context(job="outer"):
            with log_context(job="inner"):
                log.info("one")
            log.info("two")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    log.info("three")
    assert [line.get("job") for line in lines.json()] == ["inner", "outer", None]


def test_threads_do_not_take_each_others_ids(lines: Lines) -> None:
    set_up()
    meet = threading.Barrier(2)

    def work(job: str) -> None:
        with log_context(job=job):
            meet.wait()
            log.info(job)
            meet.wait()

    threads = [threading.Thread(target=work, args=(job,)) for job in ("A", "B")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(line["job"], line["message"]) for line in lines.json()} == {("A", "A"), ("B", "B")}


@pytest.mark.parametrize("form", ["plain", "json"])
def test_an_exception_is_told_without_its_secrets(form: str, lines: Lines) -> None:
    set_up(form)
    try:
        raise ValueError("no postgresql://bng:hunter2@db/bng")
    except ValueError:
        log.exception("It failed with %s", KEY)
    text = "\n".join(lines.plain())
    assert "ValueError" in text
    assert "Traceback" in text
    assert "postgresql://bng:***@db/bng" in text
    assert "bng_0123456789ab_***" in text
    assert "hunter2" not in text
    assert KEY not in text


def test_an_exception_is_a_field_of_json(lines: Lines) -> None:
    set_up()
    log.error("It failed", exc_info=ValueError("as it must"))
    (line,) = lines.json()
    assert (line["exception"]["type"], line["exception"]["message"]) == ("ValueError", "as it must")


def test_no_text_passes_for_a_line_of_its_own(lines: Lines) -> None:
    set_up("plain")
    log.warning("one\n2026-01-01T00:00:00.000Z ERROR root: forged\x1b[2J")
    first, second = lines.plain()
    assert first.endswith("one")
    assert second.startswith("    2026")
    assert "\x1b" not in second


@pytest.mark.parametrize(
    ("level", "heard"),
    [("debug", "diwe"), ("info", "iwe"), ("warning", "we"), ("error", "e"), ("INFO", "iwe")],
)
def test_the_level_is_that_of_the_settings(level: str, heard: str, lines: Lines) -> None:
    set_up("plain", level)
    for each in ("debug", "info", "warning", "error"):
        getattr(log, each)(each)
    assert "".join(line.rpartition(": ")[2][0] for line in lines.plain()) == heard


@pytest.mark.parametrize(
    ("library", "least"),
    [
        ("matplotlib.font_manager", logging.WARNING),
        ("distributed.core", logging.WARNING),
        ("weasyprint", logging.ERROR),
        ("fontTools.subset", logging.ERROR),
    ],
)
def test_other_libraries_are_heard_only_when_it_matters(
    library: str, least: int, lines: Lines
) -> None:
    set_up("json", "debug")
    other = logging.getLogger(library)
    before, propagates = other.level, other.propagate
    other.setLevel(logging.DEBUG)
    other.propagate = True
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        other.log(level, "something")
    other.setLevel(before)
    other.propagate = propagates
    heard = [logging.getLevelName(line["level"].upper()) for line in lines.json()]
    assert heard == [level for level in (logging.WARNING, logging.ERROR) if level >= least]


def test_setting_up_twice_writes_each_line_once(lines: Lines) -> None:
    set_up("json")
    set_up("plain")
    log.warning("once")
    (line,) = lines.plain()
    assert not line.startswith("{")


def process(code: str) -> str:
    """Return what a process writes to stderr."""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stderr


def test_notes_of_weasyprint_on_css_do_not_reach_users() -> None:
    page = "HTML(string='<p style=\"colour-of: none; top: fish\">x').write_pdf()"
    ours = "from bng_opt.logs import set_up_logging as begin"
    theirs = "from logging import basicConfig as begin"
    said = [
        process(f"{each}; begin(); from weasyprint import HTML; {page}") for each in (ours, theirs)
    ]
    assert said[0] == ""
    assert "colour-of" in said[1]


def test_python_warnings_and_dask_write_json_too() -> None:
    code = (
        "import warnings, logging; from bng_opt.logs import set_up_logging; "
        "from bng_opt.settings import Settings; set_up_logging(Settings(log_format='json')); "
        "import distributed; warnings.warn('careful'); "
        "logging.getLogger('distributed.core').warning('lost one')"
    )
    said = [json.loads(line) for line in process(code).splitlines()]
    assert "careful" in said[0]["message"]
    assert (said[1]["logger"], said[1]["message"]) == ("distributed.core", "lost one")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://bng:pw@h/db", "postgresql://bng:***@h/db"),
        ("postgresql://bng:p@w/:d@h/db, then", "postgresql://bng:***@h/db, then"),
        ("postgresql://bng:a b c@h/db", "postgresql://bng:***@h/db"),
        ("postgresql://bng:1234@h/db", "postgresql://bng:***@h/db"),
        ("postgresql://bng@h:5432/db", "postgresql://bng@h:5432/db"),
        ("tcp://10.0.0.1:8786 for ann@example.org", "tcp://10.0.0.1:8786 for ann@example.org"),
        ("tls://[::1]:8786 for ann@example.org", "tls://[::1]:8786 for ann@example.org"),
        ("postgresql://h/db?password=pw&x=1", "postgresql://h/db?password=***&x=1"),
        ("host=h password='a b' user=u", "host=h password=*** user=u"),
        ("{'password': 'pw', 'user': 'u'}", "{'password': '***', 'user': 'u'}"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        (f"key {KEY} is old", "key bng_0123456789ab_*** is old"),
        ("The password is too short.", "The password is too short."),
    ],
)
def test_secrets_are_masked_and_nothing_else(text: str, shown: str) -> None:
    assert masked(text) == shown


LETTERS = st.characters(codec="ascii", categories=["L", "N", "P", "S"])


@given(st.text(LETTERS, min_size=8).filter(lambda text: not text[0].isdigit()))
def test_no_password_of_a_url_is_ever_seen(password: str) -> None:
    text = f"opening postgresql://bng:{password}@db.local/bng"
    assert masked(text) == "opening postgresql://bng:***@db.local/bng"


@given(st.from_regex(r"[0-9]{1,12}[A-Za-z!$%&*+._~-]{0,8}", fullmatch=True))
def test_nor_one_that_begins_as_a_port_does(password: str) -> None:
    text = f"opening postgresql://bng:{password}@db.local/bng"
    assert masked(text) == "opening postgresql://bng:***@db.local/bng"
