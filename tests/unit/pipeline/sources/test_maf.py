from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.unit.pipeline.sources.readings import everything, kinds, notices, rejected, rows, written
from tumorboard.pipeline.sources.files import head_of
from tumorboard.pipeline.sources.maf import Maf
from tumorboard.pipeline.sources.reading import Notice, Rejected, Subject, Unreadable

COLUMNS = (
    "Hugo_Symbol\tNCBI_Build\tChromosome\tStart_Position\tEnd_Position\tVariant_Classification\tVariant_Type\t"
    "Reference_Allele\tTumor_Seq_Allele1\tTumor_Seq_Allele2\tTumor_Sample_Barcode\tHGVSp_Short"
)
ROW = "BRAF\tGRCh38\t7\t140753336\t140753336\tMissense_Mutation\tSNP\tA\tA\tT\tSP-1\tp.V600E"


@pytest.fixture
def maf(tmp_path):
    def write(*lines, columns=COLUMNS):
        return written(tmp_path, "a.maf", "\n".join(["#version 2.4", columns, *lines]) + "\n")

    return write


def test_a_row_is_kept_with_its_line_and_sample(maf):
    [row] = rows(Maf(), maf(ROW))
    assert (row.locator, row.kind, row.subject) == ("line 3", "mutation", Subject("specimen", "SP-1"))
    assert row.payload == dict(zip(COLUMNS.split("\t"), ROW.split("\t"), strict=True))
    assert everything(Maf(), maf(ROW)) == [row]


def test_column_names_differ_in_case_and_empty_cells_are_left_out(maf):
    columns = COLUMNS.replace("Start_Position", "Start_position").replace("HGVSp_Short", "amino_acid_change")
    [row] = rows(Maf(), maf(ROW.replace("GRCh38", ""), columns=columns))
    assert row.payload["Start_Position"] == "140753336"
    assert row.payload["Amino_Acid_Change"] == "p.V600E"
    assert "NCBI_Build" not in row.payload


def test_the_minimal_maf_has_no_gene(tmp_path):
    minimal = (
        "Chromosome\tStart_Position\tEnd_Position\tReference_Allele\tTumor_Seq_Allele2\tTumor_Sample_Barcode\n"
        "7\t140753336\t140753336\tA\tT\tSP-1\n"
    )
    path = written(tmp_path, "minimal.maf", minimal)
    assert Maf().recognises(path, minimal.encode())
    assert len(rows(Maf(), path)) == 1


def test_sequenced_samples_are_rows_of_their_own(tmp_path):
    path = written(tmp_path, "a.maf", f"#sequenced_samples: SP-1 SP-2\n{COLUMNS}\n{ROW}\n")
    found = rows(Maf(), path, "sequenced")
    assert [row.subject.value for row in found] == ["SP-1", "SP-2"]
    assert found[1].locator == "line 1, sample 2"


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("SP-1", "", "Tumor_Sample_Barcode"),
        ("140753336\t140753336", "140753336.0\t140753336", "Start_Position"),
        ("140753336\t140753336", "140753336\t14075333x", "End_Position"),
        ("140753336\t140753336", "140753337\t140753336", "Start_Position"),
        ("SNP\tA", "SNP\ttest", "Reference_Allele"),
        ("p.V600E", "p.V600E\textra", ""),
        ("\tp.V600E", "", ""),
    ],
)
def test_a_bad_row_is_refused_by_line_and_the_next_is_read(maf, old, new, field):
    path = maf(ROW.replace(old, new), ROW)
    [refused] = rejected(Maf(), path)
    assert (refused.locator, refused.field) == ("line 3", field)
    assert [row.locator for row in rows(Maf(), path)] == ["line 4"]


