"""From a key to a plan: a real server, a real store, real workbooks."""

from __future__ import annotations

import csv
import io
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import bng_opt
from bng_opt.errors import InputError
from bng_opt.market.store import open_store
from bng_opt.market.store.snapshots import read_market
from bng_opt.optimiser.plan_document import plan_from_dict
from tests.support.command_line import FOUR_BANKS
from tests.support.market_factory import make_market
from tests.support.metric_workbook import MadeMetric, make_workbook, to_bytes
from tests.support.postgres import Server
from tests.support.scenarios import NEUTRAL
from tests.support.service import SITE, Served, tables_of

NEED = [{"ledger": "area", "habitat": "Net gain", "units": 3.0}]
LONG_S = 120.0
FILES = {"report.txt", "plan.json", "purchases.csv", "plan.xlsx"}
SLOW_WISHES = {"max_banks": 6, "gap_gbp": 0, "size_by": "bank", "mode": "like_for_like"}


def slow_market() -> dict[str, Any]:
    """Return a market on which SLOW_WISHES take far longer than a test."""
    return tables_of(make_market(400, seed=1, fees=True, baselines="medium"))


def own_plan(served: Served, workbook: Path) -> bng_opt.Plan:
    """Return the plan that the library finds by itself on the store's market."""
    with open_store(served.database) as store:
        market = read_market(store)
    site = bng_opt.Site.from_names(SITE["lpa"], SITE["nca"])
    return bng_opt.optimise(bng_opt.read_metric(workbook), market, site)


def deal_of(plan: bng_opt.Plan) -> tuple[object, ...]:
    return plan.scenario, plan.purchases, plan.banks, plan.total_gbp, plan.checks


def whole_way(served: Served, workbook: Path, folder: Path) -> None:
    with served.client() as client:
        job = client.submit(workbook, site=SITE)
        assert (job.kind, job.submitted_by, job.findings) == ("optimise", "Bob", ())
        done = client.wait(job.id, LONG_S)
        assert (done.state, done.has_result) == ("done", True)
        plan = plan_from_dict(client.result(job.id))
        written = client.download(job.id, folder)
    assert plan.is_verified
    assert deal_of(plan) == deal_of(own_plan(served, workbook))
    assert {path.name for path in written} == FILES
    with (folder / "purchases.csv").open(encoding="utf-8", newline="") as stream:
        assert len(list(csv.DictReader(stream))) == len(plan.purchases)
    assert openpyxl.load_workbook(folder / "plan.xlsx").sheetnames


def test_a_workbook_on_the_store_s_market_gives_the_library_s_own_plan(
    served: Served, shared_workbooks: Path, tmp_path: Path
) -> None:
    whole_way(served, shared_workbooks / "d02_housing_grassland.xlsx", tmp_path / "out")


@pytest.mark.postgres
@pytest.mark.slow
def test_the_same_on_postgresql(
    postgres_server: Server, shared_workbooks: Path, tmp_path: Path
) -> None:
    url = postgres_server.url(postgres_server.migrated_database())
    served = Served(tmp_path, url.render_as_string(hide_password=False)).start()
    try:
        whole_way(served, shared_workbooks / "d02_housing_grassland.xlsx", tmp_path / "out")
        with served.http() as http:
            # What no text of PostgreSQL may hold is refused before it gets there.
            assert http.get("/jobs/%00").status_code == 400
            assert http.get("/health").json()["state"] == "ok"
    finally:
        served.end()
    assert "Application shutdown complete" in served.log
    assert "Traceback" not in served.log


def test_rows_of_a_requirement_and_a_market_of_its_own(served: Served) -> None:
    with served.client() as client:
        market = tables_of(FOUR_BANKS.market())
        job = client.submit(NEED, site=SITE, market=market, policy={"max_banks": 3})
        assert client.wait(job.id, LONG_S).state == "done"
        result = client.result(job.id)
    assert result["cost"]["total_gbp"] == 60_000
    assert sorted(line["bank_id"] for line in result["banks"]) == ["A", "B", "C"]


def test_alternatives_and_reports_are_jobs_too(served: Served) -> None:
    market = tables_of(FOUR_BANKS.market())
    with served.client() as client:
        for kind in ("alternatives", "report"):
            job = client.submit(NEED, site=SITE, market=market, kind=kind)
            assert client.wait(job.id, LONG_S).state == "done"
            assert client.result(job.id)["plan"]["cost"]["total_gbp"] == 60_000
            assert f"{kind}.json" in client.documents(job.id)


