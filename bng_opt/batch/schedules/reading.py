"""The schedules of the settings, checked before any of them is carried out.

What a report reads is looked at when it is made: files may well come later than the schedule.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from bng_opt.batch.delivery.addresses import is_address, is_sender
from bng_opt.batch.library import find_report
from bng_opt.batch.parameter_values import inspect_parameters, missing_parameters
from bng_opt.batch.schedules.cron import read_cron
from bng_opt.batch.schedules.schedule import Schedule
from bng_opt.errors import Finding, InputError
from bng_opt.reference import nearest
from bng_opt.schedule_settings import ScheduleSettings
from bng_opt.settings import Settings, SmtpSecurity, settings_file

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
"""So that it can be part of the name of a file, a systemd unit and a Kubernetes CronJob."""
_HERE = "."


def read_schedules(settings: Settings, base: Path | None = None) -> tuple[Schedule, ...]:
    """Return the schedules of the settings, in their order.

    Parameters
    ----------
    settings
        Their ``schedule``, and how e-mail is sent.
    base
        Where relative paths begin; the folder of the settings file, or the working folder.

    Raises
    ------
    InputError
        With everything that is wrong with any of them.
    """
    base = (base or _base()).absolute()
    findings = [*_of_names(settings.schedule), *_of_mail(settings)]
    schedules = []
    for given in settings.schedule:
        try:
            schedules.append(_read(given, settings, base))
        except InputError as error:
            findings += error.findings
    if findings:
        raise InputError(findings)
    return tuple(schedules)


def find_schedule(schedules: Iterable[Schedule], name: str) -> Schedule:
    """Return a schedule by its name.

    Raises
    ------
    InputError
        If there is none, with those that there are.
    """
    by_name = {schedule.name: schedule for schedule in schedules}
    if name in by_name:
        return by_name[name]
    if not by_name:
        remedy = "Add a [[schedule]] table to the settings file."
        raise InputError(Finding(f'There is no schedule "{name}", nor any other.', remedy))
    (near,) = nearest(name, by_name, 1)
    remedy = f"The nearest is {near}. There are: {', '.join(by_name)}."
    raise InputError(Finding(f'There is no schedule "{name}".', remedy))


def read_zone(name: str) -> ZoneInfo:
    """Return a time zone by its name.

    Raises
    ------
    InputError
        If there is none, with the nearest that there is.
    """
    known = available_timezones()
    if name in known:
        return ZoneInfo(name)
    (near,) = nearest(name, known, 1) or ("Europe/London",)
    finding = Finding(f'There is no time zone "{name}".', f"The nearest is {near}.")
    raise InputError(finding)


def _base() -> Path:
    file = settings_file()
    return Path.cwd() if file is None else file.absolute().parent


def _of_names(given: Iterable[ScheduleSettings]) -> Iterator[Finding]:
    for name, times in Counter(each.name for each in given).items():
        if times > 1:
            message = f'{times} schedules are called "{name}".'
            yield Finding(message, "Give each a name of its own.")


def _of_mail(settings: Settings) -> Iterator[Finding]:
    owners = [settings.schedule_owner, *(each.owner for each in settings.schedule)]
    if not any(owners) and not any(each.recipients for each in settings.schedule):
        return
    if not settings.smtp_host:
        message = "Schedules are to send e-mail, and no server is set that takes it."
        yield Finding(message, "Set smtp_host and smtp_from, or take the addresses out.")
    elif not is_sender(settings.smtp_from):
        message = f'smtp_from is no sender\'s address: "{settings.smtp_from}".'
        yield Finding(message, 'Write "bng@example.org" or "BNG desk <bng@example.org>".')
    if settings.smtp_user and settings.smtp_security is SmtpSecurity.NONE:
        message = "smtp_user would sign in with a password that anyone on the way can read."
        yield Finding(message, "Set smtp_security to starttls or tls.")
    if settings.smtp_ca_file is not None and not settings.smtp_ca_file.is_file():
        file = str(settings.smtp_ca_file)
        yield Finding("smtp_ca_file: there is no such file.", "Give a PEM file.", file=file)
    if settings.schedule_owner and not is_address(settings.schedule_owner):
        yield _no_address("schedule_owner", settings.schedule_owner)


def _read(given: ScheduleSettings, settings: Settings, base: Path) -> Schedule:
    findings: list[Finding] = []
    cron = zone = None
    try:
        cron = read_cron(given.cron)
    except InputError as error:
        findings += error.findings
    try:
        zone = read_zone(given.timezone or settings.schedule_timezone)
    except InputError as error:
        findings += error.findings
    findings += [*_of_texts(given), *_of_addresses(given, settings), *_of_report(given, base)]
    if cron is None or zone is None or findings:
        raise InputError([_placed(given, finding) for finding in findings])
    return Schedule(
        name=given.name,
        cron=cron,
        zone=zone,
        report=_report_name(given, base),
        title=given.title or find_report(_report_name(given, base)).words,
        base=base,
        parameters=given.parameters,
        manifest=base / given.manifest.expanduser() if given.manifest else None,
        recipients=given.recipients,
        folder=base / given.folder.expanduser() if given.folder else None,
        owner=given.owner or settings.schedule_owner,
        formats=tuple(dict.fromkeys(given.formats)),
        skip_bad=given.skip_bad,
        send_partial=given.send_partial,
    )


def _placed(given: ScheduleSettings, finding: Finding) -> Finding:
    return replace(finding, message=f"Schedule {given.name}: {finding.message}")


def _of_texts(given: ScheduleSettings) -> Iterator[Finding]:
    if not _NAME.fullmatch(given.name):
        remedy = "Use small letters, digits and hyphens between them, 40 at most."
        yield Finding("It can't be called that.", remedy)
    if not given.title.isprintable():
        yield Finding("Its title holds line breaks or the like.", "Write it in one line.")
    if given.skip_bad and given.manifest is None:
        yield Finding("skip_bad is for manifests, and it has none.", "Take skip_bad out.")


def _of_addresses(given: ScheduleSettings, settings: Settings) -> Iterator[Finding]:
    for address in given.recipients:
        if not is_address(address):
            yield _no_address("recipients", address)
    folded = Counter(address.casefold() for address in given.recipients)
    for address, times in folded.items():
        if times > 1:
            yield Finding(f"{address} stands {times} times among its recipients.", "Keep one.")
    if given.owner and not is_address(given.owner):
        yield _no_address("owner", given.owner)
    if given.recipients and not (given.owner or settings.schedule_owner):
        message = "Nobody would hear of its failures."
        yield Finding(message, "Give it an owner, or set schedule_owner: an e-mail address.")


def _no_address(name: str, text: str) -> Finding:
    return Finding(f'{name}: "{text}" is no e-mail address.', 'Write it as "ann@example.org".')


def _of_report(given: ScheduleSettings, base: Path) -> Iterator[Finding]:
    try:
        report = find_report(_report_name(given, base))
    except InputError as error:
        yield from error.findings
        return
    paths = {each.name for each in report.parameters if each.is_path}
    # What is to be read may not be there yet: any path that is stands for it.
    stated = {name: _HERE if name in paths else text for name, text in given.parameters.items()}
    yield from (
        finding for _, finding in inspect_parameters(report.parameters, stated, base).problems
    )
    if given.manifest is None:
        yield from (finding for _, finding in missing_parameters(report.parameters, stated))


def _report_name(given: ScheduleSettings, base: Path) -> str:
    """Return what the report is found by; a notebook's path begins where all paths do."""
    own = Path(given.report).expanduser()
    return str(base / own) if own.suffix == ".ipynb" else given.report
