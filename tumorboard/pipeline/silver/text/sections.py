"""Sections of a clinical text, by their headings, and what a section says about the facts in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

# Section -> words of its heading. What stands in it holds unless the sentence says otherwise.
_HEADINGS = {
    "family": r"family (?:medical )?history|fh|fhx",
    "past": r"past (?:medical|surgical|oncologic(?:al)?|psychiatric) history|past history|pmh|pmhx|psh"
    r"|medical history"
    r"|surgical history|previous history|prior history|comorbidit(?:y|ies)|secondary diagnos[ei]s"
    r"|referring diagnosis"
    r"|previous illnesses|previous treatments?",
    "social": r"(?:\w+ )?social history|sh|shx|habits",
    "plan": r"(?:treatment |further )?plan(?: of care)?|recommendations?|procedere|proposal",
    "wishes": r"(?:patient'?s? )?(?:wish(?:es)?|goals? of care|preferences?)|advance directive",
    "question": r"question(?: to the (?:tumou?r )?board)?|clinical question",
    "findings": r"findings?|report|microscopy|macroscopy|histology|immunohistochemistry|examination"
    r"|physical examination"
    r"|results?",
    "assessment": r"assessment|impression|conclusion|summary|opinion|evaluation|interpretation",
    "history": r"(?:clinical )?history(?: of (?:the )?present illness)?|indication|hpi|course"
    r"|hospital course|interval history|chief complaint"
    r"|reason for admission|subjective|current treatment|treatment so far",
    "diagnosis": r"diagnos[ei]s|oncologic(?:al)? diagnosis|final diagnosis|discharge diagnos[ei]s",
    "allergies": r"allergies|allergy|drug allergies",
    "medication": r"medications?|current medications?|discharge medications?",
    "labs": r"lab(?:oratory)?(?: (?:data|values|results))?",
}
_HEADING = re.compile(
    r"(?:^|(?<=[.!?;\n]))[ \t]*(?:[#*]+[ \t]*)?(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in _HEADINGS.items())
    + r")[ \t]*(?::|(?<=\w)[ \t]*\n|\*+:?)",
    re.IGNORECASE | re.MULTILINE,
)
# Any other heading of its own line, or a new paragraph after prose, ends a section that was opened in a line.
_OTHER = re.compile(r"\n[ \t]*\n|^[ \t]*(?:#+[ \t]*)?[A-Z][A-Za-z /&-]{2,40}:", re.MULTILINE)


class Section(NamedTuple):
    name: str
    start: int
    end: int


class Sections:
    """The sections of a text; `at(position)` is the name of the one a character stands in."""

    def __init__(self, text: str) -> None:
        self.found = list(_split(text))
        self._starts = [section.start for section in self.found]

    def at(self, position: int) -> str:
        index = bisect_right(self._starts, position) - 1
        section = self.found[index] if index >= 0 else None
        return section.name if section and section.start <= position < section.end else ""


def _split(text: str) -> list[Section]:
    """From heading to heading; a section with text on the heading's line ends with its paragraph."""
    marks = [(match.start(), match.end(), match.lastgroup or "") for match in _HEADING.finditer(text)]
    sections = []
    for number, (start, body, name) in enumerate(marks):
        limit = marks[number + 1][0] if number + 1 < len(marks) else len(text)
        sections.append(Section(name, start, _end(text, body, limit)))
    return sections


def _end(text: str, body: int, limit: int) -> int:
    line_end = text.find("\n", body, limit)
    on_line = text[body : line_end if line_end >= 0 else limit].strip()
    first = body if on_line else (line_end if line_end >= 0 else body) + 1
    for other in _OTHER.finditer(text, first, limit):
        if text[body : other.start()].strip():
            return other.start()
    return limit
