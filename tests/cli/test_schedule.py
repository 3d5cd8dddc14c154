"""The commands ``bng-opt schedule``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import Runner
from tests.support.mail import Post, mail_server
from tests.support.tiny_report import write_tiny_report

TOML = """\
database = "store.sqlite"
schedule_folder = "kept"
schedule_owner = "owner@example.org"
smtp_host = "127.0.0.1"
smtp_port = {port}
smtp_security = "none"
smtp_from = "bng@example.org"
smtp_password = "hunter2"

[[schedule]]
name = "tiny"
cron = "0 7 * * mon-fri"
report = "tiny.ipynb"
title = "Tiny things"
recipients = ["ann@example.org"]
folder = "handed"
formats = ["html"]
parameters = {{ number = {number} }}

[[schedule]]
name = "night"
cron = "30 1 * * *"
report = "tiny.ipynb"
"""


class Desk:
    """A working folder with settings and a tiny report."""

    def __init__(self, folder: Path, run: Runner, post: Post) -> None:
        self.folder, self.run, self.post = folder, run, post
        write_tiny_report(folder)
        self.write(TOML.format(port=post.port, number=4))

    def write(self, text: str) -> None:
        (self.folder / "bng_opt.toml").write_text(text, encoding="utf-8")

    def change(self, before: str, after: str) -> None:
        text = (self.folder / "bng_opt.toml").read_text(encoding="utf-8")
        assert before in text
        self.write(text.replace(before, after))


@pytest.fixture(name="desk")
def _desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    for name in [each for each in os.environ if each.startswith("BNG_OPT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    with mail_server() as post:
        yield Desk(tmp_path, Runner(capsys), post)


def test_the_list_says_when_each_runs_next(desk: Desk) -> None:
    said = desk.run("schedule", "list")
    assert said.status == 0
    assert "tiny" in said.out
    assert "07:00 (Europe/London)" in said.out
    listed = desk.run("schedule", "list", "--json").json["schedules"]
    assert [each["name"] for each in listed] == ["tiny", "night"]
    assert listed[0]["cron"] == "0 7 * * 1,2,3,4,5"
    assert (len(listed[0]["next"]), listed[0]["last_run"]) == (1, None)


def test_one_is_shown_whole(desk: Desk) -> None:
    said = desk.run("schedule", "show", "tiny")
    for words in ("recipients: ann@example.org", "parameters: number=4", "No run yet."):
        assert words in said.out
    shown = desk.run("schedule", "show", "tiny", "--json").json
    assert len(shown["next"]) == 5
    assert shown["folder"] == str(desk.folder / "handed")
    assert "hunter2" not in json.dumps(shown) + said.out


def test_a_run_is_made_handed_over_and_in_the_history(desk: Desk) -> None:
    said = desk.run("schedule", "run-now", "tiny", "--by", "Ann", "--json")
    assert said.status == 0
    assert (said.json["state"], said.json["asked_by"]) == ("done", "Ann")
    assert [each["state"] for each in said.json["deliveries"]] == ["done", "done"]
    assert [each.to for each in desk.post.received] == ["ann@example.org"]
    (run,) = desk.run("schedule", "history", "--json").json["runs"]
    assert run["outcome"]["runs"][0]["result"] == "Number 4."
    assert "2 of 2" in desk.run("schedule", "history", "tiny").out
    assert "Number 4." in desk.run("schedule", "show", "tiny").out
    assert desk.run("schedule", "history", "night", "--json").json == {"runs": []}


def test_a_rehearsal_goes_to_the_owner_alone(desk: Desk) -> None:
    assert desk.run("schedule", "run-now", "tiny", "--to-owner").status == 0
    assert [each.to for each in desk.post.received] == ["owner@example.org"]
    assert not (desk.folder / "handed").exists()
    desk.change('schedule_owner = "owner@example.org"', "")
    desk.change('recipients = ["ann@example.org"]', "")
    said = desk.run("schedule", "run-now", "tiny", "--to-owner", "--json")
    assert (said.status, said.findings[0]["message"]) == (2, "tiny has no owner to send it to.")


def test_a_failure_has_its_exit_status_and_its_findings(desk: Desk) -> None:
    desk.change("number = 4", 'number = 4, end = "refused"')
    said = desk.run("schedule", "run-now", "tiny")
    assert said.status == 2
    assert "It is empty. Fill it." in said.out
    assert [each.to for each in desk.post.received] == ["owner@example.org"]


def test_what_could_not_be_handed_over_is_told_and_can_be_later(desk: Desk) -> None:
    desk.post.refused["ann@example.org"] = "451 Try later"
    said = desk.run("schedule", "run-now", "tiny")
    assert said.status == 4
    assert "email ann@example.org: due" in said.out
    assert "451 Try later" in said.out
    assert desk.run("schedule", "deliver", "--json").json == {"handed_over": 0}


def test_a_name_that_is_none_is_refused_with_the_nearest(desk: Desk) -> None:
    for command in ("show", "run-now", "snippets"):
        said = desk.run("schedule", command, "tyni", "--json")
        assert said.status == 2
        assert "The nearest is tiny" in said.findings[0]["remedy"]


def test_all_that_is_wrong_with_the_schedules_is_said_at_once(desk: Desk) -> None:
    desk.change('cron = "30 1 * * *"', 'cron = "30 25 * * *"\ntimezone = "Mars"')
    for command in (["list"], ["run"], ["show", "tiny"]):
        said = desk.run("schedule", *command)
        assert said.status == 2
        assert "25 isn't from 0 to 23" in said.err
        assert 'There is no time zone "Mars"' in said.err


def test_without_schedules_there_is_nothing_to_run(desk: Desk) -> None:
    desk.write('database = "store.sqlite"\n')
    said = desk.run("schedule", "run")
    assert (said.status, "have no schedules" in said.err) == (2, True)
    assert "no schedules" in desk.run("schedule", "list").out


def test_without_apscheduler_it_says_what_to_install(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in sys.modules if "apscheduler" in each]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "bng_opt.batch.schedules.service", raising=False)
    monkeypatch.delitem(sys.modules, "bng_opt.batch.schedules.triggers", raising=False)
    monkeypatch.setitem(sys.modules, "apscheduler", None)
    said = desk.run("schedule", "run")
    assert said.status == 2
    assert "pip install 'bng-opt[schedule]'" in said.err


class TestSnippets:
    def test_systemd_units_are_written_into_a_folder(self, desk: Desk) -> None:
        said = desk.run("schedule", "snippets", "night", "--out", "units")
        assert said.status == 0
        assert "the clocks of Europe/London skip 01:30" in said.err
        names = sorted(path.name for path in (desk.folder / "units").iterdir())
        assert names == ["bng-opt-night.service", "bng-opt-night.timer"]
        service = (desk.folder / "units" / names[0]).read_text()
        assert f"BNG_OPT_SETTINGS={desk.folder / 'bng_opt.toml'}" in service
        assert "hunter2" not in service

    def test_a_crontab_is_for_the_machines_clocks(self, desk: Desk) -> None:
        words = ("schedule", "snippets", "tiny", "--for", "cron", "--machine-timezone")
        said = desk.run(*words, "GB", "--json")
        assert said.json["files"]["crontab"].splitlines()[1].startswith("0 7 * * 1,2,3,4,5 cd ")
        refused = desk.run(*words, "UTC")
        assert (refused.status, "other times" in refused.err) == (2, True)
        assert desk.run(*words, "Mars").status == 2

    def test_kubernetes_needs_an_image(self, desk: Desk) -> None:
        words = ("schedule", "snippets", "tiny", "--for", "kubernetes")
        assert desk.run(*words).status == 2
        said = desk.run(*words, "--image", "example.org/bng:1")
        assert "kind: CronJob" in said.out

    def test_another_scheduler_is_refused(self, desk: Desk) -> None:
        said = desk.run("schedule", "snippets", "tiny", "--for", "airflow", "--json")
        assert said.status == 2
        assert "systemd, cron, kubernetes" in said.findings[0]["remedy"]
