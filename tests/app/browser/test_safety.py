"""What a browser may not do: run code, open files, or send more than it may."""

from __future__ import annotations

import secrets
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bng_opt.market.store import open_store
from bng_opt.market.store.tables import Role
from bng_opt.market.store.users import add_user
from bng_opt.quotes import list_quotes
from bng_opt.quotes.book import QuoteBook
from bng_opt.resources import data_dir
from bng_opt.settings import Settings
from tests.support.browser import Morning, Server, Visit, serious_findings, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]
_MB = 2**20
_RUN_CODE = """([address, code]) => new Promise((done) => {
  const socket = new WebSocket(address);
  const heard = [];
  const header = { msg_id: "x1", msg_type: "execute_request", session: "x", version: "5.3" };
  const content = { code, silent: false, store_history: false, allow_stdin: false };
  const rest = { parent_header: {}, metadata: {}, buffers: [], channel: "shell" };
  socket.onopen = () => socket.send(JSON.stringify({ header, content, ...rest }));
  socket.onmessage = (message) => heard.push(String(message.data).slice(0, 400));
  setTimeout(() => { socket.close(); done(heard); }, 4000);
})"""


def test_a_page_cannot_run_code_in_its_kernel(
    new_page: Callable[..., object], server: Server, tmp_path: Path
) -> None:
    page = new_page()
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    Morning(page, server).open()
    kernel = next(url for url in sockets if "/channels" in url)
    mark = tmp_path / "was-here"
    page.evaluate(_RUN_CODE, [kernel, f"open({str(mark)!r}, 'w').close()"])
    assert not mark.exists()


def padded_metric(path: Path, megabytes: int) -> Path:
    """Return the example's workbook with a picture in it that makes it so large."""
    with zipfile.ZipFile(data_dir() / "demo" / "metric.xlsx") as source:
        files = {name: source.read(name) for name in source.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
        picture = zipfile.ZipInfo("xl/media/image99.png")
        target.writestr(picture, secrets.token_bytes(megabytes * _MB))
    return path


def test_a_workbook_of_nearly_60_mb_is_read(morning: Morning, tmp_path: Path) -> None:
    path = padded_metric(tmp_path / "large.xlsx", 58)
    morning.upload(path)
    morning.see("large.xlsx, 5")
    morning.see("was read.")


def test_a_larger_file_is_refused_in_words_at_once(morning: Morning, tmp_path: Path) -> None:
    path = tmp_path / "huge.xlsx"
    with path.open("wb") as stream:
        stream.truncate(61 * _MB)
    morning.upload(path)
    morning.see("more than 60 MB. Choose a smaller file.")


def test_users_sign_in_and_what_they_do_bears_their_name(
    new_page: Callable[..., object], visit: Visit, demo_store: Path, tmp_path: Path
) -> None:
    database = tmp_path / "store.sqlite"
    database.write_bytes(demo_store.read_bytes())
    with open_store(database) as store:
        add_user(store, "Ada", Role.ADMIN, "a long sentence of Ada", by="installer")
        add_user(store, "Bea Broker", Role.ANALYST, "a long sentence of Bea", by="Ada")
        add_user(store, "Vic", Role.VIEWER, "a long sentence of Vic", by="Ada")
    with serving(tmp_path, database, app_sign_in="users") as server:
        page = new_page()
        page.goto(server.url)
        page.get_by_label("Name").fill("Bea Broker")
        page.get_by_label("Password").fill("a wrong one")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("alert").wait_for()
        assert serious_findings(page) == {}
        page.screenshot(path=tmp_path / "sign-in.png")
        visit.errors.clear()  # The browser notes that it was refused.
        page.get_by_label("Password").fill("a long sentence of Bea")
        page.get_by_role("button", name="Sign in").click()
        bea = Morning(page, server)
        bea.see("Bea Broker")
        bea.to_result()
        bea.to_quote("Jo Client")
        bea.press("Keep as a draft")
        bea.see("is kept as a draft")
        with open_store(database) as store:
            book = QuoteBook(store, Settings(database=str(database)), "Ada")
            assert [(each.made_by, each.customer) for each in list_quotes(book)] == [
                ("Bea Broker", "Jo Client")
            ]
        bea.press("Sign out")
        page.get_by_role("heading", name="Sign in").wait_for()
    assert visit.errors == []
    assert visit.strangers == []
