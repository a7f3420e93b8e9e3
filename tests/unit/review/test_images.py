"""Pixels: Hounsfield units as the file defines them, and refusals in words."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image

from tumorboard.review import images
from tumorboard.review.images import NotAnImage, hounsfield, is_single_grey, picture, window_of


@pytest.fixture(scope="module")
def dicom(shared_data: Path) -> Path:
    return shared_data / "imaging" / "pydicom"


def changed(path: Path, **fields: Any) -> bytes:
    image = pydicom.dcmread(path)
    for name, value in fields.items():
        setattr(image, name, value)
    out = io.BytesIO()
    image.save_as(out)
    return out.getvalue()


def test_ct_in_hounsfield_units(dicom: Path) -> None:
    values = hounsfield((dicom / "CT_small.dcm").read_bytes())
    assert (values.shape, values.min(), values.max()) == ((128, 128), -896, 1167)
    assert values.dtype == np.dtype("<i2")


def test_compressed_images_hold_the_same_pixels(dicom: Path) -> None:
    plain, rle, jpeg = (
        hounsfield((dicom / name).read_bytes())
        for name in ("MR_small.dcm", "MR_small_RLE.dcm", "MR_small_jp2klossless.dcm")
    )
    assert (plain.min(), plain.max()) == (127, 2145)
    assert (plain == rle).all()
    assert (plain == jpeg).all()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("emri_small.dcm", "single-frame grey-scale"),
        ("SC_rgb_rle.dcm", "single-frame grey-scale"),
        ("rtdose.dcm", "single-frame grey-scale"),
        ("test-SR.dcm", "holds no pixels"),
        ("rtplan.dcm", "holds no pixels"),
        ("rtstruct.dcm", "cannot be decoded"),  # without its file meta header
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(dicom: Path, name: str, words: str) -> None:
    with pytest.raises(NotAnImage, match=words):
        hounsfield((dicom / name).read_bytes())


def test_too_large_is_refused_before_it_is_decoded(dicom: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "apply_rescale", lambda *_: pytest.fail("decoded"))
    with pytest.raises(NotAnImage, match="65000 x 65000 pixels are more"):
        hounsfield(changed(dicom / "CT_small.dcm", Rows=65000, Columns=65000))


@pytest.mark.parametrize("keep", [0, 100, 200, 1000, 20000])
def test_a_file_cut_short_is_refused(dicom: Path, keep: int) -> None:
    with pytest.raises(NotAnImage):
        hounsfield((dicom / "CT_small.dcm").read_bytes()[:keep])


def test_a_refusal_names_nothing_of_the_patient(dicom: Path, recwarn: pytest.WarningsRecorder) -> None:
    content = changed(dicom / "CT_small.dcm", PatientName="Secret^Name")[:20000]
    with pytest.raises(NotAnImage) as refused:
        hounsfield(content)
    assert "Secret" not in str(refused.value)
    assert not recwarn.list


def test_values_beyond_16_bits_are_cut_not_wrapped(dicom: Path) -> None:
    values = hounsfield(changed(dicom / "CT_small.dcm", RescaleSlope="100"))
    assert values.max() == 32767


def test_the_window_maps_its_ends_to_black_and_white() -> None:
    values = np.array([[-2000, -160, 40, 240, 3000]] * 4, dtype="<i2").repeat(8, axis=1).repeat(8, axis=0)
    shown = np.asarray(Image.open(io.BytesIO(picture(values, (40, 400)))).convert("L"))
    assert shown.shape == (values.shape[0] * 2, values.shape[1] * 2)
    middle = shown[32, 8::16]
    assert middle[0] < 8 and middle[4] > 247
    assert abs(int(middle[2]) - 127) < 10


@pytest.mark.parametrize(
    ("header", "window"),
    [
        ({"WindowCenter": 50, "WindowWidth": 350}, (50, 350)),
        ({"WindowCenter": [50, 600], "WindowWidth": ["350", "1500"]}, (50, 350)),
        ({"Modality": "CT"}, (40, 400)),
        ({"Modality": "CT", "WindowCenter": 50, "WindowWidth": 0}, (40, 400)),
        ({"Modality": "CT", "WindowCenter": "odd", "WindowWidth": "1"}, (40, 400)),
        ({"Modality": "CT", "WindowCenter": "nan", "WindowWidth": "inf"}, (40, 400)),
        ({"Modality": None}, (0, 1000)),
        ({"WindowCenter": [], "WindowWidth": []}, (0, 1000)),
    ],
)
def test_window(header: dict[str, Any], window: tuple[float, float]) -> None:
    assert window_of(header) == window


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ({"Rows": 2, "Columns": 2}, True),
        ({"Rows": 2, "Columns": 2, "NumberOfFrames": "1", "SamplesPerPixel": 1}, True),
        ({"Rows": 2, "Columns": 2, "NumberOfFrames": 10}, False),
        ({"Rows": 2, "Columns": 2, "SamplesPerPixel": 3}, False),
        ({"Rows": 0, "Columns": 2}, False),
        ({}, False),
    ],
)
def test_what_may_stand_in_a_stack(header: dict[str, Any], shown: bool) -> None:
    assert is_single_grey(header) is shown
