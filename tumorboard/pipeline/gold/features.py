"""Numbers for models, one row per patient, modality and feature; only what was known on the landmark."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import Any

from pyspark.sql import DataFrame

from tumorboard.lake.columns import PHI, PUBLIC, Column, NotNull, OneOf
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.gold import feature_rules as rules
from tumorboard.pipeline.gold.cohort import Cohort
from tumorboard.pipeline.gold.records import Record, derived, each_patient
from tumorboard.pipeline.gold.worn import days
from tumorboard.pipeline.silver.biomarkers import Biomarkers
from tumorboard.pipeline.silver.comorbidities import Comorbidities
from tumorboard.pipeline.silver.diagnoses import Diagnoses
from tumorboard.pipeline.silver.genomic_tests import GenomicTests
from tumorboard.pipeline.silver.imaging_features import ImagingFeatures
from tumorboard.pipeline.silver.labs import Labs
from tumorboard.pipeline.silver.performance import Performance
from tumorboard.pipeline.silver.specimens import Specimens
from tumorboard.pipeline.silver.therapies import Therapies
from tumorboard.pipeline.silver.variants import Variants
from tumorboard.pipeline.silver.wearables import Wearables

MODALITIES = ("clinical", "genomic", "imaging", "labs", "wearables")
READS: tuple[type, ...] = (
    Cohort, Diagnoses, Performance, Therapies, Comorbidities, Variants, Biomarkers, GenomicTests, Specimens,
    ImagingFeatures, Labs, Wearables,
)  # fmt: skip


@table("gold.features", key=("patient_key", "modality", "feature"))
class Features:
    """A feature that was not measured has no row. `as_of` is never after the patient's landmark."""

    modality = Column(str, "Modality it belongs to", NotNull(), OneOf(*MODALITIES), tags=PUBLIC)
    feature = Column(str, "Its name", NotNull(), tags=PUBLIC)
    value = Column(float, "Its value", NotNull(), tags=PHI)
    as_of = Column(date, "Day it was known", NotNull(), tags=PHI)


@builds(Features, reads=READS)
def build(*given: DataFrame) -> DataFrame:
    inputs = dict(zip(READS, given, strict=True))
    return each_patient({**inputs, Wearables: days(inputs[Wearables])}, Features, features_of)


def features_of(record: Record) -> Iterator[dict[str, Any]]:
    """Every feature of one patient; none without a landmark."""
    for cohort in record.of("gold.cohort")[:1]:
        on = cohort.get("landmark_on")
        if on is None:
            return
        for found in chain(
            rules.clinical(record, cohort, on),
            rules.genomic(record, on),
            rules.imaging(record, on),
            rules.labs(record, on),
            rules.wearables(record, on),
        ):
            yield derived(
                found.sources,
                modality=found.modality,
                feature=found.name,
                value=found.value,
                as_of=found.as_of,
            )
