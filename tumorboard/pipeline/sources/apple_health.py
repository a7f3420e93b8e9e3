"""The export.xml of Apple Health. It is read as a stream: such files reach gigabytes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from tumorboard.pipeline.sources.files import open_bytes
from tumorboard.pipeline.sources.reading import Notice, Reading, Unreadable
from tumorboard.pipeline.sources.wearable_points import data_point, guarded

_MEASURES = {
    "HKQuantityTypeIdentifierHeartRate": "heart_rate",
    "HKQuantityTypeIdentifierRestingHeartRate": "resting_heart_rate",
    "HKQuantityTypeIdentifierStepCount": "step_count",
    "HKQuantityTypeIdentifierActiveEnergyBurned": "energy_burned",
    "HKQuantityTypeIdentifierAppleExerciseTime": "exercise_time",
    "HKQuantityTypeIdentifierAppleStandTime": "stand_time",
    "HKQuantityTypeIdentifierBodyMass": "body_weight",
    "HKQuantityTypeIdentifierHeight": "body_height",
    "HKQuantityTypeIdentifierBodyTemperature": "body_temperature",
    "HKQuantityTypeIdentifierBloodPressureSystolic": "systolic_blood_pressure",
    "HKQuantityTypeIdentifierBloodPressureDiastolic": "diastolic_blood_pressure",
    "HKQuantityTypeIdentifierOxygenSaturation": "oxygen_saturation",
    "HKQuantityTypeIdentifierDistanceWalkingRunning": "distance",
    "HKCategoryTypeIdentifierSleepAnalysis": "sleep_stage",
}


def recognises(head: bytes) -> bool:
    return b"<HealthData" in head


def read(path: Path) -> Iterator[Reading]:
    number = 0
    for element in _children(path):
        if element.tag == "Record":
            number += 1
            yield from guarded(f"/HealthData/Record[{number}]", element, _record)
        elif element.tag == "Me":
            yield Notice("/HealthData/Me", "birth date and sex of the device's owner are left out")


def _children(path: Path) -> Iterator[Element]:
    """The elements directly below the root; those within a Correlation repeat others and are not given."""
    depth = 0
    with open_bytes(path) as handle:
        try:
            root: Element | None = None
            for event, element in iterparse(handle, events=("start", "end")):
                root = element if root is None else root
                depth += 1 if event == "start" else -1
                if event == "end" and depth == 1:
                    yield element
                    root.clear()
        except ParseError as error:
            line, column = error.position
            message = "not well-formed XML; the export may be cut short"
            raise Unreadable(message, f"line {line}, column {column}") from error
        except LookupError as error:
            raise Unreadable("the XML names an unknown encoding; save it as UTF-8", "line 1") from error
        except DefusedXmlException as error:
            raise Unreadable("the XML defines entities, which is not accepted") from error


def _record(place: str, element: Element) -> Iterator[Reading]:
    received: dict[str, Any] = dict(element.attrib)
    received["metadata"] = {
        item.get("key", ""): item.get("value", "") for item in element.iter("MetadataEntry")
    }
    kind = received["type"]
    span = _time(received["startDate"]), _time(received["endDate"])
    about: dict[str, Any] = {"device": received.get("sourceName"), "modality": "sensed"}
    measure = _MEASURES.get(kind, kind)
    if kind.startswith("HKCategoryType"):
        name = kind.removeprefix("HKCategoryTypeIdentifier")
        state = received["value"].removeprefix(f"HKCategoryValue{name}")
        yield data_point(place, measure, span, received, parts={"state": state}, **about)
    else:
        value, unit = float(received["value"]), received.get("unit", "")
        yield data_point(place, measure, span, received, value=value, unit=unit, **about)


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z")
