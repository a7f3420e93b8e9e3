"""Genomic tests: one row per specimen and way of arrival, with the genes that were covered."""

from __future__ import annotations

from datetime import date

from tests.unit.pipeline.frames import bronze, built, received
from tumorboard.pipeline.silver.genomic_tests import GenomicTests
from tumorboard.pipeline.silver.variants import Variants
from tumorboard.pipeline.sources.fhir import Fhir
from tumorboard.pipeline.sources.maf import Maf

PANEL = {
    "fileformat": "VCFv4.3",
    "source": "panel caller",
    "genome_build": "GRCh38",
    "fileDate": "20250302",
    "sample": "SP-1",
    "panel": {"ID": "SOLID", "Genes": "EGFR,KRAS,Her2"},
    "meta": {},
}


def genomic_tests(spark, *, vcf=None, maf=None, fhir=None):
    nothing = bronze(spark, [])
    return built(GenomicTests, vcf or nothing, maf or nothing, fhir or nothing)


def test_a_vcf_header_says_which_genes_were_tested(spark):
    rows = genomic_tests(spark, vcf=bronze(spark, [{"kind": "header", "payload": PANEL}]))
    assert len(rows) == 1
    assert rows[0]["genes"] == ["EGFR", "KRAS", "ERBB2"]
    assert rows[0]["assay"] == "panel"
    assert rows[0]["reported_on"] == date(2025, 3, 2)
    assert rows[0]["specimen_id"] == "SP-1"


def test_a_header_without_panel_states_no_coverage(spark):
    bare = {key: value for key, value in PANEL.items() if key != "panel"} | {"fileDate": "last Tuesday"}
    rows = genomic_tests(spark, vcf=bronze(spark, [{"kind": "header", "payload": bare}]))
    assert (rows[0]["genes"], rows[0]["assay"], rows[0]["reported_on"]) == ([], "unknown", None)


def test_variants_of_a_vcf_belong_to_its_test(spark):
    record = {"chrom": "chr7", "pos": 1, "ref": "A", "alt": "G", "info": {}, "sample": "SP-1"}
    vcf = bronze(spark, [{"kind": "header", "payload": PANEL}, {"kind": "variant", "payload": record}])
    nothing = bronze(spark, [])
    variant, test = built(Variants, vcf, nothing, nothing)[0], genomic_tests(spark, vcf=vcf)[0]
    assert variant["test_id"] == test["test_id"]
    assert variant["recorded_on"] == date(2025, 3, 2)


def test_a_maf_gives_one_test_per_sample_also_for_samples_without_a_mutation(spark, shared_data):
    folder = shared_data / "genomics/cbioportal_studies/thyroid_mskcc_2016"
    rows = genomic_tests(spark, maf=received(spark, Maf(), *folder.glob("data_mutations*.txt*")))
    assert len(rows) == 117
    assert all(row["genes"] == [] for row in rows)


def test_a_report_in_fhir_is_one_test_with_its_observations(spark, shared_data):
    path = shared_data / "fhir/hl7_genomics_reporting/Bundle-oncologyexamples-r4.json"
    rows = genomic_tests(spark, fhir=received(spark, Fhir(), path))
    assert [row["panel"] for row in rows] == ["Genetic analysis report"]
    assert rows[0]["genes"] == []  # found variants alone do not say what was covered


def _observation(identity, code, components, value=None):
    resource = {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "code": {"coding": [{"code": code}]},
        "component": [
            {"code": {"coding": [{"code": "48018-6"}]}, "valueCodeableConcept": {"text": gene}}
            for gene in components
        ],
    }
    if value:
        resource["valueCodeableConcept"] = {"coding": [{"code": value}]}
    return {"kind": "Observation", "payload": resource}


