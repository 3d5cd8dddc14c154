"""The view of the step Site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bng_opt.app.state.site import waterbody_words
from bng_opt.app.views.kit import (
    Disclosure,
    Notice,
    button,
    column,
    heading,
    html,
    prose,
    render,
    row,
)
from bng_opt.app.views.page import Page
from bng_opt.app.views.site_details import Overrides, Waters
from bng_opt.app.views.site_ways import SiteWays
from bng_opt.places.site import KNOWN_BY

if TYPE_CHECKING:
    from bng_opt.app.views.map import SiteMap


class SiteView:
    """Shows the ways to say where the site is, and what follows from it."""

    def __init__(self, page: Page) -> None:
        self._page, self._step = page, page.session.site
        self._notice = Notice()
        self._found = html()
        self._hint = column()
        self._hinted = ""
        self._ways = SiteWays(page, self._notice)
        self._waters = Waters(page, self._notice)
        self._overrides = Overrides(page, self._notice)
        self._water_part = Disclosure("waters of the site", self._waters.box)
        self._asked_water = False
        self._map: SiteMap | None = None
        self._is_drawing = False
        self._map_notice = Notice()
        waiting = prose("The map is being drawn.", kind="help")
        self._map_box = column(waiting, self._map_notice, name="site-map")
        self.box = column(
            heading(self._step.title),
            prose(
                "Say where the development is: it decides how far each bank counts as being, "
                "and so how much its units are worth.",
                kind="lead",
            ),
            self._hint,
            column(
                column(self._ways.box, self._notice, self._found, name="site-words"),
                self._map_box,
                name="site",
            ),
            self._water_part,
            Disclosure("neighbours that you know better", self._overrides.box),
        )

    def refresh(self) -> None:
        """Show what the model says now."""
        self._show_hint()
        self._ways.show()
        self._waters.show()
        self._overrides.show()
        self._ask_water()
        self._show_found()
        self._show_map()

    def _ask_water(self) -> None:
        """Unfold the waters once they matter; whoever folds them again is let."""
        asks = self._step.asks_water or self._step.asks_marine
        if asks and not self._asked_water:
            self._water_part.unfold()
        self._asked_water = asks

    def _show_found(self) -> None:
        site = self._step.site
        text = ""
        if site is not None:
            text = render(
                "site_found",
                site=site,
                found_by=self._step.found_by,
                known_by=KNOWN_BY[site.confidence],
                waters=[waterbody_words(each) for each in site.waterbodies],
                warnings=self._step.warnings,
            )
        if text != self._found.value:
            self._found.value = text

    def _show_map(self) -> None:
        if self._map is not None:
            self._map.show_site(self._step.site)
        elif not self._is_drawing:
            # Boundaries take a moment to be read: the words are on the page before.
            self._is_drawing = True
            self._page.watch(self._draw_map, self._map_notice)

    def _draw_map(self) -> bool:
        from bng_opt.app.views.map import SiteMap

        tiles = self._page.session.services.settings.app_tiles_url
        self._map = SiteMap(on_click=self._clicked, tiles_url=tiles)
        self._map.show_site(self._step.site)
        self._map_box.children = [
            prose("Or click the place on the map.", kind="help"), self._map.box,
        ]  # fmt: skip
        return False

    def _show_hint(self) -> None:
        hint = self._step.hint if self._step.site is None else ""
        if hint == self._hinted:
            return
        self._hinted = hint
        if not hint:
            self._hint.children = []
            return
        put = self._page.guarded(lambda: self._ways.list_lpa(hint), self._notice)
        self._hint.children = [
            row(
                prose(f"The workbook names the planning authority {hint}."),
                button(f"Put {hint} into the list", put),
            )
        ]

    def _clicked(self, lat: float, lon: float) -> None:
        self._page.attempt(lambda: self._step.find_point(lat, lon), self._notice)
