"""A dated session of a board: who was there, which cases in which order, what each decision was, what
became of it. What is signed is never changed; later words are addenda."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from tumorboard.audit.phi import classify
from tumorboard.boards.models import Board
from tumorboard.cases.models import Case
from tumorboard.governance.models import PatientReach, Snapshot
from tumorboard.meetings.codes import FollowUpState, Kind, NoRecommendation, Outcome, Profession
from tumorboard.meetings.evidence import Scale
from tumorboard.meetings.status import ItemStatus, MeetingStatus

if TYPE_CHECKING:
    from tumorboard.accounts.models import User

USER = settings.AUTH_USER_MODEL


class Meetings(models.QuerySet["Meeting"]):
    def visible_to(self, user: User) -> Meetings:
        """The meetings of the boards one belongs to now."""
        return self.filter(board__in=Board.objects.of(user)) if user.is_active else self.none()

    def upcoming(self) -> Meetings:
        """Not closed, next first. A meeting that was forgotten to be closed stays in sight."""
        return self.exclude(status=MeetingStatus.CLOSED).order_by("starts_at", "pk")


class Meeting(models.Model):
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    board = models.ForeignKey(Board, on_delete=models.PROTECT, related_name="meetings")
    starts_at = models.DateTimeField()
    room = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=12, choices=MeetingStatus.choices, default=MeetingStatus.PLANNED)
    created_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    PHI: ClassVar[dict[str, str]] = classify(none="id uuid board starts_at room status created_by created_at")
    objects = Meetings.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["board", "starts_at"], name="one_meeting_at_a_time"),
            models.CheckConstraint(condition=Q(status__in=MeetingStatus.values), name="known_meeting_status"),
        ]

    def __str__(self) -> str:
        return f"{self.board}, {timezone.localtime(self.starts_at):%d %b %Y %H:%M}"


class AgendaItem(models.Model):
    """A case on a meeting's agenda, with the data as it stood when it was put there."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="items")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="agenda_items")
    position = models.PositiveSmallIntegerField()
    minutes = models.PositiveSmallIntegerField(default=10)
    presenter = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="+")
    reach = models.ForeignKey(PatientReach, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=ItemStatus.choices, default=ItemStatus.WAITING)
    started_at = models.DateTimeField(null=True, blank=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid meeting position minutes presenter snapshot reach status started_at", id="case"
    )

    class Meta:
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "position"],
                name="one_item_per_place",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(fields=["meeting", "case"], name="on_the_agenda_once"),
            models.CheckConstraint(condition=Q(minutes__range=(1, 120)), name="between_1_and_120_minutes"),
            models.CheckConstraint(condition=Q(status__in=ItemStatus.values), name="known_item_status"),
        ]

    def __str__(self) -> str:
        return f"Item {self.position} of {self.meeting_id}"

    @property
    def is_signed(self) -> bool:
        return hasattr(self, "sign_off")


