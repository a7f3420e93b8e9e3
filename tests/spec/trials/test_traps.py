"""Runs every row of `traps.md`: the boolean answer, ours, and the trap that explains the difference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.spec.trials.facts import patient
from tests.spec.trials.test_tables import result
from tumorboard.trials.comparison import TRAPS, explain_difference
from tumorboard.trials.ctml import read_trial
from tumorboard.trials.screening import screen

TABLE = Path(__file__).with_name("traps.md")
_VERDICTS = {"fits": "met", "excluded": "not met", "none": "none"}


def _rows() -> Iterator[object]:
    for number, line in enumerate(TABLE.read_text(encoding="utf-8").splitlines(), 1):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            yield pytest.param(cells[0].strip("`"), *cells[1:5], id=f"line {number}")


@pytest.mark.parametrize(("criterion", "facts", "theirs", "ours", "trap"), list(_rows()))
def test_row(criterion: str, facts: str, theirs: str, ours: str, trap: str) -> None:
    trial = read_trial({"protocol_no": "spec", "match": [yaml.safe_load(f"{{{criterion}}}")]})
    evidence = patient(facts)
    assert trial.root.match is not None
    assert result(trial.root.match, evidence) == ours
    boolean = screen(trial, evidence, closed_world=True, include_deceased=True)[0]
    assert _VERDICTS[boolean.verdict] == theirs
    differences = explain_difference(trial, evidence, include_deceased=True)
    assert {str(each.trap) for each in differences} == (set() if trap == "-" else {trap})
    assert {each.trap for each in differences} <= set(TRAPS)
