"""Whether a column still means what it meant when a version was written.

Time travel compares the fingerprints kept with a version with those of today's declaration: a column that is
gone, has another type or another meaning or class is not served from that version (governance, A5).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from tumorboard.lake.columns import Column
from tumorboard.lake.tables import Table

Fingerprints = dict[str, dict[str, str]]  # column -> {type, fingerprint}


def of(table: Table) -> Fingerprints:
    return {
        name: {"type": column.spark_type, "fingerprint": fingerprint(column)}
        for name, column in table.columns.items()
    }


def fingerprint(column: Column) -> str:
    """16 hex digits over type, declared meaning and tags."""
    said = [column.spark_type, column.meaning, *sorted(column.tags)]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def changed(table: Table, kept: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Column -> what became of it since `kept` was written, in words; columns that are as they were are left
    out. A version of before fingerprints were kept says nothing, so every column counts as changed."""
    today = of(table)
    found = {name: "is not declared any more" for name in kept if name not in today}
    for name, now in today.items():
        then = kept.get(name)
        if then is None:
            found[name] = "was not there yet"
        elif then["type"] != now["type"]:
            found[name] = f"was of type {then['type']}, now {now['type']}"
        elif then["fingerprint"] != now["fingerprint"]:
            found[name] = "has another meaning or class now"
    return found
