"""The bundles: whole, labelled as synthetic, and saying what the record says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tumorboard.synthetic.dice import words
from tumorboard.synthetic.fhir_parts import MCODE, REGIMEN, THERAPY_LINE
from tumorboard.synthetic.people import MRN_SYSTEM, REFERENCE_DATE
from tumorboard.synthetic.record import Record
from tumorboard.synthetic.write_fhir import bundle_of
from tumorboard.synthetic.write_notes import notes_of

Resource = dict[str, Any]


@pytest.fixture(scope="module")
def bundles(records: list[Record]) -> list[tuple[Record, list[Resource]]]:
    chosen = records[:150]
    return [(r, [e["resource"] for e in bundle_of(r, notes_of(r)).entries]) for r in chosen]


def of(resources: list[Resource], kind: str) -> list[Resource]:
    return [r for r in resources if r["resourceType"] == kind]


def walk(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from walk(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner, key)
    else:
        yield key, value


def test_a_bundle_is_a_transaction_with_unique_urls(cohort: Path) -> None:
    for path in (cohort / "fhir").iterdir():
        bundle = json.loads(path.read_text())
        assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "transaction")
        urls = [entry["fullUrl"] for entry in bundle["entry"]]
        assert len(urls) == len(set(urls))
        assert all(
            e["request"] == {"method": "POST", "url": e["resource"]["resourceType"]} for e in bundle["entry"]
        )


def test_every_reference_resolves_inside_the_bundle(bundles: list[tuple[Record, list[Resource]]]) -> None:
    for _, resources in bundles:
        known = {f"urn:uuid:{r['id']}" for r in resources}
        wanted = {value for key, value in walk(resources) if key == "reference"}
        assert wanted <= known


def test_every_resource_is_labelled_as_test_data(bundles: list[tuple[Record, list[Resource]]]) -> None:
    for _, resources in bundles:
        for resource in resources:
            assert resource["meta"]["tag"][0]["code"] == "HTEST"
            assert resource["meta"]["security"][0]["code"] == "HTEST"


def test_the_patient_is_called_synthetic_and_has_one_record_number(
    bundles: list[tuple[Record, list[Resource]]],
) -> None:
    for record, resources in bundles:
        (patient,) = of(resources, "Patient")
        assert patient["name"][0]["family"] == "SYNTHETIC"
        assert patient["identifier"][0] == {
            "use": "official",
            "system": MRN_SYSTEM,
            "value": record.person.mrn,
        }
        assert ("deceasedDateTime" in patient) == record.course.died
        assert (len(patient["identifier"]) == 2) == (record.wearable_days > 0)


def test_nothing_is_dated_after_the_reference_date(bundles: list[tuple[Record, list[Resource]]]) -> None:
    # A laboratory may report a ctDNA result after the last visit; nothing else lies later.
    for _, resources in bundles:
        for key, value in walk(resources):
            if key in {
                "effectiveDateTime",
                "authoredOn",
                "performedDateTime",
                "started",
                "start",
                "end",
                "date",
            }:
                assert value[:10] <= REFERENCE_DATE.isoformat()


def test_profiles_are_mcode_where_there_is_one(bundles: list[tuple[Record, list[Resource]]]) -> None:
    used = {p for _, resources in bundles for r in resources for p in r["meta"].get("profile", [])}
    expected = words(
        """mcode-cancer-patient mcode-primary-cancer-condition mcode-secondary-cancer-condition
    mcode-tnm-stage-group mcode-tnm-primary-tumor-category mcode-tnm-regional-nodes-category
    mcode-tnm-distant-metastases-category mcode-ecog-performance-status mcode-cancer-disease-status
    mcode-tumor-marker-test mcode-tumor-size mcode-human-specimen mcode-cancer-related-medication-request
    mcode-cancer-related-medication-administration mcode-cancer-related-surgical-procedure
    mcode-radiotherapy-course-summary mcode-genomics-report mcode-genomic-variant
    mcode-genomic-region-studied"""
    )
    assert used == {MCODE + name for name in expected}


def test_the_agents_of_a_regimen_share_group_line_and_period(
    bundles: list[tuple[Record, list[Resource]]],
) -> None:
    for record, resources in bundles:
        groups: dict[str, list[Resource]] = {}
        for order in of(resources, "MedicationRequest"):
            groups.setdefault(order["groupIdentifier"]["value"], []).append(order)
        systemic = [t for t in record.course.therapies if t.kind == "systemic"]
        assert len(groups) == len(systemic)
        for therapy, orders in zip(systemic, groups.values(), strict=True):
            names = {o["medicationCodeableConcept"]["text"] for o in orders}
            assert names == set(therapy.agents)
            extensions = [{e["url"]: e for e in o["extension"]} for o in orders]
            assert {e[REGIMEN]["valueString"] for e in extensions} == {therapy.name}
            assert {e.get(THERAPY_LINE, {}).get("valueInteger") for e in extensions} == {therapy.line}
            assert all(o["status"] == "active" for o in orders) == (therapy.end is None)


def test_single_gene_tests_state_negative_results_too(bundles: list[tuple[Record, list[Resource]]]) -> None:
    values = {
        r["valueCodeableConcept"]["coding"][0]["display"]
        for record, resources in bundles
        for r in of(resources, "Observation")
        if record.person.site.code == "C" and MCODE + "mcode-genomic-variant" in r["meta"].get("profile", [])
    }
    assert values == {"Present", "Absent"}


def test_documents_point_at_the_files_that_are_written(cohort: Path) -> None:
    urls = {
        value
        for path in (cohort / "fhir").iterdir()
        for key, value in walk(json.loads(path.read_text()))
        if key == "url" and str(value).startswith("notes/")
    }
    assert urls == {f"notes/{p.name}" for p in (cohort / "notes").iterdir()}
