"""Snippets for other schedulers, each read by a program that knows what it means."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bng_opt.batch.schedules.cron import Cron, CronField, read_cron
from bng_opt.batch.schedules.schedule import Schedule
from bng_opt.batch.schedules.snippets.crontab import crontab_line, machine_zone
from bng_opt.batch.schedules.snippets.kubernetes import cron_job
from bng_opt.batch.schedules.snippets.snippet import Place, show_same_time
from bng_opt.batch.schedules.snippets.systemd import calendar_texts, systemd_units
from bng_opt.batch.schedules.times import next_time
from bng_opt.errors import InputError
from tests.support.scheduling import LONDON, schedule_of

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="on purpose: there is no systemd here"
)


@pytest.fixture(name="place")
def _place(tmp_path: Path) -> Place:
    program = tmp_path / "bin 100%" / "bng-opt"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return Place(program, tmp_path / "etc" / "bng_opt.toml", "root")


@pytest.fixture(name="plain", scope="module")
def _plain(tmp_path_factory: pytest.TempPathFactory) -> Schedule:
    return schedule_of(tmp_path_factory.mktemp("plain"), zone=UTC_ZONE)


def elapses(text: str, base: datetime, count: int) -> list[datetime]:
    """Return when systemd's own reader says that a calendar text comes next."""
    words = ["systemd-analyze", "calendar", f"--base-time={base:%Y-%m-%d %H:%M:%S} UTC"]
    run = subprocess.run(
        [*words, f"--iterations={count}", text],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
    )
    found = re.findall(r"(?:elapse|#\d+): \w{3} (\S+ \S+) UTC", run.stdout)
    return [datetime.fromisoformat(each).replace(tzinfo=UTC) for each in found]


def own(cron: Cron, zone: ZoneInfo, base: datetime, count: int) -> list[datetime]:
    found = [base]
    for _ in range(count):
        found.append(next_time(cron, zone, found[-1]))
    return found[1:]


class TestSystemd:
    @pytest.mark.parametrize(
        ("cron", "texts"),
        [
            ("30 6 * * mon-fri", ["Mon,Tue,Wed,Thu,Fri *-*-* 06:30:00 Europe/London"]),
            ("0 7 * * 7", ["Sun *-*-* 07:00:00 Europe/London"]),
            ("0 7 * * 5-7", ["Fri,Sat,Sun *-*-* 07:00:00 Europe/London"]),
            ("*/15 * * * *", ["*-*-* *:00,15,30,45:00 Europe/London"]),
            ("5 0-6 1,15 jan,jul *", ["*-01,07-01,15 00..06:05:00 Europe/London"]),
            (
                "0 7 13 * fri",
                ["*-*-13 07:00:00 Europe/London", "Fri *-*-* 07:00:00 Europe/London"],
            ),
            ("0 7 */10 * mon", ["Mon *-*-01,11,21,31 07:00:00 Europe/London"]),
        ],
    )
    def test_a_calendar_says_what_the_cron_text_does(
        self, tmp_path: Path, cron: str, texts: list[str]
    ) -> None:
        assert list(calendar_texts(schedule_of(tmp_path, cron))) == texts

    @needs_systemd
    @settings(max_examples=40)
    @given(data=st.data())
    def test_systemd_reads_the_same_moments(self, plain: Schedule, data: st.DataObject) -> None:
        """In a zone whose clocks never change; several texts are an either-or."""
        cron = data.draw(CRONS)
        base = data.draw(MOMENTS)
        schedule = replace(plain, cron=cron)
        expected = own(cron, UTC_ZONE, base, 4)
        found = {moment for text in calendar_texts(schedule) for moment in elapses(text, base, 4)}
        assert sorted(found)[:4] == expected

    @needs_systemd
    def test_systemd_reads_the_time_zone(self, tmp_path: Path) -> None:
        schedule = schedule_of(tmp_path, "30 6 * * mon-fri")
        (text,) = calendar_texts(schedule)
        for base in (NOW, datetime(2027, 3, 26, 12, tzinfo=UTC)):
            assert elapses(text, base, 8) == own(schedule.cron, LONDON, base, 8)

    @needs_systemd
    def test_systemd_finds_nothing_wrong_with_the_units(self, tmp_path: Path, place: Place) -> None:
        schedule = schedule_of(tmp_path, "0 7 13 * fri", title="Tiny 100% of $HOME \\ it")
        snippet = systemd_units(schedule, place, NOW)
        folder = tmp_path / "units"
        folder.mkdir()
        for name, content in snippet.files.items():
            (folder / name).write_text(content)
        run = subprocess.run(
            ["systemd-analyze", "verify", *map(str, folder.iterdir())],
            capture_output=True,
            text=True,
        )
        complaints = [line for line in run.stderr.splitlines() if "bng-opt" in line]
        assert complaints == []

    def test_the_service_runs_the_schedule_where_its_paths_begin(
        self, tmp_path: Path, place: Place
    ) -> None:
        units = systemd_units(schedule_of(tmp_path), place, NOW).files
        service, timer = units["bng-opt-tiny.service"], units["bng-opt-tiny.timer"]
        program = str(place.program).replace("%", "%%")
        assert f'ExecStart="{program}" schedule run-now tiny\n' in service
        assert f"WorkingDirectory={tmp_path}\n" in service
        assert f'Environment="BNG_OPT_SETTINGS={place.settings_file}"\n' in service
        assert "Type=oneshot\n" in service
        assert "Persistent=true\n" in timer
        assert "OnCalendar=*-*-* 07:00:00 Europe/London\n" in timer

    def test_a_time_that_the_clocks_skip_is_noted(self, tmp_path: Path, place: Place) -> None:
        snippet = systemd_units(schedule_of(tmp_path, "30 1 * * *"), place, NOW)
        (note,) = snippet.notes
        assert "On 28 March 2027 the clocks of Europe/London skip 01:30: systemd runs" in note
        assert f"# {note}\n" in snippet.files["bng-opt-tiny.timer"]
        assert systemd_units(schedule_of(tmp_path, "0 7 * * *"), place, NOW).notes == ()

    def test_an_hour_that_comes_twice_is_noted_for_what_runs_every_hour(
        self, tmp_path: Path, place: Place
    ) -> None:
        (note,) = systemd_units(schedule_of(tmp_path, "0 * * * *"), place, NOW).notes
        assert "comes twice in autumn" in note
        hourly = schedule_of(tmp_path, "0 * * * *", zone=UTC_ZONE)
        assert systemd_units(hourly, place, NOW).notes == ()


