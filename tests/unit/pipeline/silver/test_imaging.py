from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.unit.pipeline.frames import bronze, built
from tests.unit.pipeline.silver.resources import concept, observation
from tumorboard.pipeline.silver.imaging import Imaging, slice_spacing
from tumorboard.pipeline.silver.imaging_features import ImagingFeatures


def _header(number: int, series: str = "1.2.3", **more: Any) -> dict[str, Any]:
    return {
        "StudyInstanceUID": "1.2",
        "SeriesInstanceUID": series,
        "SOPInstanceUID": f"{series}.{number}",
        "Modality": "CT",
        "StudyDate": "20250302",
        "Rows": 128,
        "Columns": 128,
        "InstanceNumber": number,
        "PixelSpacing": [0.8, 0.8],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "ImagePositionPatient": [0, 0, -2.5 * number],
        "SliceThickness": 5.0,
        "BurnedInAnnotation": "NO",
        "TransferSyntaxUID": "1.2.840.10008.1.2.1",
        **more,
    }


def _dicom(spark: SparkSession, *headers: dict[str, Any]) -> Any:
    return bronze(spark, [{"kind": "instance", "payload": header} for header in headers])


def _study(**more: Any) -> dict[str, Any]:
    series = [{"uid": "9.9", "modality": {"code": "MR"}, "numberOfInstances": 40}]
    given = {"resourceType": "ImagingStudy", "status": "available", "started": "2025-04-01", "series": series}
    return {"kind": "ImagingStudy", "payload": given | more}


def test_one_row_per_series_led_by_its_first_image(spark: SparkSession) -> None:
    frame = _dicom(spark, _header(2), _header(1), _header(3), _header(1, "7.7"))
    rows = {row["series_uid"]: row for row in built(Imaging, frame, bronze(spark, []))}
    series = rows["1.2.3"]
    assert (series["instances"], series["rows"], series["pixel_spacing"]) == (3, 128, 0.8)
    assert (series["slice_spacing"], series["performed_on"]) == (2.5, date(2025, 3, 2))
    assert series["source_row"] == "row-000001"  # the image with instance number 1
    assert rows["7.7"]["slice_spacing"] == 5.0  # one slice: only its thickness is known


def test_an_image_sent_twice_counts_once(spark: SparkSession) -> None:
    (row,) = built(Imaging, _dicom(spark, _header(1), _header(1)), bronze(spark, []))
    assert row["instances"] == 1


def test_frames_of_one_object_are_its_images(spark: SparkSession) -> None:
    (row,) = built(Imaging, _dicom(spark, _header(1, NumberOfFrames=10)), bronze(spark, []))
    assert row["instances"] == 10


def test_a_series_that_only_fhir_names_stands_beside_without_pixels(spark: SparkSession) -> None:
    fhir = bronze(spark, [_study()])
    rows = built(Imaging, _dicom(spark, _header(1)), fhir)
    named = next(row for row in rows if row["series_uid"] == "9.9")
    assert (named["modality"], named["instances"], named["rows"]) == ("MR", 40, None)
    assert named["origin"] == "structured"


def test_a_series_that_is_here_is_not_listed_twice(spark: SparkSession) -> None:
    study = _study(series=[{"uid": "1.2.3", "modality": {"code": "CT"}}])
    (row,) = built(Imaging, _dicom(spark, _header(1)), bronze(spark, [study]))
    assert row["origin"] == "image"


def test_spacing_follows_the_normal_of_tilted_slices() -> None:
    tilted = [1, 0, 0, 0, 0.8, 0.6]  # normal (0, -0.6, 0.8)
    headers = [
        {"ImageOrientationPatient": tilted, "ImagePositionPatient": [0, -0.6 * step * 3, 0.8 * step * 3]}
        for step in range(3)
    ]
    assert slice_spacing(headers) == pytest.approx(3.0)
    assert slice_spacing([{}]) is None


def _size(value: float, unit: str, on: str, number: int) -> dict[str, Any]:
    part = {"code": concept("33728-7"), "valueQuantity": {"value": value, "unit": unit}}
    payload = observation("21889-1", id=f"s{number}", effectiveDateTime=on, component=[part])
    return {"kind": "Observation", "payload": payload}


def _features(
    spark: SparkSession, imaging: Any, *observations: dict[str, Any]
) -> dict[tuple[str, date], float]:
    rows = built(ImagingFeatures, imaging, bronze(spark, list(observations)))
    return {(row["feature"], row["measured_on"]): row["value"] for row in rows}


def test_sizes_in_mm_and_their_change_against_the_first(spark: SparkSession) -> None:
    nothing = spark.createDataFrame([], schema=_ddl())
    found = _features(spark, nothing, _size(30, "mm", "2025-05-01", 2), _size(2, "cm", "2025-01-01", 1))
    assert found == {
        ("tumor_size_mm", date(2025, 1, 1)): 20.0,
        ("tumor_size_mm", date(2025, 5, 1)): 30.0,
        ("tumor_size_change", date(2025, 5, 1)): 50.0,
    }


def test_a_size_in_an_unknown_unit_is_none(spark: SparkSession) -> None:
    assert _features(spark, spark.createDataFrame([], schema=_ddl()), _size(2, "inch", "2025-01-01", 1)) == {}


def test_geometry_of_the_series_that_are_here(spark: SparkSession) -> None:
    imaging = Imaging.table_name and _built_imaging(spark)
    found = _features(spark, imaging)
    day = date(2025, 3, 2)
    assert found[("slices", day)] == 3
    assert found[("scan_length_mm", day)] == pytest.approx(7.5)
    assert found[("voxel_mm3", day)] == pytest.approx(1.6)


def _built_imaging(spark: SparkSession) -> Any:
    import pyarrow as pa

    from tumorboard.lake import tables

    rows = built(Imaging, _dicom(spark, _header(1), _header(2), _header(3)), bronze(spark, [_study()]))
    shape = tables.get("silver.imaging").arrow_schema
    return spark.createDataFrame(
        pa.Table.from_pylist([{k: r.get(k) for k in shape.names} for r in rows], schema=shape)
    )


def _ddl() -> str:
    from tumorboard.lake import tables

    return ", ".join(f"{c.name} {c.spark_type}" for c in tables.get("silver.imaging").columns.values())
