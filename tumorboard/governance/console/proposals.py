"""Proposed changes of tags: before and after, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from tumorboard.governance import rulebook
from tumorboard.governance import tags as tagging
from tumorboard.governance.console.columns import in_words, kinds_in_words
from tumorboard.governance.models import TagProposal
from tumorboard.governance.tags import TRANSFORMS
from tumorboard.lake import tables
from tumorboard.ui.filters import any_of

AS_DECLARED = "as declared"


def search(chosen: Mapping[str, Any]) -> QuerySet[TagProposal]:
    """`chosen` holds q and state."""
    rows = TagProposal.objects.select_related("proposed_by", "decided_by")
    if chosen.get("state"):
        rows = rows.filter(state=chosen["state"])
    return rows.filter(any_of(chosen["q"], "target", "reason")) if chosen.get("q") else rows


def shown(proposals: Sequence[TagProposal]) -> list[dict[str, Any]]:
    """Each with the tags in force and those it asks for; the table and column it leads to."""
    now = rulebook.current().tags
    return [
        {
            "proposal": proposal,
            "table": proposal.target.partition("#")[0],
            "column": column_of(proposal.target),
            "now": _now(proposal.target, now),
            "wanted": wanted(proposal),
        }
        for proposal in proposals
    ]


def column_of(target: str) -> str:
    """The name that a column id has now; empty for a schema or table, and for a column that is gone."""
    name, _, column = target.partition("#")
    declared = next((table for table in tables.all_tables() if table.name == name), None)
    if not column or declared is None:
        return ""
    ids = {tagging.column_id(name, one): one.name for one in declared.columns.values()}
    return ids.get(target, "")


def _now(target: str, effective: tagging.Effective) -> str:
    name, column = target.partition("#")[0], column_of(target)
    return in_words(tagging.of(effective, name, column)) if column else "those of each column"


def wanted(proposal: TagProposal) -> str:
    if proposal.removal:
        return AS_DECLARED
    parts = [
        proposal.klass,
        kinds_in_words(proposal.kinds) if proposal.kinds else "",
        proposal.sensitivity,
        f"lowered by: {TRANSFORMS.get(proposal.transform, proposal.transform)}" if proposal.transform else "",
    ]
    return "; ".join(part for part in parts if part) or AS_DECLARED
