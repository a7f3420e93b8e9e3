"""Which document a file states, so that a corrected file can supersede the earlier one.

Images and trials carry an identity of their own. Any other file is the same document when it has the same
name and is about the same people (and genome build): two patients' `report.txt`, or the two VCF files of a
sample, must never replace each other.

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
    identity = _IDENTITY.get(source, _nothing)(rows)
    parts = [source, identity] if identity else [source, file_name, *_people(rows), *_builds(rows)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _nothing(rows: Rows) -> str:
    return ""


def _people(rows: Rows) -> list[str]:
    return sorted({"|".join(row["subject"]) for row in rows if row["subject"]})


def _builds(rows: Rows) -> list[str]:
    headers = _payloads(rows, "header")
    return sorted({str(p.get("build") or p.get("genome_build") or "") for p in headers})


def _payloads(rows: Rows, *kinds: str) -> list[dict[str, Any]]:
    return [json.loads(row["payload"]) for row in rows if not kinds or row["kind"] in kinds]


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


_IDENTITY: dict[str, Callable[[Rows], str]] = {
    "dicom": _instance,
    "registry": _study,
    "ctml": _protocol,
}
