"""A small market and needs for reports on many sites, written as the files that they read."""

from __future__ import annotations

from pathlib import Path

import pytest

from bng_opt.market import save_market
from tests.support.scenarios import AREA, MEADOW, NEUTRAL, Line, Scene

SCENE = Scene((Line(MEADOW, 2, 100, "A"), Line(NEUTRAL, 2, 150, "B"), Line(NEUTRAL, 9, 300, "N1")))
PLACE = "Stratford-on-Avon,Dunsmore and Feldon"
NEEDS = {
    "any.csv": f"{AREA},Net gain,2",
    "meadow.csv": f"{AREA},{MEADOW},1.5",
    "bog.csv": f"{AREA},Wetland - Blanket bog,1",
}


class Desk:
    """A folder with a market and needs, and manifests written into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.market = str(save_market(SCENE.market(), folder / "market"))
        for name, row in NEEDS.items():
            (folder / name).write_text(f"ledger,habitat,units\n{row}\n", encoding="utf-8")

    def manifest(self, **needs: str) -> str:
        """Write a manifest of sites with their needs and return its path."""
        rows = [f"{name},{need}.csv,{PLACE}" for name, need in needs.items()]
        path = self.folder / "sites.csv"
        path.write_text("\n".join(["name,requirement,lpa,nca", *rows]), encoding="utf-8")
        return str(path)


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
