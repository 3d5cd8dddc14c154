"""Values for the parameters of a report: read from text, checked, with every finding at once."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bng_opt.batch.parameters import STORE, WRITTEN, Parameter
from bng_opt.errors import Finding, InputError
from bng_opt.reference import nearest

Problem = tuple[str | None, Finding]
"""What is wrong, and with which parameter; None where it is several of them together."""

_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_NOTHING = ("", "none", "null")


@dataclass(frozen=True)
class Checked:
    """Values as a report takes them, and what is wrong with the others.

    Attributes
    ----------
    values
        By parameter: types right, paths absolute, dates as ISO text.
    """

    values: Mapping[str, Any]
    problems: tuple[Problem, ...]


def check_parameters(
    known: Sequence[Parameter], given: Mapping[str, Any], base: Path
) -> dict[str, Any]:
    """Return what was given as a report takes it: types right, paths absolute.

    Parameters
    ----------
    known
        The report's parameters.
    given
        Values, or their text.
    base
        The folder that relative paths begin in.

    Raises
    ------
    InputError
        With every parameter that is unknown, missing, or can't be.
    """
    checked = inspect_parameters(known, given, base)
    problems = (*checked.problems, *missing_parameters(known, given))
    if problems:
        raise InputError(finding for _, finding in problems)
    return dict(checked.values)


def inspect_parameters(known: Sequence[Parameter], given: Mapping[str, Any], base: Path) -> Checked:
    """Return what of the given can be used, and what is wrong with the rest of it.

    Parameters
    ----------
    known, given, base
        As for :func:`check_parameters`.
    """
    by_name = {parameter.name: parameter for parameter in known}
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in by_name:
            problems.append((name, unknown_parameter(name, tuple(by_name))))
            continue
        try:
            values[name] = _read(by_name[name], value, base)
        except _CannotBeError as error:
            problems.append((name, error.finding))
    return Checked(values, tuple(problems))


def rooted_parameters(
    known: Sequence[Parameter], given: Mapping[str, Any], base: Path
) -> dict[str, Any]:
    """Return what was given, with paths from a folder of their own made absolute, unchecked.

    Parameters
    ----------
    known, given, base
        As for :func:`check_parameters`.
    """
    paths = {parameter.name for parameter in known if parameter.is_path}
    return {
        name: _rooted(_text(value), base) if name in paths else value
        for name, value in given.items()
    }


def missing_parameters(known: Sequence[Parameter], given: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return the parameters that must be given and aren't."""
    names = ", ".join(parameter.name for parameter in known)
    return tuple(
        (
            each.name,
            Finding(
                f"The parameter {each.name} is missing.",
                f"Give {each.kind}: {each.help}. The report takes: {names}.",
            ),
        )
        for each in known
        if each.is_needed and each.name not in given
    )


def unknown_parameter(name: str, known: Sequence[str]) -> Finding:
    """Return the finding that a report has no such parameter, with those that it has."""
    if not known:
        return Finding(f'The report has no parameter "{name}".', "It takes none.")
    (near,) = nearest(name, known, 1)
    remedy = f"The nearest is {near}. It takes: {', '.join(known)}."
    return Finding(f'The report has no parameter "{name}".', remedy)


def is_there(path: Path) -> bool:
    """Return whether there is such a file or folder; what can't be a name isn't there."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


class _CannotBeError(Exception):
    """A value can't be that of its parameter."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding)
        self.finding = finding


def _read(parameter: Parameter, value: Any, base: Path) -> Any:
    default = parameter.default
    if parameter.is_path:
        return _path(parameter, _text(value), base)
    if parameter.is_date:
        return _day(parameter, value)
    if isinstance(default, bool):
        return _truth(parameter, value)
    if default is None or isinstance(default, int | float):
        return _number(parameter, value)
    if isinstance(default, list):
        return _list(parameter, value)
    if isinstance(default, str):
        return _text(value)
    return value.isoformat() if isinstance(value, date) else value


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(map(_text, value))
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value).strip()


def _path(parameter: Parameter, text: str, base: Path) -> str:
    path = _rooted(text, base)
    if path == text and not Path(text).is_absolute():
        return text
    if parameter.name not in WRITTEN and not is_there(Path(path)):
        message = f'{parameter.name}: there is no file or folder "{text}".'
        raise _CannotBeError(Finding(message, f"Give its path; {path} isn't there."))
    return path


def _rooted(text: str, base: Path) -> str:
    """Return a path made absolute; nothing, a store and a URL stay as they are."""
    if not text or text == STORE or "://" in text:
        return text
    return str((base / Path(text).expanduser()).absolute())


def _day(parameter: Parameter, value: Any) -> str:
    text = _text(value)
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise _wrong(parameter, value) from None


def _truth(parameter: Parameter, value: Any) -> bool:
    found = _TRUTHS.get(str(value).strip().casefold())
    if found is None:
        raise _wrong(parameter, value)
    return found


def _number(parameter: Parameter, value: Any) -> int | float | None:
    default = parameter.default
    if value is None or (isinstance(value, str) and value.strip().casefold() in _NOTHING):
        if default is not None:
            raise _wrong(parameter, value)
        return None
    found = _as_number(value)
    if found is None or (isinstance(default, int) and not isinstance(found, int)):
        raise _wrong(parameter, value)
    return found


def _as_number(value: Any) -> int | float | None:
    """Return a finite number, or its text, as a number; None if it is none."""
    if isinstance(value, str):
        for kind in (int, float):
            try:
                return _as_number(kind(value))
            except ValueError:
                continue
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and math.isfinite(value) else None


def _list(parameter: Parameter, value: Any) -> list[Any]:
    members = list(value) if isinstance(value, list | tuple) else _members(str(value).strip())
    if members is None:
        raise _wrong(parameter, value)
    of_numbers = any(isinstance(each, int | float) for each in parameter.default)
    if not of_numbers:
        return members
    numbers = [_as_number(each) for each in members]
    if None in numbers:
        raise _wrong(parameter, value)
    return numbers


def _members(text: str) -> list[Any] | None:
    """Return the members of a list in JSON, or of a text with commas or semicolons between."""
    if not text.startswith("["):
        return [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, list) else None


def _wrong(parameter: Parameter, value: Any) -> _CannotBeError:
    message = f'{parameter.name} can\'t be "{value}".'
    return _CannotBeError(Finding(message, f"Give {parameter.kind}: {parameter.help}."))
