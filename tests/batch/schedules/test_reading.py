"""The schedules of the settings: all that is wrong with them is said at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from bng_opt.batch.schedules.reading import find_schedule, read_schedules
from bng_opt.errors import InputError
from bng_opt.schedule_settings import ScheduleSettings
from bng_opt.settings import PREFIX, Settings
from tests.support.tiny_report import write_tiny_report

MAIL = {
    "smtp_host": "mail.example.org",
    "smtp_from": "BNG desk <bng@example.org>",
    "schedule_owner": "owner@example.org",
}
TOML = """\
smtp_host = "mail.example.org"
smtp_from = "bng@example.org"
schedule_owner = "owner@example.org"

[[schedule]]
name = "monday-market"
cron = "0 7 * * mon"
report = "market"
recipients = ["ann@example.org"]
folder = "handed"

[schedule.parameters]
market = "store"

[[schedule]]
name = "tiny"
cron = "@daily"
report = "tiny.ipynb"
timezone = "Europe/Dublin"
manifest = "runs.csv"
skip_bad = true
owner = "bob@example.org"
"""


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [each for each in os.environ if each.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def given(**changed: Any) -> dict[str, Any]:
    return {"name": "market", "cron": "0 7 * * mon", "report": "market", **changed}


def settings_of(*schedules: dict[str, Any], **others: Any) -> Settings:
    return Settings(schedule=schedules, **{**MAIL, **others})


def refused(settings: Settings) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_schedules(settings)
    return [finding.message for finding in caught.value.findings]


def test_a_file_of_settings_is_read_from_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "etc"
    elsewhere.mkdir()
    (elsewhere / "bng_opt.toml").write_text(TOML, encoding="utf-8")
    write_tiny_report(elsewhere)
    monkeypatch.setenv("BNG_OPT_SETTINGS", str(elsewhere / "bng_opt.toml"))
    market, tiny = read_schedules(Settings())
    assert (market.name, market.title, market.zone.key) == (
        "monday-market",
        "Market",
        "Europe/London",
    )
    assert market.parameters == {"market": "store"}
    assert (market.folder, market.owner) == (elsewhere / "handed", "owner@example.org")
    assert (tiny.zone.key, str(tiny.cron), tiny.owner) == (
        "Europe/Dublin",
        "0 0 * * *",
        "bob@example.org",
    )
    assert (tiny.report, tiny.manifest) == (
        str(elsewhere / "tiny.ipynb"),
        elsewhere / "runs.csv",
    )


def test_the_environment_gives_them_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[{"name": "m", "cron": "@daily", "report": "market", "formats": ["pdf"]}]'
    monkeypatch.setenv("BNG_OPT_SCHEDULE", text)
    (schedule,) = read_schedules(Settings())
    assert (schedule.name, schedule.formats) == ("m", ("pdf",))


def test_what_is_no_json_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNG_OPT_SCHEDULE", "[{")
    with pytest.raises(InputError, match="BNG_OPT_SCHEDULE can't be read as JSON"):
        Settings()


def test_their_form_is_checked_with_the_settings() -> None:
    with pytest.raises(InputError) as caught:
        settings_of({"name": "a"}, given(every="day"), given(formats=["docx"]))
    messages = [finding.message for finding in caught.value.findings]
    assert [each.partition(":")[0] for each in messages[:2]] == [
        "Setting schedule.0.cron",
        "Setting schedule.0.report",
    ]
    assert messages[2] == 'There is no setting "schedule.1.every".'
    assert "recipients" in caught.value.findings[2].remedy
    assert messages[3].startswith("Setting schedule.2.formats.0 = 'docx'")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"cron": "0 7 * *"}, "has 4 fields"),
        ({"cron": "0 0 30 2 *"}, "never comes"),
        ({"timezone": "Europe/Londn"}, 'There is no time zone "Europe/Londn"'),
        ({"report": "markt"}, 'There is no report "markt"'),
        ({"report": "none.ipynb"}, "can't be read as a report"),
        ({"parameters": {"markt": "store"}}, 'The report has no parameter "markt"'),
        ({"report": "sensitivity", "parameters": {"max_banks": "many"}}, 'can\'t be "many"'),
        ({"name": "Monday market"}, "can't be called that"),
        ({"name": "a\nb"}, "can't be called that"),
        ({"name": "x" * 41}, "can't be called that"),
        ({"title": "a\nBcc: all@example.org"}, "title holds line breaks"),
        ({"recipients": ["ann"]}, 'recipients: "ann" is no e-mail address'),
        ({"recipients": ["a@b.org\nBcc: c@d.org"]}, "no e-mail address"),
        ({"recipients": ["Ann <ann@example.org>"]}, "no e-mail address"),
        ({"recipients": ["a@example.org", "A@example.org"]}, "stands 2 times"),
        ({"owner": "bob"}, 'owner: "bob" is no e-mail address'),
        ({"skip_bad": True}, "skip_bad is for manifests"),
    ],
)
def test_each_thing_that_cannot_be_is_found(changed: dict[str, Any], why: str) -> None:
    messages = refused(settings_of(given(**changed)))
    assert [each for each in messages if why in each], messages


@pytest.mark.parametrize(
    ("others", "why"),
    [
        ({"smtp_host": ""}, "no server is set"),
        ({"smtp_from": ""}, "smtp_from is no sender's address"),
        ({"smtp_from": "BNG desk"}, "smtp_from is no sender's address"),
        ({"smtp_user": "bng", "smtp_security": "none"}, "anyone on the way can read"),
        ({"smtp_ca_file": "none.pem"}, "there is no such file"),
        ({"schedule_owner": "bob"}, 'schedule_owner: "bob" is no e-mail address'),
        ({"schedule_owner": ""}, "Nobody would hear of its failures"),
        ({"schedule_timezone": "GMT+25"}, "There is no time zone"),
    ],
)
def test_what_is_wrong_with_all_of_them_is_found(others: dict[str, Any], why: str) -> None:
    messages = refused(settings_of(given(recipients=["ann@example.org"]), **others))
    assert [each for each in messages if why in each], messages


def test_without_addresses_no_server_is_needed() -> None:
    settings = Settings(schedule=[given(folder="handed")])
    (schedule,) = read_schedules(settings)
    assert (schedule.owner, schedule.recipients) == ("", ())


def test_all_findings_come_at_once_and_name_their_schedule() -> None:
    messages = refused(
        settings_of(
            given(name="a", cron="x", report="markt", recipients=["ann"]),
            given(name="b", timezone="Nowhere"),
            given(name="b"),
        )
    )
    assert messages[0] == '2 schedules are called "b".'
    assert [each.partition(":")[0] for each in messages[1:]] == ["Schedule a"] * 3 + ["Schedule b"]


def test_files_may_come_later_but_parameters_must_be_complete(tmp_path: Path) -> None:
    parameters = "source = ...  # Path: what it reads\nnumber = 1  # A number\n"
    write_tiny_report(tmp_path, parameters=parameters)
    whole = given(report="tiny.ipynb", parameters={"source": "not-yet.csv"})
    (schedule,) = read_schedules(settings_of(whole))
    assert schedule.parameters == {"source": "not-yet.csv"}
    assert "The parameter source is missing" in refused(settings_of(given(report="tiny.ipynb")))[0]
    by_row = given(report="tiny.ipynb", manifest="not-yet.csv")
    assert read_schedules(settings_of(by_row))[0].manifest == tmp_path / "not-yet.csv"


def test_one_is_found_by_name_or_the_nearest_is_named() -> None:
    schedules = read_schedules(settings_of(given(name="market"), given(name="pack")))
    assert find_schedule(schedules, "pack").name == "pack"
    with pytest.raises(InputError, match=r"The nearest is market\. There are: market, pack"):
        find_schedule(schedules, "markt")
    with pytest.raises(InputError, match=r"nor any other.*\[\[schedule\]\]"):
        find_schedule((), "markt")


def test_a_listing_of_settings_shows_neither_parameters_nor_passwords() -> None:
    settings = settings_of(given(parameters={"market": "hidden"}), smtp_password="hunter2")
    assert str(settings.schedule) == "(ScheduleSettings(name='market', cron='0 7 * * mon'),)"
    assert "hunter2" not in repr(settings)
    assert isinstance(settings.schedule[0], ScheduleSettings)


def test_a_password_that_is_no_text_is_not_printed() -> None:
    with pytest.raises(InputError) as caught:
        settings_of(smtp_password=4711)
    assert "4711" not in str(caught.value)
