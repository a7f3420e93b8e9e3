"""A patient's referral to a board, who cares for it, and what people thought of its facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Case as Choice
from django.db.models import F, Q, When

from tumorboard.audit.phi import classify
from tumorboard.boards.models import Board
from tumorboard.cases.status import DECIDED, ENDED, OPEN, Status
from tumorboard.governance.models import PatientReach
from tumorboard.governance.permissions import reachable_keys

if TYPE_CHECKING:
    from tumorboard.accounts.models import User


class Urgency(models.TextChoices):
    ROUTINE = "routine", "Routine"
    SOON = "soon", "Soon"
    URGENT = "urgent", "Urgent"


# Those with a slot first, meeting by meeting; then the most urgent, longest waiting.
URGENT_FIRST = Choice(When(urgency=Urgency.URGENT, then=0), When(urgency=Urgency.SOON, then=1), default=2)
WORKLIST_ORDER = (
    F("meeting_at").asc(nulls_last=True), "meeting_uuid", "slot_at", URGENT_FIRST, "created_at", "pk",
)  # fmt: skip


def _worklist(name: str, *of: Status) -> models.Index:
    """An index in the order of the worklist: its first page looks at the first cases only."""
    shown = Q(status__in=[status.value for status in of])
    return models.Index(*WORKLIST_ORDER[:-1], "id", name=f"case_worklist_{name}", condition=shown)


class Cases(models.QuerySet["Case"]):
    def visible_to(self, user: User) -> Cases:
        """Cases of the patients a person reaches: as care team, as coordinator of the board, as a member
        while the patient is on the board's agenda, or by emergency access. One rule, kept by governance."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(patient_key__in=reachable_keys(user))

    def still_running(self) -> Cases:
        return self.exclude(status__in=ENDED)

    def in_worklist_order(self) -> Cases:
        return self.order_by(*WORKLIST_ORDER)


class Case(models.Model):
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    patient_key = models.CharField(max_length=40, db_index=True)
    board = models.ForeignKey(Board, on_delete=models.PROTECT, related_name="cases")
    question = models.TextField(help_text="what the board is asked; required")
    diagnosis_hint = models.CharField(max_length=200, blank=True)
    urgency = models.CharField(max_length=8, choices=Urgency.choices, default=Urgency.ROUTINE)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.REGISTERED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_because = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Told by the meeting when the case has a slot; no foreign key, because meetings stand above cases.
    meeting_uuid = models.UUIDField(null=True, blank=True)
    meeting_at = models.DateTimeField(null=True, blank=True)
    slot_at = models.DateTimeField(null=True, blank=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid board urgency status requested_by created_at meeting_uuid meeting_at slot_at",
        id="patient_key",
        phi="question diagnosis_hint withdrawn_because",
    )
    objects = Cases.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(question=""), name="case_has_a_question"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="known_case_status"),
            models.CheckConstraint(
                condition=~Q(status=Status.WITHDRAWN) | ~Q(withdrawn_because=""),
                name="withdrawn_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(meeting_uuid=None, meeting_at=None, slot_at=None)
                | Q(meeting_uuid__isnull=False, meeting_at__isnull=False, slot_at__isnull=False),
                name="slot_belongs_to_a_meeting",
            ),
            models.UniqueConstraint(
                fields=["patient_key", "board"],
                condition=Q(status__in=[status.value for status in OPEN]),
                name="one_open_case_per_patient_and_board",
            ),
        ]
        indexes = [
            _worklist("open", *OPEN),
            _worklist("decided", *DECIDED),
            _worklist("ended", *ENDED),
        ]

    def __str__(self) -> str:
        return f"Case {self.uuid}"


class CareTeamMember(models.Model):
    """Somebody who cares for the patient, with the reach that this opened."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="care_team")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reach = models.ForeignKey(PatientReach, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(auto_now_add=True)

    PHI: ClassVar[dict[str, str]] = classify(none="id case reach since", id="user")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="on_the_care_team_once")]

    def __str__(self) -> str:
        return str(self.user)


class FactReviews(models.QuerySet["FactReview"]):
    def latest(self) -> FactReviews:
        """The one that counts for each fact of each case: the last."""
        return self.order_by("case_id", "table", "row_id", "-pk").distinct("case_id", "table", "row_id")


class FactReview(models.Model):
    """What somebody thought of one row of the lake. Never changed: a later one outweighs it."""

    class State(models.TextChoices):
        VERIFIED = "verified", "Verified"
        DISPUTED = "disputed", "Disputed"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="fact_reviews")
    table = models.CharField(max_length=100)
    row_id = models.CharField(max_length=128)
    stated = models.CharField(max_length=64, blank=True, help_text="what the row rested on: its source row")
    label = models.CharField(max_length=120, blank=True, help_text="what the fact is called: Stage")
    state = models.CharField(max_length=8, choices=State.choices)
    reason = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id case table row_id stated state by at", phi="label reason"
    )
    objects = FactReviews.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["verified", "disputed"]), name="known_review_state"
            ),
            models.CheckConstraint(
                condition=~Q(state="disputed") | ~Q(reason=""), name="disputed_with_a_reason"
            ),
        ]
        indexes = [models.Index(fields=["case", "table", "row_id"], name="fact_review_of")]

    def __str__(self) -> str:
        return f"{self.table}/{self.row_id} {self.state}"


class CaseVisit(models.Model):
    """When somebody last looked at a case, and which facts it had then."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="visits")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now=True)
    seen = models.JSONField(default=list, help_text="row ids of gold.case_facts; no values")

    PHI: ClassVar[dict[str, str]] = classify(none="id case at seen", id="user")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="one_last_visit")]

    def __str__(self) -> str:
        return f"{self.user}, {self.at:%d %b %Y}"


class Readiness(models.Model):
    """How far a case is prepared, measured from its gold tables at the versions named. Holds no values."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="readiness")
    marks = models.JSONField(
        default=dict, help_text="row id of gold.case_facts -> '', 'unverified', 'conflict'"
    )
    modalities = models.JSONField(default=dict, help_text="modality -> status of gold.modalities")
    versions = models.JSONField(default=dict, help_text="table -> version measured")
    measured_at = models.DateTimeField(auto_now=True)

    PHI: ClassVar[dict[str, str]] = classify(none="id case versions measured_at", phi="marks modalities")

    def __str__(self) -> str:
        return f"Readiness of {self.case_id}"
