"""Pixels for the page: Hounsfield units for the stack, a windowed picture for the key image."""

from __future__ import annotations

import io
import json
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pydicom
from PIL import Image
from pydicom.pixels import apply_rescale

from tumorboard.accounts.models import User
from tumorboard.cases.models import Case
from tumorboard.governance import gate
from tumorboard.governance.models import Snapshot
from tumorboard.governance.permissions import TREATMENT
from tumorboard.review.evidence import Row

LARGEST = 4096 * 4096  # pixels of one frame; more is refused before decoding
WINDOWS = {"CT": (40.0, 400.0)}


class NotAnImage(ValueError):
    """The file holds no picture this page can show; the message says why."""


@dataclass(frozen=True)
class Reader:
    """Reads images of one case for one person, through the gate."""

    case: Case
    by: User
    snapshot: Snapshot | None = None

    def instances(self, series_uid: str) -> list[Row]:
        """The images of a series in order along the body, as bronze rows with their parsed header.

        An image that was sent again counts once, as it came last. Those that cannot stand in a stack with the
        first (reports, colour, another size) are left out.
        """
        table = gate.read(self._request(columns=["row_id", "file_hash", "payload", "received_at"]))
        latest: dict[str, Row] = {}
        for row in sorted(table.to_pylist(), key=lambda row: (row["received_at"], row["row_id"])):
            header = json.loads(row["payload"])
            if header.get("SeriesInstanceUID") == series_uid and is_single_grey(header):
                latest[header.get("SOPInstanceUID") or row["row_id"]] = {**row, "header": header}
        ordered = sorted(latest.values(), key=_place)
        return [row for row in ordered if _size(row) == _size(ordered[0])]

    def frame(self, row_id: str) -> np.ndarray[Any, np.dtype[np.int16]]:
        """One frame in Hounsfield units (or the modality's own). Raises NotAnImage, gate.Refused."""
        return hounsfield(gate.read_file(self._request(row_ids=[row_id])))

    def _request(self, **narrowed: Any) -> gate.Request:
        return gate.Request(
            by=self.by,
            purpose=TREATMENT,
            table="bronze.dicom",
            patient_key=self.case.patient_key,
            snapshot=self.snapshot,
            **narrowed,
        )


def hounsfield(content: bytes) -> np.ndarray[Any, np.dtype[np.int16]]:
    """The pixels of a single-frame image, rescaled (DICOM PS3.3 C.11.1). Raises NotAnImage."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom's warnings quote the values of the header
            image = pydicom.dcmread(io.BytesIO(content))
            _check(image)
            values = apply_rescale(image.pixel_array, image)
    except NotAnImage:
        raise
    except Exception as error:  # a damaged file can fail in any of pydicom's converters and decoders
        raise NotAnImage("the pixels cannot be decoded; the file may be damaged") from error
    return np.clip(np.rint(values), -32768, 32767).astype("<i2")


def _check(image: pydicom.Dataset) -> None:
    """Refuse what cannot be shown before anything is decoded."""
    header = {name: image.get(name) for name in ("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel")}
    if not header["Rows"] or not header["Columns"]:
        raise NotAnImage("this object holds no pixels")
    if not is_single_grey(header):
        raise NotAnImage("only single-frame grey-scale images are shown as a stack")
    if int(header["Rows"]) * int(header["Columns"]) > LARGEST:
        raise NotAnImage(f"{header['Rows']} x {header['Columns']} pixels are more than this page shows")


def is_single_grey(header: Mapping[str, Any]) -> bool:
    """Whether the header tells of pixels of one frame in shades of grey."""
    frames, samples = _first(header.get("NumberOfFrames")) or 1, _first(header.get("SamplesPerPixel")) or 1
    return bool(header.get("Rows") and header.get("Columns")) and frames == 1 and samples == 1


def picture(values: np.ndarray[Any, np.dtype[np.int16]], window: tuple[float, float]) -> bytes:
    """A windowed picture as WebP."""
    centre, width = window
    grey = np.clip((values.astype(np.float32) - (centre - width / 2)) / width * 255, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(grey).resize((grey.shape[1] * 2, grey.shape[0] * 2), Image.Resampling.BICUBIC).save(
        out, "WEBP", quality=80
    )
    return out.getvalue()


def window_of(header: dict[str, Any]) -> tuple[float, float]:
    """Centre and width: the file's own (the first, where there are several), else the modality's usual."""
    centre, width = _first(header.get("WindowCenter")), _first(header.get("WindowWidth"))
    if centre is None or not width:
        return WINDOWS.get(header.get("Modality") or "", (0.0, 1000.0))
    return centre, width


def _first(value: Any) -> float | None:
    found = value[0] if isinstance(value, list) and value else value
    try:
        return float(found) if math.isfinite(float(found)) else None
    except (TypeError, ValueError):
        return None


def _place(row: Row) -> tuple[float, float]:
    header = row["header"]
    position = header.get("ImagePositionPatient") or [0, 0, 0]
    return _first(position[-1]) or 0.0, _first(header.get("InstanceNumber")) or 0.0


def _size(row: Row) -> tuple[Any, Any]:
    return row["header"]["Rows"], row["header"]["Columns"]
