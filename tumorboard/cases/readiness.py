"""How far a case is prepared: which modalities are accounted for, which facts nobody has confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

STRUCTURED_ORIGINS = frozenset({"structured", "vcf", "image"})
# A modality counts as accounted for when it is there, or when it is known why it is not.
SHARE = {
    "present": 1.0,
    "not_done": 1.0,
    "not_collected": 1.0,
    "not_permitted": 1.0,
    "partial": 0.5,
    "pending": 0.0,
    "failed": 0.0,
}


@dataclass(frozen=True)
class Preparation:
    """What the worklist says about a case."""

    percent: int
    facts: int
    to_check: int
    missing: list[str]

    @property
    def word(self) -> str:
        if not self.facts:
            return "No data yet"
        if self.missing:
            return "Missing " + ", ".join(self.missing)
        return "Needs review" if self.to_check else "Ready"

    @property
    def kind(self) -> str:
        """The look of the word: ok, warn, bad or plain."""
        if not self.facts:
            return "plain"
        return "bad" if self.missing else "warn" if self.to_check else "ok"

    @property
    def share(self) -> float:
        return self.percent / 100


def mark_of(origin: str, conflict: bool) -> str:
    """How a fact starts out: confirmed by its structured source, unverified, or in conflict with another."""
    if conflict:
        return "conflict"
    return "" if origin in STRUCTURED_ORIGINS else "unverified"


def state_of(mark: str, review: str | None) -> str:
    """The fact's state for the reader: verified, unverified, conflict or disputed. A review outweighs."""
    return review or mark or "verified"


def preparation(
    marks: Mapping[str, str], modalities: Mapping[str, str], reviews: Mapping[str, str]
) -> Preparation:
    """From the marks of the facts, the modalities' statuses and the last review of each fact.

    A fact is to be checked while it is unverified or in conflict; a disputed one has been looked at.
    Three quarters of the percentage are the modalities accounted for, one quarter the facts checked.
    """
    states = [state_of(mark, reviews.get(row_id)) for row_id, mark in marks.items()]
    to_check = sum(state in ("unverified", "conflict") for state in states)
    accounted = sum(SHARE.get(status, 0.0) for status in modalities.values()) / max(len(modalities), 1)
    checked = 1 - to_check / len(states) if states else 0.0
    return Preparation(
        percent=round(75 * accounted + 25 * checked),
        facts=len(states),
        to_check=to_check,
        missing=sorted(name for name, status in modalities.items() if SHARE.get(status, 0.0) == 0.0),
    )


def new_since(marks: Mapping[str, str], seen: list[str] | None) -> int:
    """Facts that were not there at the last look; all of them when nobody has looked."""
    return len(set(marks) - set(seen or []))
