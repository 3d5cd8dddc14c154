"""Carrying out a schedule: claim, make the reports, keep what they gave, hand them over."""

from __future__ import annotations

import logging
from functools import partial

from pydantic import SecretStr

from bng_opt.batch.delivery.handover import Handover
from bng_opt.batch.request import read_request
from bng_opt.batch.running import run_batch
from bng_opt.batch.schedules.claims import Asked, Claimant, claim, finish, hand_back, handover_of
from bng_opt.batch.schedules.handing_over import hand_over
from bng_opt.batch.schedules.run_pulse import RunPulse
from bng_opt.batch.schedules.runs import ScheduledRun, get_run
from bng_opt.batch.schedules.schedule import Schedule
from bng_opt.batch.schedules.stopping import StopAsked, Stopping
from bng_opt.errors import BngOptError, Finding
from bng_opt.logs import log_context
from bng_opt.market.store import Store
from bng_opt.quantities import counted
from bng_opt.runtime.hands import own_name
from bng_opt.settings import Settings
from bng_opt.whole_files import prepare_folder

_log = logging.getLogger(__name__)


class ReportError(BngOptError):
    """Something that no check foresaw stopped a report: a bug."""


def carry_out(
    store: Store,
    settings: Settings,
    schedule: Schedule,
    stopping: Stopping,
    *,
    asked: Asked | None = None,
    heeds_silence: bool = True,
) -> ScheduledRun | None:
    """Do what there is to do for a schedule now, and return the run; None if nothing is.

    Told to end, it hands the run back: what was made so far is kept, and whoever comes next
    goes on from there.

    Parameters
    ----------
    store, settings
        Where the schedule's state is kept, how reports are made and e-mail is sent.
    stopping
        Entered: tells when to end.
    asked, heeds_silence
        As for :func:`~bng_opt.batch.schedules.claims.claim`.

    Raises
    ------
    InputError
        If a run is asked for while another goes on.
    StoreError
        If the store is out of reach: the run is left to whoever comes next.
    """
    who = Claimant(own_name(), settings, heeds_silence)
    run = store.run(lambda session: claim(session, schedule, who, store.clock(), asked))
    if run is None:
        return None
    with log_context(job=f"{schedule.name}#{run.id}"):
        _log.info(
            "Begun for %s, attempt %s", handover_of(schedule, run.planned_at).planned, run.attempts
        )
        handover = _made(store, settings, schedule, run, stopping)
        if handover is not None:
            _kept(store, schedule, run, handover)
            hand_over(store, settings, run.id)
        with store.read() as session:
            return get_run(session, run.id)


def _made(
    store: Store, settings: Settings, schedule: Schedule, run: ScheduledRun, stopping: Stopping
) -> Handover | None:
    """Make the reports of a run; None if it is handed back."""
    try:
        with (
            stopping.can_break_off() as break_off,
            RunPulse(store, run, settings.heartbeat_s, break_off),
        ):
            handover = _batch(settings, schedule, run)
    except StopAsked:
        _hand_back(store, run)
        return None
    if stopping.told.is_set() and not handover.is_whole:
        # Whoever ends this process may have ended those of the reports with it.
        _hand_back(store, run)
        return None
    return handover


def _batch(settings: Settings, schedule: Schedule, run: ScheduledRun) -> Handover:
    begun = handover_of(schedule, run.planned_at)
    # A report needs neither, and what it doesn't know it can't tell.
    own = settings.model_copy(update={"schedule": (), "smtp_password": SecretStr("")})
    try:
        request = read_request(
            schedule.report,
            schedule.parameters,
            manifest=schedule.manifest,
            base=schedule.base,
            title=schedule.title,
            skip_bad=schedule.skip_bad,
            settings=own,
        )
        folder = prepare_folder(run.folder)
        batch = run_batch(request, folder, settings=own, formats=schedule.formats)
    except BngOptError as error:
        return begun.of_error(error)
    except Exception as error:
        _log.exception("The reports came to an end that no check foresaw")
        finding = Finding(f"Unexpected {type(error).__name__}: {error}.", "Please report it.")
        return begun.of_error(ReportError(finding))
    return begun.of_batch(batch)


def _hand_back(store: Store, run: ScheduledRun) -> None:
    if store.run(partial(hand_back, run=run)):
        _log.info("Handed back: whoever runs schedules next goes on with it")


def _kept(store: Store, schedule: Schedule, run: ScheduledRun, handover: Handover) -> None:
    now = store.clock()
    kept = store.run(lambda session: finish(session, run, schedule, handover, now))
    if not kept:
        _log.warning("Others have finished the run: what was made here counts no more")
    elif handover.is_whole:
        _log.info("Done: %s in %s", counted(len(handover.runs), "report"), run.folder)
    elif handover.runs:
        failed = f"{len(handover.unsound)} of {counted(len(handover.runs), 'report')}"
        _log.error("Failed: %s in %s", failed, run.folder)
    else:
        _log.error("Failed: %s", " ".join(map(str, handover.findings)))
