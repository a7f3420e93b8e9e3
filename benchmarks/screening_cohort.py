# ruff: noqa: E501, C409 (tables of words)
"""Patients and trials at random for the screening benchmark: the silver tables as Arrow, the trials as documents.

Shares are those of a large hospital as far as published: tumour types by incidence, half of the patients with
a panel, one value in five missing or too old.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

AS_OF = date(2025, 6, 30)
TODAY = (AS_OF - date(1970, 1, 1)).days
TYPES = {
    "LUAD": 0.14, "LUSC": 0.05, "NSCLC": 0.03, "SCLC": 0.03, "IDC": 0.18, "ILC": 0.03, "COAD": 0.10, "READ": 0.05,
    "PRAD": 0.14, "PAAD": 0.06, "MEL": 0.06, "HGSOC": 0.04, "AML": 0.02, "DLBCLNOS": 0.03, "": 0.04,
}  # fmt: skip
GENES = tuple(
    [
        "EGFR",
        "KRAS",
        "BRAF",
        "ALK",
        "ERBB2",
        "TP53",
        "PIK3CA",
        "BRCA1",
        "BRCA2",
        "ROS1",
        "RET",
        "MET",
        "NTRK1",
        "FGFR2",
        "FGFR3",
        "IDH1",
        "PTEN",
        "STK11",
        "KEAP1",
        "APC",
        "CDK12",
        "ATM",
        "RB1",
        "NRAS",
        "MAP2K1",
        "AKT1",
        "ESR1",
        "AR",
        "KIT",
        "PDGFRA",
    ]
)
HOTSPOTS = {
    "EGFR": ("p.L858R", "p.T790M", "p.E746_A750del", "p.G719A"), "KRAS": ("p.G12C", "p.G12D", "p.G12V", "p.Q61H"),
    "BRAF": ("p.V600E", "p.V600K", "p.G469A"), "PIK3CA": ("p.H1047R", "p.E545K"), "IDH1": ("p.R132H",),
    "NRAS": ("p.Q61R", "p.Q61K"), "AKT1": ("p.E17K",), "ERBB2": ("p.A775_G776insYVMA",),
}  # fmt: skip
PANELS = {"small": GENES[:10], "large": GENES}
ANALYTES = (
    ("Neutrophils", "10*3/uL", 4.0, 1.6, 1.8, 7.7), ("Platelets", "10*3/uL", 240.0, 90.0, 150.0, 400.0),
    ("Hemoglobin", "g/dL", 12.5, 2.0, 12.0, 16.0), ("Creatinine", "mg/dL", 0.95, 0.35, 0.6, 1.2),
    ("Bilirubin total", "mg/dL", 0.8, 0.5, 0.1, 1.2), ("ALT", "U/L", 32.0, 22.0, 5.0, 40.0),
    ("AST", "U/L", 30.0, 20.0, 5.0, 40.0), ("INR", "{INR}", 1.05, 0.15, 0.8, 1.2),
    ("Albumin", "g/dL", 3.9, 0.5, 3.5, 5.0), ("LDH", "U/L", 220.0, 90.0, 120.0, 250.0),
)  # fmt: skip
AGENTS = tuple(
    [
        "osimertinib",
        "carboplatin",
        "cisplatin",
        "pembrolizumab",
        "nivolumab",
        "capecitabine",
        "trastuzumab",
        "letrozole",
        "olaparib",
        "enzalutamide",
        "bevacizumab",
        "oxaliplatin",
        "docetaxel",
        "gemcitabine",
    ]
)
OTHER = ("Heart failure", "Hypertension", "Diabetes mellitus", "Asthma", "Hepatitis B", "Psoriasis", "COPD")
CODES = ("I50.9", "I10", "E11.9", "J45", "B18.1", "L40", "J44")


class Draw:
    """Columns at random."""

    def __init__(self, patients: int, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.patients = patients

    def who(self, mean: float, most: int = 40) -> np.ndarray:
        """Row owners: so many rows a patient on average."""
        return np.repeat(np.arange(self.patients), np.minimum(self.random.poisson(mean, self.patients), most))

    def one_of(self, values: Any, size: int, shares: Any = None) -> np.ndarray:
        return np.array(values, dtype=object)[self.random.choice(len(values), size, p=shares)]

    def missing(self, column: np.ndarray, share: float) -> np.ndarray:
        column = column.astype(object)
        column[self.random.random(len(column)) < share] = None
        return column

    def days(self, size: int, back: int, share: float = 0.0) -> pa.Array:
        """Days before the screening date, most of them recent."""
        day = TODAY - (self.random.random(size) ** 2 * back).astype(int)
        return pa.array(day, pa.int32(), mask=self.random.random(size) < share).cast(pa.date32())


def key(number: int) -> str:
    return f"p{number:07d}"


def _table(table: str, owner: np.ndarray, /, **columns: Any) -> pa.Table:
    keys = pa.array([key(number) for number in owner], pa.string())
    rows = pa.array([f"{table}-{number}" for number in range(len(owner))], pa.string())
    return pa.table({"patient_key": keys, "row_id": rows, **columns})


def tables(patients: int, seed: int) -> dict[str, pa.Table]:
    draw = Draw(patients, seed)
    made = {**_person(draw), **_disease(draw), **_genomic(draw), **_course(draw), **_health(draw)}
    return {f"silver.{name}": rows for name, rows in made.items()}


def _person(draw: Draw) -> dict[str, pa.Table]:
    everyone = np.arange(draw.patients)
    born = TODAY - np.clip(draw.random.normal(64, 13, draw.patients) * 365.25, 300, 36500).astype(int)
    return {
        "patients": _table(
            "patients", everyone,
            sex=pa.array(draw.one_of(["female", "male", "unknown"], draw.patients, [0.51, 0.47, 0.02])),
            birth_date=pa.array(born, pa.int32(), mask=draw.random.random(draw.patients) < 0.02).cast(pa.date32()),
            deceased=pa.array(draw.one_of([True, False, None], draw.patients, [0.12, 0.78, 0.10]), pa.bool_()),
            last_contact=draw.days(draw.patients, 900, 0.2),
        )
    }  # fmt: skip


def _disease(draw: Draw) -> dict[str, pa.Table]:
    first = np.arange(draw.patients)
    spread = draw.who(0.3)
    owner = np.sort(np.concatenate([first, spread]), kind="stable")
    primary = np.diff(owner, prepend=-1) > 0
    size = len(owner)
    staged = draw.who(1.1)
    return {
        "diagnoses": _table(
            "diagnoses", owner,
            oncotree=pa.array(draw.one_of(list(TYPES), size, list(TYPES.values()))),
            primary=pa.array(np.where(primary, True, False)),
            clinical_status=pa.array(draw.one_of(["active", "relapse", "", "remission"], size)),
            text=pa.array(np.where(primary, "", draw.one_of(["Bone metastasis", "Brain metastasis"], size, [0.8, 0.2]))),
            code=pa.array(np.full(size, "")), body_site=pa.array(np.full(size, "")),
            diagnosed_on=draw.days(size, 2000, 0.05),
        ),
        "stages": _table(
            "stages", staged,
            stage_group=pa.array(draw.one_of(["IA", "IIB", "IIIA", "IIIB", "IV", "IVA", ""], len(staged))),
            m=pa.array(draw.one_of(["M0", "M1a", ""], len(staged))), assessed_on=draw.days(len(staged), 900, 0.05),
        ),
    }  # fmt: skip


def _genomic(draw: Draw) -> dict[str, pa.Table]:
    tested = draw.who(0.7, 3)
    panel = draw.one_of(list(PANELS), len(tested))
    profiles = draw.one_of([["mutation", "cnv", "sv"], ["mutation"], None], len(tested))
    of_test = np.repeat(np.arange(len(tested)), draw.random.poisson(5, len(tested)))
    gene = draw.one_of(GENES, len(of_test))
    kind = draw.one_of(["snv", "indel", "cnv", "sv"], len(of_test), [0.72, 0.1, 0.13, 0.05])
    small = np.isin(kind, ["snv", "indel"])
    change = [_change(draw, name) if is_small else None for name, is_small in zip(gene, small, strict=True)]
    effect = draw.one_of(
        ["missense_variant", "stop_gained", "frameshift_variant", "synonymous_variant"], len(gene)
    )
    marked = draw.who(2.2)
    name = draw.one_of(["MSI", "MMR", "TMB", "HER2", "ER", "PR", "PD-L1 TPS"], len(marked))
    number = draw.random.gamma(2, 6, len(marked)).round(1)
    return {
        "genomic_tests": _table(
            "genomic_tests", tested,
            test_id=pa.array([f"t{number}" for number in range(len(tested))]),
            assay=pa.array(np.full(len(tested), "panel")), panel=pa.array(panel),
            genes=pa.array([PANELS[each] for each in panel], pa.list_(pa.string())),
            profiles=pa.array(profiles, pa.list_(pa.string())), reported_on=draw.days(len(tested), 900),
        ),
        "variants": _table(
            "variants", tested[of_test],
            test_id=pa.array([f"t{number}" for number in of_test]), gene=pa.array(gene), kind=pa.array(kind),
            hgvs_p=pa.array(change, pa.string()), consequence=pa.array(np.where(small, effect, ""), pa.string()),
            exon=pa.array(np.where(draw.random.random(len(gene)) < 0.2, None, draw.random.integers(1, 25, len(gene))),
                          pa.int64()),
            copy_number=pa.array(np.where(kind == "cnv", draw.random.integers(0, 12, len(gene)), None), pa.float64()),
            partner_gene=pa.array(np.where(kind == "sv", draw.one_of(GENES, len(gene)), ""), pa.string()),
            origin_class=pa.array(draw.one_of(["somatic", "unknown", "germline"], len(gene), [0.7, 0.25, 0.05])),
            filter=pa.array(draw.one_of(["PASS", "LowDP"], len(gene), [0.95, 0.05])),
        ),
        "biomarkers": _table(
            "biomarkers", marked,
            name=pa.array(name),
            value_number=pa.array(np.where(np.isin(name, ["TMB", "PD-L1 TPS"]), number, None), pa.float64()),
            value_text=pa.array(np.full(len(marked), "")),
            unit=pa.array(np.where(name == "TMB", "mut/Mb", np.where(name == "PD-L1 TPS", "%", ""))),
            interpretation=pa.array(np.where(
                name == "MSI", draw.one_of(["high", "stable", "equivocal"], len(marked), [0.1, 0.85, 0.05]),
                draw.one_of(["positive", "negative", "equivocal"], len(marked), [0.35, 0.6, 0.05]))),
            assessed_on=draw.days(len(marked), 900, 0.05),
        ),
    }  # fmt: skip


def _change(draw: Draw, gene: str) -> str:
    known = HOTSPOTS.get(gene, ())
    if known and draw.random.random() < 0.6:
        return str(known[draw.random.integers(len(known))])
    first, last = draw.random.choice(list("ACDEFGHIKLMNPQRSTVWY"), 2)
    return f"p.{first}{draw.random.integers(2, 900)}{last}"


def _course(draw: Draw) -> dict[str, pa.Table]:
    owner = draw.who(1.8, 8)
    kind = draw.one_of(["systemic", "surgery", "radiotherapy"], len(owner), [0.7, 0.15, 0.15])
    agent = draw.one_of(AGENTS, len(owner))
    systemic = kind == "systemic"
    started = draw.random.integers(30, 1500, len(owner))
    ended = TODAY - np.maximum(started - draw.random.integers(20, 200, len(owner)), 0)
    scored = draw.who(1.2, 4)
    return {
        "therapies": _table(
            "therapies", owner,
            kind=pa.array(kind), name=pa.array(np.where(systemic, agent, kind)),
            agents=pa.array([[name] if given else [] for name, given in zip(agent, systemic, strict=True)],
                            pa.list_(pa.string())),
            line=pa.array(np.where(systemic, draw.random.integers(1, 4, len(owner)), None), pa.int64()),
            intent=pa.array(draw.one_of(["palliative", "adjuvant", "neoadjuvant", ""], len(owner), [0.6, 0.2, 0.1, 0.1])),
            started_on=pa.array(TODAY - started, pa.int32()).cast(pa.date32()),
            ended_on=pa.array(ended, pa.int32(), mask=draw.random.random(len(owner)) < 0.2).cast(pa.date32()),
            status=pa.array(draw.one_of(["completed", "active", "stopped", ""], len(owner))),
        ),
        "performance": _table(
            "performance", scored,
            scale=pa.array(np.full(len(scored), "ECOG")),
            value=pa.array(draw.random.choice(5, len(scored), p=[0.35, 0.4, 0.17, 0.06, 0.02]), pa.int64()),
            assessed_on=draw.days(len(scored), 250, 0.02),
        ),
    }  # fmt: skip


def _health(draw: Draw) -> dict[str, pa.Table]:
    owner = np.repeat(np.arange(draw.patients), len(ANALYTES))
    which = np.tile(np.arange(len(ANALYTES)), draw.patients)
    kept = draw.random.random(len(owner)) < 0.8
    owner, which = owner[kept], which[kept]
    column = [np.array([analyte[part] for analyte in ANALYTES], dtype=object)[which] for part in range(6)]
    value = np.abs(draw.random.normal(column[2].astype(float), column[3].astype(float))).round(2)
    ill, weighed, said = draw.who(0.8), draw.who(0.9, 2), draw.who(0.6, 3)
    other = draw.random.choice(len(OTHER), len(ill))
    about = draw.random.choice(4, len(said))
    return {
        "labs": _table(
            "labs", owner,
            name=pa.array(column[0]), unit=pa.array(column[1]), value=pa.array(value),
            value_text=pa.array([f"{number:g}" for number in value]), low=pa.array(column[4].astype(float)),
            high=pa.array(column[5].astype(float)), taken_on=draw.days(len(owner), 80, 0.01),
        ),
        "comorbidities": _table(
            "comorbidities", ill,
            text=pa.array(np.array(OTHER)[other]), code=pa.array(np.array(CODES)[other]),
            status=pa.array(draw.one_of(["active", "resolved", ""], len(ill))), onset_on=draw.days(len(ill), 3000, 0.2),
        ),
        "measures": _table(
            "measures", weighed,
            measure=pa.array(np.full(len(weighed), "body_weight")), unit=pa.array(np.full(len(weighed), "kg")),
            value=pa.array(draw.random.normal(75, 15, len(weighed)).round(1)), taken_on=draw.days(len(weighed), 200),
        ),
        "statements": _table(
            "statements", said,
            kind=pa.array(np.array(["treatment history complete", "not so", "not so", "not so"])[about]),
            subject=pa.array(np.array(["", "brain metastases", "heart failure", "hepatitis B"])[about]),
            code=pa.array(np.full(len(said), "")), stated_on=draw.days(len(said), 300, 0.02),
        ),
    }  # fmt: skip


# ---- trials


def trials(number: int, seed: int) -> list[tuple[str, dict[str, Any]]]:
    """Kind and document: seven of ten as a curator encodes them (CTML), the rest registry studies in prose."""
    random = np.random.default_rng([seed, 1])
    return [
        ("ctml", _curated(random, each)) if each % 10 < 7 else ("registry", _registered(random, each))
        for each in range(number)
    ]


def _pick(random: np.random.Generator, values: Any) -> Any:
    return values[int(random.integers(len(values)))]


def _curated(random: np.random.Generator, number: int) -> dict[str, Any]:
    """Age, tumour type and general criteria for everyone; two arms, each with its alteration."""
    general = [{"clinical": _clinical(random)} for _ in range(int(random.integers(3, 8)))]
    arms = [
        {"arm_code": code, "arm_suspended": "N", "match": [_alterations(random)]}
        for code in ("A", "B")[: int(random.integers(1, 3))]
    ]
    step = {"step_code": "1", "match": [{"and": [_disease_of(random), *general]}], "arm": arms}
    return {
        "protocol_no": f"TB-{number:04d}",
        "status": "open to accrual",
        "treatment_list": {"step": [step]},
    }


TERMS = (
    "Lung", "Non-Small Cell Lung Cancer", "Breast", "Invasive Breast Carcinoma", "Bowel", "Colon Adenocarcinoma",
    "Prostate", "Pancreas", "Melanoma", "_SOLID_", "_LIQUID_", "Lung Adenocarcinoma",
)  # fmt: skip


def _disease_of(random: np.random.Generator) -> dict[str, Any]:
    return {"clinical": {"age_numerical": _pick(random, (">=18", ">=18", ">=21", "<75", "<=70", ">=65")),
                         "oncotree_primary_diagnosis": _pick(random, TERMS)}}  # fmt: skip


def _clinical(random: np.random.Generator) -> dict[str, Any]:
    days = _pick(random, ("", "", " within 14 days", " within 28 days"))
    choices: tuple[dict[str, Any], ...] = (
        {"ecog_numerical": _pick(random, ("<=1", "<=2", "==0"))},
        {"gender": _pick(random, ("Male", "Female"))},
        {"lab": f"Neutrophils >= {_pick(random, (1, 1.5, 2))} 10*9/L{days}"},
        {"lab": f"Platelets >= {_pick(random, (75, 100, 150))} 10*9/L{days}"},
        {"lab": f"Hemoglobin >= {_pick(random, (8, 9, 10))} g/dL{days}"},
        {"lab": f"{_pick(random, ('ALT', 'AST'))} <= {_pick(random, (2.5, 3, 5))} x ULN{days}"},
        {"lab": f"Bilirubin total <= {_pick(random, (1, 1.5, 2))} x ULN{days}"},
        {"creatinine_clearance": f">= {_pick(random, (30, 45, 50, 60))} mL/min"},
        {"disease_status": _pick(random, (["Metastatic"], ["Locally Advanced", "Metastatic"]))},
        {"tmb_numerical": _pick(random, (">=10", ">=16", ">=20"))},
        {"her2_status": _pick(random, ("Positive", "Negative"))},
        {"number_prior_lines_therapy_allowed": _pick(random, ("<=1", "<=2", ">=1", "<=3"))},
        {"prior_therapy": "!" + _pick(random, AGENTS)},
        {"washout": f"{_pick(random, (14, 21, 28))} days"},
        {"active_brain_metastases_allowed": "No"},
        {
            "comorbidity": "!"
            + _pick(random, ("heart failure", "hepatitis B", "autoimmune disease", "asthma"))
        },
        {"stage_group": _pick(random, (["III", "IV"], ["IV"]))},
    )
    return _pick(random, choices)


def _alterations(random: np.random.Generator) -> dict[str, Any]:
    one, other = ({"genomic": _alteration(random)} for _ in range(2))
    return one if random.random() < 0.6 else {_pick(random, ("or", "and")): [one, other]}


def _alteration(random: np.random.Generator) -> dict[str, Any]:
    gene = _pick(random, GENES)
    hotspot = _pick(random, tuple(HOTSPOTS))
    choices: tuple[dict[str, Any], ...] = (
        {"hugo_symbol": gene, "variant_category": "Mutation"},
        {"hugo_symbol": gene, "variant_category": "!Mutation"},
        {"hugo_symbol": hotspot, "protein_change": _pick(random, HOTSPOTS[hotspot])},
        {"hugo_symbol": hotspot, "protein_change": "!" + _pick(random, HOTSPOTS[hotspot])},
        {"hugo_symbol": "BRAF", "wildcard_protein_change": "p.V600"},
        {"hugo_symbol": gene, "variant_category": "Mutation", "exon": int(random.integers(15, 22))},
        {"hugo_symbol": gene, "variant_category": "Copy Number Variation", "cnv_call": "High Amplification"},
        {"hugo_symbol": gene, "variant_category": "Structural Variation"},
        {"hugo_symbol": gene, "wildtype": True},
        {"ms_status": "MSI-H"},
    )
    return _pick(random, choices)


def _registered(random: np.random.Generator, number: int) -> dict[str, Any]:
    lines = "\n".join(f"* {_prose(random)}" for _ in range(int(random.integers(6, 12))))
    against = "\n".join(f"* {_prose_against(random)}" for _ in range(int(random.integers(4, 9))))
    return {
        "protocolSection": {
            "identificationModule": {"nctId": f"NCT{number:08d}", "briefTitle": "A study"},
            "statusModule": {"overallStatus": "RECRUITING", "lastUpdatePostDateStruct": {"date": "2024-05-06"}},
            "conditionsModule": {"conditions": [_pick(random, ("Lung Cancer", "Breast Cancer", "Colorectal Cancer",
                                                              "Prostate Cancer", "Melanoma", "Solid Tumor"))]},
            "eligibilityModule": {
                "minimumAge": _pick(random, ("18 Years", "21 Years")), "sex": "ALL",
                "eligibilityCriteria": f"Inclusion Criteria:\n\n{lines}\n\nExclusion Criteria:\n\n{against}",
            },
        }
    }  # fmt: skip


def _prose(random: np.random.Generator) -> str:
    return str(_pick(random, (
        f"ECOG performance status of 0 to {random.integers(1, 3)}",
        f"Absolute neutrophil count >= {random.integers(10, 20) * 100}/mm3",
        f"Platelets >= {random.integers(75, 150)},000/mm3",
        f"Hemoglobin >= {random.integers(80, 110) / 10} g/dL",
        f"ALT and AST <= {_pick(random, (2.5, 3, 5))} x ULN",
        f"Creatinine clearance >= {random.integers(30, 60)} mL/min",
        f"Total bilirubin <= {_pick(random, (1.5, 2))} times the upper limit of normal",
        "Histologically confirmed metastatic disease", "Willing and able to provide written informed consent",
        "Measurable disease per RECIST 1.1", "Life expectancy of at least 12 weeks",
        "HER2-positive disease", "Microsatellite instability-high tumor", "Stage IV disease",
        f"No more than {random.integers(1, 4)} prior lines of systemic therapy",
        "Women of childbearing potential must have a negative pregnancy test",
    )))  # fmt: skip


def _prose_against(random: np.random.Generator) -> str:
    return str(_pick(random, (
        "Known brain metastases", "Known HIV infection", "Active hepatitis B or hepatitis C",
        "Congestive heart failure", "Pregnant or breastfeeding", "Active autoimmune disease",
        f"Prior treatment with {_pick(random, AGENTS)}", "Prior therapy with an anti-PD-1 or anti-PD-L1 antibody",
        f"Chemotherapy within {random.integers(2, 6)} weeks before study entry", "Uncontrolled intercurrent illness",
        "Interstitial lung disease", "Known allergy to the study drug", "Major surgery within 4 weeks",
    )))  # fmt: skip
