"""What holds for every note; the rules themselves are in tests/spec/notes_rules.md."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tumorboard.pipeline.silver.text.facts import facts_of
from tumorboard.pipeline.sources.notes import Notes
from tumorboard.pipeline.sources.reading import SourceRow

WRITTEN = date(2025, 3, 2)
_WORDS = [
    "ECOG",
    "1",
    "cT2",
    "N0",
    "M0",
    "stage",
    "IIIB",
    "no",
    "not",
    "denies",
    "mother",
    "EGFR",
    "L858R",
    "p.(Leu858Arg)",
    "BRAF",
    "V600E",
    "ALK",
    "ER",
    "positive",
    "PD-L1",
    "TPS\n60",
    "%",
    "progression",
    "CR",
    "PR",
    "RECIST",
    "FOLFOX",
    "docetaxel",
    "was",
    "started",
    "on",
    "2025-01-02",
    "in",
    "03/2024",
    "(",
    ")",
    ":",
    ";",
    ".",
    ",",
    "plan",
    "Plan:",
    "Family",
    "history:\nliver",
    "metastases",
    "wishes",
    "hypertension",
    "İ",
    "ﬁ",
    "**",
    "|",
    "⁺",
    "\n",
    "\n\n",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=40).map(" ".join))
def test_every_fact_quotes_its_note(text: str) -> None:
    for fact in facts_of(text, WRITTEN):
        assert text[fact.start : fact.end] == fact.passage != ""
        assert fact.experiencer in ("patient", "other")
        assert fact.certainty in ("stated", "hypothetical", "historical")


@given(st.text(max_size=200))
def test_no_text_stops_the_rules(text: str) -> None:
    list(facts_of(text, None))


def test_an_empty_note_says_nothing() -> None:
    assert list(facts_of("", WRITTEN)) == []


def test_the_stage_of_another_disease_is_no_stage_of_the_cancer() -> None:
    assert [fact.concept for fact in facts_of("Known chronic kidney disease stage 3.", WRITTEN)] == [
        "comorbidity"
    ]


def test_the_same_note_gives_the_same_facts() -> None:
    text = "ECOG 1. EGFR L858R. No progression."
    assert list(facts_of(text, WRITTEN)) == list(facts_of(text, WRITTEN))


def test_typography_does_not_hide_a_fact_nor_move_its_span() -> None:
    text = "| **EGFR** | L858R |\n| PD‑L1 TPS | 60\u00a0% |"
    found = {(fact.value, fact.passage) for fact in facts_of(text, WRITTEN)}
    assert ("EGFR L858R", "EGFR** | L858R") in found
    assert ("PD-L1 TPS: 60 %", "PD‑L1 TPS | 60\u00a0%") in found


def test_public_notes_all_quote_and_are_read_fast(shared_data: Path) -> None:
    path = shared_data / "notes" / "matchminer_ai" / "note_set_1.csv"
    notes = [row.payload["text"] for row in Notes().read(path) if isinstance(row, SourceRow)]
    began = time.process_time()
    facts = [(text, fact) for text in notes for fact in facts_of(text, None)]
    took = time.process_time() - began
    assert len(notes) == 117
    assert len(facts) > 1500
    assert all(text[fact.start : fact.end] == fact.passage for text, fact in facts)
    assert (
        sum(map(len, notes)) / took > 60_000
    )  # characters a second; measured 400 000, on a loaded machine less
