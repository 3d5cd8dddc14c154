"""A Kubernetes CronJob.

Its cron texts are read by another program than those of Linux: Sunday is 0 alone, and ``*/2`` in
a day field counts as a restriction, so that a day of the month or of the week is enough.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import pairwise

from bng_opt.batch.schedules.cron import Cron
from bng_opt.batch.schedules.schedule import Schedule
from bng_opt.batch.schedules.snippets.snippet import Snippet, note_on_skipped_hour
from bng_opt.errors import Finding, InputError

_SETTINGS = "/etc/bng-opt/bng_opt.toml"
_KEPT = "/var/lib/bng-opt"
_DAY_S = 86_400
_MOST_MISSED = 90
"""Kubernetes gives up on a CronJob that missed more than 100 times within its deadline."""
_LOOKED_AT = 60
_TO_STOP_S = 60


def cron_job(schedule: Schedule, image: str, now: datetime) -> Snippet:
    """Return the CronJob of a schedule.

    Parameters
    ----------
    image
        The container image that has ``bng-opt``.
    now
        From when on changes of the clocks are looked for.

    Raises
    ------
    InputError
        If Kubernetes would read the cron text otherwise, or no image is named.
    """
    if not image.strip() or not image.isprintable():
        remedy = "Say --image REGISTRY/NAME:TAG."
        raise InputError(Finding("No container image is named that has bng-opt.", remedy))
    if _is_read_otherwise(schedule.cron):
        message = (
            f'{schedule.name}: Kubernetes would take either day of "{schedule.cron}", '
            "where cron on Linux wants both to match."
        )
        raise InputError(Finding(message, "List the days instead of a star with a step."))
    notes = note_on_skipped_hour(schedule, "Kubernetes", now)
    name = f"bng-opt-{schedule.name}"
    return Snippet({f"{name}.yaml": _manifest(schedule, name, image, notes, now)}, notes)


def _is_read_otherwise(cron: Cron) -> bool:
    restricted = not (cron.day.is_any or cron.weekday.is_any)
    return restricted and not cron.takes_either_day


def _deadline_s(schedule: Schedule, now: datetime) -> int:
    """Return for how long a time that was missed is made up for [s]."""
    moments = [now]
    for _ in range(_LOOKED_AT):
        moments.append(schedule.next_after(moments[-1]))
    shortest = min((later - earlier for earlier, later in pairwise(moments[1:])))
    return int(min(timedelta(seconds=_DAY_S), _MOST_MISSED * shortest).total_seconds())


def _manifest(
    schedule: Schedule, name: str, image: str, notes: tuple[str, ...], now: datetime
) -> str:
    # JSON's strings are YAML's too, whatever stands in them.
    quoted = {key: json.dumps(text) for key, text in _texts(schedule, image).items()}
    comments = "".join(f"# {note}\n" for note in notes)
    return f"""\
# Needs, once: a ConfigMap of the settings file, a Secret with BNG_OPT_DATABASE (a server) and
# BNG_OPT_SMTP_PASSWORD, and a claim of a volume where the reports are kept:
#   kubectl create configmap bng-opt --from-file=bng_opt.toml
#   kubectl create secret generic bng-opt --from-literal=BNG_OPT_DATABASE=...
{comments}apiVersion: batch/v1
kind: CronJob
metadata:
  name: {name}
  labels:
    app.kubernetes.io/name: bng-opt
spec:
  schedule: {quoted["cron"]}
  timeZone: {quoted["zone"]}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: {_deadline_s(schedule, now)}
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      backoffLimit: 0
      podFailurePolicy:
        rules:
          # A node that is drained is no failure: another pod goes on with the run.
          - action: Ignore
            onPodConditions:
              - type: DisruptionTarget
      template:
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: {_TO_STOP_S}
          containers:
            - name: bng-opt
              image: {quoted["image"]}
              command: ["bng-opt", "schedule", "run-now", {quoted["name"]}]
              env:
                - name: BNG_OPT_SETTINGS
                  value: {_SETTINGS}
                - name: BNG_OPT_SCHEDULE_FOLDER
                  value: {_KEPT}
              envFrom:
                - secretRef:
                    name: bng-opt
              volumeMounts:
                - name: settings
                  mountPath: /etc/bng-opt
                  readOnly: true
                - name: reports
                  mountPath: {_KEPT}
          volumes:
            - name: settings
              configMap:
                name: bng-opt
            - name: reports
              persistentVolumeClaim:
                claimName: bng-opt
"""


def _texts(schedule: Schedule, image: str) -> dict[str, str]:
    return {
        "cron": str(schedule.cron),
        "zone": schedule.zone.key,
        "image": image.strip(),
        "name": schedule.name,
    }
