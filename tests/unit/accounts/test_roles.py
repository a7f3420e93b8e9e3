from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, Group

from tests.factories.accounts import person
from tumorboard.accounts import actions
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role, has_role, is_clinician, may_use_console, roles_of
from tumorboard.audit.models import AuditEvent

pytestmark = pytest.mark.django_db

# role                clinician  console
TABLE = [
    (Role.ONCOLOGIST, True, False),
    (Role.PATHOLOGIST, True, False),
    (Role.RADIOLOGIST, True, False),
    (Role.COORDINATOR, False, False),
    (Role.DATA_STEWARD, False, True),
    (Role.ADMINISTRATOR, False, True),
    (Role.RESEARCHER, False, False),
    (Role.QUALITY_OFFICER, False, False),
    (Role.PRIVACY_OFFICER, False, False),
]


@pytest.mark.parametrize(("role", "clinician", "console"), TABLE)
def test_what_a_role_is(role: Role, clinician: bool, console: bool):
    user = person("", role)
    assert (is_clinician(user), may_use_console(user), user.may_see_console) == (clinician, console, console)
    assert user.roles == [role]
    assert role.description


def test_the_table_forgets_no_role():
    assert {row[0] for row in TABLE} == set(Role)


@pytest.mark.parametrize("nobody", [None, AnonymousUser()])
def test_nobody_has_no_role(nobody: object):
    assert not has_role(nobody, *Role)


def test_a_deactivated_account_has_no_role():
    user = person("", Role.ONCOLOGIST, is_active=False)
    assert roles_of(user) == frozenset()


def test_a_group_that_only_looks_like_a_role_is_none():
    user = person()
    user.groups.add(Group.objects.create(name="role:emperor"), Group.objects.create(name="oncologist"))
    assert roles_of(User.objects.get(pk=user.pk)) == frozenset()


def test_setting_roles_leaves_board_groups_alone_and_is_on_record():
    user = person("", Role.ONCOLOGIST)
    user.groups.add(Group.objects.create(name="board:x"))
    actions.set_roles(user=user, roles=[Role.COORDINATOR], by="tests")
    assert set(user.groups.values_list("name", flat=True)) == {"board:x", "role:coordinator"}
    assert has_role(user, Role.COORDINATOR)
    last = AuditEvent.objects.order_by("-seq")[:2]
    assert [(event.event, event.detail) for event in last] == [
        ("role_taken", {"role": "oncologist"}),
        ("role_given", {"role": "coordinator"}),
    ]
