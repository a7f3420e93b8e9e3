"""DICOM files: the header of each image object, never its pixels.

The payload holds the fields below by DICOM keyword; geometry that an enhanced multi-frame object keeps in its
functional groups stands beside them. Names of persons are not taken.
"""

from __future__ import annotations

import logging
import math
import struct
import warnings
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.filereader import read_file_meta_info
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian

from tumorboard.pipeline.sources.reading import Notice, Reading, SourceRow, Subject, Unreadable
from tumorboard.pipeline.sources.subjects import DICOM_STUDY, record_number_system, subject

# A deflated data set grows up to 1000 times when opened, so it is refused above this size (in bytes).
MAX_INFLATED_BYTES = 64 * 1024 * 1024
_MAX_TEXT = 64 * 1024

# fmt: off
KEYWORDS = (
    # whose, which object
    "PatientID", "IssuerOfPatientID", "PatientSex", "PatientBirthDate", "StudyInstanceUID",
    "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID", "FrameOfReferenceUID", "AccessionNumber", "StudyID",
    # what and when
    "Modality", "BodyPartExamined", "StudyDescription", "SeriesDescription", "ProtocolName", "ImageType",
    "StudyDate", "StudyTime", "SeriesDate", "AcquisitionDate", "ContentDate", "SeriesNumber",
    "InstanceNumber", "AcquisitionNumber", "ContrastBolusAgent", "Manufacturer", "ManufacturerModelName",
    "SoftwareVersions", "ConvolutionKernel", "KVP", "MagneticFieldStrength", "RepetitionTime", "EchoTime",
    "ScanningSequence",
    # pixels and their meaning
    "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated",
    "BitsStored", "HighBit", "PixelRepresentation", "RescaleSlope", "RescaleIntercept", "RescaleType",
    "WindowCenter", "WindowWidth", "PixelPaddingValue", "LossyImageCompression", "BurnedInAnnotation",
    "PatientIdentityRemoved", "DoseUnits", "DoseGridScaling", "SegmentationType",
    # geometry, in mm
    "PixelSpacing", "ImagerPixelSpacing", "SliceThickness", "SpacingBetweenSlices", "ImagePositionPatient",
    "ImageOrientationPatient", "SliceLocation", "PatientPosition", "GridFrameOffsetVector",
)
# Sequences of which a few fields are kept: the named segments and regions.
_PARTS = {
    "SegmentSequence": ("SegmentNumber", "SegmentLabel", "SegmentAlgorithmType"),
    "StructureSetROISequence": ("ROINumber", "ROIName"),
}
# fmt: on
_GEOMETRY_GROUPS = ("PixelMeasuresSequence", "PlaneOrientationSequence", "PixelValueTransformationSequence")
# pydicom warns in the log with the values it finds odd, names among them. Patient data is never logged.
logging.getLogger("pydicom").addFilter(lambda record: False)


class Dicom:
    """Reader of DICOM headers."""

    name = "dicom"
    version = "1.0"

    def recognises(self, path: Path, head: bytes) -> bool:
        return head[128:132] == b"DICM" or _begins_without_meta(head)

    def read(self, path: Path) -> Iterator[Reading]:
        with path.open("rb") as handle:
            head = handle.read(132)
        if not head:
            raise Unreadable("the file is empty; ask the sender for it again")
        if head.startswith(b"\x1f\x8b"):
            raise Unreadable("a gzip-compressed DICOM file is not read; unpack it")
        with_meta = head[128:132] == b"DICM"
        dataset, odd_values = _header(path, with_meta)
        _check(dataset, path)
        if not with_meta:
            message = "no file meta header; read as implicit VR little endian, the default of DICOM"
            yield Notice("header", message)
        if odd_values:
            yield Notice("header", f"{odd_values} values do not keep to their declared type")
        place = f"SOPInstanceUID {dataset.SOPInstanceUID}"
        yield SourceRow(place, "instance", _payload(dataset), _whose(dataset))
        yield from _notices(dataset)


def _begins_without_meta(head: bytes) -> bool:
    """An implicit little endian data set without preamble begins with group 0008 and a short first value."""
    if len(head) < 8 or head[:2] != b"\x08\x00":
        return False
    element, length = struct.unpack("<HI", head[2:8])
    return bool(element <= 0x0018 and length <= 64)


