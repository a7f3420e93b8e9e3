"""The numbering systems by which senders name a person, a specimen or a device user."""

from __future__ import annotations

import os

from tumorboard.pipeline.sources.reading import Subject

MRN = "mrn"
SPECIMEN = "specimen"
DEVICE_USER = "device-user"
DICOM_STUDY = "dicom-study"

_HOUSE_RECORD_NUMBERS = "https://tumorboard.example/mrn"
_HOUSE_DEVICE_USERS = "https://tumorboard.example/device-user"

# Names that stand for nobody. Two people who are both called "ANON" must never become one.
# fmt: off
_PLACEHOLDERS = frozenset((
    "", "0", "-", ".", "?", "NA", "N/A", "NONE", "NULL", "UNKNOWN", "ANON", "ANONYMOUS", "ANONYMIZED",
    "ANONYMISED", "DEIDENTIFIED", "REMOVED", "REDACTED", "TEST", "TUMOR", "TUMOUR", "NORMAL", "SAMPLE",
    "SAMPLE1", "CASE", "CONTROL", "PATIENT", "SUBJECT", "NOID", "NO ID",
))
# fmt: on


def house_systems() -> frozenset[str]:
    """The identifier systems that hold this hospital's own record number.

    Set by TUMORBOARD_RECORD_NUMBER_SYSTEMS, a comma-separated list of system addresses or issuers.
    """
    return _listed("TUMORBOARD_RECORD_NUMBER_SYSTEMS", _HOUSE_RECORD_NUMBERS)


def device_user_systems() -> frozenset[str]:
    """The identifier systems that name users of wearables, set by TUMORBOARD_DEVICE_USER_SYSTEMS."""
    return _listed("TUMORBOARD_DEVICE_USER_SYSTEMS", _HOUSE_DEVICE_USERS)


def _listed(variable: str, default: str) -> frozenset[str]:
    return frozenset(
        system.strip() for system in os.environ.get(variable, default).split(",") if system.strip()
    )


def record_number_system(system: str | None = None) -> str:
    """Name the numbering system of a medical record number, for every format alike.

    `system` is what the sender says about its origin: a FHIR identifier system (for identifiers that are in
    the house list or of type MR), a DICOM IssuerOfPatientID, or nothing (a DICOM PatientID without issuer,
    the `Record:` line of a letter). Our own record numbers, and those that name no origin, are "mrn";
    anybody else's are "mrn:<system>", because two hospitals may give the same number to two people.
    """
    if not system or system in house_systems():
        return MRN
    return f"{MRN}:{system}"


def subject(system: str, value: str | None) -> Subject | None:
    """Make a subject, or none where the value is empty or a word that stands for nobody."""
    value = (value or "").strip()
    return None if value.upper() in _PLACEHOLDERS else Subject(system, value)
