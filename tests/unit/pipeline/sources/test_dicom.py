from __future__ import annotations

import io
import zlib

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
)

from tests.unit.pipeline.sources.readings import everything, notices, rows, written
from tumorboard.pipeline.sources import dicom
from tumorboard.pipeline.sources.dicom import Dicom
from tumorboard.pipeline.sources.reading import Subject, Unreadable


def image(**more) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = "1.2.3.1"
    dataset.StudyInstanceUID = "1.2.3"
    dataset.SeriesInstanceUID = "1.2.3.4"
    dataset.PatientID = "SYN-0001"
    dataset.PatientName = "Secret^Name"
    dataset.Modality = "CT"
    dataset.Rows, dataset.Columns, dataset.BitsAllocated, dataset.SamplesPerPixel = 4, 6, 16, 1
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 15, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelSpacing = [0.5, 0.7]
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1024
    dataset.PixelData = bytes(48)
    for keyword, value in more.items():
        setattr(dataset, keyword, value)
    return dataset


def stored(dataset: Dataset, syntax=ExplicitVRLittleEndian) -> bytes:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    target = io.BytesIO()
    pydicom.dcmwrite(target, dataset, enforce_file_format=True)
    return target.getvalue()


def test_the_header_is_kept_without_name_and_pixels(tmp_path):
    content = stored(image())
    path = written(tmp_path, "a", content)
    assert Dicom().recognises(path, content)
    [row] = everything(Dicom(), path)
    assert (row.locator, row.kind) == ("SOPInstanceUID 1.2.3.1", "instance")
    assert row.subject == Subject("mrn", "SYN-0001")
    assert row.payload["PixelSpacing"] == [0.5, 0.7]
    assert (row.payload["RescaleIntercept"], row.payload["Rows"]) == (-1024.0, 4)
    assert row.payload["TransferSyntaxUID"] == ExplicitVRLittleEndian
    assert "Secret" not in str(row.payload)


def test_another_hospital_numbers_its_own_patients(tmp_path):
    [row] = everything(Dicom(), written(tmp_path, "a", stored(image(IssuerOfPatientID="ELSEWHERE"))))
    assert row.subject == Subject("mrn:ELSEWHERE", "SYN-0001")


@pytest.mark.parametrize("number", ["", "ANONYMOUS", "0"])
def test_without_a_record_number_the_study_stands_for_the_patient(tmp_path, number):
    path = written(tmp_path, "a", stored(image(PatientID=number)))
    assert rows(Dicom(), path)[0].subject == Subject("dicom-study", "1.2.3")
    assert "only if FHIR names it" in notices(Dicom(), path)[0].message


def test_burned_in_text_is_said(tmp_path):
    path = written(tmp_path, "a", stored(image(BurnedInAnnotation="YES")))
    assert "may name the patient" in notices(Dicom(), path)[0].message


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID"])
def test_an_incomplete_object_is_refused(tmp_path, keyword):
    dataset = image()
    del dataset[keyword]
    with pytest.raises(Unreadable, match=f"{keyword} is missing"):
        everything(Dicom(), written(tmp_path, "a", stored(dataset)))


def test_a_file_that_ends_before_its_last_pixel_is_refused(tmp_path):
    whole = stored(image(PixelData=bytes(2 * 64 * 64), Rows=64, Columns=64))
    assert len(everything(Dicom(), written(tmp_path, "whole", whole))) == 1
    with pytest.raises(Unreadable, match="before its last pixel"):
        everything(Dicom(), written(tmp_path, "cut", whole[:6000]))


@pytest.mark.parametrize("size", [140, 200, 400])
def test_a_file_cut_in_its_header_is_refused(tmp_path, size):
    with pytest.raises(Unreadable):
        everything(Dicom(), written(tmp_path, "cut", stored(image())[:size]))


def test_compressed_pixels_are_not_measured(tmp_path):
    dataset = image(PixelData=pydicom.encaps.encapsulate([b"12"]))
    assert rows(Dicom(), written(tmp_path, "a", stored(dataset, JPEG2000Lossless)))


def test_a_small_deflated_file_is_read(tmp_path):
    content = stored(image(), DeflatedExplicitVRLittleEndian)
    assert rows(Dicom(), written(tmp_path, "a", content))[0].payload["Modality"] == "CT"


def test_a_deflated_file_above_the_limit_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(dicom, "MAX_INFLATED_BYTES", 1_000_000)
    content = stored(image(PixelData=bytes(5_000_000)), DeflatedExplicitVRLittleEndian)
    assert len(content) < 20_000
    with pytest.raises(Unreadable, match="deflated data set is larger"):
        everything(Dicom(), written(tmp_path, "bomb", content))


def test_odd_values_are_counted_never_quoted_nor_logged(tmp_path, caplog):
    content = stored(image()).replace(b"1.2.3.4\x00", b"SECRET!!")
    path = written(tmp_path, "a", content)
    assert "do not keep to their declared type" in notices(Dicom(), path)[0].message
    assert "SECRET" not in str(notices(Dicom(), path))
    assert rows(Dicom(), path)
    assert caplog.records == []


@pytest.mark.parametrize("content", [b"", b"\x08\x00\x05\x00", b"\x1f\x8b" + zlib.compress(b"x"), bytes(200)])
def test_what_is_no_dicom_is_refused(tmp_path, content):
    with pytest.raises(Unreadable):
        everything(Dicom(), written(tmp_path, "a", content))


def test_all_public_files_are_read(shared_data):
    files = sorted((shared_data / "imaging/pydicom").iterdir())
    found = {path.name: rows(Dicom(), path)[0].payload for path in files}
    assert len(found) == 12
    assert all(Dicom().recognises(path, path.read_bytes()[:65536]) for path in files)
    ct = found["CT_small.dcm"]
    assert (ct["Rows"], ct["Columns"], ct["RescaleIntercept"]) == (128, 128, -1024.0)
    assert {
        (found[name]["Rows"], found[name]["Columns"]) for name in found if name.startswith("MR_small")
    } == {(64, 64)}
    assert found["emri_small.dcm"]["NumberOfFrames"] == 10
    assert found["liver_1frame.dcm"]["SegmentSequence"][0]["SegmentLabel"] == "Liver"
    assert found["rtdose.dcm"]["NumberOfFrames"] == 15
    jpeg = found["examples_jpeg2k.dcm"]
    assert (jpeg["Rows"], jpeg["Columns"], jpeg["SamplesPerPixel"]) == (480, 640, 3)


def test_a_file_without_meta_header_is_read_leniently_and_said(shared_data):
    path = shared_data / "imaging/pydicom/rtstruct.dcm"
    assert len(rows(Dicom(), path)[0].payload["StructureSetROISequence"]) == 3
    assert "no file meta header" in notices(Dicom(), path)[0].message


def test_one_series_in_three_shapes_has_one_geometry(shared_data):
    folder = shared_data / "imaging/dcmqi_23x38x3"
    slices = [rows(Dicom(), path)[0] for path in sorted((folder / "image").iterdir())]
    frames = rows(Dicom(), folder / "multiframe/mf.dcm")[0]
    segments = rows(Dicom(), folder / "seg/label.seg")[0]
    assert len(slices) == 3
    assert len({row.subject for row in [*slices, frames, segments]}) == 1
    for row in [*slices, frames, segments]:
        assert (row.payload["Rows"], row.payload["Columns"]) == (38, 23)
        assert row.payload["PixelSpacing"] == [0.7, 0.7]
        assert row.payload["SliceThickness"] == 2.5
    assert frames.payload["NumberOfFrames"] == segments.payload["NumberOfFrames"] == 3