def _header(path: Path, with_meta: bool) -> tuple[Dataset, int]:
    """The data set before its pixels, and how many of its values pydicom found odd."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            source = _inflated(path) if with_meta else path
            dataset = pydicom.dcmread(source, stop_before_pixels=True, force=not with_meta)
            _payload(dataset)  # values are only decoded when asked for; what is odd about them shows here
    except Unreadable:
        raise
    except Exception as error:
        # A damaged file can fail in any of pydicom's converters, and their messages hold values.
        raise Unreadable("the DICOM header is damaged or cut short; send the file again", "header") from error
    return dataset, len(caught)


def _inflated(path: Path) -> Path | BytesIO:
    """The file itself; one that is deflated is opened up to a limit first, since pydicom has none."""
    meta = read_file_meta_info(path)
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return path
    content = path.read_bytes()
    start = 132 + 12 + int(meta.FileMetaInformationGroupLength)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflater.decompress(content[start:], MAX_INFLATED_BYTES)
    if inflater.unconsumed_tail:
        size = MAX_INFLATED_BYTES // 1024**2
        raise Unreadable(f"the deflated data set is larger than {size} MB; send it without deflate", "header")
    return BytesIO(content)


def _check(dataset: Dataset, path: Path) -> None:
    for keyword in ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        if not dataset.get(keyword):
            raise Unreadable(f"{keyword} is missing; this is no complete DICOM object", "header")
    if path.stat().st_size < _smallest_size(dataset):
        raise Unreadable("the file ends before its last pixel; send it again", "end of file")


def _smallest_size(dataset: Dataset) -> int:
    """Bytes that the pixels alone need, or 0 where they are compressed or there are none."""
    syntax = _transfer_syntax(dataset)
    if (
        not syntax.is_transfer_syntax
        or syntax.is_compressed
        or "Rows" not in dataset
        or "BitsAllocated" not in dataset
    ):
        return 0
    try:
        counts = [int(dataset.get(keyword) or 1) for keyword in ("NumberOfFrames", "SamplesPerPixel")]
        return math.prod(counts) * int(dataset.Rows) * int(dataset.Columns) * int(dataset.BitsAllocated) // 8
    except (TypeError, ValueError) as error:
        raise Unreadable("the size of the image is not stated in whole numbers", "header") from error


def _transfer_syntax(dataset: Dataset) -> Any:
    return dataset.file_meta.get("TransferSyntaxUID") or ImplicitVRLittleEndian


def _payload(dataset: Dataset) -> dict[str, Any]:
    payload = {keyword: _value(dataset.get(keyword)) for keyword in KEYWORDS if keyword in dataset}
    payload = {keyword: value for keyword, value in payload.items() if value not in (None, "")}
    payload["TransferSyntaxUID"] = str(_transfer_syntax(dataset))
    for keyword, fields in _PARTS.items():
        if parts := dataset.get(keyword):
            payload[keyword] = [_fields(part, fields) for part in parts]
    return _shared_geometry(dataset) | payload


def _shared_geometry(dataset: Dataset) -> dict[str, Any]:
    """What all frames of an enhanced object have in common (DICOM PS3.3, C.7.6.16)."""
    found: dict[str, Any] = {}
    for group in dataset.get("SharedFunctionalGroupsSequence") or []:
        for keyword in _GEOMETRY_GROUPS:
            for item in group.get(keyword) or []:
                found |= _fields(item, tuple(name for name in KEYWORDS if name in item))
    return found


def _fields(item: Dataset, keywords: tuple[str, ...]) -> dict[str, Any]:
    return {keyword: _value(item.get(keyword)) for keyword in keywords if keyword in item}


def _value(value: Any) -> Any:
    """A DICOM value as JSON: numbers stay numbers, everything else becomes text."""
    if isinstance(value, (list, MultiValue)) and not isinstance(value, Sequence):
        return [_value(item) for item in value]
    if value is None or isinstance(value, bytes):
        return None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    return str(value)[:_MAX_TEXT]


def _whose(dataset: Dataset) -> Subject | None:
    """The patient by record number; a file without one is found by its study, if FHIR knows that study."""
    issuer = str(dataset.get("IssuerOfPatientID") or "")
    named = subject(record_number_system(issuer), str(dataset.get("PatientID") or ""))
    return named or subject(DICOM_STUDY, str(dataset.StudyInstanceUID))


def _notices(dataset: Dataset) -> Iterator[Notice]:
    if subject("", str(dataset.get("PatientID") or "")) is None:
        message = "PatientID is empty or stands for nobody; the study is assigned only if FHIR names it"
        yield Notice("header", message)
    if str(dataset.get("BurnedInAnnotation") or "").upper() == "YES":
        yield Notice("header", "the pixels hold burned-in text, which may name the patient")
