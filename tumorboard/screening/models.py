"""What people add to trial screening: overrides, the way to a trial, tests asked for; and what changed.

The matches themselves stand in the lake (gold.trial_matches). Nothing here alters them, and screening again
erases nothing here.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tumorboard.audit.phi import classify
from tumorboard.governance.permissions import reachable_keys
from tumorboard.screening.status import RUNNING, Declined, State

if TYPE_CHECKING:
    from tumorboard.accounts.models import User

PERSON = {"to": settings.AUTH_USER_MODEL, "on_delete": models.PROTECT, "related_name": "+"}


class OfPatient(models.QuerySet):
    """Rows about a patient: seen by those who reach the patient."""

    def visible_to(self, user: User) -> OfPatient:
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(patient_key__in=reachable_keys(user))

    def of(self, patient_key: str) -> OfPatient:
        return self.filter(patient_key=patient_key)


class Overrides(OfPatient):
    def in_force(self, at: datetime | None = None) -> Overrides:
        """Given, not withdrawn and not run out at that time (now, when none is named). Whether its fact still
        stands is asked beside the match."""
        at = at or timezone.now()
        standing = self.filter(at__lte=at).filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=at))
        return standing.filter(Q(expires_on=None) | Q(expires_on__gte=timezone.localdate(at)))


class Override(models.Model):
    """A clinician's answer to one criterion, beside the computed one. Withdrawn, never changed or deleted."""

    class Value(models.TextChoices):
        MET = "met", "Met"
        NOT_MET = "not met", "Not met"

    class Reason(models.TextChoices):
        KNOWN = "known", "Known from the patient or another hospital"
        NEWER = "newer", "Newer than the record shows"
        MISREAD = "misread", "The record or the criterion was read wrongly"
        JUDGEMENT = "judgement", "Clinical judgement"
        AGREED = "agreed", "Agreed with the trial's site"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient_key = models.CharField(max_length=40, db_index=True)
    trial_id = models.CharField(max_length=64)
    code = models.CharField(max_length=200, help_text="place in the trial: step, arm or dose")
    path = models.CharField(max_length=300, help_text="place of the criterion in the trial's tree")
    value = models.CharField(max_length=8, choices=Value.choices)
    computed = models.CharField(max_length=8, help_text="what the matching said when this was given")
    rests_on = models.CharField(max_length=64, help_text="digest of the trial version and of the evidence")
    reason = models.CharField(max_length=12, choices=Reason.choices)
    text = models.TextField(help_text="in words; required")
    by = models.ForeignKey(**PERSON)
    at = models.DateTimeField(auto_now_add=True)
    expires_on = models.DateField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(null=True, blank=True, **PERSON)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid trial_id code path rests_on by at expires_on withdrawn_at withdrawn_by",
        id="patient_key",
        phi="value computed reason text",
    )
    objects = Overrides.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="override_with_words"),
            models.CheckConstraint(condition=Q(value__in=["met", "not met"]), name="known_override"),
            models.UniqueConstraint(
                fields=["patient_key", "trial_id", "code", "path"],
                condition=Q(withdrawn_at=None),
                name="one_override_of_a_criterion",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trial_id} {self.path}: {self.value}"


class Referrals(OfPatient):
    def running(self) -> Referrals:
        return self.filter(state__in=[state.value for state in RUNNING])


