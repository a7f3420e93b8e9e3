"""Variants from real VCF, MAF and FHIR files, and from small ones with one trap each."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.unit.pipeline.frames import bronze, built, received
from tumorboard.pipeline.silver.variants import Variants
from tumorboard.pipeline.sources.fhir import Fhir
from tumorboard.pipeline.sources.maf import Maf
from tumorboard.pipeline.sources.vcf import Vcf


def variants(spark, *, vcf=None, maf=None, fhir=None):
    nothing = bronze(spark, [])
    return built(Variants, vcf or nothing, maf or nothing, fhir or nothing)


@pytest.mark.parametrize("build", ["grch37", "grch38"])
def test_every_record_of_a_vcf_without_gene_names_is_kept_and_says_so(spark, shared_data, build):
    path = shared_data / "genomics" / "pcgr_t001_brca" / f"T001-BRCA.{build}.vcf.gz"
    rows = variants(spark, vcf=received(spark, Vcf(), path))
    assert len({row["row_id"] for row in rows}) == 196
    assert {row["genome_build"] for row in rows} == {build.replace("grch", "GRCh")}
    assert {row["gene"] for row in rows} == {None}
    assert {row["remark"] for row in rows} == {"the file names no gene for it"}
    first = next(row for row in rows if row["position"] in (1900265, 1968826))
    assert first["vaf"] == pytest.approx(0.2222, abs=1e-3)
    assert (first["depth"], first["chromosome"], first["kind"]) == (144, "1", "snv")


def test_the_two_builds_of_one_sample_do_not_replace_each_other(spark, shared_data):
    folder = shared_data / "genomics" / "pcgr_t001_brca"
    rows = variants(spark, vcf=received(spark, Vcf(), *sorted(folder.glob("*.vcf.gz"))))
    assert len({row["row_id"] for row in rows}) == 392


def test_leukaemia_cohort_has_the_published_counts(spark, shared_data):
    rows = variants(
        spark, maf=received(spark, Maf(), shared_data / "genomics/maftools_laml/tcga_laml.maf.gz")
    )
    assert len(rows) == 2207
    assert len({row["row_id"] for row in rows}) == 2207
    terms = Counter(row["consequence"] for row in rows)
    assert (terms["missense_variant"], terms["synonymous_variant"]) == (1342, 449)
    samples = {gene: {r["patient_key"] for r in rows if r["gene"] == gene} for gene in GENES}
    assert {gene: len(found) for gene, found in samples.items()} == GENES
    assert all(0 <= row["vaf"] <= 1 for row in rows if row["vaf"] is not None)


GENES = {"FLT3": 52, "DNMT3A": 48, "NPM1": 33, "IDH2": 20, "IDH1": 18, "TP53": 15}


def test_importer_study_gives_36_rows(spark, shared_data):
    path = shared_data / "genomics/cbioportal_studies/study_es_0/data_mutations_extended.maf"
    rows = variants(spark, maf=received(spark, Maf(), path))
    assert len(rows) == 36
    assert len({row["patient_key"] for row in rows}) == 21


def test_annovar_words_become_the_same_terms_as_maf_words(spark, shared_data):
    folder = shared_data / "genomics/cbioportal_studies/thyroid_mskcc_2016"
    rows = variants(spark, maf=received(spark, Maf(), *folder.glob("data_mutations*.txt*")))
    terms = Counter(row["consequence"] for row in rows)
    assert len(rows) == 564
    assert terms["missense_variant"] == 297 + 85
    assert terms["stop_gained"] == 20 + 18
    assert {row["genome_build"] for row in rows} == {"GRCh37"}
    promoter = [row for row in rows if row["gene"] == "TERT"]
    assert len({row["patient_key"] for row in promoter}) == 59
    assert not any((row["filter"] or "").startswith("cbioportal") for row in promoter)


def test_hl7_genomics_report_gives_its_variants_in_one_letter_form(spark, shared_data):
    path = shared_data / "fhir/hl7_genomics_reporting/Bundle-oncologyexamples-r4.json"
    rows = variants(spark, fhir=received(spark, Fhir(), path))
    found = {row["gene"]: row for row in rows}
    assert set(found) == {"JAK2", "KDR", "ERBB4"}
    assert found["JAK2"]["hgvs_p"] == "p.V617F"
    assert (found["JAK2"]["chromosome"], found["JAK2"]["position"]) == ("9", 5073770)
    assert (found["JAK2"]["ref"], found["JAK2"]["alt"]) == ("G", "T")
    assert found["ERBB4"]["kind"] == "indel"
    assert {row["origin_class"] for row in rows} == {"germline"}
    assert len({row["test_id"] for row in rows}) == 1


def test_older_report_style_names_the_gene_inside_the_variation(spark, shared_data):
    path = shared_data / "fhir/hl7_genomics_reporting/Bundle-diagnosticreport-cgexample.json"
    rows = variants(spark, fhir=received(spark, Fhir(), path, patient="p"))
    assert sorted((row["gene"], row["hgvs_c"]) for row in rows) == [
        ("ACAD9", "c.1249C>T"),
        ("CYP2D6", "c.1457G>C"),
        ("CYP2D6", "c.886C>T"),
    ]
    acad9 = next(row for row in rows if row["gene"] == "ACAD9")
    assert (acad9["genome_build"], acad9["chromosome"]) == ("GRCh37", "3")


def test_no_rows_in_no_rows_out(spark):
    assert variants(spark) == []
