"""Which answers are explained, and so kept, when patients are screened for many trials.

Every verdict is worked out in columns. Its explanation, one row for each criterion with evidence and what
would settle it, is the row engine's and is made where somebody will read it:

| Places in all | Kept                                                                                |
|---------------|-------------------------------------------------------------------------------------|
| up to ALL     | every place, every criterion                                                        |
| more          | the BEST places that fit or may fit, with every criterion                           |
|               | of each further one, and of each excluded one, the criterion that decides           |
|               | nothing of places out of the question: tumour type, age, sex or death excludes      |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tumorboard.trials.columns.compiled import Verdicts
from tumorboard.trials.columns.values import Ints
from tumorboard.trials.criteria import Question, Trial
from tumorboard.trials.logic import Outcome
from tumorboard.trials.patients import PatientEvidence
from tumorboard.trials.rules import Rules
from tumorboard.trials.screening import CriterionResult, LevelResult, screen

ALL = 200  # places; ten pages of a case, and 4,000 rows a patient at 20 criteria a place
BEST = 40  # of 1,000 trials a patient may fit some hundred; a board reads the first eight
EXCLUDED, UNCERTAIN, FITS, NONE = range(4)


@dataclass(frozen=True)
class Wanted:
    """Of one patient: numbers of the places explained in full, and of those told by one criterion."""

    full: frozenset[int]
    brief: frozenset[int]


def wanted(verdicts: Verdicts, trials: Sequence[Trial], places: int | None = None) -> Wanted:
    """What is kept of the places of one patient, by the rule above. `places` is their number in all trials,
    where only some of these were screened."""
    if (len(verdicts.places) if places is None else places) <= ALL:
        return Wanted(frozenset(range(len(verdicts.places))), frozenset())
    codes = verdicts.codes[:, 0]
    possible = _ranked(verdicts, np.flatnonzero(codes != EXCLUDED), trials)
    near = np.flatnonzero((codes == EXCLUDED) & verdicts.near[:, 0])
    return Wanted(frozenset(possible[:BEST]), frozenset((*possible[BEST:], *near.tolist())))


def _ranked(verdicts: Verdicts, places: Ints, trials: Sequence[Trial]) -> list[int]:
    """Fits, then uncertain, then nothing encoded; open before status unknown before closed."""
    order = {FITS: 0, UNCERTAIN: 1, NONE: 2}

    def rank(place: int) -> tuple[int, int, int]:
        of = verdicts.places[place]
        is_open = trials[of.trial].is_open
        closed = 2 if of.suspended or is_open is False else int(is_open is None)
        return order[int(verdicts.codes[place, 0])], closed, place

    return sorted(places.tolist(), key=rank)


@dataclass
class Explained:
    """The explanations of one patient, and at how many places the row engine says otherwise (a fault)."""

    found: list[tuple[int, LevelResult]]  # the trial's number with each result
    disagreeing: int = 0


def explained(
    verdicts: Verdicts,
    trials: Sequence[Trial],
    evidence: PatientEvidence,
    rules: Rules,
    *,
    places: int | None = None,
    known: dict[Question, Outcome] | None = None,
) -> Explained:
    """By the row engine. Should it ever differ from the columns it is right, and that is counted."""
    kept, made = wanted(verdicts, trials, places), Explained([])
    numbers = {(place.trial, place.level, place.code): number for number, place in enumerate(verdicts.places)}
    known = {} if known is None else known
    for number in sorted({verdicts.places[place].trial for place in kept.full | kept.brief}):
        for result in screen(trials[number], evidence, rules=rules, known=known):
            place = numbers.get((number, result.level, result.place or result.trial_id))
            if place is None or not result.enterable:
                continue
            made.disagreeing += result.verdict != verdicts.of(place, 0)
            made.found += [(number, each) for each in _shortened(result, place, kept)]
    return made


def _shortened(result: LevelResult, place: int, kept: Wanted) -> Iterator[LevelResult]:
    if place in kept.full:
        yield result
    elif place in kept.brief:
        yield replace(result, criteria=_deciding(result))


def _deciding(result: LevelResult) -> tuple[CriterionResult, ...]:
    """The first criterion that makes the verdict what it is: it excludes, or is open."""
    return tuple([each for each in result.criteria if each.decides][:1])
