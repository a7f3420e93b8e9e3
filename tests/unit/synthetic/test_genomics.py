"""Variant tables that agree with themselves, and files a strict reader takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tumorboard.synthetic.disease import TP53_HOTSPOTS
from tumorboard.synthetic.record import Record
from tumorboard.synthetic.tumours import TUMOURS
from tumorboard.synthetic.variants import CATALOGUE, PANEL_GENES, REGIONAL_PANEL_GENES, SMALL, short_protein
from tumorboard.synthetic.write_genomics import CHROMOSOMES, MAF_COLUMNS, maf_of, vcf_of

SNVS = [a for a in SMALL.values() if a.kind == "snv" and a.hgvs_p]


@pytest.mark.parametrize("alteration", SNVS, ids=lambda a: a.name)
def test_coding_and_protein_change_name_the_same_codon(alteration) -> None:  # type: ignore[no-untyped-def]
    base = int(re.match(r"c\.(\d+)", alteration.hgvs_c)[1])  # type: ignore[index]
    codon = int(re.search(r"(\d+)", alteration.hgvs_p)[1])  # type: ignore[index]
    assert (base + 2) // 3 == codon


@pytest.mark.parametrize("alteration", [a for a in SNVS if len(a.ref) == 1], ids=lambda a: a.name)
def test_the_coding_bases_are_the_genomic_ones_or_their_complement(alteration) -> None:  # type: ignore[no-untyped-def]
    before, after = alteration.hgvs_c[-3], alteration.hgvs_c[-1]
    complement = str.maketrans("ACGT", "TGCA")
    genomic = (alteration.ref, alteration.alt)
    assert genomic in ((before, after), (before.translate(complement), after.translate(complement)))


def test_every_alteration_in_the_tumour_tables_is_in_the_catalogue() -> None:
    named = {n for t in TUMOURS for d in t.drivers for n in d.one_of + d.also}
    named |= {n for t in TUMOURS for n in t.also_mutated} | set(TP53_HOTSPOTS)
    assert named <= CATALOGUE.keys()
    assert {CATALOGUE[n].gene for n in named} <= set(PANEL_GENES)


def test_panels_hold_what_their_names_promise() -> None:
    assert len(PANEL_GENES) == len(set(PANEL_GENES)) == 120
    assert len(REGIONAL_PANEL_GENES) == len(set(REGIONAL_PANEL_GENES)) == 50


def test_positions_lie_on_their_chromosome() -> None:
    assert all(0 < a.pos < CHROMOSOMES[a.chrom] for a in CATALOGUE.values())


def test_protein_changes_shorten() -> None:
    assert short_protein("p.Leu858Arg") == "p.L858R"
    assert short_protein("p.Arg342Ter") == "p.R342*"
    assert short_protein("") == ""


def vcfs(records: list[Record]) -> list[tuple[Record, str]]:
    return [(r, vcf_of(r, t)) for r in records for t in r.tests[:1] if t.route == "vcf"][:40]


def test_vcf_header_says_build_panel_and_source(records: list[Record]) -> None:
    for record, text in vcfs(records):
        lines = text.splitlines()
        assert lines[0] == "##fileformat=VCFv4.3"
        assert "##reference=GRCh38" in lines
        assert any(line.startswith("##fileDate=20") for line in lines)
        panel = next(line for line in lines if line.startswith("##panel="))
        assert 'ID=TB-SOLID-120,Genes="ABL1,' in panel
        columns = next(line for line in lines if line.startswith("#CHROM")).split("\t")
        assert columns[9:] == [record.tests[0].specimen.accession]


def test_vcf_rows_use_only_what_the_header_declares(records: list[Record]) -> None:
    for _, text in vcfs(records):
        declared = {
            kind: set(re.findall(rf"^##{kind}=<ID=(\w+)", text, flags=re.M))
            for kind in ("INFO", "FORMAT", "FILTER")
        }
        for row in (line.split("\t") for line in text.splitlines() if not line.startswith("#")):
            assert len(row) == 10
            assert {pair.split("=")[0] for pair in row[7].split(";")} <= declared["INFO"]
            assert all(pair.count("=") == 1 and " " not in pair for pair in row[7].split(";"))
            assert set(row[6].split(";")) <= declared["FILTER"] | {"PASS"}
            assert set(row[8].split(":")) <= declared["FORMAT"]
            assert len(row[8].split(":")) == len(row[9].split(":"))


def test_vcf_rows_are_sorted_and_their_reads_add_up(records: list[Record]) -> None:
    order = list(CHROMOSOMES)
    for _, text in vcfs(records):
        rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
        places = [(order.index(row[0]), int(row[1])) for row in rows]
        assert places == sorted(places)
        for row in rows:
            if row[8] == "GT:AD:DP:AF":
                _, reads, depth, fraction = row[9].split(":")
                ref, alt = map(int, reads.split(","))
                assert ref + alt == int(depth)
                assert alt / int(depth) == pytest.approx(float(fraction), abs=0.01)


def test_every_vcf_has_accepted_and_rejected_rows(records: list[Record]) -> None:
    for _, text in vcfs(records):
        filters = {line.split("\t")[6] for line in text.splitlines() if not line.startswith("#")}
        assert "PASS" in filters
        assert filters - {"PASS"}


def test_the_driver_is_in_the_vcf(records: list[Record]) -> None:
    for record, text in vcfs(records):
        for name in record.disease.alterations:
            assert f"GENE={CATALOGUE[name].gene};" in text


def test_breakends_are_mates(records: list[Record]) -> None:
    rows = [
        line.split("\t") for _, text in vcfs(records) for line in text.splitlines() if "SVTYPE=BND" in line
    ]
    assert rows
    ids = {row[2] for row in rows}
    assert {re.search(r"MATEID=(\w+)", row[7])[1] for row in rows} <= ids  # type: ignore[index]


def test_maf_holds_site_b_only_in_the_standard_columns(records: list[Record]) -> None:
    lines = maf_of(records[:200]).splitlines()
    table = [line.split("\t") for line in lines if not line.startswith("#")]
    assert table[0] == list(MAF_COLUMNS)
    assert all(len(row) == len(MAF_COLUMNS) for row in table)
    rows = [dict(zip(table[0], row, strict=True)) for row in table[1:]]
    owners = {t.specimen.accession: r.person.site.code for r in records for t in r.tests}
    assert {owners[row["Tumor_Sample_Barcode"]] for row in rows} == {"B"}
    assert {row["Hugo_Symbol"] for row in rows} & {"TP53", "KRAS"}
    for row in rows:
        assert int(row["t_ref_count"]) + int(row["t_alt_count"]) == int(row["t_depth"])
        if row["Variant_Type"] == "DEL":
            assert row["Tumor_Seq_Allele2"] == "-"
            assert int(row["End_Position"]) - int(row["Start_Position"]) + 1 == len(row["Reference_Allele"])


def test_specimens_have_different_numbers(records: list[Record]) -> None:
    numbers = [s.accession for r in records for s in r.specimens]
    assert len(numbers) == len(set(numbers))


def test_the_regional_file_says_that_it_is_synthetic(cohort: Path) -> None:
    text = (cohort / "genomics" / "site_b.maf").read_text()
    assert text.startswith("#version 2.4\n#SYNTHETIC")
