"""Stacks, frames and key images through the gate."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests.factories import review
from tests.unit.review.conftest import Record
from tests.unit.review.pages import Page, get


def series(record: Record, *names: str, shared_data: Any) -> list[str]:
    """Instances of one series in bronze, each with its file in the landing volume."""
    rows = []
    for number, name in enumerate(names):
        content = (shared_data / "imaging" / "pydicom" / name).read_bytes()
        header = {
            "SeriesInstanceUID": "1.2", "SOPInstanceUID": f"1.2.{number}", "Rows": 128, "Columns": 128,
            "ImagePositionPatient": [0, 0, -number], "Modality": "CT",
        }  # fmt: skip
        kept = review.received_file(content)
        rows.append(review.received("SYN-1", header, f"{number}.dcm", file_hash=kept, kind="instance"))
    review.publish("bronze.dicom", *rows)
    return [row["row_id"] for row in rows]


def series_row(client: Client, record: Record) -> str:
    page = Page(get(client, record, "case").text)
    found = next(c for c in page.chips if str(c["data-fact"]).startswith("silver.imaging/"))
    return str(found["data-fact"]).partition("/")[2]


def test_stack_frames_and_key_image(client: Client, record: Record, shared_data: Any) -> None:
    ids = series(record, "CT_small.dcm", "CT_small.dcm", shared_data=shared_data)
    stack = get(client, record, "stack", series_row(client, record)).json()
    assert (stack["frames"], stack["window"]) == (2, [40, 400])
    assert [url.rsplit("/", 1)[1] for url in stack["urls"]] == list(reversed(ids))  # along the body
    frame = client.get(stack["urls"][0])
    assert len(frame.content) == 128 * 128 * 2
    picture = get(client, record, "key-image", series_row(client, record))
    assert picture["Content-Type"] == "image/webp"
    assert get(client, record, "frame", ids[0], as_=record.charlie).status_code == 404


def test_an_image_sent_again_counts_once(client: Client, record: Record, shared_data: Any) -> None:
    content = (shared_data / "imaging" / "pydicom" / "CT_small.dcm").read_bytes()
    header = {"SeriesInstanceUID": "1.2", "SOPInstanceUID": "1.2.3", "Rows": 128, "Columns": 128}
    kept = review.received_file(content)
    old = review.received("SYN-1", header, "old.dcm", file_hash=kept)
    new = review.received("SYN-1", header, "new.dcm", file_hash=kept)
    report = review.received("SYN-1", {**header, "SOPInstanceUID": "1.2.4", "Rows": None}, "sr.dcm")
    new["received_at"] = old["received_at"].replace(year=2025)
    review.publish("bronze.dicom", new, old, report)
    urls = get(client, record, "stack", series_row(client, record)).json()["urls"]
    assert [url.rsplit("/", 1)[1] for url in urls] == [new["row_id"]]


def test_an_image_that_cannot_be_shown_is_refused_in_words(
    client: Client, record: Record, shared_data: Any
) -> None:
    ids = series(record, "SC_rgb_rle.dcm", shared_data=shared_data)
    answer = get(client, record, "frame", ids[0])
    assert (answer.status_code, answer.text) == (
        422, "only single-frame grey-scale images are shown as a stack",
    )  # fmt: skip
    assert get(client, record, "key-image", series_row(client, record)).status_code == 422


def test_images_that_are_not_here(client: Client, record: Record) -> None:
    """The series is known, its instances are not (not built, or the file is gone)."""
    row_id = series_row(client, record)
    assert get(client, record, "stack", row_id).status_code == 404
    assert get(client, record, "key-image", row_id).status_code == 404
    header = {"SeriesInstanceUID": "1.2", "Rows": 128, "Columns": 128}
    bronze = review.received("SYN-1", header, "x.dcm")
    review.publish("bronze.dicom", bronze)
    assert get(client, record, "frame", bronze["row_id"]).status_code == 404
    assert get(client, record, "stack", "abc").status_code == 404
