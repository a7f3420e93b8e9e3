"""What is true of a person, read from the database when a rule asks for it, in sets.

What every decision asks (groups, grants, relations) is asked in two statements written out: putting them
together anew each time took longer than their answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from tumorboard.governance.models import (
    Consent,
    Effect,
    PatientReach,
    PatientUnit,
    QualityAssignment,
    Study,
    StudyMember,
)
from tumorboard.governance.policies.words import Grant
from tumorboard.governance.standing_grants import SERVICE_GROUP

NOBODY_REACHED: frozenset[str] = frozenset()

# Groups of a user (or the groups given), and every grant in force that reaches them, denials among them.
STANDING = """
with mine as (
    select id, name from auth_group where id in (
        select group_id from accounts_user_groups where user_id = %(user)s
        union all select unnest(%(groups)s::int[])
    )
), held as (
    select permission_id, content_object_id, purposes, effect from governance_securablegroupgrant
    where group_id in (select id from mine) and (expires_at is null or expires_at > %(now)s)
    union
    select permission_id, content_object_id, purposes, effect from governance_securableusergrant
    where user_id = %(user)s and (expires_at is null or expires_at > %(now)s)
)
select (select coalesce(json_object_agg(id, name), '{}') from mine),
       (select coalesce(json_agg(json_build_array(p.codename, s.name, h.purposes, h.effect)), '[]')
        from held h join auth_permission p on p.id = h.permission_id
                    join governance_securable s on s.id = h.content_object_id)
"""
# As PatientReach.objects.of says it, of the patients given, or of all.
REACHED = """
select patient_key, user_id is not null, reason from governance_patientreach
where (%(keys)s::text[] is null or patient_key = any(%(keys)s::text[]))
  and (user_id = %(user)s or group_id = any(%(groups)s::int[]))
  and starts_at <= %(now)s and (ends_at is null or ends_at > %(now)s)
"""


@dataclass(frozen=True)
class Reached:
    """The patients of a person's relations, by how they are reached."""

    related: frozenset[str] = NOBODY_REACHED
    own: frozenset[str] = NOBODY_REACHED
    emergency: frozenset[str] = NOBODY_REACHED


class LoadedPerson:
    """`policies.words.Person` from the database. `keys`: the patients asked about; None: all."""

    def __init__(self, user: Any, keys: Iterable[str] | None, study: Study | None = None) -> None:
        self.user, self.study = user, study
        self.keys = None if keys is None else list(keys)
        self.active = bool(user is not None and user.is_active)
        groups, self.grants = standing_of(user.pk) if self.active else ({}, ())
        self.group_ids = list(groups)
        if self.active:
            user.__dict__["group_names"] = frozenset(groups.values())  # nobody need ask for them again
        self.service = SERVICE_GROUP in groups.values()
        self.principals = frozenset({f"user:{user.pk}", *groups.values()}) if self.active else frozenset()

    def of_all(self) -> LoadedPerson:
        """The same person, about all patients."""
        other = object.__new__(LoadedPerson)
        names = ("user", "study", "active", "group_ids", "service", "principals", "grants")
        other.__dict__.update({name: getattr(self, name) for name in names}, keys=None)
        return other

    @property
    def related(self) -> frozenset[str]:
        return self._reached.related

    @property
    def own(self) -> frozenset[str]:
        return self._reached.own

    @property
    def emergency(self) -> frozenset[str]:
        return self._reached.emergency

    @cached_property
    def _reached(self) -> Reached:
        if self.keys == [] or not self.active:
            return Reached()
        asked = {"keys": self.keys, "user": self.user.pk, "groups": self.group_ids, "now": timezone.now()}
        with connection.cursor() as cursor:
            cursor.execute(REACHED, asked)
            found = cursor.fetchall()
        emergency = PatientReach.Reason.BREAK_GLASS
        care = {key for key, _, reason in found if reason != emergency}
        return Reached(
            frozenset(key for key, _, _ in found),
            frozenset(key for key, own, reason in found if own and reason != emergency),
            frozenset(key for key, _, reason in found if reason == emergency) - care,
        )

    @cached_property
    def consented(self) -> frozenset[str]:
        """With a consent to the study in force, while the study is open and the person its member."""
        study = self.study
        if study is None or not study.is_open() or not self._is_member(study):
            return NOBODY_REACHED
        return self._keys(Consent.objects.in_force().filter(study=study, scope=Consent.Scope.RESEARCH))

    def _is_member(self, study: Study) -> bool:
        return StudyMember.objects.filter(study=study, user=self.user, left_at=None).exists()

    @cached_property
    def trainable(self) -> frozenset[str]:
        return self._keys(Consent.objects.in_force().filter(scope=Consent.Scope.TRAINING))

    @cached_property
    def of_unit(self) -> frozenset[str]:
        units = QualityAssignment.objects.filter(Q(user=self.user) | Q(group__in=self.group_ids))
        units = units.filter(Q(ends_at=None) | Q(ends_at__gt=timezone.now()))
        return self._keys(PatientUnit.objects.exclude(unit="").filter(unit__in=units.values("unit")))

    @cached_property
    def restricted(self) -> frozenset[str]:
        return self._keys(PatientUnit.objects.exclude(restricted=""))

    def _keys(self, rows: QuerySet[Any]) -> frozenset[str]:
        return frozenset(self._asked(rows).values_list("patient_key", flat=True).iterator(chunk_size=20_000))

    def _asked(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows if self.keys is None else rows.filter(patient_key__in=self.keys)


def grants_of(groups: Iterable[int]) -> tuple[Grant, ...]:
    """Every grant in force that reaches the members of groups, denials among them."""
    return standing_of(None, groups)[1]


def standing_of(user: int | None, groups: Iterable[int] = ()) -> tuple[dict[int, str], tuple[Grant, ...]]:
    """The groups by number, and the different grants in force that reach the user or a member of them."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING, {"user": user, "groups": list(groups), "now": timezone.now()})
        named, held = cursor.fetchone()
    grants = (
        Grant(what, on, frozenset(purposes), effect == Effect.DENY) for what, on, purposes, effect in held
    )
    return {int(pk): name for pk, name in named.items()}, tuple(grants)
