"""Studies: who works on them, and how many patients have agreed. Small counts are not told."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from tumorboard.governance.models import Consent, QualityAssignment, Study, StudyMember
from tumorboard.governance.purposes import RESEARCH
from tumorboard.governance.suppression import suppressed
from tumorboard.ui.filters import any_of

OPEN, TO_COME, OVER = "open", "to_come", "over"
WINDOWS = {OPEN: "Open", TO_COME: "Not open yet", OVER: "Over"}


def search(words: str = "", window: str = "") -> QuerySet[Study]:
    """Research studies, with how many people work on each."""
    rows = Study.objects.filter(purpose=RESEARCH).order_by("code")
    if words:
        rows = rows.filter(any_of(words, "code", "title"))
    rows = rows.filter(_in_window(window, timezone.localdate()))
    return rows.annotate(people=Count("members", filter=Q(members__left_at=None)))


def _in_window(window: str, today: date) -> Q:
    over = Q(ends_on__lt=today)
    return {
        OPEN: Q(starts_on__lte=today) & ~over,
        TO_COME: Q(starts_on=None) | Q(starts_on__gt=today),
        OVER: over,
    }.get(window, Q())


def window_of(study: Study) -> str:
    today = timezone.localdate()
    if study.ends_on is not None and study.ends_on < today:
        return OVER
    return OPEN if study.is_open() else TO_COME


def consents(studies: list[Study]) -> dict[int, int | None]:
    """Patients who agree to each study now; None: too few to tell."""
    rows = Consent.objects.in_force().filter(study__in=studies).order_by().values_list("study")
    counts = dict(rows.annotate(Count("patient_key", distinct=True)))
    return {study.pk: _told(counts.get(study.pk, 0)) for study in studies}


def consents_without_study() -> list[tuple[str, int | None]]:
    """Patients who agree to training, and to germline findings; None: too few to tell."""
    rows = Consent.objects.in_force().filter(study=None).order_by().values_list("scope")
    counts = dict(rows.annotate(Count("patient_key", distinct=True)))
    scopes = [scope for scope in Consent.Scope if scope != Consent.Scope.RESEARCH]
    return [(scope.label, _told(counts.get(scope.value, 0))) for scope in scopes]


def _told(count: int) -> int | None:
    return suppressed({("patients",): count})[("patients",)]


def members(study: Study) -> QuerySet[StudyMember]:
    """Those who work on it now first."""
    return study.members.select_related("user").order_by("-left_at", "user__username")


def assignments() -> QuerySet[QualityAssignment]:
    return QualityAssignment.objects.select_related("user", "group").order_by("unit", "pk")
