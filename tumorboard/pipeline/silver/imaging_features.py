"""Numbers about images: geometry of the series, and the tumour sizes that were measured and reported.

Pixel features are not computed here: a build reads tables only. See `pixels.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.columns import DEID, Column, NotNull
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.fhir import Fhir
from tumorboard.pipeline.silver.evidence import union
from tumorboard.pipeline.silver.fhir import (
    METHOD,
    SOURCE,
    Moment,
    codes,
    dig,
    has,
    listed,
    number,
    observed,
    own_id,
    stands,
    state,
    words,
)
from tumorboard.pipeline.silver.imaging import Imaging
from tumorboard.pipeline.silver.rows import Received, Row, each_patient

SIZE, LONGEST = {"21889-1"}, "33728-7"  # LOINC: size of tumour; its maximum dimension
# Feature, its value from a row of silver.imaging, its unit
_GEOMETRY = (
    ("slices", "instances", "1"),
    ("scan_length_mm", "instances * slice_spacing", "mm"),
    ("voxel_mm3", "pixel_spacing * pixel_spacing * slice_spacing", "mm3"),
)
_MM = {"mm": 1.0, "millimeter": 1.0, "cm": 10.0, "centimeter": 10.0}


@table("silver.imaging_features", key=("patient_key", "feature_id"))
class ImagingFeatures:
    """Features by name: tumor_size_mm, tumor_size_change, slices, scan_length_mm, voxel_mm3."""

    feature_id = Column(str, "Identity within the patient", NotNull(), tags=DEID)
    series_id = Column(str, "Series it was taken from; empty for a reported measurement", tags=DEID)
    feature = Column(str, "Name of the feature", NotNull(), tags=DEID)
    value = Column(float, "Its value in `unit`", NotNull())
    unit = Column(str, "Unit (UCUM)", tags=DEID)
    measured_on = Column(date, "Day of the examination")


@builds(ImagingFeatures, reads=[Imaging, Fhir])
def build(imaging: DataFrame, fhir: DataFrame) -> DataFrame:
    observations = fhir.filter(
        (F.col("kind") == "Observation") & F.col("payload").rlike("21889-1|mcode-tumor-size")
    )
    sizes = each_patient(
        observations, ImagingFeatures, measured, origin="structured", method=METHOD, source=SOURCE
    )
    return union(sizes, *(_geometry(imaging, *feature) for feature in _GEOMETRY))


def _geometry(imaging: DataFrame, feature: str, value: str, unit: str) -> DataFrame:
    """A feature of every series whose images are here."""
    kept = ("patient_key", "series_id", "source_table", "source_row", "file_hash", "file_name", "locator",
            "source_path", "origin", "method", "system", "recorded_on")  # fmt: skip
    return (
        imaging.filter(F.col("rows").isNotNull())
        .select(
            *kept,
            F.substring(F.sha2(F.concat_ws("|", F.lit(feature), "series_id"), 256), 1, 16).alias(
                "feature_id"
            ),
            F.lit(feature).alias("feature"),
            F.expr(value).cast("double").alias("value"),
            F.lit(unit).alias("unit"),
            F.col("performed_on").alias("measured_on"),
        )
        .filter(F.col("value").isNotNull())
    )


def measured(observations: list[Received]) -> Iterator[Row]:
    """Reported tumour sizes in mm, and the change of each against the first, in percent."""
    sizes = [found for item in observations if (found := size(item))]
    sizes.sort(key=lambda found: found[1].on or date.max)
    for number_, (item, when, path, millimetres) in enumerate(sizes):
        about = {"measured_on": when.on, "series_id": None}
        yield state(
            item,
            path,
            feature_id=own_id(item, "size"),
            feature="tumor_size_mm",
            value=millimetres,
            unit="mm",
            **about,
        )
        first = sizes[0][3]
        if number_ and first:
            change = round(100 * (millimetres - first) / first, 2)
            yield state(
                item,
                path,
                feature_id=own_id(item, "change"),
                feature="tumor_size_change",
                value=change,
                unit="%",
                **about,
            )


def size(item: Received) -> tuple[Received, Moment, str, float] | None:
    """The longest diameter of a tumour-size observation in mm, with its day and its place."""
    resource = item.payload
    if not stands(resource) or not has(resource, SIZE, "mcode-tumor-size"):
        return None
    parts = [
        (f"$.component[{i}].valueQuantity.value", part)
        for i, part in enumerate(listed(resource.get("component")))
    ]
    longest = [(path, part) for path, part in parts if LONGEST in codes(part.get("code"))]
    for path, part in [*longest, ("$.valueQuantity.value", resource)]:
        unit = words(dig(part, "valueQuantity", "code")) or words(dig(part, "valueQuantity", "unit"))
        value = number(dig(part, "valueQuantity", "value"))
        if value is not None and unit in _MM:
            return item, observed(resource), path, round(value * _MM[unit], 3)
    return None
