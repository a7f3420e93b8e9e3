from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.unit.pipeline.sources.readings import everything, links, notices, rejected, rows, written
from tumorboard.pipeline.sources.fhir import Fhir
from tumorboard.pipeline.sources.reading import Subject, SubjectLink, Unreadable

MRN = {"system": "https://tumorboard.example/mrn", "value": "SYN-0001"}
PATIENT = {"resourceType": "Patient", "id": "p1", "identifier": [MRN]}


def bundle(*entries, **more):
    return {"resourceType": "Bundle", "type": "collection", "entry": list(entries), **more}


def entry(resource, url=""):
    return {"fullUrl": url, "resource": resource} if url else {"resource": resource}


def observation(**more):
    return {"resourceType": "Observation", "status": "final", **more}


@pytest.fixture
def read(tmp_path):
    def write_and_read(document, look=everything):
        return look(Fhir(), written(tmp_path, "bundle.json", json.dumps(document)))

    return write_and_read


def test_one_row_per_resource_with_its_place(read):
    found = read(bundle(entry(PATIENT), entry(observation(subject={"reference": "Patient/p1"}))), rows)
    assert [(row.locator, row.kind) for row in found] == [
        ("$.entry[0].resource", "Patient"),
        ("$.entry[1].resource", "Observation"),
    ]
    assert {row.subject for row in found} == {Subject("mrn", "SYN-0001")}
    assert found[0].payload == PATIENT


def test_the_address_of_a_resource_is_kept_beside_its_own_fields(read):
    [row] = read(bundle(entry(observation(), "urn:uuid:9")), rows)
    assert row.payload == {**observation(), "_fullUrl": "urn:uuid:9"}


@pytest.mark.parametrize(
    ("url", "reference"),
    [
        ("urn:uuid:9f", {"reference": "urn:uuid:9f"}),
        ("", {"reference": "Patient/p1"}),
        ("", {"reference": "urn:uuid:p1"}),
        ("", {"reference": "Patient/p1/_history/3"}),
        ("https://a.example/fhir/Patient/p1", {"reference": "https://a.example/fhir/Patient/p1"}),
        ("", {"reference": "Patient?identifier=https://tumorboard.example/mrn|SYN-0001"}),
        ("", {"identifier": MRN}),
    ],
)
def test_every_kind_of_reference_finds_the_patient(read, url, reference):
    other = {"resourceType": "Patient", "id": "p2", "identifier": [{**MRN, "value": "SYN-0002"}]}
    found = read(bundle(entry(other), entry(PATIENT, url), entry(observation(subject=reference))), rows)
    assert found[2].subject == Subject("mrn", "SYN-0001")


def test_a_relative_reference_belongs_to_the_server_of_its_holder(read):
    here = {**PATIENT, "id": "1"}
    there = {"resourceType": "Patient", "id": "7", "identifier": [{**MRN, "value": "SYN-0007"}]}
    about = observation(subject={"reference": "Patient/7"})
    found = read(
        bundle(
            entry(here, "https://a.example/fhir/Patient/1"),
            entry(there, "https://b.example/fhir/Patient/7"),
            entry(about, "https://b.example/fhir/Observation/2"),
        ),
        rows,
    )
    assert found[2].subject == Subject("mrn", "SYN-0007")


def test_patient_element_of_immunization_and_beneficiary_of_coverage(read):
    immunization = {"resourceType": "Immunization", "patient": {"reference": "Patient/p1"}}
    coverage = {"resourceType": "Coverage", "beneficiary": {"reference": "Patient/p1"}}
    found = read(bundle(entry(PATIENT), entry(immunization), entry(coverage)), rows)
    assert [row.subject for row in found[1:]] == [Subject("mrn", "SYN-0001")] * 2


def test_a_resource_about_nobody_has_no_subject(read):
    found = read(bundle(entry(PATIENT), entry({"resourceType": "Organization", "name": "Lab"})), rows)
    assert found[1].subject is None


def test_a_forgotten_reference_means_the_only_patient_and_is_said(read):
    found = read(bundle(entry(PATIENT), entry(observation())))
    assert found[1].subject == Subject("mrn", "SYN-0001")
    assert "1 resources name no patient; taken as" in found[2].message


def test_a_forgotten_reference_is_never_guessed_between_two_patients(read):
    other = {"resourceType": "Patient", "id": "p2", "identifier": [{**MRN, "value": "SYN-0002"}]}
    document = bundle(entry(PATIENT), entry(other), entry(observation()))
    assert read(document, rows)[2].subject is None
    assert "stay without a patient" in read(document, notices)[0].message


def test_a_reference_to_somebody_who_is_not_here_is_not_the_only_patient(read):
    found = read(bundle(entry(PATIENT), entry(observation(subject={"reference": "Patient/unknown"}))), rows)
    assert found[1].subject is None


def test_all_identifiers_of_a_patient_are_linked(read):
    device = {"system": "https://tumorboard.example/device-user", "value": "dev-1"}
    insurance = {"system": "https://insurer.example", "value": "A1"}
    foreign = {
        "type": {"coding": [{"code": "MR"}]},
        "system": "https://elsewhere.example",
        "value": "SYN-0001",
    }
    found = read(bundle(entry({**PATIENT, "identifier": [device, insurance, foreign, MRN]})), links)
    assert {link.second for link in found} == {
        Subject("device-user", "dev-1"),
        Subject("https://insurer.example", "A1"),
        Subject("mrn", "SYN-0001"),
    }
    assert {link.first for link in found} == {Subject("mrn:https://elsewhere.example", "SYN-0001")}


