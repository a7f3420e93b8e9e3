"""What may be granted: catalog > schema > table, view, volume, model and so on, and the grants on it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from tumorboard.audit.phi import classify


class Kind(models.TextChoices):
    CATALOG = "catalog", "Catalog"
    SCHEMA = "schema", "Schema"
    TABLE = "table", "Table"
    VIEW = "view", "View"
    VOLUME = "volume", "Volume"
    MODEL = "model", "Model"
    FEATURE_SET = "feature_set", "Feature set"
    FUNCTION = "function", "Policy function"


class Privilege(models.TextChoices):
    """The codes are the code names of guardian's permissions on `Securable`."""

    USE_CATALOG = "use_catalog", "Use the catalog"
    USE_SCHEMA = "use_schema", "Use the schema"
    BROWSE = "browse", "See name, columns, tags, versions and lineage; no data"
    SELECT = "select", "Read data, for patients within reach"
    SELECT_DEID = "select_deid", "Read data through the masks of research and quality"
    READ_VOLUME = "read_volume", "Read files of a volume, for patients within reach"
    WRITE_VOLUME = "write_volume", "Put files into a volume"
    MODIFY = "modify", "Write rows"
    CREATE = "create", "Create tables, volumes and models below"
    EXECUTE = "execute", "Run a model or function"
    EXPORT = "export", "Take data out, with a second person"
    TIME_TRAVEL = "time_travel", "Read older versions, under today's policy"
    MANAGE = "manage", "Give and take grants, publish policies"
    TAG = "tag", "Set tags"
    AUDIT_READ = "audit_read", "Read the access log"
    OWN = "own", "Administer; opens no data"


# Privileges that let data out: a grant of one names its purposes, and nobody gives one to themself.
DATA_PRIVILEGES = frozenset(
    {Privilege.SELECT, Privilege.SELECT_DEID, Privilege.READ_VOLUME, Privilege.EXPORT}
)


class Effect(models.TextChoices):
    ALLOW = "allow", "Allow"
    DENY = "deny", "Deny"


class Securable(models.Model):
    """Something one may be granted a privilege on. Patients are not: they are rows, reached by relations."""

    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=200, unique=True, help_text="Full name, such as silver.variants")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="children"
    )

    PHI: ClassVar[dict[str, str]] = classify(none="id kind name parent")

    class Meta:
        ordering = ["name"]
        default_permissions = ()
        permissions = Privilege.choices

    def __str__(self) -> str:
        return self.name

    def chain(self) -> list[Securable]:
        """This securable and those it inherits grants from, nearest first."""
        return [self, *(self.parent.chain() if self.parent else [])]


class GrantQuerySet(models.QuerySet[Any]):
    def in_force(self) -> GrantQuerySet:
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))


class Terms(models.Model):
    """What a grant says beyond who, what and on what. A denial is a row of its own, and wins.

    Guardian's own `has_perm` knows nothing of denials, purposes and ends: only `permissions` decides.
    """

    effect = models.CharField(max_length=5, choices=Effect.choices, default=Effect.ALLOW)
    purposes = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    granted_at = models.DateTimeField(default=timezone.now)
    ticket = models.CharField(max_length=60, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def privilege(self) -> Privilege:
        return Privilege(self.permission.codename)  # type: ignore[attr-defined]


class SecurableUserGrant(Terms, UserObjectPermissionBase):
    content_object = models.ForeignKey(Securable, on_delete=models.CASCADE)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id permission content_object effect purposes expires_at granted_at ticket", id="user granted_by"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "permission", "content_object", "effect"], name="user_granted_once"
            )
        ]


class SecurableGroupGrant(Terms, GroupObjectPermissionBase):
    content_object = models.ForeignKey(Securable, on_delete=models.CASCADE)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id permission group content_object effect purposes expires_at granted_at ticket",
        id="granted_by",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group", "permission", "content_object", "effect"], name="group_granted_once"
            )
        ]
