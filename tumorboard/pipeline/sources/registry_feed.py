"""Fetch trial records from ClinicalTrials.gov (API version 2) or from a folder, those changed since a day.

Only trial records cross this line: no patient is named in a request. The address comes from a setting, never
from a page; redirects are not followed. What is fetched is written as files, which enter by the one door.
API: https://clinicaltrials.gov/data-api/api, `GET /studies` with `filter.advanced` and `pageToken`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

PAGE = 200  # records of one answer
PAGES = 2000  # more than any real answer has; a registry that never ends is refused
ANSWER_BYTES = 100_000_000
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
NUMBER = re.compile(r"NCT\d{8}")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class FeedError(RuntimeError):
    """The registry did not answer as it should. The message says what to do."""


@dataclass(frozen=True)
class Feed:
    """Where records come from: `address` is a folder, or the root of the API such as https://.../api/v2."""

    address: str
    condition: str = ""

    @property
    def is_folder(self) -> bool:
        return "://" not in self.address


def changed_since(feed: Feed, since: date | None) -> Iterator[dict[str, Any]]:
    """Records whose last update was posted on `since` or later; all of them when None. Raises FeedError."""
    yield from _of_folder(feed, since) if feed.is_folder else _of_api(feed, since)


def posted_on(study: dict[str, Any]) -> date | None:
    """The day its last update was posted; None where the record does not say."""
    stated = _at(study, "protocolSection", "statusModule", "lastUpdatePostDateStruct", "date")
    try:
        return date.fromisoformat(str(stated))
    except ValueError:
        return None


def write(study: dict[str, Any], folder: Path) -> Path | None:
    """The record as a file under its number and content; None for a record without an NCT number."""
    number = str(_at(study, "protocolSection", "identificationModule", "nctId"))
    if not NUMBER.fullmatch(number):
        return None
    content = json.dumps(study, ensure_ascii=False, sort_keys=True).encode()
    place = folder / f"{number}-{hashlib.sha256(content).hexdigest()[:12]}.json"
    place.write_bytes(content)
    return place


def _of_folder(feed: Feed, since: date | None) -> Iterator[dict[str, Any]]:
    folder = Path(feed.address)
    if not folder.is_dir():
        raise FeedError("the folder of the trial registry does not exist; mend TRIAL_REGISTRY")
    for path in sorted(folder.rglob("*.json")):
        for study in _studies(_json(path.read_bytes())):
            if _is_due(study, since):
                yield study


def _of_api(feed: Feed, since: date | None) -> Iterator[dict[str, Any]]:
    _check(feed.address)
    asked = {"pageSize": str(PAGE), "format": "json", "sort": "LastUpdatePostDate"}
    if feed.condition:
        asked["query.cond"] = feed.condition
    if since is not None:
        asked["filter.advanced"] = f"AREA[LastUpdatePostDate]RANGE[{since.isoformat()},MAX]"
    with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
        for _ in range(PAGES):
            answer = _answer(client, f"{feed.address.rstrip('/')}/studies", asked)
            yield from (study for study in _studies(answer) if _is_due(study, since))
            if not (token := answer.get("nextPageToken")):
                return
            asked["pageToken"] = str(token)
    raise FeedError(f"the registry does not end within {PAGES} pages; narrow TRIAL_REGISTRY_CONDITION")


def _answer(client: httpx.Client, address: str, asked: dict[str, str]) -> dict[str, Any]:
    try:
        answer = client.get(address, params=asked)
    except httpx.HTTPError as error:
        raise FeedError(f"the registry could not be reached ({type(error).__name__})") from None
    if answer.status_code != httpx.codes.OK:
        raise FeedError(f"the registry answered {answer.status_code}; check TRIAL_REGISTRY")
    if len(answer.content) > ANSWER_BYTES:
        raise FeedError("the registry's answer is too large")
    found = _json(answer.content)
    if not isinstance(found, dict):
        raise FeedError("the registry's answer is not in the form of API version 2; check TRIAL_REGISTRY")
    return found


def _check(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise FeedError("TRIAL_REGISTRY must be a folder or start with https://")


def _is_due(study: dict[str, Any], since: date | None) -> bool:
    """A record that does not say when it was changed is always taken."""
    posted = posted_on(study)
    return since is None or posted is None or posted >= since


def _studies(document: Any) -> list[dict[str, Any]]:
    if isinstance(document, dict) and "protocolSection" in document:
        return [document]
    listed = document.get("studies") if isinstance(document, dict) else document
    return [study for study in listed if isinstance(study, dict)] if isinstance(listed, list) else []


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _at(document: Any, *keys: str) -> Any:
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document
