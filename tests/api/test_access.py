"""Who may ask what: keys, roles, limits; and what every answer has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from bng_opt.market.store import open_store
from bng_opt.market.store.api_keys import add_key, revoke_key
from bng_opt.market.store.users import change_user
from tests.api.test_whole_way import LONG_S, NEED, SLOW_WISHES, slow_market
from tests.support.command_line import FOUR_BANKS
from tests.support.service import SITE, Served, tables_of

NO_JOB = "00000000-0000-4000-8000-000000000000"
SCENARIO = {"requirement": NEED, "site": SITE}
EVERYTHING = [
    ("POST", "/jobs"),
    ("GET", "/jobs"),
    ("GET", f"/jobs/{NO_JOB}"),
    ("DELETE", f"/jobs/{NO_JOB}"),
    ("GET", f"/jobs/{NO_JOB}/result"),
    ("GET", f"/jobs/{NO_JOB}/documents"),
    ("GET", f"/jobs/{NO_JOB}/documents/plan.json"),
    ("DELETE", "/cache/" + "0" * 64),
    ("POST", "/cache/clear"),
    ("GET", "/version"),
    ("GET", "/nothing"),
]


def kind_of(answer: httpx2.Response) -> str:
    error = answer.json()["error"]
    assert error["findings"]
    assert all(finding["message"] and finding["remedy"] for finding in error["findings"])
    assert error["request"] == answer.headers["x-request-id"]
    return str(error["kind"])


class TestKeys:
    @pytest.mark.parametrize(("method", "path"), EVERYTHING)
    def test_nothing_is_answered_without_a_key(
        self, served: Served, method: str, path: str
    ) -> None:
        with served.http(None) as http:
            answer = http.request(method, path)
        assert (answer.status_code, kind_of(answer)) == (401, "Unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"

    @pytest.mark.parametrize(
        "key",
        ["", "x", "bng_000000000000_" + "A" * 43, "bng_", "Ann", "' OR 1=1 --", "a" * 8000],
    )
    @pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
    def test_an_invented_key_is_refused(self, served: Served, key: str, header: str) -> None:
        value = f"Bearer {key}".strip() if header == "Authorization" else key
        with served.http(None, **{header: value}) as http:
            assert http.get("/jobs").status_code == 401

    def test_a_key_of_another_secret_is_refused(self, served: Served) -> None:
        key = served.keys["Ann"]
        changed = key[:-1] + ("A" if key[-1] != "A" else "B")
        with served.http(None, Authorization=f"Bearer {changed}") as http:
            assert http.get("/jobs").status_code == 401

    def test_either_header_takes_the_key(self, served: Served) -> None:
        for headers in (
            {"X-API-Key": served.keys["Eve"]},
            {"Authorization": f"bearer {served.keys['Eve']}"},
        ):
            with served.http(None, **headers) as http:
                assert http.get("/jobs").status_code == 200

    def test_a_revoked_key_is_refused_from_the_next_request_on(self, served: Served) -> None:
        with open_store(served.database) as store:
            made, key = add_key(store, "Bob", "for a moment", days=1, by="Bob")
            with served.http(None, Authorization=f"Bearer {key}") as http:
                assert http.get("/jobs").status_code == 200
                revoke_key(store, made.prefix, by="Bob")
                assert http.get("/jobs").status_code == 401

    def test_a_user_who_is_not_active_is_refused(self, served: Served) -> None:
        with open_store(served.database) as store, served.http("Cyd") as http:
            change_user(store, "Cyd", by="Ann", active=False)
            try:
                assert http.get("/jobs").status_code == 401
            finally:
                change_user(store, "Cyd", by="Ann", active=True)
            assert http.get("/jobs").status_code == 200

    def test_no_key_is_in_the_log(self, served: Served) -> None:
        with served.http() as http:
            http.get("/jobs")
        assert "GET /jobs" in served.log
        assert not any(key in served.log for key in served.keys.values())
        assert not any(served.secret(user) in served.log for user in served.keys)


class TestRoles:
    def test_a_viewer_looks_and_changes_nothing(self, served: Served) -> None:
        with served.http("Eve") as http:
            assert http.get("/jobs").json() == {"jobs": []}
            assert http.get("/version").status_code == 200
            for method, path in (
                ("POST", "/jobs"),
                ("DELETE", f"/jobs/{NO_JOB}"),
                ("DELETE", "/cache/" + "0" * 64),
                ("POST", "/cache/clear"),
            ):
                answer = http.request(method, path)
                assert (answer.status_code, kind_of(answer)) == (403, "AccessError"), path

    def test_an_analyst_cancels_their_own_jobs_only_and_an_admin_all(self, served: Served) -> None:
        scenario = {
            **SCENARIO,
            "requirement": [{**NEED[0], "units": 15.0}],
            "market": slow_market(),
            "policy": SLOW_WISHES,
        }
        with served.http("Bob") as bob, served.http("Cyd") as cyd, served.http("Ann") as ann:
            taken = bob.post("/jobs", json=scenario)
            assert taken.status_code == 202
            path = taken.headers["location"]
            assert path == f"/jobs/{taken.json()['id']}"
            refused = cyd.delete(path)
            assert (refused.status_code, kind_of(refused)) == (403, "AccessError")
            assert not cyd.get(path).json()["cancel_requested"]
            ids = {user: self.ids(http) for user, http in (("Bob", bob), ("Cyd", cyd))}
            assert taken.json()["id"] in ids["Bob"] - ids["Cyd"]
            assert ids["Bob"] | ids["Cyd"] <= self.ids(ann)
            assert ann.delete(path).status_code == 200
        with served.client() as client:
            assert client.wait(taken.json()["id"], LONG_S).state == "cancelled"

    def test_an_analyst_may_not_clear_the_cache(self, served: Served) -> None:
        with served.http("Bob") as http:
            assert http.post("/cache/clear").status_code == 403

    @staticmethod
    def ids(http: httpx2.Client) -> set[str]:
        return {job["id"] for job in http.get("/jobs", params={"limit": 500}).json()["jobs"]}


class TestEveryAnswer:
    @pytest.mark.parametrize(
        ("method", "path", "status", "kind"),
        [
            ("GET", "/nothing", 404, "NotFound"),
            ("GET", f"/jobs/{NO_JOB}", 404, "NotFound"),
            ("GET", f"/jobs/{NO_JOB}/documents/../../../../etc/passwd", 404, "NotFound"),
            ("PUT", "/jobs", 405, "MethodNotAllowed"),
            ("DELETE", "/cache/clear", 405, "MethodNotAllowed"),
            ("GET", "/jobs/7", 400, "BadRequest"),
            ("GET", "/jobs?limit=0", 400, "BadRequest"),
            ("GET", "/jobs?state=lost", 400, "BadRequest"),
            ("DELETE", "/cache/x", 400, "BadRequest"),
        ],
    )
    def test_an_error_has_a_kind_findings_and_the_request_s_id(
        self, served: Served, method: str, path: str, status: int, kind: str
    ) -> None:
        with served.http() as http:
            answer = http.request(method, path)
        assert (answer.status_code, kind_of(answer)) == (status, kind)

    def test_what_may_be_done_is_said_where_something_else_was_tried(self, served: Served) -> None:
        with served.http() as http:
            assert http.put("/jobs").headers["allow"] == "GET, POST"
            assert http.put(f"/jobs/{NO_JOB}").headers["allow"] == "DELETE, GET"

    @pytest.mark.parametrize("path", ["/health", "/docs", "/openapi.json", "/jobs", "/nothing"])
    def test_it_has_the_headers_that_keep_browsers_safe(self, served: Served, path: str) -> None:
        with served.http() as http:
            headers = http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")

    def test_the_caller_s_own_id_comes_back_if_it_is_harmless(self, served: Served) -> None:
        for own, same in (("job-7.b", True), ("x" * 65, False), ("a b", False)):
            with served.http(None, **{"X-Request-ID": own}) as http:
                assert (http.get("/health").headers["x-request-id"] == own) is same


class TestOpenPages:
    def test_health_needs_no_key_and_gives_nothing_away(self, served: Served) -> None:
        with served.http(None) as http:
            answer = http.get("/health")
        assert answer.status_code == 200
        assert {name: answer.json()[name]["state"] for name in ("store", "executor", "cache")} == {
            "store": "ok",
            "executor": "ok",
            "cache": "ok",
        }
        assert str(served.folder) not in answer.text

    def test_the_page_of_docs_asks_for_nothing_from_elsewhere(self, served: Served) -> None:
        with served.http(None) as http:
            answer = http.get("/docs")
        assert answer.headers["content-type"].startswith("text/html")
        assert "/jobs/{job_id}/documents/{name}" in answer.text
        assert "<code>workbook</code>: A statutory metric workbook" in answer.text
        assert '<a href="#form-Options">' in answer.text
        for word in ("<script", "http://", "https://", "src=", "url(", "@import"):
            assert word not in answer.text, word


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a server with small limits."""
    limits = {"API_RATE_PER_MINUTE": "12", "API_MAX_QUEUED": "2", "API_UPLOAD_MB": "0.5"}
    served = Served(tmp_path_factory.mktemp("strict"), environment=limits).start()
    yield served
    served.end()


