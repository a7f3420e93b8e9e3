"""Genomic tests and what they cover: the difference between "not mutated" and "not tested"."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.columns import PHI, PII, PUBLIC, STUDY_ID, Column, NotNull, OneOf, Strings
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.fhir import Fhir
from tumorboard.pipeline.bronze.maf import Maf
from tumorboard.pipeline.bronze.vcf import Vcf
from tumorboard.pipeline.silver import fhir as rules
from tumorboard.pipeline.silver.evidence import union
from tumorboard.pipeline.silver.genomics.assays import MAF_METHOD, VCF_METHOD, Assay, of_maf, of_vcf
from tumorboard.pipeline.silver.genomics.reports import Reports, genomic
from tumorboard.pipeline.silver.rows import Received, Row, each_patient, each_row

ASSAYS = ("panel", "exome", "genome", "ihc", "unknown")


@table("silver.genomic_tests", key=("patient_key", "test_id"))
class GenomicTests:
    """One row per test of one specimen. The same test may come by two ways (a VCF and the FHIR report of it);
    then it has two rows, and what is covered is what either states."""

    test_id = Column(str, "Identity within the patient", NotNull(), tags=STUDY_ID)
    specimen_id = Column(str, "The specimen tested, as silver.specimens names it", tags=PII)
    assay = Column(str, "Kind of test", NotNull(), OneOf(*ASSAYS), tags=PUBLIC)
    panel = Column(str, "Name of the panel or report", tags=PUBLIC)
    genes = Column(Strings, "Genes tested; empty = coverage not stated", NotNull(), tags=PUBLIC)
    regions = Column(
        Strings, "Exons read of genes that were not read as a whole, as `EGFR exons 18-21`", tags=PUBLIC
    )
    profiles = Column(
        Strings, "What was looked for: mutation, cnv, sv, germline; empty = not stated", tags=PUBLIC
    )
    genome_build = Column(str, "GRCh37, GRCh38 or as stated", tags=PUBLIC)
    reported_on = Column(date, "Day of the report", tags=PHI)


@builds(GenomicTests, reads=[Vcf, Maf, Fhir])
def build(vcf: DataFrame, maf: DataFrame, fhir: DataFrame) -> DataFrame:
    headers = vcf.filter(F.col("kind") == "header")
    return union(
        each_row(headers, GenomicTests, _of_vcf, origin="vcf", method=VCF_METHOD, source="bronze.vcf"),
        each_row(
            _first_of_sample(maf),
            GenomicTests,
            _of_maf,
            origin="structured",
            method=MAF_METHOD,
            source="bronze.maf",
        ),
        each_patient(
            genomic(fhir),
            GenomicTests,
            _of_fhir,
            origin="structured",
            method=rules.METHOD,
            source=rules.SOURCE,
        ),
    )


def _first_of_sample(maf: DataFrame) -> DataFrame:
    """One row per file and sample: a line `#sequenced_samples` names it, else its first mutation does."""
    sample = F.get_json_object("payload", "$.Tumor_Sample_Barcode")
    grouped = maf.withColumn("sample", sample).groupBy("file_hash", "sample")
    first = grouped.agg(F.min("row_id").alias("row_id")).select("row_id")
    return maf.join(first, "row_id")


def _of_vcf(received: Received) -> Iterator[Row]:
    yield _row(received, of_vcf(received.payload), "$")


def _of_maf(received: Received) -> Iterator[Row]:
    yield _row(received, of_maf(received.payload), "$.Tumor_Sample_Barcode")


def _of_fhir(received: list[Received]) -> Iterator[Row]:
    for found in Reports(received).tests():
        yield _row(found.received, found.assay, found.path)


def _row(received: Received, assay: Assay, path: str) -> Row:
    return received.row(path, system=assay.system, recorded_on=assay.reported_on, **assay.values())
