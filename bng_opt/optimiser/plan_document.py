"""A plan as a document of plain values, and the plan that a document stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bng_opt.optimiser.document import DocumentReader, Form, as_float, as_text
from bng_opt.optimiser.plan import (
    BankLine,
    Check,
    CreditLine,
    NotChosen,
    Plan,
    PlanStatus,
    PurchaseLine,
    Use,
)

_SUMS = ("gap", "cost")
"""What follows from the rest: stated for whoever reads it, and compared here."""
_USE = Form(renamed={"source": "from", "source_kind": "from_kind", "target": "for"})

_REMEDY = "Give the plan.json of a plan as bng_opt wrote it."


def plan_to_dict(plan: Plan) -> dict[str, object]:
    """Return a plan as plain values: :meth:`bng_opt.Plan.as_dict`."""
    return plan.as_dict()


def plan_from_dict(mapping: Mapping[str, Any]) -> Plan:
    """Return the plan that a document stands for, equal to the one it was made from.

    Parameters
    ----------
    mapping
        What :func:`plan_to_dict` returned, or its JSON read back.

    Raises
    ------
    InputError
        With everything that is missing, unknown, or of the wrong kind; or with every sum
        that doesn't follow from the plan's lines.

    Examples
    --------
    >>> from decimal import Decimal
    >>> plan = Plan(PlanStatus.OPTIMAL, "statutory", "small", Decimal(0))
    >>> plan_from_dict(plan_to_dict(plan)) == plan
    True
    """
    reader = DocumentReader(_REMEDY)
    plan = reader.finished(reader.record(Plan, mapping, "", _form(reader)))
    sums = {"gap": float(plan.gap_gbp), "cost": plan.cost_as_dict()}
    for name in _SUMS:
        if mapping[name] != sums[name]:
            reader.wrong(name, f"it is {mapping[name]!r}, but the lines make {sums[name]!r}")
    return reader.finished(plan)


def _form(reader: DocumentReader) -> Form:
    return Form(
        nested={
            "status": reader.plain(lambda value: PlanStatus(as_text(value))),
            "purchases": reader.records(PurchaseLine),
            "banks": reader.records(BankLine),
            "credits": reader.records(CreditLine),
            "uses": reader.records(Use, _USE),
            "checks": reader.records(Check),
            "warnings": reader.warnings,
            "not_chosen": reader.records(NotChosen),
            "seconds": reader.by_name(as_float),
            "versions": reader.by_name(as_text),
        },
        # Plans that earlier versions wrote don't say these.
        may_lack=("shares_stock", "by_hand"),
        beside=_SUMS,
    )
