"""The trading rules of RULES 2: each by hand, then as properties against a linear programme."""

from __future__ import annotations

import math
from collections import Counter

import highspy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bng_opt.metric.trading import account_of, counts_for_trading, settle
from bng_opt.reference import Distinctiveness, Habitat, Ledger, catalogue

FIND = catalogue().find

# name, changes, what is short by account
EXAMPLES = [
    # Area, Very High: same habitat type; types do not offset one another.
    ("a Very High loss is owed in kind", {"Lowland meadows": -2}, {"Lowland meadows": 2}),
    (
        "a Very High gain does not serve another Very High loss",
        {"Lowland meadows": -2, "Upland hay meadows": 5},
        {"Lowland meadows": 2},
    ),
    # Area, High: same habitat type.
    (
        "a High gain does not serve another High loss of its broad habitat",
        {"Upland oakwood": -2, "Wet woodland": 3},
        {"Upland oakwood": 2},
    ),
    (
        "a Very High gain does not serve a High loss",
        {"Upland oakwood": -2, "Wood-pasture and parkland": 3},
        {"Upland oakwood": 2},
    ),
    (
        "felled woodland and its replacement are one type",
        {"Woodland and forest - Felled": -2},
        {"Felled": 2},
    ),
    (
        "a floodplain mosaic is owed in kind",
        {"Floodplain wetland mosaic and CFGM": -1, "Lowland calcareous grassland": 4},
        {"Floodplain wetland mosaic and CFGM": 1},
    ),
    # Area, Medium: same broad habitat at Medium, or any High or Very High.
    (
        "Medium types of a broad habitat offset each other",
        {"Other neutral grassland": -2, "Upland acid grassland": 3},
        {},
    ),
    (
        "a Medium gain does not serve a Medium loss of another broad habitat",
        {"Other neutral grassland": 5, "Mixed scrub": -2},
        {"Heathland and shrub": 2},
    ),
    (
        "a High gain of any broad habitat serves a Medium loss",
        {"Wet woodland": 1.5, "Mixed scrub": -2},
        {"Heathland and shrub": 0.5},
    ),
    (
        "a Very High gain of any broad habitat serves a Medium loss",
        {"Lowland meadows": 3, "Mixed scrub": -2},
        {},
    ),
    (
        "a group nets before it draws on a High gain",
        {"Wet woodland": 1, "Mixed scrub": -3, "Gorse scrub": 2, "Reservoirs": -1},
        {"Heathland and shrub": 1},
    ),
    (
        "Urban and Rural trees offset each other",
        {"Urban tree": -2, "Rural tree": 2},
        {},
    ),
    (
        "no other Medium habitat stands in for a tree",
        {"Urban tree": -2, "Other woodland; broadleaved": 4, "Biodiverse green roof": 4},
        {"Individual trees": 2},
    ),
    ("a High habitat stands in for a tree", {"Rural tree": -2, "Wet woodland": 2}, {}),
    (
        "intertidal sediment and hard structures are one group",
        {
            "Littoral sand": -2,
            "Artificial hard structures with integrated greening of grey infrastructure (IGGI)": 2,
        },
        {},
    ),
    (
        "a Low gain does not serve a Medium loss",
        {"Modified grassland": 5, "Other neutral grassland": -2},
        {"Grassland": 2},
    ),
    # Area, Low: same band or higher, any broad habitat.
    (
        "Low habitats of any broad habitat offset each other",
        {"Cereal crops": -2, "Vegetated garden": 2},
        {},
    ),
    (
        "gains of any higher band serve a Low loss",
        {"Cereal crops": -6, "Lowland meadows": 1, "Wet woodland": 2, "Rural tree": 2.5},
        {"Low": 0.5},
    ),
    # Area, Very Low: nothing to compensate.
    ("a Very Low loss is owed nothing", {"Developed land; sealed surface": -5}, {}),
    # The order of use.
    (
        "higher bands are served first",
        {"Wet woodland": 2, "Mixed scrub": -2, "Cereal crops": -1},
        {"Low": 1},
    ),
    (
        "the lowest eligible gain is used first",
        {"Wet woodland": 2, "Rural tree": 3, "Cereal crops": -3, "Mixed scrub": -2},
        {},
    ),
    # Hedgerow, Very High: same type.
    (
        "a Very High hedgerow is owed in kind",
        {
            "Species-rich native hedgerow with trees - associated with bank or ditch": -1,
            "Species-rich native hedgerow with trees": 4,
        },
        {"Species-rich native hedgerow with trees - associated with bank or ditch": 1},
    ),
    # Hedgerow, High: same type or Very High.
    (
        "a High hedgerow does not serve another High one",
        {
            "Species-rich native hedgerow with trees": -1,
            "Native hedgerow with trees - associated with bank or ditch": 3,
        },
        {"Species-rich native hedgerow with trees": 1},
    ),
    (
        "the Very High hedgerow serves a High one",
        {
            "Species-rich native hedgerow with trees": -3,
            "Species-rich native hedgerow with trees - associated with bank or ditch": 2,
        },
        {"Species-rich native hedgerow with trees": 1},
    ),
    # Hedgerow, Medium, Low, Very Low: same band or higher, any type.
    (
        "Medium hedgerows offset each other and take from above",
        {
            "Species-rich native hedgerow": -4,
            "Ecologically valuable line of trees": 1,
            "Species-rich native hedgerow with trees": 2,
        },
        {"Medium": 1},
    ),
    (
        "a Low hedgerow takes from Medium, not from Very Low",
        {
            "Native hedgerow": -3,
            "Species-rich native hedgerow": 1,
            "Non-native and ornamental hedgerow": 9,
        },
        {"Low": 2},
    ),
    (
        "a Very Low hedgerow takes from Low",
        {"Native hedgerow": 1, "Non-native and ornamental hedgerow": -3},
        {"Very Low": 2},
    ),
    # Watercourse: Very High and High in kind.
    (
        "a priority river is owed in kind",
        {"Priority habitat": -1, "Other rivers and streams": 5},
        {"Priority habitat": 1},
    ),
    (
        "another river is owed in kind",
        {"Other rivers and streams": -1, "Priority habitat": 5},
        {"Other rivers and streams": 1},
    ),
    # Watercourse, Medium: same habitat, canals and ditches apart, no help from above.
    (
        "canals and ditches do not offset each other",
        {"Ditches": -1, "Canals": 5},
        {"Ditches": 1},
    ),
    (
        "a High gain does not serve a Medium watercourse",
        {"Canals": -1, "Other rivers and streams": 5, "Priority habitat": 5},
        {"Canals": 1},
    ),
    # Watercourse, Low: a higher band, any type.
    ("a culvert loss takes any higher band", {"Culvert": -2, "Ditches": 1, "Canals": 1}, {}),
    ("a culvert loss is owed", {"Culvert": -2, "Ditches": 0.5}, {"Culvert": 1.5}),
    ("a culvert gain serves nothing", {"Culvert": 5, "Ditches": -1}, {"Ditches": 1}),
]