class Attendance(models.Model):
    """Somebody expected at the meeting, with an account or by name, and whether they were there."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="attendance")
    user = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120, blank=True, help_text="of somebody without an account")
    profession = models.CharField(max_length=24, choices=Profession.choices, default=Profession.OTHER)
    present = models.BooleanField(default=False)

    PHI: ClassVar[dict[str, str]] = classify(none="id meeting user profession present", pii="name")

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, name="") | (Q(user=None) & ~Q(name="")),
                name="account_or_name",
            ),
            models.UniqueConstraint(fields=["meeting", "user"], name="attends_once"),
        ]

    def __str__(self) -> str:
        return self.name or str(self.user)


class Recusal(models.Model):
    """Somebody who takes no part in deciding one case."""

    item = models.ForeignKey(AgendaItem, on_delete=models.PROTECT, related_name="recusals")
    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    PHI: ClassVar[dict[str, str]] = classify(none="id item user by at", phi="reason")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "user"], name="recused_once")]


class DiscussionNote(models.Model):
    item = models.ForeignKey(AgendaItem, on_delete=models.PROTECT, related_name="notes")
    text = models.TextField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    PHI: ClassVar[dict[str, str]] = classify(none="id item by at", phi="text")

    class Meta:
        ordering = ("pk",)


class Decision(models.Model):
    """How the board decided on a case; its recommendations stand in rows of their own."""

    item = models.OneToOneField(AgendaItem, on_delete=models.PROTECT, related_name="decision")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    missing = models.TextField(blank=True, help_text="what has to be there before the case comes back")
    no_recommendation = models.CharField(max_length=20, choices=NoRecommendation.choices, blank=True)
    caveats = models.TextField(blank=True, help_text="facts still in conflict, and what they mean for this")
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id item by at", phi="outcome missing no_recommendation caveats"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="known_outcome"),
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.DEFERRED) | ~Q(missing=""), name="deferred_says_what_is_missing"
            ),
        ]


class Recommendations(models.QuerySet["Recommendation"]):
    def in_force(self) -> Recommendations:
        return self.filter(withdrawn_at=None)

    def undocumented(self) -> Recommendations:
        """Signed, in force, and nobody has said yet how it ended; the longest overdue first. `last_state` is
        what was noted last, if anything."""
        noted = FollowUp.objects.filter(recommendation=OuterRef("pk")).order_by("-on", "-pk")
        signed = self.in_force().filter(item__sign_off__isnull=False)
        stated = signed.annotate(last_state=Subquery(noted.values("state")[:1]))
        running = Q(last_state=None) | Q(last_state=FollowUpState.ONGOING)
        return stated.filter(running).order_by("due_on", "pk")


class Recommendation(models.Model):
    """One thing the board recommends. Withdrawn ones, before sign-off only, stay on record."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    item = models.ForeignKey(AgendaItem, on_delete=models.PROTECT, related_name="recommendations")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    text = models.TextField()
    agents = models.JSONField(default=list, blank=True, help_text="substances of a therapy")
    study_id = models.CharField(max_length=40, blank=True, help_text="register number: NCT, EudraCT, DRKS")
    priority = models.PositiveSmallIntegerField(default=1, help_text="1 is the first choice, 12 the last")
    evidence_scale = models.CharField(max_length=10, choices=Scale.choices, default=Scale.NONE)
    evidence_level = models.CharField(max_length=12, blank=True)
    evidence_addenda = models.JSONField(default=list, blank=True)
    evidence_on = models.DateField(null=True, blank=True)
    knowledge_version = models.CharField(max_length=60, blank=True)
    owner = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    supporting_facts = models.JSONField(default=list, blank=True, help_text="table/row_id")
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid item priority evidence_on knowledge_version owner due_on by at withdrawn_at",
        phi="kind text agents study_id evidence_scale evidence_level evidence_addenda supporting_facts",
    )
    objects = Recommendations.as_manager()

    class Meta:
        ordering = ("priority", "pk")
        constraints = [
            models.CheckConstraint(condition=Q(priority__range=(1, 12)), name="priority_between_1_and_12"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="known_kind"),
            models.CheckConstraint(
                condition=Q(evidence_scale=Scale.NONE, evidence_level="")
                | (~Q(evidence_scale=Scale.NONE) & ~Q(evidence_level="")),
                name="scale_and_level_together",
            ),
        ]

    def __str__(self) -> str:
        return f"Recommendation {self.uuid}"


class Dissent(models.Model):
    """Somebody who does not share the decision, in their own words."""

    item = models.ForeignKey(AgendaItem, on_delete=models.PROTECT, related_name="dissents")
    text = models.TextField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    PHI: ClassVar[dict[str, str]] = classify(none="id item by at", phi="text")

    class Meta:
        ordering = ("pk",)


class SignOff(models.Model):
    """The chair's signature: what was decided, its hash, and the hash of the sign-off before it."""

    item = models.OneToOneField(AgendaItem, on_delete=models.PROTECT, related_name="sign_off")
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    content = models.JSONField(help_text="everything that was signed")
    content_hash = models.CharField(max_length=64)
    previous_hash = models.CharField(max_length=64, unique=True)

    PHI: ClassVar[dict[str, str]] = classify(none="id item by at content_hash previous_hash", phi="content")


class Addendum(models.Model):
    """Words added after the decision was signed."""

    item = models.ForeignKey(AgendaItem, on_delete=models.PROTECT, related_name="addenda")
    text = models.TextField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    PHI: ClassVar[dict[str, str]] = classify(none="id item by at", phi="text")

    class Meta:
        ordering = ("pk",)


class FollowUp(models.Model):
    """What became of a recommendation, as known on a day; the last one counts."""

    recommendation = models.ForeignKey(Recommendation, on_delete=models.PROTECT, related_name="follow_ups")
    state = models.CharField(max_length=20, choices=FollowUpState.choices)
    reasons = models.JSONField(default=list, blank=True)
    on = models.DateField()
    text = models.TextField(blank=True)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    PHI: ClassVar[dict[str, str]] = classify(none="id recommendation by at", phi="state reasons on text")

    class Meta:
        ordering = ("on", "pk")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=FollowUpState.values), name="known_follow_up_state")
        ]


class Position(models.Model):
    """Where the presenter is, for the screens that follow."""

    meeting = models.OneToOneField(Meeting, on_delete=models.CASCADE, related_name="place")
    item = models.ForeignKey(AgendaItem, on_delete=models.CASCADE, related_name="+")
    slide = models.PositiveSmallIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)

    PHI: ClassVar[dict[str, str]] = classify(none="id meeting item slide changed_at")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(slide__range=(1, 6)), name="slide_1_to_6")]


def slots(starts_at: datetime, items: list[AgendaItem]) -> list[datetime]:
    """When each item's turn comes, in the order given."""
    times = [starts_at]
    for item in items[:-1]:
        times.append(times[-1] + timedelta(minutes=item.minutes))
    return times[: len(items)]
