"""The one opening and the one ending of every report.

The opening says what was asked, on which data of which day, and the result in one line with
its proof; the ending what it rests on, and how to run it again.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bng_opt.batch.content.blocks import (
    Block,
    command,
    facts,
    inert,
    joined,
    paragraph,
    part,
    section,
    style,
)
from bng_opt.batch.content.outcome import MIME, Outcome
from bng_opt.errors import ExitStatus
from bng_opt.optimiser.text_table import plain
from bng_opt.quotes.documents.words import LICENCES, NOTICES, moment

REFERENCE_TABLES = (
    "statutory metric 4.1; statutory credit prices of 31 July 2025; planning authorities of April "
    "2023; National Character Areas as published in 2026; postcodes of May 2025"
)
"""The embedded tables with their dates, as their READMEs state them."""

_NO_ADVICE = (
    "This report is no legal advice and no offer. Not in its arithmetic: irreplaceable habitat, "
    "bespoke compensation, VAT, the decision maker's judgement, and whether a bank will sell."
)
_NOTICES = " ".join((*NOTICES, LICENCES))
_SOLVERS = ("highspy", "pulp")


@dataclass(frozen=True)
class Frame:
    """What a report says of itself at its beginning and at its end.

    Attributes
    ----------
    report
        The name by which it is run.
    kind, title
        What it is, and what it is about.
    asked, data
        What was asked, and the data with their versions and dates: names with texts.
    outcome
        How it ended.
    parameters
        What it was given, but for defaults.
    versions
        Of package, rules and solvers.
    made_at
        When.
    is_demonstration
        Whether nothing was given, so that it shows the demonstration.
    fingerprints
        More SHA-256 than that of the scenario: names with hashes.
    """

    report: str
    kind: str
    title: str
    asked: tuple[tuple[str, str], ...]
    data: tuple[tuple[str, str], ...]
    outcome: Outcome
    parameters: Mapping[str, Any]
    versions: Mapping[str, str]
    made_at: datetime
    is_demonstration: bool = False
    fingerprints: tuple[tuple[str, str], ...] = field(default=())

    def opening(self) -> Block:
        """Return the head of the report: the result, what was asked, and the data."""
        top = Block(
            f'<style>{style()}</style><div class="top"><p class="kind">{inert(self.kind)}</p>'
            f"<h1>{inert(self.title)}</h1></div>",
            f"{plain(self.kind)}: {plain(self.title)}\n",
        )
        demonstration = paragraph(
            "Demonstration: invented banks and an invented project. Give your own with --param."
            if self.is_demonstration
            else "",
            "note",
        )
        made = ("Made", moment(self.made_at))
        data = facts((*self.data, ("Reference tables", REFERENCE_TABLES), made))
        return joined(
            (
                top,
                demonstration,
                self._result(),
                section("What was asked", facts(self.asked)),
                section("Data, versions and dates", data),
            )
        )

    def ending(self) -> Block:
        """Return the foot of the report: fingerprints, versions, and how to run it again."""
        solvers = ", ".join(f"{name} {self.versions[name]}" for name in _SOLVERS)
        provenance = facts(
            (
                ("Scenario (SHA-256)", self.outcome.scenario),
                *self.fingerprints,
                ("Package", f"bng_opt {self.versions['bng_opt']}"),
                ("Rules", self.versions["rules"]),
                ("Solvers", solvers),
                ("Report", f"{self.report}, made {moment(self.made_at)}"),
            )
        )
        foot = section(
            "What this rests on, and how to run it again",
            provenance,
            part("Run it again", command(again(self.report, self.parameters))),
            part("Notices", paragraph(_NO_ADVICE, "small"), paragraph(_NOTICES, "small")),
        )
        return replace(foot, told={MIME: self.outcome.as_dict()})

    def _result(self) -> Block:
        """Return the result with its proof, in a box."""
        alarm = " alarm" if self.outcome.exit_status is not ExitStatus.DONE else ""
        words = joined((paragraph(self.outcome.result, "lead"), paragraph(self.outcome.proof)))
        return Block(f'<div class="result{alarm}">{words.html}</div>', f"{words.text}\n")


def again(report: str, parameters: Mapping[str, Any]) -> str:
    """Return the command that makes a report again.

    Examples
    --------
    >>> again("site_quote", {"nca": "Dunsmore and Feldon"})
    "bng-opt report site_quote --param 'nca=Dunsmore and Feldon' --out ."
    """
    words = ["bng-opt", "report", report]
    for name, value in parameters.items():
        words += ["--param", f"{name}={_spelt(value)}"]
    return shlex.join([*words, "--out", "."])


def _spelt(value: object) -> str:
    """Return a value as the command line takes it."""
    return value if isinstance(value, str) else json.dumps(value)
