"""Image series, put together from their instances, beside series that FHIR names but nobody sent."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from statistics import median

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.columns import DEID, PII, Between, Column, NotNull
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.dicom import Dicom
from tumorboard.pipeline.bronze.fhir import Fhir
from tumorboard.pipeline.silver.evidence import union
from tumorboard.pipeline.silver.fhir import (
    METHOD,
    SOURCE,
    codes,
    day,
    dig,
    listed,
    number,
    said,
    stands,
    state,
    words,
)
from tumorboard.pipeline.silver.rows import Received, Row, each_patient, each_row, identity

DICOM_METHOD = "dicom-header 1.0"


@table("silver.imaging", key=("patient_key", "series_id"))
class Imaging:
    """One row per series. A row without pixel geometry comes from FHIR: its images lie elsewhere."""

    series_id = Column(str, "Identity within the patient", NotNull(), tags=DEID)
    study_uid = Column(str, "DICOM StudyInstanceUID", tags=PII)
    series_uid = Column(str, "DICOM SeriesInstanceUID", NotNull(), tags=PII)
    modality = Column(str, "DICOM modality, such as CT", tags=DEID)
    body_part = Column(str, "Body part examined, as sent")
    description = Column(str, "Series or study description, as sent")
    performed_on = Column(date, "Day of the examination")
    instances = Column(
        int, "Images of the series that are here; for a series elsewhere those announced", tags=DEID
    )
    rows = Column(int, "Pixel rows of an image", tags=DEID)
    columns = Column(int, "Pixel columns of an image", tags=DEID)
    pixel_spacing = Column(float, "Distance of pixel rows, mm", Between(0, 100), tags=DEID)
    slice_spacing = Column(
        float, "Distance of slices, mm: median along their normal", Between(0, 1000), tags=DEID
    )
    transfer_syntax = Column(str, "DICOM transfer syntax UID", tags=DEID)
    burned_in = Column(str, "BurnedInAnnotation as stated: YES, NO or empty for not stated", tags=DEID)


@builds(Imaging, reads=[Dicom, Fhir])
def build(dicom: DataFrame, fhir: DataFrame) -> DataFrame:
    here = each_patient(dicom, Imaging, series, origin="image", method=DICOM_METHOD, source="bronze.dicom")
    studies = fhir.filter(F.col("kind") == "ImagingStudy")
    named = each_row(studies, Imaging, announced, origin="structured", method=METHOD, source=SOURCE)
    return union(
        here, named.join(here.select("patient_key", "series_id"), ["patient_key", "series_id"], "left_anti")
    )


def series(instances: list[Received]) -> Iterator[Row]:
    """One row per series from the headers of its images; an image sent twice counts once."""
    by_uid: dict[str, dict[str, Received]] = defaultdict(dict)
    for item in instances:
        image = words(item.payload.get("SOPInstanceUID")) or item.row_id
        by_uid[words(item.payload.get("SeriesInstanceUID"))].setdefault(image, item)
    for uid in sorted(by_uid):
        yield _series(uid, sorted(by_uid[uid].values(), key=_place))


def _place(item: Received) -> tuple[float, str]:
    return number(item.payload.get("InstanceNumber")) or 0, item.row_id


def _series(uid: str, images: list[Received]) -> Row:
    first = images[0]
    header = first.payload
    performed = _day(header, "SeriesDate", "AcquisitionDate", "StudyDate", "ContentDate")
    frames = sum(int(number(item.payload.get("NumberOfFrames")) or 1) for item in images)
    return first.row(
        "$",
        system=words(header.get("Manufacturer")) or "DICOM",
        recorded_on=performed,
        series_id=identity("series", uid),
        study_uid=words(header.get("StudyInstanceUID")) or None,
        series_uid=uid or None,
        modality=words(header.get("Modality")) or None,
        body_part=words(header.get("BodyPartExamined")) or None,
        description=words(header.get("SeriesDescription")) or words(header.get("StudyDescription")) or None,
        performed_on=performed,
        instances=frames,
        rows=_whole(header.get("Rows")),
        columns=_whole(header.get("Columns")),
        pixel_spacing=_first(header.get("PixelSpacing")) or _first(header.get("ImagerPixelSpacing")),
        slice_spacing=slice_spacing([item.payload for item in images]),
        transfer_syntax=words(header.get("TransferSyntaxUID")) or None,
        burned_in=words(header.get("BurnedInAnnotation")).upper(),
    )


def slice_spacing(headers: list[Row]) -> float | None:
    """Median distance of neighbouring slices along the slice normal, mm (DICOM PS3.3, C.7.6.2.1.1).

    SliceThickness is only the fallback: slices may overlap or leave gaps.
    """
    normal = _normal(headers[0])
    places = sorted(p for header in headers if (p := _along(normal, header)) is not None)
    steps = [after - before for before, after in pairwise(places) if after - before > 1e-3]
    if steps:
        return round(median(steps), 4)
    stated = (number(headers[0].get(name)) for name in ("SpacingBetweenSlices", "SliceThickness"))
    return next((abs(value) for value in stated if value), None)


def _normal(header: Row) -> list[float]:
    axes = _numbers(header.get("ImageOrientationPatient"), 6) or [1, 0, 0, 0, 1, 0]
    (ax, ay, az), (bx, by, bz) = axes[:3], axes[3:]
    return [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx]


def _along(normal: list[float], header: Row) -> float | None:
    position = _numbers(header.get("ImagePositionPatient"), 3)
    return sum(a * b for a, b in zip(normal, position, strict=True)) if position else None


def _numbers(value: object, count: int) -> list[float] | None:
    found = [number(part) for part in value] if isinstance(value, list) else []
    kept = [part for part in found if part is not None]
    return kept if len(kept) == count == len(found) else None


def _first(value: object) -> float | None:
    return number(value[0]) if isinstance(value, list) and value else number(value)


def _whole(value: object) -> int | None:
    found = number(value)
    return None if found is None else int(found)


def _day(header: Row, *names: str) -> date | None:
    """A DICOM date, `YYYYMMDD` (or with dots in old files)."""
    for name in names:
        digits = words(header.get(name)).replace(".", "").replace("-", "")
        if re.fullmatch(r"\d{8}", digits) and (found := day(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")):
            return found
    return None


def announced(item: Received) -> Iterator[Row]:
    """The series a FHIR ImagingStudy names."""
    study = item.payload
    if not stands(study):
        return
    for index, part in enumerate(listed(study.get("series"))):
        uid = words(part.get("uid"))
        modality = words(dig(part, "modality", "code")) or next(
            iter(sorted(codes({"coding": study.get("modality")}))), ""
        )
        performed = day(part.get("started")) or day(study.get("started"))
        yield state(
            item,
            f"$.series[{index}]",
            series_id=identity("series", uid),
            study_uid=_study_uid(study) or None,
            series_uid=uid or None,
            modality=modality or None,
            body_part=words(dig(part, "bodySite", "display")) or None,
            description=words(part.get("description"))
            or words(study.get("description"))
            or said(study.get("procedureCode"))
            or None,
            performed_on=performed,
            instances=_whole(part.get("numberOfInstances")),
        )


def _study_uid(study: Row) -> str:
    stated = [words(found.get("value")) for found in listed(study.get("identifier"))]
    return next((value.removeprefix("urn:oid:") for value in stated if value.startswith("urn:oid:")), "")
