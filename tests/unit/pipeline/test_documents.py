"""Which files state the same document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tumorboard.pipeline.documents import document_key


def row(kind: str = "row", subject: tuple[str, str] | None = None, **payload: Any) -> dict[str, Any]:
    return {"kind": kind, "subject": subject, "payload": json.dumps(payload)}


ANN, BEN = ("mrn", "SYN-0001"), ("mrn", "SYN-0002")
SAMPLE = ("specimen", "SP-1")
TRIAL = {"protocolSection": {"identificationModule": {"nctId": "NCT00000001"}}}

SAME = {
    "the same bundle, a value corrected": (
        ("fhir", "a.json", [row("Patient", ANN, birthDate="1960")]),
        ("fhir", "a.json", [row("Patient", ANN, birthDate="1961")]),
    ),
    "rows in another order": (
        ("maf", "site.maf", [row(subject=ANN), row(subject=BEN)]),
        ("maf", "site.maf", [row(subject=BEN), row(subject=ANN), row(subject=ANN)]),
    ),
    "an image under another name": (
        ("dicom", "1.dcm", [row(SOPInstanceUID="1.2.3")]),
        ("dicom", "2.dcm", [row(SOPInstanceUID="1.2.3", Rows=3)]),
    ),
    "a study under another name": (
        ("registry", "a.json", [row(**TRIAL)]),
        ("registry", "b.json", [row(**TRIAL, more=1)]),
    ),
    "a protocol under another name": (
        ("ctml", "a.yml", [row(protocol_no="10-001")]),
        ("ctml", "b.yml", [row(protocol_no="10-001", age=18)]),
    ),
    "a file that names nobody, by its name": (
        ("bgen", "x.bgen", [row()]),
        ("bgen", "x.bgen", [row(), row()]),
    ),
}
DIFFERENT = {
    "one name, two people": (("notes", "n.txt", [row(subject=ANN)]), ("notes", "n.txt", [row(subject=BEN)])),
    "two people, one number of two senders": (
        ("notes", "n.txt", [row(subject=("mrn", "1"))]),
        ("notes", "n.txt", [row(subject=("mrn:north", "1"))]),
    ),
    "two files of one sample": (
        ("vcf", "snv.vcf", [row("header", SAMPLE, genome_build="GRCh38")]),
        ("vcf", "indel.vcf", [row("header", SAMPLE, genome_build="GRCh38")]),
    ),
    "one sample in two builds": (
        ("vcf", "s.vcf", [row("header", SAMPLE, genome_build="GRCh38")]),
        ("vcf", "s.vcf", [row("header", SAMPLE, genome_build="GRCh37")]),
    ),
    "two bundles of one patient": (
        ("fhir", "stay.json", [row("Patient", ANN)]),
        ("fhir", "laboratory.json", [row("Patient", ANN)]),
    ),
    "one name, two formats": (("vcf", "x", [row(subject=ANN)]), ("maf", "x", [row(subject=ANN)])),
    "two images": (("dicom", "1", [row(SOPInstanceUID="1.2")]), ("dicom", "1", [row(SOPInstanceUID="1.3")])),
    "names that run into each other": (
        ("notes", "a", [row(subject=("b", "c"))]),
        ("notes", "ab", [row(subject=("", "c"))]),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=list(SAME))
def test_the_same_document(one: Any, other: Any) -> None:
    assert document_key(*one) == document_key(*other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=list(DIFFERENT))
def test_another_document(one: Any, other: Any) -> None:
    assert document_key(*one) != document_key(*other)


@pytest.mark.parametrize("source", ["fhir", "vcf", "dicom", "registry", "ctml", "notes", "unheard-of"])
def test_a_file_without_rows_is_known_by_its_name(source: str) -> None:
    assert document_key(source, "a", []) == document_key(source, "a", [])
    assert document_key(source, "a", []) != document_key(source, "b", [])


def test_the_key_tells_nothing() -> None:
    key = document_key("notes", "SYN-0001 Smith.txt", [row(subject=ANN)])
    assert len(key) == 32
    assert int(key, 16)