def test_specimen_numbers_and_dicom_studies_lead_to_the_patient(read):
    specimen = {
        "resourceType": "Specimen",
        "subject": {"reference": "Patient/p1"},
        "accessionIdentifier": {"system": "https://tumorboard.example/specimen", "value": "SP-1"},
        "identifier": [{"value": "SP-1"}, {"value": "other"}],
    }
    study = {
        "resourceType": "ImagingStudy",
        "subject": {"reference": "Patient/p1"},
        "identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}, {"value": "order 5"}],
    }
    who = Subject("mrn", "SYN-0001")
    assert read(bundle(entry(PATIENT), entry(specimen), entry(study)), links) == [
        SubjectLink("$.entry[1].resource", who, Subject("specimen", "SP-1")),
        SubjectLink("$.entry[1].resource", who, Subject("specimen", "other")),
        SubjectLink("$.entry[2].resource", who, Subject("dicom-study", "1.2.3")),
    ]


def test_an_identifier_without_system_stands_for_its_patient_but_links_nobody(read):
    document = bundle(entry({"resourceType": "Patient", "identifier": [{"value": "1007"}]}))
    assert read(document, rows)[0].subject == Subject("identifier:unstated", "1007")
    assert read(document, links) == []
    assert "1007" not in read(document, notices)[0].message


def test_a_patient_with_neither_identifier_nor_address_is_said(read):
    document = bundle(entry({"resourceType": "Patient"}), entry(observation()))
    assert [row.subject for row in read(document, rows)] == [None, None]
    assert "ask the sender for Patient.identifier" in read(document, notices)[0].message


def test_a_bundle_in_a_bundle_is_opened(read):
    [row] = read(bundle(entry(bundle(entry(PATIENT)))), rows)
    assert row.locator == "$.entry[0].resource.entry[0].resource"


def test_a_resource_alone_is_read(read):
    [row] = read(PATIENT, rows)
    assert (row.locator, row.subject) == ("$", Subject("mrn", "SYN-0001"))


@pytest.mark.parametrize("bad", [{}, {"resource": {"id": "x"}}, {"resource": None}, "text", None])
def test_a_bad_entry_is_refused_and_the_others_are_read(read, bad):
    document = bundle(bad, entry(PATIENT))
    [refused] = read(document, rejected)
    assert refused.locator == "$.entry[0]"
    assert len(read(document, rows)) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"subject": "Patient/p1"},
        {"subject": {"reference": 5}},
        {"subject": []},
        {"subject": None},
        {"subject": {"identifier": "x"}},
    ],
)
def test_odd_references_do_not_stop_the_file(read, odd):
    assert len(read(bundle(entry(PATIENT), entry(observation(**odd))), rows)) == 2


@pytest.mark.parametrize("document", [[], {}, {"resourceType": 5}, {"resourceType": "Bundle", "entry": {}}])
def test_what_is_no_bundle_is_refused(read, document):
    with pytest.raises(Unreadable):
        read(document)


def test_an_empty_bundle_gives_nothing(read):
    assert read(bundle()) == []


def test_mcode_patients_are_read_as_counted(shared_data):
    kinds: Counter[str] = Counter()
    profiles: Counter[str] = Counter()
    people, sexes, deceased = set(), Counter(), 0
    files = sorted((shared_data / "fhir/mcode_synthea_breast_10_years").iterdir())
    for file in files:
        for row in rows(Fhir(), file):
            kinds[row.kind] += 1
            profiles.update(url.rpartition("/")[2] for url in row.payload.get("meta", {}).get("profile", []))
            if row.kind == "Patient":
                people.add(row.subject)
                sexes[row.payload["gender"]] += 1
                deceased += "deceasedDateTime" in row.payload
            elif row.kind not in ("Provenance", "Medication"):
                assert row.subject in people
    assert (len(files), kinds.total(), len(people)) == (46, 16_023, 46)
    assert (sexes["female"], sexes["male"], deceased) == (45, 1, 8)
    counted = {
        "Observation": 5768,
        "Procedure": 2268,
        "Encounter": 1970,
        "DocumentReference": 1970,
        "Condition": 379,
        "MedicationRequest": 359,
        "ImagingStudy": 10,
    }
    assert {kind: kinds[kind] for kind in counted} == counted
    mcode = {
        "primary-cancer-condition": 46,
        "cancer-stage-group": 48,
        "tnm-primary-tumor-category": 26,
        "tnm-regional-nodes-category": 26,
        "tnm-distant-metastases-category": 26,
        "tumor-size": 26,
        "tumor-marker-test": 104,
        "cancer-related-medication-request": 196,
        "radiotherapy-course-summary": 86,
        "cancer-related-surgical-procedure": 38,
        "cancer-disease-status": 70,
    }
    assert {name: profiles[f"mcode-{name}"] for name in mcode} == mcode


def test_genomics_reports_without_ids_are_read(shared_data):
    folder = shared_data / "fhir/hl7_genomics_reporting"
    oncology = rows(Fhir(), folder / "Bundle-oncologyexamples-r4.json")
    assert (len(oncology), sum(row.kind == "Observation" for row in oncology)) == (15, 11)
    assert {row.subject for row in oncology if row.kind == "Observation"} == {
        Subject("identifier:unstated", "1007")
    }
    germline = rows(Fhir(), folder / "Bundle-diagnosticreport-cgexample.json")
    assert (len(germline), sum(row.kind == "Observation" for row in germline)) == (19, 13)
    assert {row.subject for row in germline if row.kind == "Observation"} == {
        Subject("fhir", "http://example.org/fhir/Patient/patient")
    }
