"""What is asserted of a finding: negated or not, whose it is, stated, historical or only thought of.

After ConText (Harkema, Dowling, Thornblade, Chapman 2009, PMC2757457): a cue reaches over a scope, from
itself to the next termination or the end of the sentence, forwards or backwards. Section headings add what
their name says: a family history is about others, a plan is no finding.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple

from tumorboard.pipeline.silver.text import cues

NEGATION, HISTORY, HYPOTHESIS, OTHER = "negation", "history", "hypothesis", "other"
_PSEUDO, _TERMINATION = "pseudo", "termination"
_FORWARDS, _BACKWARDS = "forwards", "backwards"

# What a section says about what stands in it.
_SECTION_SAYS = {
    "family": OTHER,
    "past": HISTORY,
    "social": HISTORY,
    "allergies": HISTORY,
    "plan": HYPOTHESIS,
    "question": HYPOTHESIS,
}


_TO_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)  # str.lower can change the length of a text


class Assertion(NamedTuple):
    """How a finding is meant."""

    negated: bool
    experiencer: str  # patient, other
    certainty: str  # stated, hypothetical, historical


class Cue(NamedTuple):
    kind: str
    direction: str
    start: int
    end: int


def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for all, the longest first; a space in a pattern is any white space, ` ?` also none."""
    joined = "|".join(f"(?:{pattern})" for pattern in sorted(patterns, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{joined})(?!\w)".replace(" ?", r"\s*").replace(" ", r"\s+"))


# Tried in this order; where two cues begin together, the longer counts.
_CUES = (
    (_PSEUDO, "", _compiled(cues.PSEUDO)),
    (NEGATION, _FORWARDS, _compiled(cues.NEGATION_BEFORE)),
    (NEGATION, _BACKWARDS, _compiled(cues.NEGATION_AFTER)),
    (HISTORY, _FORWARDS, _compiled(cues.HISTORY_BEFORE)),
    (HISTORY, _BACKWARDS, _compiled(cues.HISTORY_AFTER)),
    (HYPOTHESIS, _FORWARDS, _compiled(cues.HYPOTHESIS_BEFORE)),
    (HYPOTHESIS, _BACKWARDS, _compiled(cues.HYPOTHESIS_AFTER)),
    (OTHER, _FORWARDS, _compiled(cues.OTHER_BEFORE)),
    (OTHER, _BACKWARDS, _compiled(cues.OTHER_AFTER)),
    (_TERMINATION, "", _compiled(cues.TERMINATION)),
)


def assertion(
    sentence: str, start: int, end: int, section: str = "", others: Sequence[tuple[int, int]] = ()
) -> Assertion:
    """How the finding at `start` to `end` of a sentence is meant; `section` is where the sentence stands.

    `others` are the spans of further findings: a cue inside one (`PR negative`) speaks of that one only.
    """
    free = [cue for cue in _cues(sentence) if not any(a <= cue.start and cue.end <= b for a, b in others)]
    said = {cue.kind for cue in free if _reaches(cue, sentence, start, end)}
    heading = _SECTION_SAYS.get(section)
    other = OTHER in said or heading == OTHER
    certainty = "stated"
    if HISTORY in said or heading == HISTORY:
        certainty = "historical"
    if HYPOTHESIS in said or (heading == HYPOTHESIS and HISTORY not in said):
        certainty = "hypothetical"
    return Assertion(NEGATION in said, "other" if other else "patient", certainty)


@lru_cache(maxsize=4096)
def _cues(sentence: str) -> tuple[Cue, ...]:
    """The cues of a sentence; what is part of a pseudo cue is none. The patterns are in lower case."""
    lower = sentence.lower() if sentence.isascii() else sentence.translate(_TO_LOWER)
    found = [
        Cue(kind, direction, match.start(), match.end())
        for kind, direction, pattern in _CUES
        for match in pattern.finditer(lower)
    ]
    pseudo = [cue for cue in found if cue.kind == _PSEUDO]
    return tuple(
        cue for cue in found if cue.kind != _PSEUDO and not any(_within(cue, other) for other in pseudo)
    )


def _within(cue: Cue, other: Cue) -> bool:
    return other.start <= cue.start and cue.end <= other.end


def _reaches(cue: Cue, sentence: str, start: int, end: int) -> bool:
    """Whether a cue's scope holds the finding. A cue that runs into it (`no acute` fracture) counts."""
    if cue.kind == _TERMINATION:
        return False
    if cue.start < start:
        return cue.direction == _FORWARDS and not _ends_between(sentence, cue.end, start)
    if cue.end > end:
        # backwards a cue belongs to its own subject: a bracket or a figure in between tells of another
        apart = re.search(r"[()\[\]]|,.*\d.*,", sentence[end : cue.start])
        return cue.direction == _BACKWARDS and not apart and not _ends_between(sentence, end, cue.start)
    return False


def _ends_between(sentence: str, start: int, end: int) -> bool:
    """Whether a termination, or the end of a bracket that one side stands in, lies between two places."""
    between = sentence[start:end]
    if between.count("(") != between.count(")"):
        return True
    return any(cue.kind == _TERMINATION and start <= cue.start and cue.end <= end for cue in _cues(sentence))