class TestCron:
    def test_the_line_is_for_a_machine_with_the_same_clocks(
        self, tmp_path: Path, place: Place
    ) -> None:
        schedule = schedule_of(tmp_path, "0 7 * JAN mon-wed,7")
        snippet = crontab_line(schedule, place, NOW, machine=ZoneInfo("GB"), cronie=False)
        comment, line, *rest = snippet.files["crontab"].split("\n")
        assert comment == "# The machine's clocks have to be those of Europe/London."
        assert rest == [""]
        assert line.startswith("0 7 * 1 0,1,2,3 cd ")
        assert read_cron(" ".join(line.split()[:5])) == schedule.cron
        # cron turns \% into %, and gives the rest to a shell.
        words = shlex.split(line.split(maxsplit=5)[5].replace("\\%", "%"))
        assert words[:3] == ["cd", str(tmp_path), "&&"]
        assert words[3:] == [
            f"BNG_OPT_SETTINGS={place.settings_file}",
            str(place.program),
            "schedule",
            "run-now",
            "tiny",
        ]
        assert "%" not in line.replace("\\%", "")

    @pytest.mark.parametrize("machine", [ZoneInfo("UTC"), ZoneInfo("Europe/Paris"), None])
    def test_other_clocks_are_refused(
        self, tmp_path: Path, place: Place, machine: ZoneInfo | None
    ) -> None:
        with pytest.raises(InputError, match="would run it at other times"):
            crontab_line(schedule_of(tmp_path), place, NOW, machine=machine, cronie=False)

    def test_cronie_heeds_the_time_zone(self, tmp_path: Path, place: Place) -> None:
        snippet = crontab_line(schedule_of(tmp_path), place, NOW, machine=UTC_ZONE, cronie=True)
        assert snippet.files["crontab"].startswith("CRON_TZ=Europe/London\n0 7 * * * cd ")

    def test_time_zones_whose_clocks_go_alike_are_one(self) -> None:
        assert show_same_time(LONDON, ZoneInfo("GB"), NOW)
        assert show_same_time(ZoneInfo("UTC"), ZoneInfo("Etc/UTC"), NOW)
        assert show_same_time(LONDON, ZoneInfo("Europe/Jersey"), NOW)
        assert not show_same_time(LONDON, ZoneInfo("UTC"), NOW)
        assert not show_same_time(LONDON, ZoneInfo("Atlantic/Reykjavik"), NOW)

    def test_the_zone_of_the_machine_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TZ", "Europe/Paris")
        found = machine_zone()
        assert found is not None
        assert found.key == "Europe/Paris"
        monkeypatch.setenv("TZ", "Mars/Base")
        assert machine_zone() is None


