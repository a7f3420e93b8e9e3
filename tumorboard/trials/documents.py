"""The trial behind one row of silver.trials."""

from __future__ import annotations

import hashlib
import json
from typing import Literal

from tumorboard.codes.oncotree import OncoTree
from tumorboard.trials.criteria import Trial
from tumorboard.trials.ctml import Malformed, read_trial
from tumorboard.trials.registry import read_study

_MOST = 5_000  # trials kept as read; a registry study takes a tenth of a second
_read: dict[tuple[str, str, str], Trial | Malformed] = {}


def read_once(kind: Literal["ctml", "registry"], document: str, oncotree: OncoTree) -> Trial:
    """As `read`; the same document is read once in a process, whatever comes out of it."""
    key = (kind, hashlib.sha256(document.encode()).hexdigest(), oncotree.release)
    if key not in _read:
        if len(_read) >= _MOST:
            _read.clear()
        try:
            _read[key] = read(kind, document, oncotree)
        except Malformed as problem:
            _read[key] = problem
    found = _read[key]
    if isinstance(found, Malformed):
        raise Malformed(found.path, found.message)
    return found


def read(kind: Literal["ctml", "registry"], document: str, oncotree: OncoTree | None = None) -> Trial:
    """From the columns `kind` and `document` (JSON text); raises Malformed with the place and the reason."""
    try:
        parsed = json.loads(document)
    except (ValueError, RecursionError):
        raise Malformed("(document)", "not readable as JSON") from None
    return read_trial(parsed, oncotree) if kind == "ctml" else read_study(parsed, oncotree)
