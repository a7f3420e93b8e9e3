"""Laboratory values that move with the disease and its treatment.

Blood counts fall under cytotoxic agents, liver values rise with liver metastases and burden, LDH and the
tumour marker follow the burden, ctDNA follows it most closely and vanishes below the limit of detection.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from tumorboard.synthetic.course import Course
from tumorboard.synthetic.dice import Dice, chance, words
from tumorboard.synthetic.disease import LDH_UPPER, Disease
from tumorboard.synthetic.people import Person

MOST_VISITS = 14
CTDNA_LIMIT = 0.1


@dataclass(frozen=True)
class Analyte:
    """A laboratory test with its LOINC code, UCUM unit and reference range."""

    loinc: str
    name: str
    unit: str
    ucum: str
    low: float | None
    high: float | None
    digits: int = 1


ANALYTES = {
    analyte.name: analyte
    for analyte in (
        Analyte("718-7", "Hemoglobin", "g/dL", "g/dL", 12.0, 16.5),
        Analyte("6690-2", "Leukocytes", "10*3/uL", "10*3/uL", 4.0, 10.0),
        Analyte("751-8", "Neutrophils", "10*3/uL", "10*3/uL", 1.8, 7.5),
        Analyte("777-3", "Platelets", "10*3/uL", "10*3/uL", 150, 400, 0),
        Analyte("2160-0", "Creatinine", "mg/dL", "mg/dL", 0.5, 1.2, 2),
        Analyte("1975-2", "Bilirubin.total", "mg/dL", "mg/dL", 0.2, 1.2, 2),
        Analyte("1742-6", "ALT", "U/L", "U/L", 7, 45, 0),
        Analyte("2532-0", "LDH", "U/L", "U/L", 135, LDH_UPPER, 0),
        Analyte("1988-5", "CRP", "mg/L", "mg/L", 0, 5),
        Analyte("1751-7", "Albumin", "g/dL", "g/dL", 3.5, 5.2),
        Analyte("2039-6", "CEA", "ng/mL", "ng/mL", 0, 4.7),
        Analyte("24108-3", "CA 19-9", "U/mL", "[arb'U]/mL", 0, 37),
        Analyte("6875-9", "CA 15-3", "U/mL", "[arb'U]/mL", 0, 25),
        Analyte("2857-1", "PSA", "ng/mL", "ng/mL", 0, 4.0, 2),
        Analyte("47275-3", "S100B", "ug/L", "ug/L", 0, 0.10, 3),
        Analyte("81258-6", "ctDNA VAF", "%", "%", 0, CTDNA_LIMIT, 2),
    )
}
MARKERS = ("CEA", "CA 19-9", "CA 15-3", "PSA", "S100B", "ctDNA VAF")
CREATININE_SI = Analyte("14682-9", "Creatinine", "umol/L", "umol/L", 44, 106, 0)
"""District hospital C reports creatinine in SI units, as many laboratories do."""
MG_DL_TO_UMOL_L = 88.4

CYTOTOXIC = frozenset(
    words(
        """carboplatin cisplatin oxaliplatin pemetrexed docetaxel paclitaxel nab-paclitaxel gemcitabine
        fluorouracil irinotecan capecitabine epirubicin cyclophosphamide cabazitaxel dacarbazine eribulin
        vinorelbine palbociclib ribociclib olaparib
        """
    )
) | {"trifluridine/tipiracil", "sacituzumab govitecan", "trastuzumab deruxtecan", "liposomal irinotecan"}


@dataclass(frozen=True)
class LabValue:
    """One result. `status` is "final", or "corrected" for a value that replaces an earlier one with the same
    order.
    """

    analyte: Analyte
    value: float
    day: int
    reported: int
    order: str
    status: str = "final"
    below_limit: bool = False


def visit_days(course: Course) -> list[int]:
    """Days with a blood sample: diagnosis, therapy starts, staging; thinned to MOST_VISITS but keeping the
    key days.
    """
    key = (
        {1, course.last_day} | {max(t.start - 1, 1) for t in course.therapies} | set(course.progressions[-3:])
    )
    more = sorted({a.day for a in course.assessments} - key)
    room = max(MOST_VISITS - len(key), 0)
    kept = more if len(more) <= room else [more[i * len(more) // room] for i in range(room)]
    return sorted(day for day in key | set(kept) if 0 < day <= course.last_day)


def draw_labs(dice: Dice, person: Person, disease: Disease, course: Course, ctdna: bool) -> list[LabValue]:
    """All results of one patient, oldest first."""
    rng = dice.on("labs")
    habit = _habit(rng, person)
    results = []
    for day in visit_days(course):
        values = _blood(rng, habit, disease, course, day)
        values |= _markers(rng, disease, course, day, ctdna)
        for name, value in values.items():
            if chance(rng, 0.04):
                continue  # not every tube reaches the laboratory
            results.append(_result(dice, person, name, value, day))
    return results


def _habit(rng: random.Random, person: Person) -> dict[str, float]:
    """What is usual for this person when well."""
    female = person.sex == "female"
    kidney = 1.6 if "Chronic kidney disease stage 3" in person.comorbidities else 1.0
    return {
        "Hemoglobin": rng.gauss(13.2 if female else 14.4, 0.7),
        "Leukocytes": rng.gauss(6.8, 1.1),
        "Platelets": rng.gauss(260, 40),
        "Creatinine": rng.gauss(0.75 if female else 0.92, 0.1) * kidney,
        "Bilirubin.total": max(rng.gauss(0.55, 0.15), 0.25),
        "ALT": max(rng.gauss(23, 6), 9),
        "Albumin": rng.gauss(4.3, 0.2),
    }


def _blood(
    rng: random.Random, habit: dict[str, float], disease: Disease, course: Course, day: int
) -> dict[str, float]:
    load = min(course.burden(day) * (0.35 + 0.25 * disease.stage.number), 6.0)
    toxic = _under_cytotoxics(course, day)
    liver = load if "liver" in disease.metastases else 0.15 * load

    def around(value: float, spread: float) -> float:
        return value * max(rng.gauss(1, spread), 0.4)

    white = around(habit["Leukocytes"] * (0.72 if toxic else 1.0) + 0.35 * load, 0.14)
    return {
        "Hemoglobin": around(max(habit["Hemoglobin"] - 0.45 * load - (1.3 if toxic else 0), 7.2), 0.04),
        "Leukocytes": white,
        "Neutrophils": white * min(max(rng.gauss(0.52 if toxic else 0.62, 0.07), 0.25), 0.88),
        "Platelets": around(habit["Platelets"] * (0.72 if toxic else 1.0), 0.13),
        "Creatinine": around(habit["Creatinine"], 0.09),
        "Bilirubin.total": around(habit["Bilirubin.total"] + 0.18 * liver**1.3, 0.14),
        "ALT": around(habit["ALT"] * (1.35 if toxic else 1.0) + 9 * liver, 0.18),
        "LDH": ldh_on(rng, disease, course, day),
        "CRP": around(1.5 + 7 * load, 0.5),
        "Albumin": around(max(habit["Albumin"] - 0.16 * load, 2.2), 0.03),
    }


def ldh_on(rng: random.Random, disease: Disease, course: Course, day: int) -> float:
    """LDH in U/L: at diagnosis exactly the hazard model's ratio (with 2 % noise), later it follows the
    burden.
    """
    at_diagnosis = disease.ldh_ratio * LDH_UPPER
    resting = min(0.72 * LDH_UPPER, at_diagnosis)
    load: float = min(course.burden(day), 5.0) ** 0.6
    return (resting + (at_diagnosis - resting) * load) * rng.gauss(1, 0.02)


def _under_cytotoxics(course: Course, day: int) -> bool:
    return any(
        t.start < day <= (t.end if t.end is not None else course.last_day) and CYTOTOXIC & set(t.agents)
        for t in course.therapies
    )


def _markers(rng: random.Random, disease: Disease, course: Course, day: int, ctdna: bool) -> dict[str, float]:
    upper = ANALYTES[disease.tumour.marker].high or 1.0
    weight = disease.marker_factor * (disease.volume_ml / 20) ** 0.4
    burden = course.burden(day)
    values = {disease.tumour.marker: upper * (0.45 + 3.2 * weight * burden**0.95) * rng.gauss(1, 0.05)}
    if ctdna:
        spread = 3.5 * (disease.stage.number / 4) ** 2 * (disease.volume_ml / 20) ** 0.3
        values["ctDNA VAF"] = min(spread * burden**1.2, 60.0) * rng.gauss(1, 0.08)
    return values


def _result(dice: Dice, person: Person, name: str, value: float, day: int) -> LabValue:
    analyte = ANALYTES[name]
    if name == "Creatinine" and person.site.code == "C":
        analyte, value = CREATININE_SI, value * MG_DL_TO_UMOL_L
    below = name == "ctDNA VAF" and value < CTDNA_LIMIT
    delay = 8 if name == "ctDNA VAF" else 1 if name in MARKERS else 0
    order = "L" + dice.opaque("order", name, day)[:10]
    return LabValue(analyte, round(value, analyte.digits), day, day + delay, order, below_limit=below)
