from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumorboard.pipeline.silver.text.dates import dates_in

WRITTEN = date(2025, 3, 31)


@pytest.mark.parametrize(
    ("text", "expected", "precision"),
    [
        ("on 2025-03-02", date(2025, 3, 2), "day"),
        ("am 02.03.2025", date(2025, 3, 2), "day"),
        ("3/25/2024", date(2024, 3, 25), "day"),
        ("25/3/2024", date(2024, 3, 25), "day"),
        ("5/5/2024", date(2024, 5, 5), "day"),
        ("12 March 2025", date(2025, 3, 12), "day"),
        ("March 12th, 2025", date(2025, 3, 12), "day"),
        ("since March 2025", date(2025, 3, 1), "month"),
        ("Sept. 2024", date(2024, 9, 1), "month"),
        ("03/2025", date(2025, 3, 1), "month"),
        ("2025-03", date(2025, 3, 1), "month"),
        ("in 2019", date(2019, 1, 1), "year"),
        ("two weeks ago", date(2025, 3, 17), "day"),
        ("1 month ago", date(2025, 2, 1), "month"),
        ("5 years ago", date(2020, 3, 1), "year"),
        ("last year", date(2024, 3, 1), "year"),
        ("yesterday", date(2025, 3, 30), "day"),
        ("today", WRITTEN, "day"),
    ],
)
def test_dates_in_prose(text: str, expected: date, precision: str) -> None:
    (found,) = dates_in(text, WRITTEN)
    assert (found.on, found.precision) == (expected, precision)


@pytest.mark.parametrize(
    "text",
    [
        "03/04/2025",
        "2025-13-01",
        "31.02.2025",
        "dose 2000 mg",
        "in 2000 mg",
        "stage 3",
        "may recur",
        "900 years ago",
        "",
    ],
)
def test_what_could_be_two_days_or_none_is_no_date(text: str) -> None:
    assert dates_in(text, WRITTEN) == []


def test_without_the_day_of_the_note_nothing_is_relative_to_it() -> None:
    assert dates_in("three weeks ago", None) == []


@given(st.text(alphabet="0123456789./- MarchJunagoyetsdwk", max_size=60))
def test_no_text_stops_the_grammar(text: str) -> None:
    for found in dates_in(text, WRITTEN):
        assert 0 <= found.start < found.end <= len(text)
