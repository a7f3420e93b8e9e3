"""Up to which day the registry is known."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from tumorboard.runs.syncing import _later


def test_the_latest_day_a_record_was_posted() -> None:
    assert _later(None, None) is None
    assert _later(date(2025, 3, 1), None) == date(2025, 3, 1)
    assert _later(date(2025, 3, 1), date(2025, 2, 1)) == date(2025, 3, 1)


def test_a_day_still_to_come_does_not_stop_the_reading() -> None:
    assert _later(date(2025, 3, 1), timezone.localdate() + timedelta(days=400)) == date(2025, 3, 1)
