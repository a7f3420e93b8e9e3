"""Which function does which kind of background work."""

from __future__ import annotations

from django.utils.module_loading import import_string

from tumorboard.runs.codes import (
    EXTRACT,
    MAINTAIN,
    PROPOSE,
    PUBLISH,
    REGISTER,
    SCORE,
    SCREEN,
    SCRUB,
    SYNC,
    WATCH,
)
from tumorboard.runs.proposing import propose_readings
from tumorboard.runs.scoring import score_patients
from tumorboard.runs.screening import screen_patients
from tumorboard.runs.watching import watch_models
from tumorboard.runs.working import Attempt, Work


def _when_needed(path: str) -> Work:
    """Work that opens the lake, or whose libraries take seconds to load: the worker that does it loads it,
    never the web, which names the kinds of work too."""

    def work(attempt: Attempt) -> str:
        return str(import_string(path)(attempt))

    return work


KINDS: dict[str, Work] = {
    SCREEN: screen_patients,
    SCORE: score_patients,
    WATCH: watch_models,
    MAINTAIN: _when_needed("tumorboard.runs.maintaining.maintain"),
    SCRUB: _when_needed("tumorboard.runs.maintaining.scrub"),
    SYNC: _when_needed("tumorboard.runs.syncing.sync_trials"),
    PUBLISH: _when_needed("tumorboard.runs.curating.publish_draft"),
    PROPOSE: propose_readings,
    EXTRACT: _when_needed("tumorboard.runs.extracting.make_extract"),
    REGISTER: _when_needed("tumorboard.runs.registering.register_models"),
}
