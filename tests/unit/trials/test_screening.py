"""Verdicts per level, rows for the lake, what to ask for, and the order of results."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.unit.trials.conftest import AS_OF, clinical, document, genomic
from tumorboard.codes.hgvs import ProteinChange
from tumorboard.lake.tables import get
from tumorboard.pipeline.gold.trial_matches import TrialMatches
from tumorboard.trials import screening
from tumorboard.trials.ctml import read_trial
from tumorboard.trials.logic import Reason, Value
from tumorboard.trials.patients import PatientEvidence, Person
from tumorboard.trials.screening import (
    COLUMNS,
    LevelResult,
    best,
    ranked,
    rows,
    screen,
)

EGFR = genomic(hugo_symbol="EGFR", variant_category="Mutation")
BRAF = genomic(hugo_symbol="BRAF", variant_category="Mutation")
KRAS = genomic(hugo_symbol="KRAS", variant_category="Mutation")


def _verdicts(patient: PatientEvidence, **clauses: Any) -> dict[str, str]:
    return {result.level: result.verdict for result in screen(read_trial(document(**clauses)), patient)}


def test_each_level_is_decided_by_its_own_clause_and_those_above(evidence: PatientEvidence) -> None:
    verdicts = _verdicts(evidence, step=[EGFR], arm=[BRAF], dose=[KRAS])
    assert verdicts == {"trial": "none", "step": "fits", "arm": "uncertain", "dose": "excluded"}


def test_the_trial_clause_applies_to_every_level(evidence: PatientEvidence) -> None:
    """Trap 22: that clause is not even loaded by the usual engine."""
    verdicts = _verdicts(evidence, match=[clinical(gender="Male")], arm=[EGFR])
    assert set(verdicts.values()) == {"excluded"}


def test_clinical_criteria_alone_are_screened(evidence: PatientEvidence) -> None:
    """Trap 23."""
    assert _verdicts(evidence, step=[clinical(age_numerical=">=18")])["step"] == "fits"


def test_nothing_encoded_is_neither_fits_nor_excluded(evidence: PatientEvidence) -> None:
    """Trap 24."""
    trial = read_trial(document(step=[genomic(display_name="EGFR")]))
    results = screen(trial, evidence)
    assert {result.verdict for result in results} == {"none"}
    table = rows("p1", results)
    assert set(table["wording"]) == {"No criteria encoded"}
    assert set(table["result"]) == {"unknown"}


@pytest.mark.parametrize(
    ("deceased", "last_contact", "result", "verdict"),
    [
        (True, date(2025, 6, 1), "not met", "excluded"),
        (None, None, "unknown", "uncertain"),
        (False, None, "met", "fits"),
        (None, date(2025, 6, 1), "met", "fits"),
        (False, date(2020, 6, 1), "unknown", "uncertain"),
    ],
)
def test_vital_status_is_a_shown_criterion(
    evidence: PatientEvidence, deceased: bool | None, last_contact: date | None, result: str, verdict: str
) -> None:
    """Trap 4: nobody is left out in silence."""
    assert evidence.person is not None
    patient = replace(evidence, person=replace(evidence.person, deceased=deceased, last_contact=last_contact))
    step = screen(read_trial(document(step=[EGFR])), patient)[1]
    assert (str(step.criteria[0].result), step.verdict) == (result, verdict)
    assert step.criteria[0].wording == "The patient is alive"


def test_an_or_is_one_criterion(evidence: PatientEvidence) -> None:
    step = screen(read_trial(document(step=[{"or": [EGFR, KRAS, BRAF]}])), evidence)[1]
    assert step.verdict == "fits"
    assert [str(criterion.result) for criterion in step.criteria] == ["met", "met", "not met", "unknown"]
    assert [criterion.would_settle for criterion in step.criteria] == ["", "", "", ""]


def test_an_exclusion_is_shown_with_its_own_result(evidence: PatientEvidence) -> None:
    step = screen(read_trial(document(step=[genomic(hugo_symbol="!KRAS")])), evidence)[1]
    assert str(step.criteria[1].result) == "unknown"
    kras_mutation = genomic(hugo_symbol="!KRAS", variant_category="Mutation")
    step = screen(read_trial(document(step=[kras_mutation])), evidence)[1]
    assert str(step.criteria[1].result) == "met"
    assert (
        step.criteria[1].note
        == "Negative for KRAS mutations (tested: TB-SOLID-120, 2025-02-01; coverage stated by gene)."
    )
    assert step.criteria[1].evidence == ("silver.genomic_tests/genomic_tests-1",)


def test_the_v600e_patient_does_not_match_the_arm_without_v600(evidence: PatientEvidence) -> None:
    finding = replace(
        evidence.findings[0], gene="BRAF", kind="mutation", terms=frozenset({"missense_variant"})
    )
    finding = replace(finding, change=ProteinChange.parse("p.V600E"))
    patient = replace(evidence, findings=(finding,))
    arms = [
        {"arm_code": "V600", "match": [genomic(hugo_symbol="BRAF", wildcard_protein_change="p.V600")]},
        {"arm_code": "other", "match": [genomic(hugo_symbol="BRAF", wildcard_protein_change="!p.V600")]},
    ]
    trial = read_trial({"protocol_no": "T", "treatment_list": {"step": [{"arm": arms}]}})
    verdicts = {result.code: result.verdict for result in screen(trial, patient) if result.level == "arm"}
    assert verdicts == {"V600": "fits", "other": "excluded"}


def test_suspended_parts_are_screened_and_marked(evidence: PatientEvidence) -> None:
    arms = [{"arm_code": "A", "arm_suspended": "Y", "match": [EGFR]}]
    trial = read_trial({"protocol_no": "T", "treatment_list": {"step": [{"arm": arms}]}})
    arm = screen(trial, evidence)[-1]
    assert (arm.suspended, arm.verdict) == (True, "fits")


# ---- rows


def test_rows_have_the_columns_of_the_table_and_unique_keys(evidence: PatientEvidence) -> None:
    results = screen(
        read_trial(document(step=[EGFR], arm=[BRAF, clinical(gender="Female", age_numerical=">=18")])),
        evidence,
    )
    table = rows("p1", results)
    assert tuple(table.columns) == COLUMNS
    assert not table.duplicated(["patient_key", "trial_id", "level", "code", "path"]).any()
    assert set(table["patient_key"]) == {"p1"}
    assert (table.groupby(["level", "code"])["verdict"].nunique() == 1).all()


def test_rows_name_the_place_to_join(evidence: PatientEvidence) -> None:
    doses = [{"level_code": "1"}, {"level_code": "2"}]
    arms = [{"arm_code": code, "match": [EGFR], "dose_level": doses} for code in ("A", "B")]
    trial = read_trial(
        {"protocol_no": "T", "treatment_list": {"step": [{"arm": [*arms, {"arm_code": "C"}]}]}}
    )
    table = rows("p1", screen(trial, evidence))
    assert list(table["code"].unique()) == ["A / 1", "A / 2", "B / 1", "B / 2", "C"]
    assert set(rows("p1", screen(read_trial({"protocol_no": "T", "match": [EGFR]}), evidence))["code"]) == {
        "T"
    }


def test_the_columns_are_those_of_the_lake() -> None:
    assert TrialMatches is not None  # importing it declares the table
    declared = get("gold.trial_matches").arrow_schema.names
    assert tuple(declared[: len(COLUMNS)]) == COLUMNS


def test_no_results_give_an_empty_table_with_columns() -> None:
    table = rows("p1", [])
    assert table.empty
    assert tuple(table.columns) == COLUMNS


def test_known_results_name_rows_and_unknown_ones_a_reason(evidence: PatientEvidence) -> None:
    table = rows("p1", screen(read_trial(document(step=[EGFR], arm=[BRAF])), evidence))
    known = table[table["result"] != "unknown"]
    assert (known["evidence"].map(len) > 0).all()
    assert (known["reason_code"] == "").all()
    assert table[table["result"] == "unknown"]["reason_code"].isin(list(Reason)).all()


# ---- what to ask for


def test_the_test_that_settles_most_comes_first(evidence: PatientEvidence) -> None:
    results = [
        result
        for trial_id, clause in (
            ("A", [BRAF]),
            ("B", [BRAF]),
            ("C", [genomic(hugo_symbol="RET")]),
            ("D", [KRAS, BRAF]),
        )
        for result in screen(read_trial({"protocol_no": trial_id, "match": clause}), evidence)
    ]
    asks = screening.tests_that_settle_most(results)
    assert asks[0].what == "Test that covers BRAF for mutations"
    assert asks[0].trials == ("A", "B")  # D is excluded already: its BRAF question changes nothing
    assert len(asks) == 2


def test_closed_and_suspended_parts_ask_for_nothing(evidence: PatientEvidence) -> None:
    closed = read_trial({"protocol_no": "A", "status": "closed", "match": [BRAF]})
    assert screening.tests_that_settle_most(screen(closed, evidence)) == []


def test_unreadable_criteria_are_not_tests(evidence: PatientEvidence) -> None:
    trial = read_trial({"protocol_no": "A", "match": [clinical(favourite_colour="blue")]})
    assert screening.tests_that_settle_most(screen(trial, evidence)) == []


# ---- order


def _result(evidence: PatientEvidence, trial_id: str, clause: list[Any], **fields: Any) -> LevelResult:
    return screen(read_trial({"protocol_no": trial_id, "match": clause, **fields}), evidence)[0]


def test_the_stated_order(evidence: PatientEvidence) -> None:
    lung = clinical(oncotree_primary_diagnosis="Lung")
    solid = clinical(oncotree_primary_diagnosis="_SOLID_")
    expected = [
        _result(evidence, "9", [EGFR, lung], status="open"),
        _result(evidence, "8", [EGFR, solid], status="open"),
        _result(evidence, "7", [lung], status="open"),
        _result(evidence, "6", [EGFR, lung]),
        _result(evidence, "5", [EGFR, lung], status="closed"),
        _result(evidence, "4", [EGFR, BRAF, lung], status="open"),
        _result(evidence, "3", [EGFR, BRAF, genomic(hugo_symbol="RET"), lung], status="open"),
        _result(evidence, "2", [], status="open"),
        _result(evidence, "1", [KRAS], status="open"),
    ]
    assert [result.trial_id for result in ranked(reversed(expected))] == list("987654321")


def test_a_trial_stands_as_the_best_place_to_join_it(evidence: PatientEvidence) -> None:
    """The step alone would be uncertain, but no arm takes this patient."""
    breast, colon = (clinical(oncotree_primary_diagnosis=name) for name in ("Breast", "Colon Adenocarcinoma"))
    arms = [{"arm_code": "A", "match": [breast]}, {"arm_code": "B", "match": [colon]}]
    step = {"step_code": "1", "match": [BRAF], "arm": arms}
    results = screen(read_trial({"protocol_no": "T", "treatment_list": {"step": [step]}}), evidence)
    assert [result.verdict for result in results] == ["none", "uncertain", "excluded", "excluded"]
    assert best(results).verdict == "excluded"
    assert set(rows("p1", results)["verdict"]) == {"excluded"}
    assert screening.tests_that_settle_most(results) == []


def test_a_trial_without_criteria_stands_as_none(evidence: PatientEvidence) -> None:
    assert best(screen(read_trial(document()), evidence)).verdict == "none"
    assert best(screen(read_trial({"protocol_no": "T"}), evidence)).level == "trial"


# ---- boolean comparison mode


def test_closed_world_reads_absence_as_negative_and_each_clause_alone(nobody: PatientEvidence) -> None:
    trial = read_trial(document(step=[EGFR], arm=[genomic(hugo_symbol="!KRAS")]))
    results = screen(trial, nobody, closed_world=True, include_deceased=True)
    assert [result.verdict for result in results] == ["none", "excluded", "fits", "none"]
    assert all(criterion.result is not Value.UNKNOWN for result in results for criterion in result.criteria)


def test_closed_world_leaves_out_whoever_is_not_known_to_live(nobody: PatientEvidence) -> None:
    trial = read_trial(document(arm=[genomic(hugo_symbol="!KRAS")]))
    assert screen(trial, nobody, closed_world=True)[2].verdict == "excluded"


@pytest.mark.parametrize(("born", "result", "marked"), [
    (date(1949, 12, 30), "not met", True),
    (date(1950, 6, 30), "met", False),
    (date(1940, 1, 1), "not met", False),
])  # fmt: skip
def test_an_age_at_a_boundary_is_marked(born: date, result: str, marked: bool) -> None:
    """75 years and six months: more than 75 by the exact date, 75 in completed years."""
    patient = PatientEvidence("p", AS_OF, person=Person("silver.patients/1", birth_date=born))
    trial = read_trial({"protocol_no": "T", "match": [clinical(age_numerical="<=75")]})
    criterion = screen(trial, patient, include_deceased=True)[0].criteria[0]
    assert (str(criterion.result), criterion.at_boundary) == (result, marked)
    assert ("completed years the answer would be met" in criterion.note) is marked


def test_an_open_question_says_who_must_answer(nobody: PatientEvidence) -> None:
    asked = [genomic(hugo_symbol="EGFR"), clinical(her2_status="Positive"), clinical(ecog_numerical="<=1")]
    trial = read_trial({"protocol_no": "T", "match": asked})
    criteria = screen(trial, nobody)[0].criteria
    assert [each.who for each in criteria[1:]] == ["molecular laboratory", "pathologist", "treating clinic"]
