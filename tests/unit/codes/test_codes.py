"""Codes: normal form, or a refusal in words that does not repeat the text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumorboard.codes.consequences import is_known, terms
from tumorboard.codes.genes import ALIASES, GeneSymbol
from tumorboard.codes.hgvs import ProteinChange, ProteinPosition
from tumorboard.codes.loinc import Loinc
from tumorboard.codes.nct import NctId
from tumorboard.codes.performance import Ecog, Karnofsky
from tumorboard.codes.tnm import MCategory, NCategory, StageGroup, TCategory

TYPES = [
    GeneSymbol,
    ProteinChange,
    ProteinPosition,
    Loinc,
    NctId,
    Ecog,
    Karnofsky,
    TCategory,
    NCategory,
    MCategory,
    StageGroup,
]


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("text", ["", " ", "Erika Mustermann", "x" * 5000, "'; DROP TABLE", None, 3.7, "٣"])
def test_nonsense_is_refused_without_repeating_it(kind: type, text: object) -> None:
    with pytest.raises(ValueError, match=r"^not ") as refusal:
        kind.parse(text)
    assert "Mustermann" not in str(refusal.value)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_parsing_never_fails_otherwise(text: str) -> None:
    for kind in TYPES:
        try:
            kind.parse(text)
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("p.Leu858Arg", "p.L858R"),
        ("L858R", "p.L858R"),
        ("NP_005219.2:p.(Leu858Arg)", "p.L858R"),
        ("p.Glu746_Ala750del", "p.E746_A750del"),
        ("p.Asp770_Asn771insSerValAsp", "p.D770_N771insSVD"),
        ("p.Thr1556AsnfsTer3", "p.T1556Nfs*3"),
        ("p.Gly1282Ter", "p.G1282*"),
        ("p.Leu747_Thr751delinsPro", "p.L747_T751delinsP"),
        ("p.X125_splice", "p.X125_splice"),
    ],
)
def test_protein_change_in_one_letter_form(text: str, normal: str) -> None:
    change = ProteinChange.parse(text)
    assert str(change) == normal
    assert ProteinChange.parse(str(change)) == change


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("p.V600E", "missense"),
        ("p.R213*", "nonsense"),
        ("p.R213X", "nonsense"),
        ("p.V600=", "synonymous"),
        ("p.V600V", "synonymous"),
        ("p.M1V", "start_lost"),
        ("p.*394S", "extension"),
        ("p.V600fs", "frameshift"),
        ("p.V600dup", "duplication"),
        ("p.E746_S752>V", "delins"),
    ],
)
def test_kind_of_protein_change(text: str, kind: str) -> None:
    assert ProteinChange.parse(text).kind == kind


def test_same_change_in_other_words() -> None:
    assert ProteinChange.parse("p.S1242fs").same_as(ProteinChange.parse("p.S1242Lfs*3"))
    assert ProteinChange.parse("p.E746_A750del").same_as(ProteinChange.parse("p.E746_A750delELREA"))
    assert not ProteinChange.parse("p.V600E").same_as(ProteinChange.parse("p.V600K"))


def test_position_without_change() -> None:
    assert ProteinPosition.parse("p.Val600").position == ProteinPosition.parse("V600").position == 600
    with pytest.raises(ValueError, match="position"):
        ProteinPosition.parse("p.V600E")


@pytest.mark.parametrize(
    ("text", "symbol"),
    [("egfr", "EGFR"), ("HER2", "ERBB2"), ("C11orf95", "C11orf95"), ("HLA-A", "HLA-A"), ("NKX2-1", "NKX2-1")],
)
def test_gene_symbol(text: str, symbol: str) -> None:
    assert GeneSymbol.parse(text) == symbol


def test_aliases_lead_to_symbols_in_one_step() -> None:
    assert all(GeneSymbol.parse(symbol) == symbol for symbol in ALIASES.values())


def test_loinc_check_digit() -> None:
    assert Loinc.parse("2039-6") == "2039-6"
    assert Loinc.parse("718-7") == "718-7"
    with pytest.raises(ValueError, match="check digit"):
        Loinc.parse("2039-5")


@pytest.mark.parametrize(
    ("text", "group", "level"),
    [("Stage IIIB", "IIIB", 3), ("iv a", "IVA", 4), ("4", "IV", 4), ("0", "0", 0), ("IA2", "IA2", 1)],
)
def test_stage_group(text: str, group: str, level: int) -> None:
    stage = StageGroup.parse(text)
    assert (stage, stage.level) == (group, level)


def test_tnm_categories() -> None:
    assert TCategory.parse("pT2a") == "pT2a"
    assert TCategory.parse("Tis") == "Tis"
    assert NCategory.parse("cn1") == "cN1"
    assert MCategory.parse("M1B") == "M1b"
    with pytest.raises(ValueError, match="T category"):
        TCategory.parse("T7")


def test_performance_scores() -> None:
    assert Ecog.parse("ECOG 1") == 1
    assert Karnofsky.parse("KPS 80%") == 80
    for kind, text in ((Ecog, "6"), (Karnofsky, "85"), (Karnofsky, "110")):
        with pytest.raises(ValueError, match="expected a number"):
            kind.parse(text)


def test_consequence_words() -> None:
    assert terms("In_Frame_Del") == terms("inframe_deletion") == {"inframe_deletion"}
    assert terms("missense_variant&splice_region_variant") == {"missense_variant", "splice_region_variant"}
    assert terms("3_prime_UTR") == terms("3'UTR")
    assert not is_known("Something_Else")
    assert not is_known("")
