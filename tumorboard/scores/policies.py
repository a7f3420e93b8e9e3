"""Does the state of things allow it? What a model must show, and what a signature needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tumorboard.accounts.refusals import Refused
from tumorboard.fusion import cards, criteria
from tumorboard.fusion.criteria import Mark
from tumorboard.scores.models import ScoringModel
from tumorboard.scores.status import TRANSITIONS, ModelState

Facts = Mapping[str, float | None]


def marks(model: ScoringModel, step: ModelState, measured: Facts) -> list[Mark]:
    """The criteria of a step; `measured` adds what the training run cannot know (files, scores, alerts)."""
    facts = {**cards.facts(model.report, model.card), **measured}
    return criteria.marks(step, facts, synthetic=model.synthetic)


def check_next(model: ScoringModel, step: ModelState) -> None:
    if model.next_step != step:
        raise Refused(f"This model is {model.get_state_display().lower()}: that step is not open to it.")


def check_follows(model: ScoringModel, state: ModelState) -> None:
    if state not in TRANSITIONS[ModelState(model.state)]:
        raise Refused(
            f"A model that is {model.get_state_display().lower()} cannot become {state.label.lower()}."
        )


def check_marks(found: Sequence[Mark], deviation: str) -> None:
    """No signature past a criterion that must be met; past the others only with a reason."""
    stopped = [mark.criterion.words for mark in found if mark.stops]
    if stopped:
        raise Refused(f"Not met, and nobody may sign past it: {'; '.join(stopped)}.")
    if any(mark.deviates for mark in found) and not deviation.strip():
        raise Refused("Some criteria are not met. Say why they are accepted, or do not sign.")
