"""Patients in the shape of MatchMiner's clinical and genomic collections, for comparison runs.

One clinical document is one sample and becomes one "patient" here, as in that engine. Fields may carry the
prefix TRUE_ or HARMONIZED_. The documents state no coverage, so nothing is ever "tested, not found"
unless a WILDTYPE document says so. Documents come cleaned (`matchminer_documents`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pandas as pd

from tumorboard.codes.oncotree import OncoTree

Document = Mapping[str, Any]
#: Ends the row name of a marker that stands in a clinical document (the engine reads the genomic ones).
OF_CLINICAL_DOCUMENT = "(clinical)"
#: The panel name of a record that says no more than "this gene is wild type".
WILDTYPE_RECORD = "wild type record"


def frames(
    clinical: Iterable[Document],
    genomic: Iterable[Document],
    oncotree: OncoTree | None = None,
    treatments: Iterable[Document] = (),
) -> dict[str, pd.DataFrame]:
    """Frames for PatientEvidence.from_frames; `patient_key` is the id of the clinical document."""
    tree = oncotree or OncoTree.builtin()
    samples, findings = list(clinical), list(genomic)
    reported = {_identity(sample["_id"]): as_date(sample.get("REPORT_DATE")) for sample in samples}
    tables = {
        "silver.patients": [_patient(sample) for sample in samples],
        "silver.diagnoses": [_diagnosis(sample, tree) for sample in samples],
        "silver.stages": [row for sample in samples for row in _stages(sample)],
        "silver.genomic_tests": [
            *(_test(sample) for sample in samples),
            *(_wildtype(finding) for finding in findings if _is_wildtype(finding)),
        ],
        "silver.variants": [_variant(finding, reported) for finding in findings if _kind(finding)],
        "silver.biomarkers": [
            *(marker for finding in findings for marker in _signatures(finding)),
            *(marker for sample in samples for marker in _clinical_markers(sample)),
        ],
        "silver.therapies": [
            row for number, given in enumerate(treatments) for row in _therapy(given, number)
        ],
    }
    return {name: pd.DataFrame(rows) for name, rows in tables.items()}


# ---- clinical documents


def _patient(sample: Document) -> dict[str, Any]:
    vital = str(sample.get("VITAL_STATUS") or "").strip().lower()
    return {
        **_keys(sample),
        "sex": str(sample.get("GENDER") or "").strip().lower(),
        "birth_date": as_date(sample.get("BIRTH_DATE_INT")) or as_date(sample.get("BIRTH_DATE")),
        "deceased": {"alive": False, "deceased": True}.get(vital),
    }


def _diagnosis(sample: Document, tree: OncoTree) -> dict[str, Any]:
    name = sample.get("ONCOTREE_PRIMARY_DIAGNOSIS_NAME")
    try:
        code = tree.parse(name)
    except ValueError:
        code = ""
    return {
        **_keys(sample), "primary": True, "oncotree": code, "text": str(name or ""),
        "clinical_status": _course(sample),
    }  # fmt: skip


def _states(sample: Document) -> list[str]:
    stated = sample.get("DISEASE_STATUS")
    return [str(state).strip().lower() for state in (stated if isinstance(stated, list) else [stated or ""])]


def _course(sample: Document) -> str:
    return next((state for state in _states(sample) if state in ("recurrent", "refractory")), "")


def _stages(sample: Document) -> list[dict[str, Any]]:
    return [{**_keys(sample), "m": "M1"}] if "metastatic" in _states(sample) else []


def _test(sample: Document) -> dict[str, Any]:
    panel = sample.get("PANEL_VERSION")
    return {
        **_keys(sample),
        "test_id": _identity(sample["_id"]),
        "assay": "panel",
        "panel": str(panel or ""),
        "genes": [],
    }


_CLINICAL_MARKERS = {"ER_STATUS": "ER", "PR_STATUS": "PR", "HER2_STATUS": "HER2"}


def _clinical_markers(sample: Document) -> list[dict[str, Any]]:
    key = _identity(sample["_id"])
    rows = []
    burden = sample.get("TUMOR_MUTATIONAL_BURDEN_PER_MEGABASE")
    if burden is not None:
        rows.append({"name": "TMB", "value_number": burden, "unit": "mut/Mb"})
    rows += [
        {"name": name, "value_text": str(sample[field])}
        for field, name in _CLINICAL_MARKERS.items()
        if sample.get(field)
    ]
    rows += [{"name": name, **said} for name, said in _mismatch_repair(sample)]
    return [
        {"patient_key": key, "row_id": f"{key}-{row['name']}{OF_CLINICAL_DOCUMENT}", **row} for row in rows
    ]


# ---- genomic documents


def _is_wildtype(finding: Document) -> bool:
    return str(finding.get("WILDTYPE")).strip().lower() == "true"


def _wildtype(finding: Document) -> dict[str, Any]:
    return {
        **_of_sample(finding),
        "test_id": _identity(finding["_id"]),
        "assay": "panel",
        "panel": WILDTYPE_RECORD,
        "genes": [field_of(finding, "HUGO_SYMBOL")],
    }


def _kind(finding: Document) -> str:
    if _is_wildtype(finding):
        return ""
    category = str(finding.get("VARIANT_CATEGORY") or "").upper()
    return {"MUTATION": "mutation", "CNV": "cnv", "SV": "sv"}.get(category, "")


def _variant(finding: Document, reported: Mapping[str, date | None]) -> dict[str, Any]:
    kind = _kind(finding)
    gene, partner = _sides(finding) if kind == "sv" else (field_of(finding, "HUGO_SYMBOL"), None)
    classification = field_of(finding, "VARIANT_CLASSIFICATION")
    return {
        **_of_sample(finding),
        "test_id": _identity(finding["CLINICAL_ID"]),
        "gene": gene,
        "partner_gene": partner,
        "kind": kind,
        "hgvs_p": field_of(finding, "PROTEIN_CHANGE"),
        "consequence": finding.get("CNV_CALL") if kind == "cnv" else classification,
        "exon": field_of(finding, "TRANSCRIPT_EXON"),
        "tier": _whole(finding.get("TIER")),
        "effect": finding.get("MUTATION_EFFECT"),
        "comment": finding.get("STRUCTURAL_VARIANT_COMMENT"),
        "reported_on": reported.get(_identity(finding["CLINICAL_ID"])),
    }


def _whole(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value or "")


def _sides(finding: Document) -> tuple[Any, Any]:
    """Of a structured rearrangement an empty side is intergenic; free text alone names no gene."""
    sides = (field_of(finding, "LEFT_PARTNER_GENE"), field_of(finding, "RIGHT_PARTNER_GENE"))
    if not any(sides):
        return field_of(finding, "HUGO_SYMBOL"), None
    return sides[0] or "intergenic", sides[1] or "intergenic"


_SIGNATURES = {
    "APOBEC_STATUS": "APOBEC signature",
    "POLE_STATUS": "POLE signature",
    "TOBACCO_STATUS": "Tobacco signature",
    "TABACCO_STATUS": "Tobacco signature",
    "TEMOZOLOMIDE_STATUS": "Temozolomide signature",
    "UVA_STATUS": "UVA signature",
}
_MMR = {"deficient (mmr-d / msi-h)": "deficient", "proficient (mmr-p / mss)": "proficient"}
# The CTIMS dialect keeps the microsatellite status apart.
_MS = {
    "high": "high",
    "msi-h": "high",
    "indeterminate": "low",
    "msi-l": "low",
    "stable": "stable",
    "mss": "stable",
}


def _signatures(document: Document) -> list[dict[str, Any]]:
    identity, key = _identity(document["_id"]), _identity(document["CLINICAL_ID"])
    found = [
        (name, {"value_text": str(document[field])})
        for field, name in _SIGNATURES.items()
        if document.get(field)
    ]
    return [
        {"patient_key": key, "row_id": f"{identity}-{name}", "name": name, **said}
        for name, said in [*found, *_mismatch_repair(document)]
    ]


def _mismatch_repair(document: Document) -> list[tuple[str, dict[str, Any]]]:
    """MMR_STATUS and MS_STATUS. What cannot be assessed stays as said; "indeterminate" is an answer without
    a result."""
    found = []
    if text := str(document.get("MMR_STATUS") or ""):
        equivocal = "equivocal" if text.lower().startswith("indeterminate") else ""
        found.append(("MMR", {"value_text": _MMR.get(text.lower(), text), "interpretation": equivocal}))
    if text := str(document.get("MS_STATUS") or ""):
        found.append(("MSI", {"value_text": _MS.get(text.lower(), text), "interpretation": ""}))
    return found


# ---- treatments


def _therapy(given: Document, number: int) -> list[dict[str, Any]]:
    agent = str(given.get("DRUG") or given.get("AGENT") or "").strip()
    if not agent:
        return []
    row = {"kind": "systemic", "name": agent, "agents": [agent]}
    return [{"patient_key": _identity(given["CLINICAL_ID"]), "row_id": f"treatment-{number}", **row}]


# ---- fields


def _keys(sample: Document) -> dict[str, Any]:
    return {"patient_key": _identity(sample["_id"]), "row_id": _identity(sample["_id"])}


def _of_sample(finding: Document) -> dict[str, Any]:
    return {"patient_key": _identity(finding["CLINICAL_ID"]), "row_id": _identity(finding["_id"])}


def _identity(value: Any) -> str:
    return str(value["$oid"]) if isinstance(value, Mapping) else str(value)


def field_of(finding: Document, name: str) -> Any:
    """A field under any of its prefixes."""
    for prefix in ("TRUE_", "HARMONIZED_", ""):
        if finding.get(f"{prefix}{name}") is not None:
            return finding[f"{prefix}{name}"]
    return None


def as_date(value: Any) -> date | None:
    """A day from 19801125, 19801125.0, `1980-11-25` or a date; None for what is no day."""
    if value is None or isinstance(value, date):
        return value
    digits = str(value).removesuffix(".0").replace("-", "")[:8]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None
