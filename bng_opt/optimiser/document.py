"""Read documents strictly: JSON values into records, all that is wrong said at once.

Every field has to be there, and no other. Floats come back as they were written, as their
shortest spelling is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import cache
from math import isfinite
from typing import Any, TypeVar, cast, get_type_hints

from bng_opt.errors import BngOptError, Finding, InputError
from bng_opt.quantities import to_decimal

Record = TypeVar("Record")
Value = TypeVar("Value")

EXACT = "_exact"
"""Ends the name of the spelling of a decimal that no float equals."""

LARGEST = 1e15
"""No unit, price or cost comes near; what is beyond can't be computed with exactly."""

_SHORT = 60
"""A value is shown with at most so many characters."""


def as_text(value: object) -> str:
    """Return a text; anything else is a ValueError, as with the other readers here."""
    if isinstance(value, str):
        return value
    raise ValueError(f"{_short(value)} is not text")


def as_truth(value: object) -> bool:
    """Return true or false."""
    if isinstance(value, bool):
        return value
    raise ValueError(f"{_short(value)} is neither true nor false")


def as_whole(value: object) -> int:
    """Return a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError(f"{_short(value)} is not a whole number")


def as_float(value: object) -> float:
    """Return a finite number."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value):
        return float(value)
    raise ValueError(f"{_short(value)} is not a finite number")


def as_decimal(value: object) -> Decimal:
    """Return a number or its spelling as an exact decimal; 1.0 and 1 are both ``1``.

    Examples
    --------
    >>> as_decimal(1.0), as_decimal(0.75), as_decimal("2.50")
    (Decimal('1'), Decimal('0.75'), Decimal('2.50'))
    """
    if isinstance(value, float) and -LARGEST <= value <= LARGEST:
        return Decimal(int(value)) if value.is_integer() else Decimal(repr(value))
    if not isinstance(value, (int, float, str)) or isinstance(value, bool):
        raise ValueError(f"{_short(value)} is not a number")
    number = to_decimal(value)
    if not -LARGEST <= number <= LARGEST:
        raise ValueError(f"{_short(value)} is too large")
    return number


def perhaps(read: Callable[[object], Value]) -> Callable[[object], Value | None]:
    """Return a reader that takes null too."""
    return lambda value: None if value is None else read(value)


Nested = Callable[[object, str], object]
"""Reads a field that is no plain value, at its place; what is wrong it notes itself."""

_READERS: Mapping[Any, Callable[[object], object]] = {
    str: as_text,
    bool: as_truth,
    int: as_whole,
    float: as_float,
    Decimal: as_decimal,
    str | None: perhaps(as_text),
    int | None: perhaps(as_whole),
    float | None: perhaps(as_float),
    Decimal | None: perhaps(as_decimal),
}


@dataclass(frozen=True)
class Form:
    """How a document states a record, where that isn't by the record's own plain fields.

    Attributes
    ----------
    nested
        What reads the fields that are no plain values.
    renamed
        What the document calls a field, where that isn't its name.
    may_lack
        Fields that needn't be there; the record has their default.
    given
        Fields that the document doesn't state, with their values.
    beside
        Names that the document states beside the record's.
    """

    nested: Mapping[str, Nested] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    may_lack: Collection[str] = ()
    given: Mapping[str, object] = field(default_factory=dict)
    beside: Collection[str] = ()


AS_IT_IS = Form()
_FINDING = Form(may_lack=("file", "row", "column"))


