"""The trial behind one row of silver.trials."""

from __future__ import annotations

import json
from typing import Literal

from tumorboard.codes.oncotree import OncoTree
from tumorboard.trials.criteria import Trial
from tumorboard.trials.ctml import Malformed, read_trial
from tumorboard.trials.registry import read_study


def read(kind: Literal["ctml", "registry"], document: str, oncotree: OncoTree | None = None) -> Trial:
    """From the columns `kind` and `document` (JSON text); raises Malformed with the place and the reason."""
    try:
        parsed = json.loads(document)
    except (ValueError, RecursionError):
        raise Malformed("(document)", "not readable as JSON") from None
    return read_trial(parsed, oncotree) if kind == "ctml" else read_study(parsed, oncotree)
