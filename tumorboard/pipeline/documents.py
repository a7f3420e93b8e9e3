"""Which document a file states, so that a corrected file can supersede the earlier one.

The key is hashed: identifiers and file names may point to a person, and the journal lies outside the lake.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

Rows = Sequence[dict[str, Any]]


def document_key(source: str, file_name: str, rows: Rows) -> str:
    """The same for two files of one `source` that state the same document; else different."""
    stated = _STATED.get(source, _nothing)(rows)
    return hashlib.sha256(f"{source}|{stated or file_name}".encode()).hexdigest()[:32]


def _nothing(rows: Rows) -> str:
    return ""


def _payloads(rows: Rows, *kinds: str) -> list[dict[str, Any]]:
    return [json.loads(row["payload"]) for row in rows if not kinds or row["kind"] in kinds]


def _bundle(rows: Rows) -> str:
    """A patient's bundle is known by the Patient it holds."""
    patients = _payloads(rows, "Patient")
    ids = [json.dumps(p.get("identifier") or p.get("id"), sort_keys=True) for p in patients]
    return "|".join(sorted(ids))


def _samples(rows: Rows) -> str:
    subjects = {row["subject"][1] for row in rows if row["subject"]}
    builds = {str(p.get("build") or p.get("genome_build") or "") for p in _payloads(rows, "header")}
    return "|".join(sorted(subjects) + sorted(builds))


def _instance(rows: Rows) -> str:
    return str(next((p.get("SOPInstanceUID") for p in _payloads(rows[:1])), "") or "")


def _study(rows: Rows) -> str:
    ids = [
        str(p.get("protocolSection", {}).get("identificationModule", {}).get("nctId") or "")
        for p in _payloads(rows)
    ]
    return "|".join(sorted(filter(None, ids)))


def _protocol(rows: Rows) -> str:
    ids = [str(p.get("protocol_no") or p.get("trial_internal_id") or "") for p in _payloads(rows)]
    return "|".join(sorted(filter(None, ids)))


_STATED: dict[str, Callable[[Rows], str]] = {
    "fhir": _bundle,
    "vcf": _samples,
    "dicom": _instance,
    "registry": _study,
    "ctml": _protocol,
}
