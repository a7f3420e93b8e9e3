"""What lets a job or a command read: a token for one account, some tables, a purpose and a short time."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tumorboard.audit.phi import classify
from tumorboard.governance.models.studies import Study

PERSONAL = ("notebook", "cli")  # channels of a person's own tools; a command's capability has no name


def hashed(token: str) -> str:
    """Tokens are random and long, so a plain hash keeps them; the token itself is stored nowhere."""
    return hashlib.sha256(token.encode()).hexdigest()


class CapabilityQuerySet(models.QuerySet["Capability"]):
    def in_force(self) -> CapabilityQuerySet:
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())

    def of_token(self, token: str, job_id: str) -> CapabilityQuerySet:
        return self.in_force().filter(token_hash=hashed(token), job_id=job_id)

    def personal(self) -> CapabilityQuerySet:
        """Tokens that people have made for themselves."""
        return self.filter(channel__in=PERSONAL).exclude(name="")


class Capability(models.Model):
    """The right of a piece of work to read (and, for services, to replace rows) as one account."""

    token_hash = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    purposes = models.JSONField(default=list)
    reads = models.JSONField(default=list, help_text="Names of tables")
    writes = models.JSONField(default=list, help_text="Names of tables")
    name = models.CharField(max_length=80, blank=True, help_text="What a person calls their own token")
    study = models.ForeignKey(Study, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    seal = models.CharField(max_length=64, blank=True, help_text="Of the account when the token was made")
    job_id = models.CharField(max_length=40, blank=True, db_index=True)
    channel = models.CharField(max_length=10)
    issued_by = models.CharField(max_length=150)
    issued_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True, help_text="Of a person's own token, to the minute")

    PHI: ClassVar[dict[str, str]] = classify(
        none="id token_hash purposes reads writes name study seal job_id channel issued_at expires_at "
        "revoked_at used_at",
        id="user",
        pii="issued_by",
    )

    objects = CapabilityQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("issued_at")), name="capability_is_of_some_time"
            )
        ]

    def __str__(self) -> str:
        return f"capability {self.pk} of job {self.job_id or '-'}"

    @property
    def is_personal(self) -> bool:
        return bool(self.name) and self.channel in PERSONAL

    @property
    def is_in_force(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()

    def allows(self, purpose: str, table: str) -> bool:
        return purpose in self.purposes and table in self.reads

    def allows_writing(self, table: str) -> bool:
        return table in self.writes


def live(token: str, job_id: str) -> Any:
    """The capability behind a token, or None: unknown, expired, revoked, or of another job."""
    return Capability.objects.of_token(token, job_id).select_related("user", "study").first()
