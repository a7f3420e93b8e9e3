from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.accounts import PASSWORD, administrator, person
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def sign_in(client: Client, username: str, password: str = PASSWORD, **data: str):
    return client.post(reverse("accounts:signin"), {"username": username, "password": password, **data})


def events() -> list[str]:
    return list(AuditEvent.objects.filter(event__startswith="sign").values_list("event", flat=True))


def test_signing_in_and_out_is_on_record(client: Client):
    alice = person("alice")
    assert sign_in(client, "alice").url == "/"
    assert client.post(reverse("accounts:signout")).status_code == 302
    assert events() == ["signed_in", "signed_out"]
    assert set(AuditEvent.objects.filter(event__startswith="sign").values_list("actor_id", flat=True)) == {
        str(alice.pk)
    }


def test_a_failure_is_on_record_without_what_was_typed(client: Client):
    person("alice")
    sign_in(client, "alice", "wrong")
    sign_in(client, "my secret password", "alice")
    known, unknown = AuditEvent.objects.filter(event="sign_in_failed")
    assert known.target_kind == "accounts.user"
    assert (unknown.target_kind, unknown.target_id, unknown.detail) == ("", "", {})


@pytest.mark.parametrize(
    ("username", "password"), [("nobody", PASSWORD), ("alice", "wrong"), ("gone", PASSWORD)]
)
def test_the_page_says_the_same_whatever_is_wrong(client: Client, username: str, password: str):
    person("alice")
    person("gone", is_active=False)
    page = sign_in(client, username, password)
    assert page.status_code == 200
    assert "Name and password do not fit together" in page.text
    assert username not in page.text


def test_signing_in_never_leads_to_another_site(client: Client):
    person("alice")
    assert sign_in(client, "alice", next="https://evil.example/").url == "/"
    client.logout()
    assert sign_in(client, "alice", next="/profile/").url == "/profile/"


def test_signing_out_takes_a_post(client: Client):
    client.force_login(person())
    assert client.get(reverse("accounts:signout")).status_code == 405


def test_everything_else_asks_to_sign_in(client: Client):
    for name in ("accounts:profile", "accounts:password", "cases:worklist", "meetings:list", "boards:list"):
        assert client.get(reverse(name)).url.startswith(reverse("accounts:signin"))


def test_repeated_failures_lock_the_name_for_a_while(client: Client, settings):
    settings.AXES_ENABLED = True
    person("alice")
    for _ in range(settings.AXES_FAILURE_LIMIT):
        last = sign_in(client, "alice", "wrong")
    assert last.status_code == 429
    assert sign_in(client, "alice").status_code == 429
    assert "sign_in_locked" in events()


def test_the_profile_names_the_roles(client: Client):
    client.force_login(person("alice", Role.ONCOLOGIST))
    page = client.get(reverse("accounts:profile"))
    assert "Oncologist" in page.text
    assert reverse("boards:mine") in page.text


def test_signing_out_everywhere_ends_every_session(client: Client):
    alice, elsewhere = person(), Client()
    client.force_login(alice)
    elsewhere.force_login(alice)
    client.post(reverse("accounts:signout_everywhere"))
    for browser in (client, elsewhere):
        assert browser.get(reverse("accounts:profile")).status_code == 302
    assert AuditEvent.objects.last().event == "signed_out_everywhere"


def test_changing_the_password_ends_the_other_sessions_only(client: Client):
    alice, elsewhere, new = person("alice"), Client(), "another long secret"
    client.force_login(alice)
    elsewhere.force_login(alice)
    client.post(
        reverse("accounts:password"), {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    )
    assert client.get(reverse("accounts:profile")).status_code == 200
    assert elsewhere.get(reverse("accounts:profile")).status_code == 302
    assert User.objects.get(pk=alice.pk).check_password(new)


def test_a_short_password_is_refused(client: Client):
    client.force_login(person("alice"))
    form = {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    page = client.post(reverse("accounts:password"), form)
    assert "at least 12 characters" in page.text


@pytest.fixture
def admin_client(client: Client) -> Client:
    admin = administrator()
    User.objects.filter(pk=admin.pk).update(is_staff=True, is_superuser=True)
    client.force_login(User.objects.get(pk=admin.pk))
    return client


def test_the_admin_gives_roles_on_record_and_keeps_board_groups(admin_client: Client):
    alice = person("alice")
    url = reverse("admin:accounts_user_change", args=[alice.pk])
    assert admin_client.get(url).status_code == 200
    form = {"username": "alice", "display_name": "Alice", "is_active": "on", "roles": ["radiologist"]}
    assert admin_client.post(url, form).status_code == 302
    assert User.objects.get(pk=alice.pk).roles == [Role.RADIOLOGIST]
    assert "user_changed" in AuditEvent.objects.values_list("event", flat=True)


def test_the_admin_deletes_nobody(admin_client: Client):
    alice = person("alice")
    assert admin_client.post(reverse("admin:accounts_user_delete", args=[alice.pk])).status_code == 403


def test_the_admin_holds_no_patient_data():
    from django.contrib import admin

    ours = {model._meta.label for model in admin.site._registry if model._meta.label.split(".")[0] in OURS}
    assert ours <= {"accounts.User"}


OURS = {"boards", "cases", "meetings", "review", "governance", "runs", "audit", "accounts"}
