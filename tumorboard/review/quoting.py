"""The passage of a row as received that a value was read from."""

from __future__ import annotations

import json
import re
from typing import Any

from tumorboard.ui.passages import Passage, passage

CHARACTERS = re.compile(r"^chars (\d+)-(\d+)$")
STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^']+)'\]")
MARK = "\ue000"  # a private character: no record holds it


def quote(payload: str, path: str, value: str) -> Passage | None:
    """The words around `path` in the payload (JSON text), with the value marked.

    `path` is `chars a-b` into the payload's text, or a JSON path such as `$.valueQuantity.value`. Where the
    path leads nowhere, the value itself is looked for; None when it is not there either.
    """
    content = json.loads(payload)
    if place := CHARACTERS.match(path):
        return _in_text(content, int(place[1]), int(place[2]))
    return _at_path(content, path) or _by_value(content, value)


def _in_text(content: dict[str, Any], start: int, end: int) -> Passage | None:
    text = content.get("text")
    return passage(text, start, end) if isinstance(text, str) and end <= len(text) else None


def _at_path(content: Any, path: str) -> Passage | None:
    keys = [name or quoted or int(index) for name, index, quoted in STEP.findall(path)]
    if not keys:
        return None
    holder = content
    for key in keys[:-1]:
        holder = _inside(holder, key)
    found = _inside(holder, keys[-1])
    if found is None or isinstance(found, (dict, list)):
        return _marked(holder, keys[-1], found) if found else None
    return _marked(holder, keys[-1], found)


def _inside(holder: Any, key: str | int) -> Any:
    if isinstance(holder, dict):
        return holder.get(key)
    if isinstance(holder, list) and isinstance(key, int) and key < len(holder):
        return holder[key]
    return None


def _marked(holder: Any, key: str | int, found: Any) -> Passage:
    """The object that holds the value, printed, with the value cut out as the marked part."""
    copy: Any = dict(holder) if isinstance(holder, dict) else list(holder)
    copy[key] = MARK
    before, _, after = json.dumps(copy, ensure_ascii=False, indent=2).partition(
        json.dumps(MARK, ensure_ascii=False)
    )
    shown = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    return Passage(before[-400:], shown[:600], after[:400])


def _by_value(content: Any, value: str) -> Passage | None:
    text = json.dumps(content, ensure_ascii=False, indent=2)
    start = text.find(value) if value else -1
    return passage(text, start, start + len(value)) if start >= 0 else None
