"""VCF records: alleles, annotation dialects, copies, fusions, read counts."""

from __future__ import annotations

import pytest

from tumorboard.pipeline.silver.genomics.vcf import findings

FORMAT = "Allele|Consequence|SYMBOL|Feature|EXON|HGVSc|HGVSp|CANONICAL|PICK"
HEADER = {"genome_build": "GRCh38"}
CSQ = {
    "genome_build": "GRCh38",
    "meta": {"INFO": [{"ID": "CSQ", "Description": f"VEP. Format: {FORMAT}"}]},
}  # fmt: skip


def record(info, **given):
    base = {
        "chrom": "chr7",
        "pos": 55191822,
        "id": ".",
        "ref": "T",
        "alt": "G",
        "filter": "PASS",
        "format": {},
    }
    return {**base, "info": info, **given}


def only(info, header=HEADER, **given):
    (finding,) = findings(record(info, **given), header)
    return finding


def test_our_own_keys():
    found = only(
        {"GENE": "EGFR", "HGVSC": "c.2573T>G", "HGVSP": "p.Leu858Arg", "CONSEQ": "missense_variant",
         "EXON": "21",
         "TRANSCRIPT": "NM_005228.5", "CLASS": "somatic"},
        format={"GT": "0/1", "AD": "80,20", "DP": "100", "AF": "0.2"},
    )  # fmt: skip
    assert (found.gene, found.hgvs_p, found.hgvs_c, found.exon) == ("EGFR", "p.L858R", "c.2573T>G", 21)
    assert (found.vaf, found.depth, found.origin_class, found.kind) == (0.2, 100, "somatic", "snv")
    assert (found.chromosome, found.genome_build, found.remark) == ("7", "GRCh38", "")


def test_vep_takes_the_picked_transcript():
    csq = (
        "G|intron_variant|EGFR-AS1|ENST1||||YES|,"
        "G|missense_variant|EGFR|ENST2|21/28|ENST2:c.2573T>G|ENSP:p.Leu858Arg|YES|1"
    )
    found = only({"CSQ": csq}, CSQ)
    assert (found.gene, found.hgvs_p, found.exon, found.transcript) == ("EGFR", "p.L858R", 21, "ENST2")


def test_vep_percent_encodes_an_equals_sign():
    found = only({"CSQ": "G|synonymous_variant|EGFR|ENST2|20/28|c.2361G>A|ENSP:p.Gln787%3D|YES|1"}, CSQ)
    assert (found.hgvs_p, found.consequence) == ("p.Q787=", "synonymous_variant")


def test_snpeff_takes_the_first_of_the_allele():
    ann = (
        "C|missense_variant|MODERATE|OTHER|g|transcript|NM_1|protein_coding|2/9|c.1A>C|p.Lys2Gln,"
        "G|missense_variant&splice_region_variant|MODERATE|EGFR|g|transcript|NM_2|protein_coding|21/28|"
        "c.2573T>G|p.Leu858Arg"
    )
    second = list(findings(record({"ANN": ann}, alt="C,G"), HEADER))[1]
    assert (second.gene, second.hgvs_p) == ("EGFR", "p.L858R")
    assert second.consequence == "missense_variant&splice_region_variant"
    assert second.source_path == "$.alt[1]"


@pytest.mark.parametrize(
    ("genotype", "alts"),
    [
        ("0/1", ["C"]),
        ("0/2", ["G"]),
        ("1/2", ["C", "G"]),
        ("0/0", []),
        ("./.", ["C", "G"]),
        (None, ["C", "G"]),
    ],
)
def test_only_alleles_the_sample_carries(genotype, alts):
    given = {"GT": genotype} if genotype else {}
    assert [found.alt for found in findings(record({}, alt="C,G", format=given), HEADER)] == alts


@pytest.mark.parametrize("alt", [".", "*", "<NON_REF>", "<*>"])
def test_no_alternate_no_finding(alt):
    assert list(findings(record({}, alt=alt), HEADER)) == []


def test_read_counts_of_the_second_allele():
    second = list(findings(record({}, alt="C,G", format={"AD": "50,30,20"}), HEADER))[1]
    assert (second.vaf, second.depth) == (pytest.approx(0.2), 100)


def test_a_population_frequency_is_no_allele_fraction():
    assert only({"AF": "0.3"}).vaf is None


def test_copy_number():
    found = only({"GENE": "ERBB2", "CN": "14", "SVTYPE": "DUP"}, alt="<DUP>", ref="N")
    assert (found.kind, found.copy_number, found.consequence) == ("cnv", 14.0, "duplication")


@pytest.mark.parametrize(
    "info",
    [
        {"GENE": "ALK", "PARTNER": "EML4"},
        {"GENE": "ALK,EML4"},
        {"GENE": "ALK::EML4"},
        {"GENE": "ALK-EML4"},
        {"GENE": "ALK&EML4"},
    ],
)
def test_a_breakend_between_two_genes_is_a_fusion(info):
    found = only(info, alt="N[chr2:42299180[", ref="N")
    assert (found.kind, found.gene, found.partner_gene, found.consequence) == (
        "sv",
        "ALK",
        "EML4",
        "gene_fusion",
    )


def test_both_ends_of_a_breakend_are_one_event():
    one = only({"MATEID": "b"}, id="a", alt="N[chr2:1[")
    two = only({"MATEID": "a"}, id="b", alt="]chr7:2]N")
    assert one.name() == two.name()


def test_a_gene_name_that_is_none_is_not_taken_over():
    found = only({"GENE": "<script>alert(1)</script>"})
    assert (found.gene, found.remark) == (None, "the gene name cannot be read")


def test_a_protein_change_we_cannot_read_stays_as_written():
    found = only({"GENE": "EGFR", "HGVSP": "p.(=)?something"})
    assert found.hgvs_p == "p.(=)?something"
    assert found.remark == "protein change kept as written"


def test_gene_of_every_allele_where_the_file_gives_one_each():
    genes = [found.gene for found in findings(record({"GENE": "EGFR,KRAS"}, alt="C,G"), HEADER)]
    assert genes == ["EGFR", "KRAS"]
