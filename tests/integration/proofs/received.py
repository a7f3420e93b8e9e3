"""The files of patients who carry marks: bundles of the synthetic cohort with the marks put in, and letters,
sequencing, wearables and images of their own; and files that are refused, which carry marks too."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydicom import dcmread, dcmwrite

from tests.integration import files
from tests.integration.proofs.marks import UID, mark
from tumorboard.synthetic.cohort import write_cohort
from tumorboard.synthetic.record import draw_record
from tumorboard.synthetic.write_dicom import slices_of

SEED, SLICES, IMAGED, OBSERVED = 11, 2, 6, 25
DEVICE = "https://tumorboard.example/device-user"
LETTER = (
    "I reviewed the patient today, {0}. cT2a N1 M0, stage IIIA. ECOG 1. Plan: discussion in the board. "
    "Told to {0} by phone."
)


def write(folder: Path, patients: int) -> None:
    """Patients 1 to `patients`; the trials of the cohort are beside them."""
    write_cohort(folder / "cohort", patients=patients, seed=SEED, imaging_share=0.0)
    bundles = files.bundles(folder / "cohort")
    for number, path in enumerate(bundles, 1):
        bundle = _marked(json.loads(path.read_text()), number)
        files.write(folder / "fhir", f"{mark('FN', number)}.json", bundle)
        for name, content in _own(number):
            files.write(folder / "own", name, content)
    for index in range(patients):
        if index < IMAGED:
            _images(folder / "imaging", index + 1)
    (folder / "cohort" / "trials").rename(folder / "trials")
    for path in sorted((folder / "cohort").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (folder / "cohort").rmdir()


def refused(folder: Path) -> None:
    """What readers and checks refuse, of patients 1 to 4: the refusal must not repeat the value."""
    bad = files.patient(mark("MR", 1), name=mark("NA", 1), born=mark("LT", 1))
    files.write(folder, f"{mark('FN', 1)}-bad.json", bad)
    broken = (
        files.vcf(mark("SP", 2)).replace("55191822", mark("VM", 2)).replace("GT\t0/1", f"GT\t{mark('LT', 2)}")
    )
    files.write(folder, f"{mark('FN', 2)}-bad.vcf", broken)
    letter = files.letter(mark("MR", 3), mark("LT", 3), date=mark("LT", 3)).replace("Dr Test", mark("AU", 3))
    files.write(folder, f"{mark('FN', 3)}-bad.txt", letter)
    files.write(folder, f"{mark('FN', 4)}.json", "{" + mark("LT", 4))


def _marked(bundle: dict[str, Any], number: int) -> dict[str, Any]:
    entries = _not(bundle["entry"], "DocumentReference", "ImagingStudy")
    entries = [*_not(entries, "Observation"), *_only(entries, "Observation")[:OBSERVED]]
    resources = [entry["resource"] for entry in entries]
    patient = next(r for r in resources if r["resourceType"] == "Patient")
    name = mark("NA", number)
    patient["identifier"] = [
        {"use": "official", "system": files.MRN, "value": mark("MR", number)},
        {"system": DEVICE, "value": mark("DU", number)},
    ]
    patient["name"] = [{"use": "official", "text": f"{name}, Test", "family": name, "given": ["Test"]}]
    patient["address"] = [{"use": "home", "line": [mark("AD", number)], "city": mark("AD", number)}]
    specimens = [r for r in resources if r["resourceType"] == "Specimen"]
    for nth, specimen in enumerate(specimens):
        specimen["accessionIdentifier"]["value"] = mark("SP", number) + (f"-{nth}" if nth else "")
    about = {"reference": f"urn:uuid:{patient['id']}"}
    added = [*_specimen(number, about, specimens), _lab(number, about), _therapy(number, about)]
    return {**bundle, "entry": [*entries, *({"resource": resource} for resource in added)]}


def _only(entries: list[Any], kind: str) -> list[Any]:
    return [entry for entry in entries if entry["resource"]["resourceType"] == kind]


def _not(entries: list[Any], *kinds: str) -> list[Any]:
    return [entry for entry in entries if entry["resource"]["resourceType"] not in kinds]


def _specimen(number: int, about: dict[str, str], known: list[Any]) -> Iterator[dict[str, Any]]:
    if not known:
        value = {"system": files.SPECIMEN, "value": mark("SP", number)}
        yield {"resourceType": "Specimen", "id": f"s{number}", "accessionIdentifier": value, "subject": about}


def _lab(number: int, about: dict[str, str]) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": f"lab{number}", "status": "final", "subject": about,
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category",
                                  "code": "laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "2039-6"}], "text": "CEA"},
        "effectiveDateTime": "2025-02-03", "valueString": f"haemolytic, told to {mark('LA', number)}",
    }  # fmt: skip


def _therapy(number: int, about: dict[str, str]) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest", "id": f"drug{number}", "status": "stopped", "intent": "order",
        "subject": about, "authoredOn": "2025-01-05", "statusReason": {"text": mark("TH", number)},
        "medicationCodeableConcept": {"coding": [{"system": "http://www.whocc.no/atc", "code": "L01XA01",
                                                  "display": "cisplatin"}], "text": "cisplatin"},
    }  # fmt: skip


def _own(number: int) -> Iterator[tuple[str, Any]]:
    """A letter; for every second patient sequencing, for every third a wristband."""
    letter = files.letter(mark("MR", number), LETTER.format(mark("LT", number)))
    yield f"{mark('FN', number)}.txt", letter.replace("Dr Test", f"Dr {mark('AU', number)}")
    if number % 2:
        vcf = files.vcf(mark("SP", number)).replace("\t55191822\t.\t", f"\t55191822\t{mark('VM', number)}\t")
        yield f"{mark('FN', number)}.vcf", vcf
    if number % 3 == 1:
        yield f"{mark('FN', number)}-w.json", [_steps(number, day) for day in (1, 2, 3)]


def _steps(number: int, day: int) -> dict[str, Any]:
    times = {"start_date_time": f"2025-01-0{day}T00:00:00Z", "end_date_time": f"2025-01-0{day}T23:59:00Z"}
    return {
        "header": {
            "id": f"w-{number}-{day}", "creation_date_time": f"2025-01-0{day}T23:59:00Z",
            "schema_id": {"namespace": "omh", "name": "step-count", "version": "3.0"},
            "user_id": mark("DU", number),
            "acquisition_provenance": {"source_name": f"Band {mark('DE', number)}", "modality": "sensed"},
        },
        "body": {"step_count": {"value": 4000 + number + day, "unit": "steps"},
                 "effective_time_frame": {"time_interval": times}},
    }  # fmt: skip


def _images(folder: Path, number: int) -> None:
    """Two slices of somebody of the cohort, under this patient's name and UIDs."""
    record = next(r for i in range(200) if (r := draw_record(SEED, i, 1.0)).studies)
    folder.mkdir(parents=True, exist_ok=True)
    for slice_, content in zip(range(SLICES), slices_of(record, record.studies[0]), strict=False):
        image = dcmread(io.BytesIO(content))
        image.PatientName, image.PatientID = f"{mark('PN', number)}^Test", mark("MR", number)
        image.StudyInstanceUID, image.SeriesInstanceUID = f"{UID}{number:04}1", f"{UID}{number:04}2"
        image.SOPInstanceUID = f"{UID}{number:04}3{slice_ + 1}"
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
        dcmwrite(folder / f"{mark('FN', number)}-{slice_}.dcm", image)
