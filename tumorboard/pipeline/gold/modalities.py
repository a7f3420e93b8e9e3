"""What there is of each kind of data, what is on its way, and why the rest is missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.columns import PHI, PUBLIC, Column, NotNull, OneOf
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.fhir import Fhir
from tumorboard.pipeline.bronze.notes import Notes
from tumorboard.pipeline.gold.availability import MODALITIES, STATUSES, available
from tumorboard.pipeline.gold.records import CHIP, Record, derived, each_patient
from tumorboard.pipeline.silver.biomarkers import Biomarkers
from tumorboard.pipeline.silver.diagnoses import Diagnoses
from tumorboard.pipeline.silver.documents import Documents
from tumorboard.pipeline.silver.genomic_tests import GenomicTests
from tumorboard.pipeline.silver.imaging import Imaging
from tumorboard.pipeline.silver.labs import Labs
from tumorboard.pipeline.silver.patients import Patients
from tumorboard.pipeline.silver.performance import Performance
from tumorboard.pipeline.silver.specimens import Specimens
from tumorboard.pipeline.silver.stages import Stages
from tumorboard.pipeline.silver.variants import Variants
from tumorboard.pipeline.silver.wearables import Wearables

READS: tuple[type, ...] = (
    Patients, Diagnoses, Stages, Performance, Specimens, Biomarkers, GenomicTests, Variants, Imaging,
    Documents, Labs, Wearables, Fhir, Notes,
)  # fmt: skip
SHOWN = 20  # rows named as the origin of a summary
# What an order or an announcement is read from.
ANNOUNCING = ("ServiceRequest", "DiagnosticReport", "DocumentReference")


@table("gold.modalities", key=("patient_key", "modality"))
class Modalities:
    """One row per patient and kind of data, also where there is none: then `reason` says why, as far as the
    data tell. `failed` and `not_permitted` are known to the import and to governance, not to this build."""

    modality = Column(str, "Kind of data", NotNull(), OneOf(*MODALITIES), tags=PUBLIC)
    status = Column(str, "Whether it is there", NotNull(), OneOf(*STATUSES), tags=PHI)
    reason = Column(str, "Why it is not there, or not all of it", tags=PHI)
    rows = Column(int, "Rows there are", NotNull(), tags=PHI)
    latest_on = Column(date, "Day of the newest", tags=PHI)


@builds(Modalities, reads=READS)
def build(*given: DataFrame) -> DataFrame:
    inputs = dict(zip(READS, given, strict=True))
    inputs |= {
        Labs: _summary(inputs[Labs], F.col("taken_on")),
        Wearables: _summary(inputs[Wearables], F.to_date("started_at")),
        Variants: _summary(inputs[Variants], F.col("recorded_on")),
        Documents: inputs[Documents].select("patient_key", "row_id", "file_name", "written_on", *CHIP),
        Fhir: inputs[Fhir].filter(F.col("kind").isin(*ANNOUNCING)).select("patient_key", "row_id", "payload"),
        Notes: inputs[Notes].select("patient_key", "row_id", "file_name"),
    }
    return each_patient(inputs, Modalities, modalities_of)


def _summary(rows: DataFrame, day: Any) -> DataFrame:
    """One row per patient instead of thousands: how many, and the newest."""
    return rows.groupBy("patient_key").agg(
        F.count("*").alias("rows"),
        F.max(day).alias("latest_on"),
        F.min("row_id").alias("row_id"),
        *(F.min(name).alias(name) for name in CHIP),
    )


def modalities_of(record: Record) -> Iterator[dict[str, Any]]:
    """A row per modality of one patient; none for somebody known by other records alone."""
    for person in record.rows("patients")[:1]:
        for found in available(record):
            yield derived(
                [*(found.sources[:SHOWN] or (person,)), *found.announced],
                modality=found.modality,
                status=found.status,
                reason=found.reason or None,
                rows=found.rows,
                latest_on=found.latest_on,
            )
