"""How far the patient has come towards a recommended study: what trial screening knows feeds the follow-up.

It proposes a state; a person records it.
"""

from __future__ import annotations

from typing import Any

from tumorboard.meetings.codes import FollowUpState, Kind, Reason
from tumorboard.meetings.models import Recommendation
from tumorboard.screening.models import Referral
from tumorboard.screening.status import Declined, State

STATES = {
    State.TO_DISCUSS: FollowUpState.ONGOING,
    State.CONTACTED: FollowUpState.ONGOING,
    State.CONSENTED: FollowUpState.ONGOING,
    State.ENROLLED: FollowUpState.COMPLETED,
    State.DECLINED: FollowUpState.NOT_DONE,
}
REASONS = {
    Declined.PATIENT: Reason.PATIENT_REFUSAL,
    Declined.CLINICIAN: Reason.MEDICAL_REASONS,
    Declined.NOT_ELIGIBLE: Reason.NO_INDICATION,
    Declined.NO_SLOT: Reason.OTHER,
    Declined.TRAVEL: Reason.PATIENT_WISH,
    Declined.CONDITION: Reason.DETERIORATION,
    Declined.OTHER_TREATMENT: Reason.OTHER_THERAPY_CHOSEN,
    Declined.OTHER: Reason.OTHER,
}


def referral_of(recommendation: Recommendation) -> Referral | None:
    """The way to the recommended study, where somebody noted one; none for other recommendations."""
    if recommendation.kind != Kind.STUDY or not recommendation.study_id:
        return None
    of_patient = Referral.objects.of(recommendation.item.case.patient_key)
    return of_patient.filter(trial_id__iexact=recommendation.study_id).first()


def proposed(referral: Referral | None) -> dict[str, Any]:
    """Values for the follow-up form; empty without a referral."""
    if referral is None:
        return {}
    last = referral.steps.last()
    reasons = [REASONS[Declined(last.because)]] if last and last.because else []
    return {"state": STATES[State(referral.state)], "reasons": reasons, "on": referral.changed_at.date()}
