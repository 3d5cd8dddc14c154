"""Rows of ``banks`` as records: every rule of what such a row may say."""

from __future__ import annotations

from bng_opt.errors import Finding, PlaceError
from bng_opt.market.cells import Lookup, RawTable, Report, Row
from bng_opt.market.ids import Once, rows_of
from bng_opt.market.records import Bank
from bng_opt.places import Place, find_lpa, find_marine_plan_area, find_nca
from bng_opt.places.grid import check_coordinates
from bng_opt.places.names import former_name_warning
from bng_opt.places.water import Waters, resolve_waters
from bng_opt.quantities import ZERO


def read_banks(table: RawTable, report: Report) -> list[Bank]:
    """Return the banks of a table; rows with errors are reported and left out."""
    once = Once()
    places = _Places()
    banks = (_bank(row, once, places) for row in rows_of(table, report))
    return [bank for bank in banks if bank is not None]


class _Places:
    """Finds the place of a bank."""

    def __init__(self) -> None:
        self._lpas = Lookup(find_lpa)
        self._ncas = Lookup(find_nca)
        self._marine = Lookup(find_marine_plan_area)

    def of(self, row: Row) -> Place | None:
        lpa = self._lpas.of(row, "lpa", required=True)
        nca = self._ncas.of(row, "nca", required=True)
        marine = self._marine.of(row, "marine_plan_area")
        waters = _waters(row)
        lat, lon = _point(row)
        if lpa is None or nca is None or not row.sound():
            return None
        place = Place(
            lpa,
            nca,
            next(iter(waters.waterbodies), None),
            next(iter(waters.operational_catchments), None),
            marine,
            lat,
            lon,
        )
        notes = {"lpa": former_name_warning(row.text("lpa")), "nca": place.overlap_warning()}
        for column, note in notes.items():
            if note is not None:
                row.adopt(column, [note], warn=True)
        return place


def _bank(row: Row, once: Once, places: _Places) -> Bank | None:
    bank_id = row.text("bank_id", required=True)
    if bank_id:
        once.check(row, "bank_id", bank_id, f'The bank id "{bank_id}"')
    name = row.text("bank_name", required=True)
    postcode, reference = row.text("postcode"), row.text("bgs_reference")
    fee = row.amount("fixed_fee_gbp")
    place = places.of(row)
    if place is None:
        return None
    return Bank(bank_id, name, place, postcode, reference, ZERO if fee is None else fee)


def _waters(row: Row) -> Waters:
    waterbody, catchment = row.text("waterbody"), row.text("operational_catchment")
    if not waterbody and not catchment:
        return Waters()
    problems: list[Finding] = []
    waters = resolve_waters(_given(waterbody), _given(catchment), problems)
    column = "waterbody" if waterbody else "operational_catchment"
    if problems:
        row.adopt(column, problems)
    row.adopt(column, waters.warnings, warn=True)
    return waters


def _given(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _point(row: Row) -> tuple[float | None, float | None]:
    lat, lon = row.number("lat"), row.number("lon")
    if not row.sound("lat", "lon") or (lat is None and lon is None):
        return None, None
    if lat is None or lon is None:
        missing, given = ("lat", "lon") if lat is None else ("lon", "lat")
        row.error(missing, f"{given} is given without {missing}.", "Give both, or neither.")
        return None, None
    try:
        check_coordinates(float(lat), float(lon))
    except PlaceError as error:
        row.adopt("lat", error.findings)
    return float(lat), float(lon)
