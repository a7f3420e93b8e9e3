"""Sentences of a clinical text, as spans: abbreviations do not end one, line breaks of lists do."""

from __future__ import annotations

import re
from typing import NamedTuple


class Span(NamedTuple):
    """Characters `start` to `end` (exclusive) of the text."""

    start: int
    end: int


# A full stop after one of these ends no sentence.
_ABBREVIATIONS = frozenset(
    [
        "dr",
        "mr",
        "mrs",
        "ms",
        "prof",
        "st",
        "vs",
        "e.g",
        "i.e",
        "approx",
        "no",
        "nr",
        "fig",
        "resp",
        "incl",
        "ca",
        "etc",
        "al",
        "p.o",
        "i.v",
        "b.i.d",
        "t.i.d",
        "q.d",
        "a.m",
        "p.m",
        "dept",
        "ref",
        "cf",
        "max",
        "min",
        "sept",
        "oct",
        "nov",
        "dec",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "tel",
    ]
)
_BOUNDARY = re.compile(
    # a stop before a capital, a digit or the end
    r"(?P<stop>[.!?]+)(?=[\s\"')\]]*\s+[\"'(\[]?[A-Z0-9*]|[\s\"')\]]*$)"
    r"|(?P<gap>\n[ \t]*\n)"  # an empty line
    r"|(?P<item>\n(?=[ \t]*(?:[-*•#|]|\d{1,2}[.)])[ \t]))"  # a list item
    r"|(?P<heading>\n(?=[A-Z][A-Za-z /&-]{2,40}:))"  # a heading on its own line
)
_WORD_BEFORE = re.compile(r"([A-Za-z][A-Za-z.]*)$")


def sentences(text: str) -> list[Span]:
    """Spans of the sentences without the white space around them; no other character is left out."""
    found: list[Span] = []
    start = 0
    for match in _BOUNDARY.finditer(text):
        if match["stop"] and _is_abbreviation(text, match):
            continue
        found.append(Span(start, match.end()))
        start = match.end()
    found.append(Span(start, len(text)))
    return [trimmed for span in found if (trimmed := _trim(text, span)).end > trimmed.start]


def _is_abbreviation(text: str, match: re.Match[str]) -> bool:
    if match["stop"] != ".":
        return False
    before = _WORD_BEFORE.search(text[max(0, match.start() - 12) : match.start()])
    if before is None:
        return False
    word = before[1].lower()
    follows = text[match.end() : match.end() + 2].strip()[:1]
    single_letter = len(word) == 1 and word not in "ai"  # an initial, as in `J. Muster`
    return (single_letter and follows.isupper() and before[1].isupper()) or (
        word in _ABBREVIATIONS and bool(follows)
    )


def _trim(text: str, span: Span) -> Span:
    piece = text[span.start : span.end]
    left = len(piece) - len(piece.lstrip())
    return Span(span.start + left, span.start + len(piece.rstrip()) if piece.strip() else span.start + left)
