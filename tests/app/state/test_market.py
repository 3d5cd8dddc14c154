"""The step Market: taken, uploaded, compared with the store, entered again."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bng_opt.app.services import Services
from bng_opt.app.state.market import Origin
from bng_opt.app.state.session import Session
from bng_opt.errors import InputError, StoreError
from bng_opt.market import load_market, save_market
from bng_opt.market.store import open_store
from bng_opt.market.store.exports import MarketForm, export_market
from bng_opt.market.store.imports import import_market
from bng_opt.market.store.reservations import reserve
from bng_opt.market.store.snapshots import read_market
from bng_opt.metric.requirement import Requirement
from bng_opt.places import Site
from bng_opt.resources import data_dir
from bng_opt.runtime.cache import Cache
from bng_opt.runtime.jobs import Desk
from bng_opt.settings import Settings
from tests.support.scenarios import AREA, BESIDE, NEUTRAL, SCRUB, WOODLAND, Line, Scene

EXAMPLE = data_dir() / "demo" / "market"
SMALL = Scene(
    (Line(NEUTRAL, 5, 20_000, "A"), Line(SCRUB, 2, 25_000, "N1")),
    {NEUTRAL: -3.0, WOODLAND: -1.0},
    {AREA: 4.5},
)
"""Neutral grassland and scrub for sale; grassland, woodland and half a unit more are owed."""


def zipped(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tables(folder: Path = EXAMPLE) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


def test_the_store_s_market_is_taken_as_it_is_now(session: Session) -> None:
    heard: list[object] = []
    session.market.changed.connect(heard.append)
    assert session.market.blockers() == ("Choose the market to buy from.",)
    session.market.take_newest()
    assert heard == [session.market]
    assert session.market.market == read_market(session.services.store)
    assert session.market.is_done
    assert session.market.summary().startswith("60 banks, store of ")


def test_an_empty_store_says_what_to_do(tmp_path: Path, settings: Settings) -> None:
    with open_store(tmp_path / "empty.sqlite") as store:
        desk = Desk(store, settings, runs=False)
        session = Session(Services(settings, store, desk, Cache(settings), "Ann"))
        with pytest.raises(InputError) as refused:
            session.market.take_newest()
        (finding,) = refused.value.findings
        assert "no banks" in finding.message
        assert "bng-opt market import" in finding.remedy
        assert session.market.market is None


def test_a_sale_since_is_noticed_and_the_newest_can_be_taken(session: Session) -> None:
    step, store = session.market, session.services.store
    step.take_newest()
    assert not step.differs_from_store()
    line = step.market.stock[0]
    until = store.clock() + timedelta(hours=1)
    with store.write() as writing:
        reserve(
            writing, {line.stock_id: Decimal("0.01")}, now=store.clock(), by="Bob", expires_at=until
        )
    assert step.differs_from_store()
    assert step.market.stock[0] == line
    step.take_newest()
    assert not step.differs_from_store()
    assert step.market.stock[0].units == line.units - Decimal("0.01")


def test_an_import_of_the_same_market_is_no_news(session: Session) -> None:
    session.market.take_newest()
    import_market(session.services.store, EXAMPLE, by="Bob")
    assert not session.market.differs_from_store()


def test_the_market_of_a_run_is_compared_with_the_store(session: Session) -> None:
    session.market.take(read_market(session.services.store))
    assert not session.market.differs_from_store()
    session.market.take(SMALL.market())
    assert session.market.differs_from_store()
    assert session.market.held.origin is Origin.RUN


def test_a_zip_of_the_folder_is_read_whatever_folder_is_in_it(session: Session) -> None:
    files = {f"my market/{name.upper()}": content for name, content in tables().items()}
    rubbish = {"__MACOSX/my market/banks.csv": b"\0", "my market/notes.txt": b"hello"}
    session.market.read_file("mine.zip", zipped({**files, **rubbish}))
    assert session.market.market == load_market(EXAMPLE)
    assert (session.market.held.origin, session.market.held.name) == (Origin.FILE, "mine.zip")
    assert not session.market.differs_from_store()


@pytest.mark.parametrize("form", [MarketForm.XLSX, MarketForm.BACKEND])
def test_a_workbook_is_read_and_the_store_stays_as_it_is(
    session: Session, tmp_path: Path, form: MarketForm
) -> None:
    store = session.services.store
    before = read_market(store).snapshot
    export_market(store, tmp_path / "market.xlsx", form=form)
    session.market.read_file("market.xlsx", (tmp_path / "market.xlsx").read_bytes())
    assert len(session.market.market.banks) == 60
    session.market.read_file("small.zip", zipped(tables(save_market(SMALL.market(), tmp_path))))
    assert session.market.market == SMALL.market()
    assert read_market(store).snapshot == before


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("market.pdf", b"%PDF", "isn't read from this kind of file"),
        ("market.zip", b"no zip", "can't be read"),
        ("market.xlsx", b"no workbook", ""),
        ("market.zip", zipped({"banks.csv": b"", "a/stock.csv": b"", "b/stock.csv": b""}), "twice"),
    ],
)
def test_a_bad_file_is_said_and_the_market_stays(
    session: Session, name: str, content: bytes, words: str
) -> None:
    session.market.take_newest()
    held = session.market.held
    with pytest.raises(InputError) as refused:
        session.market.read_file(name, content)
    assert words in str(refused.value)
    assert all(finding.remedy for finding in refused.value.findings)
    assert session.market.held is held


def test_a_missing_table_and_a_bad_row_are_said_by_file_and_row(session: Session) -> None:
    with pytest.raises(InputError) as refused:
        session.market.read_file("x.zip", zipped({"banks.csv": b"", "stock.csv": b""}))
    assert [finding.message for finding in refused.value.findings] == [
        "The zip holds no pricing.csv."
    ]
    broken = tables()
    lines = broken["stock.csv"].decode().splitlines()
    stock_id, _, rest = lines[1].split(",", 2)
    lines[1] = f"{stock_id},NOBODY,{rest}"
    broken["stock.csv"] = "\n".join(lines).encode()
    with pytest.raises(InputError) as refused:
        session.market.read_file("x.zip", zipped(broken))
    assert refused.value.findings[0].where.startswith("stock.csv, row 2")


def test_a_zip_that_unpacks_without_end_is_refused(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bng_opt.app.state import uploaded_market

    monkeypatch.setattr(uploaded_market, "MAX_CSV_BYTES", 1_000_000)
    bomb = zipped({**tables(), "pricing.csv": b"0" * 3_000_000})
    with pytest.raises(InputError, match="unpacks to more than 1 MB"):
        session.market.read_file("bomb.zip", bomb)


def test_the_state_is_small_and_enters_the_same_market_again(
    session: Session, services: Services
) -> None:
    session.market.read_file("mine.zip", zipped(tables()))
    state = json.loads(json.dumps(session.market.get_state()))
    assert len(json.dumps(state)) < 300
    other = Session(services)
    other.market.set_state(state)
    assert other.market.market == session.market.market
    assert other.market.held.name == "mine.zip"
    assert other.market.get_state() == state


def test_a_state_of_a_market_that_is_gone_is_refused(session: Session) -> None:
    session.market.take_newest()
    held = session.market.held
    with pytest.raises(StoreError):
        session.market.set_state({**session.market.get_state(), "snapshot": "0" * 64})
    assert session.market.held is held


def test_who_sells_what_is_needed_is_told_what_nobody_sells_first(
    session: Session, tmp_path: Path
) -> None:
    session.market.take(SMALL.market())
    assert session.market.sellers == ()
    session.metric.take(SMALL.requirement())
    found = {each.name: each for each in session.market.sellers}
    assert list(found) == [WOODLAND, "Grassland", "Net gain"]
    woodland, grassland, gain = found.values()
    assert (woodland.banks, woodland.words) == (0, "No bank sells it")
    assert (grassland.banks, grassland.units, grassland.words) == (1, 5, "Enough for sale")
    assert (grassland.prices.least, grassland.prices.most) == (20_000, 20_000)
    assert (gain.banks, gain.units, gain.near) == (2, 7, None)
    assert [each.name for each in session.market.serving] != []


def test_what_is_near_is_told_once_the_site_is_known(session: Session) -> None:
    scene = Scene((Line(NEUTRAL, 5, 20_000, "F1"), Line(NEUTRAL, 2, 20_000, "N1")), {}, {AREA: 4.0})
    session.market.take(scene.market())
    session.metric.take(scene.requirement())
    session.site.take(Site.from_names("Stratford-on-Avon", "Dunsmore and Feldon"))
    (gain,) = session.market.sellers
    assert BESIDE == "neighbouring"
    assert (gain.units, gain.near) == (7, 2)


def test_a_line_without_a_price_is_reported_and_not_for_sale(
    session: Session, demo_need: Requirement
) -> None:
    frames = SMALL.frames()
    frames["pricing"] = frames["pricing"][frames["pricing"]["bank_id"] == "A"]
    session.market.take(load_market(frames))
    book = session.market.book
    scrub = next(each for each in book.habitats if each.habitat.name == SCRUB)
    assert (scrub.banks, scrub.units, scrub.unpriced, scrub.prices) == (0, 0, 1, None)
    assert any("N1-002" in each.message for each in session.market.warnings)


def test_a_search_finds_habitats_and_banks(session: Session) -> None:
    session.market.take(SMALL.market())
    book = session.market.book
    assert [each.habitat.name for each in book.habitats_like("NEUTRAL grass")] == [NEUTRAL]
    assert [each.bank.bank_id for each in book.banks_like("bank n1")] == ["N1"]
    assert [each.bank.bank_id for each in book.banks_like("mixed scrub")] == ["N1"]
    assert [each.bank.bank_id for each in book.banks_like("cherwell")] == ["N1"]
    assert len(book.banks_like(" ")) == 2
    assert book.banks_like("nothing") == ()
