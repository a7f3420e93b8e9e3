"""The kinds of background work, by the code the ledger keeps."""

from __future__ import annotations

from django.utils.module_loading import import_string

from tumorboard.runs.scoring import score_patients
from tumorboard.runs.screening import screen_patients
from tumorboard.runs.watching import watch_models
from tumorboard.runs.working import Attempt, Work

SCREEN, SCORE, WATCH, REGISTER = "screen", "score", "watch", "register"


def _when_needed(path: str) -> Work:
    """Work whose libraries take seconds to load: they are loaded by the worker that does it, not by the web."""

    def work(attempt: Attempt) -> str:
        return str(import_string(path)(attempt))

    return work


KINDS: dict[str, Work] = {
    SCREEN: screen_patients,
    SCORE: score_patients,
    WATCH: watch_models,
    REGISTER: _when_needed("tumorboard.runs.registering.register_models"),
}
LABELS = {
    SCREEN: "Trial screening",
    SCORE: "Risk scoring",
    WATCH: "Watch of the models",
    REGISTER: "Model registry",
}