class TestLimits:
    def test_a_key_that_asks_too_often_has_to_wait_and_others_not(self, strict: Served) -> None:
        with strict.http("Eve") as http, strict.http("Cyd") as other:
            answers = [http.get("/jobs") for _ in range(14)]
            assert [answer.status_code for answer in answers[:12]] == [200] * 12
            assert (answers[-1].status_code, kind_of(answers[-1])) == (429, "TooManyRequests")
            assert 1 <= int(answers[-1].headers["retry-after"]) <= 5
            assert other.get("/jobs").status_code == 200

    def test_guessing_keys_is_slowed_down_too(self, strict: Served) -> None:
        with strict.http(None, Authorization="Bearer guess") as http:
            statuses = [http.get("/jobs").status_code for _ in range(14)]
        assert statuses[0] == 401
        assert statuses[-1] == 429

    def test_a_user_has_only_so_many_unfinished_jobs(self, strict: Served) -> None:
        with strict.http("Bob") as http:
            answers = [http.post("/jobs", json={**SCENARIO, "timeout_s": 30 + n}) for n in range(3)]
        assert [answer.status_code for answer in answers] == [202, 202, 429]
        assert "unfinished jobs" in answers[-1].json()["error"]["findings"][0]["message"]

    def test_a_body_that_says_it_is_too_large_is_refused(self, strict: Served) -> None:
        with strict.http("Ann") as http:
            answer = http.post("/jobs", content=b" " * 600_000)
        assert (answer.status_code, kind_of(answer)) == (413, "ContentTooLarge")


