"""What must hold for every patient and every criterion (trial screening, section 4.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.trials.conftest import AS_OF, clinical, genomic
from tumorboard.codes.hgvs import ProteinChange
from tumorboard.codes.oncotree import OncoTree
from tumorboard.trials.criteria import Diagnosis, Not, Or
from tumorboard.trials.ctml import read_trial
from tumorboard.trials.logic import Reason, Value
from tumorboard.trials.matching import match
from tumorboard.trials.patients import (
    BiomarkerFact,
    ComorbidityFact,
    DiagnosisFact,
    Finding,
    GenomicTest,
    ImagingFact,
    LabFact,
    NoteFact,
    PatientEvidence,
    PerformanceFact,
    Person,
    StageFact,
    Statement,
    TherapyFact,
    WeightFact,
)
from tumorboard.trials.rules import Rules
from tumorboard.trials.screening import CriterionResult, screen

CRITERIA: list[dict[str, Any]] = [
    genomic(hugo_symbol="EGFR", variant_category="Mutation"),
    genomic(hugo_symbol="EGFR", variant_category="!Mutation"),
    genomic(hugo_symbol="EGFR", protein_change="!p.L858R"),
    genomic(hugo_symbol="BRAF", wildcard_protein_change="p.V600"),
    genomic(hugo_symbol="EGFR", exon=19, variant_classification="In_Frame_Del"),
    genomic(hugo_symbol="ERBB2", variant_category="Copy Number Variation", cnv_call="High Amplification"),
    genomic(hugo_symbol="ALK", variant_category="!Structural Variation"),
    genomic(hugo_symbol="EGFR", wildtype=True),
    genomic(ms_status="MSI-H"),
    genomic(mmr_status="!MMR-Deficient"),
    clinical(tmb_numerical=">=10"),
    clinical(her2_status="!Positive"),
    clinical(age_numerical=">=18"),
    clinical(age_numerical="<75"),
    clinical(gender="!Male"),
    clinical(oncotree_primary_diagnosis="Lung"),
    clinical(oncotree_primary_diagnosis="!_LIQUID_"),
    clinical(disease_status=["Metastatic"]),
    clinical(disease_status=["Untreated"]),
    clinical(number_prior_lines_therapy_allowed="<=2"),
    clinical(ecog_numerical="<=1"),
    clinical(favourite_colour="blue"),
    {"prior_treatments": {"drug": "!osimertinib"}},
    clinical(brca1_germline_mutation="Negative"),
    clinical(active_brain_metastases_allowed="No"),
    clinical(cns_metastases="!any"),
    clinical(lab="Platelets >= 100 10*9/L"),
    clinical(lab="ALT <= 3 x ULN"),
    clinical(creatinine_clearance=">= 60 mL/min"),
    clinical(prior_therapy="!platinum within 200 days"),
    clinical(washout="28 days"),
    clinical(comorbidity="!heart failure"),
    clinical(stage_group=["III", "IV"]),
    clinical(karnofsky_numerical=">=70"),
    {"match_none": 1},
]
TRIAL = read_trial({"protocol_no": "T", "match": CRITERIA})
law = settings(deadline=None, max_examples=40)
days = st.dates(date(2020, 1, 1), AS_OF)


def _sources(table: str) -> st.SearchStrategy[str]:
    return st.uuids().map(lambda identity: f"silver.{table}/{identity}")


findings = st.builds(
    Finding,
    _sources("variants"),
    test_id=st.sampled_from(["t1", "t2", ""]),
    gene=st.sampled_from(["EGFR", "BRAF", "ERBB2", "ALK", "KRAS", ""]),
    kind=st.sampled_from(["mutation", "cnv", "sv"]),
    change=st.sampled_from(
        [None, *map(ProteinChange.parse, ["p.L858R", "p.V600E", "p.V600*", "p.E746_A750del"])]
    ),
    terms=st.sampled_from([frozenset(), frozenset({"missense_variant"}), frozenset({"inframe_deletion"})]),
    exon=st.sampled_from([None, 19, 21]),
    copy_number=st.sampled_from([None, 0.0, 2.0, 4.0, 12.0]),
    partner=st.sampled_from(["", "ALK", "EML4"]),
    passed=st.booleans(),
)
genomic_tests = st.builds(
    GenomicTest,
    _sources("genomic_tests"),
    test_id=st.sampled_from(["t1", "t2"]),
    genes=st.frozensets(st.sampled_from(["EGFR", "BRAF", "ERBB2", "ALK"])),
    profiles=st.none() | st.frozensets(st.sampled_from(["mutation", "cnv", "sv"])),
)
biomarkers = st.builds(
    BiomarkerFact,
    _sources("biomarkers"),
    name=st.sampled_from(["MSI", "MMR", "TMB", "HER2"]),
    number=st.sampled_from([None, 4.0, 20.0]),
    text=st.sampled_from(["", "high", "stable", "deficient", "positive", "nonsense"]),
)
people = st.none() | st.builds(
    Person,
    _sources("patients"),
    sex=st.sampled_from(["male", "female", "unknown", ""]),
    birth_date=st.none() | st.dates(date(1920, 1, 1), AS_OF),
    deceased=st.none() | st.booleans(),
)
diagnoses = st.builds(
    DiagnosisFact, _sources("diagnoses"), oncotree=st.sampled_from(["LUAD", "NSCLC", "IDC", "AML", "", "ODD"])
)
stages = st.builds(
    StageFact, _sources("stages"), stage_group=st.sampled_from(["", "II", "IVA", "odd"]), assessed_on=days
)
therapies = st.builds(
    TherapyFact,
    _sources("therapies"),
    name=st.sampled_from(["osimertinib", "carboplatin"]),
    line=st.sampled_from([None, 1, 2, 3]),
    ended_on=st.none() | days,
)
scores = st.builds(
    PerformanceFact, _sources("performance"), scale=st.just("ECOG"), value=st.integers(0, 4), assessed_on=days
)


labs = st.builds(
    LabFact,
    _sources("labs"),
    name=st.sampled_from(["Platelets", "ALT", "Creatinine", "Creatinine clearance", "eGFR"]),
    value=st.sampled_from([None, 0.8, 1.0, 50.0, 100.0, 250.0]),
    unit=st.sampled_from(["", "10*3/uL", "U/L", "mg/dL", "mL/min", "furlong"]),
    high=st.sampled_from([None, 40.0]),
    taken_on=st.none() | days,
    bound=st.sampled_from(["", "<"]),
)
weights = st.builds(WeightFact, _sources("measures"), st.sampled_from([60.0, 90.0]), days)
comorbidities = st.builds(
    ComorbidityFact,
    _sources("comorbidities"),
    text=st.sampled_from(["Heart failure", "Asthma", ""]),
    status=st.sampled_from(["active", "resolved", ""]),
    onset_on=st.none() | days,
)
images = st.builds(ImagingFact, _sources("imaging"), st.just("MR"), st.sampled_from(["brain", "chest"]), days)
statements = st.builds(
    Statement,
    _sources("statements"),
    st.just("not so"),
    st.sampled_from(["heart failure", "brain metastases"]),
    stated_on=st.none() | days,
)


def _few(facts: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(facts, max_size=3).map(tuple)


patients = st.builds(
    PatientEvidence,
    st.just("p"),
    st.just(AS_OF),
    person=people,
    diagnoses=_few(diagnoses),
    stages=_few(stages),
    tests=_few(genomic_tests),
    findings=_few(findings),
    biomarkers=_few(biomarkers),
    therapies=_few(therapies),
    performance=_few(scores),
    complete_therapies=st.sampled_from(["", "silver.statements/complete"]),
    labs=_few(labs),
    weights=_few(weights),
    comorbidities=_few(comorbidities),
    imaging=_few(images),
    statements=_few(statements),
)
LETTERS = (
    NoteFact("silver.note_facts/1", "ecog", "1"),
    NoteFact("silver.note_facts/2", "biomarker", "MSI high"),
)
TABLES = (
    "diagnoses", "stages", "tests", "findings", "biomarkers", "therapies", "performance",
    "labs", "weights", "comorbidities", "imaging", "statements",
)  # fmt: skip


def _answers(patient: PatientEvidence) -> list[CriterionResult]:
    return list(screen(TRIAL, patient)[0].criteria)


def test_without_data_everything_is_unknown_negations_included(nobody: PatientEvidence) -> None:
    answers = _answers(nobody)
    assert len(answers) == len(CRITERIA) + 1
    assert {answer.result for answer in answers} == {Value.UNKNOWN}
    assert all(answer.reason_code for answer in answers)


@law
@given(patients)
def test_met_and_not_met_name_rows_that_exist(patient: PatientEvidence) -> None:
    known = {fact.source for table in TABLES for fact in getattr(patient, table)}
    known |= {patient.person.source} if patient.person else set()
    known |= {patient.complete_therapies} - {""}
    for answer in _answers(patient):
        assert set(answer.evidence) <= known
        assert answer.evidence or answer.result is Value.UNKNOWN


WANT_OF_DATA = {Reason.NOT_TESTED, Reason.NOT_RECORDED, Reason.STALE, Reason.UNSUPPORTED}


@law
@given(patients, st.data())
def test_removing_data_never_settles_what_wants_data(patient: PatientEvidence, data: st.DataObject) -> None:
    kept = {
        table: tuple(fact for fact in getattr(patient, table) if data.draw(st.booleans())) for table in TABLES
    }
    less = replace(patient, **kept)
    for before, after in zip(_answers(patient), _answers(less), strict=True):
        if before.reason_code in WANT_OF_DATA:
            assert after.result is Value.UNKNOWN, (before, after)


def _together(one: PatientEvidence, other: PatientEvidence) -> PatientEvidence:
    both = {table: (*getattr(one, table), *getattr(other, table)) for table in TABLES}
    return replace(one, **both, complete_therapies=one.complete_therapies or other.complete_therapies)


# Counts and clearances are made of several facts: adding one may change them without being in conflict.
COMPOSED = {"PriorLines", "KidneyFunction"}


@settings(deadline=None, max_examples=80)
@given(patients, patients)
def test_evidence_that_does_not_conflict_never_unsettles(
    one: PatientEvidence, other: PatientEvidence
) -> None:
    """What says the same, or has nothing to say, leaves met and not met as they are."""
    other = replace(other, person=one.person)
    answers = zip(_answers(one), _answers(other), _answers(_together(one, other)), strict=True)
    for first, second, together in answers:
        agrees = second.result is first.result or second.reason_code in WANT_OF_DATA
        if first.result is not Value.UNKNOWN and agrees and first.asks.__name__ not in COMPOSED:
            assert together.result is first.result, (first, second, together)


@law
@given(patients)
def test_without_coverage_not_found_becomes_unknown_and_found_stays(patient: PatientEvidence) -> None:
    uncovered = replace(patient, tests=())
    for before, after in zip(_answers(patient), _answers(uncovered), strict=True):
        if before.asks.__name__ != "Alteration":
            assert (before.result, before.evidence) == (after.result, after.evidence)
        elif any(source.startswith("silver.genomic_tests") for source in before.evidence):
            assert after.result is Value.UNKNOWN
        else:
            assert after.result is before.result


@law
@given(patients)
def test_a_fact_that_nothing_reads_changes_nothing(patient: PatientEvidence) -> None:
    more = replace(
        patient, biomarkers=(*patient.biomarkers, BiomarkerFact("silver.biomarkers/x", "Ki-67", 20.0))
    )
    assert _answers(more) == _answers(patient)


@law
@given(patients)
def test_unverified_text_never_settles_anything(patient: PatientEvidence) -> None:
    with_letters = replace(patient, note_facts=LETTERS)
    before, after = _answers(patient), _answers(with_letters)
    assert [answer.result for answer in before] == [answer.result for answer in after]


@law
@given(patients, st.permutations(CRITERIA))
def test_the_order_of_criteria_does_not_matter(
    patient: PatientEvidence, shuffled: list[dict[str, Any]]
) -> None:
    for label in ("and", "or"):
        one = read_trial({"protocol_no": "T", "match": [{label: CRITERIA}]})
        other = read_trial({"protocol_no": "T", "match": [{label: shuffled}]})
        assert screen(one, patient)[0].verdict == screen(other, patient)[0].verdict


@law
@given(patients)
def test_double_negation_and_excluded_middle_stay_open(patient: PatientEvidence) -> None:
    clause = TRIAL.root.match
    assert clause is not None
    twice = replace(TRIAL, root=replace(TRIAL.root, match=Not(Not(clause))))
    assert screen(twice, patient)[0].verdict == screen(TRIAL, patient)[0].verdict
    either = replace(TRIAL, root=replace(TRIAL.root, match=Or((clause, Not(clause)))))
    assert screen(either, patient, include_deceased=True)[0].verdict in ("fits", "uncertain")


TREE = OncoTree.builtin()


@law
@given(st.sampled_from(sorted(TREE.types)), st.sampled_from(sorted(TREE.types)))
def test_roll_up_is_monotone(recorded: str, asked: str) -> None:
    """Who has a type has every type above it; who has not the broader one has not the narrower one."""
    patient = PatientEvidence("p", AS_OF, diagnoses=(DiagnosisFact("silver.diagnoses/1", recorded),))
    rules = Rules()
    narrow = match(Diagnosis(asked), patient, rules).value
    for above in TREE.ancestors(asked):
        broad = match(Diagnosis(above), patient, rules).value
        assert broad is Value.MET or narrow is not Value.MET
        assert narrow is Value.NOT_MET or broad is not Value.NOT_MET


@pytest.mark.parametrize("closed_world", [True, False])
def test_every_kind_of_question_is_answered(nobody: PatientEvidence, closed_world: bool) -> None:
    (result,) = screen(TRIAL, nobody, closed_world=closed_world)
    assert result.verdict == ("excluded" if closed_world else "uncertain")