def test_neither_gene_nor_position_is_refused(maf):
    row = ROW.replace("BRAF", "Unknown").replace("\t7\t", "\tNA\t")
    assert rejected(Maf(), maf(row))[0].field == "Hugo_Symbol"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("BRAF", "", "neither a gene symbol"),
        ("Missense_Mutation", "nonsynonymous_SNV", "not one of the MAF terms"),
        ("Missense_Mutation", "", "Variant_Classification is empty"),
        ("p.V600E", "NA", "gives no protein change"),
        ("p.V600E", "p.V600E;p.V600K", "several changes"),
        ("p.V600E", "p.V6,V7del", "comma"),
        ("SNP\tA\tA\tT", "SNP\tA\tA\tTT", "not of length 1"),
        ("SNP\tA\tA\tT", "DEL\tAA\tAA\t-", "does not fit the reference"),
        ("SNP\tA\tA\tT", "ONP\tAAA\tAAA\tTTT", "longer than 3"),
    ],
)
def test_an_odd_row_is_taken_with_a_remark(maf, old, new, message):
    path = maf(ROW.replace(old, new))
    assert len(rows(Maf(), path)) == 1
    assert any(message in notice.message for notice in notices(Maf(), path))


@pytest.mark.parametrize("kind", ["INS\t-\t-\tTT", "DEL\tA\tA\t-", "SNP\tA\tA\tT"])
def test_sound_rows_get_no_remark(maf, kind):
    end = "140753337" if kind.startswith("INS") else "140753336"
    row = ROW.replace("SNP\tA\tA\tT", kind).replace("140753336\t140753336", f"140753336\t{end}")
    assert notices(Maf(), maf(row)) == []


def test_the_same_mutation_twice_is_said(maf):
    assert "stands above" in notices(Maf(), maf(ROW, ROW))[0].message


def test_a_repeated_column_is_kept_under_a_number(maf):
    path = maf(ROW + "\tone\ttwo", columns=COLUMNS + "\tValidation_Method\tvalidation_method")
    payload = rows(Maf(), path)[0].payload
    assert (payload["Validation_Method"], payload["Validation_Method.2"]) == ("one", "two")
    assert "stands twice" in notices(Maf(), path)[0].message


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (COLUMNS.replace("Tumor_Sample_Barcode", "Sample"), "Tumor_Sample_Barcode is missing"),
        (COLUMNS + "\tstart_position", "stands twice"),
        ("Tumor_Sample_Barcode\tVariant_Classification", "neither a gene nor a position"),
        ("#only comments", "ends before its line of column names"),
    ],
)
def test_a_table_that_cannot_be_placed_is_refused(maf, columns, message):
    with pytest.raises(Unreadable, match=message):
        everything(Maf(), maf(columns=columns))


@pytest.mark.parametrize(
    ("name", "mutations", "samples"),
    [
        ("maftools_laml/tcga_laml.maf.gz", 2207, 193),
        ("cbioportal_studies/study_es_0/data_mutations_extended.maf", 36, 21),
        ("cbioportal_studies/prad_mskcc_2017/data_mutations_extended.txt", 1709, 452),
        ("cbioportal_studies/thyroid_mskcc_2016/data_mutations_extended.txt", 564, 112),
        ("cbioportal_studies/brca_sanger/data_mutations_extended.txt.gz", 7239, 100),
    ],
)
def test_public_cohorts_are_read_as_counted(shared_data, name, mutations, samples):
    path = shared_data / "genomics" / name
    assert Maf().recognises(path, head_of(path))
    found = rows(Maf(), path, "mutation")
    assert (len(found), len({row.subject for row in found})) == (mutations, samples)
    assert rejected(Maf(), path) == []


def test_genes_of_the_leukaemia_cohort(shared_data):
    found = rows(Maf(), shared_data / "genomics/maftools_laml/tcga_laml.maf.gz")
    samples = Counter(gene for gene, _ in {(row.payload["Hugo_Symbol"], row.subject) for row in found})
    counted = {"FLT3": 52, "DNMT3A": 48, "NPM1": 33, "IDH2": 20, "IDH1": 18, "TP53": 15}
    assert {gene: samples[gene] for gene in counted} == counted
    classes = Counter(row.payload["Variant_Classification"] for row in found)
    assert (classes["Missense_Mutation"], classes["Silent"]) == (1342, 449)


def test_samples_without_a_mutation_are_known_as_sequenced(shared_data):
    path = shared_data / "genomics/cbioportal_studies/prad_mskcc_2017/data_mutations_extended.txt"
    assert len({row.subject for row in rows(Maf(), path, "sequenced")}) == 504
    assert kinds(Maf(), path)["mutation"] == 1709


