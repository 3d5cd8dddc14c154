"""A damaged file is refused or reads exactly as before: never another answer."""

from __future__ import annotations

import io
import random
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bng_opt.errors import InputError
from bng_opt.metric.workbook import read_metric
from bng_opt.reference import Ledger
from tests.support.metric_workbook import make_metric, replace_part

READ_PARTS = ["_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"] + [
    f"xl/worksheets/sheet{n}.xml" for n in (2, 5, 7, 8, 9)
]


def made() -> bytes:
    return make_metric(
        on_site={"Lowland meadows": -2.0, "Cereal crops": -3.0, "Native hedgerow": -1.0},
        off_site={"Other neutral grassland": 1.5},
        baseline={Ledger.AREA: 20.0, Ledger.HEDGEROW: 4.0},
        srm=0.75,
    )


MADE = made()


def refused_or_same(damaged: bytes, sound) -> bool:
    """Return whether damage was harmless or refused; any other error is raised."""
    try:
        return read_metric(damaged, "x") == sound
    except InputError:
        return True


@pytest.fixture(scope="module")
def official(shared_workbooks) -> bytes:
    return (shared_workbooks / "d08_with_offsite_rows.xlsx").read_bytes()


def flipped(data: bytes, places: list[int], bits: list[int]) -> bytes:
    changed = bytearray(data)
    for place, bit in zip(places, bits, strict=True):
        changed[place] ^= 1 << bit
    return bytes(changed)


@pytest.mark.parametrize("seed", range(100))
def test_a_flipped_bit_of_an_official_workbook_changes_no_answer(official, seed):
    chance = random.Random(seed)
    # Half of them near the end, where the directory is: its damage is the subtler.
    start = 0 if seed % 2 else len(official) - 30_000
    places = [chance.randrange(start, len(official)) for _ in range(chance.choice((1, 1, 3)))]
    damaged = flipped(official, places, [chance.randrange(8) for _ in places])
    assert refused_or_same(damaged, read_metric(official, "x"))


@given(st.lists(st.tuples(st.integers(0, len(MADE) - 1), st.integers(0, 7)), min_size=1))
@settings(max_examples=200)
def test_flipped_bits_of_a_made_workbook_change_no_answer(flips):
    damaged = flipped(MADE, [place for place, _ in flips], [bit for _, bit in flips])
    assert refused_or_same(damaged, read_metric(MADE, "x"))


@given(st.integers(0, len(MADE) - 1))
@settings(max_examples=200)
def test_a_made_workbook_cut_short_is_refused(length):
    with pytest.raises(InputError):
        read_metric(MADE[:length], "x")


def test_an_official_workbook_cut_short_is_refused(official):
    for length in range(0, len(official), len(official) // 60):
        with pytest.raises(InputError):
            read_metric(official[:length], "x")


@given(st.binary(max_size=200))
def test_bytes_that_are_no_workbook_are_refused(data):
    for prefix in (b"", b"PK\x03\x04", b"PK\x05\x06", MADE[:400]):
        with pytest.raises(InputError):
            read_metric(prefix + data, "x")


@given(
    part=st.sampled_from(READ_PARTS),
    cut=st.tuples(st.floats(0, 1), st.integers(0, 40)),
    inserted=st.one_of(
        st.binary(max_size=6),
        st.sampled_from([b"<", b">", b"</c>", b'<c r="A1">', b"&", b"<v>1</v>", b"9", b".", b"-"]),
    ),
)
@settings(max_examples=400)
def test_xml_spoilt_inside_a_sound_package_raises_nothing_but_input_errors(part, cut, inserted):
    with zipfile.ZipFile(io.BytesIO(MADE)) as source:
        content = source.read(part)
    start = int(cut[0] * len(content))
    spoilt = content[:start] + inserted + content[start + cut[1] :]
    try:
        requirement = read_metric(replace_part(MADE, part, spoilt), "x")
    except InputError:
        return
    # What was read whole still adds up to itself.
    for position in requirement.ledgers.values():
        assert position.need >= 0
    assert requirement.need == pytest.approx(read_metric(MADE, "x").need, abs=2e-6)
