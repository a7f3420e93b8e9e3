"""Studies and their members, consents, units, restricted records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance import rulebook
from tumorboard.governance.actions.checks import check_may
from tumorboard.governance.actions.who import person
from tumorboard.governance.models import (
    Consent,
    PatientUnit,
    Privilege,
    QualityAssignment,
    Study,
    StudyMember,
)


@transaction.atomic
def create_study(*, code: str, title: str, starts_on: date, by: Any, ends_on: date | None = None) -> Study:
    """A study with its protocol window."""
    check_may(by, Privilege.MANAGE)
    if ends_on is not None and ends_on < starts_on:
        raise Refused("The study ends before it starts.")
    if Study.objects.filter(code=code).exists():
        raise Refused(f"There is a study {code!r} already.")
    study = Study(code=code, title=title, starts_on=starts_on, ends_on=ends_on, created_by=person(by))
    study.full_clean(exclude=["created_by"])
    study.save()
    _changed(Event.STUDY_CREATED, by, target=study)
    return study


@transaction.atomic
def add_study_member(*, study: Study, user: Any, by: Any) -> StudyMember:
    """Let somebody work on a study. Nobody adds themself."""
    check_may(by, Privilege.MANAGE)
    if user == by:
        raise Refused("Nobody adds themself to a study: ask a second steward.")
    member, made = StudyMember.objects.get_or_create(study=study, user=user, left_at=None)
    if made:
        _changed(Event.STUDY_MEMBER_ADDED, by, target=study, user=user.pk)
    return member


@transaction.atomic
def remove_study_member(*, member: StudyMember, by: Any) -> None:
    check_may(by, Privilege.MANAGE)
    staying = StudyMember.objects.filter(pk=member.pk, left_at=None)
    if not staying.update(left_at=timezone.now()):
        raise ChangedMeanwhile("That person has left the study already.")
    _changed(Event.STUDY_MEMBER_REMOVED, by, target=member.study, user=member.user_id)


@transaction.atomic
def record_consents(
    *,
    patient_keys: Iterable[str],
    scope: str,
    by: Any,
    study: Study | None = None,
    until: datetime | None = None,
) -> int:
    """Note that these patients have agreed. The number that had not already."""
    check_may(by, Privilege.MANAGE)
    if (study is None) == (scope == Consent.Scope.RESEARCH):
        raise Refused("Consent to research names its study; other consent names none.")
    wanted = set(patient_keys)
    held = Consent.objects.in_force().filter(scope=scope, study=study, patient_key__in=wanted)
    new = sorted(wanted - set(held.values_list("patient_key", flat=True)))
    Consent.objects.bulk_create(
        [
            Consent(patient_key=key, scope=scope, study=study, valid_until=until, recorded_by=person(by))
            for key in new
        ],
        batch_size=5_000,
    )
    _changed(Event.CONSENTS_RECORDED, by, scope=str(scope), patients=len(new), **_named(new), **_of(study))
    return len(new)


@transaction.atomic
def withdraw_consent(*, patient_key: str, scope: str, by: Any, study: Study | None = None) -> None:
    """The patient agrees no longer; from the next read, or the next piece of a running one, on."""
    check_may(by, Privilege.MANAGE)
    held = Consent.objects.in_force().filter(patient_key=patient_key, scope=scope, study=study)
    if not held.update(valid_until=timezone.now()):
        raise ChangedMeanwhile("There is no such consent in force.")
    _changed(Event.CONSENT_WITHDRAWN, by, patient_key=patient_key, scope=str(scope), **_of(study))


@transaction.atomic
def set_units(*, units: Mapping[str, str], by: Any) -> int:
    """Which unit each patient belongs to. The number that changed."""
    check_may(by, Privilege.MANAGE)
    known = dict(PatientUnit.objects.filter(patient_key__in=units).values_list("patient_key", "unit"))
    changed = {key: unit for key, unit in units.items() if known.get(key) != unit}
    PatientUnit.objects.bulk_create(
        [PatientUnit(patient_key=key, unit=unit) for key, unit in sorted(changed.items())],
        batch_size=5_000,
        update_conflicts=True,
        unique_fields=["patient_key"],
        update_fields=["unit"],
    )
    if changed:
        _changed(Event.UNITS_SET, by, patients=len(changed))
    return len(changed)


@transaction.atomic
def restrict_patient(*, patient_key: str, why: str, by: Any) -> None:
    """Restrict a record (staff, minor, vip, psychiatric ...), or open it again with an empty `why`."""
    check_may(by, Privilege.MANAGE)
    PatientUnit.objects.update_or_create(patient_key=patient_key, defaults={"restricted": why.strip()})
    _changed(Event.PATIENT_RESTRICTED, by, patient_key=patient_key, restricted=bool(why.strip()))


@transaction.atomic
def assign_quality(
    *, unit: str, by: Any, user: Any = None, group: Group | None = None, until: datetime | None = None
) -> QualityAssignment:
    """Let a person or group do quality work for a unit. Nobody assigns themself."""
    check_may(by, Privilege.MANAGE)
    if user is not None and user == by:
        raise Refused("Nobody assigns themself: ask a second steward.")
    assignment = QualityAssignment.objects.create(unit=unit, user=user, group=group, ends_at=until)
    whom = {"group": group.name} if group else {"user": user.pk}
    _changed(Event.QUALITY_ASSIGNED, by, unit=unit, **whom)
    return assignment


@transaction.atomic
def end_quality(*, assignment: QualityAssignment, by: Any) -> None:
    check_may(by, Privilege.MANAGE)
    if not QualityAssignment.objects.filter(pk=assignment.pk).delete()[0]:
        raise ChangedMeanwhile("That assignment has ended already.")
    _changed(Event.QUALITY_ENDED, by, unit=assignment.unit)


def _named(patient_keys: list[str]) -> dict[str, str]:
    """A single patient is named in the record."""
    return {"patient_key": patient_keys[0]} if len(patient_keys) == 1 else {}


def _of(study: Study | None) -> dict[str, str]:
    return {"study": str(study.uuid)} if study else {}


def _changed(event: Event, by: Any, **what: Any) -> None:
    record(event, by=by, **what)
    rulebook.move_mark()