class TestKubernetes:
    def test_the_manifest_is_a_cron_job_of_the_schedule(self, tmp_path: Path) -> None:
        schedule = schedule_of(tmp_path, "0 7 13 * fri")
        snippet = cron_job(schedule, "registry.example.org/bng-opt:1.0", NOW)
        (content,) = snippet.files.values()
        job = yaml.safe_load(content)
        assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
        assert re.fullmatch(r"[a-z0-9-]{1,52}", job["metadata"]["name"])
        spec = job["spec"]
        assert (spec["schedule"], spec["timeZone"]) == ("0 7 13 * 5", "Europe/London")
        assert spec["concurrencyPolicy"] == "Forbid"
        pod = spec["jobTemplate"]["spec"]["template"]["spec"]
        assert pod["restartPolicy"] == "Never"
        (container,) = pod["containers"]
        assert container["image"] == "registry.example.org/bng-opt:1.0"
        assert container["command"] == ["bng-opt", "schedule", "run-now", "tiny"]
        named = {volume["name"] for volume in pod["volumes"]}
        assert {mount["name"] for mount in container["volumeMounts"]} == named

    @pytest.mark.parametrize(
        ("cron", "seconds"), [("* * * * *", 5400), ("0 * * * *", 86_400), ("0 7 * * 1", 86_400)]
    )
    def test_missed_times_within_its_deadline_are_fewer_than_it_gives_up_at(
        self, tmp_path: Path, cron: str, seconds: int
    ) -> None:
        (content,) = cron_job(schedule_of(tmp_path, cron), "i", NOW).files.values()
        assert yaml.safe_load(content)["spec"]["startingDeadlineSeconds"] == seconds
        moments = own(read_cron(cron), LONDON, NOW, 100)
        assert moments[-1] - NOW > timedelta(seconds=seconds)

    @pytest.mark.parametrize("cron", ["0 7 */2 * mon", "0 7 13 * */2", "0 7 */2 * */2"])
    def test_what_it_would_read_otherwise_is_refused(self, tmp_path: Path, cron: str) -> None:
        with pytest.raises(InputError, match="would take either day"):
            cron_job(schedule_of(tmp_path, cron), "i", NOW)

    @pytest.mark.parametrize("cron", ["0 7 */2 * *", "0 7 * * */2", "0 7 13 * 5", "0 7 * * 7"])
    def test_what_it_reads_alike_is_written_in_its_own_numbers(
        self, tmp_path: Path, cron: str
    ) -> None:
        (content,) = cron_job(schedule_of(tmp_path, cron), "i", NOW).files.values()
        written = yaml.safe_load(content)["spec"]["schedule"]
        assert read_cron(written) == read_cron(cron)
        assert "7" not in written.split()[4]

    def test_an_image_has_to_be_named(self, tmp_path: Path) -> None:
        for image in ("", " ", "a\nb"):
            with pytest.raises(InputError, match="--image"):
                cron_job(schedule_of(tmp_path), image, NOW)

    def test_a_time_that_the_clocks_skip_is_noted(self, tmp_path: Path) -> None:
        snippet = cron_job(schedule_of(tmp_path, "30 1 * * *"), "i", NOW)
        (note,) = snippet.notes
        assert "Kubernetes runs nothing for it" in note
        (content,) = snippet.files.values()
        assert f"# {note}\n" in content


def fields(first: int, last: int) -> st.SearchStrategy[CronField]:
    listed = st.lists(st.integers(first, last), min_size=1, max_size=6, unique=True)
    some = listed.map(lambda values: CronField(tuple(sorted(values))))
    return st.one_of(some, st.just(CronField(tuple(range(first, last + 1)), 1)))


CRONS = st.builds(Cron, fields(0, 59), fields(0, 23), fields(1, 31), fields(1, 12), fields(0, 6))
CRONS = CRONS.filter(lambda cron: cron.takes_either_day or min(cron.day.values) <= 28)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)).map(
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=UTC)
)
