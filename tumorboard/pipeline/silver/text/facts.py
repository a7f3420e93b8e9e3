"""From a note to its facts: sentences, what they mention, how it is meant, and when it was.

Every fact quotes its note: `text[fact.start:fact.end] == fact.passage`. The passage is the mention itself;
a wish is quoted as its whole sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from tumorboard.pipeline.silver.text import background, molecular, staging, treatment
from tumorboard.pipeline.silver.text.context import Assertion, assertion
from tumorboard.pipeline.silver.text.dates import Dated, dates_in
from tumorboard.pipeline.silver.text.mentions import Matcher, Mention
from tumorboard.pipeline.silver.text.sections import Sections
from tumorboard.pipeline.silver.text.sentences import sentences

VERSION = "text-rules 1.0"

MATCHERS: tuple[Matcher, ...] = (
    staging.tnm,
    staging.group,
    staging.ecog,
    staging.karnofsky,
    staging.size,
    molecular.alterations,
    molecular.biomarkers,
    treatment.therapies,
    treatment.responses,
    treatment.progression,
    background.comorbidities,
    background.cancers,
    background.metastases,
    background.deaths,
)
# A value that was measured is a value, whatever stands around it.
_MEASURED = frozenset({"ecog", "kps", "tumor_size", "stage"})
# Typography that hides words from rules, one character for one, so that spans stay true: hyphens and blanks
# that do not break, superscript signs, table bars; the stars of bold type are handled beside it.
_PLAIN = str.maketrans({"\u2010": "-", "\u2011": "-", "\u2212": "-", "\u00a0": " ", "\u202f": " ",
                        "\u2009": " ", "⁺": "+", "⁻": "-", "|": " ", "≈": " "})  # fmt: skip
_NEAR = 80  # characters between a finding and the date that belongs to it


class Fact(NamedTuple):
    """One fact of a note. `event_on` is None where the note does not say when."""

    concept: str
    value: str
    passage: str
    start: int
    end: int
    event_on: date | None
    negated: bool
    experiencer: str
    certainty: str
    rule: str


class _Read(NamedTuple):
    """A sentence of a note, in plain characters, with all that was found in it."""

    note: str
    text: str
    start: int
    mentions: list[Mention]
    dates: list[Dated]
    written_on: date | None


def facts_of(text: str, written_on: date | None) -> Iterator[Fact]:
    """The facts of a note written on a day, in the order of the text."""
    plain = text.translate(_PLAIN).replace("**", "  ")
    sections = Sections(plain)
    for start, end in sentences(text):
        sentence = plain[start:end]
        found = _own([mention for match in MATCHERS for mention in match(sentence)])
        wishes = list(background.wishes(sentence, sections.at(start)))
        read = _Read(
            text, sentence, start, found, dates_in(sentence, written_on) if found else [], written_on
        )
        for mention in sorted(found, key=lambda mention: (mention.start, mention.concept)):
            meant = _meant(read, mention, sections.at(start + mention.start) or sections.at(start))
            yield _fact(read, mention, meant, _when(read, mention, meant))
        for mention in wishes:
            yield _fact(read, mention, Assertion(False, "patient", "stated"), written_on)


def _own(found: list[Mention]) -> list[Mention]:
    """Without the stages of other diseases: `chronic kidney disease stage 3` is no stage of the cancer."""
    other = [(mention.start, mention.end) for mention in found if mention.concept == "comorbidity"]
    return [
        m for m in found if m.concept != "stage" or not any(a <= m.start and m.end <= b for a, b in other)
    ]


def _fact(read: _Read, mention: Mention, meant: Assertion, on: date | None) -> Fact:
    start, end = read.start + mention.start, read.start + mention.end
    return Fact(mention.concept, mention.value, read.note[start:end], start, end, on, *meant, mention.rule)


def _meant(read: _Read, mention: Mention, section: str) -> Assertion:
    others = [(other.start, other.end) for other in read.mentions if other != mention]
    if mention.concept in _MEASURED:
        meant = assertion(read.text, mention.start, mention.end, "", others)
        return meant._replace(negated=False, certainty="stated")
    return assertion(read.text, mention.start, mention.end, section, others)


def _when(read: _Read, mention: Mention, meant: Assertion) -> date | None:
    """The nearest date of the sentence; without one the note's, for what holds on that day."""
    if near := _nearest(read, mention):
        return near.on
    if meant.certainty != "stated" or mention.concept == "therapy":
        return None
    return read.written_on


def _nearest(read: _Read, mention: Mention) -> Dated | None:
    """The closest date, rather after than before; none beyond what `_apart` says."""
    candidates = []
    for dated in read.dates:
        after = dated.start >= mention.end
        start, end = (mention.end, dated.start) if after else (dated.end, mention.start)
        if end - start <= _NEAR and not _apart(read, mention, start, end):
            candidates.append(((end - start) * (1 if after else 2), dated))
    return min(candidates, key=lambda candidate: candidate[0])[1] if candidates else None


def _apart(read: _Read, mention: Mention, start: int, end: int) -> bool:
    """Whether a bracket closes, or another mention of the same concept stands, between two places."""
    if ")" in re.sub(r"\([^()]*\)", "", read.text[start:end]):
        return True
    others = (other for other in read.mentions if other.concept == mention.concept and other != mention)
    return any(start <= other.start and other.end <= end for other in others)
