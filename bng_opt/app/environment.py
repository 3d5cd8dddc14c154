"""What the server tells its kernels through their environment."""

from __future__ import annotations

from collections.abc import Mapping

TICKET_KEY = "BNG_APP_TICKET_KEY"
"""The secret that signs tickets, as hexadecimal digits; made anew whenever the server starts."""
WORKED_ELSEWHERE = "BNG_APP_JOBS_WORKED_ELSEWHERE"
"""``1`` where the server, or others, work the jobs: a page then only hands them in."""


def jobs_are_worked_elsewhere(environ: Mapping[str, str]) -> bool:
    """Return whether pages only hand in jobs.

    >>> jobs_are_worked_elsewhere({}), jobs_are_worked_elsewhere({WORKED_ELSEWHERE: "1"})
    (False, True)
    """
    return environ.get(WORKED_ELSEWHERE) == "1"
