"""Handing over what is due: to folders and addresses, with the owner told of what can't be."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from bng_opt.batch.delivery.addresses import is_sender
from bng_opt.batch.delivery.drafts import (
    failure_draft,
    made_draft,
    told_to_recipients,
    undelivered_draft,
)
from bng_opt.batch.delivery.failure import DeliveryError
from bng_opt.batch.delivery.folder import put_into_folder
from bng_opt.batch.delivery.handover import Handover
from bng_opt.batch.delivery.message import Draft, compose
from bng_opt.batch.delivery.smtp import send
from bng_opt.batch.schedules.due import add_delivery, delivered, not_delivered, take_delivery
from bng_opt.batch.schedules.runs import Delivery, ScheduledRun, deliveries_of, get_run
from bng_opt.errors import Finding
from bng_opt.logs import log_context
from bng_opt.market.store import Store
from bng_opt.market.store.tables import DeliveryKind
from bng_opt.settings import Settings

_NO_SERVER = Finding("No server is set that takes e-mail.", "Set smtp_host and smtp_from.")
_log = logging.getLogger(__name__)


def hand_over(store: Store, settings: Settings, run_id: int | None = None) -> int:
    """Hand over what is due, and return how much of it came about.

    What doesn't is tried again later; after the last try the owner is told.

    Parameters
    ----------
    run_id
        Of which run alone; of all without.

    Raises
    ------
    StoreError
        If the store is out of reach.
    """
    done = 0
    while True:
        now = store.clock()
        delivery = store.run(partial(take_delivery, run_id=run_id, now=now))
        if delivery is None:
            return done
        with store.read() as session:
            run = get_run(session, delivery.run_id)
            others = deliveries_of(session, [run.id])
        with log_context(job=f"{run.schedule}#{run.id}"):
            done += _tried(store, settings, run, delivery, others)


def _tried(
    store: Store,
    settings: Settings,
    run: ScheduledRun,
    delivery: Delivery,
    others: tuple[Delivery, ...],
) -> bool:
    """Try one delivery and keep how it ended; return whether it came about."""
    try:
        _deliver(settings, run, delivery, others)
    except DeliveryError as error:
        failure = error
    except Exception as error:
        _log.exception("The delivery came to an end that no check foresaw")
        message = f"Unexpected {type(error).__name__}: {error}."
        failure = DeliveryError(Finding(message, "Please report it."))
    else:
        store.run(partial(delivered, delivery=delivery, now=store.clock()))
        _log.info("Handed over (%s): %s", delivery.kind.value, delivery.target)
        return True
    _keep_failure(store, run, delivery, failure)
    return False


def _deliver(
    settings: Settings, run: ScheduledRun, delivery: Delivery, others: tuple[Delivery, ...]
) -> None:
    handover = run.handover
    if handover is None:
        raise ValueError(f"run {run.id} isn't finished")
    try:
        if delivery.kind is DeliveryKind.FOLDER:
            put_into_folder(handover, run.folder, Path(delivery.target))
            return
        if not settings.smtp_host or not is_sender(settings.smtp_from):
            raise DeliveryError(_NO_SERVER)
        message = compose(
            _draft(run, handover, delivery, others),
            run.folder,
            sender=settings.smtp_from,
            to=delivery.target,
            message_id=f"{run.schedule}.{run.planned_at:%Y%m%dT%H%M%S}.{run.id}.{delivery.id}",
            at=run.finished_at or run.started_at,
            limit_mb=settings.smtp_limit_mb,
        )
    except OSError as error:
        finding = Finding(f"Its files can't be read: {error}.", "See whether their disk is there.")
        raise DeliveryError(finding) from error
    send(settings, message, delivery.target)


def _draft(
    run: ScheduledRun, handover: Handover, delivery: Delivery, others: tuple[Delivery, ...]
) -> Draft:
    if delivery.kind is DeliveryKind.EMAIL:
        return made_draft(handover)
    if delivery.about:
        about = next(
            each
            for each in others
            if each.kind is not DeliveryKind.OWNER and each.target == delivery.about
        )
        return undelivered_draft(handover, run.folder, about.target, about.error)
    if run.to_owner and handover.is_whole:
        return made_draft(handover, mark="[To you alone] ")
    targets = sum(each.kind is not DeliveryKind.OWNER for each in others)
    told = told_to_recipients(handover, targets, to_owner=run.to_owner)
    return failure_draft(handover, run.folder, told)


def _keep_failure(
    store: Store, run: ScheduledRun, delivery: Delivery, failure: DeliveryError
) -> None:
    now, owner = store.clock(), run.handover.owner if run.handover else ""
    tells = delivery.kind is not DeliveryKind.OWNER and bool(owner)

    def keep(session: Session) -> bool:
        last = not_delivered(session, delivery, str(failure), for_good=failure.for_good, now=now)
        if last and tells:
            owner_hears = DeliveryKind.OWNER, owner, delivery.target
            add_delivery(session, run.id, *owner_hears, now)
        return last

    last = store.run(keep)
    words = "Not handed over, and not tried again" if last else "Not handed over so far"
    _log.log(
        logging.ERROR if last else logging.WARNING,
        "%s (%s, try %s): %s: %s",
        words, delivery.kind.value, delivery.attempts, delivery.target, failure,
    )  # fmt: skip
