"""The passage of a row as received that a value was read from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tumorboard.ui.passages import Passage, passage

CHARACTERS = re.compile(r"chars (\d+)-(\d+)")
STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^']+)'\]")
PATH = re.compile(rf"\$(?:{STEP.pattern})+")
MARK = "\ue000"  # a private character: no record holds it
AROUND = 160  # characters shown before and after
LONGEST = 600  # characters of the value itself
Key = str | int


def quote(payload: str, path: str, value: str) -> Passage | None:
    """The words around `path` in the payload (JSON text), with the value marked.

    `path` is `chars a-b` into the payload's text, or a JSON path such as `$.valueQuantity.value`. Where the
    path names no single value, the value itself is looked for, and must stand in one place only: a wrong
    passage would vouch for a value it does not hold. `$` names the whole row (a variant is read from all of
    it): that is shown then. Else None.
    """
    content = json.loads(payload)
    if place := CHARACTERS.fullmatch(path):
        return _in_text(content, int(place[1]), int(place[2]))
    return _at_path(content, path) or _by_value(content, value) or _whole(content, path)


def _in_text(content: Any, start: int, end: int) -> Passage | None:
    text = content.get("text") if isinstance(content, dict) else None
    if not isinstance(text, str):
        return None
    try:
        return passage(text, start, end)
    except ValueError:
        return None


def _at_path(content: Any, path: str) -> Passage | None:
    if not PATH.fullmatch(path):
        return None
    keys: list[Key] = [name or quoted or int(index) for name, index, quoted in STEP.findall(path)]
    holder = content
    for key in keys[:-1]:
        holder = _inside(holder, key)
    found = _inside(holder, keys[-1])
    if isinstance(found, dict) and isinstance(found.get("text"), str):
        return _marked(found, "text")  # a coded concept: its words, with its codes around them
    return None if found in (None, {}, []) else _marked(holder, keys[-1])


def _inside(holder: Any, key: Key) -> Any:
    if isinstance(holder, dict):
        return holder.get(key)
    if isinstance(holder, list) and isinstance(key, int) and key < len(holder):
        return holder[key]
    return None


def _marked(holder: Any, key: Key) -> Passage:
    """The object that holds the value, printed, with the value cut out as the marked part."""
    found = holder[key]
    copy: Any = dict(holder) if isinstance(holder, dict) else list(holder)
    copy[key] = MARK
    before, _, after = _printed(copy).partition(_printed(MARK))
    shown = found if isinstance(found, str) else _printed(found)
    return Passage(_end_of(before, AROUND), _start_of(shown, LONGEST), _start_of(after, AROUND))


def _by_value(content: Any, value: str) -> Passage | None:
    """Around the one place that holds `value` and nothing else, or that has it among its words."""
    if not value:
        return None
    among = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)")
    leaves = list(_leaves(content))
    for holds in (lambda leaf: leaf == value, among.search):
        places = [(holder, key) for holder, key in leaves if holds(_text(holder[key]))]
        if places:
            return _marked(*places[0]) if len(places) == 1 else None
    return None


def _whole(content: Any, path: str) -> Passage | None:
    return Passage("", _start_of(_printed(content), LONGEST), "") if path == "$" and content else None


def _leaves(content: Any) -> Iterator[tuple[Any, Any]]:
    """(holder, key) of every single value."""
    pairs = content.items() if isinstance(content, dict) else enumerate(content)
    for key, found in pairs:
        if isinstance(found, (dict, list)):
            yield from _leaves(found)
        else:
            yield content, key


def _text(leaf: Any) -> str:
    return leaf if isinstance(leaf, str) else _printed(leaf)


def _printed(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _start_of(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]} …"


def _end_of(text: str, length: int) -> str:
    return text if len(text) <= length else f"… {text[-length:]}"
