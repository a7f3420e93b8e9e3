"""The CT series: readable, consistent, and with a lesion of the size that is claimed."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from tumorboard.synthetic.phantom import TARGETS, Geometry, lesion_centre, radius_mm, volume_of
from tumorboard.synthetic.record import Record, Study
from tumorboard.synthetic.write_dicom import slices_of


def first_study(records: list[Record], plan: str) -> tuple[Record, Study]:
    return next((r, s) for r in records for s in r.studies if s.target.plan == plan and 8 < s.volume_ml < 120)


@pytest.fixture(scope="module", params=["thorax", "abdomen", "pelvis"])
def series(request: pytest.FixtureRequest, records: list[Record]) -> tuple[Record, Study, list[Dataset]]:
    record, study = first_study(records, request.param)
    return record, study, [dcmread(io.BytesIO(content)) for content in slices_of(record, study)]


def test_a_series_is_one_stack(series: tuple[Record, Study, list[Dataset]]) -> None:
    _, study, slices = series
    assert 24 <= len(slices) == study.slices <= 32
    assert {s.SeriesInstanceUID for s in slices} == {study.series_uid}
    assert len({s.SOPInstanceUID for s in slices}) == len(slices)
    places = [float(s.ImagePositionPatient[2]) for s in slices]
    assert np.allclose(np.diff(places), float(slices[0].SpacingBetweenSlices))
    assert [s.InstanceNumber for s in slices] == list(range(1, len(slices) + 1))


def test_the_header_names_a_synthetic_person(series: tuple[Record, Study, list[Dataset]]) -> None:
    record, _, slices = series
    assert str(slices[0].PatientName) == f"SYNTHETIC^{record.person.given}"
    assert slices[0].PatientID == record.person.mrn
    assert slices[0].BurnedInAnnotation == "NO"
    assert len(slices[0].StudyInstanceUID) <= 64


def test_pixels_are_hounsfield_units_of_a_body(series: tuple[Record, Study, list[Dataset]]) -> None:
    _, _, slices = series
    middle = slices[len(slices) // 2]
    hu = middle.pixel_array * float(middle.RescaleSlope) + float(middle.RescaleIntercept)
    assert hu.shape == (128, 128)
    assert hu[0, 0] < -900
    assert hu.max() > 300
    assert 0.2 < np.mean(hu > -200) < 0.7


@pytest.mark.parametrize(("organ", "around"), [("lung", -820), ("liver", 105)])
@pytest.mark.parametrize("volume_ml", [10.0, 45.0, 150.0])
def test_the_lesion_has_the_volume_that_is_claimed(organ: str, around: int, volume_ml: float) -> None:
    target = TARGETS[organ]
    geometry = Geometry(2.8, 4.0, 26, lesion_centre(target, spacing=2.8, thickness=4.0, slices=26))
    body, empty = (volume_of(target, geometry, ml, np.random.default_rng(1)) for ml in (volume_ml, 1e-9))
    changed = np.abs(body.astype(float) - empty) / abs(target.hu - around)
    measured = changed.sum() * 2.8 * 2.8 * 4.0 / 1000
    assert measured == pytest.approx(volume_ml, rel=0.12)


def test_without_metastases_the_primary_is_measured(records: list[Record]) -> None:
    for record in records:
        for study in record.studies:
            early = not record.disease.metastases and record.course.recurrence is None
            if early:
                assert study.target is TARGETS[record.disease.tumour.primary]


def test_the_radius_is_that_of_a_sphere() -> None:
    assert radius_mm(4 / 3 * np.pi) == pytest.approx(10)


def test_files_lie_in_one_folder_per_series(cohort: Path) -> None:
    folders = {p.parent for p in (cohort / "imaging").rglob("*.dcm")}
    assert folders
    for folder in folders:
        names = sorted(p.name for p in folder.iterdir())
        assert names[0] == "001.dcm"
        uids = {dcmread(p, stop_before_pixels=True).SeriesInstanceUID for p in folder.iterdir()}
        assert len(uids) == 1


def test_follow_up_shares_the_geometry(records: list[Record]) -> None:
    record = next(r for r in records if len(r.studies) > 1)
    spacings = {
        tuple(dcmread(io.BytesIO(next(slices_of(record, s))), stop_before_pixels=True).PixelSpacing)
        for s in record.studies
    }
    assert len(spacings) == 1
