"""The demo's model on its way: scored in silence, then signed for by two of the demo's people."""

from __future__ import annotations

from contextlib import suppress

from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import Refused
from tumorboard.runs.console.models import measured
from tumorboard.runs.training import train_model
from tumorboard.scores.actions import sign
from tumorboard.scores.models import ScoringModel
from tumorboard.scores.status import ModelState

DEVIATION = (
    "Synthetic demonstration. The cohort is invented and small, so the criteria marked as failed are not "
    "met; accepted to show how the software works. Not for the care of any patient."
)


def train_in_silence(people: dict[str, User]) -> ScoringModel:
    """Train, and let the steward sign that the model scores without being seen. A model that fails a
    criterion nobody may sign past stays in research, and nobody is scored."""
    model = train_model(by="demo")
    if model.state == ModelState.RESEARCH:
        with suppress(Refused):
            _sign(model, ModelState.SILENT, "data steward", people["steward"])
    return model


def approve(people: dict[str, User]) -> None:
    """Clinical lead and steward sign; from then on clinicians see the scores."""
    for model in ScoringModel.objects.filter(state=ModelState.SILENT, scored__gt=0):
        _sign(model, ModelState.APPROVED, "clinical lead", people["oncologist"])
        _sign(model, ModelState.APPROVED, "data steward", people["steward"])


def _sign(model: ScoringModel, step: ModelState, part: str, by: User) -> None:
    model.refresh_from_db()
    sign(model=model, step=step, part=part, measured=measured(model), by=by, deviation=DEVIATION)
