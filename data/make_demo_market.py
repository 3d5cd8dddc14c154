"""Make the demonstration market again: ``python data/make_demo_market.py``.

Sixty fictional banks, half of them around Stratford-on-Avon. Making it again gives the same
bytes. ``data/demo/README.md`` says where the prices come from.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "data" / "demo" / "market"

N_BANKS = 60
SEED = 2026

# Around Stratford-on-Avon: its own five character areas, and those beside them.
NEAR = (
    *(("Stratford-on-Avon", nca) for nca in ("Dunsmore and Feldon", "Arden", "Cotswolds")),
    ("Stratford-on-Avon", "Severn and Avon Vales"),
    ("Stratford-on-Avon", "Northamptonshire Uplands"),
    ("Stratford-on-Avon", "Dunsmore and Feldon"),
    *(("Warwick", nca) for nca in ("Arden", "Dunsmore and Feldon", "Arden")),
    *(("Rugby", nca) for nca in ("Dunsmore and Feldon", "Leicestershire Vales")),
    *(("Wychavon", nca) for nca in ("Severn and Avon Vales", "Arden", "Severn and Avon Vales")),
    *(("Cotswold", nca) for nca in ("Cotswolds", "Upper Thames Clay Vales", "Cotswolds")),
    *(("Cherwell", nca) for nca in ("Cotswolds", "Northamptonshire Uplands")),
    *(("West Oxfordshire", nca) for nca in ("Cotswolds", "Upper Thames Clay Vales")),
    *(("Tewkesbury", nca) for nca in ("Severn and Avon Vales", "Cotswolds")),
    ("Bromsgrove", "Arden"),
    ("Solihull", "Arden"),
    ("Coventry", "Arden"),
    ("Redditch", "Arden"),
    ("North Warwickshire", "Arden"),
    ("Stroud", "Cotswolds"),
    ("West Northamptonshire", "Northamptonshire Uplands"),
)


def main() -> None:
    """Write the three tables."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
    from market_factory import make_frames

    from bng_opt.market import load_market, save_market

    frames = make_frames(
        N_BANKS,
        5,
        SEED,
        fees=True,
        baselines=True,
        delivered=0.1,
        places=NEAR,
        invent_waters=False,
        prefix="DEMO-",
    )
    banks, pricing = frames["banks"], frames["pricing"]
    banks["bank_name"] = banks["bank_name"] + " (fictional)"
    frames["pricing"] = with_blanks(with_one_price(pricing, f"DEMO-{N_BANKS:03d}"))
    save_market(load_market(frames), FOLDER)


def with_blanks(pricing: pd.DataFrame) -> pd.DataFrame:
    """Return prices of which two are blank, to be seen in the report of unpriced stock.

    The first line of DEMO-001 has no price at all; DEMO-004 has none for fractions of a
    unit of its first habitat.
    """
    first = pricing.groupby("bank_id")["habitat"].transform("first").eq(pricing["habitat"])
    unknown = first & pricing["bank_id"].eq("DEMO-001")
    withheld = first & pricing["bank_id"].eq("DEMO-004") & pricing["contract_size"].eq("fractional")
    blanks = pd.concat(
        [
            pricing[unknown].head(1).assign(contract_size="*", tier="*", price=None),
            pricing[withheld].head(1).assign(tier="*", price=None),
        ]
    )
    return pd.concat([pricing[~unknown & ~withheld], blanks], ignore_index=True)


def with_one_price(pricing: pd.DataFrame, bank_id: str) -> pd.DataFrame:
    """Return prices of which one bank's are the same for any habitat and tier."""
    own = pricing["bank_id"].eq(bank_id)
    rows = pricing[own].drop_duplicates("contract_size").assign(habitat="*", tier="*")
    return pd.concat([pricing[~own], rows], ignore_index=True)


if __name__ == "__main__":
    main()
