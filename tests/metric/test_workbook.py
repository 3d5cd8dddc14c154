"""What a sound workbook says, and what the reader warns of."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest

from bng_opt.errors import Finding, InputError
from bng_opt.metric.workbook import read_metric
from bng_opt.reference import Ledger
from tests.support.metric_workbook import (
    MadeMetric,
    edit_part,
    make_metric,
    make_workbook,
    replace_part,
    to_bytes,
)

BANDS = {"V.High": "Very High", "V.Low": "Very Low"}
NAMES = [
    "d01_housing_arable",
    "d02_housing_grassland",
    "d03_woodland_high",
    "d04_vhigh_meadow",
    "d05_already_net_gain",
    "d06_trees_brownfield",
    "d07_surplus_and_deficit",
    "d08_with_offsite_rows",
    "d09_gpkg_cambridge",
    "d10_gpkg_wiltshire",
    "test_metric",
]


def test_every_shared_workbook_is_in_the_list_of_these_tests(shared_workbooks):
    assert sorted(path.stem for path in shared_workbooks.glob("*.xlsx")) == NAMES


@pytest.fixture(params=NAMES)
def case(request, shared_workbooks):
    expected = json.loads((shared_workbooks / f"{request.param}.expected.json").read_text("utf-8"))
    return read_metric(shared_workbooks / f"{request.param}.xlsx"), expected


def test_an_official_workbook_yields_its_headline(case):
    requirement, expected = case
    assert requirement.version == "4.1"
    assert requirement.target == expected["target"]
    assert requirement.project == (expected["project"] or "")
    assert requirement.planning_authority == (expected["lpa"] or "")
    for ledger, position in requirement.ledgers.items():
        headline = expected["headline"][ledger.value]
        assert position.baseline == headline["onsite_baseline"]
        assert position.deficit == headline["unit_deficit"]
        combined = sum(change.project_wide for change in position.changes)
        assert combined == pytest.approx(headline["combined_net_change"], abs=1e-9)


def test_an_official_workbook_yields_what_is_still_to_buy(case):
    requirement, expected = case
    for ledger, position in requirement.ledgers.items():
        residual = expected["residual"][ledger.value]
        assert position.settlement.total == pytest.approx(residual["trading_total"], abs=1e-9)
        assert position.net_gain_extra == pytest.approx(residual["net_gain_extra"], abs=1e-9)
        assert position.need == pytest.approx(residual["total_units_to_buy"], abs=1e-9)
        if residual["split_of_lines_unique"]:
            lines = {
                (line["habitat_or_group"], BANDS.get(line["band"], line["band"])): line["units"]
                for line in residual["lines"]
                if line["kind"] == "trading"
            }
            found = {
                (shortfall.account.key, shortfall.account.band.value): shortfall.units
                for shortfall in position.settlement.shortfalls
            }
            assert found == pytest.approx(lines, abs=1e-9)
    total = sum(each["total_units_to_buy"] for each in expected["residual"].values())
    assert requirement.is_met == (total == 0)


def test_an_official_workbook_yields_every_change_that_is_not_zero(case, shared_workbooks):
    requirement, expected = case
    with (shared_workbooks / "trading_rows.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["file"] == expected["file"]]
    wanted = [
        (row["module"], row["habitat"], float(row["onsite"]), float(row["offsite"])) for row in rows
    ]
    found = [
        (ledger.value, change.habitat.name, change.on_site, change.off_site)
        for ledger, position in requirement.ledgers.items()
        for change in position.changes
    ]
    assert sorted(found) == sorted(wanted)


def test_the_workbooks_own_flags_are_passed_on_in_its_words(case):
    requirement, expected = case
    told = [w.message for w in requirement.warnings if "The workbook says" in w.message]
    assert len(told) == len(expected["flags"])
    assert all(any(flag in message for message in told) for flag in expected["flags"])
    others = [w for w in requirement.warnings if "The workbook says" not in w.message]
    places = [(warning.sheet, warning.cell) for warning in others]
    is_real = expected["file"] == "test_metric.xlsx"
    real = [("E-2 Off-Site Hedge Creation", "Z12"), ("Headline Results", "H42")]
    assert places == (real if is_real else [])


def test_a_path_its_bytes_and_an_open_file_read_the_same(shared_workbooks):
    path = shared_workbooks / "d08_with_offsite_rows.xlsx"
    by_path = read_metric(path)
    assert read_metric(str(path)) == by_path
    assert read_metric(path.read_bytes(), path.name) == by_path
    assert read_metric(memoryview(path.read_bytes()), path.name) == by_path
    with path.open("rb") as stream:
        assert read_metric(stream) == by_path
    assert read_metric(io.BytesIO(path.read_bytes()), "upload.xlsx").source == "upload.xlsx"


def test_a_made_workbook_reads_as_it_was_made():
    requirement = read_metric(
        make_metric(
            on_site={"Lowland meadows": -2.0, "Cereal crops": -3.0, "Ditches": -0.5},
            off_site={"Other neutral grassland": 4.0, "Modified grassland": -1.0},
            baseline={Ledger.AREA: 10.0, Ledger.WATERCOURSE: 2.0},
            off_baseline={Ledger.AREA: 1.0},
            srm=0.75,
            target=0.125,
        )
    )
    area = requirement.ledgers[Ledger.AREA]
    # Required 11.25; achieved 5 on site and 3 x 0.75 off site.
    assert area.deficit == pytest.approx(11.25 - 5 - 2.25)
    assert requirement.target == 0.125
    assert [(c.habitat.name, c.on_site, c.off_site) for c in area.changes] == [
        ("Grassland - Lowland meadows", -2.0, 0.0),
        ("Grassland - Other neutral grassland", 0.0, 4.0),
        ("Cropland - Cereal crops", -3.0, 0.0),
        ("Grassland - Modified grassland", 0.0, -1.0),
    ]
    assert requirement.ledgers[Ledger.WATERCOURSE].deficit == pytest.approx(2.25 - 1.5)
    assert requirement.ledgers[Ledger.HEDGEROW].need == 0
    assert requirement.warnings == ()


def test_columns_and_rows_are_found_by_their_labels_wherever_they_stand():
    what = MadeMetric(on_site={"Lowland meadows": -2.0, "Native hedgerow": -1.0})
    workbook = make_workbook(what)
    for name in ("Start", "Headline Results", "Trading Summary Hedgerows"):
        workbook[name].insert_cols(1, 2)
        workbook[name].insert_rows(1, 3)
    moved = read_metric(to_bytes(workbook), "made")
    assert moved == read_metric(to_bytes(make_workbook(what)), "made")


def test_labels_may_differ_in_case_and_blanks():
    workbook = make_workbook(MadeMetric(on_site={"Lowland meadows": -2.0}))
    sheet = workbook["Trading Summary Area Habitats"]
    sheet["B14"] = "  grassland -  LOWLAND meadows "
    workbook["Headline Results"]["B8"] = " on-site Baseline"
    workbook["Trading Summary Hedgerows"].title = "trading summary hedgerows "
    assert read_metric(to_bytes(workbook)).need == pytest.approx(2 + 2 * 0.1)


def test_a_provider_without_on_site_land_owes_nothing():
    requirement = read_metric(
        make_metric(off_site={"Other neutral grassland": 5.0}, off_baseline={Ledger.AREA: 2.0})
    )
    assert requirement.is_met
    assert requirement.need == 0


def warnings_of(workbook) -> tuple[Finding, ...]:
    return read_metric(to_bytes(workbook)).warnings


def places(warnings) -> list[tuple[str | None, str | None]]:
    return [(warning.sheet, warning.cell) for warning in warnings]


def test_a_loss_off_site_is_warned_of_and_counts_in_full():
    requirement = read_metric(
        make_metric(
            off_site={"Cereal crops": -1.0}, off_baseline={Ledger.AREA: 2.0},
            baseline={Ledger.AREA: 4.0}, srm=0.5,
        )
    )  # fmt: skip
    assert places(requirement.warnings) == [("Headline Results", "H28")]
    assert requirement.ledgers[Ledger.AREA].deficit == pytest.approx(1.4)


def test_a_negative_multiplier_deduction_is_warned_of():
    requirement = read_metric(make_metric(off_site={"Native hedgerow": 1.0}, srm=1.2))
    assert places(requirement.warnings) == [("Headline Results", "H42")]
    assert "off-site reference" in requirement.warnings[0].remedy


@pytest.mark.parametrize(
    ("cell", "words", "told"),
    [
        ("B44", "Ensure bespoke compensation has been agreed where stated ⚠", "decision maker"),
        ("B56", "This metric contains deviations from the statutory metric ⚠", "consenting body"),
        ("B57", "You must specify if irreplaceable habitats are on-site at baseline ▲", "A-1"),
        ("B59", "Area created must match area lost for both onsite and offsite ▲", "0.01 ha"),
        ("B90", "Something that Defra adds later ⚠", "Look into"),
    ],
)
def test_the_headlines_warnings_are_passed_on_with_a_remedy(cell, words, told):
    workbook = make_workbook(MadeMetric(on_site={"Cereal crops": -1.0}))
    workbook["Headline Results"][cell] = words
    (warning,) = warnings_of(workbook)
    assert (warning.sheet, warning.cell) == ("Headline Results", cell)
    assert words in warning.message
    assert told in warning.remedy


def test_an_irreplaceable_loss_is_a_known_reason_for_no():
    workbook = make_workbook(MadeMetric())
    workbook["Headline Results"]["F55"] = "No - Check Trading Summaries ▲"
    workbook["Headline Results"]["B58"] = (
        "Unacceptable loss of irreplaceable habitat recorded - no bespoke compensation for "
        "losses has been agreed  ▲"
    )
    (warning,) = warnings_of(workbook)
    assert warning.cell == "B58"
    assert "No units can make this good" in warning.remedy


def test_losses_taken_out_as_bespoke_are_warned_of_even_where_the_headline_is_silent():
    workbook = make_workbook(MadeMetric())
    sheet = workbook["Detailed Results"]
    label = "Total on-site and off-site baseline units"
    rows = {20: "", 22: label, 25: f"{label} retained", 28: f"{label} proposed for enhancement"}
    for row, text in (rows | {31: f"{label} lost"}).items():
        sheet[f"B{row}"] = text
    sheet["D20"], sheet["H20"] = "Habitats", "Watercourses"
    for row, area, water in ((22, 9.0, 2.0), (25, 4.0, 1.0), (28, 1.0, 0.0), (31, 1.5, 1.0)):
        sheet[f"D{row}"], sheet[f"H{row}"] = area, water
    (warning,) = warnings_of(workbook)
    assert (warning.sheet, warning.cell) == ("Detailed Results", "D22")
    assert "2.5 area units" in warning.message


@pytest.mark.parametrize(("target", "warned"), [(0.05, True), (0.1, False), (10.0, True)])
def test_an_unlikely_target_is_warned_of(target, warned):
    requirement = read_metric(make_metric(baseline={Ledger.AREA: 1.0}, target=target))
    assert places(requirement.warnings) == ([("Start", "F22")] if warned else [])
    assert requirement.ledgers[Ledger.AREA].deficit == pytest.approx(target)


def test_a_later_version_is_read_with_a_warning():
    requirement = read_metric(make_metric(version=4.2))
    assert requirement.version == "4.2"
    assert places(requirement.warnings) == [("Start", "D8")]


def test_the_tools_doubled_shortfall_is_explained():
    # Loss 1, deficit 0.5, net gain part 1: the tool would say 1.5 (RULES 4).
    requirement = read_metric(
        make_metric(
            on_site={"Native hedgerow": -1.0, "Non-native and ornamental hedgerow": 1.5},
            baseline={Ledger.HEDGEROW: 10.0},
        )
    )
    assert places(requirement.warnings) == [("Unit shortfall calculations", "F14")]
    assert "1.5 units" in requirement.warnings[0].message
    assert requirement.ledgers[Ledger.HEDGEROW].need == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("sheet", "cell"), [("Trading Summary Area Habitats", "G5"), ("Headline Results", "F55")]
)
def test_a_verdict_yes_on_a_broken_rule_is_warned_of_and_the_loss_still_bought(sheet, cell):
    workbook = make_workbook(MadeMetric(on_site={"Lowland meadows": -2.0, "Ditches": -1.0}))
    workbook[sheet][cell] = "Yes ✓"
    requirement = read_metric(to_bytes(workbook))
    assert places(requirement.warnings) == [(sheet, cell)]
    assert requirement.ledgers[Ledger.AREA].settlement.total == pytest.approx(2)


def test_a_verdict_no_without_any_shortfall_is_refused():
    workbook = make_workbook(MadeMetric(on_site={"Lowland meadows": 2.0}))
    workbook["Trading Summary Area Habitats"]["G7"] = "No ▲"
    with pytest.raises(InputError, match="'Trading Summary Area Habitats'!G7"):
        read_metric(to_bytes(workbook))


def test_a_tie_at_zero_may_be_judged_either_way():
    changes = {"Cereal crops": -0.3, "Horticulture": 0.1, "Bracken": 0.2}
    workbook = make_workbook(MadeMetric(on_site=changes))
    sheet = workbook["Trading Summary Area Habitats"]
    for verdict in ("Yes ✓", "No ▲"):
        sheet["G8"] = verdict
        workbook["Headline Results"]["F55"] = verdict
        assert read_metric(to_bytes(workbook)).ledgers[Ledger.AREA].settlement.total == 0


def test_a_rich_text_and_a_shared_string_are_labels_too(shared_workbooks):
    data = make_metric(on_site={"Lowland meadows": -2.0})
    rich = edit_part(
        data,
        "xl/worksheets/sheet5.xml",
        b"<is><t>On-site baseline</t></is>",
        b"<is><r><t>On-site </t></r><r><t>baseline</t></r></is>",
    )
    assert read_metric(rich, "x") == read_metric(data, "x")


def test_parts_that_are_not_read_may_be_absent():
    data = make_metric(on_site={"Lowland meadows": -2.0})
    assert read_metric(replace_part(data, "xl/styles.xml", None), "x") == read_metric(data, "x")


def test_the_requirement_prints_as_json_and_report(shared_workbooks: Path):
    requirement = read_metric(shared_workbooks / "d07_surplus_and_deficit.xlsx")
    printed = json.loads(json.dumps(requirement.as_dict()))
    assert math.isclose(printed["ledgers"]["area"]["need"], 12.922711654918377)
    assert "to buy 12.92 units" in requirement.summary()
