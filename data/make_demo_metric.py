"""Make ``data/demo/metric.xlsx``, the demonstration's metric.

Run ``python data/make_demo_metric.py`` in a checkout: the workbook is made by the builder of
the tests, which a wheel doesn't carry. The same content gives the same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The builder not as tests.support: osbng installs a package that is named tests, too.
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
from support.metric_workbook import MadeMetric, make_workbook, to_bytes  # noqa: E402

from bng_opt.reference import Ledger  # noqa: E402

DEMO_METRIC = ROOT / "data" / "demo" / "metric.xlsx"

BROOK_FARM = MadeMetric(
    project="Land at Brook Farm (demonstration)",
    planning_authority="Stratford-on-Avon",
    target=0.1,
    on_site={
        "Woodland and forest - Lowland mixed deciduous woodland": -1.38,
        "Grassland - Other neutral grassland": -6.42,
        "Heathland and shrub - Mixed scrub": -1.92,
        "Individual trees - Rural tree": 0.74,
        "Cropland - Cereal crops": -11.36,
        "Grassland - Modified grassland": -4.18,
        "Urban - Vegetated garden": 3.61,
        "Urban - Sustainable drainage system": 0.83,
        "Species-rich native hedgerow": -1.26,
        "Native hedgerow with trees": -0.94,
        "Native hedgerow": 0.55,
        "Ditches": -0.38,
    },
    baseline={Ledger.AREA: 38.54, Ledger.HEDGEROW: 5.72, Ledger.WATERCOURSE: 1.9},
    introduction=(
        "The Statutory Biodiversity Metric - demonstration",
        "Demonstration: results typed in, not a calculated statutory workbook. Don't submit it.",
        "Sheet names, labels and layout follow the statutory biodiversity metric calculation "
        "tool 4.1 (Defra).",
        "© Crown copyright. Contains public sector information licensed under the Open "
        "Government Licence v3.0: "
        "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        "Land at Brook Farm, its applicant and its numbers are invented.",
    ),
)
"""A plausible housing scheme in the Feldon: pasture, hedges, a copse and a ditch lost."""


def main() -> None:
    """Write the workbook."""
    DEMO_METRIC.parent.mkdir(exist_ok=True)
    DEMO_METRIC.write_bytes(to_bytes(make_workbook(BROOK_FARM)))


if __name__ == "__main__":
    main()
