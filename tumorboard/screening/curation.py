"""Curating a registry study: its text, what the rules read from it, and the CTML draft a person approves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tumorboard.screening.ctml_drafts import digest
from tumorboard.screening.documents import RULES, Row
from tumorboard.screening.models import ParseProposal, TrialDraft
from tumorboard.trials.ctml_keys import REPORT_RESULTS
from tumorboard.trials.eligibility import drafting
from tumorboard.trials.eligibility.eligibility import read_eligibility
from tumorboard.trials.registry import read_study

STATES = ("understood", "partly", "not understood")


def text_of(row: Row) -> str:
    """The eligibility text of the registry's record, exactly as received."""
    return row.get("registry_text") or ""


def proposed(row: Row) -> drafting.Draft:
    """What the rules make of a registry study. Raises Malformed."""
    return drafting.draft(read_study(json.loads(row["document"]), RULES.oncotree), text_of(row))


def as_ctml(proposal: ParseProposal) -> dict[str, Any]:
    """A proposal as a node that can be copied into a draft: a negated one with CTML's `!`."""
    ((key, value),) = proposal.ctml.items()
    node = "genomic" if key in REPORT_RESULTS else "clinical"
    return {node: {key: f"!{value}" if proposal.negated else value}}


def coverage(row: Row) -> dict[str, int]:
    """How many criteria of the text are understood, partly, and not understood."""
    found = dict.fromkeys(STATES, 0)
    for (_, status), count in read_eligibility(text_of(row)).coverage().items():
        found[status] += count
    return found


def marked(text: str, clauses: tuple[drafting.Clause, ...]) -> Iterator[dict[str, Any]]:
    """The text in pieces, none lost: each clause with its number and state, and what stands between them."""
    at = 0
    for number, clause in enumerate(clauses, 1):
        if clause.start > at:
            yield {"text": text[at : clause.start]}
        yield {
            "text": text[max(at, clause.start) : clause.end],
            "number": number,
            "status": clause.status.replace(" ", "-"),
        }
        at = max(at, clause.end)
    if at < len(text):
        yield {"text": text[at:]}


def is_outdated(draft: TrialDraft, row: Row | None) -> bool:
    """Whether the registry's text is no longer the one the draft was made from."""
    return row is not None and bool(text_of(row)) and digest(text_of(row)) != draft.text_hash
