"""Who must answer an open question, so that a list of them can be sent out."""

from __future__ import annotations

from tumorboard.trials.criteria import (
    Alteration,
    AnyGenomicResult,
    BiomarkerNumber,
    BiomarkerState,
    Diagnosis,
    KidneyFunction,
    Lab,
    Question,
    Unsupported,
)
from tumorboard.trials.logic import Outcome, Reason

CLINIC = "treating clinic"
BOARD = "tumour board"
_BY_TYPE: dict[type, str] = {
    Alteration: "molecular laboratory",
    AnyGenomicResult: "molecular laboratory",
    BiomarkerNumber: "molecular laboratory",
    BiomarkerState: "pathologist",
    Diagnosis: "pathologist",
    Lab: "laboratory",
    KidneyFunction: "laboratory",
}
_BY_REASON = {Reason.CONFLICT: BOARD, Reason.TEXT_ONLY: "case preparation"}
_BY_TOPIC = {"consent": "patient", "judgement": CLINIC, "pregnancy": CLINIC}
_MOLECULAR = frozenset({"MSI", "MMR", "TMB", "HRD"})


def who_answers(asks: Question, outcome: Outcome) -> str:
    """The one who can settle an unknown; empty if there is nothing to settle."""
    if outcome.reason is None:
        return ""
    return _BY_REASON.get(outcome.reason) or _by_question(asks, outcome.reason)


def _by_question(asks: Question, reason: Reason) -> str:
    if isinstance(asks, Unsupported):
        return _BY_TOPIC.get(asks.topic, "trial site")
    if isinstance(asks, Alteration) and reason is Reason.INDETERMINATE:
        return "molecular pathologist"
    if isinstance(asks, BiomarkerState) and (asks.name in _MOLECULAR or asks.name.endswith("signature")):
        return "molecular laboratory"
    return _BY_TYPE.get(type(asks), CLINIC)
