"""Laboratory values move with the disease."""

from __future__ import annotations

import statistics

import pytest

from tumorboard.synthetic.labs import MARKERS, MOST_VISITS, Analyte, LabValue
from tumorboard.synthetic.record import Record


def values(record: Record, name: str) -> list[LabValue]:
    return [lab for lab in record.labs if lab.analyte.name == name and lab.status == "final"]


def nearest(record: Record, name: str, day: int) -> float | None:
    found = [lab for lab in values(record, name) if abs(lab.day - day) <= 3]
    return found[0].value if found else None


def test_the_tumour_marker_rises_when_a_response_ends(records: list[Record]) -> None:
    compared = 0
    for record in records:
        name = record.disease.tumour.marker
        for therapy in record.course.lines:
            if therapy.best not in ("CR", "PR") or therapy.end_reason != "progression" or therapy.end is None:
                continue
            during = [
                lab.value for lab in values(record, name) if therapy.start + 50 < lab.day < therapy.end - 60
            ]
            at_end = nearest(record, name, therapy.end)
            if during and at_end is not None:
                compared += 1
                assert at_end > min(during)
    assert compared > 20


def test_ldh_at_diagnosis_is_the_hazard_models(records: list[Record]) -> None:
    for record in records:
        first = [lab for lab in values(record, "LDH") if lab.day == 1]
        corrected = record.contradiction("corrected lab") is not None
        if first and not corrected:
            assert first[0].value / 225 == pytest.approx(record.disease.ldh_ratio, rel=0.10)


def test_ctdna_comes_from_site_a_only_and_can_be_below_the_limit(records: list[Record]) -> None:
    sites = {r.person.site.code for r in records if values(r, "ctDNA VAF")}
    assert sites == {"A"}
    below = [lab.below_limit for r in records for lab in values(r, "ctDNA VAF")]
    assert any(below)
    assert not all(below)


def test_site_c_reports_creatinine_in_si_units(records: list[Record]) -> None:
    units = {
        r.person.site.code: {lab.analyte.unit for lab in r.labs if lab.analyte.name == "Creatinine"}
        for r in records
    }
    assert units == {"A": {"mg/dL"}, "B": {"mg/dL"}, "C": {"umol/L"}}


def test_values_are_possible(records: list[Record]) -> None:
    for record in records:
        for lab in record.labs:
            assert lab.value >= 0
            if lab.analyte.name == "Neutrophils":
                assert lab.value < 30
    hemoglobin = [lab.value for r in records for lab in values(r, "Hemoglobin")]
    assert 10 < statistics.mean(hemoglobin) < 14


def test_visits_stay_few(records: list[Record]) -> None:
    for record in records:
        days = {lab.day for lab in record.labs}
        assert len(days) <= MOST_VISITS + 4


def test_a_corrected_value_keeps_its_order_and_comes_later(records: list[Record]) -> None:
    with_correction = [r for r in records if r.contradiction("corrected lab")]
    assert with_correction
    for record in with_correction:
        right = next(lab for lab in record.labs if lab.status == "corrected")
        wrong = next(lab for lab in record.labs if lab.order == right.order and lab.status == "final")
        assert wrong.value > 5 * right.value
        assert right.reported >= wrong.reported


def test_markers_have_a_reference_range(records: list[Record]) -> None:
    analytes: set[Analyte] = {lab.analyte for r in records for lab in r.labs}
    assert {a.name for a in analytes} >= set(MARKERS)
    assert all(a.high is not None and a.loinc for a in analytes)
