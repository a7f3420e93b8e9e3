"""Reads the "Patient" column of the tables: a few words become the rows of the silver tables."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from typing import Any

import pandas as pd

from tumorboard.trials.patients import PatientEvidence

SCREENED_ON = date(2025, 6, 30)
_REPORTED_ON = date(2025, 5, 1)


def patient(text: str) -> PatientEvidence:
    """The evidence of one row of a table."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    complete = ""
    for number, clause in enumerate(part.strip() for part in text.split(";")):
        if clause == "history complete":
            complete = "silver.documents/letter"
        elif clause != "nothing":
            table, row = _row(clause)
            rows[table].append({"patient_key": "p", "row_id": f"r{number}", **row})
    if rows["patients"]:
        rows["patients"] = [{key: value for row in rows["patients"] for key, value in row.items()}]
    frames = {f"silver.{table}": pd.DataFrame(entries) for table, entries in rows.items()}
    return PatientEvidence.from_frames("p", frames, SCREENED_ON, complete)


def _row(clause: str) -> tuple[str, dict[str, Any]]:
    word, _, rest = clause.partition(" ")
    table, read = _CLAUSES.get(word, ("biomarkers", _biomarker(word)))
    return table, read(rest)


def _panel(rest: str) -> dict[str, Any]:
    genes, _, profiles = rest.rstrip(")").partition("(")
    parts = [gene.rstrip("]").partition("[") for gene in genes.split()]
    row: dict[str, Any] = {
        "test_id": "t", "assay": "panel", "panel": "Panel", "genes": [gene for gene, _, _ in parts],
        "regions": [f"{gene} exons {exons}" for gene, _, exons in parts if exons],
        "reported_on": _REPORTED_ON,
    }  # fmt: skip
    return row | ({"profiles": profiles.split()} if profiles else {})


def _found(rest: str) -> dict[str, Any]:
    row: dict[str, Any] = {"test_id": "t", "gene": None, "kind": "snv", "consequence": ""}
    for token in rest.split():
        row |= _finding_token(token)
    return row


def _finding_token(token: str) -> dict[str, Any]:
    key, _, value = token.partition("=")
    if value and key in ("exon", "CN", "with", "tier", "effect", "comment"):
        kinds = {
            "exon": {"exon": value},
            "tier": {"tier": value},
            "comment": {"comment": f"fusion of {value} seen", "reported_on": date(2016, 1, 1)},
            "effect": {"effect": value},
            "CN": {"copy_number": value, "kind": "cnv"},
            "with": {"partner_gene": value},
        }
        return kinds[key]
    words = {
        "sv": {"kind": "sv"},
        "cnv": {"kind": "cnv"},
        "germline": {"origin_class": "germline"},
        "filtered": {"filter": "LowDP"},
    }
    if token in words:
        return words[token]
    if token.startswith(("p.", "pX")):
        return {"hgvs_p": token}
    return {"gene": token} if re.fullmatch(r"[A-Z0-9-]+", token) else {"consequence": token}


def _metastasis(rest: str) -> dict[str, Any]:
    """`metastasis of LUAD`, `metastasis in brain`."""
    site = rest.removeprefix("in ") if rest.startswith("in ") else ""
    return {"oncotree": "" if site else rest.removeprefix("of "), "body_site": site, "primary": False}


def _stage(rest: str) -> dict[str, Any]:
    group, _, day = rest.partition(" on ")
    return {"stage_group": group, "assessed_on": date.fromisoformat(day)}


def _score(scale: str) -> Any:
    def read(rest: str) -> dict[str, Any]:
        value, _, day = rest.partition(" on ")
        return {"scale": scale, "value": int(value), "assessed_on": date.fromisoformat(day)}

    return read


