"""Files for the tests of the ingest: a few of the cohort's, changed, and small ones written here."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

MRN = "https://tumorboard.example/mrn"
SPECIMEN = "https://tumorboard.example/specimen"


def copy(cohort: Path, folder: Path) -> Path:
    """The cohort's files, without images (they are many) and without what is no data."""
    shutil.copytree(cohort, folder, ignore=shutil.ignore_patterns("imaging", "TRUTH.md", "truth.json"))
    return folder


def bundles(folder: Path) -> list[Path]:
    return sorted((folder / "fhir").glob("*.json"))


def resources(bundle: Path, kind: str) -> list[dict[str, Any]]:
    entries = json.loads(bundle.read_text())["entry"]
    return [e["resource"] for e in entries if e["resource"]["resourceType"] == kind]


def record_number(bundle: Path) -> str:
    identifiers = resources(bundle, "Patient")[0]["identifier"]
    return str(next(i["value"] for i in identifiers if i.get("system") == MRN))


def change(path: Path, kind: str, how: Callable[[dict[str, Any]], None], target: Path | None = None) -> Path:
    """Change the first resource of a kind in a bundle; write to `target`, or over the file."""
    bundle = json.loads(path.read_text())
    how(next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind))
    written = target or path
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text(json.dumps(bundle))
    return written


def patient(
    number: str, *, specimen: str = "", name: str = "Test", born: str = "1960-01-02"
) -> dict[str, Any]:
    """A bundle of one patient, and perhaps one specimen."""
    who = {
        "resourceType": "Patient",
        "id": f"patient-{number}",
        "identifier": [{"system": MRN, "value": number}],
        "name": [{"family": name, "given": ["Person"]}],
        "gender": "female",
        "birthDate": born,
    }
    taken = {
        "resourceType": "Specimen",
        "id": f"specimen-{specimen}",
        "accessionIdentifier": {"system": SPECIMEN, "value": specimen},
        "subject": {"reference": f"Patient/patient-{number}"},
    }
    entries = [who, *([taken] if specimen else [])]
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in entries]}


def write(folder: Path, name: str, content: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def vcf(specimen: str, *, position: int = 55_191_822) -> str:
    lines = [
        "##fileformat=VCFv4.3",
        "##reference=GRCh38",
        '##INFO=<ID=GENE,Number=1,Type=String,Description="Gene">',
        '##INFO=<ID=HGVSP,Number=1,Type=String,Description="Protein change">',
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
        "##contig=<ID=chr7>",
        "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", specimen]),
        "\t".join(
            ["chr7", str(position), ".", "T", "G", ".", "PASS", "GENE=EGFR;HGVSP=p.Leu858Arg", "GT", "0/1"]
        ),
    ]
    return "\n".join(lines) + "\n"


def letter(number: str, text: str, *, date: str = "2025-03-02") -> str:
    return (
        f"Record: {number}\nDate: {date}\nType: Clinic letter\nAuthor: Dr Test\nSystem: letters\n\n{text}\n"
    )
