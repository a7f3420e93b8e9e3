"""Who reaches which patient, and why."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone

from tumorboard.audit.phi import classify


class ReachQuerySet(models.QuerySet["PatientReach"]):
    def in_force(self) -> ReachQuerySet:
        now = timezone.now()
        return self.filter(starts_at__lte=now).filter(Q(ends_at=None) | Q(ends_at__gt=now))

    def of(self, user: Any, group_ids: list[int] | None = None) -> ReachQuerySet:
        """What lets `user` see patients now: their own relations and those of their groups (looked up once,
        or given). Both parts use an index, however many relations there are."""
        if group_ids is None:
            groups = Group.objects.filter(user=user).values("pk")
            return self.in_force().filter(Q(user=user) | Q(_any_of("group_id", groups)))
        return self.in_force().filter(Q(user=user) | Q(group__in=group_ids))


def _any_of(column: str, values: models.QuerySet[Any]) -> Func:
    """`column = any(array(select ...))`: PostgreSQL looks the array up once, then uses the index."""
    return Func(
        F(column),
        ArraySubquery(values),
        template="(%(expressions)s))",
        arg_joiner=" = any(",
        output_field=models.BooleanField(),
    )


class PatientReach(models.Model):
    """A relation that lets a person, or a board's members, see one patient for a time."""

    class Reason(models.TextChoices):
        CARE_TEAM = "care_team", "Care team"
        AGENDA = "agenda", "On the board's agenda"
        BREAK_GLASS = "break_glass", "Break-glass"

    patient_key = models.CharField(max_length=40, db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE)
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    PHI: ClassVar[dict[str, str]] = classify(
        none="id group reason starts_at ends_at", id="patient_key user opened_by"
    )

    objects = ReachQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, group__isnull=True)
                | Q(user__isnull=True, group__isnull=False),
                name="reach_is_of_one_principal",
            )
        ]
        indexes = [
            models.Index(fields=["user", "patient_key"]),
            models.Index(fields=["group", "patient_key"]),
        ]
