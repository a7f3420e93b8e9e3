"""The job `register`: tell MLflow's registry which state each model is in."""

from __future__ import annotations

from tumorboard.runs import tracking
from tumorboard.runs.working import Attempt
from tumorboard.scores.models import ScoringModel
from tumorboard.scores.status import ModelState


def register_models(attempt: Attempt) -> str:
    """States and aliases of every model that has a run. Done twice it is as done once."""
    models = list(ScoringModel.objects.exclude(run_id=""))
    for model in models:
        tracking.register(
            name=model.name,
            version=model.version,
            run_id=model.run_id,
            state=model.state,
            aliases=_aliases(model.name),
        )
    return f"models: {len(models)}"


def _aliases(name: str) -> dict[str, str]:
    """`approved` and the newest `silent` version of a name."""
    found = {}
    for state in (ModelState.SILENT, ModelState.APPROVED):
        model = ScoringModel.objects.filter(name=name, state=state).order_by("changed_at").last()
        if model is not None:
            found[state.value] = model.version
    return found
