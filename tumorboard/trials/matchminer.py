"""Patients in the shape of MatchMiner's clinical and genomic collections, for comparison runs.

One clinical document is one sample and becomes one "patient" here, as in that engine. Fields may carry the
prefix TRUE_ or HARMONIZED_. The documents state no coverage, so nothing is ever "tested, not found"
unless a WILDTYPE document says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pandas as pd

from tumorboard.codes.oncotree import OncoTree

Document = Mapping[str, Any]


def frames(
    clinical: Iterable[Document], genomic: Iterable[Document], oncotree: OncoTree | None = None
) -> dict[str, pd.DataFrame]:
    """Frames for PatientEvidence.from_frames; `patient_key` is the id of the clinical document."""
    tree = oncotree or OncoTree.builtin()
    samples, findings = list(clinical), list(genomic)
    tables = {
        "silver.patients": [_patient(sample) for sample in samples],
        "silver.diagnoses": [_diagnosis(sample, tree) for sample in samples],
        "silver.genomic_tests": [
            *(_test(sample) for sample in samples),
            *(_wildtype(finding) for finding in findings if finding.get("WILDTYPE") is True),
        ],
        "silver.variants": [_variant(finding) for finding in findings if _kind(finding)],
        "silver.biomarkers": [
            *(marker for finding in findings for marker in _signatures(finding)),
            *(marker for sample in samples for marker in _clinical_markers(sample)),
        ],
    }
    return {name: pd.DataFrame(rows) for name, rows in tables.items()}


def _patient(sample: Document) -> dict[str, Any]:
    vital = str(sample.get("VITAL_STATUS") or "").lower()
    return {
        **_keys(sample),
        "sex": str(sample.get("GENDER") or "").lower(),
        "birth_date": _birth_date(sample.get("BIRTH_DATE_INT")),
        "deceased": {"alive": False, "deceased": True}.get(vital),
    }


def _diagnosis(sample: Document, tree: OncoTree) -> dict[str, Any]:
    try:
        code = tree.parse(sample.get("ONCOTREE_PRIMARY_DIAGNOSIS_NAME"))
    except ValueError:
        code = ""
    return {**_keys(sample), "primary": True, "oncotree": code}


def _test(sample: Document) -> dict[str, Any]:
    panel = sample.get("PANEL_VERSION")
    return {
        **_keys(sample),
        "test_id": _identity(sample["_id"]),
        "assay": "panel",
        "panel": str(panel or ""),
        "genes": [],
    }


def _wildtype(finding: Document) -> dict[str, Any]:
    identity = _identity(finding["_id"])
    genes = [_field(finding, "HUGO_SYMBOL")]
    return {**_of_sample(finding), "test_id": identity, "assay": "panel", "panel": "", "genes": genes}


def _kind(finding: Document) -> str:
    if finding.get("WILDTYPE") is True:
        return ""
    category = str(finding.get("VARIANT_CATEGORY") or "").upper()
    return {"MUTATION": "mutation", "CNV": "cnv", "SV": "sv"}.get(category, "")


def _variant(finding: Document) -> dict[str, Any]:
    kind = _kind(finding)
    gene, partner = _sides(finding) if kind == "sv" else (_field(finding, "HUGO_SYMBOL"), None)
    classification = _field(finding, "VARIANT_CLASSIFICATION")
    return {
        **_of_sample(finding),
        "test_id": _identity(finding["CLINICAL_ID"]),
        "gene": gene,
        "partner_gene": partner,
        "kind": kind,
        "hgvs_p": _field(finding, "PROTEIN_CHANGE"),
        "consequence": finding.get("CNV_CALL") if kind == "cnv" else classification,
        "exon": _field(finding, "TRANSCRIPT_EXON"),
    }


def _sides(finding: Document) -> tuple[Any, Any]:
    """Of a structured rearrangement an empty side is intergenic; free text alone names no gene."""
    sides = (_field(finding, "LEFT_PARTNER_GENE"), _field(finding, "RIGHT_PARTNER_GENE"))
    if not any(sides):
        return _field(finding, "HUGO_SYMBOL"), None
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


def _signatures(document: Document) -> list[dict[str, Any]]:
    identity = _identity(document["_id"])
    found = [(name, document[key]) for key, name in _SIGNATURES.items() if document.get(key)]
    if document.get("MMR_STATUS"):
        text = str(document["MMR_STATUS"])
        found.append(("MMR", _MMR.get(text.lower(), text)))
    return [
        {
            "patient_key": _identity(document["CLINICAL_ID"]),
            "row_id": f"{identity}-{name}",
            "name": name,
            "value_text": text,
            "interpretation": "equivocal" if str(text).lower().startswith("indeterminate") else "",
        }
        for name, text in found
    ]


def _clinical_markers(sample: Document) -> list[dict[str, Any]]:
    identity = _identity(sample["_id"])
    burden = sample.get("TUMOR_MUTATIONAL_BURDEN_PER_MEGABASE")
    if burden is None:
        return []
    row_id = f"{identity}-TMB"
    return [
        {"patient_key": identity, "row_id": row_id, "name": "TMB", "value_number": burden, "unit": "mut/Mb"}
    ]


def _keys(sample: Document) -> dict[str, Any]:
    return {"patient_key": _identity(sample["_id"]), "row_id": _identity(sample["_id"])}


def _of_sample(finding: Document) -> dict[str, Any]:
    return {"patient_key": _identity(finding["CLINICAL_ID"]), "row_id": _identity(finding["_id"])}


def _identity(value: Any) -> str:
    return str(value["$oid"]) if isinstance(value, Mapping) else str(value)


def _field(finding: Document, name: str) -> Any:
    for prefix in ("TRUE_", "HARMONIZED_", ""):
        if finding.get(f"{prefix}{name}") is not None:
            return finding[f"{prefix}{name}"]
    return None


def _birth_date(value: Any) -> date | None:
    if value is None:
        return None
    return date(int(value) // 10_000, int(value) // 100 % 100, int(value) % 100)
