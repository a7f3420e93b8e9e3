from __future__ import annotations

import pytest

from tumorboard.pipeline.sources.reading import Subject, Unreadable
from tumorboard.pipeline.sources.subjects import record_number_system, subject


def test_our_own_record_numbers_are_one_system_for_every_format():
    assert record_number_system() == record_number_system("https://tumorboard.example/mrn") == "mrn"


def test_the_record_numbers_of_another_hospital_never_meet_ours():
    assert record_number_system("https://elsewhere.example/mrn") == "mrn:https://elsewhere.example/mrn"


def test_the_house_systems_are_configured(monkeypatch):
    monkeypatch.setenv("TUMORBOARD_RECORD_NUMBER_SYSTEMS", "urn:oid:1.2.3, PAS")
    assert record_number_system("PAS") == record_number_system("urn:oid:1.2.3") == "mrn"
    assert record_number_system("https://tumorboard.example/mrn") != "mrn"


@pytest.mark.parametrize("value", ["", "  ", None, "ANON", "anonymous", "Unknown", "TUMOR", "0"])
def test_a_word_that_stands_for_nobody_is_no_subject(value):
    assert subject("mrn", value) is None


def test_blanks_around_a_number_do_not_make_another_person():
    assert subject("mrn", " 17 ") == Subject("mrn", "17")


def test_unreadable_says_place_and_reason():
    assert str(Unreadable("it is cut short", "line 3")) == "line 3: it is cut short"
    assert str(Unreadable("it is empty")) == "it is empty"
