"""A fact on the review page: a sentence about the patient and the rows it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from tumorboard.pipeline.gold import disagreement
from tumorboard.pipeline.gold.records import Row, derived, newest, reference
from tumorboard.pipeline.silver.rows import identity

SECTIONS = ("snapshot", "pathology", "molecular", "course", "function", "comorbidity", "wishes")


@dataclass(frozen=True)
class Fact:
    """`sources` are the rows it is made of, the main one first; `against` the rows that contradict it."""

    section: str
    label: str
    value: str
    sources: tuple[Row, ...]
    rank: int = 0
    fact_on: date | None = None
    unit: str | None = None
    against: tuple[Row, ...] = ()

    def row(self) -> dict[str, Any]:
        """As a row of `gold.case_facts`.

        Its id holds the value too: a fact that changes is a new fact, so that nobody's verification of the
        old value vouches for the new one.
        """
        main = reference(self.sources[0])
        return derived(
            self.sources,
            fact_id=identity(self.section, self.label, main, self.value),
            section=self.section,
            label=self.label,
            value=self.value,
            unit=self.unit,
            fact_on=self.fact_on,
            rank=self.rank,
            conflict=bool(self.against),
            conflicts_with=[reference(row) for row in self.against],
        )


Facts = Iterator[Fact]


def day(value: date | None) -> str:
    """A date in the words of the page."""
    return value.isoformat() if value else "date not stated"


def amount(value: float | None) -> str:
    """A number without digits nobody measured: 7.20 -> 7.2, 60.0 -> 60."""
    return "" if value is None else f"{value:.4g}"


def told(label: str, notes: list[Row], rank: int) -> Fact | None:
    """What only a note says: the newest one; others that say another thing stand against it."""
    found = newest([{**note, "_on": disagreement.on(note)} for note in notes], "_on")
    if not found:
        return None
    shown = found[0]
    words = str(shown.get("passage" if label == "Wishes" else "value") or shown.get("value") or "")
    against = [n for n in found[1:] if n["_on"] == shown["_on"] and n.get("value") != shown.get("value")]
    kept = against if label != "Wishes" else []
    return Fact("snapshot", label, words, (shown,), rank, shown["_on"], None, tuple(kept))
