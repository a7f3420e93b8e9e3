"""The words around a value: enough to check it, and always the right ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumorboard.ui.passages import passage

LETTER = "I reviewed her today. The staging scan shows cT2b N2 M1a disease. Plan: discuss at the board."


def test_marks_exactly_the_span() -> None:
    start = LETTER.index("cT2b")
    found = passage(LETTER, start, start + 11)
    assert found.marked == "cT2b N2 M1a"
    assert found.before + found.marked + found.after == LETTER


def test_cuts_between_words_and_says_so() -> None:
    start = LETTER.index("cT2b")
    found = passage(LETTER, start, start + 11, around=12)
    assert found.before == "… scan shows "
    assert found.after == " disease. …"


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (5, 5), (7, 3), (0, 10_000)])
def test_a_span_outside_the_document_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="not in this document"):
        passage(LETTER, start, end)


@given(st.text(min_size=1, max_size=300), st.data())
def test_the_passage_always_holds_the_value(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    found = passage(text, start, end, around=data.draw(st.integers(0, 50)))
    assert found.marked == text[start:end]
    assert text.startswith(found.before.removeprefix("… ")) or found.before.removeprefix("… ") in text
    assert found.after.removesuffix(" …") in text
