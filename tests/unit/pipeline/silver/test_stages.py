from __future__ import annotations

from datetime import date

import pytest

from tests.unit.pipeline.silver.resources import all_received, concept, observation
from tumorboard.pipeline.silver.stages import read

AJCC8 = concept("897275008")


def _stage(code: str, text: str, number: int = 1, **more: object) -> dict[str, object]:
    return observation(code, id=f"o{number}", valueCodeableConcept=concept(text=text), **more)


def test_group_and_categories_of_one_assessment_are_one_row() -> None:
    members = [_stage("21905-5", "cT2a", 1), _stage("21906-3", "cN2", 2), _stage("21907-1", "cM1b", 3)]
    refers = [{"reference": f"Observation/o{number}"} for number in (1, 2, 3)]
    group = _stage("21908-9", "Stage IVA", 4, hasMember=refers, method=AJCC8)
    (row,) = read(all_received(*members, group))
    assert (row["t"], row["n"], row["m"], row["stage_group"]) == ("T2a", "N2", "M1b", "IVA")
    assert (row["kind"], row["staging_system"], row["assessed_on"]) == (
        "clinical",
        "AJCC 8",
        date(2025, 3, 2),
    )


def test_categories_without_references_join_by_day_and_kind() -> None:
    clinical = [_stage("21905-5", "cT2", 1), _stage("21908-9", "Stage II", 2)]
    pathologic = _stage("21899-0", "pT3", 3, effectiveDateTime="2025-04-01")
    rows = list(read(all_received(*clinical, pathologic)))
    assert [(r["kind"], r["t"], r["stage_group"]) for r in rows] == [
        ("clinical", "T2", "II"),
        ("pathologic", "T3", None),
    ]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("Stage 1A (qualifier value)", "IA"),
        ("c2A", "IIA"),
        ("Stage IIIB", "IIIB"),
        ("IVA", "IVA"),
        ("0", "0"),
    ],
)
def test_stage_groups_in_every_spelling(sent: str, expected: str) -> None:
    (row,) = read(all_received(_stage("21908-9", sent)))
    assert row["stage_group"] == expected


@pytest.mark.parametrize(
    ("sent", "expected"), [("T1 category (finding)", "T1"), ("cT4b", "T4b"), ("ypT2", "ypT2"), ("Tis", "Tis")]
)
def test_categories_in_every_spelling(sent: str, expected: str) -> None:
    (row,) = read(all_received(_stage("21905-5", sent)))
    assert row["t"] == expected


def test_a_group_that_another_refines_falls_away() -> None:
    rows = list(read(all_received(_stage("21908-9", "Stage 1", 1), _stage("21908-9", "Stage 1A", 2))))
    assert [row["stage_group"] for row in rows] == ["IA"]


def test_groups_that_contradict_each_other_both_stay() -> None:
    rows = list(read(all_received(_stage("21908-9", "Stage 2", 1), _stage("21908-9", "Stage 3A", 2))))
    assert sorted(row["stage_group"] for row in rows) == ["II", "IIIA"]


def test_mistakes_and_what_cannot_be_read_make_no_stage() -> None:
    mistaken = _stage("21908-9", "Stage II", status="entered-in-error")
    unclear = _stage("21908-9", "to be determined", 2)
    assert list(read(all_received(mistaken, unclear))) == []


def test_other_staging_systems_keep_their_words() -> None:
    (row,) = read(all_received(_stage("385361009", "FIGO stage IIIC (finding)")))
    assert row["staging_system"] == "FIGO"
    assert "IIIC" in row["stage_group"]
