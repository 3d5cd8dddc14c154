"""The sheet ``Banks``: banks with their places, and by what other sheets call them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bng_opt.errors import Finding, InputError
from bng_opt.market.backend.sheets import OWN_BANK_COLUMNS
from bng_opt.market.backend.translation import loud_row, quiet_rows, translated
from bng_opt.market.cells import RawTable, Report, Row
from bng_opt.places import Axis, Located, find_lpa, find_nca, locate_point, locate_postcode

_SAME = {
    name: name for name in ("bank_id", "bank_name", "lat", "lon", "postcode", *OWN_BANK_COLUMNS)
}
_HEADINGS = {"lpa": "lpa_name", "nca": "nca_name"}
_KEYS = ("BANK_KEY", "bank_name")
_FIND: Mapping[Axis, Callable[[str], str]] = {Axis.LPA: find_lpa, Axis.NCA: find_nca}


class BankKeys:
    """The ids of banks by what else other sheets call them: their key or their name."""

    def __init__(self, banks: RawTable | None) -> None:
        self._ids: dict[str, set[str]] = {}
        for row in quiet_rows(banks) if banks is not None else ():
            bank_id = row.text("bank_id")
            for text in (bank_id, *(row.text(column) for column in _KEYS)):
                self._ids.setdefault(_key(text), set()).add(bank_id)

    def column(self, table: RawTable, report: Report) -> str:
        """Return the column by which a sheet names banks; none at all is reported."""
        for column in ("bank_id", *_KEYS):
            if column in table.positions:
                return column
        remedy = f"Add bank_id (or {' or '.join(_KEYS)})."
        finding = Finding("No column names the bank.", remedy, table.file, table.sheet, row=1)
        report.errors.append(finding)
        return "bank_id"

    def of(self, row: Row, report: Report) -> str:
        """Return the id of the bank that a row names; as written if it is unknown."""
        text = row.text("bank_id")
        if text:
            return text
        for column in _KEYS:
            text = row.text(column)
            ids = self._ids.get(_key(text), set()) if text else set()
            if len(ids) > 1:
                banks = ", ".join(sorted(ids))
                message = f'"{text}" could be any of the banks {banks}.'
                loud_row(row, report).error(column, message, "Name it by its bank_id.")
            if text:
                return min(ids, default=text)
        return ""


def _key(text: str) -> str:
    return " ".join(text.casefold().split())


def market_banks(table: RawTable, report: Report) -> RawTable:
    """Return the sheet as the table ``banks``; places that it leaves blank are looked up."""
    names = [_names(row, loud_row(row, report)) for row in quiet_rows(table)]
    made = {
        "lpa": [lpa for lpa, _ in names],
        "nca": [nca for _, nca in names],
    }
    return translated(table, "banks", _SAME, made, _HEADINGS)


def _names(row: Row, loud: Row) -> tuple[object, object]:
    """Return LPA and NCA of a bank: as written, else where its point or postcode lies."""
    written = {Axis.LPA: row.text("lpa_name"), Axis.NCA: row.text("nca_name")}
    if all(written.values()):
        return written[Axis.LPA], written[Axis.NCA]
    found, source = _located(row, loud, written)
    if found is None:
        return written[Axis.LPA], written[Axis.NCA]
    looked_up = {Axis.LPA: found.lpa, Axis.NCA: found.nca}
    blank = [axis for axis in written if not written[axis]]
    words = " and ".join(f"{axis.name} {looked_up[axis]}" for axis in blank)
    note = Finding(f"{words} found from the {source}.", "Write the names in if they are others.")
    loud.adopt(_HEADINGS[blank[0].name.lower()], [note, *found.warnings], warn=True)
    names = {axis: written[axis] or looked_up[axis] for axis in written}
    return names[Axis.LPA], names[Axis.NCA]


def _located(row: Row, loud: Row, written: Mapping[Axis, str]) -> tuple[Located | None, str]:
    """Return where a bank lies and by what that was found; what fails is reported."""
    lat, lon, postcode = row.number("lat"), row.number("lon"), row.text("postcode")
    try:
        if lat is not None and lon is not None:
            known = _known(written)
            return locate_point(float(lat), float(lon), known=known), "point"
        if postcode:
            found = locate_postcode(postcode)
            return found, f"postcode {found.confidence.value}"
    except InputError as error:
        loud.adopt("postcode" if lat is None else "lat", error.findings)
    return None, ""


def _known(written: Mapping[Axis, str]) -> dict[Axis, str]:
    """Return the names that are written and known; the banks' own reading reports the others."""
    known = {}
    for axis, text in written.items():
        try:
            if text:
                known[axis] = _FIND[axis](text)
        except InputError:
            continue
    return known
