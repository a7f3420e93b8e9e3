from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumorboard.pipeline.silver.text.sentences import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No fever. ECOG 1.", ["No fever.", "ECOG 1."]),
        ("Seen by Dr. Muster today. Stable.", ["Seen by Dr. Muster today.", "Stable."]),
        ("Size 3.5 cm, no. 7.", ["Size 3.5 cm, no. 7."]),
        ("p.Leu858Arg found. VAF 0.3.", ["p.Leu858Arg found.", "VAF 0.3."]),
        ("Plan:\n- CT\n- biopsy", ["Plan:", "- CT", "- biopsy"]),
        ("First\nline of prose.", ["First\nline of prose."]),
        ("One.\n\nTwo", ["One.", "Two"]),
        ("Findings: mass\nAssessment: stable", ["Findings: mass", "Assessment: stable"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected


@given(st.text(max_size=300))
def test_spans_are_in_order_and_lose_only_white_space(text: str) -> None:
    spans = sentences(text)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    kept = "".join(text[start:end] for start, end in spans)
    assert "".join(kept.split()) == "".join(text.split())
