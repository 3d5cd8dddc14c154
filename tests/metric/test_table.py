"""The requirement table: read whole, or refused with all findings by row and column."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bng_opt.errors import InputError
from bng_opt.metric.table import MAX_FINDINGS, read_requirement_table
from bng_opt.reference import Ledger

HEADER = "ledger,habitat,units\n"


def read(text: str):
    return read_requirement_table(text.encode("utf-8"), "need.csv")


def findings(text: str | bytes) -> list[tuple[int | None, str | None]]:
    data = text.encode("utf-8") if isinstance(text, str) else text
    with pytest.raises(InputError) as caught:
        read_requirement_table(data, "need.csv")
    assert all(f.file == "need.csv" and f.message and f.remedy for f in caught.value.findings)
    return [(finding.row, finding.column) for finding in caught.value.findings]


def test_a_table_by_hand():
    requirement = read(
        HEADER
        + "area,Grassland - Lowland meadows,1.5\n"
        + "area,Other neutral grassland,2\n"
        + "area,Net gain,0.25\n"
        + "hedgerow,Native hedgerow,.5\n"
        + "watercourse,Net gain,1e-1\n"
    )
    area = requirement.ledgers[Ledger.AREA]
    assert [(c.habitat.name, c.on_site, c.off_site) for c in area.changes] == [
        ("Grassland - Lowland meadows", -1.5, 0.0),
        ("Grassland - Other neutral grassland", -2.0, 0.0),
    ]
    assert area.deficit == pytest.approx(3.75)
    assert area.need == pytest.approx(3.75)
    assert area.net_gain_extra == pytest.approx(0.25)
    assert requirement.ledgers[Ledger.HEDGEROW].need == pytest.approx(0.5)
    assert requirement.ledgers[Ledger.WATERCOURSE].net_gain_extra == pytest.approx(0.1)
    assert (requirement.version, requirement.target, requirement.source) == (
        "table",
        None,
        "need.csv",
    )
    assert not requirement.is_met


def test_what_excel_writes_is_read(tmp_path):
    text = "Units, Ledger ,HABITAT,note\r\n1.5,Area,lowland  MEADOWS,mine\r\n,,,\r\n"
    path = tmp_path / "need.csv"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode("utf-8"))
    requirement = read_requirement_table(path)
    assert requirement.need == pytest.approx(1.5)
    assert requirement == read_requirement_table(io.BytesIO(path.read_bytes()), "need.csv")


def test_the_order_of_the_rows_changes_nothing_that_counts():
    rows = ["area,Lowland meadows,1.5\n", "hedgerow,Native hedgerow,1\n", "area,Net gain,2\n"]
    one, other = read(HEADER + "".join(rows)), read(HEADER + "".join(reversed(rows)))
    for ledger in Ledger:
        assert one.ledgers[ledger].need == other.ledgers[ledger].need


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("area,Lowland meadow,1", "habitat"),
        ("area,,1", "habitat"),
        ("hedgerow,Lowland meadows,1", "habitat"),
        ("aera,Lowland meadows,1", "ledger"),
        (",Lowland meadows,1", "ledger"),
        ("area,Lowland meadows,", "units"),
        ("area,Lowland meadows,0", "units"),
        ("area,Lowland meadows,-1", "units"),
        ("area,Lowland meadows,abc", "units"),
        ("area,Lowland meadows,NaN", "units"),
        ("area,Lowland meadows,inf", "units"),
        ("area,Lowland meadows,1e999", "units"),
        ("area,Lowland meadows,1_000", "units"),
        ("area,Lowland meadows,١", "units"),
        ('area,Lowland meadows,"1,234.5"', "units"),
        ('area,Lowland meadows,"1,5"', "units"),
        ("area,Lowland meadows", "units"),
        ("area,Lowland meadows,1,234.5", None),
        ("area,Developed land; sealed surface,1", "habitat"),
        ("area,Watercourse footprint,1", "habitat"),
    ],
)
def test_a_row_that_can_not_be_used_is_refused_by_row_and_column(row, column):
    assert findings(f"{HEADER}hedgerow,Native hedgerow,1\n{row}\n") == [(3, column)]


def test_all_findings_come_at_once():
    text = HEADER + "aera,Lowland meadow,x\narea,Lowland meadows,1\narea,Net gain,-1\n"
    assert findings(text) == [(2, "ledger"), (2, "habitat"), (2, "units"), (4, "units")]


def test_an_unknown_habitat_offers_the_nearest_three():
    with pytest.raises(InputError, match=r'"Grassland - Lowland meadows", .*, .*"'):
        read(HEADER + "area,Lowland meadow,1\n")


def test_a_thousands_separator_is_named_as_such():
    with pytest.raises(InputError, match=r"Write 1234\.5"):
        read(HEADER + 'area,Lowland meadows,"1,234.5"\n')


def test_the_same_habitat_twice_is_refused_however_it_is_spelt():
    text = HEADER + "area,Lowland meadows,1\narea,Grassland - Lowland meadows,2\n"
    assert findings(text) == [(3, "habitat")]
    assert findings(HEADER + "area,Net gain,1\narea,net gain,2\n") == [(3, "habitat")]


def test_net_gain_may_stand_once_in_each_ledger():
    text = HEADER + "area,Net gain,1\nhedgerow,Net gain,2\nwatercourse,Net gain,3\n"
    assert read(text).need == pytest.approx(6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(1, "ledger"), (1, "habitat"), (1, "units")]),
        (HEADER, [(None, None)]),
        (HEADER + "\n,,\n", [(None, None)]),
        ("ledger,habitat\narea,Lowland meadows\n", [(1, "units")]),
        ("ledger,habitat,units,units\n", [(1, "units")]),
        ("ledger;habitat;units\narea;Lowland meadows;1\n",
         [(1, "ledger"), (1, "habitat"), (1, "units")]),
        ((HEADER + "area,Café,1\n").encode("cp1252"), [(2, None)]),
        (HEADER.encode("utf-16"), [(1, None)]),
        (HEADER + "area,a\x00b,1\n", [(None, None)]),
        (HEADER + 'area,"Lowland,1\n', [(2, None)]),
    ],
)  # fmt: skip
def test_a_table_that_is_none_is_refused(text, expected):
    assert findings(text) == expected


def test_the_first_findings_are_enough():
    text = HEADER + "area,Nothing like this,1\n" * 5000
    assert len(findings(text)) == MAX_FINDINGS + 1


def test_files_that_can_not_be_read_are_refused(tmp_path):
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(InputError):
            read_requirement_table(path)
    big = tmp_path / "big.csv"
    big.write_bytes(b"x" * (2**20 + 1))
    with pytest.raises(InputError, match="larger than"):
        read_requirement_table(big)


@given(st.binary(max_size=120))
def test_any_bytes_are_read_or_refused(data):
    for text in (data, HEADER.encode() + data, HEADER.encode() + b"area,Lowland meadows," + data):
        try:
            need = read_requirement_table(text).need
        except InputError:
            continue
        assert need > 0
