"""OncoTree: our extract agrees with the official release, and roll-up is a tree."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumorboard.codes.oncotree import OncoTree, TumorType

TREE = OncoTree.builtin()
codes = st.sampled_from(sorted(TREE.types))


def test_roll_up_to_tissue() -> None:
    assert TREE.ancestors("LUAD") == ("LUAD", "NSCLC", "LUNG")
    assert {"LUAD", "SCLC", "LUNG"} <= TREE.members("Lung")
    assert "IDC" not in TREE.members("Lung")


def test_solid_and_liquid_share_nothing_and_cover_all() -> None:
    solid, liquid = TREE.members("_SOLID_"), TREE.members("_LIQUID_")
    assert "LUAD" in solid
    assert "AML" in liquid
    assert not solid & liquid
    assert solid | liquid == set(TREE.types) - {"TISSUE"}


def test_names_codes_and_former_names() -> None:
    assert TREE.parse("luad") == TREE.parse("Lung Adenocarcinoma") == "LUAD"
    assert TREE.parse("Glioblastoma") == "GB"
    assert TREE.members("Breast Cancer") >= {"IDC", "ILC"}


@pytest.mark.parametrize("text", ["", "Lungg", "(.*)", "x" * 10_000, None])
def test_unknown_names_have_no_members(text: object) -> None:
    assert TREE.members(str(text)) == frozenset()
    with pytest.raises(ValueError, match="not a tumour type"):
        TREE.parse(text)


def test_codes_above_a_type_leave_it_open() -> None:
    assert TREE.broader("LUAD") == {"NSCLC", "LUNG"}
    assert TREE.broader("_SOLID_") == frozenset()


@settings(deadline=None)
@given(codes, codes)
def test_roll_up_is_monotone(first: str, second: str) -> None:
    if second in TREE.ancestors(first):
        assert TREE.members(first) <= TREE.members(second)


def test_a_broken_table_is_refused() -> None:
    with pytest.raises(ValueError, match="absent"):
        OncoTree([TumorType("LUAD", "Lung Adenocarcinoma", "NSCLC")], "broken")


def test_the_flat_release_is_read(tmp_path: Path) -> None:
    path = tmp_path / "release.tsv"
    path.write_text(
        "level_1\tlevel_2\tlevel_3\tmetamaintype\thistory\n"
        "Lung (LUNG)\t\t\tLung Cancer\t\n"
        "Lung (LUNG)\tNon-Small Cell Lung Cancer (NSCLC)\t\tNon-Small Cell Lung Cancer\t\n"
        "Lung (LUNG)\tNon-Small Cell Lung Cancer (NSCLC)\tLung Adenocarcinoma (LUAD)\tNSCLC\tOLDLUAD\n"
    )
    tree = OncoTree.load(path)
    assert tree.ancestors("LUAD") == ("LUAD", "NSCLC", "LUNG")
    assert tree.parse("OLDLUAD") == "LUAD"


def test_the_official_release_is_read(shared_data: Path) -> None:
    official = OncoTree.load(shared_data / "knowledge" / "oncotree_2025_10_03.json")
    assert len(official) == 898
    assert official.members("_LIQUID_") >= {"AML", "PCM"}


def test_our_extract_agrees_with_the_official_release(shared_data: Path) -> None:
    official = OncoTree.load(shared_data / "knowledge" / "oncotree_2025_10_03.json")
    for ours in TREE.types.values():
        theirs = official.types[ours.code]
        assert (ours.name, ours.main_type) == (theirs.name, theirs.main_type)
        nearest = [code for code in official.ancestors(ours.code)[1:] if code in TREE]
        assert ours.parent == (nearest[0] if nearest else "" if ours.code == "TISSUE" else "TISSUE")
