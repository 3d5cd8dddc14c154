"""A delivery that didn't come about: whether it is worth another try, or isn't."""

from __future__ import annotations

from bng_opt.errors import BngOptError, ExitStatus, Finding


class DeliveryError(BngOptError):
    """What was made couldn't be handed over.

    Parameters
    ----------
    finding
        What went wrong.
    for_good
        Whether trying again would end the same.
    """

    exit_status = ExitStatus.NOT_PROVEN

    def __init__(self, finding: Finding, *, for_good: bool = False) -> None:
        super().__init__(finding)
        self.for_good = for_good
