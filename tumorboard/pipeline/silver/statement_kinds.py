"""The kinds of silver.statements, apart from the build so that screening reads them without an engine."""

from __future__ import annotations

HISTORY_COMPLETE = "treatment history complete"
NOT_SO = "not so"
