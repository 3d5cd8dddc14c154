"""The ways to say where the site is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from bng_opt.app.state.site import Areas, Way, lpa_names, nca_names
from bng_opt.app.views.enter_key import EnterKey, entering
from bng_opt.app.views.kit import Disclosure, Notice, button, column, labelled, prose, row
from bng_opt.app.views.name_adder import NameAdder
from bng_opt.app.views.page import Page
from bng_opt.errors import Finding, InputError


class SiteWays:
    """Postcode, grid reference, address, point, and lists of areas.

    Attributes
    ----------
    box
        The whole as a widget.
    """

    def __init__(self, page: Page, notice: Notice) -> None:
        self._page, self._notice, self._step = page, notice, page.session.site
        self._shown: tuple[Way | None, str] = (None, "")
        self._postcode = widgets.Text(continuous_update=False)
        self._grid = widgets.Text(continuous_update=False)
        self._lat = widgets.Text(continuous_update=False)
        self._lon = widgets.Text(continuous_update=False)
        self._lists = _Areas(page, notice)
        self.box = column(
            EnterKey(),
            _way(
                labelled(self._postcode, "Postcode"),
                self._button("Find the postcode", self._by_postcode, kind="primary"),
                help_text="In full, such as CV37 6QW; its first half is only a guess.",
            ),
            _way(
                labelled(self._grid, "OS grid reference"),
                self._button("Find the grid reference", self._by_grid),
                help_text="Such as SP 2054 5495.",
            ),
            self._addresses(),
            Disclosure(
                "latitude and longitude",
                _way(
                    labelled(self._lat, "Latitude [degrees]"),
                    labelled(self._lon, "Longitude [degrees]"),
                    self._button("Find the point", self._by_point),
                    help_text="Decimal degrees (WGS84), such as 52.19 and -1.70.",
                ),
            ),
            self._lists.box,
            name="ways-to-site",
        )

    def show(self) -> None:
        """Show what the model says; what was typed since stays."""
        self._lists.show()
        found = (self._step.way, self._step.text)
        if found == self._shown:
            return
        self._shown = found
        way, text = found
        if way is Way.POSTCODE:
            self._postcode.value = text
        elif way is Way.GRID:
            self._grid.value = text
        elif way is Way.POINT:
            self._lat.value, self._lon.value = text.split(", ")

    def list_lpa(self, name: str) -> None:
        """Put a planning authority into its list, and show the lists."""
        self._lists.list_lpa(name)

    def _button(self, label: str, action: Callable[[], None], kind: str = "secondary") -> Any:
        return button(label, self._page.guarded(action, self._notice), kind=kind)

    def _addresses(self) -> widgets.Widget:
        if self._step.finds_addresses:
            return _Addresses(self._page, self._notice).box
        return prose(
            "Addresses can be searched once whoever runs the dashboard has named a service for "
            "them; none is asked without.",
            kind="help",
        )

    def _by_postcode(self) -> None:
        self._step.find_postcode(self._postcode.value)

    def _by_grid(self) -> None:
        self._step.find_grid(self._grid.value)

    def _by_point(self) -> None:
        self._step.find_point(_degrees("Latitude", self._lat), _degrees("Longitude", self._lon))


class _Areas:
    """The lists of planning authorities and character areas."""

    def __init__(self, page: Page, notice: Notice) -> None:
        self._page, self._notice, self._step = page, notice, page.session.site
        self._lpas = NameAdder(
            page, "Local planning authority", lpa_names(), self._list_lpas, notice
        )
        self._ncas = NameAdder(
            page, "National Character Area", nca_names(), self._list_ncas, notice
        )
        self._offered = Areas()
        self._offers = column()
        self._part = Disclosure(
            "lists of planning authorities and character areas",
            prose(
                "A site may lie in several of each; nearness to any of them counts.", kind="help"
            ),
            self._lpas.box,
            self._ncas.box,
            self._offers,
            button("Take these areas", page.guarded(self._take, notice)),
        )
        self.box = self._part

    def show(self) -> None:
        """Show what stands in the lists, and what overlaps it."""
        self._lpas.show(self._step.listed.lpas)
        self._ncas.show(self._step.listed.ncas)
        offered = self._step.offered
        if offered == self._offered:
            return
        self._offered = offered
        chips = [
            *(button(f"Add {name}", self._adding(self._lpas, name), kind="chip")
              for name in offered.lpas),
            *(button(f"Add {name}", self._adding(self._ncas, name), kind="chip")
              for name in offered.ncas),
        ]  # fmt: skip
        kind = "character areas" if offered.ncas else "planning authorities"
        words = prose(f"The {kind} that overlap it, the largest part first:")
        self._offers.children = [words, row(*chips)] if chips else []

    def list_lpa(self, name: str) -> None:
        """Put a planning authority into its list, and show the lists."""
        self._part.unfold()
        self._lpas.add(name)

    def _list_lpas(self, names: tuple[str, ...]) -> None:
        self._step.list_areas(Areas(names, self._step.listed.ncas))

    def _list_ncas(self, names: tuple[str, ...]) -> None:
        self._step.list_areas(Areas(self._step.listed.lpas, names))

    def _adding(self, adder: NameAdder, name: str) -> Callable[..., None]:
        return self._page.guarded(lambda: adder.add(name), self._notice)

    def _take(self) -> None:
        self._step.find_names(self._step.listed.lpas, self._step.listed.ncas)


class _Addresses:
    """A search for addresses with the team's service."""

    def __init__(self, page: Page, notice: Notice) -> None:
        self._page, self._notice, self._step = page, notice, page.session.site
        self._field = widgets.Text(continuous_update=False)
        self._results = column()
        find = button("Find the address", page.guarded(self._find, notice))
        self.box = column(_way(labelled(self._field, "Address"), find), self._results)

    def _find(self) -> None:
        self._results.children = []
        found = self._step.find_addresses(self._field.value)
        self._results.children = [
            button(each.text, self._taking(each.lat, each.lon), kind="chip") for each in found
        ]

    def _taking(self, lat: float, lon: float) -> Callable[..., None]:
        def take() -> None:
            self._step.find_point(lat, lon)
            self._results.children = []

        return self._page.guarded(take, self._notice)


def _way(*parts: widgets.Widget, help_text: str = "") -> widgets.Widget:
    below = [prose(help_text, kind="help")] if help_text else []
    return column(entering(row(*parts)), *below)


def _degrees(name: str, field: widgets.Text) -> float:
    text = field.value.strip()
    try:
        return float(text)
    except ValueError:
        what = f'"{text}" is no number' if text else "nothing was typed"
        remedy = "Give decimal degrees, such as 52.19 and -1.70."
        raise InputError(Finding(f"{name}: {what}.", remedy)) from None