@pytest.mark.slow
def test_without_its_store_the_service_says_so_and_comes_back_by_itself(tmp_path: Path) -> None:
    served = Served(tmp_path)
    store, away = Path(served.database), tmp_path / "away"
    store.rename(away)
    store.mkdir()
    served.start()
    try:
        with served.http() as http:
            down = http.get("/health")
            assert (down.status_code, down.json()["state"]) == (503, "down")
            assert down.json()["store"]["remedy"]
            assert str(tmp_path) not in down.text
            refused = http.get("/jobs")
            assert (refused.status_code, kind_of(refused)) == (503, "StoreError")
            assert int(refused.headers["retry-after"]) > 0
            assert str(tmp_path) not in refused.text
            store.rmdir()
            away.rename(store)
            assert http.get("/jobs").status_code == 200
    finally:
        served.end()


def test_a_market_of_rows_is_read_as_the_library_reads_it(served: Served) -> None:
    tables = tables_of(FOUR_BANKS.market())
    tables["stock"][1]["habitat"] = "Grasland"
    with served.http() as http:
        answer = http.post("/jobs", json={**SCENARIO, "market": tables})
    assert (answer.status_code, kind_of(answer)) == (422, "InputError")
    (finding,) = answer.json()["error"]["findings"]
    assert (finding["file"], finding["row"], finding["column"]) == ("stock", 3, "habitat")
