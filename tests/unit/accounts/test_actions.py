from __future__ import annotations

from unittest.mock import patch

import pytest
from django.core.exceptions import ValidationError

from tests.factories.accounts import PASSWORD, person
from tumorboard.accounts import actions
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def test_an_account_is_created_with_its_roles():
    user = actions.create_user(
        username="okafor", display_name="Dr A. Okafor", password=PASSWORD, roles=[Role.ONCOLOGIST], by="setup"
    )
    assert str(user) == "Dr A. Okafor"
    assert user.check_password(PASSWORD)
    assert user.roles == [Role.ONCOLOGIST]
    events = AuditEvent.objects.filter(actor_label="setup").values_list("event", flat=True)
    assert list(events) == ["user_created", "role_given"]


def test_without_a_password_nobody_can_sign_in():
    user = actions.create_user(username="service", display_name="Service", password=None, by="setup")
    assert not user.has_usable_password()


def test_a_name_taken_is_refused():
    person("alice")
    with pytest.raises(ValidationError, match="already exists"):
        actions.create_user(username="alice", display_name="Alice", password=PASSWORD, by="setup")


def test_a_failed_audit_undoes_the_account():
    with patch("tumorboard.accounts.actions.record", side_effect=OSError), pytest.raises(OSError):
        actions.create_user(username="bob", display_name="Bob", password=PASSWORD, by="setup")
    assert not User.objects.filter(username="bob").exists()


def test_an_empty_password_is_refused():
    alice = person()
    with pytest.raises(ValidationError):
        actions.change_password(user=alice, password="", by=alice)
