"""The way of a patient towards a trial, as data. People set it; the matching never does."""

from __future__ import annotations

from django.db.models import TextChoices


class State(TextChoices):
    TO_DISCUSS = "to_discuss", "To discuss"
    CONTACTED = "contacted", "Site contacted"
    CONSENTED = "consented", "Consented"
    ENROLLED = "enrolled", "Enrolled"
    DECLINED = "declined", "Declined"


# Somebody who declined may change their mind; then it is talked about again, not silently resumed.
TRANSITIONS: dict[State, tuple[State, ...]] = {
    State.TO_DISCUSS: (State.CONTACTED, State.DECLINED),
    State.CONTACTED: (State.CONSENTED, State.DECLINED),
    State.CONSENTED: (State.ENROLLED, State.DECLINED),
    State.ENROLLED: (),
    State.DECLINED: (State.TO_DISCUSS,),
}
RUNNING = (State.TO_DISCUSS, State.CONTACTED, State.CONSENTED)


class Declined(TextChoices):
    """Why a patient and a trial did not come together."""

    PATIENT = "patient", "The patient does not want to"
    CLINICIAN = "clinician", "The treating clinician advises against it"
    NOT_ELIGIBLE = "not_eligible", "Found not eligible on screening at the site"
    NO_SLOT = "no_slot", "No free slot, or the site is closed"
    TRAVEL = "travel", "Too far to travel"
    CONDITION = "condition", "The patient's condition no longer allows it"
    OTHER_TREATMENT = "other_treatment", "Another treatment was started"
    OTHER = "other", "Another reason"


def may_follow(old: str, new: str) -> bool:
    return State(new) in TRANSITIONS[State(old)]
