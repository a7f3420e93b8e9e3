"""Emergency access by the page: second factor first, one patient, a banner; the purpose of a session."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from tests.factories.accounts import person
from tests.unit.governance.conftest import ANN
from tumorboard.accounts import second_factor
from tumorboard.accounts.models import SecondFactor, User
from tumorboard.accounts.roles import Role
from tumorboard.audit.models import AuditEvent
from tumorboard.governance import actions
from tumorboard.governance.choosing import current
from tumorboard.governance.models import BreakGlass
from tumorboard.governance.permissions import can_reach

pytestmark = pytest.mark.django_db
PAGE = "governance:break_glass"


@pytest.fixture
def bob(lake_of_two: Path) -> User:
    user = person("bob", Role.RADIOLOGIST)
    SecondFactor.objects.create(user=user, secret=b"x")
    return user


@pytest.fixture
def browser(bob: User, client: Client) -> Client:
    client.force_login(bob)
    return client


def confirm(client: Client) -> None:
    session = client.session
    session[second_factor.SESSION_KEY] = timezone.now().timestamp()
    session.save()


ASKED = {"record_number": ANN[1], "code": "emergency", "reason": "unconscious in resus"}


def test_the_second_factor_comes_first(browser: Client, ann: str, bob: User) -> None:
    for answer in (browser.get(reverse(PAGE)), browser.post(reverse(PAGE), ASKED)):
        assert answer.url.startswith(reverse("accounts:confirm_second_factor"))
    assert not can_reach(bob, ann)
    assert "Code from your authenticator" in browser.get(answer.url).content.decode()


def test_opening_one_patient(browser: Client, ann: str, ben: str, bob: User) -> None:
    confirm(browser)
    assert "Open this patient" in browser.get(reverse(PAGE)).content.decode()
    assert browser.post(reverse(PAGE), ASKED).url == reverse("cases:worklist")
    assert (can_reach(bob, ann), can_reach(bob, ben)) == (True, False)
    assert AuditEvent.objects.filter(event="break_glass", patient_key=ann).count() == 1
    again = browser.post(reverse(PAGE), ASKED).content.decode()
    assert "already" in again


@pytest.mark.parametrize(
    ("change", "words"),
    [({"record_number": "SYN-9999"}, "No patient"), ({"reason": "short"}, "15"), ({"code": "x"}, "valid")],
)
def test_what_is_wrong_is_said(browser: Client, change: dict, words: str) -> None:
    confirm(browser)
    assert words in browser.post(reverse(PAGE), {**ASKED, **change}).content.decode()
    assert not BreakGlass.objects.exists()


def test_a_steward_has_no_such_page(client: Client, lake_of_two: Path) -> None:
    client.force_login(person("steward", Role.DATA_STEWARD))
    assert client.get(reverse(PAGE)).status_code == 403


def rendered(source: str, user: User, **context: object) -> str:
    request = RequestFactory().get("/")
    request.user, request.session = user, {}
    return Template("{% load governing %}" + source).render(Context({"request": request, **context}))


def test_the_banner_is_on_that_patient_while_it_lasts(bob: User, ann: str, ben: str) -> None:
    what = {"patient_key": ann, "by": bob, "code": "emergency", "reason": "unconscious in resus"}
    opened = actions.break_glass(**what, confirmed=True)
    tag = "{% emergency key %}"
    assert "Emergency access" in rendered(tag, bob, key=ann)
    others = (rendered(tag, bob, key=ben), rendered(tag, person("eve", Role.RADIOLOGIST), key=ann))
    assert not any(other.strip() for other in others)
    actions.close_reach(reach=opened.reach, by=bob)
    assert not rendered(tag, bob, key=ann).strip()


def test_the_header_shows_the_purpose(bob: User) -> None:
    client = Client()
    client.force_login(bob)
    assert "<strong>Treatment</strong>" in client.get(reverse("accounts:profile")).content.decode()
    assert "Treatment" in client.get(reverse("governance:choose_purpose")).content.decode()
    client.force_login(person("nobody"))
    assert "Purpose:" not in client.get(reverse("accounts:profile")).content.decode()


def test_choosing_a_purpose(browser: Client, bob: User) -> None:
    url = reverse("governance:choose_purpose")
    browser.post(url, {"purpose": "research"})
    assert browser.session["purpose"] == "treatment"
    browser.post(url, {"purpose": "treatment"})
    assert browser.session["purpose"] == "treatment"
    assert AuditEvent.objects.filter(event="purpose_chosen").count() == 1
    request = RequestFactory().get("/")
    request.user, request.session = bob, {"purpose": "research"}
    assert current(request).purpose == "treatment", "what the grants do not allow is not chosen"


def test_research_is_for_a_study_of_ones_own(client: Client, lake_of_two: Path) -> None:
    rita = person("rita", Role.RESEARCHER)
    study = actions.create_study(code="s", title="S", starts_on=timezone.localdate(), by="tests")
    client.force_login(rita)
    url = reverse("governance:choose_purpose")
    client.post(url, {"study": study.uuid})
    assert not client.session.get("study")
    actions.add_study_member(study=study, user=rita, by="tests")
    client.post(url, {"study": study.uuid})
    assert client.session["study"] == str(study.uuid)
    request = RequestFactory().get("/")
    request.user, request.session = rita, dict(client.session)
    assert current(request).study == study
