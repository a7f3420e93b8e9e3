"""The kinds of background work, by the code the ledger keeps."""

from __future__ import annotations

from django.utils.module_loading import import_string

from tumorboard.runs.maintaining import maintain, scrub
from tumorboard.runs.scoring import score_patients
from tumorboard.runs.screening import screen_patients
from tumorboard.runs.watching import watch_models
from tumorboard.runs.working import Attempt, Work

SCREEN, SCORE, WATCH, REGISTER = "screen", "score", "watch", "register"
MAINTAIN, SCRUB = "maintain", "scrub"


def _when_needed(path: str) -> Work:
    """Work whose libraries take seconds to load: the worker that does it loads them, never the web."""

    def work(attempt: Attempt) -> str:
        return str(import_string(path)(attempt))

    return work


KINDS: dict[str, Work] = {
    SCREEN: screen_patients,
    SCORE: score_patients,
    WATCH: watch_models,
    MAINTAIN: maintain,
    SCRUB: scrub,
    REGISTER: _when_needed("tumorboard.runs.registering.register_models"),
}
LABELS = {
    SCREEN: "Trial screening",
    SCORE: "Risk scoring",
    WATCH: "Watch of the models",
    MAINTAIN: "Maintenance of the lake",
    SCRUB: "Scrub of the lake",
    REGISTER: "Model registry",
}
