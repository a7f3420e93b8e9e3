"""Everything dated, on lanes: what happened when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.columns import DEID, PHI, PUBLIC, Column, NotNull, OneOf
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.gold.derivation import from_row
from tumorboard.pipeline.gold.records import CHIP
from tumorboard.pipeline.gold.worn import WORN, days
from tumorboard.pipeline.silver.biomarkers import Biomarkers
from tumorboard.pipeline.silver.diagnoses import Diagnoses
from tumorboard.pipeline.silver.documents import Documents
from tumorboard.pipeline.silver.evidence import union
from tumorboard.pipeline.silver.genomic_tests import GenomicTests
from tumorboard.pipeline.silver.imaging import Imaging
from tumorboard.pipeline.silver.labs import Labs
from tumorboard.pipeline.silver.performance import Performance
from tumorboard.pipeline.silver.responses import Responses
from tumorboard.pipeline.silver.specimens import Specimens
from tumorboard.pipeline.silver.stages import Stages
from tumorboard.pipeline.silver.therapies import Therapies
from tumorboard.pipeline.silver.wearables import Wearables

LANES = (
    "diagnosis", "pathology", "molecular", "imaging", "systemic", "radiotherapy", "surgery", "response",
    "lab", "performance", "note", "wearable",
)  # fmt: skip
READS: tuple[type, ...] = (
    Diagnoses, Stages, Specimens, GenomicTests, Biomarkers, Imaging, Therapies, Responses, Labs, Performance,
    Documents, Wearables,
)  # fmt: skip


Frames = Mapping[type, DataFrame]


@table("gold.timeline", key=("patient_key", "event_id"))
class Timeline:
    """One row per event. Wearables are weekly means; an event without a date has no `starts_on`."""

    event_id = Column(str, "Identity within the patient", NotNull(), tags=DEID)
    lane = Column(str, "Lane it is drawn on", NotNull(), OneOf(*LANES), tags=PUBLIC)
    label = Column(str, "What it is, in a few words", NotNull(), tags=PHI)
    detail = Column(str, "More words", tags=PHI)
    starts_on = Column(date, "Day it began", tags=PHI)
    ends_on = Column(date, "Day it ended; empty for one day or for what goes on", tags=PHI)
    value = Column(float, "Number to plot", tags=PHI)


@builds(Timeline, reads=READS)
def build(*silver: DataFrame) -> DataFrame:
    rows = dict(zip(READS, silver, strict=True))
    return union(
        _events(rows, Diagnoses, "diagnosis", label="text", detail=_site(), starts="diagnosed_on"),
        _events(rows, Stages, "diagnosis", label=_stage(), detail=_kind(), starts="assessed_on"),
        _events(rows, Specimens, "pathology", label=_specimen(), detail="body_site", starts="collected_on"),
        _events(
            rows, Biomarkers, _tissue_or_genome(),
            label="name", detail=_biomarker(), starts="assessed_on", value="value_number",
        ),
        _events(rows, GenomicTests, "molecular", label=_test(), detail=_coverage(), starts="reported_on"),
        _examinations(rows),
        _events(
            rows, Therapies, F.col("kind"),
            label="name", detail=_therapy(), starts="started_on", ends="ended_on",
        ),
        _events(rows, Responses, "response", label="value", detail="wording", starts="assessed_on"),
        _events(rows, Labs, "lab", label="name", detail="value_text", starts="taken_on", value="value"),
        _events(rows, Performance, "performance", label=_status(), starts="assessed_on", value="value"),
        _events(rows, Documents, "note", label=_document(), detail="title", starts="written_on"),
        _weeks(rows),
    )  # fmt: skip


def _events(
    rows: Frames,
    source: type,
    lane: str | SparkColumn,
    *,
    label: str | SparkColumn,
    starts: str,
    detail: str | SparkColumn | None = None,
    ends: str | None = None,
    value: str | None = None,
) -> DataFrame:
    """One event per row of a silver table."""
    name: str = source.table_name  # type: ignore[attr-defined]
    return rows[source].select(
        "patient_key",
        F.concat(F.lit(f"{name}/"), F.col("row_id")).alias("event_id"),
        (F.lit(lane) if isinstance(lane, str) else lane).alias("lane"),
        _column(label).alias("label"),
        (F.lit(None).cast("string") if detail is None else _column(detail)).alias("detail"),
        F.col(starts).alias("starts_on"),
        (F.col(ends) if ends else F.lit(None).cast("date")).alias("ends_on"),
        (F.col(value).cast("double") if value else F.lit(None).cast("double")).alias("value"),
        from_row(name).alias("derived_from"),
        *CHIP,
    )


def _examinations(rows: Frames) -> DataFrame:
    """One event per study, however many series it has."""
    studies = (
        rows[Imaging]
        .groupBy("patient_key", F.coalesce("study_uid", "series_uid").alias("study"))
        .agg(
            F.min("row_id").alias("row_id"),
            F.concat_ws(" ", F.min("modality"), F.min("body_part")).alias("label"),
            F.concat(F.min("description"), F.lit("; series: "), F.count("*").cast("string")).alias("detail"),
            F.min("performed_on").alias("performed_on"),
            *(F.min(name).alias(name) for name in CHIP),
        )
    )
    return _events(
        {Imaging: studies}, Imaging, "imaging", label="label", detail="detail", starts="performed_on"
    )


def _weeks(rows: Frames) -> DataFrame:
    """The mean of each week (from Monday) of each measure a board looks at."""
    monday = F.to_date(F.date_trunc("week", "day_on")).alias("week")
    weeks = (
        days(rows[Wearables])
        .groupBy("patient_key", "measure", monday)
        .agg(
            F.round(F.avg("value"), 1).alias("value"),
            F.concat_ws(
                " ", F.lit("mean of"), F.count("*").cast("string"), F.lit("days,"), F.min("unit")
            ).alias("detail"),
            F.min("row_id").alias("row_id"),
            *(F.min(name).alias(name) for name in CHIP),
        )
    )
    labels = F.coalesce(*(F.when(F.col("measure") == name, F.lit(words)) for name, words in WORN.items()))
    ended = weeks.withColumn("ends_on", F.date_add("week", 6)).withColumn("label", labels)
    return _events(
        {Wearables: ended},
        Wearables,
        "wearable",
        label="label",
        detail="detail",
        starts="week",
        ends="ends_on",
        value="value",
    )


def _tissue_or_genome() -> SparkColumn:
    of_the_genome = F.col("name").isin("TMB", "MSI", "HRD", "MGMT")
    return F.when(of_the_genome, F.lit("molecular")).otherwise(F.lit("pathology"))


def _column(given: str | SparkColumn) -> SparkColumn:
    return F.col(given) if isinstance(given, str) else given


def _site() -> SparkColumn:
    return F.concat_ws(", ", "oncotree", "body_site")


def _kind() -> SparkColumn:
    return F.concat_ws(", ", "kind", "system")


def _specimen() -> SparkColumn:
    return F.coalesce("type", F.lit("Specimen"))


def _test() -> SparkColumn:
    return F.coalesce("panel", "assay")


def _document() -> SparkColumn:
    return F.coalesce("kind", F.lit("Document"))


def _status() -> SparkColumn:
    return F.concat_ws(" ", "scale", F.col("value").cast("string"))


def _stage() -> SparkColumn:
    group = F.concat(F.lit("Stage "), F.col("stage_group"))
    return F.concat_ws(", ", group, F.concat_ws(" ", "t", "n", "m"))


def _therapy() -> SparkColumn:
    line = F.concat(F.lit("line "), F.col("line").cast("string"))
    return F.concat_ws("; ", line, "intent", "detail", "end_reason")


def _biomarker() -> SparkColumn:
    measured = F.concat_ws(" ", F.col("value_number").cast("string"), "unit")
    return F.concat_ws(
        ", ", F.when(F.col("value_number").isNotNull(), measured), "value_text", "interpretation"
    )


def _coverage() -> SparkColumn:
    stated = F.concat(F.size("genes").cast("string"), F.lit(" genes tested"))
    return F.when(F.size("genes") > 0, stated).otherwise(F.lit("genes tested not stated"))