def test_a_gene_reported_absent_was_tested_and_is_no_variant(spark):
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "code": {"text": "Single genes"},
        "result": [{"reference": f"Observation/{name}"} for name in ("a", "b", "c")],
        "issued": "2025-01-05",
    }
    fhir = bronze(
        spark,
        [
            {"kind": "DiagnosticReport", "payload": report},
            _observation("a", "69548-6", ["EGFR"], "LA9634-2"),
            _observation("b", "69548-6", ["KRAS"], "LA9633-4"),
            _observation("c", "69548-6", ["ALK"], "LA18198-4"),
        ],
    )
    nothing = bronze(spark, [])
    assert [row["genes"] for row in genomic_tests(spark, fhir=fhir)] == [["EGFR", "KRAS"]]
    assert [row["gene"] for row in built(Variants, nothing, nothing, fhir)] == ["KRAS"]


def _reported(spark, *observations):
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "code": {"text": "Sequencing"},
        "result": [{"reference": f"Observation/{each['payload']['id']}"} for each in observations],
    }
    rows = [{"kind": "DiagnosticReport", "payload": report}, *observations]
    (row,) = genomic_tests(spark, fhir=bronze(spark, rows))
    return row


def _with(observation, code, words):
    part = {"code": {"coding": [{"code": code}]}, "valueCodeableConcept": {"text": words}}
    observation["payload"]["component"].append(part)
    return observation


def test_one_change_reported_absent_does_not_cover_its_gene(spark):
    v600e = _with(_observation("a", "69548-6", ["BRAF"], "LA9634-2"), "48005-3", "p.Val600Glu")
    assert _reported(spark, v600e)["genes"] == []


def test_genes_of_an_rna_panel_are_not_read_for_what_the_dna_panel_looked_for(spark):
    dna = _with(_observation("a", "53041-0", ["EGFR", "KRAS"]), "48019-4", "sequence variants")
    rna = _with(_observation("b", "53041-0", ["NTRK1"]), "48019-4", "fusions")
    row = _reported(spark, dna, rna)
    assert (row["genes"], row["profiles"]) == (["EGFR", "KRAS"], ["mutation"])


def test_regions_studied_are_the_coverage(spark):
    fhir = bronze(spark, [_observation("a", "53041-0", ["EGFR", "BRAF"])])
    assert genomic_tests(spark, fhir=fhir) == []  # a region without a report belongs to no test


def test_no_rows_in_no_rows_out(spark):
    assert genomic_tests(spark) == []


def test_a_panel_line_says_what_was_looked_for_and_which_exons(spark):
    panel = {
        "ID": "SOLID",
        "Genes": "EGFR,KRAS",
        "Profiles": "mutation,cnv,fusion",
        "Exons": "EGFR:18-21,KRAS:2",
    }
    payload = {**PANEL, "panel": panel}
    (row,) = genomic_tests(spark, vcf=bronze(spark, [{"kind": "header", "payload": payload}]))
    assert row["profiles"] == ["mutation", "cnv", "sv"]
    assert row["regions"] == ["EGFR exons 18-21", "KRAS exons 2"]


def test_without_a_statement_nothing_is_said_to_be_looked_for(spark):
    (row,) = genomic_tests(spark, vcf=bronze(spark, [{"kind": "header", "payload": PANEL}]))
    assert (row["profiles"], row["regions"]) == ([], [])


def test_a_region_statement_in_fhir_says_what_was_looked_for(spark):
    studied = {"coding": [{"code": "48019-4"}]}
    region = {
        "resourceType": "Observation", "id": "r", "status": "final",
        "code": {"coding": [{"code": "53041-0"}]},
        "component": [
            {"code": {"coding": [{"code": "48018-6"}]}, "valueCodeableConcept": {"text": "EGFR"}},
            {"code": studied, "valueCodeableConcept": {"text": "sequence variant"}},
            {"code": studied, "valueCodeableConcept": {"text": "copy number change"}},
        ],
    }  # fmt: skip
    report = {
        "resourceType": "DiagnosticReport", "id": "d", "status": "final",
        "result": [{"reference": "Observation/r"}],
    }  # fmt: skip
    rows = [{"kind": resource["resourceType"], "payload": resource} for resource in (region, report)]
    (row,) = genomic_tests(spark, fhir=bronze(spark, rows))
    assert (row["genes"], row["profiles"]) == (["EGFR"], ["mutation", "cnv"])
