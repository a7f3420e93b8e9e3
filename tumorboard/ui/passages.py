"""The few words of a document around the place a value was read from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """Text before the value, the value as it stands in the document, text after it."""

    before: str
    marked: str
    after: str


def passage(text: str, start: int, end: int, around: int = 240) -> Passage:
    """Cut `text` to about `around` characters on each side of [start, end), at word boundaries.

    A span outside the text means that the document and the fact do not belong together: that is refused,
    because a wrong passage would vouch for a value it does not hold.

    Raises:
        ValueError: `start` and `end` are no span of `text`.
    """
    if not 0 <= start < end <= len(text):
        raise ValueError(f"characters {start}-{end} are not in this document of {len(text)} characters")
    left = max(0, start - around)
    right = min(len(text), end + around)
    if left:
        left = min(start, text.find(" ", left, start) + 1 or left)
    if right < len(text):
        right = max(end, text.rfind(" ", end, right)) if " " in text[end:right] else right
    before = ("… " if left else "") + text[left:start]
    after = text[end:right] + (" …" if right < len(text) else "")
    return Passage(before, text[start:end], after)
