"""The kinds of background work, by the code the ledger keeps."""

from __future__ import annotations

from tumorboard.runs.working import Work

KINDS: dict[str, Work] = {}
