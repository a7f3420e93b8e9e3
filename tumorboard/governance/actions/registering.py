"""Securables of everything declared, and the standing grants of the roles."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from tumorboard.governance.models import Effect, Kind, Securable, SecurableGroupGrant
from tumorboard.governance.standing_grants import CATALOG, SCHEMAS, STANDING_GRANTS, StandingGrant
from tumorboard.lake import tables


@transaction.atomic
def register_securables() -> None:
    """Make a securable of every declared table, and give the roles their standing grants.

    Clinicians and coordinators may select what their relations let them reach; stewards and administrators
    see names, versions and lineage, which shows no data. Run again, it changes nothing.
    """
    catalog = _securable(Kind.CATALOG, CATALOG, None)
    schemas = {name: _securable(Kind.SCHEMA, name, catalog) for name in SCHEMAS}
    for table in tables.all_tables():
        _securable(Kind.TABLE, table.name, schemas[table.schema_name])
    _securable(Kind.VOLUME, "landing", catalog)
    for standing in STANDING_GRANTS:
        _grant(standing)


def _securable(kind: Kind, name: str, parent: Securable | None) -> Securable:
    return Securable.objects.get_or_create(name=name, defaults={"kind": kind, "parent": parent})[0]


def _grant(standing: StandingGrant) -> None:
    group, _ = Group.objects.get_or_create(name=standing.group)
    securable = Securable.objects.get(name=standing.on)
    permissions = Permission.objects.filter(
        content_type__app_label="governance", content_type__model="securable"
    )
    for permission in permissions.filter(codename__in=standing.privileges):
        SecurableGroupGrant.objects.update_or_create(
            group=group,
            permission=permission,
            content_object=securable,
            effect=Effect.ALLOW,
            defaults={"purposes": list(standing.purposes), "ticket": "standing"},
        )
