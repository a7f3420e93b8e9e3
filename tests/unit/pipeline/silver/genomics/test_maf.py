"""MAF rows: alleles, words of two vocabularies, read counts, and what cBioPortal would leave out."""

from __future__ import annotations

import pytest

from tumorboard.pipeline.silver.genomics.maf import alternate_allele, build, finding

ROW = {"Hugo_Symbol": "EGFR", "Variant_Classification": "Missense_Mutation", "Reference_Allele": "G"}


@pytest.mark.parametrize(
    ("ref", "first", "second", "alt"),
    [
        ("G", "-", "A", "A"),
        ("G", "T", "A", "T"),
        ("G", "G", "A", "A"),
        ("G", "A", "NA", "A"),
        ("ACT", "ACT", "-", "-"),
        ("-", "-", "CC", "CC"),
        ("G", "", "", ""),
    ],
)
def test_alternate_allele(ref, first, second, alt):
    row = {"Reference_Allele": ref, "Tumor_Seq_Allele1": first, "Tumor_Seq_Allele2": second}
    assert alternate_allele(row) == alt


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ""),
        ({"FILTER": "PASS"}, "PASS"),
        ({"FILTER": "low_vaf"}, "low_vaf"),
        ({"Variant_Classification": "Silent"}, "cbioportal:Silent"),
        ({"Variant_Classification": "Silent", "FILTER": "PASS"}, "cbioportal:Silent"),
        ({"Variant_Classification": "IGR", "FILTER": "low_vaf"}, "low_vaf;cbioportal:IGR"),
        ({"Variant_Classification": "5'Flank"}, "cbioportal:5'Flank"),
        ({"Variant_Classification": "5'Flank", "Hugo_Symbol": "TERT"}, ""),
        ({"Mutation_Status": "LOH"}, "cbioportal:LOH"),
        ({"Mutation_Status": "None"}, "cbioportal:None"),
        ({"Mutation_Status": "Somatic"}, ""),
    ],
)
def test_what_cbioportal_leaves_out_is_kept_and_marked(change, expected):
    assert finding(ROW | change).filter == expected


@pytest.mark.parametrize(
    ("word", "term"),
    [
        ("Missense_Mutation", "missense_variant"),
        ("nonsynonymous_SNV", "missense_variant"),
        ("stopgain_SNV", "stop_gained"),
        ("Nonsense_Mutation", "stop_gained"),
        ("Frame_Shift_Del", "frameshift_deletion"),
        ("frameshift_deletion", "frameshift_deletion"),
        ("nonframeshift_deletion", "inframe_deletion"),
        ("splicing", "splice_acceptor_variant&splice_donor_variant"),
        ("Splice_Site", "splice_acceptor_variant&splice_donor_variant"),
        ("upstream", "upstream_gene_variant"),
        ("", None),
    ],
)
def test_words_become_sequence_ontology_terms(word, term):
    assert finding(ROW | {"Variant_Classification": word}).consequence == term


@pytest.mark.parametrize(
    ("counts", "vaf", "depth"),
    [
        ({"t_alt_count": "20", "t_ref_count": "80"}, 0.2, 100),
        ({"t_alt_count": "0", "t_ref_count": "0"}, None, 0),
        ({"t_alt_count": "NA", "t_ref_count": "80"}, None, None),
        ({"t_alt_count": "-1", "t_ref_count": "80"}, None, None),
        ({"i_TumorVAF_WU": "45.66"}, pytest.approx(0.4566), None),
        ({"t_vaf": "0.4"}, 0.4, None),
        ({"t_vaf": "400"}, None, None),
        ({}, None, None),
    ],
)
def test_allele_fraction_and_depth(counts, vaf, depth):
    found = finding(ROW | counts)
    assert (found.vaf, found.depth) == (vaf, depth)


@pytest.mark.parametrize(
    ("stated", "name"),
    [("hg19", "GRCh37"), ("37", "GRCh37"), ("GRCh38", "GRCh38"), ("mm10", "mm10"), (None, None)],
)
def test_genome_builds(stated, name):
    assert build(stated) == name


def test_a_row_without_a_gene_stays():
    found = finding(ROW | {"Hugo_Symbol": "Unknown"})
    assert (found.gene, found.remark) == (None, "the row names no gene that can be read")
