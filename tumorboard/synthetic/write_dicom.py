"""CT series as DICOM files (PS3.3 CT Image IOD), uncompressed, 128 x 128, 16 bit, with real geometry."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from tumorboard.synthetic.dice import digest
from tumorboard.synthetic.phantom import SIZE, Geometry, lesion_centre, volume_of
from tumorboard.synthetic.record import Record, Study

INTERCEPT = -1024
BODY_PART = {"thorax": "CHEST", "abdomen": "ABDOMEN", "pelvis": "PELVIS"}


def geometry_of(record: Record, study: Study) -> Geometry:
    """The same for all examinations of a patient, so that follow-ups can be compared voxel by voxel."""
    rng = record.dice.on("geometry")
    spacing, thickness = round(rng.uniform(2.6, 3.1), 3), rng.choice([4.0, 5.0])
    centre = lesion_centre(study.target, spacing=spacing, thickness=thickness, slices=study.slices)
    return Geometry(spacing, thickness, study.slices, centre)


def slices_of(record: Record, study: Study) -> Iterator[bytes]:
    """The files of one series, feet to head, as bytes."""
    geometry = geometry_of(record, study)
    noise = np.random.Generator(np.random.PCG64(int.from_bytes(digest("noise", study.uid)[:8], "big")))
    volume = volume_of(study.target, geometry, study.volume_ml, noise)
    stored = (volume - INTERCEPT).astype("<i2")
    dataset = _series(record, study, geometry)
    for number in range(study.slices):
        yield _slice(
            dataset, record, study, geometry=geometry, number=number, pixels=stored[number].tobytes()
        )


def _series(record: Record, study: Study, geometry: Geometry) -> Dataset:
    """The attributes all slices share."""
    dataset = Dataset()
    when = record.course.on(study.day)
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.SOPClassUID = CTImageStorage
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = f"{when:%Y%m%d}"
    dataset.StudyTime = dataset.SeriesTime = dataset.AcquisitionTime = dataset.ContentTime = "111500"
    dataset.AccessionNumber = f"IM{study.name[:8].upper()}"
    dataset.Modality = "CT"
    dataset.Manufacturer = "SYNTHETIC"
    dataset.InstitutionName = record.person.site.name
    dataset.ReferringPhysicianName = ""
    dataset.StudyDescription = f"CT {study.target.plan} SYNTHETIC"
    dataset.SeriesDescription = "Axial portal venous"
    _who(dataset, record, study)
    dataset.BodyPartExamined = BODY_PART[study.target.plan]
    dataset.SliceThickness = geometry.thickness
    dataset.SpacingBetweenSlices = geometry.thickness
    dataset.KVP = 120
    dataset.PatientPosition = "HFS"
    dataset.StudyInstanceUID = study.uid
    dataset.SeriesInstanceUID = study.series_uid
    dataset.StudyID = "1"
    dataset.SeriesNumber = 1
    dataset.FrameOfReferenceUID = record.dice.uid("frame", study.day)
    dataset.PositionReferenceIndicator = ""
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    _pixels(dataset, geometry)
    return dataset


def _who(dataset: Dataset, record: Record, study: Study) -> None:
    person = record.person
    dataset.PatientName = f"SYNTHETIC^{person.given}"
    dataset.PatientID = person.mrn
    dataset.PatientBirthDate = f"{person.birth_date:%Y%m%d}"
    dataset.PatientSex = "F" if person.sex == "female" else "M"
    dataset.PatientAge = f"{int(person.age_on(record.course.on(study.day))):03d}Y"


def _pixels(dataset: Dataset, geometry: Geometry) -> None:
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows = dataset.Columns = SIZE
    dataset.PixelSpacing = [geometry.spacing, geometry.spacing]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = 1
    dataset.BurnedInAnnotation = "NO"
    dataset.WindowCenter, dataset.WindowWidth = 40, 400
    dataset.RescaleIntercept, dataset.RescaleSlope = INTERCEPT, 1
    dataset.RescaleType = "HU"


def _slice(
    dataset: Dataset, record: Record, study: Study, *, geometry: Geometry, number: int, pixels: bytes
) -> bytes:
    half = round(SIZE * geometry.spacing / 2, 3)
    dataset.SOPInstanceUID = record.dice.uid("image", study.day, number)
    dataset.InstanceNumber = number + 1
    dataset.ImagePositionPatient = [-half, -half, number * geometry.thickness]
    dataset.SliceLocation = number * geometry.thickness
    dataset.PixelData = pixels
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    buffer = io.BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()
