"""Which level is valid on which scale. None is ever converted to another."""

from __future__ import annotations

import pytest

from tumorboard.meetings.evidence import ADDENDA, LEVELS, Scale, fault

# level        ESCAT  OncoKB  AMP    NCT/DKTK
LEVEL_TABLE = [
    ("I-A", True, False, True, False),
    ("I-B", True, False, True, False),
    ("I-C", True, False, False, False),
    ("II-A", True, False, False, False),
    ("II-C", False, False, True, False),
    ("III", False, False, True, False),
    ("III-A", True, False, False, False),
    ("IV", False, False, True, False),
    ("V", True, False, False, False),
    ("X", True, False, False, False),
    ("1", False, True, False, False),
    ("3A", False, True, False, False),
    ("R1", False, True, False, False),
    ("Dx1", False, True, False, False),
    ("Px3", False, True, False, False),
    ("m1A", False, False, False, True),
    ("m2C", False, False, False, True),
    ("m4", False, False, False, True),
    ("undefined", False, False, False, True),
    ("1A", False, False, False, False),
    ("i-a", False, False, False, False),
    ("m5", False, False, False, False),
    (" 1", False, False, False, False),
]


@pytest.mark.parametrize("row", LEVEL_TABLE, ids=lambda row: repr(row[0]))
def test_levels(row: tuple[str, bool, bool, bool, bool]):
    level, *valid = row
    scales = (Scale.ESCAT, Scale.ONCOKB, Scale.AMP, Scale.NCT_DKTK)
    assert [not fault(scale, level, []) for scale in scales] == valid


def test_every_listed_level_is_valid_on_its_own_scale():
    assert all(not fault(scale, level, []) for scale, levels in LEVELS.items() for level in levels)
    assert set(LEVELS) == set(Scale)


# scale, level, addenda: what is wrong
FAULTS = [
    ("none", "", [], ""),
    ("none", "I-A", [], "Without a scale"),
    ("none", "", ["is"], "Without a scale"),
    ("escat", "", [], "Give the level on the ESCAT scale"),
    ("escat", "I-A", ["is"], "ESCAT has no addenda"),
    ("nct_dktk", "m1A", ["is", "Z"], ""),
    ("nct_dktk", "m1A", ["zz"], "Unknown addendum zz"),
    ("civic", "A", [], "Unknown evidence scale 'civic'"),
    ("", "", [], "Unknown evidence scale ''"),
]


@pytest.mark.parametrize(("scale", "level", "addenda", "words"), FAULTS)
def test_faults_are_told_in_words(scale: str, level: str, addenda: list[str], words: str):
    found = fault(scale, level, addenda)
    assert found.startswith(words)
    assert bool(found) == bool(words)


def test_the_addenda():
    assert ADDENDA == ("is", "iv", "Z", "Z (FDA)", "R")
