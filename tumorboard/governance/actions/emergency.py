"""Break-glass: one patient, for four hours, with a reason and a second factor, seen by others at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone

from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.accounts.roles import Role
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance.actions.checks import check_may, check_second, said
from tumorboard.governance.actions.reach import close_reach, open_reach
from tumorboard.governance.models import BreakGlass, Notice, PatientReach, Privilege
from tumorboard.governance.models.emergency import REVIEW_WITHIN
from tumorboard.governance.permissions import TREATMENT, can_reach, purposes_of

LASTS = timedelta(hours=4)
REASON_LENGTH = 15
EMERGENCIES = dict(c for c in BreakGlass.Code.choices if c[0] != BreakGlass.Code.REGISTRATION)
CAP, CAP_WITHIN = 3, timedelta(hours=24)


@transaction.atomic
def break_glass(*, patient_key: str, code: str, reason: str, by: User, confirmed: bool) -> BreakGlass:
    """Open one patient to a clinician in an emergency. It opens pages, never export.

    `confirmed`: a second factor was shown within the last minutes (`second_factor.confirmed_recently`).
    """
    check_can_break_glass(by)
    if not confirmed:
        raise Refused("Confirm your second factor first.")
    if len(reason.strip()) < REASON_LENGTH:
        raise Refused(f"Say why, in at least {REASON_LENGTH} characters.")
    if code not in EMERGENCIES:
        raise Refused("Choose a reason.")
    User.objects.select_for_update().get(pk=by.pk)  # two at once are counted one after the other
    if can_reach(by, patient_key):
        raise Refused("This patient is open to you already: no emergency access is needed.")
    _check_cap(by)
    opened = _open(patient_key, code, reason.strip(), by)
    _tell(opened)
    return opened


def check_can_break_glass(by: Any) -> None:
    """Emergencies are of treatment: people whose role reads for it."""
    if TREATMENT not in purposes_of(by):
        raise PermissionDenied("emergency access is for those who treat patients")


def _check_cap(by: User) -> None:
    recent = (
        BreakGlass.objects.emergencies().filter(user=by, opened_at__gt=timezone.now() - CAP_WITHIN).count()
    )
    if recent >= CAP:
        raise Refused(f"You have used emergency access {CAP} times within a day. Call the data steward.")


def _open(patient_key: str, code: str, reason: str, by: User) -> BreakGlass:
    ends_at = timezone.now() + LASTS
    reach = open_reach(
        patient_key=patient_key, reason=PatientReach.Reason.BREAK_GLASS, by=by, user=by, until=ends_at
    )
    opened = BreakGlass.objects.create(
        patient_key=patient_key, user=by, reach=reach, code=code, reason=reason, ends_at=ends_at
    )
    record(
        Event.BREAK_GLASS,
        by=by,
        target=opened,
        patient_key=patient_key,
        purpose=TREATMENT,
        code=str(code),
        break_glass_id=str(opened.uuid),
    )
    return opened


@transaction.atomic
def note_opening(
    *, reach: PatientReach, reason: str, by: User, groups: Sequence[Group] = ()
) -> BreakGlass | None:
    """Somebody registered a case of a patient whom they did not reach, which opened the patient to them by
    `reach`. Nobody was asked, so it is told to `groups` and to those who keep privacy, and reviewed."""
    opened, new = BreakGlass.objects.get_or_create(
        reach=reach,
        defaults={
            "patient_key": reach.patient_key,
            "user": by,
            "code": BreakGlass.Code.REGISTRATION,
            "reason": reason,
            "ends_at": timezone.now() + REVIEW_WITHIN,  # until then what is done is shown to the reviewer
        },
    )
    if not new:
        return None
    event = Event.OPENED_BY_REGISTRATION
    record(event, by=by, target=opened, patient_key=reach.patient_key, purpose=TREATMENT)
    Notice.objects.bulk_create(Notice(group=group, break_glass=opened) for group in (*groups, *_keepers()))
    return opened


def _keepers() -> list[Group]:
    """Those who keep privacy: stewards and privacy officers."""
    roles = (Role.DATA_STEWARD, Role.PRIVACY_OFFICER)
    return [Group.objects.get_or_create(name=role.group_name)[0] for role in roles]


def _tell(opened: BreakGlass) -> None:
    """Those who keep privacy and everyone on the patient's care team; by mail where there is one."""
    keepers = _keepers()
    team = PatientReach.objects.in_force().filter(patient_key=opened.patient_key, user__isnull=False)
    attending = User.objects.filter(
        pk__in=team.filter(reason=PatientReach.Reason.CARE_TEAM).values("user"), is_active=True
    )
    notices = [Notice(group=group, break_glass=opened) for group in keepers]
    notices += [Notice(user=user, break_glass=opened) for user in attending]
    Notice.objects.bulk_create(notices)
    people = {*attending, *User.objects.filter(groups__in=keepers, is_active=True)}
    addresses = sorted({user.email for user in people if user.email})
    if addresses and settings.NOTICES_FROM:
        transaction.on_commit(lambda: _mail(addresses))


def _mail(addresses: list[str]) -> None:
    """Names neither patient nor reason: mail is not a safe place."""
    send_mail(
        "Emergency access to a patient",
        "Somebody has used emergency access. Sign in to the tumor board to see who, whom and why.",
        settings.NOTICES_FROM,
        addresses,
        fail_silently=True,
    )


@transaction.atomic
def review_break_glass(*, opened: BreakGlass, outcome: str, note: str, by: User) -> None:
    """Another person judges an emergency access; what was not justified ends now."""
    check_may(by, Privilege.AUDIT_READ)
    check_second(by, opened.user)
    note = said(note, "you judge it so")
    if outcome not in BreakGlass.Outcome.values:
        raise Refused("Choose an outcome.")
    waiting = BreakGlass.objects.filter(pk=opened.pk, state=BreakGlass.State.OPEN)
    now, state = timezone.now(), BreakGlass.State.REVIEWED
    if not waiting.update(state=state, outcome=outcome, review_note=note, reviewed_by=by, reviewed_at=now):
        raise ChangedMeanwhile("Somebody else has reviewed this already.")
    opened.refresh_from_db()
    record(
        Event.BREAK_GLASS_REVIEWED,
        by=by,
        target=opened,
        patient_key=opened.patient_key,
        outcome=str(outcome),
        break_glass_id=str(opened.uuid),
    )
    if outcome == BreakGlass.Outcome.NOT_JUSTIFIED:
        close_reach(reach=opened.reach, by=by)


@transaction.atomic
def see_notice(*, notice: Notice, by: User) -> None:
    """Note that a notice has been seen. PermissionDenied where it is not for this person."""
    mine = notice.user_id == by.pk if notice.user_id else by.groups.filter(pk=notice.group_id).exists()
    if not mine:
        raise PermissionDenied("this notice is for somebody else")
    unseen = Notice.objects.filter(pk=notice.pk, seen_at=None)
    if unseen.update(seen_at=timezone.now(), seen_by=by):
        record(Event.NOTICE_SEEN, by=by, target=notice, break_glass_id=str(notice.break_glass.uuid))
