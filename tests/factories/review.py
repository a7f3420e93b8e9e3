"""A small real lake: rows of one patient from a gold fact back to the file, published as the runner does."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings

from tumorboard.governance.actions import register_securables
from tumorboard.governance.ledger import crosswalk, latest_versions
from tumorboard.governance.opening import lake
from tumorboard.lake import rows, tables
from tumorboard.lake.store import Commit
from tumorboard.scores.models import ScoringModel

CHIP = {
    "origin": "structured",
    "method": "tests 1.0",
    "system": "Test hospital",
    "recorded_on": date(2024, 4, 2),
}
LETTER = "I reviewed her today. The scan shows cT2b N2 M1a disease. <script>alert('x')</script> Plan: board."
STAGED = (LETTER.index("cT2b"), LETTER.index("cT2b") + len("cT2b N2 M1a"))
CURVE = {"months": [0, 12], "survival": [1.0, 0.6], "low": [1.0, 0.5], "high": [1.0, 0.7]}
SHARES = {"clinical": {"share": 0.4, "features": [{"feature": "age", "share": 0.3, "value": 61.0}]}}


def patient(number: str = "SYN-1") -> str:
    """The patient_key of a record number, as the crosswalk gives it."""
    walk = crosswalk()
    subject = subject_of(number)
    return next(patient for key, patient in walk.links() if key == subject)


def subject_of(number: str) -> str:
    return crosswalk().keys([("mrn", number)])["mrn", number]


def publish(table: str, *records: dict[str, Any]) -> list[str]:
    """A version of the table that holds just these rows; their row ids."""
    declared = tables.get(table)
    if table.startswith("bronze."):
        found = pa.Table.from_pylist([{**r, "run_id": "t"} for r in records], declared.arrow_schema)
    else:
        found = rows.arrow([{**_blank(table), **r} for r in records], declared, "t")
    files = found["file_hash"].to_pylist() if table.startswith("bronze.") else []
    lake().replace(declared, found, Commit("t", "t", latest_versions(declared.reads), files=files))
    return found["row_id"].to_pylist()


def _blank(table: str) -> dict[str, Any]:
    return {**CHIP, "derived_from": []} if table.startswith("gold.") else dict(CHIP)


def received(number: str, payload: dict[str, Any], name: str, **fields: Any) -> dict[str, Any]:
    """A bronze row of the patient with this record number."""
    content = json.dumps(payload)
    digest = fields.pop("file_hash", hashlib.sha256(f"{name}{content}".encode()).hexdigest())
    return {
        "row_id": hashlib.sha256(f"{digest}{name}".encode()).hexdigest()[:24], "file_hash": digest,
        "file_name": name, "locator": "$", "kind": "note", "subject_key": subject_of(number),
        "payload": content, "received_at": datetime(2024, 4, 3, tzinfo=UTC), **fields,
    }  # fmt: skip


def from_row(table: str, bronze: dict[str, Any], path: str) -> dict[str, Any]:
    """The provenance of a silver row made of this bronze row."""
    carried = {name: bronze[name] for name in ("file_hash", "file_name", "locator")}
    return {"source_table": table, "source_row": bronze["row_id"], "source_path": path, **carried}


def whole_patient(number: str = "SYN-1") -> str:
    """One patient with something in every section of the page. Returns the patient_key."""
    register_securables()
    subject_of(number)
    key = patient(number)
    one = {"patient_key": key}
    note = received(number, {"text": LETTER, "type": "Clinic letter"}, "letter.txt")
    lab = received(number, {"code": {"text": "CEA"}, "valueQuantity": {"value": 7.5}}, "bundle.json")
    publish("bronze.notes", note)
    publish("bronze.fhir", lab)
    stated = from_row("bronze.fhir", lab, "$.valueQuantity.value")
    publish(
        "silver.patients",
        {
            **one,
            **stated,
            "name": "Maria Example",
            "sex": "female",
            "birth_date": date(1960, 1, 1),
            "deceased": False,
            "synthetic": True,
        },
    )
    publish(
        "silver.diagnoses", {**one, **stated, "diagnosis_id": "d", "primary": True, "text": "Lung cancer"}
    )
    told = from_row("bronze.notes", note, f"chars {STAGED[0]}-{STAGED[1]}")
    publish(
        "silver.documents",
        {
            **one,
            **told,
            "source_path": "$.text",
            "origin": "text",
            "document_id": "doc",
            "kind": "Clinic letter",
            "written_on": date(2024, 4, 2),
            "text": LETTER,
        },
    )
    facts = publish(
        "silver.note_facts",
        {
            **one,
            **told,
            "origin": "text",
            "note_fact_id": "n",
            "document_id": "doc",
            "concept": "stage",
            "value": "cT2b N2 M1a",
            "passage": "cT2b N2 M1a",
            "start": STAGED[0],
            "end": STAGED[1],
            "negated": False,
            "experiencer": "patient",
            "certainty": "stated",
            "rule": "tnm",
        },
    )
    labs = publish(
        "silver.labs",
        *(
            {
                **one,
                **stated,
                "lab_id": f"l{n}",
                "name": "CEA",
                "value": value,
                "value_text": f"{value} ug/L",
                "unit": "ug/L",
                "low": 0.0,
                "high": 5.0,
                "taken_on": date(2024, n, 1),
            }
            for n, value in ((1, 3.0), (3, 7.5))
        ),
    )
    publish(
        "silver.therapies",
        {
            **one,
            **stated,
            "therapy_id": "t",
            "kind": "systemic",
            "name": "Osimertinib",
            "agents": ["osimertinib"],
            "line": 1,
            "started_on": date(2024, 1, 10),
            "ended_on": date(2024, 2, 10),
            "status": "completed",
        },
    )
    publish(
        "silver.responses",
        {
            **one,
            **stated,
            "response_id": "in",
            "value": "PR",
            "wording": "PR",
            "assessed_on": date(2024, 2, 1),
        },
        {
            **one,
            **stated,
            "response_id": "out",
            "value": "PD",
            "wording": "PD",
            "assessed_on": date(2024, 5, 1),
        },
    )
    publish(
        "silver.variants",
        {
            **one,
            **stated,
            "origin": "vcf",
            "variant_id": "v",
            "gene": "EGFR",
            "kind": "snv",
            "hgvs_p": "p.L858R",
            "consequence": "missense_variant",
            "vaf": 0.3,
        },
        {**one, **stated, "origin": "vcf", "variant_id": "w", "kind": "cnv", "filter": "lowqual"},
    )
    publish("silver.genomic_tests", {**one, **stated, "test_id": "g", "assay": "panel", "genes": ["EGFR"]})
    publish(
        "silver.biomarkers", {**one, **stated, "biomarker_id": "b", "name": "TMB", "interpretation": "low"}
    )
    publish(
        "silver.imaging",
        {
            **one,
            **stated,
            "origin": "image",
            "series_id": "s",
            "series_uid": "1.2",
            "modality": "CT",
            "instances": 2,
            "rows": 128,
            "columns": 128,
        },
    )
    publish(
        "silver.wearables",
        {
            **one,
            **stated,
            "sample_id": "w",
            "measure": "resting_heart_rate",
            "value": 61.0,
            "unit": "/min",
            "started_at": datetime(2024, 3, 1, 8, tzinfo=UTC),
        },
    )
    publish(
        "gold.case_facts",
        {
            **one,
            "fact_id": "stage",
            "section": "snapshot",
            "label": "Stage",
            "value": "cT2b N2 M1a",
            "rank": 1,
            "origin": "text",
            "conflict": True,
            "conflicts_with": [f"silver.labs/{labs[1]}"],
            "derived_from": [f"silver.note_facts/{facts[0]}"],
        },
        {
            **one,
            "fact_id": "cea",
            "section": "snapshot",
            "label": "CEA",
            "value": "7.5",
            "unit": "ug/L",
            "rank": 2,
            "conflict": False,
            "conflicts_with": [],
            "derived_from": [f"silver.labs/{labs[1]}"],
        },
        *(
            {
                **one,
                "fact_id": name,
                "section": name,
                "label": name,
                "value": "x",
                "rank": 1,
                "conflict": False,
                "conflicts_with": [],
                "derived_from": [f"silver.labs/{labs[1]}"],
            }
            for name in ("pathology", "function", "comorbidity", "wishes")
        ),
    )
    publish(
        "gold.modalities",
        {**one, "modality": "clinical", "status": "present", "rows": 3},
        {**one, "modality": "wearables", "status": "not_collected", "reason": "no device", "rows": 0},
    )
    publish(
        "gold.timeline",
        {
            **one,
            "event_id": "e",
            "lane": "diagnosis",
            "label": "Lung cancer",
            "starts_on": date(2023, 12, 1),
            "derived_from": [f"silver.labs/{labs[1]}"],
        },
    )
    publish(
        "gold.actionability",
        {
            **one,
            "finding_id": "f",
            "gene": "EGFR",
            "alteration": "EGFR L858R",
            "finding_kind": "mutation",
            "therapies": ["osimertinib"],
            "direction": "sensitive",
            "tumor_match": "same",
            "escat": "I-A",
            "citation": "A trial",
            "source_kind": "publication",
            "knowledge_version": "1",
            "knowledge_source": "table",
        },
    )
    publish(
        "gold.trial_matches",
        {
            **one,
            "trial_id": "T-1",
            "level": "trial",
            "code": "T-1",
            "path": "$[0]",
            "wording": "EGFR mutated",
            "result": "met",
            "evidence": [],
            "verdict": "fits",
            "recruiting": True,
        },
    )
    ScoringModel.objects.get_or_create(name="fusion", version="1", defaults={"state": "approved"})
    publish(
        "gold.risk_scores",
        {
            **one,
            "model": "fusion",
            "model_version": "1",
            "as_of": date(2024, 4, 1),
            "abstained": False,
            "risk": 0.4,
            "percentile": 72.0,
            "used": ["clinical"],
            "absent": ["imaging"],
            "origin": "model",
            "contributions": json.dumps(SHARES),
            "curve": json.dumps(CURVE),
            "validation": "{}",
        },
    )
    return key


def received_file(content: bytes) -> str:
    """Keep a file in the landing volume; its hash."""
    digest = hashlib.sha256(content).hexdigest()
    place = Path(settings.VOLUMES_DIR) / "landing" / digest[:2] / digest
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return digest
