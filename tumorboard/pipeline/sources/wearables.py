"""Wearables: Open mHealth data points, Fitbit and Withings answers, Apple Health exports.

All give rows of one shape (`wearable_points`). Goals are left out, since they are no measurements.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tumorboard.pipeline.sources import apple_health, fitbit, open_mhealth, withings
from tumorboard.pipeline.sources.files import head_of, json_outline, read_json
from tumorboard.pipeline.sources.reading import Notice, Reading, Unreadable


class Wearables:
    """Reader of wearable data."""

    name = "wearables"
    version = "1.0"

    def recognises(self, path: Path, head: bytes) -> bool:
        return apple_health.recognises(head) or bool(_vendor(head))

    def read(self, path: Path) -> Iterator[Reading]:
        head = head_of(path)
        if apple_health.recognises(head):
            yield from apple_health.read(path)
        elif _vendor(head) == "open mhealth":
            yield from open_mhealth.read(read_json(path))
            return
        elif _vendor(head) == "fitbit":
            yield from fitbit.read(read_json(path))
        elif _vendor(head) == "withings":
            yield from withings.read(read_json(path))
        else:
            raise Unreadable("not Open mHealth, Fitbit, Withings or Apple Health")
        yield Notice("$", "the file names no user, so its data points belong to nobody")


def _vendor(head: bytes) -> str:
    shape, fields = json_outline(head)
    if open_mhealth.recognises(fields, head):
        return "open mhealth"
    if shape != "object":
        return ""
    if fitbit.recognises(fields):
        return "fitbit"
    return "withings" if withings.recognises(fields, head) else ""
