"""Questions and patients at random, over few values so that they meet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.unit.trials import test_laws as laws
from tests.unit.trials.conftest import AS_OF
from tumorboard.codes.hgvs import ProteinChange, ProteinPosition
from tumorboard.trials import criteria as c
from tumorboard.trials.facts import (
    BiomarkerFact,
    ComorbidityFact,
    DiagnosisFact,
    Finding,
    GenomicTest,
    LabFact,
    PerformanceFact,
    Person,
    StageFact,
    Statement,
    TherapyFact,
    WeightFact,
)
from tumorboard.trials.patients import PatientEvidence

pick = st.sampled_from
#: Days before the screening date, on and beside the limits of the windows asked for.
EDGES = (0, 1, 13, 14, 15, 27, 28, 29, 42, 43, 60, 61, 99, 100, 101, 120, 121, 180, 181)
days = pick([AS_OF - timedelta(days=back) for back in EDGES])
maybe = st.none() | days
births = st.sampled_from(
    [
        None,
        AS_OF,
        date(2007, 6, 30),
        date(2007, 7, 1),
        date(1950, 6, 30),
        date(1944, 2, 29),
        date(1890, 1, 1),
        date(1950, 1, 1),
        date(2030, 1, 1),
    ]
)
GENES = ["EGFR", "BRAF", "ALK", "ERBB2", ""]
few = lambda facts, size=3: st.lists(facts, max_size=size).map(tuple)  # noqa: E731


def source(table: str) -> st.SearchStrategy[str]:
    return st.uuids().map(lambda identity: f"silver.{table}/{identity}")


people = st.none() | st.builds(
    Person,
    source("patients"),
    sex=pick(["male", "female", "other", ""]),
    birth_date=births,
    deceased=pick([None, True, False]),
    last_contact=maybe,
)
diagnoses = st.builds(
    DiagnosisFact,
    source("diagnoses"),
    oncotree=pick(["LUAD", "NSCLC", "IDC", "AML", "", "ODD"]),
    primary=pick([None, True, True, False]),
    clinical_status=pick(["", "relapse", "refractory", "active"]),
    text=pick(["", "brain metastasis"]),
    code=pick(["", "", "C77.1", "C79.3"]),
    body_site=pick(["", "liver", "brain", "lymph node"]),
    diagnosed_on=maybe,
)
stages = st.builds(
    StageFact,
    source("stages"),
    stage_group=pick(["", "II", "IIIB", "III", "IVA", "odd"]),
    m=pick(["", "M0", "M1b"]),
    assessed_on=maybe,
)
ALL_KINDS = frozenset({"mutation", "cnv", "sv", "germline"})
tests = st.builds(
    GenomicTest,
    source("genomic_tests"),
    test_id=pick(["t1", "t2", ""]),
    assay=pick(["panel", "ihc"]),
    genes=pick([frozenset(GENES[:4]), frozenset(GENES[:2]), frozenset()]),
    profiles=pick([None, ALL_KINDS, ALL_KINDS - {"germline"}, frozenset({"cnv", "sv"})]),
    exons=pick([frozenset(), frozenset(), frozenset({("EGFR", 19), ("EGFR", 21)})]),
)
CHANGES = ["p.L858R", "p.V600E", "p.V600*", "p.E746_A750del", "p.V600="]
TERMS = [
    "missense_variant",
    "inframe_deletion",
    "frameshift_variant",
    "frameshift_deletion",
    "synonymous_variant",
    "copy_number_gain",
    "amplification",
    "splice_region_variant",
]
findings = st.builds(
    Finding,
    source("variants"),
    test_id=pick(["t1", "t2", ""]),
    gene=pick(GENES),
    kind=pick(["mutation", "cnv", "sv", ""]),
    change=pick([None, *map(ProteinChange.parse, CHANGES)]),
    terms=st.frozensets(pick(TERMS), max_size=2),
    exon=pick([None, 19, 21]),
    copy_number=pick([None, 0.0, 1.0, 2.0, 4.0, 12.0]),
    partner=pick(["", "ALK", "EML4"]),
    length_change=pick([None, -1, 1]),
    origin=pick(["", "germline", "somatic"]),
    passed=st.booleans(),
    tier=pick(["", "1"]),
    effect=pick(["", "gain-of-function"]),
)
biomarkers = st.builds(
    BiomarkerFact,
    source("biomarkers"),
    name=pick(["MSI", "MMR", "TMB", "HER2", "ER", "PR", "HR", "PD-L1 TPS"]),
    number=pick([None, 4.0, 10.0, 20.0]),
    unit=pick(["", "%", "mut/Mb", "furlong"]),
    text=pick(["", "high", "stable", "low", "deficient", "positive", "negative", "1+", "nonsense"]),
    interpretation=pick(["", "positive", "negative", "equivocal"]),
    bound=pick(["", "", "<", ">"]),
)
therapies = st.builds(
    TherapyFact,
    source("therapies"),
    kind=pick(["systemic", "", "surgery", "radiotherapy"]),
    name=pick(["", "osimertinib", "carboplatin", "folfox", "odd drug"]),
    agents=st.frozensets(pick(["osimertinib", "carboplatin", "odd drug"]), max_size=2),
    line=pick([None, 1, 2, 3, 99]),
    intent=pick(["", "palliative", "adjuvant", "curative", "unknown"]),
    started_on=maybe,
    ended_on=maybe | st.just(date(2025, 9, 1)),
    status=pick(["", "active", "completed"]),
)
scores = st.builds(
    PerformanceFact,
    source("performance"),
    scale=pick(["ECOG", "KPS"]),
    value=pick([None, 0, 1, 2, 70, 80, 90, 100]),
    assessed_on=maybe,
)
labs = st.builds(
    LabFact,
    source("labs"),
    name=pick(["Platelets", "ALT", "Creatinine", "creatinine", "Creatinine clearance", "CrCl", "eGFR"]),
    value=pick([None, 0.0, 0.8, 1.0, 50.0, 60.0, 100.0, 120.0, 250.0]),
    unit=pick(["", "10*3/uL", "/uL", "U/L", "mg/dL", "umol/L", "mL/min", "mL/min/{1.73_m2}", "furlong"]),
    low=pick([None, 10.0]),
    high=pick([None, 40.0]),
    taken_on=maybe,
    bound=pick(["", "", "<", ">"]),
)
weights = st.builds(WeightFact, source("measures"), pick([60.0, 90.0, 5.0]), days)
comorbidities = st.builds(
    ComorbidityFact,
    source("comorbidities"),
    text=pick(["Heart failure", "Asthma", "", "melanoma"]),
    code=pick(["", "I50.1", "Z33"]),
    status=pick(["active", "resolved", ""]),
    onset_on=maybe,
)
statements = st.builds(
    Statement,
    source("statements"),
    pick(["not so", "other"]),
    pick(["heart failure", "brain metastases", "leptomeningeal metastases", "asthma", "stroke in brain", ""]),
    code=pick(["", "C79.3"]),
    stated_on=maybe,
)

TABLES: dict[str, st.SearchStrategy[Any]] = {
    "person": people,
    "diagnoses": few(diagnoses),
    "stages": few(stages),
    "tests": few(tests),
    "findings": few(findings),
    "biomarkers": few(biomarkers),
    "therapies": few(therapies, 4),
    "performance": few(scores),
    "complete_therapies": pick(["", "silver.statements/complete"]),
    "complete_on": maybe,
    "labs": few(labs, 5),
    "weights": few(weights),
    "comorbidities": few(comorbidities),
    "statements": few(statements),
    "note_facts": st.just(laws.LETTERS),
}


receptors = few(
    st.builds(
        BiomarkerFact,
        source("biomarkers"),
        name=pick(["ER", "PR", "PR", "ER", "HR"]),
        interpretation=pick(["positive", "negative", "negative", "equivocal", ""]),
    )
)


def cohorts_of(*tables: str, size: int = 6) -> st.SearchStrategy[list[PatientEvidence]]:
    """Patients with facts in these tables; in all of them if none is named."""
    chosen = {name: TABLES[name] for name in tables or TABLES if name in TABLES}
    if "receptors" in tables:
        chosen["biomarkers"] = receptors
    one = st.builds(PatientEvidence, st.just("p"), st.just(AS_OF), **chosen)
    return st.lists(one, min_size=1, max_size=size).map(
        lambda many: [replace(each, patient_key=f"p{number}") for number, each in enumerate(many)]
    )


cohorts = cohorts_of()


# ---- questions

SIGNS = pick([">=", ">", "<=", "<", "=="])


def compared(*numbers: float) -> st.SearchStrategy[c.Comparison]:
    return st.builds(c.Comparison, SIGNS, pick(numbers))


treatments = st.builds(
    c.Treatments,
    agents=pick([(), ("osimertinib",), ("odd drug",)]),
    classes=pick([(), ("platinum",), ("EGFR TKI",)]),
    modalities=pick([(), ("surgery",), ("systemic",)]),
)
settings_ = pick(["", "", "palliative", "curative"])
windows = pick([None, 0, 14, 28, 100, 100_000])
STATES = [
    "metastatic", "advanced", "locally advanced", "untreated", "recurrent", "refractory", "unresectable",
    "early stage",
]  # fmt: skip
#: What is asked, group by group, and the tables that answer it.
GROUPS: dict[str, tuple[tuple[str, ...], st.SearchStrategy[Any]]] = {
    "genomic": (
        ("tests", "findings"),
        st.just(c.AnyGenomicResult())
        | st.builds(
            c.Alteration,
            pick([None, *GENES[:4], *GENES[:2]]),
            st.frozensets(pick(["mutation", "cnv", "sv"]), min_size=1),
            change=pick([None, ProteinChange.parse("p.V600E"), ProteinChange.parse("p.L858R")]),
            position=pick([None, None, ProteinPosition.parse("p.V600")]),
            classes=pick([(), (), ("In_Frame_Del",), ("Frame_Shift_Del",), ("Intron",)]),
            exon=pick([None, None, 19]),
            cnv_call=pick(["", "", "high amplification", "heterozygous deletion"]),
            partner=pick(["", "", "EML4", "any_gene", "intergenic"]),
            germline=pick([False, False, False, True]),
            wildtype=pick([False, False, True]),
            tiers=pick([(), (), (), ("1",)]),
            effects=pick([(), (), (), ("gain-of-function",)]),
        ),
    ),
    "biomarkers": (
        ("biomarkers", "note_facts"),
        st.builds(c.BiomarkerState, st.just("MSI"), pick(["high", "low", "stable"]))
        | st.builds(c.BiomarkerState, st.just("MMR"), pick(["deficient", "proficient"]))
        | st.builds(c.BiomarkerState, pick(["HER2", "PD-L1"]), pick(["positive", "negative", "low"]))
        | st.builds(
            c.BiomarkerNumber,
            pick(["TMB", "PD-L1 TPS", "PD-L1"]),
            compared(4, 10, 15),
            pick(["mut/Mb", "%", ""]),
        ),
    ),
    "hormone receptors": (
        ("receptors",),
        st.builds(c.BiomarkerState, pick(["ER", "PR", "HR", "HR"]), pick(["positive", "negative", "low"])),
    ),
    "disease": (
        ("diagnoses", "stages", "therapies", "complete_therapies", "complete_on"),
        st.builds(
            c.Diagnosis, pick(["LUAD", "NSCLC", "Lung", "_SOLID_", "_LIQUID_", "Breast", "nothing known"])
        )
        | st.builds(c.DiseaseStatus, st.lists(pick(STATES), min_size=1, max_size=3).map(tuple))
        | st.builds(c.Stage, st.lists(pick(["II", "III", "IIIB", "IV"]), min_size=1, max_size=3).map(tuple)),
    ),
    "person": (
        ("person", "performance", "note_facts"),
        st.builds(c.Age, compared(18, 18.5, 75, 0.083, 0), pick(["years", "months", "days"]), st.booleans())
        | st.builds(c.Sex, pick(["female", "male"]))
        | st.just(c.Alive())
        | st.builds(c.Performance, pick(["ECOG", "KPS"]), compared(0, 1, 2, 70, 80, 90), windows),
    ),
    "treatment": (
        ("therapies", "complete_therapies", "complete_on", "note_facts"),
        st.builds(c.PriorLines, compared(0, 1, 1.5, 2, 3), st.just(c.Treatments()) | treatments, settings_)
        | st.builds(c.PriorDrug, pick(["osimertinib", "carboplatin", "unheard of"]))
        | st.builds(c.PriorTherapy, treatments, windows, settings_)
        | st.builds(
            c.Washout, pick([14, 28, 100]), treatments, pick([0.0, 5.0]), pick(["shorter", "longer"])
        ),
    ),
    "laboratory": (
        ("labs",),
        st.builds(
            c.Lab,
            pick(["Platelets", "ALT", "Creatinine"]),
            compared(0.8, 1, 2.5, 50, 100, 100000),
            pick(["", "10*9/L", "/mm3", "U/L", "mg/dL", "umol/L"]),
            pick(["", "", "ULN", "LLN"]),
            windows,
        ),
    ),
    "kidney": (
        ("labs", "weights", "person"),
        st.builds(
            c.KidneyFunction,
            compared(30, 50, 60, 120),
            pick(["mL/min", "mL/min/1.73m2"]),
            pick(["any", "Cockcroft-Gault", "eGFR", "measured"]),
            windows,
        )
        | st.builds(c.OrganFunction, pick(["", "liver"])),
    ),
    "other conditions": (
        ("comorbidities", "statements", "diagnoses", "person"),
        st.builds(c.CnsMetastases, pick(["any", "active", "leptomeningeal"]))
        | st.just(c.Unsupported("why"))
        | st.builds(
            c.Comorbidity,
            pick(["heart failure", "pregnancy", "second malignancy", "asthma", "odd thing"]),
            st.booleans(),
            windows,
        ),
    ),
}
questions: st.SearchStrategy[Any] = st.one_of(*(asks for _, asks in GROUPS.values()))


def _leaf(asks: Any) -> c.Predicate:
    return c.Predicate("p", "w", asks)


trees = st.recursive(
    questions.map(_leaf),
    lambda below: st.one_of(
        st.builds(c.Not, below),
        st.lists(below, min_size=1, max_size=3).map(lambda nodes: c.And(tuple(nodes))),
        st.lists(below, min_size=1, max_size=3).map(lambda nodes: c.Or(tuple(nodes))),
    ),
    max_leaves=8,
)