def _therapy(rest: str) -> dict[str, Any]:
    """`therapy NAME`, with `line=N`, `ended` (2024-09-01) or `until DATE`, `running`, `adjuvant`."""
    rest, _, until = rest.partition(" until ")
    agent, *words = rest.split()
    kind = agent if agent in ("surgery", "radiotherapy") else "systemic"
    line = next((int(word[5:]) for word in words if word.startswith("line=")), None)
    return {
        "kind": kind,
        "name": agent,
        "agents": [agent] if kind == "systemic" and agent != "infusion" else [],
        "status": "active" if "running" in words else "",
        "line": line,
        "intent": "adjuvant" if "adjuvant" in words else "palliative",
        "started_on": date(2024, 1, 1),
        "ended_on": date(2024, 9, 1) if "ended" in words else date.fromisoformat(until) if until else None,
    }


def _letter(rest: str) -> dict[str, Any]:
    concept, value, *words = rest.split()
    return {"concept": concept.lower(), "value": value, "negated": "negated" in words}


def _biomarker(name: str) -> Any:
    def read(rest: str) -> dict[str, Any]:
        value = rest.strip('"')
        row: dict[str, Any] = {"name": name.replace("_", " "), "value_text": value}
        if measured := re.fullmatch(r"([<>]?)([\d.]+)", value):
            row |= {"value_number": float(measured[2]), "unit": "mut/Mb"}
            row["value_text"] = value if measured[1] else ""
        if value == "equivocal":
            row |= {"interpretation": "equivocal", "value_text": ""}
        return row

    return read


_LAB = re.compile(r"(.+?) ([<>]?)([\d.]+) ?(\S*?)(?: \(([\d.]*)-([\d.]*)\))? on (\S+)")


def _lab(rest: str) -> dict[str, Any]:
    """`lab Platelets 90 10*3/uL (150-400) on 2025-06-20`; the range in brackets may be missing."""
    match = _LAB.fullmatch(rest)
    assert match is not None, rest
    name, bound, value, unit, low, high, day = match.groups()
    return {
        "name": name, "value": float(value), "value_text": f"{bound}{value}", "unit": unit,
        "low": float(low) if low else None, "high": float(high) if high else None,
        "taken_on": date.fromisoformat(day),
    }  # fmt: skip


def _weight(rest: str) -> dict[str, Any]:
    kilograms, _, day = rest.partition(" on ")
    return {
        "measure": "body_weight", "value": float(kilograms), "unit": "kg",
        "taken_on": date.fromisoformat(day),
    }  # fmt: skip


def _condition(rest: str) -> dict[str, Any]:
    """`condition heart failure (active) since 2025-01-01`."""
    rest, _, day = rest.partition(" since ")
    text, _, status = rest.rstrip(")").partition(" (")
    return {"text": text, "status": status, "onset_on": date.fromisoformat(day) if day else None}


def _stated(rest: str) -> dict[str, Any]:
    """`stated no brain metastases on 2025-06-01`, `stated history complete on 2025-06-01`."""
    what, _, day = rest.partition(" on ")
    kind = "treatment history complete" if what == "history complete" else "not so"
    return {"kind": kind, "subject": what.removeprefix("no "), "stated_on": date.fromisoformat(day)}


def _image(rest: str) -> dict[str, Any]:
    part, _, day = rest.partition(" on ")
    return {"modality": "MR", "body_part": part, "performed_on": date.fromisoformat(day)}


_CLAUSES: dict[str, tuple[str, Any]] = {
    "panel": ("genomic_tests", _panel),
    "found": ("variants", _found),
    "born": ("patients", lambda rest: {"birth_date": date.fromisoformat(rest)}),
    "sex": ("patients", lambda rest: {"sex": rest}),
    "diagnosis": ("diagnoses", lambda rest: {"oncotree": rest.replace("?", ""), "primary": True}),
    "letter": ("note_facts", _letter),
    "metastasis": ("diagnoses", _metastasis),
    "stage": ("stages", _stage),
    "ECOG": ("performance", _score("ECOG")),
    "KPS": ("performance", _score("KPS")),
    "lab": ("labs", _lab),
    "weight": ("measures", _weight),
    "condition": ("comorbidities", _condition),
    "stated": ("statements", _stated),
    "imaging": ("imaging", _image),
    "therapy": ("therapies", _therapy),
}
