"""The numbers a model sees of one patient: each with the day it was known, none after the landmark.

A number that was not measured is not there. A gene nobody tested has no flag: 0 means tested and not found.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from tumorboard.codes.oncotree import OncoTree
from tumorboard.codes.tnm import StageGroup
from tumorboard.pipeline.gold.drivers import counts, is_driver, same_finding
from tumorboard.pipeline.gold.records import Record, Row, newest

RECENT = timedelta(days=90)  # a value older than this says little of the day of decision
TREND = timedelta(days=120)
WORN_FOR = timedelta(days=30)
WORN_AT_LEAST = 5  # days
YEAR = 365.25
TISSUES = ("LUNG", "BOWEL", "BREAST", "SKIN", "PANCREAS", "PROSTATE")
GENES = (
    "TP53", "KRAS", "EGFR", "BRAF", "NRAS", "PIK3CA", "ALK", "RET", "MET", "ERBB2", "APC", "SMAD4", "CDKN2A",
    "PTEN", "STK11", "KEAP1", "BRCA2", "ESR1", "AR", "RB1", "NF1",
)  # fmt: skip
LABS = {  # analyte -> feature; skewed ones as log(1 + value)
    "Albumin": "albumin", "Hemoglobin": "hemoglobin", "Platelets": "platelets", "Creatinine": "creatinine",
    "Calcium": "calcium",
}  # fmt: skip
LOG_LABS = {
    "LDH": "log_ldh", "CRP": "log_crp", "Neutrophils": "log_neutrophils", "Leukocytes": "log_leukocytes",
    "Bilirubin total": "log_bilirubin", "ALT": "log_alt", "Alkaline phosphatase": "log_alp", "CEA": "log_cea",
    "CA 19-9": "log_ca199", "CA 15-3": "log_ca153", "PSA": "log_psa", "S100B": "log_s100b",
}  # fmt: skip
SLOPES = {"LDH": "ldh_slope", "Albumin": "albumin_slope", "CRP": "crp_slope", "CEA": "cea_slope"}
WORN_FEATURES = {
    "steps": "steps_mean",
    "resting_heart_rate": "resting_heart_rate_mean",
    "heart_rate": "heart_rate_mean",
    "sleep_minutes": "sleep_minutes_mean",
    "body_weight": "body_weight_mean",
}
IMAGING = ("tumor_size_mm", "tumor_size_change")


@dataclass(frozen=True)
class Feature:
    modality: str
    name: str
    value: float
    as_of: date
    sources: tuple[Row, ...]


Features = Iterator[Feature]


def clinical(record: Record, cohort: Row, on: date) -> Features:
    """Age, sex, organ, stage, spread, performance, earlier lines, comorbidity."""

    if cohort.get("age") is not None:
        yield _number("age", cohort["age"], [cohort], on)
    if cohort.get("sex") in ("male", "female"):
        yield _number("male", float(cohort["sex"] == "male"), [cohort], on)
    if cohort.get("tumor_type"):
        tissue = OncoTree.builtin().tissue(cohort["tumor_type"])
        for name in TISSUES:
            yield _number(f"organ_{name.lower()}", float(name == tissue), [cohort], on)
    if (level := _stage_level(cohort.get("stage_group"))) is not None:
        yield _number("stage", level, [cohort], on)
    yield from _counted(record, on)
    ecog = [row for row in known(record.rows("performance"), "assessed_on", on) if row["scale"] == "ECOG"]
    if ecog and on - ecog[0]["assessed_on"] <= RECENT:
        yield _number("ecog", float(ecog[0]["value"]), ecog[:1], ecog[0]["assessed_on"])


def _counted(record: Record, on: date) -> Features:
    tumours = known(record.rows("diagnoses"), "diagnosed_on", on)
    metastases = [row for row in tumours if not row.get("primary")]
    earlier = [row for row in known(record.rows("therapies"), "started_on", on) if row["started_on"] < on]
    others = known(record.rows("comorbidities"), "onset_on", on)
    first = [row for row in tumours if row.get("primary")][-1:]
    if first:
        months = (on - first[0]["diagnosed_on"]).days / (YEAR / 12)
        yield _number("months_since_diagnosis", round(months, 2), first, on)
        yield _number("metastatic_sites", float(len(metastases)), metastases or first, on)
        yield _number("earlier_therapies", float(len(earlier)), earlier or first, on)
        yield _number("comorbidities", float(len({row["text"] for row in others})), others or first, on)


def _number(name: str, value: float, sources: list[Row], on: date) -> Feature:
    return Feature("clinical", name, value, on, tuple(sources))


def genomic(record: Record, on: date) -> Features:
    """Driver flags, number of variants, TMB, MSI and ctDNA, from what was reported by the landmark."""
    reported = [(row, day) for row in record.rows("variants") if (day := known_on(row, record)) and day <= on]
    tests = known(record.rows("genomic_tests"), "reported_on", on)
    drivers = {gene: (row, day) for row, day in reported if is_driver(row) for gene in _genes(row)}
    covering = {gene: test for test in reversed(tests) for gene in test.get("genes") or []}
    for gene in GENES:
        name = f"{gene.lower()}_altered"
        if gene in drivers:
            row, day = drivers[gene]
            yield Feature("genomic", name, 1.0, day, (row,))
        elif gene in covering:
            test = covering[gene]
            yield Feature("genomic", name, 0.0, test["reported_on"], (test,))
    yield from _burden(record, on, reported, tests)


def _burden(record: Record, on: date, reported: list[tuple[Row, date]], tests: list[Row]) -> Features:
    found = {same_finding(row): (row, day) for row, day in reported if counts(row)}
    if found:
        last = max(day for _, day in found.values())
        yield Feature("genomic", "variants", float(len(found)), last, tuple(row for row, _ in found.values()))
    elif tests and any(test.get("genes") for test in tests):
        yield Feature("genomic", "variants", 0.0, tests[0]["reported_on"], (tests[0],))
    measured = known(record.rows("biomarkers"), "assessed_on", on)
    for row in [row for row in measured if row["name"] == "TMB" and row.get("value_number") is not None][:1]:
        yield Feature("genomic", "log_tmb", _log(row["value_number"]), row["assessed_on"], (row,))
    for row in [row for row in measured if row["name"] == "MSI" and row.get("interpretation")][:1]:
        high = float(row["interpretation"] == "high")
        yield Feature("genomic", "msi_high", high, row["assessed_on"], (row,))
    for row in _values(record, "ctDNA VAF", on)[:1]:
        yield Feature("genomic", "log_ctdna_vaf", _log(row["value"]), row["taken_on"], (row,))


def known_on(variant: Row, record: Record) -> date | None:
    """When a variant was reported; a MAF has no date, so the report on the same specimen gives it, else the
    day the specimen was taken."""
    if variant.get("recorded_on"):
        return variant["recorded_on"]  # type: ignore[no-any-return]
    specimen = variant.get("specimen_id")
    tests = [row for row in record.rows("genomic_tests") if row.get("specimen_id") == specimen]
    reported = [row["reported_on"] for row in tests if row.get("reported_on")]
    taken = [row["collected_on"] for row in record.rows("specimens")
             if row.get("specimen_id") == specimen and row.get("collected_on")]  # fmt: skip
    return min(reported or taken, default=None) if specimen else None


def _genes(variant: Row) -> list[str]:
    return [gene for gene in (variant.get("gene"), variant.get("partner_gene")) if gene]


def imaging(record: Record, on: date) -> Features:
    for name in IMAGING:
        rows = [row for row in record.rows("imaging_features") if row["feature"] == name]
        for row in known(rows, "measured_on", on)[:1]:
            yield Feature("imaging", name, float(row["value"]), row["measured_on"], (row,))


def labs(record: Record, on: date) -> Features:
    """The newest value of the last 90 days; slopes per 30 days over the last 120."""
    for analyte, name in (LABS | LOG_LABS).items():
        for row in _values(record, analyte, on)[:1]:
            if on - row["taken_on"] <= RECENT:
                value = _log(row["value"]) if analyte in LOG_LABS else float(row["value"])
                yield Feature("labs", name, value, row["taken_on"], (row,))
    for analyte, name in SLOPES.items():
        series = [row for row in _values(record, analyte, on) if on - row["taken_on"] <= TREND]
        if len(series) > 1 and (series[0]["taken_on"] - series[-1]["taken_on"]).days >= 14:
            yield _slope(name, series[0], series[-1])


def _slope(name: str, last: Row, first: Row) -> Feature:
    days = (last["taken_on"] - first["taken_on"]).days
    change = (_log(last["value"]) - _log(first["value"])) / days * 30
    return Feature("labs", name, round(change, 4), last["taken_on"], (last, first))


def _values(record: Record, analyte: str, on: date) -> list[Row]:
    """Results that were out by the landmark, the newest sample first."""
    rows = [row for row in record.rows("labs") if row["name"] == analyte and (row.get("value") or -1) >= 0]
    out = [row for row in rows if (row.get("reported_on") or row.get("taken_on") or date.max) <= on]
    return known(out, "taken_on", on)


def wearables(record: Record, on: date) -> Features:
    """Means over the 30 days before the landmark, where at least five were worn."""
    for measure, name in WORN_FEATURES.items():
        rows = [row for row in record.rows("wearables") if row["measure"] == measure]
        worn = [row for row in known(rows, "day_on", on) if on - row["day_on"] <= WORN_FOR]
        if len(worn) >= WORN_AT_LEAST:
            mean = sum(row["value"] for row in worn) / len(worn)
            yield Feature("wearables", name, round(mean, 2), worn[0]["day_on"], tuple(worn[:1]))


def known(rows: Iterable[Row], by: str, on: date) -> list[Row]:
    """Rows dated on or before a day, the newest first. An undated row is not known to be before it."""
    return newest([row for row in rows if row.get(by) and row[by] <= on], by)


def _stage_level(group: object) -> float | None:
    """1 to 4, with a third of a step per letter, so that IIIC lies above IIIA."""
    try:
        parsed = StageGroup.parse(group)
    except ValueError:
        return None
    letters = [letter for letter in "ABC" if letter in parsed[1:]]
    return parsed.level + ("ABC".index(letters[0]) / 3 if letters else 0.0)


def _log(value: float) -> float:
    return round(math.log1p(value), 4)
