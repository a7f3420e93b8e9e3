"""Writes the whole cohort into a folder.

    OUT/fhir/*.json  genomics/*.vcf  genomics/site_b.maf  imaging/*/*/*.dcm  notes/*.txt  wearables/*.json
    OUT/trials/ctml/*.yml  trials/registry/NCT*.json  TRUTH.md  truth.json

The same arguments give the same bytes. File names say nothing about a patient. `truth.json` is not data: it
tells what was put into the cohort on purpose, and what is true where a source is wrong.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tumorboard.synthetic.hazard import COEFFICIENTS, SHAPE
from tumorboard.synthetic.people import REFERENCE_DATE
from tumorboard.synthetic.record import Record, draw_record
from tumorboard.synthetic.write_dicom import geometry_of, slices_of
from tumorboard.synthetic.write_fhir import bundle_of
from tumorboard.synthetic.write_genomics import maf_of, vcf_of
from tumorboard.synthetic.write_notes import notes_of
from tumorboard.synthetic.write_trials import write_trials
from tumorboard.synthetic.write_wearables import wearables_of

Progress = Callable[[int, int], None]
TRUTH_MARKER = "tumorboard_synthetic_truth"

TRUTH_TEXT = """# What is true in this cohort

SYNTHETIC test data. Nobody in it exists. `truth.json` beside this file lists, per record number, the survival
the hazard model drew (`eta`, `true_days`; see `tumorboard/synthetic/hazard.py`), the lesion volumes in the
images, and the contradictions that were written on purpose. It is for checking programs against and is not
ingested.
"""


@dataclass(frozen=True)
class Summary:
    """What was written: counts of patients, files and bytes by folder, and how the patients are spread."""

    out: Path
    seed: int
    patients: int
    deaths: int
    files: dict[str, int]
    bytes: dict[str, int]
    tumours: dict[str, int]
    sites: dict[str, int]
    states: dict[str, int]
    contradictions: dict[str, int]


class _Folder:
    """Writes files and keeps count, by the first folder of their path."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.files: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()

    def write(self, path: str, content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        target = self.out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        folder = path.split("/", 1)[0]
        self.files[folder] += 1
        self.bytes[folder] += len(data)


def write_cohort(
    out: Path, *, patients: int, seed: int, progress: Progress | None = None, imaging_share: float = 1.0
) -> Summary:
    """Write `patients` invented patients and the trials into `out`.

    `imaging_share` is the share of the patients with CT whose pixels are written (the FHIR ImagingStudy
    always is); a patient is chosen by seed and number, so a smaller share writes a subset. `progress(done,
    total)` is called after each patient. `out` must be empty or new, or hold an earlier cohort of the same
    arguments.

    Raises ValueError for fewer than one patient or a share outside 0..1.
    """
    if patients < 1:
        raise ValueError(f"patients must be at least 1, not {patients}")
    if not 0 <= imaging_share <= 1:
        raise ValueError(f"imaging_share must lie between 0 and 1, not {imaging_share}")
    folder = _Folder(out)
    records = []
    for index in range(patients):
        record = draw_record(seed, index, imaging_share)
        _write_patient(folder, record)
        records.append(record)
        if progress is not None:
            progress(index + 1, patients)
    if any(test.route == "maf" for record in records for test in record.tests):
        folder.write("genomics/site_b.maf", maf_of(records))
    write_trials(folder.write)
    folder.write("TRUTH.md", TRUTH_TEXT)
    folder.write("truth.json", json.dumps(_truth(seed, records), indent=1, ensure_ascii=False) + "\n")
    return _summary(folder, seed, records)


def _write_patient(folder: _Folder, record: Record) -> None:
    notes = notes_of(record)
    name = record.dice.opaque("patient")
    folder.write(f"fhir/{name}.json", bundle_of(record, notes).text())
    for test in record.tests:
        if test.route == "vcf":
            folder.write(
                f"genomics/{record.dice.opaque('vcf', test.specimen.accession)}.vcf", vcf_of(record, test)
            )
    for note in notes:
        folder.write(f"notes/{note.name}.txt", note.text)
    if record.wearable_days:
        folder.write(f"wearables/{record.dice.opaque('wearables')}.json", wearables_of(record))
    for study in record.studies:
        if study.pixels:
            series = record.dice.opaque("series-folder", study.day)
            for number, content in enumerate(slices_of(record, study), 1):
                folder.write(f"imaging/{study.name}/{series}/{number:03d}.dcm", content)


def _truth(seed: int, records: list[Record]) -> dict[str, Any]:
    return {
        TRUTH_MARKER: 1,
        "note": "SYNTHETIC; not data, not ingested",
        "seed": seed,
        "reference_date": REFERENCE_DATE.isoformat(),
        "hazard": {"shape": SHAPE, "coefficients": COEFFICIENTS},
        "patients": {record.person.mrn: _truth_of(record) for record in records},
    }


def _truth_of(record: Record) -> dict[str, Any]:
    disease, course = record.disease, record.course
    return {
        "site": record.person.site.code,
        "oncotree": disease.tumour.oncotree,
        "stage": disease.stage.group,
        "driver": disease.driver.group,
        "alterations": list(disease.alterations),
        "factors": {name: round(value, 4) for name, value in asdict(disease.risk).items()},
        "eta": round(disease.risk.eta, 4),
        "median_days": disease.tumour.median_days,
        "true_days": course.true_days,
        "observed_days": course.last_day,
        "died": course.died,
        "diagnosed": course.diagnosed.isoformat(),
        "state": course.state,
        "has": {
            "genomics": sorted({test.route for test in record.tests}),
            "imaging": any(study.pixels for study in record.studies),
            "notes": record.has_notes,
            "wearables": record.wearable_days > 0,
        },
        "lesions": [
            {
                "study": study.uid,
                "volume_ml": study.volume_ml,
                "centre_mm": [round(c, 1) for c in geometry_of(record, study).centre],
            }
            for study in record.studies
        ],
        "contradictions": [asdict(found) for found in record.contradictions],
    }


def _summary(folder: _Folder, seed: int, records: list[Record]) -> Summary:
    def tally(values: list[str]) -> dict[str, int]:
        return dict(sorted(Counter(values).items()))

    return Summary(
        out=folder.out,
        seed=seed,
        patients=len(records),
        deaths=sum(record.course.died for record in records),
        files=dict(sorted(folder.files.items())),
        bytes=dict(sorted(folder.bytes.items())),
        tumours=tally([record.disease.tumour.oncotree for record in records]),
        sites=tally([record.person.site.code for record in records]),
        states=tally([record.course.state for record in records]),
        contradictions=tally([found.kind for record in records for found in record.contradictions]),
    )