def position_of(changes: dict[str, float]):
    return settle({FIND(name): float(units) for name, units in changes.items()})


def short_of(position) -> dict[str, float]:
    return {
        shortfall.account.key.rpartition("Woodland and forest - ")[2].rpartition(
            "Grassland - "
        )[2]: shortfall.units
        for shortfall in position.shortfalls
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "short"), [e[1:] for e in EXAMPLES], ids=[e[0] for e in EXAMPLES]
)
def test_each_rule_by_hand(changes, short):
    position = position_of(changes)
    assert short_of(position) == pytest.approx(short)
    assert position.total == pytest.approx(sum(short.values()))


@pytest.mark.parametrize("changes", [e[1] for e in EXAMPLES], ids=[e[0] for e in EXAMPLES])
def test_the_order_of_the_changes_changes_nothing(changes):
    backwards = dict(reversed(changes.items()))
    assert position_of(backwards) == position_of(changes)


def test_every_rule_of_every_band_has_an_example():
    seen = {
        (habitat.ledger, habitat.distinctiveness)
        for _, changes, _ in EXAMPLES
        for habitat in map(FIND, changes)
        if changes
    }
    assert seen == {(h.ledger, h.distinctiveness) for h in catalogue().habitats}


def test_both_felled_labels_are_one_habitat():
    assert FIND("Woodland and forest - Felled") is FIND(
        "Woodland and forest - Replacement for felled woodland"
    )


def test_bought_culvert_counts_for_no_rule():
    assert not counts_for_trading(FIND("Culvert"))
    assert not counts_for_trading(FIND("Developed land; sealed surface"))
    assert counts_for_trading(FIND("Canals"))


def test_units_below_the_tolerance_are_none():
    assert position_of({"Lowland meadows": -1e-7}).shortfalls == ()


# --- properties

SAMPLE = {
    Ledger.AREA: [
        "Lowland meadows",
        "Upland hay meadows",
        "Wet woodland",
        "Upland oakwood",
        "Other neutral grassland",
        "Upland acid grassland",
        "Mixed scrub",
        "Urban tree",
        "Rural tree",
        "Littoral sand",
        "Artificial hard structures with integrated greening of grey infrastructure (IGGI)",
        "Cereal crops",
        "Modified grassland",
        "Vegetated garden",
    ],
    Ledger.HEDGEROW: [h.name for h in catalogue().of(Ledger.HEDGEROW)],
    Ledger.WATERCOURSE: [h.name for h in catalogue().of(Ledger.WATERCOURSE)],
}


@st.composite
def a_ledgers_changes(draw) -> dict[Habitat, float]:
    ledger = draw(st.sampled_from(list(Ledger)))
    units = st.integers(-40, 40).map(lambda n: n / 8)
    names = draw(st.lists(st.sampled_from(SAMPLE[ledger]), min_size=1, unique=True))
    return {FIND(name, ledger): draw(units) for name in names}


