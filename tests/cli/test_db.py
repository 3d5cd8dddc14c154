"""``bng-opt db``: upgrade, check, backup, restore, rights and schema, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from bng_opt.market.store import Store, open_store
from bng_opt.market.store.migrate import newest_revision
from tests.support.command_line import Runner
from tests.support.postgres import PASSWORD, Server
from tests.support.stores import *  # noqa: F403
from tests.support.stores import add_stock


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(capsys)


class TestUpgrade:
    def test_an_empty_place_gets_its_tables_once(self, run: Runner, empty_store_url: str) -> None:
        newest = newest_revision()
        first = run("db", "upgrade", "--store", empty_store_url)
        assert first.status == 0
        assert f"from no tables to revision {newest}" in first.out
        assert PASSWORD not in first.out
        again = run("db", "upgrade", "--store", empty_store_url, "--json")
        assert (again.json["before"], again.json["after"]) == (newest, newest)
        assert run("db", "check", "--store", empty_store_url).status == 0

    def test_a_file_is_made_in_a_new_folder(self, run: Runner, tmp_path: Path) -> None:
        path = tmp_path / "new" / "store.sqlite"
        assert run("db", "upgrade", "--store", str(path), "--json").json["before"] is None
        assert path.is_file()

    def test_the_place_comes_from_the_settings(
        self, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("BNG_OPT_DATABASE", str(tmp_path / "s"))
        assert run("db", "upgrade").status == 0
        assert (tmp_path / "s").is_file()


class TestCheck:
    def test_a_sound_store_passes(self, run: Runner, store: Store, store_url: str) -> None:
        said = run("db", "check", "--store", store_url)
        assert said.status == 0
        assert "sound, and its books add up" in said.out
        assert run("db", "check", "--store", store_url, "--json").json["ok"] is True

    def test_each_finding_is_said_with_exit_status_2(
        self, run: Runner, store: Store, store_url: str
    ) -> None:
        with store.write() as session:
            add_stock(session, {"A": "10", "B": "10"})
            session.flush()
            session.execute(text("UPDATE stock_lines SET reserved_e4 = 10000"))
        said = run("db", "check", "--store", store_url)
        assert said.status == 2
        for number, line in ((1, "A"), (2, "B")):
            assert f"{number}. Stock line {line} counts 1.00 units as reserved" in said.out
        said = run("db", "check", "--store", store_url, "--json")
        assert said.status == 2
        assert said.json["ok"] is False
        assert [sorted(one) for one in said.json["findings"]] == [
            ["cell", "message", "remedy", "sheet"]
        ] * 2

    def test_a_store_without_tables_is_sent_to_upgrade(
        self, run: Runner, empty_store_url: str, database: str
    ) -> None:
        said = run("db", "check", "--store", empty_store_url, "--json")
        assert said.status == 2
        (finding,) = said.findings
        assert "bng-opt db upgrade" in finding["remedy"]
        if database == "sqlite":
            assert not Path(empty_store_url).exists()


class TestBackup:
    def test_it_says_what_it_made(
        self, run: Runner, store: Store, store_url: str, tmp_path: Path
    ) -> None:
        target = tmp_path / "backup"
        said = run("db", "backup", "--store", store_url, "--out", str(target), "--json")
        assert said.status == 0
        assert said.json["backup"] == str(target)
        assert said.json["size_bytes"] == target.stat().st_size
        assert said.json["findings"] == []
        assert PASSWORD not in said.out

    def test_it_replaces_a_file_only_by_force(
        self, run: Runner, store: Store, store_url: str, tmp_path: Path
    ) -> None:
        target = tmp_path / "backup"
        target.touch()
        words = ("db", "backup", "--store", store_url, "--out", str(target))
        refused = run(*words)
        assert refused.status == 2
        assert "--force" in refused.err
        assert target.stat().st_size == 0
        assert run(*words, "--force").status == 0
        assert target.stat().st_size > 0

    def test_findings_of_the_books_are_pointed_at(
        self, run: Runner, store: Store, store_url: str, tmp_path: Path
    ) -> None:
        with store.write() as session:
            add_stock(session, {"A": "10"})
            session.flush()
            session.execute(text("UPDATE stock_lines SET sold_e4 = 1"))
        said = run("db", "backup", "--store", store_url, "--out", str(tmp_path / "backup"))
        assert said.status == 0
        assert "1 findings: bng-opt db check" in said.err

    def test_the_backup_of_a_file_can_be_used_as_it_is(self, run: Runner, tmp_path: Path) -> None:
        store, target = tmp_path / "store", tmp_path / "backup"
        open_store(store).close()
        assert run("db", "backup", "--store", str(store), "--out", str(target)).status == 0
        assert run("db", "check", "--store", str(target)).status == 0


class TestSchema:
    def test_it_is_printed_as_a_diagram(self, run: Runner) -> None:
        said = run("db", "schema")
        assert said.out.startswith("erDiagram\n")
        assert run("db", "schema", "--json").json["mermaid"].strip() == said.out.strip()

    @pytest.mark.parametrize(("name", "begin"), [("a.svg", "<svg"), ("a.md", "# Tables")])
    def test_it_is_written_as_a_figure(
        self, run: Runner, tmp_path: Path, name: str, begin: str
    ) -> None:
        path = tmp_path / name
        assert run("db", "schema", "--out", str(path)).status == 0
        assert path.read_text(encoding="utf-8").startswith(begin)
        assert run("db", "schema", "--out", str(path), "--json").json == {"figure": str(path)}

    def test_another_kind_of_figure_is_refused(self, run: Runner, tmp_path: Path) -> None:
        said = run("db", "schema", "--out", str(tmp_path / "a.bmp"), "--json")
        assert said.status == 2
        assert ".svg" in said.findings[0]["remedy"]
        assert not list(tmp_path.iterdir())


class TestRestore:
    def test_a_store_comes_back_and_is_said_to(
        self, run: Runner, store: Store, store_url: str, tmp_path: Path
    ) -> None:
        with store.write() as session:
            add_stock(session, {"A": "10", "B": "10"})
        backup = str(tmp_path / "backup")
        assert run("db", "backup", "--store", store_url, "--out", backup).status == 0
        words = ("db", "restore", backup, "--store", store_url)
        refused = run(*words, "--json")
        assert (refused.status, "2 of stock_lines" in refused.out) == (2, True)
        assert "--force" in refused.findings[0]["remedy"]
        with store.write() as session:
            add_stock(session, {"C": "10"})
        said = run(*words, "--force", "--json")
        assert said.status == 0
        assert (said.json["rows"]["stock_lines"], said.json["revision"]) == (2, newest_revision())
        assert PASSWORD not in said.out + said.err
        assert "3 rows" in run(*words, "--force").out

    def test_a_file_is_made_in_a_new_folder(self, run: Runner, tmp_path: Path) -> None:
        open_store(tmp_path / "store").close()
        backup, target = str(tmp_path / "backup"), tmp_path / "new" / "store"
        assert run("db", "backup", "--store", str(tmp_path / "store"), "--out", backup).status == 0
        assert run("db", "restore", backup, "--store", str(target)).status == 0
        assert run("db", "check", "--store", str(target)).status == 0


class TestGrant:
    def test_a_file_has_rights_of_its_own(self, run: Runner, tmp_path: Path) -> None:
        open_store(tmp_path / "store").close()
        said = run("db", "grant", "ann", "--store", str(tmp_path / "store"), "--json")
        assert (said.status, "chmod" in said.findings[0]["remedy"]) == (2, True)

    @pytest.mark.postgres
    def test_an_account_is_given_its_rights(self, run: Runner, postgres_server: Server) -> None:
        name = postgres_server.migrated_database()
        postgres_server.execute("CREATE ROLE clerk LOGIN PASSWORD 'c'")
        where = postgres_server.url(name).render_as_string(hide_password=False)
        said = run("db", "grant", "clerk", "--store", where)
        assert (said.status, "clerk may read and change its rows" in said.out) == (0, True)
        clerk = postgres_server.url(name, "clerk", "c").render_as_string(hide_password=False)
        assert run("db", "check", "--store", clerk).status == 0
        postgres_server.drop(name)
        postgres_server.execute("DROP ROLE clerk")
