"""Genomic variants of a patient, from VCF, MAF and FHIR genomics reports."""

from __future__ import annotations

from collections.abc import Iterator

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.columns import PHI, PII, PUBLIC, STUDY_ID, Between, Column, NotNull, OneOf
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.fhir import Fhir
from tumorboard.pipeline.bronze.maf import Maf
from tumorboard.pipeline.bronze.vcf import Vcf
from tumorboard.pipeline.silver import fhir as rules
from tumorboard.pipeline.silver.evidence import union
from tumorboard.pipeline.silver.genomics import fhir as fhir_reading
from tumorboard.pipeline.silver.genomics import maf as maf_reading
from tumorboard.pipeline.silver.genomics import vcf as vcf_reading
from tumorboard.pipeline.silver.genomics.assays import Assay, of_maf, of_vcf, with_header
from tumorboard.pipeline.silver.genomics.finding import Finding
from tumorboard.pipeline.silver.genomics.reports import Reports, genomic
from tumorboard.pipeline.silver.rows import Received, Row, each_patient, each_row, identity

KINDS = ("snv", "indel", "cnv", "sv")
ORIGINS = ("somatic", "germline", "unknown")


@table("silver.variants", key=("patient_key", "variant_id"))
class Variants:
    """What a genomic test found. Absent, uncalled and retracted results are not rows here.

    A row is a finding to a reader only if its `filter` is empty or PASS; what cBioPortal would not load
    is kept and marked `cbioportal:...`.
    """

    variant_id = Column(str, "Identity within the patient: test, place and change", NotNull(), tags=STUDY_ID)
    test_id = Column(str, "The genomic test that found it", tags=STUDY_ID)
    specimen_id = Column(str, "The specimen tested, as silver.specimens names it", tags=PII)
    gene = Column(str, "HGNC symbol; empty where the file names none", tags=PHI)
    kind = Column(str, "Kind of change", NotNull(), OneOf(*KINDS), tags=PHI)
    hgvs_c = Column(str, "Coding change, HGVS", tags=PHI)
    hgvs_p = Column(str, "Protein change in one-letter HGVS, p.L858R", tags=PHI)
    consequence = Column(str, "Sequence Ontology terms, joined by &", tags=PHI)
    exon = Column(int, "Exon number", Between(0, 400), tags=PHI)
    transcript = Column(str, "Transcript of hgvs_c and exon", tags=PUBLIC)
    chromosome = Column(str, "1 to 22, X, Y, MT or a contig", tags=PHI)
    position = Column(int, "Position from 1 in the genome build", Between(0, 300_000_000), tags=PHI)
    ref = Column(str, "Reference allele", tags=PHI)
    alt = Column(str, "Alternate allele", tags=PHI)
    vaf = Column(float, "Variant allele fraction, 0 to 1", Between(0, 1), tags=PHI)
    depth = Column(int, "Reads at the position", Between(0, 10_000_000), tags=PHI)
    copy_number = Column(float, "Copies in the tumour", Between(0, 10_000), tags=PHI)
    partner_gene = Column(str, "The other gene of a fusion", tags=PHI)
    genome_build = Column(str, "GRCh37, GRCh38 or as stated", tags=PUBLIC)
    origin_class = Column(str, "Somatic or germline, where stated", OneOf(*ORIGINS), tags=PHI)
    filter = Column(str, "The caller's filter; empty, . and PASS mean passed", tags=PUBLIC)
    remark = Column(str, "What the source left out or wrote oddly", tags=PUBLIC)


@builds(Variants, reads=[Vcf, Maf, Fhir])
def build(vcf: DataFrame, maf: DataFrame, fhir: DataFrame) -> DataFrame:
    mutations = maf.filter(F.col("kind") == "mutation")
    return union(
        each_row(
            with_header(vcf), Variants, _of_vcf, origin="vcf", method="vcf-rules 1.0", source="bronze.vcf"
        ),
        each_row(
            mutations, Variants, _of_maf, origin="structured", method="maf-rules 1.0", source="bronze.maf"
        ),
        each_patient(
            genomic(fhir), Variants, _of_fhir, origin="structured", method=rules.METHOD, source=rules.SOURCE
        ),
    )


def _of_vcf(received: Received) -> Iterator[Row]:
    record, header = received.payload["record"], received.payload["header"]
    for finding in vcf_reading.findings(record, header):
        yield _row(received, finding, of_vcf(header))


def _of_maf(received: Received) -> Iterator[Row]:
    yield _row(received, maf_reading.finding(received.payload), of_maf(received.payload))


def _of_fhir(received: list[Received]) -> Iterator[Row]:
    reports = Reports(received)
    for observation in reports.variants:
        for finding in fhir_reading.findings(observation.payload):
            yield _row(observation, finding, reports.assay_of(observation))


def _row(received: Received, finding: Finding, assay: Assay) -> Row:
    return received.row(
        finding.source_path,
        system=assay.system,
        recorded_on=assay.reported_on,
        variant_id=identity(assay.test_id, *finding.name()),
        test_id=assay.test_id,
        specimen_id=assay.specimen_id,
        **finding.values(),
    )
