from __future__ import annotations

import pytest

from tests.unit.pipeline.sources.readings import everything, rejected, rows, written
from tumorboard.pipeline.sources.plink import Plink
from tumorboard.pipeline.sources.reading import Subject, Unreadable
from tumorboard.pipeline.sources.vcf import Vcf

PED = "f1 SP-1 0 0 1 1 A A G G\nf2 SP-2 0 0 2 1 A C G T\nf3 SP-3 0 0 2 1 0 0 T T\n"
MAP = "1 rs1 0 100\nX rs2 0 200\n"


def text_set(folder, ped=PED, positions=MAP):
    written(folder, "a.map", positions)
    return written(folder, "a.ped", ped)


def test_a_text_set(tmp_path):
    path = text_set(tmp_path)
    assert Plink().recognises(path, PED.encode())
    people, variants = rows(Plink(), path, "sample"), rows(Plink(), path, "variant")
    assert [row.subject for row in people] == [Subject("specimen", f"SP-{n}") for n in (1, 2, 3)]
    assert [row.payload["genotypes"] for row in variants] == ["01.", "012"]
    assert (variants[0].payload["a1"], variants[0].payload["a2"]) == ("C", "A")
    assert variants[1].locator == ".map line 2"


def test_a_person_with_too_few_columns_is_refused_and_the_others_read(tmp_path):
    path = text_set(tmp_path, ped=PED.replace("f2 SP-2 0 0 2 1 A C G T", "f2 SP-2 0 0 2 1 A C G"))
    [refused] = rejected(Plink(), path)
    assert refused.locator == "line 2"
    assert "SP-2" not in refused.reason
    assert [row.payload["genotypes"] for row in rows(Plink(), path, "variant")] == ["0.", "02"]


def test_three_alleles_and_a_bad_position_are_refused(tmp_path):
    path = text_set(tmp_path, ped=PED.replace("0 0 T T", "G G T T"), positions=MAP.replace("200", "x"))
    assert [refused.field for refused in rejected(Plink(), path)] == ["genotypes", "pos"]


@pytest.mark.parametrize(
    ("ending", "content", "message"),
    [
        (".map", "1 rs1 0\n", r"\.map line 1: .*4 columns"),
        (".map", b"1 rs1 0 100\n\xff\n", r"in the \.map file: .*UTF-8"),
        (".map", b"", "empty"),
    ],
)
def test_a_bad_companion_file_is_refused(tmp_path, ending, content, message):
    path = text_set(tmp_path)
    written(tmp_path, f"a{ending}", content)
    with pytest.raises(Unreadable, match=message):
        everything(Plink(), path)


@pytest.mark.parametrize(
    ("bed", "message"),
    [
        (b"\x6c\x1b\x01\x00\x00", "belongs to another set"),
        (b"\x6c\x1b\x01", "cut short"),
        (b"\x6c\x1b\x00\x00", "ordered by person"),
        (b"\x6c\x1b", "ordered by person"),
    ],
)
def test_a_bed_of_the_wrong_size_or_order_is_refused(tmp_path, bed, message):
    written(tmp_path, "a.bim", "1 rs1 0 100 A C\n")
    written(tmp_path, "a.fam", "f1 SP-1 0 0 1 1\n")
    with pytest.raises(Unreadable, match=message):
        everything(Plink(), written(tmp_path, "a.bed", bed))


def test_the_public_sets_hold_the_genotypes_of_their_vcf(shared_data):
    folder = shared_data / "genomics/glow_plink_5x5"
    binary = rows(Plink(), folder / "bed-bim-fam/test.bed", "variant")
    text = rows(Plink(), folder / "map-ped/test.ped", "variant")
    received = rows(Vcf(), folder / "vcf/test.vcf", "variant")
    stated = ["".join(_copies(row) for row in received[n * 5 : n * 5 + 5]) for n in range(5)]
    assert [row.payload["genotypes"] for row in binary] == stated
    assert [row.payload["genotypes"] for row in text] == stated
    assert binary[0].payload["genotypes"][3:] == ".."
    assert [row.payload["chrom"] for row in binary] == ["1", "23", "24", "25", "26"]
    assert [row.payload["chrom"] for row in text] == ["1", "X", "Y", "XY", "MT"]
    assert [row.payload["sample"] for row in rows(Plink(), folder / "bed-bim-fam/test.bed", "sample")] == [
        f"ind{n}" for n in range(1, 6)
    ]


def _copies(row):
    genotype = row.payload["format"]["GT"]
    return "." if "." in genotype else str(genotype.count("1"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no-bim", r"the \.bim file is missing"),
        ("no-fam", r"the \.fam file is missing"),
        ("malformed", "cut short: 12 bytes where its .bim and .fam need 13"),
    ],
)
def test_the_public_broken_sets_are_refused(shared_data, name, message):
    with pytest.raises(Unreadable, match=message):
        everything(Plink(), shared_data / "genomics/glow_plink_5x5" / name / "test.bed")
