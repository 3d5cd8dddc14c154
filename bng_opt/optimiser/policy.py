"""What the buyer wishes: the reading of the law, limits and preferences."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bng_opt.errors import Finding, InputError
from bng_opt.market.records import ContractThresholds

FINEST_STEP = Decimal("0.000001")
"""Units below this are zero in law (RULES 7); nothing finer can be sold."""


class Mode(StrEnum):
    """How trading is tested (DESIGN 2)."""

    STATUTORY = "statutory"
    """What the metric itself demands: trading before the spatial risk multiplier."""
    LIKE_FOR_LIKE = "like_for_like"
    """The cautious reading: trading on units after the multiplier too."""

    @property
    def readings(self) -> tuple[Mode, ...]:
        """Return every way in which trading is tested: like for like comes on top of the law.

        It doesn't take the law's place: after the multiplier a bank's own losses are smaller
        too, and what is fine by that alone the workbook may refuse.
        """
        return tuple(dict.fromkeys((self, Mode.STATUTORY)))


class SizeBy(StrEnum):
    """What fixes the contract size, and with it the price."""

    QUOTE = "quote"
    """The whole need at multiplier 1, over the ledgers."""
    BANK = "bank"
    """Each bank's own total of units bought."""


class Quoted(StrEnum):
    """How much of the units already quoted to others is held back."""

    IGNORE = "ignore"
    HALF = "half"
    ALL = "all"

    @property
    def share(self) -> Decimal:
        """Return the share of quoted units that is held back."""
        return {Quoted.IGNORE: Decimal(0), Quoted.HALF: Decimal("0.5"), Quoted.ALL: Decimal(1)}[
            self
        ]


class Policy(BaseModel):
    """The buyer's wishes, checked when made.

    Parameters
    ----------
    mode
        ``"statutory"`` (default) or ``"like_for_like"``.
    size_by
        ``"quote"`` (default) or ``"bank"``.
    max_banks
        At most so many banks; None for no limit.
    min_units_per_bank
        A bank that is used sells at least so many units.
    contract_thresholds
        Where the contract sizes begin [units].
    market_step
        Units are sold in multiples of this [units].
    must_use, must_not_use
        Bank ids that have to sell something, or may not.
    credits
        Whether statutory credits may meet what no bank can (RULES 6: a last resort).
    quoted
        How much of units already quoted to others is held back.
    gap_gbp
        A plan is proven when no lawful purchase is cheaper by more than this [GBP].
    time_limit_s
        Stop the search after so many seconds and return the best plan; None for no limit.

    Raises
    ------
    InputError
        With every wish that can't be, at once.

    Examples
    --------
    >>> Policy(max_banks=3).max_banks
    3
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = Mode.STATUTORY
    size_by: SizeBy = SizeBy.QUOTE
    max_banks: int | None = Field(default=None, ge=1)
    min_units_per_bank: Decimal = Field(default=Decimal(0), ge=0)
    market_step: Decimal = Field(default=Decimal("0.01"), ge=FINEST_STEP)
    contract_thresholds: ContractThresholds = ContractThresholds()
    must_use: frozenset[str] = frozenset()
    must_not_use: frozenset[str] = frozenset()
    credits: bool = False
    quoted: Quoted = Quoted.IGNORE
    gap_gbp: Decimal = Field(default=Decimal(1), ge=0)
    time_limit_s: float | None = Field(default=None, gt=0)

    def __init__(self, **wishes: Any) -> None:
        try:
            super().__init__(**wishes)
        except ValidationError as error:
            raise InputError([_as_finding(problem) for problem in error.errors()]) from None
        self._refuse_contradictions()

    @field_validator("min_units_per_bank", "market_step", "gap_gbp", mode="before")
    @classmethod
    def _read_floats_as_spelt(cls, value: object) -> object:
        return str(value) if isinstance(value, float) else value

    def _refuse_contradictions(self) -> None:
        both = sorted(self.must_use & self.must_not_use)
        findings = [
            Finding(
                f'Bank "{bank_id}" is both required and excluded.',
                "Leave it out of must_use or of must_not_use.",
            )
            for bank_id in both
        ]
        if self.max_banks is not None and len(self.must_use) > self.max_banks:
            findings.append(
                Finding(
                    f"{len(self.must_use)} banks are required but at most "
                    f"{self.max_banks} may be used.",
                    "Raise max_banks, or require fewer banks.",
                )
            )
        if findings:
            raise InputError(findings)


def _as_finding(problem: Any) -> Finding:
    option = ".".join(str(part) for part in problem["loc"]) or "policy"
    return Finding(
        f"Option {option} = {problem['input']!r}: {problem['msg']}.",
        "See help(bng_opt.Policy) for the values it takes.",
    )
