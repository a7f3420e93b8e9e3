"""FHIR R4 resources: bundles of any type, or one resource alone. One row per resource, as received.

A row's payload is the resource itself; where the bundle gave it an address, that stands beside its own fields
as `_fullUrl`, because resources without an id are only referred to by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from tumorboard.pipeline.sources.files import json_outline, read_json
from tumorboard.pipeline.sources.reading import (
    Notice,
    Reading,
    Rejected,
    SourceRow,
    Subject,
    SubjectLink,
    Unreadable,
)
from tumorboard.pipeline.sources.subjects import (
    DEVICE_USER,
    DICOM_STUDY,
    SPECIMEN,
    device_user_systems,
    house_systems,
    record_number_system,
    subject,
)

FULL_URL = "_fullUrl"

# Elements that say whose resource it is (the patient compartment of R4), in the order they are tried.
_PATIENT_ELEMENTS = ("subject", "patient", "beneficiary", "for", "individual")

# Resources that belong to a person even where the sender left the reference out (seen in genomics reports).
# fmt: off
_CLINICAL = frozenset((
    "AllergyIntolerance", "BodyStructure", "CarePlan", "Condition", "DiagnosticReport", "DocumentReference",
    "Encounter", "FamilyMemberHistory", "ImagingStudy", "Immunization", "MedicationAdministration",
    "MedicationRequest", "MedicationStatement", "MolecularSequence", "Observation", "Procedure",
    "QuestionnaireResponse", "ServiceRequest", "Specimen", "Task",
))
# fmt: on


class Entry(NamedTuple):
    """One resource, its place in the file and the address its bundle gives it."""

    locator: str
    url: str
    resource: dict[str, Any]


class Fhir:
    """Reader of FHIR R4 JSON."""

    name = "fhir"
    version = "1.0"

    def recognises(self, path: Path, head: bytes) -> bool:
        shape, fields = json_outline(head)
        if shape != "object":
            return False
        return "resourceType" in fields or ("entry" in fields and b'"resourceType"' in head)

    def read(self, path: Path) -> Iterator[Reading]:
        document = read_json(path)
        if not isinstance(document, dict) or not isinstance(document.get("resourceType"), str):
            raise Unreadable("not a FHIR resource: resourceType is missing", "$")
        entries: list[Entry] = []
        for found in _entries(document, "$", ""):
            if isinstance(found, Entry):
                entries.append(found)
            else:
                yield found
        yield from _rows(entries)


def _entries(resource: dict[str, Any], locator: str, url: str) -> Iterator[Entry | Rejected]:
    """The resources of a document; a bundle inside a bundle is opened too."""
    if resource["resourceType"] != "Bundle":
        yield Entry(locator, url, resource)
        return
    entries = resource.get("entry", [])
    if not isinstance(entries, list):
        raise Unreadable("Bundle.entry is not a list", f"{locator}.entry")
    for index, entry in enumerate(entries):
        place = f"{locator}.entry[{index}]"
        inner = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(inner, dict) and isinstance(inner.get("resourceType"), str):
            yield from _entries(inner, f"{place}.resource", str(entry.get("fullUrl") or ""))
        else:
            yield Rejected(place, "the entry holds no resource with a resourceType", "resource")


def _rows(entries: list[Entry]) -> Iterator[Reading]:
    people = _People(entries)
    yield from people.notices
    unnamed: Counter[str] = Counter()
    for entry in entries:
        kind = entry.resource["resourceType"]
        who, found_how = people.subject_of(entry)
        unnamed[found_how] += 1
        payload = {**entry.resource, FULL_URL: entry.url} if entry.url else entry.resource
        yield SourceRow(entry.locator, kind, payload, who)
        yield from _links(entry, who)
    yield from _notices(unnamed)


def _notices(found_how: Counter[str]) -> Iterator[Notice]:
    if count := found_how["only patient"]:
        yield Notice("$", f"{count} resources name no patient; taken as the bundle's only patient's")
    if count := found_how["nobody"]:
        yield Notice("$", f"{count} resources name no patient that can be found; they stay without a patient")


class _People:
    """The patients of a file, found by every address under which its resources may refer to them."""

    def __init__(self, entries: list[Entry]) -> None:
        self.by_address: dict[str, Subject | None] = {}
        self.notices: list[Notice] = []
        patients = [entry for entry in entries if entry.resource["resourceType"] == "Patient"]
        for entry in patients:
            who = self._patient(entry)
            for address in _addresses(entry):
                self.by_address[address] = who
        self.only = self.by_address[_addresses(patients[0])[0]] if len(patients) == 1 else None

    def _patient(self, entry: Entry) -> Subject | None:
        named = identifiers(entry.resource)
        if named:
            return named[0]
        if loose := _without_system(entry.resource):
            self.notices.append(
                Notice(entry.locator, "Patient.identifier has no system; the sender should state it")
            )
            return loose
        if entry.url.startswith(("http", "urn:")):
            return subject("fhir", entry.url)
        message = "the patient has neither identifier nor address; ask the sender for Patient.identifier"
        self.notices.append(Notice(entry.locator, message))
        return None

    def subject_of(self, entry: Entry) -> tuple[Subject | None, str]:
        """Whose resource it is, and how that was found: "named", "only patient", "nobody" or "no person"."""
        resource = entry.resource
        if resource["resourceType"] == "Patient":
            return self.by_address[_addresses(entry)[0]], "named"
        references = [_reference(resource[name]) for name in _PATIENT_ELEMENTS if name in resource]
        for reference in references:
            if who := self._referred(reference, entry.url):
                return who, "named"
        if resource["resourceType"] not in _CLINICAL:
            return None, "no person"
        if references or self.only is None:
            return None, "nobody"
        return self.only, "only patient"

    def _referred(self, reference: dict[str, Any], base: str) -> Subject | None:
        address = str(reference.get("reference") or "").split("/_history/")[0]
        if address in self.by_address:
            return self.by_address[address]
        absolute = _absolute(address, base)
        if absolute in self.by_address:
            return self.by_address[absolute]
        if isinstance(reference.get("identifier"), dict):
            return _identifier(reference["identifier"])
        if address.startswith("Patient?"):
            return _conditional(address)
        return subject("fhir", address) if _is_outside_patient(address) else None


def _addresses(entry: Entry) -> list[str]:
    """Every address under which a resource can be referred to; its place in the file if there is none."""
    identity = entry.resource.get("id")
    names = [entry.url, f"Patient/{identity}" if identity else "", f"urn:uuid:{identity}" if identity else ""]
    return [name for name in names if name] or [entry.locator]


def _absolute(address: str, base: str) -> str:
    """A relative reference belongs to the server of the resource that holds it (FHIR R4, 2.36.4.1)."""
    if not base.startswith("http") or "/" not in address or "://" in address:
        return address
    return f"{base.rsplit('/', 2)[0]}/{address}"


def _is_outside_patient(address: str) -> bool:
    return "://" in address and "/Patient/" in address


def _reference(value: Any) -> dict[str, Any]:
    if isinstance(value, list):
        value = value[0] if value else {}
    return value if isinstance(value, dict) else {}


def _conditional(address: str) -> Subject | None:
    """`Patient?identifier=system|value` names a patient by search (transaction bundles)."""
    system, _, value = parse_qs(urlsplit(address).query).get("identifier", [""])[0].rpartition("|")
    return subject(_system(system, ""), value) if system else None


def identifiers(patient: dict[str, Any]) -> list[Subject]:
    """Every identifier of a patient that names its numbering system, our own record number first."""
    found = [_identifier(item) for item in _identifier_list(patient)]
    return sorted(filter(None, found), key=lambda who: not who.system.startswith("mrn"))


def _identifier_list(resource: dict[str, Any], element: str = "identifier") -> list[dict[str, Any]]:
    value = resource.get(element) or []
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def _identifier(item: dict[str, Any]) -> Subject | None:
    system, code = str(item.get("system") or ""), _type_code(item)
    if not system and code != "MR":
        return None
    return subject(_system(system, code), str(item.get("value") or ""))


def _without_system(patient: dict[str, Any]) -> Subject | None:
    """An identifier without a system can stand for its patient, but is too weak to link two people."""
    for item in _identifier_list(patient):
        if who := subject(f"identifier:{_type_code(item) or 'unstated'}", str(item.get("value") or "")):
            return who
    return None


def _system(system: str, type_code: str) -> str:
    if type_code == "MR" or system in house_systems():
        return record_number_system(system)
    return DEVICE_USER if system in device_user_systems() else system


def _type_code(item: dict[str, Any]) -> str:
    """Code of HL7 table 0203 (MR, SS, DL ...), or empty."""
    kind = item.get("type")
    codings = kind.get("coding") if isinstance(kind, dict) else None
    first = codings[0] if isinstance(codings, list) and codings else {}
    return str(first.get("code") or "") if isinstance(first, dict) else ""


def _links(entry: Entry, who: Subject | None) -> Iterator[SubjectLink]:
    """What else names the same person: further identifiers, specimen numbers, DICOM studies."""
    if who is None:
        return
    for other in _other_names(entry.resource):
        if other != who:
            yield SubjectLink(entry.locator, who, other)


def _other_names(resource: dict[str, Any]) -> list[Subject]:
    match resource["resourceType"]:
        case "Patient":
            return identifiers(resource)
        case "Specimen":
            items = _identifier_list(resource, "accessionIdentifier") + _identifier_list(resource)
            numbers = [subject(SPECIMEN, str(item.get("value") or "")) for item in items]
        case "ImagingStudy":
            numbers = [_dicom_study(item) for item in _identifier_list(resource)]
        case _:
            return []
    return list(dict.fromkeys(filter(None, numbers)))


def _dicom_study(item: dict[str, Any]) -> Subject | None:
    """A StudyInstanceUID in FHIR is `urn:oid:...` under the system urn:dicom:uid (FHIR R4, ImagingStudy)."""
    if item.get("system") != "urn:dicom:uid":
        return None
    return subject(DICOM_STUDY, str(item.get("value") or "").removeprefix("urn:oid:"))
