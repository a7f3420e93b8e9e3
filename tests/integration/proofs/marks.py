"""Marks (canaries): strings that stand in one patient's data only, and are found again wherever they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

KINDS = {
    "NA": "name",
    "MR": "record number",
    "AD": "address",
    "DU": "wearable id",
    "DE": "device",
    "SP": "specimen, sample name of the VCF",
    "VM": "marker of a variant",
    "LT": "text of a letter",
    "AU": "author of a letter",
    "FN": "name of a file",
    "LA": "comment of a lab result",
    "TH": "why a therapy ended",
    "PN": "DICOM PatientName",
    "UI": "DICOM UID",
    "QU": "question to the board",
}
UID = "2.25.990077"  # numbers only
PATTERN = re.compile(rb"ZQ([A-Z]{2})(\d{4})QZ|2\.25\.990077(\d{4})", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Mark:
    patient: int
    kind: str


def mark(kind: str, patient: int) -> str:
    assert kind in KINDS
    return f"{UID}{patient:04}" if kind == "UI" else f"ZQ{kind}{patient:04}QZ"


def found(content: bytes) -> set[Mark]:
    """Every mark in some bytes. Packed content (PDF, Parquet) is unpacked before."""
    return set(_each(content))


def _each(content: bytes) -> Iterator[Mark]:
    for match in PATTERN.finditer(content):
        kind, number, uid = match.groups()
        yield Mark(int(uid), "UI") if uid else Mark(int(number), kind.decode().upper())


def of(patients: Iterable[int]) -> set[Mark]:
    return {Mark(patient, kind) for patient in patients for kind in KINDS}
