"""Every write of the review page (verdicts on facts are actions of cases)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import Refused
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.cases.models import Case
from tumorboard.cases.permissions import check_can_review_facts
from tumorboard.cases.policies import check_running
from tumorboard.review.models import Draft, ScoreOpinion


@transaction.atomic
def save_draft(*, case: Case, text: str, by: User) -> Draft:
    """Keep a new draft recommendation; the same words again change nothing.

    Refused without words, and once the case has ended.
    """
    check_can_review_facts(by, case)
    check_running(case)
    if not text.strip():
        raise Refused("Write the recommendation before you save it.")
    last = Draft.objects.select_for_update().filter(case=case).first()
    if last is not None and last.text == text:
        return last
    draft = Draft.objects.create(case=case, text=text, by=by)
    record(Event.DRAFT_SAVED, by=by, target=case, patient_key=case.patient_key, draft=draft.pk)
    return draft


@transaction.atomic
def judge_score(*, case: Case, score: Mapping[str, Any], verdict: str, reason: str, by: User) -> ScoreOpinion:
    """Keep whether a clinician agrees with a score that was shown. It changes no score.

    Refused without a reason where they disagree, and once the case has ended.
    """
    check_can_review_facts(by, case)
    check_running(case)
    if verdict not in ScoreOpinion.Verdict.values:
        raise Refused("Say whether you agree, or whether the risk is higher or lower.")
    if verdict != ScoreOpinion.Verdict.AGREE and not reason.strip():
        raise Refused("Say why you disagree: that is what the model can be improved by.")
    opinion = ScoreOpinion.objects.create(
        case=case,
        model=score["model"],
        model_version=score["model_version"],
        row_id=score["row_id"],
        verdict=verdict,
        reason=reason.strip()[:500],
        by=by,
    )
    version = score["model_version"]
    record(Event.SCORE_JUDGED, by=by, target=case, patient_key=case.patient_key, model=version)
    return opinion


@transaction.atomic
def record_export(*, case: Case, by: User) -> None:
    """Note that a case summary was made as a PDF, that is, may leave the application on paper."""
    record(Event.EXPORTED, by=by, target=case, patient_key=case.patient_key, form="pdf")
