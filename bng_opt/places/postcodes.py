"""The form of a UK postcode. Whether one exists is :mod:`bng_opt.places.lookup`'s business."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bng_opt.errors import Finding, PlaceError

_OUTCODE = r"[A-Z]{1,2}[0-9](?:[0-9]|[A-Z])?"
# The letters C, I, K, M, O and V never stand in the inward code.
_INCODE = r"[0-9][ABD-HJLNP-UW-Z]{2}"
_POSTCODE = re.compile(f"^({_OUTCODE})({_INCODE})?$")


@dataclass(frozen=True, order=True)
class Postcode:
    """A postcode, or its district alone.

    Parameters
    ----------
    outcode
        The district, such as ``"LS1"``.
    incode
        The rest, such as ``"4AP"``; None if only the district is known.
    """

    outcode: str
    incode: str | None = None

    @classmethod
    def parse(cls, text: str) -> Postcode:
        """Read a postcode in any case, with or without its blank.

        Raises
        ------
        PlaceError
            If it hasn't the form of a postcode.

        Examples
        --------
        >>> str(Postcode.parse("ls14ap")), Postcode.parse("LS1 4AP").sector
        ('LS1 4AP', 'LS1 4')
        """
        match = _POSTCODE.match("".join(unicodedata.normalize("NFKC", text).split()).upper())
        if match is None:
            raise PlaceError(
                Finding(
                    f"{text!r} does not have the form of a postcode.",
                    "Write it in full, like LS1 4AP, or its first half, like LS1.",
                )
            )
        return cls(match[1], match[2])

    @property
    def sector(self) -> str | None:
        """Return the sector, such as ``"LS1 4"``; None if only the district is known."""
        return f"{self.outcode} {self.incode[0]}" if self.incode else None

    def __str__(self) -> str:
        return f"{self.outcode} {self.incode}" if self.incode else self.outcode
