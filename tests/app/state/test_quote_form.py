"""The form of a quote: what is typed, and what it says."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal

import pytest

from bng_opt.app.state.quote_form import (
    ChargeRow,
    Client,
    Form,
    OutsideRow,
    form_from_dict,
    lines_of,
)
from bng_opt.errors import InputError


def test_blank_lines_say_nothing() -> None:
    assert lines_of(Form(charges=(ChargeRow(" ", ""),) * 3)) == ([], [])


def test_amounts_are_read_as_people_write_them() -> None:
    for text in ("1250.5", "£1,250.50", " 1,250.50 "):
        (charge,), _ = lines_of(Form(charges=(ChargeRow("Survey", text),)))
        assert charge.amount_gbp == Decimal("1250.50")


def test_units_from_outside_are_read_with_their_multiplier() -> None:
    row = OutsideRow("Copse", "Mixed scrub", "0.5", "30,000", "neighbouring", "The Trust")
    _, (line,) = lines_of(Form(outside=(row,)))
    assert (line.units, line.price_gbp, line.srm) == (Decimal("0.5"), 30_000, Decimal("0.75"))


def test_every_line_that_cannot_be_is_told() -> None:
    form = Form(
        charges=(ChargeRow("Survey", "a lot"), ChargeRow("", "12")),
        outside=(OutsideRow("Copse", "Unicorn meadow", "1", "2"),),
    )
    with pytest.raises(InputError) as caught:
        lines_of(form)
    assert len(caught.value.findings) == 3


def test_a_form_survives_as_plain_values() -> None:
    form = Form(
        Client("Jo", address="1 The Lane\nLeeds"), "Mill", "Agent", True,
        (ChargeRow("Survey", "x"), ChargeRow()), (OutsideRow("Copse"),),
    )  # fmt: skip
    assert form_from_dict(asdict(form)) == form