class DocumentReader:
    """Reads one document and collects what is wrong with it.

    Parameters
    ----------
    remedy
        What whoever gave the document can do about it.
    """

    def __init__(self, remedy: str) -> None:
        self.findings: list[Finding] = []
        self._remedy = remedy

    def wrong(self, path: str, what: str) -> None:
        """Note what is wrong at a place in the document, such as ``"purchases[2].units"``."""
        place = f"The document's {path}" if path else "The document"
        self.findings.append(Finding(f"{place}: {what}.", self._remedy))

    def finished(self, found: Value | None) -> Value:
        """Return what was read, if nothing was wrong.

        Raises
        ------
        InputError
            With every finding.
        """
        if self.findings:
            raise InputError(self.findings)
        if found is None:
            raise ValueError("nothing was read and nothing noted")
        return found

    def value(self, value: object, path: str, read: Callable[[Any], Value]) -> Value | None:
        """Return a value as read; what is wrong is noted, and None returned."""
        try:
            return read(value)
        except BngOptError as error:
            self.findings.extend(error.findings)
        except (ValueError, OverflowError) as error:
            self.wrong(path, str(error))
        return None

    def plain(self, read: Callable[[Any], object]) -> Nested:
        """Return a field's reader made of a plain value's."""
        return lambda value, path: self.value(value, path, read)

    def several(self, read: Callable[[object, str], Value | None]) -> Nested:
        """Return the reader of a list, made of its items'."""

        def read_all(value: object, path: str) -> tuple[Value, ...]:
            if not isinstance(value, list):
                self.wrong(path, f"{_short(value)} is not a list")
                return ()
            found = (read(each, f"{path}[{number}]") for number, each in enumerate(value))
            return tuple(each for each in found if each is not None)

        return read_all

    def by_name(self, read: Callable[[Any], object]) -> Nested:
        """Return the reader of an object whose names are free, made of its values'."""

        def read_all(value: object, path: str) -> dict[str, object]:
            if not isinstance(value, Mapping):
                self.wrong(path, f"{_short(value)} is not an object")
                return {}
            return {
                str(name): self.value(each, below(path, name), read) for name, each in value.items()
            }

        return read_all

    def records(self, kind: type[Any], form: Form = AS_IT_IS) -> Nested:
        """Return the reader of a list of records."""
        quick = None if form.nested or form.given else _quick_reader(kind, form)

        def read(value: object, path: str) -> object:
            found = None if quick is None else quick(value)
            return self.record(kind, value, path, form) if found is None else found

        return self.several(read)

    @property
    def warnings(self) -> Nested:
        """Return the reader of a list of findings."""
        return self.records(Finding, _FINDING)

    def names(
        self, value: object, path: str, needed: Collection[str], others: Collection[str] = ()
    ) -> dict[str, Any]:
        """Return an object's fields; those missing and those not known are noted."""
        if not isinstance(value, Mapping):
            self.wrong(path, f"{_short(value)} is not an object")
            return {}
        for name in needed:
            if name not in value:
                self.wrong(below(path, name), "the field is missing")
        known = {name: value[name] for name in value if name in needed or name in others}
        for name in value:
            if name not in known:
                self.wrong(below(path, name), "no such field is known")
        return known

    def record(
        self, kind: type[Record], value: object, path: str, form: Form = AS_IT_IS
    ) -> Record | None:
        """Return a record; None if something is wrong, which is noted."""
        before = len(self.findings)
        plain_kind: Any = kind
        readers, names = _plain_readers(plain_kind), _field_names(plain_kind)
        stated = {form.renamed.get(n, n): n for n in names if n not in form.given}
        exact = {n + EXACT for n, read in readers.items() if read in _EXACT_READERS}
        needed = [key for key, name in stated.items() if name not in form.may_lack]
        values = self.names(value, path, (*needed, *form.beside), (*form.may_lack, *exact))
        found: dict[str, Any] = dict(form.given)
        for key, name in stated.items():
            source = key + EXACT if key + EXACT in values else key
            if source not in values:
                continue
            nested = form.nested.get(name)
            at = below(path, source)
            if nested is not None:
                found[name] = nested(values[source], at)
            else:
                found[name] = self.value(values[source], at, readers[name])
        if len(self.findings) > before:
            return None
        return self.value(found, path, lambda fields: kind(**fields))


_EXACT_READERS = (_READERS[Decimal], _READERS[Decimal | None])


@cache
def _field_names(kind: Any) -> tuple[str, ...]:
    return tuple(item.name for item in fields(kind))


@cache
def _plain_readers(kind: Any) -> dict[str, Callable[[object], object]]:
    """Return the readers of a record's plain fields."""
    hints = get_type_hints(kind)
    return {name: _READERS[hints[name]] for name in _field_names(kind) if hints[name] in _READERS}


def _quick_reader(kind: Any, form: Form) -> Callable[[Any], object | None]:
    """Return the reader of rows that are in order, as nearly all are; None for the others."""
    readers = _plain_readers(kind)
    steps = [(form.renamed.get(name, name), name, read) for name, read in readers.items()]
    keys = {key for key, _, _ in steps}

    def read_quickly(row: Any) -> object | None:
        try:
            if row.keys() != keys:
                return None
            return cast(object, kind(**{name: read(row[key]) for key, name, read in steps}))
        except (AttributeError, BngOptError, OverflowError, ValueError):
            return None

    return read_quickly


def below(path: str, name: object) -> str:
    """Return the place of a field of the object at a place."""
    return f"{path}.{name}" if path else str(name)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 3]}..."