class Referral(models.Model):
    """How far a patient and a trial have come. One for each pair."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient_key = models.CharField(max_length=40, db_index=True)
    trial_id = models.CharField(max_length=64, db_index=True)
    code = models.CharField(max_length=200, blank=True, help_text="arm or dose it is about")
    state = models.CharField(max_length=12, choices=State.choices, default=State.TO_DISCUSS)
    opened_by = models.ForeignKey(**PERSON)
    opened_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(default=timezone.now)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid trial_id code opened_by opened_at changed_at", id="patient_key", phi="state"
    )
    objects = Referrals.as_manager()

    class Meta:
        ordering = ["-changed_at"]
        constraints = [
            models.UniqueConstraint(fields=["patient_key", "trial_id"], name="one_referral_to_a_trial"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="known_referral_state"),
        ]

    def __str__(self) -> str:
        return f"{self.trial_id} {self.state}"


class ReferralStep(models.Model):
    """One step of a referral, as it was taken. Never changed."""

    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="steps")
    state = models.CharField(max_length=12, choices=State.choices)
    because = models.CharField(max_length=16, choices=Declined.choices, blank=True)
    site = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    by = models.ForeignKey(**PERSON)
    at = models.DateTimeField(auto_now_add=True)

    PHI: ClassVar[dict[str, str]] = classify(none="id referral site by at", phi="state because text")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=State.DECLINED) | ~Q(because=""), name="declined_with_a_reason"
            )
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.at:%d %b %Y}"


class Ask(models.Model):
    """A test or a document that somebody asked for, so that open criteria can be settled."""

    class State(models.TextChoices):
        OPEN = "open", "Asked"
        ANSWERED = "answered", "Answered"
        DROPPED = "dropped", "No longer needed"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient_key = models.CharField(max_length=40, db_index=True)
    what = models.CharField(max_length=300)
    trials = models.JSONField(default=list, help_text="ids of the trials it could decide")
    whom = models.CharField(max_length=120, blank=True, help_text="who must answer")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    by = models.ForeignKey(**PERSON)
    at = models.DateTimeField(auto_now_add=True)
    settled_by = models.ForeignKey(null=True, blank=True, **PERSON)
    settled_at = models.DateTimeField(null=True, blank=True)
    text = models.TextField(blank=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid trials whom state by at settled_by settled_at", id="patient_key", phi="what text"
    )
    objects = OfPatient.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["patient_key", "what"], condition=Q(state="open"), name="asked_for_once"
            )
        ]

    def __str__(self) -> str:
        return self.what


class RegistryReading(models.Model):
    """One reading of the trial registry: what came, and up to which day it is known."""

    address = models.CharField(max_length=300, help_text="folder or address, as set")
    at = models.DateTimeField(default=timezone.now)
    known_until = models.DateField(
        null=True, help_text="latest day a record was posted: where the next begins"
    )
    records = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0, help_text="records that were new or differed")

    PHI: ClassVar[dict[str, str]] = classify(none="id address at known_until records changed")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.address} {self.at:%d %b %Y}"


class TrialDraft(models.Model):
    """A registry study as CTML, written by one person and approved by another. Then it goes the way of every
    trial document: as a file, by the one door. Every save is kept; the last one of a trial is the draft."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Sent back"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    trial_id = models.CharField(max_length=64, db_index=True)
    text = models.TextField(help_text="the registry's eligibility text it was made from")
    text_hash = models.CharField(max_length=64)
    document = models.TextField(help_text="CTML as YAML")
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    by = models.ForeignKey(**PERSON)
    at = models.DateTimeField(auto_now_add=True)
    reviewed_by = models.ForeignKey(null=True, blank=True, **PERSON)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    remark = models.TextField(blank=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid trial_id text text_hash document state by at reviewed_by reviewed_at remark"
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft", reviewed_by=None) | Q(reviewed_by__isnull=False),
                name="reviewed_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(reviewed_by=models.F("by")), name="reviewed_by_another"),
        ]

    def __str__(self) -> str:
        return f"{self.trial_id} {self.state}"


class ParseProposal(models.Model):
    """What a language model proposes a criterion says. Used by nobody before a curator approves it, and then
    only as words a curator may put into a draft."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    trial_id = models.CharField(max_length=64, db_index=True)
    text_hash = models.CharField(max_length=64)
    start = models.PositiveIntegerField(help_text="first character of the quote in the text")
    end = models.PositiveIntegerField()
    quote = models.TextField()
    ctml = models.JSONField()
    negated = models.BooleanField(default=False)
    model = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PROPOSED)
    at = models.DateTimeField(auto_now_add=True)
    reviewed_by = models.ForeignKey(null=True, blank=True, **PERSON)
    reviewed_at = models.DateTimeField(null=True, blank=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid trial_id text_hash start end quote ctml negated model state at reviewed_by reviewed_at"
    )

    class Meta:
        ordering = ["start", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["trial_id", "text_hash", "start", "end", "ctml", "negated"], name="proposed_once"
            ),
            models.CheckConstraint(
                condition=Q(state="proposed") | Q(reviewed_by__isnull=False), name="proposal_reviewed_by_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trial_id} {self.start}-{self.end}"


class Changes(OfPatient):
    def unread(self) -> Changes:
        return self.filter(read_at=None)

    def worth_telling(self) -> Changes:
        return self.filter(kind__in=[Change.Kind.NEWLY_FITS, Change.Kind.NO_LONGER, Change.Kind.SETTLED])


class Change(models.Model):
    """What screening again changed for a patient and a place in a trial, and what caused it."""

    class Kind(models.TextChoices):
        NEWLY_FITS = "newly_fits", "Newly fits"
        NO_LONGER = "no_longer", "No longer fits"
        SETTLED = "settled", "Settled: excluded"
        REOPENED = "reopened", "Open again"

    class Cause(models.TextChoices):
        EVIDENCE = "evidence", "New or changed data of the patient"
        TRIAL = "trial", "The trial changed"
        KNOWLEDGE = "knowledge", "New version of the rules or tables"
        DAY = "day", "A date passed: an age limit or a time window"

    patient_key = models.CharField(max_length=40, db_index=True)
    trial_id = models.CharField(max_length=64, db_index=True)
    level = models.CharField(max_length=8)
    code = models.CharField(max_length=200)
    title = models.CharField(max_length=500, blank=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    before = models.CharField(max_length=12, blank=True)
    after = models.CharField(max_length=12, blank=True)
    cause = models.CharField(max_length=12, choices=Cause.choices)
    criteria = models.JSONField(default=list, help_text="paths whose result changed; no values")
    job = models.UUIDField(null=True, help_text="the run that found it")
    at = models.DateTimeField(default=timezone.now)
    read_by = models.ForeignKey(null=True, blank=True, **PERSON)
    read_at = models.DateTimeField(null=True, blank=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id trial_id level code title cause criteria job at read_by read_at",
        id="patient_key",
        phi="kind before after",
    )
    objects = Changes.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "patient_key", "trial_id", "level", "code"], name="a_change_is_told_once"
            )
        ]
        indexes = [models.Index(fields=["patient_key", "read_at"], name="change_unread")]

    def __str__(self) -> str:
        return f"{self.trial_id} {self.kind}"
