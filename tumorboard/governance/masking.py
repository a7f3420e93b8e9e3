"""Rows as the decision lets them be seen."""

from __future__ import annotations

import pyarrow as pa

from tumorboard.governance.models import Study
from tumorboard.governance.permissions import Decision


def masked(rows: pa.Table, decision: Decision, *, table: str, study: Study | None = None) -> pa.Table:
    """`rows` of `table` with the masks of the decision applied; what the gate sends."""
    if not decision.allowed:
        raise PermissionError("rows of a refused read are not masked, they are not sent")
    return rows
