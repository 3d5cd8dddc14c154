"""The view of the step Site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from bng_opt.app.state.site import (
    Details,
    Way,
    find_waterbodies,
    lpa_names,
    nca_names,
)
from bng_opt.app.views.kit import (
    Disclosure,
    Notice,
    button,
    column,
    heading,
    html,
    labelled,
    prose,
    render,
    row,
)
from bng_opt.app.views.page import Page
from bng_opt.errors import Finding, InputError
from bng_opt.places.names import marine_plan_area_names
from bng_opt.places.site import KNOWN_BY

_NOTHING = "(none)"


class SiteView:
    """Shows the ways to say where the site is, and what follows from it."""

    def __init__(self, page: Page) -> None:
        self._page, self._step = page, page.session.site
        self._notice = Notice()
        self._found = html()
        self._hint = column()
        self._hinted = ""
        self._is_showing = False
        self._map_box = column()
        self._map: Any = None
        self._postcode = widgets.Text(continuous_update=False, placeholder="CV37 6QW")
        self._grid = widgets.Text(continuous_update=False, placeholder="SP 2054 5495")
        self._lat = widgets.Text(continuous_update=False, placeholder="52.19")
        self._lon = widgets.Text(continuous_update=False, placeholder="-1.70")
        self._lpa_choice = _Adder("Local planning authority", lpa_names(), self._notice, page)
        self._nca_choice = _Adder("National Character Area", nca_names(), self._notice, page)
        self._waters = _Waters(page, self._notice, self._describe)
        self._overrides = _Overrides(page, self._notice, self._describe)
        self._water_part = Disclosure("waters of the site", self._waters.box)
        self.box = column(
            heading(self._step.title),
            prose(
                "Say where the development is: it decides how far each bank counts as being, "
                "and so how much its units are worth.",
                kind="lead",
            ),
            self._hint,
            self._ways(),
            self._notice,
            self._found,
            self._map_box,
            self._water_part,
            Disclosure("neighbours that you know better", self._overrides.box),
        )

    def refresh(self) -> None:
        """Show what the model says now."""
        self._is_showing = True
        try:
            self._show()
        finally:
            self._is_showing = False

    def _show(self) -> None:
        step = self._step
        if step.way is Way.POSTCODE:
            self._postcode.value = step.text
        if step.way is Way.GRID:
            self._grid.value = step.text
        site = step.site
        self._show_hint()
        self._waters.show(step.details)
        self._overrides.show(step.details)
        if step.asks_water and not self._water_part.is_open:
            self._water_part.unfold()
        if site is None:
            self._found.value = ""
        else:
            self._lpa_choice.show(site.lpas)
            self._nca_choice.show(site.ncas)
            self._found.value = render(
                "site_found", site=site, known_by=KNOWN_BY[site.confidence],
                warnings=step.warnings,
            )  # fmt: skip
        self._show_map()

    def _show_map(self) -> None:
        if self._map is None:
            # Loaded when the step is first shown: the page opens without it.
            from bng_opt.app.views.map import SiteMap

            tiles = self._page.session.services.settings.app_tiles_url
            self._map = SiteMap(on_click=self._clicked, tiles_url=tiles)
            self._map_box.children = [
                prose("Or click the place on the map.", kind="help"), self._map.box,
            ]  # fmt: skip
        self._map.show_site(self._step.site)

    def _show_hint(self) -> None:
        hint = self._step.hint if self._step.site is None else ""
        if hint == self._hinted:
            return
        self._hinted = hint
        if not hint:
            self._hint.children = []
            return
        self._hint.children = [
            row(
                prose(f"The workbook names the planning authority {hint}."),
                button(
                    f"Put {hint} into the list", self._page.guarded(self._take_hint, self._notice)
                ),
            )
        ]

    def _take_hint(self) -> None:
        self._lpa_choice.add_name(self._step.hint)

    def _ways(self) -> widgets.Widget:
        guarded, notice = self._page.guarded, self._notice
        postcode = labelled(self._postcode, "Postcode", "In full; its first half is only a guess.")
        grid = labelled(self._grid, "OS grid reference")
        by_postcode = button(
            "Find the postcode", guarded(self._by_postcode, notice), kind="primary"
        )
        by_grid = button("Find the grid reference", guarded(self._by_grid, notice))
        point = row(
            labelled(self._lat, "Latitude [degrees]"), labelled(self._lon, "Longitude [degrees]"),
            button("Find the point", guarded(self._by_point, notice)),
        )  # fmt: skip
        names = column(
            prose(
                "A site may lie in several of each; nearness to any of them counts.", kind="help"
            ),
            self._lpa_choice.box,
            self._nca_choice.box,
            button("Take these areas", guarded(self._by_names, notice)),
        )
        parts: list[widgets.Widget] = [row(postcode, by_postcode), row(grid, by_grid)]
        if self._step.finds_addresses:
            parts.append(_Addresses(self._page, notice).box)
        parts.append(Disclosure("latitude and longitude", point))
        parts.append(Disclosure("lists of planning authorities and character areas", names))
        return column(*parts, name="ways-to-site")

    def _by_postcode(self) -> None:
        self._step.find_postcode(self._postcode.value)

    def _by_grid(self) -> None:
        self._step.find_grid(self._grid.value)

    def _by_point(self) -> None:
        self._step.find_point(_degrees("Latitude", self._lat), _degrees("Longitude", self._lon))

    def _by_names(self) -> None:
        self._step.find_names(self._lpa_choice.names, self._nca_choice.names)

    def _clicked(self, lat: float, lon: float) -> None:
        self._page.attempt(lambda: self._step.find_point(lat, lon), self._notice)

    def _describe(self, details: Details) -> None:
        if not self._is_showing:
            self._step.describe(details)


class _Adder:
    """A searchable list from which several names are taken, each shown with a way to remove it."""

    def __init__(
        self,
        label: str,
        offered: tuple[str, ...],
        notice: Notice,
        page: Page,
        on_change: Callable[[], None] | None = None,
    ) -> None:
        self.names: tuple[str, ...] = ()
        self._label, self._offered = label, offered
        self._on_change = on_change
        self._page, self._notice = page, notice
        self._field = widgets.Combobox(
            options=offered, continuous_update=False, placeholder="Type to search"
        )
        self._list = row()
        add = button(f"Add the {label}", page.guarded(self._add, notice))
        self.box = column(row(labelled(self._field, label), add), self._list)

    def show(self, names: tuple[str, ...]) -> None:
        """Show names that were taken."""
        if names != self.names:
            self.names = tuple(names)
            self._draw()

    def add_name(self, name: str) -> None:
        """Take a name."""
        if name not in self._offered:
            message = f'There is no {self._label} "{name}".'
            raise InputError(Finding(message, "Choose it from the list."))
        self.show((*self.names, name) if name not in self.names else self.names)
        self._changed()

    def _add(self) -> None:
        typed = self._field.value.strip()
        if not typed:
            raise InputError(Finding(f"No {self._label} was typed.", "Choose it from the list."))
        self.add_name(typed)
        self._field.value = ""

    def _remove(self, name: str) -> Callable[..., None]:
        def remove() -> None:
            self.show(tuple(each for each in self.names if each != name))
            self._changed()

        return self._page.guarded(remove, self._notice)

    def _changed(self) -> None:
        if self._on_change is not None:
            self._on_change()

    def _draw(self) -> None:
        self._list.children = [
            button(f"Remove {name}", self._remove(name), kind="chip") for name in self.names
        ]


class _Waters:
    """Waterbodies, catchments and marine plan areas of the site."""

    def __init__(self, page: Page, notice: Notice, on_change: Callable[[Details], None]) -> None:
        self._page, self._notice, self._on_change = page, notice, on_change
        self._details = Details()
        self._search = widgets.Text(continuous_update=False, placeholder="Name, catchment or id")
        self._results = column()
        self._catchment = widgets.Text(continuous_update=False)
        self._marine = widgets.Dropdown(options=[_NOTHING, *marine_plan_area_names()])
        self._chosen = row()
        self.box = column(
            prose(
                "Watercourse units count by waterbody and operational catchment, intertidal "
                "ones by marine plan area.",
                kind="help",
            ),
            row(
                labelled(self._search, "Waterbody search"),
                button("Search waterbodies", page.guarded(self._look, notice)),
            ),
            self._results,
            self._chosen,
            labelled(self._catchment, "Operational catchment, where the waterbody isn't known"),
            labelled(self._marine, "Inshore marine plan area"),
            button("Take the catchment and marine plan area", page.guarded(self._take, notice)),
        )

    def show(self, details: Details) -> None:
        """Show what was entered."""
        if details == self._details:
            return
        self._details = details
        self._marine.value = details.marine_areas[0] if details.marine_areas else _NOTHING
        self._chosen.children = [
            button(f"Remove waterbody {each}", self._removing(each), kind="chip")
            for each in details.waterbodies
        ]

    def _look(self) -> None:
        found = find_waterbodies(self._search.value)
        if not found:
            self._results.children = [prose("No waterbody was found: try another word.")]
            return
        self._results.children = [
            button(
                f"{each.name} ({each.id}, {each.catchment or 'catchment unknown'})",
                self._choosing(each.id),
                kind="chip",
            )
            for each in found
        ]

    def _choosing(self, wb_id: str) -> Callable[..., None]:
        def choose() -> None:
            known = self._details.waterbodies
            if wb_id not in known:
                self._change(waterbodies=(*known, wb_id))
            self._results.children = []

        return self._page.guarded(choose, self._notice)

    def _removing(self, wb_id: str) -> Callable[..., None]:
        def remove() -> None:
            left = tuple(each for each in self._details.waterbodies if each != wb_id)
            self._change(waterbodies=left)

        return self._page.guarded(remove, self._notice)

    def _take(self) -> None:
        catchment = self._catchment.value.strip()
        marine = self._marine.value
        self._change(
            catchments=(catchment,) if catchment else (),
            marine_areas=() if marine == _NOTHING else (marine,),
        )

    def _change(self, **changed: tuple[str, ...]) -> None:
        self._on_change(Details(**{**vars(self._details), **changed}))


class _Overrides:
    """Areas that count as neighbours, or don't, whatever the tables say."""

    def __init__(self, page: Page, notice: Notice, on_change: Callable[[Details], None]) -> None:
        self._on_change = on_change
        self._details = Details()
        self._adders = {
            (field, kind): _Adder(f"{kind.upper()} {words}", names, notice, page, self._changed)
            for field, words in (("extra", "that adjoins"), ("removed", "that doesn't adjoin"))
            for kind, names in (("lpa", lpa_names()), ("nca", nca_names()))
        }
        self.box = column(
            prose(
                "The tables are accurate to some 350 m. Where you know better, say so; the "
                "report tells of it.",
                kind="help",
            ),
            *(adder.box for adder in self._adders.values()),
        )

    def show(self, details: Details) -> None:
        """Show what was entered."""
        self._details = details
        for (field, kind), adder in self._adders.items():
            pairs = getattr(details, field)
            adder.show(tuple(name for own, name in pairs if own == kind))

    def _changed(self) -> None:
        changed: dict[str, tuple[tuple[str, str], ...]] = {}
        for (field, kind), adder in self._adders.items():
            own = tuple((kind, name) for name in adder.names)
            changed[field] = (*changed.get(field, ()), *own)
        self._on_change(Details(**{**vars(self._details), **changed}))


class _Addresses:
    """A search for addresses with the team's service."""

    def __init__(self, page: Page, notice: Notice) -> None:
        self._page, self._notice, self._step = page, notice, page.session.site
        self._field = widgets.Text(continuous_update=False)
        self._results = column()
        find = button("Find the address", page.guarded(self._find, notice))
        self.box = column(row(labelled(self._field, "Address"), find), self._results)

    def _find(self) -> None:
        found = self._step.find_addresses(self._field.value)
        self._results.children = [
            button(each.text, self._taking(each.lat, each.lon), kind="chip") for each in found
        ]

    def _taking(self, lat: float, lon: float) -> Callable[..., None]:
        def take() -> None:
            self._step.find_point(lat, lon)
            self._results.children = []

        return self._page.guarded(take, self._notice)


def _degrees(name: str, field: widgets.Text) -> float:
    text = field.value.strip()
    try:
        return float(text)
    except ValueError:
        what = f'"{text}" is no number' if text else "nothing was typed"
        remedy = "Give decimal degrees, such as 52.19 and -1.70."
        raise InputError(Finding(f"{name}: {what}.", remedy)) from None