def test_foreign_terms_and_mixed_builds_are_kept_and_said(shared_data):
    folder = shared_data / "genomics/cbioportal_studies"
    thyroid = folder / "thyroid_mskcc_2016/data_mutations_extended.txt"
    found = rows(Maf(), thyroid, "mutation")
    assert {row.payload["NCBI_Build"] for row in found} == {"hg19", "GRCh37"}
    assert Counter(row.payload["Variant_Classification"] for row in found)["nonsynonymous_SNV"] == 297
    sanger = folder / "brca_sanger/data_mutations_extended.txt.gz"
    odd = [notice.locator for notice in notices(Maf(), sanger)]
    assert odd == ["line 2", "line 3", "line 4", "line 487"]  # as the study's own validation report says


# What cBioPortal's tests state and this reader does not say, and why.
LEFT_OUT = {
    "matched normal sample is not in the list of normal samples given in the meta file": "meta file",
    "namespace ZYGOSITY is defined in the meta file but its column is missing": "needs the meta file",
    "a name where an accession is expected": "needs the meta file",
    "an accession where a name is expected": "needs the meta file",
    "swissprot_identifier in the meta file is neither name nor accession": "a meta file",
    "SWISSPROT column is missing": "the column is used nowhere",
    "line skipped by the filter on Variant_Classification (3 times)": "silent variants are kept",
    "HGVSp_Short is too long": "stated for line 2, where the value is short; said for line 3",
    "invalid column header, file cannot be parsed": "said once, with the missing column",
}


# Findings stated without a line: what this reader says instead.
SAID = {
    "several changes in one field": "several changes",
    "comma in the change": "a comma",
    "several alleles in one field": "several changes",
    "Variant_Classification is not one of the expected values": "not one of the MAF terms",
    "empty Variant_Classification is invalid": "Variant_Classification is empty",
    "neither an Entrez id nor a gene symbol (once)": "neither a gene symbol",
    "the gene given implies an intergenic mutation (twice)": "implies a variant between genes",
    "gene symbol 'Unknown' with Entrez id 0 is filtered out": "neither a gene symbol",
    "Start_Position is not an integer": "Start_Position is not a whole number",
    "End_Position is not an integer": "End_Position is not a whole number",
    "cbp_driver_annotation without cbp_driver": "cbp_driver_annotation comes without cbp_driver",
    "cbp_driver_tiers_annotation without cbp_driver_tiers": "cbp_driver_tiers_annotation comes without",
    "cbp_driver without cbp_driver_annotation": "cbp_driver comes without cbp_driver_annotation",
    "cbp_driver_tiers without cbp_driver_tiers_annotation": "cbp_driver_tiers comes without",
    "cbp_driver_tiers_annotation has a value and cbp_driver_tiers has none": "tiers_annotation without",
    "cbp_driver_tiers has more than 10 different tiers (3 times)": "more than 10 different values",
    "annotation longer than 80 characters": "longer than 80 characters",
    "cbp_driver is not Putative_Driver, Putative_Passenger, NA, Unknown or empty": "its four terms",
    "cbp_driver_tiers longer than 50 characters": "longer than 50 characters",
    "the file contains invalid UTF-8 bytes": "not valid UTF-8",
}


def test_stated_findings_of_bad_mafs_are_found(shared_data):
    folder = shared_data / "genomics/cbioportal_bad_mafs"
    files = json.loads((folder / "expected_findings.json").read_text())["files"]
    missing, found = [], Counter()
    for name, stated in files.items():
        said = [] if name.endswith(".txt") else findings(folder / name)
        for finding in stated["findings"]:
            if finding["message"] in LEFT_OUT:
                found["left out"] += 1
            elif any(_answers(finding, place, message) for place, message in said):
                found[finding["level"]] += 1
            else:
                missing.append((name, finding))
    assert missing == []
    assert found == {"error": 37, "warning": 12, "info": 4, "left out": 9}


def findings(path):
    said = [reading for reading in everything(Maf(), path) if isinstance(reading, (Rejected, Notice))]
    return [(r.locator, r.reason if isinstance(r, Rejected) else r.message) for r in said]


def _answers(finding, place, message):
    if finding["line"]:
        return place == f"line {finding['line']}"
    return SAID[finding["message"]] in message
