"""The record of who did what: append-only, hash-chained, without foreign keys, so that it never hinders
or follows the live data."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, TextChoices

from tumorboard.audit.events import Event
from tumorboard.audit.phi import classify

GENESIS = "0" * 64
SHARDS = 8
POSITION = ("seq", "shard", "shard_seq", "previous_hash", "hash")  # set by the database; not in the body


def canonical(content: Any) -> bytes:
    """JSON with one spelling only (sorted keys, no spaces, UTF-8), in the manner of RFC 8785."""
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_spelled
    ).encode()


def _spelled(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value)


def actor_of(by: Any) -> tuple[str, str]:
    """(id, label) of whoever acts: a user, the name of a process, or nobody."""
    if by is None or isinstance(by, str):
        return "", by or "nobody"
    return str(by.pk), by.get_username()


class Phase(TextChoices):
    INTENT = "intent", "Asked for"
    COMPLETE = "complete", "Done"
    DENY = "deny", "Refused"
    FAIL = "fail", "Failed"


class AuditEvents(models.QuerySet["AuditEvent"]):
    def for_patient(self, patient_key: str) -> AuditEvents:
        """Newest first: who did what about this patient, also in reads of many patients at once."""
        several = Q(patient_keys__contains=[patient_key]) & ~Q(patient_keys=[])  # as the index says it
        about = Q(patient_key=patient_key) | several
        # "+ 0": found by the patient's indexes and then sorted, never by walking back through the whole log
        return self.filter(about).order_by((F("seq") + 0).desc())

    def by_actor(self, user: Any) -> AuditEvents:
        return self.filter(actor_id=str(user.pk))

    def between(self, start: datetime | None = None, end: datetime | None = None) -> AuditEvents:
        """From `start` (inclusive) to `end` (exclusive); None leaves that side open."""
        events = self.filter(at__gte=start) if start else self
        return events.filter(at__lt=end) if end else events


def _text(words: str = "", length: int = 0) -> Any:
    if length:
        return models.CharField(max_length=length, blank=True, help_text=words)
    return models.TextField(blank=True, help_text=words)


def _names(words: str) -> Any:
    return ArrayField(models.TextField(), default=list, blank=True, help_text=words)


class AuditEvent(models.Model):
    """One thing somebody did. Written by `record` alone; triggers refuse UPDATE, DELETE and TRUNCATE.

    A field left at its default (empty text, empty list, NULL) is not part of the hash, so a later version
    may add fields without touching what was recorded.
    """

    # order and chain
    seq = models.BigIntegerField(primary_key=True, help_text="order of writing; a number may be missing")
    shard = models.SmallIntegerField(help_text="which of the chains")
    shard_seq = models.BigIntegerField(help_text="1, 2, 3 ... in its chain, without a gap")
    event_id = models.UUIDField(help_text="UUIDv7")
    at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    # phase and outcome
    phase = models.CharField(max_length=16, choices=Phase.choices)
    outcome = _text("how it ended, in a code")
    row_count = models.BigIntegerField(null=True)
    bytes_out = models.BigIntegerField(null=True)
    duration_ms = models.BigIntegerField(null=True)
    # who
    actor_id = _text(length=64)
    actor_label = models.CharField(max_length=150)
    actor_roles = _names("roles at that moment")
    on_behalf_of = _text("who a process acted for")
    auth_method = _text()
    session_hash = _text("SHA-256 of the session's key")
    # why
    purpose = _text(length=32)
    break_glass_id = _text()
    # what
    event = models.CharField(max_length=64, help_text="a code of tumorboard.audit.events.Event")
    patient_key = _text("the patient, where it is about one", length=64)
    patient_keys = _names("the patients, where it is about 2 to 1,000")
    patient_count = models.BigIntegerField(null=True, help_text="how many, above that")
    patient_digest = _text("SHA-256 of their sorted keys, one a line, above that")
    target_kind = _text(length=64)
    target_id = _text(length=128)
    table = _text(length=128)
    version = models.BigIntegerField(null=True)
    commit_hash = _text()
    columns = _names("columns read; * for all")
    query_fingerprint = _text("the shape of the question, without its values")
    # decision
    rule = _text("the deciding rule in words")
    masks = models.JSONField(default=dict, help_text="column: mask")
    row_filter = _text()
    policy_hash = _text()
    # where from
    source_ip = _text()
    user_agent = _text()
    channel = _text("web, api, task, cli or export")
    # correlation
    request_id = _text()
    trace_id = _text()
    job_id = _text()
    code_version = _text()
    detail = models.JSONField(default=dict, help_text="never a patient's value")

    PHI: ClassVar[dict[str, str]] = classify(
        none="seq shard shard_seq event_id at previous_hash hash phase outcome row_count bytes_out "
        "duration_ms actor_roles auth_method purpose break_glass_id event patient_count patient_digest "
        "target_kind target_id table version commit_hash columns query_fingerprint rule masks row_filter "
        "policy_hash channel request_id trace_id job_id code_version detail",
        id="patient_key patient_keys actor_id on_behalf_of session_hash",
        pii="actor_label source_ip user_agent",
    )
    objects = AuditEvents.as_manager()

    class Meta:
        ordering = ("seq",)
        constraints = [
            models.UniqueConstraint(fields=["shard", "shard_seq"], name="audit_chain"),
        ]
        indexes = [
            models.Index(fields=["patient_key", "seq"], name="audit_of_patient"),
            GinIndex(fields=["patient_keys"], name="audit_of_patients", condition=~Q(patient_keys=[])),
            models.Index(fields=["actor_id", "seq"], name="audit_of_actor"),
            models.Index(fields=["at"], name="audit_time"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.label} by {self.actor_label}"

    @property
    def label(self) -> str:
        """The words for the event; a code that later versions no longer know is shown as it is."""
        return Event(self.event).label if self.event in Event.values else self.event

    @property
    def place(self) -> str:
        """Where the verifier finds it: `3/1042` is number 1042 of chain 3."""
        return f"{self.shard}/{self.shard_seq}"

    def body(self) -> bytes:
        """What the hash covers beside the place in the chain."""
        return canonical(body_of({field.attname: getattr(self, field.attname) for field in BODY}))

    def computed_hash(self) -> str:
        return link(self.previous_hash, self.shard, self.shard_seq, self.seq, self.body())


BODY = [field for field in AuditEvent._meta.concrete_fields if field.name not in POSITION]
DEFAULTS = {field.attname: field.get_default() for field in BODY}


def body_of(values: dict[str, Any]) -> dict[str, Any]:
    """Only what differs from the defaults."""
    return {name: value for name, value in values.items() if value != DEFAULTS[name]}


def link(previous: str, shard: int, shard_seq: int, seq: int, body: bytes) -> str:
    """The hash that ties an event to its place; `audit_append` in the database makes the same."""
    return hashlib.sha256(f"{previous}/{shard}/{shard_seq}/{seq}/".encode() + body).hexdigest()
