"""What may be granted: catalog > schema > table, volume or model, and the grants on it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from tumorboard.audit.phi import classify


class Kind(models.TextChoices):
    CATALOG = "catalog", "Catalog"
    SCHEMA = "schema", "Schema"
    TABLE = "table", "Table"
    VOLUME = "volume", "Volume"
    MODEL = "model", "Model"


class Securable(models.Model):
    """Something one may be granted a privilege on: catalog > schema > table, volume or model."""

    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=200, unique=True, help_text="Full name, such as silver.variants")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="children"
    )

    PHI: ClassVar[dict[str, str]] = classify(none="id kind name parent")

    class Meta:
        ordering = ["name"]
        permissions = [
            ("select", "Read data, for patients within reach"),
            ("read_volume", "Read files of a volume, for patients within reach"),
            ("browse", "See name, columns, versions and lineage; no data"),
        ]

    def __str__(self) -> str:
        return self.name

    def chain(self) -> list[Securable]:
        """This securable and those it inherits grants from, nearest first."""
        return [self, *(self.parent.chain() if self.parent else [])]


class SecurableUserGrant(UserObjectPermissionBase):
    content_object = models.ForeignKey(Securable, on_delete=models.CASCADE)

    PHI: ClassVar[dict[str, str]] = classify(none="id permission content_object", id="user")


class SecurableGroupGrant(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Securable, on_delete=models.CASCADE)

    PHI: ClassVar[dict[str, str]] = classify(none="id permission group content_object")
