from __future__ import annotations

import pytest

from tumorboard.pipeline.silver.text.sections import Sections

LETTER = """Dear colleague,

Family history: Mother had breast cancer.

ECOG 1. No pain.

PAST MEDICAL HISTORY
Hypertension.
Diabetes.

Plan: surgery. Findings: mass in the lung.
"""


@pytest.mark.parametrize(
    ("word", "section"),
    [
        ("Mother", "family"),
        ("ECOG", ""),  # the paragraph ended the family history
        ("Hypertension", "past"),
        ("Diabetes", "past"),
        ("surgery", "plan"),
        ("mass", "findings"),
        ("Dear", ""),
    ],
)
def test_sections_end_with_their_paragraph_or_the_next_heading(word: str, section: str) -> None:
    assert Sections(LETTER).at(LETTER.index(word)) == section


def test_a_text_without_headings_has_no_section() -> None:
    assert Sections("").at(0) == ""
    assert Sections("The family history: is in the middle").at(20) == ""
