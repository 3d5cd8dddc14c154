"""The checkup of the solvers: a small real purchase, and the cross-check beside it."""

from __future__ import annotations

import numpy as np

from bng_opt.market import load_market
from bng_opt.metric import read_metric
from bng_opt.optimiser.linear import LinearModel
from bng_opt.optimiser.plan import PlanStatus
from bng_opt.optimiser.solver import is_feasible_by_cbc
from bng_opt.places import Site
from bng_opt.resources import data_dir
from bng_opt.runtime.checkups.kinds import Found, failed, fine
from bng_opt.runtime.run import optimise, versions
from bng_opt.settings import Settings

_DEMO_PLACE = ("Stratford-on-Avon", "Dunsmore and Feldon")
_INSTALL = "Install the solvers again: pip install --force-reinstall highspy pulp."
_INSTALL_CBC = (
    "Install CBC: pip install 'pulp[cbc]' or, with conda, coin-or-cbc. Without it nobody can "
    "be told that a purchase is impossible."
)
_CBC_LIMIT_S = 20.0


def look_at_solver(_: Settings) -> Found:
    """See whether the demonstration's purchase is found, proven and lawful."""
    demo = data_dir() / "demo"
    requirement = read_metric(demo / "metric.xlsx")
    market = load_market(demo / "market")
    plan = optimise(requirement, market, Site.from_names(*_DEMO_PLACE), cache=None)
    if plan.status is not PlanStatus.OPTIMAL or not plan.is_verified:
        message = f"The demonstration's plan is {plan.status.value}, not proven and verified."
        return failed(message, _INSTALL)
    made_by = versions()
    return fine(
        f"HiGHS {made_by['highspy']} by PuLP {made_by['pulp']} found and proved the "
        f"demonstration's purchase: £{plan.total_gbp:,.2f}."
    )


def look_at_cross_check(_: Settings) -> Found:
    """See whether CBC tells what can be solved from what can't."""
    for at_least, answer in ((1.0, True), (3.0, False)):
        if is_feasible_by_cbc(_one_column(at_least), _CBC_LIMIT_S) is not answer:
            return failed("CBC gives wrong answers on a model of one row.", _INSTALL_CBC)
    return fine("CBC confirms what has a solution, and what has none.")


def _one_column(at_least: float) -> LinearModel:
    """Return a model of one column between 0 and 2 and one row that asks for so much of it."""
    return LinearModel(
        cost=np.array([1.0]),
        lower=np.array([0.0]),
        upper=np.array([2.0]),
        integer=np.array([True]),
        rows=np.array([0]),
        columns=np.array([0]),
        values=np.array([1.0]),
        row_lower=np.array([at_least]),
        link=np.array([False]),
    )