def least_purchase(changes: dict[Habitat, float]) -> float:
    """Return the fewest units that make every statutory test pass (RULES 4).

    Independent of the code under test: the workbook's tests on what the project changes
    and the units bought add up to, as a linear programme.
    """
    model = highspy.Highs()
    model.silent()
    ledger = next(iter(changes)).ledger
    habitats = [FIND(name, ledger) for name in SAMPLE[ledger]]
    bought = {
        h: model.addVariable(0, 0 if h.name == "Culvert" else highspy.kHighsInf, 1)
        for h in habitats
    }
    after = {h: changes.get(h, 0.0) + bought[h] for h in habitats}

    def of(band: Distinctiveness) -> list[Habitat]:
        return [h for h in habitats if h.distinctiveness is band]

    def short(amounts: list) -> list:
        helpers = [model.addVariable(0, highspy.kHighsInf) for _ in amounts]
        for helper, amount in zip(helpers, amounts, strict=True):
            model.addConstr(helper + amount >= 0)
        return helpers

    very_high, high = of(Distinctiveness.VERY_HIGH), of(Distinctiveness.HIGH)
    medium, low = of(Distinctiveness.MEDIUM), of(Distinctiveness.LOW)
    if ledger is Ledger.AREA:
        for h in very_high + high:
            model.addConstr(after[h] >= 0)
        groups: dict[str, list[Habitat]] = {}
        for h in medium:
            broad = h.broad_habitat
            group = "intertidal" if broad.startswith("Intertidal") else broad
            groups.setdefault(group, []).append(h)
        missing = short([sum((after[h] for h in g), 0.0) for g in groups.values()])
        model.addConstr(sum((after[h] for h in very_high + high), 0.0) - sum(missing, 0.0) >= 0)
        model.addConstr(sum((after[h] for h in habitats), 0.0) >= 0)
    elif ledger is Ledger.HEDGEROW:
        model.addConstr(after[very_high[0]] >= 0)
        missing = short([after[h] for h in high])
        model.addConstr(after[very_high[0]] - sum(missing, 0.0) >= 0)
        running = very_high + high
        for band in (medium, low, of(Distinctiveness.VERY_LOW)):
            running = running + band
            model.addConstr(sum((after[h] for h in running), 0.0) >= 0)
    else:
        for h in very_high + high + medium:
            model.addConstr(after[h] >= 0)
        model.addConstr(sum((after[h] for h in habitats), 0.0) >= 0)
    model.minimize()
    assert model.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return model.getObjectiveValue()


@given(a_ledgers_changes())
def test_the_total_is_the_fewest_units_that_pass_every_test(changes):
    assert settle(changes).total == pytest.approx(least_purchase(changes), abs=1e-6)


@given(a_ledgers_changes(), st.randoms(use_true_random=False))
def test_no_order_of_the_habitats_changes_the_answer(changes, chance):
    items = list(changes.items())
    chance.shuffle(items)
    shuffled, straight = settle(dict(items)), settle(changes)
    assert {(s.account.key, s.account.band) for s in shuffled.shortfalls} == {
        (s.account.key, s.account.band) for s in straight.shortfalls
    }
    assert shuffled.total == pytest.approx(straight.total, abs=1e-9)


@given(a_ledgers_changes(), st.data(), st.floats(0, 20))
def test_more_of_any_habitat_never_leaves_more_to_buy(changes, data, more):
    habitat = data.draw(st.sampled_from(list(changes)))
    richer = changes | {habitat: changes[habitat] + more}
    assert settle(richer).total <= settle(changes).total + 1e-6


@given(a_ledgers_changes())
def test_buying_what_is_short_leaves_nothing_short(changes):
    bought: Counter = Counter(changes)
    for shortfall in settle(changes).shortfalls:
        account = shortfall.account
        if account.habitat is not None and not counts_for_trading(account.habitat):
            habitat = FIND("Canals")
        else:
            habitat = next(
                h
                for h in catalogue().of(account.ledger)
                if (own := account_of(h)) and (own.key, own.band) == (account.key, account.band)
            )
        bought[habitat] += shortfall.units
    assert settle(bought).total == pytest.approx(0, abs=1e-5)


@given(a_ledgers_changes())
def test_no_surplus_is_used_twice_nor_where_it_may_not(changes):
    position = settle(changes)
    balances = dict(position.balances)
    used: Counter = Counter()
    served: Counter = Counter()
    for use in position.uses:
        assert use.source.may_serve(use.target)
        assert use.units > 0
        used[use.source] += use.units
        served[use.target] += use.units
    for account, units in used.items():
        assert units <= balances[account] + 1e-9
    for shortfall in position.shortfalls:
        served[shortfall.account] += shortfall.units
    for account, balance in balances.items():
        if balance < 0:
            assert math.isclose(served[account], -balance, abs_tol=2e-6)
