"""What is true of a person, read from the database when a rule asks for it, in sets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.utils import timezone

from tumorboard.governance.models import (
    Consent,
    Effect,
    PatientReach,
    PatientUnit,
    QualityAssignment,
    SecurableGroupGrant,
    SecurableUserGrant,
    Study,
    StudyMember,
)
from tumorboard.governance.policies.words import Grant
from tumorboard.governance.standing_grants import SERVICE_GROUP

NOBODY_REACHED: frozenset[str] = frozenset()


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
        groups = list(user.groups.values_list("pk", "name")) if self.active else []
        self.group_ids = [pk for pk, _ in groups]
        names = {name for _, name in groups}
        self.service = SERVICE_GROUP in names
        self.principals = frozenset({f"user:{user.pk}", *names}) if self.active else frozenset()
        self.grants: tuple[Grant, ...] = grants_of(user, self.group_ids) if self.active else ()

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
        rows = self._asked(PatientReach.objects.of(self.user, self.group_ids))
        if self.keys == [] or not self.active:
            return Reached()
        found = list(rows.values_list("patient_key", "user_id", "reason"))
        emergency, care = PatientReach.Reason.BREAK_GLASS, set()
        care = {key for key, _, reason in found if reason != emergency}
        return Reached(
            frozenset(key for key, _, _ in found),
            frozenset(key for key, user, reason in found if user is not None and reason != emergency),
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


def grants_of(user: Any, group_ids: list[int]) -> tuple[Grant, ...]:
    """Every grant in force that reaches the user, denials among them, in one query."""
    of_groups = SecurableGroupGrant.objects.in_force().filter(group__in=group_ids)
    of_user = SecurableUserGrant.objects.in_force().filter(user=user)
    rows = _plain(of_groups, "group").union(_plain(of_user, "user"), all=True)
    return tuple(
        Grant(privilege, name, frozenset(purposes), effect == Effect.DENY)
        for _, privilege, name, purposes, effect in rows
    )


def _plain(grants: QuerySet[Any], of: str) -> QuerySet[Any]:
    """The parts of a grant; its kind and number keep equal grants of several groups apart."""
    columns = ("privilege_code", "securable_name", "purposes", "effect")
    named = grants.annotate(
        of=Value(of),
        privilege_code=F("permission__codename"),
        securable_name=F("content_object__name"),
    )
    return named.order_by().values_list("of", *columns)
