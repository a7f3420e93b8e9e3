"""Ask a language model how to read the criteria of a trial that the rules did not understand."""

from __future__ import annotations

from django.conf import settings

from tumorboard.runs.frames import frames
from tumorboard.runs.needs import needs
from tumorboard.runs.working import Attempt
from tumorboard.screening.actions import keep_proposals
from tumorboard.trials.eligibility.eligibility import read_eligibility
from tumorboard.trials.eligibility.proposing import Endpoint, propose

TRIALS = "silver.trials"


def endpoint() -> Endpoint | None:
    """The language model of this installation; None when none is set."""
    if not settings.LANGUAGE_MODEL_URL:
        return None
    return Endpoint(settings.LANGUAGE_MODEL_URL, settings.LANGUAGE_MODEL_NAME, settings.LANGUAGE_MODEL_KEY)


@needs(reads=(TRIALS,))
def propose_readings(attempt: Attempt) -> str:
    """The job `propose`: one question for each criterion of the trial that is not wholly understood. What
    does not round-trip to the text is dropped and counted."""
    trial_id = attempt.job.arguments["trial"]
    text = _text(trial_id)
    waiting = [
        r for r in read_eligibility(text).criteria if r.status != "understood" and r.kind != "procedural"
    ]
    kept = dropped = 0
    for number, reading in enumerate(waiting):
        if number < attempt.resume_at:
            continue
        answer = propose(endpoint(), text, reading.start, reading.end)
        dropped += len(answer.refused)
        with attempt.effect(number + 1, len(waiting)):
            kept += keep_proposals(trial_id=trial_id, text=text, proposals=answer.proposals)
    return f"criteria asked: {len(waiting)}, proposals: {kept}, dropped: {dropped}"


def _text(trial_id: str) -> str:
    found = frames([TRIALS]).get(TRIALS)
    rows = [] if found is None else found[found["trial_id"] == trial_id].to_dict("records")
    return (rows[0]["registry_text"] or "") if rows else ""
