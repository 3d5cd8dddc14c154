"""What the parameters of a report name, read to see that it can be: before any run, not in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bng_opt.batch.content import asking
from bng_opt.batch.library import Report
from bng_opt.batch.parameter_values import Problem
from bng_opt.batch.parameters import STORE
from bng_opt.errors import BngOptError, Finding
from bng_opt.settings import Settings

_Read = Callable[[Any], object]


@dataclass
class InputChecks:
    """Checks of many runs: what several of them name is read once.

    Parameters
    ----------
    settings
        Where the store is.
    """

    settings: Settings
    _known: dict[tuple[_Read, str], tuple[Finding, ...]] = field(default_factory=dict)

    def problems(self, report: Report, values: Mapping[str, Any]) -> tuple[Problem, ...]:
        """Return what is wrong with what the parameters name.

        Parameters
        ----------
        report
            Which report.
        values
            Its parameters, as :func:`~bng_opt.batch.parameters.check_parameters` returns them.
        """
        found: list[Problem] = []
        for name, read in self._readers().items():
            if report.takes(name) and asking.is_given(values, name):
                found += [(name, each) for each in self._findings(read, values[name])]
        if report.takes(*asking.NEED, *asking.PLACE):
            found += _of_question(values, {name for name, _ in found})
        return tuple(found)

    def _readers(self) -> Mapping[str, _Read]:
        wishes = {name: partial(_read_wish, name) for name in asking.WISHES}
        return {**_READERS, "market": self._read_market, "previous": self._read_market, **wishes}

    def _read_market(self, source: str) -> object:
        from bng_opt.market import load_market

        return load_market(self.settings.database if source == STORE else source)

    def _findings(self, read: _Read, value: Any) -> tuple[Finding, ...]:
        if isinstance(read, partial):
            return _findings_of(partial(read, value))
        key = read, str(value)
        if key not in self._known:
            self._known[key] = _findings_of(partial(read, value))
        return self._known[key]


def _of_question(values: Mapping[str, Any], wrong: set[str | None]) -> Iterator[Problem]:
    """Yield what is wrong with the parameters of a question taken together."""
    if not any(asking.is_given(values, name) for name in asking.INPUTS):
        return
    checks: tuple[tuple[tuple[str, ...], Callable[[], object]], ...] = (
        (asking.NEED, partial(asking.named_need, values)),
        ((*asking.PLACE, *asking.WATERS), partial(asking.read_place, values)),
        (asking.WISHES, partial(asking.read_policy, values)),
        (("market",), partial(asking.market_source, values)),
    )
    for names, check in checks:
        if wrong.isdisjoint(names):
            yield from ((None, finding) for finding in _findings_of(check))


def _findings_of(read: Callable[[], object]) -> tuple[Finding, ...]:
    try:
        read()
    except BngOptError as error:
        return error.findings
    return ()


def _read_metric(path: str) -> object:
    from bng_opt.metric import read_metric

    return read_metric(path)


def _read_table(path: str) -> object:
    from bng_opt.metric import read_requirement_table

    return read_requirement_table(path)


def _find_lpas(names: str) -> object:
    from bng_opt.places import find_lpa

    return [find_lpa(name) for name in asking.several(names) or ()]


def _find_ncas(names: str) -> object:
    from bng_opt.places import find_nca

    return [find_nca(name) for name in asking.several(names) or ()]


def _find_postcode(text: str) -> object:
    from bng_opt.places import Site

    return Site.from_postcode(text)


def _find_grid_reference(text: str) -> object:
    from bng_opt.places import Site

    return Site.from_grid_reference(text)


def _read_wish(name: str, value: Any) -> object:
    return asking.read_policy({name: value})


_READERS: Mapping[str, _Read] = {
    "metric": _read_metric,
    "requirement": _read_table,
    "lpa": _find_lpas,
    "nca": _find_ncas,
    "postcode": _find_postcode,
    "grid_reference": _find_grid_reference,
}
