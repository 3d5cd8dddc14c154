"""Habitat aliases: a name of somebody else's, said once."""

from __future__ import annotations

import pandas as pd
import pytest

from bng_opt.errors import InputError
from bng_opt.market.store.aliases import add_alias, list_aliases, remove_alias
from bng_opt.market.store.audit import history
from bng_opt.market.store.imports import import_market
from bng_opt.market.store.snapshots import read_market

MEADOW = "Grassland - Lowland meadows"


def test_an_alias_is_asked_before_the_catalogue_by_every_import(store, tables):
    tables["stock"][0] |= {"habitat": "Flower  MEADOW", "baseline_habitat": "Ploughed"}
    tables["pricing"][0]["habitat"] = "flower-meadow"
    frames = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    with pytest.raises(InputError) as error:
        import_market(store, frames, by="ann")
    assert len(error.value.findings) == 3
    add_alias(store, "Flower meadow", "lowland meadows", by="ann")
    import_market(store, frames, by="ann", aliases={"ploughed": "Cereal crops"})
    line = read_market(store).stock[0]
    assert line.habitat.name == MEADOW
    assert line.baseline_habitat.name == "Cropland - Cereal crops"


def test_an_alias_needs_a_statutory_habitat_and_may_not_shadow_one(store):
    for alias, habitat, count in (("Ditches", MEADOW, 1), ("", "Moon dust", 2), ("X", "Moon", 1)):
        with pytest.raises(InputError) as error:
            add_alias(store, alias, habitat, by="ann")
        assert len(error.value.findings) == count
    assert list_aliases(store) == ()


def test_aliases_are_changed_listed_and_removed_with_who_in_the_log(store):
    add_alias(store, "Flower meadow", MEADOW, by="ann")
    add_alias(store, "Flower meadow", MEADOW, by="bob")
    changed = add_alias(store, "Flower Meadow", "Ditches", by="cat")
    assert (changed.habitat, changed.made_by) == ("Ditches", "cat")
    assert list_aliases(store) == (changed,)
    with pytest.raises(InputError, match="Nearest"):
        remove_alias(store, "Flour meadow", by="cat")
    assert remove_alias(store, "flower-meadow", by="dan") == changed
    assert list_aliases(store) == ()
    with store.read() as session:
        first = history(session, "habitat alias", "Flower meadow")
        later = history(session, "habitat alias", "Flower Meadow")
    assert [(row.who, row.action) for row in first] == [("ann", "added")]
    assert [(row.who, row.action) for row in later] == [("cat", "changed"), ("dan", "removed")]
    assert later[0].details["before"] == MEADOW
