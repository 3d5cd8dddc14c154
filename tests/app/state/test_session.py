"""The session: steps in their order, what is missing, stored runs, and drafts."""

from __future__ import annotations

import json

import pytest

from bng_opt.app.services import NOBODY, Services
from bng_opt.app.state.session import Session
from bng_opt.errors import AccessError, InputError
from bng_opt.optimiser.portfolio import PortfolioSite
from bng_opt.runtime.job import JobKind
from bng_opt.runtime.job_kinds import Asked
from tests.support.pages import make_ready
from tests.support.running import finished


def test_what_is_missing_is_that_of_all_steps_before(session: Session) -> None:
    assert session.blockers("metric") == ()
    assert session.blockers("optimise") == (
        "Give the metric workbook, or type what is needed.",
        "Say where the site is.",
        *session.market.blockers(),
    )


def test_there_is_no_step_of_another_name(session: Session) -> None:
    with pytest.raises(InputError, match='no step "checkout"'):
        session.go("checkout")


def test_neighbours_end_where_the_steps_end(session: Session) -> None:
    assert session.neighbour(-1) is None
    assert session.neighbour(1).key == "site"
    session.go("quote")
    assert session.neighbour(1) is None
    session.go("history")
    assert session.neighbour(1) is session.neighbour(-1) is None


def test_a_stored_run_is_entered_whole(session: Session, services: Services, demo_need) -> None:
    ready = make_ready(session, demo_need)
    ready.optimise.start()
    job = finished(services.desk, ready.optimise.running.job)
    other = Session(services)
    other.open_run(job.id)
    assert other.current == "result"
    assert other.metric.requirement.need == demo_need.need
    assert other.site.site.lpas == ready.site.site.lpas
    assert other.result.plan.total_gbp == services.desk.plan(job.id).total_gbp
    assert other.optimise.run_id == job.id


def test_a_run_that_is_not_there_is_said(session: Session) -> None:
    with pytest.raises(InputError):
        session.open_run("no-such-run")


def test_a_run_of_several_sites_is_not_shown_as_one(ready: Session) -> None:
    need, place = ready.metric.requirement, ready.site.site
    site = PortfolioSite("one", need, place, ready.optimise.policy)
    job = ready.services.desk.submit_portfolio([site], ready.market.market, by="Ann")
    with pytest.raises(InputError, match="several sites"):
        ready.open_run(job.id)


def test_a_draft_enters_again_what_it_can(ready: Session, services: Services) -> None:
    draft = json.loads(json.dumps(ready.get_state()))
    draft["steps"]["quote"]["reference"] = "BNG-1999-00001"
    other = Session(services)
    with pytest.raises(InputError):
        other.set_state(draft)
    assert other.metric.is_done
    assert other.site.is_done
    assert other.market.is_done


def test_a_draft_of_another_version_is_refused(session: Session) -> None:
    with pytest.raises(InputError, match="another version"):
        session.set_state({"form": 0, "current": "metric", "steps": {}})


def test_nobody_does_nothing(services: Services, demo_need) -> None:
    services.admit(NOBODY, None, signed_in=False)
    session = make_ready(Session(services), demo_need)
    with pytest.raises(AccessError, match="aren't signed in"):
        session.optimise.start()


def test_an_asked_portfolio_has_no_single_scenario() -> None:
    with pytest.raises(InputError):
        Asked(JobKind.PORTFOLIO, {}, {}).scenario  # noqa: B018
