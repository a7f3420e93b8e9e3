"""Runs every row of the tables beside this file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.spec.trials.facts import patient
from tumorboard.trials.criteria import Node, Predicate, predicates
from tumorboard.trials.ctml import read_trial
from tumorboard.trials.logic import Outcome, Value, combine, open_leaves
from tumorboard.trials.matching import match
from tumorboard.trials.patients import PatientEvidence
from tumorboard.trials.rules import Rules

TABLES = sorted(path for path in Path(__file__).parent.glob("*.md") if path.stem not in ("README", "traps"))


def _rows() -> Iterator[object]:
    for path in TABLES:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if line.startswith("| `"):
                yield pytest.param(cells[0].strip("`"), cells[1], cells[2], id=f"{path.stem}:{number}")


@pytest.mark.parametrize(("criterion", "facts", "expected"), list(_rows()))
def test_row(criterion: str, facts: str, expected: str) -> None:
    trial = read_trial({"protocol_no": "spec", "match": [yaml.safe_load(f"{{{criterion}}}")]})
    assert trial.root.match is not None
    assert result(trial.root.match, patient(facts)) == expected


def result(tree: Node, evidence: PatientEvidence) -> str:
    """The value of a tree; an unknown one with the reason of its first open question."""
    answers: dict[Predicate, Outcome] = {
        leaf: match(leaf.asks, evidence, Rules()) for leaf in predicates(tree)
    }
    value = combine(tree, lambda leaf: answers[leaf].value)
    if value is not Value.UNKNOWN:
        return str(value)
    first_open = next(open_leaves(tree, lambda leaf: answers[leaf].value))
    return f"unknown ({answers[first_open].reason})"


def test_the_tables_are_found() -> None:
    assert {path.stem for path in TABLES} == {"biomarkers", "clinical", "genomic", "history", "organs"}
    assert len(list(_rows())) > 100
