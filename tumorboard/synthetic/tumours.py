"""The six tumour types as readable tables: who gets them, where, at which stage, driven by what.

The shares follow what registries and the large sequencing series report, to the nearest few per cent: close
enough that a clinician is not irritated, and no more than that. Drivers are molecular subgroups that exclude
each other; a subgroup carries its alterations, its biomarkers and its effect on the hazard of death
(`hazard.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Driver:
    """A molecular subgroup. `one_of`: exactly one of these alterations is present; `also`: all are."""

    group: str
    weight: float
    one_of: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    biomarkers: dict[str, str] = field(default_factory=dict)
    log_hazard: float = 0.0


@dataclass(frozen=True)
class Stage:
    """A stage group with the TNM categories that lead to it (AJCC 8, one typical combination per T)."""

    group: str
    weight: float
    t: tuple[str, ...]
    n: str
    m: str
    volume_ml: float
    """Median volume of the lesion that is measured, in ml."""

    @property
    def number(self) -> int:
        """1 to 4."""
        roman = self.group.rstrip("ABCD123")
        return {"I": 1, "II": 2, "III": 3, "IV": 4}[roman]


@dataclass(frozen=True)
class Tumour:
    oncotree: str
    name: str
    snomed: str
    icd10: str
    body_site: tuple[str, str]
    """SNOMED CT code and words."""
    morphology: tuple[str, str]
    """ICD-O-3 code and words."""
    female: float
    age: tuple[float, float]
    smoker: float
    stages: tuple[Stage, ...]
    drivers: tuple[Driver, ...]
    also_mutated: dict[str, float]
    """Further alterations and how often they occur, independent of the driver."""
    tp53: float
    marker: str
    metastases: tuple[str, ...]
    primary: str
    """Where the primary is measured, a key of `phantom.TARGETS`."""
    median_days: float
    """Median survival from diagnosis of a patient at the reference values of the hazard model, in days."""
    surgery: str
    surgery_code: str
    """SNOMED CT code of the operation; empty: sent as text only."""
    weight: float


LUNG = Tumour(
    oncotree="LUAD",
    name="Adenocarcinoma of lung",
    snomed="254626006",
    icd10="C34.1",
    body_site=("45653009", "Upper lobe of lung"),
    morphology=("8140/3", "Adenocarcinoma, NOS"),
    female=0.48,
    age=(66, 9),
    smoker=0.70,
    stages=(
        Stage("IB", 0.12, ("T2a",), "N0", "M0", 14),
        Stage("IIB", 0.12, ("T1c", "T2a", "T2b"), "N1", "M0", 22),
        Stage("IIIA", 0.16, ("T2a", "T2b"), "N2", "M0", 30),
        Stage("IVA", 0.30, ("T2b", "T3", "T4"), "N2", "M1b", 38),
        Stage("IVB", 0.30, ("T3", "T4"), "N3", "M1c", 48),
    ),
    drivers=(
        Driver("EGFR", 0.20, ("EGFR L858R", "EGFR E746_A750del"), log_hazard=-0.55),
        Driver("ALK", 0.07, ("EML4-ALK fusion",), log_hazard=-0.75),
        Driver("RET", 0.03, ("KIF5B-RET fusion",), log_hazard=-0.45),
        Driver("KRAS G12C", 0.15, ("KRAS G12C",), log_hazard=0.05),
        Driver("KRAS", 0.17, ("KRAS G12D", "KRAS G12V", "KRAS Q61H"), log_hazard=0.20),
        Driver("BRAF", 0.03, ("BRAF V600E",), log_hazard=-0.15),
        Driver("MET", 0.04, ("MET amplification",), log_hazard=0.15),
        Driver("none", 0.31),
    ),
    also_mutated={
        "STK11 E165*": 0.12,
        "KEAP1 R470C": 0.10,
        "CDKN2A deletion": 0.12,
        "MYC amplification": 0.05,
    },
    tp53=0.48,
    marker="CEA",
    metastases=("bone", "liver", "adrenal gland", "brain", "contralateral lung"),
    primary="lung",
    median_days=1050,
    surgery="Lobectomy of lung",
    surgery_code="173171007",
    weight=0.26,
)

COLON = Tumour(
    oncotree="COAD",
    name="Adenocarcinoma of colon",
    snomed="408645001",
    icd10="C18.7",
    body_site=("60184004", "Sigmoid colon"),
    morphology=("8140/3", "Adenocarcinoma, NOS"),
    female=0.45,
    age=(67, 11),
    smoker=0.40,
    stages=(
        Stage("IIA", 0.16, ("T3",), "N0", "M0", 18),
        Stage("IIIB", 0.30, ("T3", "T4a"), "N1b", "M0", 26),
        Stage("IVA", 0.34, ("T3", "T4a"), "N1b", "M1a", 34),
        Stage("IVB", 0.20, ("T4a", "T4b"), "N2a", "M1b", 46),
    ),
    drivers=(
        Driver("MSI-H", 0.11, (), ("BRAF V600E",), {"MSI": "high"}, -0.45),
        Driver("KRAS", 0.42, ("KRAS G12D", "KRAS G12V", "KRAS G13D", "KRAS G12C"), log_hazard=0.20),
        Driver("NRAS", 0.04, ("NRAS Q61K",), log_hazard=0.20),
        Driver("BRAF", 0.09, ("BRAF V600E",), log_hazard=0.65),
        Driver("HER2", 0.04, (), ("ERBB2 amplification",), {"HER2": "positive"}, 0.0),
        Driver("RAS wild type", 0.30, log_hazard=-0.15),
    ),
    also_mutated={
        "APC Q1303*": 0.34,
        "APC E1353*": 0.2,
        "APC Y935*": 0.15,
        "PIK3CA E545K": 0.13,
        "SMAD4 R361H": 0.10,
        "FBXW7 R465H": 0.10,
    },
    tp53=0.58,
    marker="CEA",
    metastases=("liver", "lung", "peritoneum", "retroperitoneal lymph node"),
    primary="colon",
    median_days=1450,
    surgery="Excision of sigmoid colon",
    surgery_code="84604002",
    weight=0.20,
)

BREAST = Tumour(
    oncotree="IDC",
    name="Infiltrating duct carcinoma of breast",
    snomed="408643008",
    icd10="C50.4",
    body_site=("76365002", "Upper outer quadrant of breast"),
    morphology=("8500/3", "Infiltrating duct carcinoma, NOS"),
    female=0.99,
    age=(58, 12),
    smoker=0.30,
    stages=(
        Stage("IA", 0.14, ("T1c",), "N0", "M0", 2.5),
        Stage("IIA", 0.22, ("T2",), "N0", "M0", 8),
        Stage("IIB", 0.16, ("T2",), "N1", "M0", 12),
        Stage("IIIA", 0.14, ("T3",), "N1", "M0", 30),
        Stage("IV", 0.34, ("T2", "T3", "T4b"), "N1", "M1", 36),
    ),
    drivers=(
        Driver(
            "HER2",
            0.18,
            (),
            ("ERBB2 amplification",),
            {"HER2": "positive", "ER": "positive", "PR": "negative"},
            -0.20,
        ),
        Driver(
            "ER PIK3CA",
            0.26,
            ("PIK3CA H1047R", "PIK3CA E545K", "PIK3CA E542K"),
            (),
            {"HER2": "negative", "ER": "positive", "PR": "positive"},
            -0.10,
        ),
        Driver("ER", 0.36, (), (), {"HER2": "negative", "ER": "positive", "PR": "positive"}, -0.15),
        Driver("TNBC", 0.14, (), (), {"HER2": "negative", "ER": "negative", "PR": "negative"}, 0.70),
        Driver(
            "TNBC BRCA",
            0.06,
            (),
            ("BRCA2 S1982Rfs*22",),
            {"HER2": "negative", "ER": "negative", "PR": "negative", "HRD": "positive"},
            0.30,
        ),
    ),
    also_mutated={
        "AKT1 E17K": 0.05,
        "CCND1 amplification": 0.13,
        "MYC amplification": 0.10,
        "FGFR1 amplification": 0.09,
        "PTEN R130*": 0.03,
    },
    tp53=0.34,
    marker="CA 15-3",
    metastases=("bone", "liver", "lung", "pleura"),
    primary="breast",
    median_days=2000,
    surgery="Lumpectomy of breast",
    surgery_code="392021009",
    weight=0.20,
)

MELANOMA = Tumour(
    oncotree="SKCM",
    name="Malignant melanoma of skin",
    snomed="93655004",
    icd10="C43.5",
    body_site=("22943007", "Trunk"),
    morphology=("8743/3", "Superficial spreading melanoma"),
    female=0.43,
    age=(60, 14),
    smoker=0.25,
    stages=(
        Stage("IIB", 0.18, ("T3b", "T4a"), "N0", "M0", 1.5),
        Stage("IIIC", 0.32, ("T3b", "T4a"), "N2b", "M0", 6),
        Stage("IV", 0.50, ("T3b", "T4b"), "N2b", "M1c", 26),
    ),
    drivers=(
        Driver("BRAF", 0.48, ("BRAF V600E", "BRAF V600E", "BRAF V600K"), log_hazard=0.0),
        Driver("NRAS", 0.24, ("NRAS Q61R", "NRAS Q61K"), log_hazard=0.30),
        Driver("NF1", 0.12, ("NF1 R440*",), log_hazard=0.05),
        Driver("KIT", 0.03, ("KIT K642E",), log_hazard=0.25),
        Driver("none", 0.13, log_hazard=0.10),
    ),
    also_mutated={
        "TERT c.-124C>T": 0.55,
        "CDKN2A deletion": 0.22,
        "RAC1 P29S": 0.06,
        "MAP2K1 K57E": 0.04,
        "PTEN deletion": 0.09,
    },
    tp53=0.17,
    marker="S100B",
    metastases=("lung", "liver", "brain", "soft tissue"),
    primary="skin",
    median_days=1350,
    surgery="Wide local excision of lesion of skin",
    surgery_code="",
    weight=0.13,
)

PANCREAS = Tumour(
    oncotree="PAAD",
    name="Adenocarcinoma of pancreas",
    snomed="700423003",
    icd10="C25.0",
    body_site=("64163001", "Head of pancreas"),
    morphology=("8500/3", "Infiltrating duct carcinoma, NOS"),
    female=0.47,
    age=(68, 10),
    smoker=0.45,
    stages=(
        Stage("IB", 0.14, ("T2",), "N0", "M0", 12),
        Stage("IIB", 0.20, ("T2", "T3"), "N1", "M0", 18),
        Stage("III", 0.22, ("T4",), "N1", "M0", 26),
        Stage("IV", 0.44, ("T3", "T4"), "N1", "M1", 32),
    ),
    drivers=(
        Driver("KRAS", 0.83, ("KRAS G12D", "KRAS G12V", "KRAS G12R"), log_hazard=0.15),
        Driver("BRCA2", 0.06, ("KRAS G12D", "KRAS G12V"), ("BRCA2 S1982Rfs*22",), {"HRD": "positive"}, -0.35),
        Driver("KRAS wild type", 0.11, log_hazard=-0.15),
    ),
    also_mutated={"CDKN2A deletion": 0.25, "CDKN2A R58*": 0.16, "SMAD4 R361H": 0.22, "GNAS R201H": 0.03},
    tp53=0.66,
    marker="CA 19-9",
    metastases=("liver", "peritoneum", "lung"),
    primary="pancreas",
    median_days=720,
    surgery="Pancreaticoduodenectomy",
    surgery_code="",
    weight=0.11,
)

PROSTATE = Tumour(
    oncotree="PRAD",
    name="Adenocarcinoma of prostate",
    snomed="399490008",
    icd10="C61",
    body_site=("41216001", "Prostate"),
    morphology=("8140/3", "Acinar adenocarcinoma of prostate"),
    female=0.0,
    age=(69, 8),
    smoker=0.35,
    stages=(
        Stage("IIB", 0.18, ("T1c", "T2a"), "N0", "M0", 6),
        Stage("IIIB", 0.20, ("T3a", "T3b"), "N0", "M0", 14),
        Stage("IVA", 0.18, ("T3b",), "N1", "M0", 18),
        Stage("IVB", 0.44, ("T3b", "T4"), "N1", "M1b", 26),
    ),
    drivers=(
        Driver("PTEN", 0.26, ("PTEN deletion", "PTEN R130*"), log_hazard=0.35),
        Driver("BRCA2", 0.08, (), ("BRCA2 S1982Rfs*22",), {"HRD": "positive"}, 0.30),
        Driver("AR", 0.14, ("AR amplification", "AR T878A", "AR L702H"), log_hazard=0.40),
        Driver("SPOP", 0.11, ("SPOP F133V",), log_hazard=-0.30),
        Driver("none", 0.41, log_hazard=-0.10),
    ),
    also_mutated={"RB1 deletion": 0.06, "MYC amplification": 0.08, "ATM R1466*": 0.04, "CTNNB1 S45F": 0.03},
    tp53=0.28,
    marker="PSA",
    metastases=("bone", "pelvic lymph node", "liver"),
    primary="prostate",
    median_days=2100,
    surgery="Radical prostatectomy",
    surgery_code="26294005",
    weight=0.10,
)

TUMOURS = (LUNG, COLON, BREAST, MELANOMA, PANCREAS, PROSTATE)
