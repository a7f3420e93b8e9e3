"""Every write of the review page (verdicts on facts are actions of cases)."""

from __future__ import annotations

from django.db import transaction

from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import Refused
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.cases.models import Case
from tumorboard.cases.permissions import check_can_review_facts
from tumorboard.cases.policies import check_running
from tumorboard.review.models import Draft


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
def record_export(*, case: Case, by: User) -> None:
    """Note that a case summary was made as a PDF, that is, may leave the application on paper."""
    record(Event.EXPORTED, by=by, target=case, patient_key=case.patient_key, form="pdf")
