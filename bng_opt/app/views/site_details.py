"""What is said of the site beside where it is: its waters, and neighbours that one knows better."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import ipywidgets as widgets

from bng_opt.app.state.site import (
    MOST_FOUND,
    Waterbody,
    find_waterbodies,
    lpa_names,
    nca_names,
    waterbody_words,
)
from bng_opt.app.views.enter_key import entering
from bng_opt.app.views.kit import Notice, button, column, labelled, prose, row
from bng_opt.app.views.name_adder import NameAdder
from bng_opt.app.views.page import Page
from bng_opt.places.names import marine_plan_area_names
from bng_opt.places.water_table import catchment_names

_LIKE_ID = re.compile(r"GB[0-9][0-9A-Z]+")


class Waters:
    """Waterbodies, catchments and marine plan areas of the site.

    Attributes
    ----------
    box
        The whole as a widget.
    """

    def __init__(self, page: Page, notice: Notice) -> None:
        self._page, self._notice, self._step = page, notice, page.session.site
        self._search = widgets.Text(continuous_update=False)
        self._results = column()
        self._shown: tuple[str, ...] = ()
        self._chosen = row()
        self._catchments = NameAdder(
            page, "Operational catchment", tuple(sorted(catchment_names())), self._catch, notice
        )
        self._marine = NameAdder(
            page, "Marine plan area", tuple(marine_plan_area_names()), self._sail, notice
        )
        self.box = column(
            prose(
                "Watercourse units count by the waterbody where the loss is and by its "
                "operational catchment, intertidal ones by the inshore marine plan area.",
                kind="help",
            ),
            entering(
                row(
                    labelled(self._search, "Waterbody: name, catchment or id"),
                    button("Search waterbodies", page.guarded(self._look, notice)),
                )
            ),
            self._results,
            self._chosen,
            prose(
                "The operational catchment follows from the waterbody: give it only where the "
                "waterbody isn't known.",
                kind="help",
            ),
            self._catchments.box,
            self._marine.box,
            name="details",
        )

    def show(self) -> None:
        """Show what the model says."""
        details = self._step.details
        self._catchments.show(details.catchments)
        self._marine.show(details.marine_areas)
        if details.waterbodies == self._shown:
            return
        self._shown = details.waterbodies
        self._chosen.children = [
            button(f"Remove {waterbody_words(each)}", self._removing(each), kind="chip")
            for each in details.waterbodies
        ]

    def _look(self) -> None:
        self._results.children = []
        typed = self._search.value
        found = find_waterbodies(typed)
        self._results.children = [
            prose(_count(found)),
            *(self._offer(_words(each), each.id) for each in found),
            *self._untabled(typed, found),
        ]

    def _untabled(self, typed: str, found: tuple[Waterbody, ...]) -> list[widgets.Widget]:
        """Return the offer of an id that the table, of 2019, doesn't hold."""
        wb_id = "".join(typed.split()).upper()
        if found or not _LIKE_ID.fullmatch(wb_id):
            return []
        return [self._offer(f"the id {wb_id} all the same", wb_id)]

    def _offer(self, words: str, wb_id: str) -> widgets.Widget:
        return button(f"Add {words}", self._choosing(wb_id), kind="chip")

    def _choosing(self, wb_id: str) -> Callable[..., None]:
        def choose() -> None:
            known = self._step.details.waterbodies
            if wb_id not in known:
                self._change(waterbodies=(*known, wb_id))
            self._results.children = []

        return self._page.guarded(choose, self._notice)

    def _removing(self, wb_id: str) -> Callable[..., None]:
        def remove() -> None:
            left = tuple(each for each in self._step.details.waterbodies if each != wb_id)
            self._change(waterbodies=left)

        return self._page.guarded(remove, self._notice)

    def _catch(self, names: tuple[str, ...]) -> None:
        self._change(catchments=names)

    def _sail(self, names: tuple[str, ...]) -> None:
        self._change(marine_areas=names)

    def _change(self, **changed: Any) -> None:
        self._step.describe(replace(self._step.details, **changed))


class Overrides:
    """Areas that count as neighbours, or don't, whatever the tables say.

    Attributes
    ----------
    box
        The whole as a widget.
    """

    def __init__(self, page: Page, notice: Notice) -> None:
        self._step = page.session.site
        self._adders = {
            (field, kind): NameAdder(
                page, f"{kind.upper()} {words} the site", names, self._changing(field, kind), notice
            )
            for field, words in (("extra", "that adjoins"), ("removed", "that doesn't adjoin"))
            for kind, names in (("lpa", lpa_names()), ("nca", nca_names()))
        }
        self.box = column(
            prose(
                "The tables are accurate to some 350 m. Where you know better, say so; the "
                "report tells of it.",
                kind="help",
            ),
            column(*(adder.box for adder in self._adders.values()), name="pairs"),
            name="details",
        )

    def show(self) -> None:
        """Show what the model says."""
        for (field, kind), adder in self._adders.items():
            pairs = getattr(self._step.details, field)
            adder.show(name for own, name in pairs if own == kind)

    def _changing(self, field: str, kind: str) -> Callable[[tuple[str, ...]], None]:
        def change(names: tuple[str, ...]) -> None:
            details = self._step.details
            others = [pair for pair in getattr(details, field) if pair[0] != kind]
            own = [(kind, name) for name in dict.fromkeys(names)]
            changed: dict[str, Any] = {field: (*others, *own)}
            self._step.describe(replace(details, **changed))

        return change


def _words(found: Waterbody) -> str:
    return f"{found.name} ({found.id}, {found.catchment or 'catchment unknown'})"


def _count(found: tuple[Waterbody, ...]) -> str:
    if not found:
        return "No waterbody of the table of 2019 was found: try another word, or the whole id."
    if len(found) == MOST_FOUND:
        return f"The first {MOST_FOUND}: type more words to narrow them down."
    return f"{len(found)} found." if len(found) > 1 else "One found."