def test_a_job_that_no_market_can_serve_fails_with_the_reasons(served: Served) -> None:
    with served.client() as client:
        need = [{**NEED[0], "units": 1e9}]
        job = client.submit(need, site=SITE, market=tables_of(FOUR_BANKS.market()))
        failed = client.wait(job.id, LONG_S)
        assert (failed.state, failed.has_result) == ("failed", False)
        assert failed.findings
        assert all(finding.remedy for finding in failed.findings)
        with served.http() as http:
            answer = http.get(f"/jobs/{job.id}/result")
    assert answer.status_code == 409
    messages = [finding["message"] for finding in answer.json()["error"]["findings"]]
    assert messages == [finding.message for finding in failed.findings]


def test_the_same_work_is_one_job_for_all(served: Served) -> None:
    market = slow_market()
    need = [{**NEED[0], "units": 12.0}]
    with served.client("Bob") as bob, served.client("Cyd") as cyd:
        first = bob.submit(need, site=SITE, market=market, policy=SLOW_WISHES)
        second = cyd.submit(need, site=SITE, market=market, policy=SLOW_WISHES)
        assert second.id == first.id
        assert cyd.job(first.id).submitted_by == "Bob"
        assert [job.id for job in cyd.jobs()][:1] == [first.id]
        assert bob.cancel(first.id).state in ("queued", "running")
        cyd.cancel(first.id)
        assert cyd.wait(first.id, LONG_S).state == "cancelled"


def test_a_plan_is_dropped_from_the_cache_by_the_key_of_its_submission(served: Served) -> None:
    need = [{**NEED[0], "units": 2.0}]
    market = tables_of(FOUR_BANKS.market())

    with served.client() as client, served.client("Ann") as admin:

        def cached() -> bool:
            job = client.submit(need, site=SITE, market=market)
            assert client.wait(job.id, LONG_S).state == "done"
            return bool(client.result(job.id)["cached"])

        assert [cached(), cached()] == [False, True]
        last = client.submit(need, site=SITE, market=market)
        key = last.cache_key
        assert key is not None
        # The same work again would be this job, while it is in flight.
        client.wait(last.id, LONG_S)
        assert [client.forget(key), client.forget(key), cached()] == [1, 0, False]
        assert admin.clear_cache() >= 1
        assert not cached()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Served]:
    """Return a server that a test may end."""
    served = Served(tmp_path, environment={"HEARTBEAT_S": "0.5"}).start()
    yield served
    if served.process is not None and served.process.poll() is None:
        served.end()


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_job_outlives_the_server_that_took_it(own_server: Served, how: signal.Signals) -> None:
    served = own_server
    market = slow_market()
    with served.client() as client:
        job = client.submit(
            [{**NEED[0], "units": 9.0}], site=SITE, market=market, policy=SLOW_WISHES, timeout_s=4
        )
        waiting = client.submit(NEED, site=SITE)
    served.end(how)
    assert ("Application shutdown complete" in served.log) is (how is signal.SIGTERM)
    served.start()
    with served.client() as client:
        for each in (job, waiting):
            assert client.wait(each.id, LONG_S).state == "done"
            assert client.result(each.id)["status"] in ("optimal", "feasible")


def test_a_bad_workbook_is_answered_with_its_findings_by_sheet_and_cell(
    served: Served, tmp_path: Path
) -> None:
    path = tmp_path / "broken.xlsx"
    workbook = make_workbook(MadeMetric(on_site={NEUTRAL: -2.0}))
    for cell in ("H8", "H61"):
        workbook["Headline Results"][cell] = "unknown"
    path.write_bytes(to_bytes(workbook))
    with pytest.raises(InputError) as own:
        bng_opt.read_metric(path)
    with served.client() as client, pytest.raises(InputError) as remote:
        client.submit(path, site={"lpa": ["Atlantis"], "nca": ["Arden"]})
    known = set(own.value.findings)
    assert known < set(remote.value.findings)
    assert any(finding.sheet and finding.cell for finding in known)
    assert any("Atlantis" in finding.message for finding in remote.value.findings)


def test_documents_are_attachments_by_their_last_name(served: Served) -> None:
    with served.client() as client:
        job = client.submit(NEED, site=SITE, market=tables_of(FOUR_BANKS.market()))
        client.wait(job.id, LONG_S)
    with served.http() as http:
        listed = http.get(f"/jobs/{job.id}/documents").json()["documents"]
        assert {each["name"] for each in listed} == FILES
        for each in listed:
            answer = http.get(f"/jobs/{job.id}/documents/{each['name']}")
            assert answer.headers["content-disposition"].startswith("attachment; ")
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-type"].partition(";")[0] == each["media_type"]
        rows = list(
            csv.reader(io.StringIO(http.get(f"/jobs/{job.id}/documents/purchases.csv").text))
        )
    assert len(rows) == 4
