"""A draft reads back as the tree it was made from, and keeps what it cannot say as text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tumorboard.trials.criteria import Lab, Node, Not, Unsupported, predicates
from tumorboard.trials.ctml import read_trial
from tumorboard.trials.eligibility.drafting import Draft, draft, expressible, reread, study_text
from tumorboard.trials.registry import read_study

TEXT = """Inclusion Criteria:

* Age 18 to 75 years
* ECOG 0-1
* EGFR exon 19 deletion or L858R
* AST and ALT \\<= 2.5 x ULN (\\<= 5 x ULN if liver metastases)
* Platelets \\>= 100 x 10^9/L unless the marrow is involved
* Signed informed consent

Exclusion Criteria:

* Known HIV infection
* ALK rearrangement
* Chemotherapy within 4 weeks of enrollment
* Prior osimertinib
"""


def study(text: str) -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT00000001", "briefTitle": "A study"},
            "eligibilityModule": {"eligibilityCriteria": text, "sex": "FEMALE", "maximumAge": "75 Years"},
            "conditionsModule": {"conditions": ["Breast Cancer", "Quality of Life"]},
        }
    }


def drafted(document: dict[str, Any]) -> tuple[Draft, Node, Node]:
    trial = read_study(document)
    made = draft(trial, study_text(document))
    back = read_trial(yaml.safe_load(made.yaml()))
    assert trial.root.match is not None and back.root.match is not None
    return made, trial.root.match, back.root.match


def test_a_draft_reads_back_as_the_same_tree() -> None:
    _, tree, back = drafted(study(TEXT))
    assert reread(back) == expressible(tree)


def test_public_studies_read_back(shared_data: Path) -> None:
    for path in sorted((shared_data / "trials" / "clinicaltrials_gov_v2").glob("NCT*.json")):
        _, tree, back = drafted(json.loads(path.read_text()))
        assert reread(back) == expressible(tree), path.stem


def test_every_clause_stands_beside_its_text() -> None:
    made, _, _ = drafted(study(TEXT))
    assert [TEXT[clause.start : clause.end] for clause in made.clauses] == [c.wording for c in made.clauses]
    assert [clause.status for clause in made.clauses].count("not understood") == 1


def test_what_is_not_understood_stays_as_text() -> None:
    made, _, back = drafted(study(TEXT))
    assert "Signed informed consent" in made.yaml()
    open_ = [leaf.wording for leaf in predicates(back) if isinstance(leaf.asks, Unsupported)]
    assert any("Signed informed consent" in wording for wording in open_)


def test_exclusions_are_negated() -> None:
    _, _, back = drafted(study("Exclusion Criteria:\n\n* ANC < 1500/mm3\n"))
    leaves = [child for child in back.children if isinstance(child, Not)]  # type: ignore[union-attr]
    assert [leaf.child.asks for leaf in leaves] == [  # type: ignore[union-attr]
        Lab("Neutrophils", leaves[0].child.asks.comparison, "/uL")  # type: ignore[union-attr]
    ]


@pytest.mark.parametrize("text", ["", "no sections at all", "Inclusion Criteria:\n\n* None"])
def test_poor_texts_make_a_draft(text: str) -> None:
    made, tree, back = drafted(study(text))
    assert reread(back) == expressible(tree)
    assert made.document["protocol_no"] == "NCT00000001"
