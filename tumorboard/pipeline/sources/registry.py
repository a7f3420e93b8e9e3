"""ClinicalTrials.gov records (API version 2): one study per file, an answer page, or a list of studies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tumorboard.pipeline.sources.files import json_outline, read_json
from tumorboard.pipeline.sources.reading import Notice, Reading, Rejected, SourceRow, Unreadable

_NCT = re.compile(r"NCT\d{8}")
# fmt: off
_STATUSES = frozenset((
    "ACTIVE_NOT_RECRUITING", "COMPLETED", "ENROLLING_BY_INVITATION", "NOT_YET_RECRUITING", "RECRUITING",
    "SUSPENDED", "TERMINATED", "WITHDRAWN", "AVAILABLE", "NO_LONGER_AVAILABLE", "TEMPORARILY_NOT_AVAILABLE",
    "APPROVED_FOR_MARKETING", "WITHHELD", "UNKNOWN",
))
# fmt: on


class Registry:
    """Reader of trial registry records."""

    name = "registry"
    version = "1.0"

    def recognises(self, path: Path, head: bytes) -> bool:
        shape, fields = json_outline(head)
        if "protocolSection" in fields:
            return True
        return shape == "object" and "studies" in fields and b'"protocolSection"' in head

    def read(self, path: Path) -> Iterator[Reading]:
        document = read_json(path)
        for place, study in _studies(document):
            yield from _study(place, study)
        if isinstance(document, dict) and document.get("nextPageToken"):
            yield Notice("$.nextPageToken", "this is one page of a longer answer; fetch the other pages too")


def _studies(document: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(document, dict) and "protocolSection" in document:
        yield "$", document
        return
    prefix, studies = (
        ("$.studies", document.get("studies")) if isinstance(document, dict) else ("$", document)
    )
    if not isinstance(studies, list):
        raise Unreadable("neither a study nor a list of studies", "$")
    for index, study in enumerate(studies):
        yield f"{prefix}[{index}]", study


def _study(place: str, study: Any) -> Iterator[Reading]:
    number = _at(study, "protocolSection", "identificationModule", "nctId")
    if not isinstance(number, str) or not _NCT.fullmatch(number):
        yield Rejected(place, "the record has no NCT number", "protocolSection.identificationModule.nctId")
        return
    yield SourceRow(place, "study", study)
    status = _at(study, "protocolSection", "statusModule", "overallStatus")
    if status not in _STATUSES:
        message = "overallStatus is missing or a word the registry did not use before"
        yield Notice(f"{place}.protocolSection.statusModule.overallStatus", message)
    if not _at(study, "protocolSection", "eligibilityModule", "eligibilityCriteria"):
        yield Notice(f"{place}.protocolSection.eligibilityModule", "the record has no eligibility text")


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
