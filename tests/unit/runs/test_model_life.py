"""The life of a model: who signs, against what, who sees which state, how it is stopped."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories.accounts import PASSWORD, administrator, oncologist, person
from tests.unit.runs.factories import address, model
from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import Refused
from tumorboard.accounts.roles import CLINICIANS, CONSOLE, Role
from tumorboard.audit.events import Event
from tumorboard.audit.models import AuditEvent
from tumorboard.runs import actions as jobs
from tumorboard.runs.console import models as shown
from tumorboard.runs.models import Job
from tumorboard.scores import actions
from tumorboard.scores.models import Alert, ScoringModel, Signature
from tumorboard.scores.shown import shown_versions
from tumorboard.scores.status import TRANSITIONS, ModelState

pytestmark = pytest.mark.django_db
PAGES = ("model", "model-checkpoints", "model-drift", "model-bias", "model-inventory")
FINE = {"files_match": 1.0, "traced": 1.0, "scored": 60, "open_alerts": 0, "silent_days": 40}
REPORT = {
    "cohort": "synthetic cohort", "n": 300, "events": 140, "method": "stack", "strategy": "late",
    "rows": [
        {"row": "late fusion", "n": 300, "events": 140, "c": 0.72, "c_low": 0.66, "c_high": 0.77,
         "ibs": 0.16, "slope": 1.0, "gap": 0.01},
        {"row": "clinical only", "n": 300, "events": 140, "c": 0.70, "c_low": 0.64, "c_high": 0.75,
         "ibs": 0.17, "slope": 1.0, "gap": 0.01},
        {"row": "shuffled labels", "n": 300, "events": 140, "c": 0.5, "c_low": 0.45, "c_high": 0.55},
    ],
    "lead_over_clinical": {"c": 0.02, "low": 0.0, "high": 0.04},
    "modalities": [{"modality": "clinical", "patients": 300, "events": 140, "features": 4, "weight": 0.4}],
}  # fmt: skip
CARD = {
    "for": ["x"], "not_for": ["y"], "loses": ["z"], "group_gap": 0.01,
    "cohort": {"patients": 300, "deaths": 140, "tumor_type": [["LUAD", 300]], "sex": [], "site": [],
               "set_aside": {}},
    "calibration": [{"n": 60, "predicted": 0.5, "observed": 0.52, "low": 0.4, "high": 0.6, "day": 1095}],
    "groups": [{"kind": "", "group": "everyone", "n": 300, "events": 140, "c": 0.72, "c_low": 0.6,
                "c_high": 0.8},
               {"kind": "sex", "group": "male", "n": 150, "events": 60, "c": 0.7, "c_low": 0.6, "c_high": 0.8,
                "gap": 0.01, "gap_low": 0.0, "gap_high": 0.02, "verdict": "even"},
               {"kind": "sex", "group": "female", "n": 9, "events": 2, "too_few": "2 deaths, 10 are needed",
                "verdict": "too few"}],
    "patterns": [{"has": ["clinical"], "n": 200, "events": 90, "c": 0.7, "c_low": 0.6, "c_high": 0.8}],
    "inventory": {"patients": 300, "smallest": 5, "modalities": {"clinical": 300, "labs": None},
                  "patterns": [{"has": ["clinical"], "n": 296}, {"has": None, "n": None, "kinds": 1}],
                  "by_site": [{"group": "A", "n": 300, "clinical": 300, "labs": None}], "by_year": []},
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "send", lambda uuid: False)
    monkeypatch.setattr(shown, "_intact", lambda model: True)


def trained(state: ModelState = ModelState.RESEARCH, **fields: Any) -> ScoringModel:
    about = {"report": REPORT, "card": CARD, "run_id": "r", "hashes": {"a": "1", "b": "2", "c": "3"}}
    about |= {"snapshot": "00000000-0000-4000-8000-000000000001", "scored": 60, "synthetic": True}
    return model(state=state, **{**about, **fields})


def steward_user() -> User:
    return person("", Role.DATA_STEWARD)


def signed(one: ScoringModel, step: ModelState, part: str, by: User, **more: Any) -> Signature:
    return actions.sign(
        model=one, step=step, part=part, measured={**FINE, **more.pop("measured", {})}, by=by, **more
    )


# ---- who sees what


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", ModelState)
def test_pages_by_role_and_state(client: Client, role: Role, state: ModelState) -> None:
    """Console: everything. Clinicians: all but research (they sign for silent models). Others: nothing."""
    one = trained(state)
    client.force_login(person("", role))
    expected = role in CONSOLE or (role in CLINICIANS and state != ModelState.RESEARCH)
    codes = {page: client.get(address(page, one.uuid)).status_code for page in PAGES}
    codes |= {"figure": client.get(address("model-figure", one.uuid, "calibration")).status_code}
    assert set(codes.values()) == {200 if expected else 404}, codes
    listed = client.get(address("models"))
    assert listed.status_code == (200 if role in CONSOLE | CLINICIANS else 404)
    assert (str(one.uuid) in listed.content.decode()) is expected


@pytest.mark.parametrize("state", ModelState)
def test_only_approved_scores_are_shown(state: ModelState) -> None:
    one = trained(state)
    assert shown_versions() == ({(one.name, one.version)} if state == ModelState.APPROVED else set())
    assert ScoringModel.objects.scoring().exists() is (state in (ModelState.SILENT, ModelState.APPROVED))


def test_nobody_who_is_not_signed_in(client: Client) -> None:
    assert client.get(address("model", trained().uuid)).status_code == 302


@pytest.mark.parametrize("name", ["calibration", "groups", "drift", "inventory"])
def test_figures_say_what_they_draw(client: Client, name: str) -> None:
    client.force_login(steward_user())
    figure = client.get(address("model-figure", trained().uuid, name)).json()
    assert figure["label"]
    assert figure["table"]["columns"]


def test_no_such_figure(client: Client) -> None:
    client.force_login(steward_user())
    assert client.get(address("model-figure", trained().uuid, "secret")).status_code == 404


def test_a_small_cell_is_not_told(client: Client) -> None:
    client.force_login(steward_user())
    page = client.get(address("model-inventory", trained().uuid)).content.decode()
    assert "fewer than 5" in page


def test_pages_of_a_model_with_nothing(client: Client) -> None:
    """Trained on too few: no figures, no watch; every page says so."""
    client.force_login(steward_user())
    bare = model(report={"rows": [], "note": "too few"}, card={})
    for page in PAGES:
        text = client.get(address(page, bare.uuid)).content.decode()
        assert "None" not in text


def test_the_list_costs_the_same_for_many(client: Client) -> None:
    client.force_login(steward_user())
    trained()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(address("models"))
        return len(captured)

    few = queries()
    for _ in range(8):
        trained(ModelState.SILENT)
    assert queries() == few


# ---- signing


def test_from_research_to_approved_by_two_people() -> None:
    one, steward, doctor = trained(), steward_user(), oncologist()
    signed(one, ModelState.SILENT, "data steward", steward)
    one.refresh_from_db()
    assert one.state == ModelState.SILENT
    signed(one, ModelState.APPROVED, "clinical lead", doctor)
    one.refresh_from_db()
    assert one.state == ModelState.SILENT
    signed(one, ModelState.APPROVED, "data steward", steward)
    one.refresh_from_db()
    assert one.state == ModelState.APPROVED
    assert [change.after for change in one.changes.all()] == ["approved", "silent"]
    assert AuditEvent.objects.filter(event=Event.MODEL_SIGNED).count() == 3
    assert AuditEvent.objects.filter(event=Event.MODEL_STATE_CHANGED).count() == 2


def test_one_person_with_both_roles_signs_once() -> None:
    both = person("", Role.ONCOLOGIST, Role.DATA_STEWARD)
    one = trained(ModelState.SILENT)
    signed(one, ModelState.APPROVED, "clinical lead", both)
    with pytest.raises(Refused, match="two people"):
        signed(one, ModelState.APPROVED, "data steward", both)
    one.refresh_from_db()
    assert one.state == ModelState.SILENT


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("part", ["clinical lead", "data steward"])
def test_who_may_sign_in_which_part(role: Role, part: str) -> None:
    one, by = trained(ModelState.SILENT), person("", role)
    allowed = role in CLINICIANS if part == "clinical lead" else role == Role.DATA_STEWARD
    if allowed:
        signed(one, ModelState.APPROVED, part, by)
    else:
        with pytest.raises(PermissionDenied):
            signed(one, ModelState.APPROVED, part, by)
    assert one.signatures.exists() is allowed


def test_a_step_cannot_be_skipped_or_repeated() -> None:
    for state in ModelState:
        one = trained(state)
        for step, part in ((ModelState.SILENT, "data steward"), (ModelState.APPROVED, "data steward")):
            if one.next_step != step:
                with pytest.raises(Refused, match="not open"):
                    signed(one, step, part, steward_user())


@pytest.mark.parametrize("fault", [{"files_match": 0.0}, {"traced": 0.0}])
def test_nobody_signs_past_what_must_be_met(fault: dict[str, float]) -> None:
    with pytest.raises(Refused, match="nobody may sign"):
        signed(
            trained(), ModelState.SILENT, "data steward", steward_user(), measured=fault, deviation="please"
        )


def test_what_is_not_met_needs_a_reason() -> None:
    few = trained(report={**REPORT, "events": 27})
    with pytest.raises(Refused, match="Say why"):
        signed(few, ModelState.SILENT, "data steward", steward_user(), deviation="  ")
    signature = signed(few, ModelState.SILENT, "data steward", steward_user(), deviation="Small on purpose")
    (row,) = [row for row in signature.content["criteria"] if row["code"] == "deaths"]
    assert (row["value"], row["passed"], signature.deviation) == (27, False, "Small on purpose")


def test_an_open_alert_stops_an_approval() -> None:
    with pytest.raises(Refused, match="Alerts"):
        signed(
            trained(ModelState.SILENT),
            ModelState.APPROVED,
            "data steward",
            steward_user(),
            measured={"open_alerts": 1},
        )


def test_a_model_of_real_patients_waits_in_silence() -> None:
    one = trained(ModelState.SILENT, synthetic=False)
    with pytest.raises(Refused, match="Say why"):
        signed(one, ModelState.APPROVED, "data steward", steward_user(), measured={"silent_days": 3})


def test_the_hash_covers_what_was_signed() -> None:
    signature = signed(trained(), ModelState.SILENT, "data steward", steward_user())
    text = json.dumps(signature.content, sort_keys=True, separators=(",", ":"))
    assert signature.content_hash == hashlib.sha256(text.encode()).hexdigest()
    assert signature.content["hashes"] == {"a": "1", "b": "2", "c": "3"}


def test_a_newer_version_retires_the_approved_one() -> None:
    old, new = trained(ModelState.APPROVED), trained(ModelState.SILENT)
    signed(new, ModelState.APPROVED, "clinical lead", oncologist())
    signed(new, ModelState.APPROVED, "data steward", steward_user())
    old.refresh_from_db()
    assert (old.state, shown_versions()) == (ModelState.RETIRED, {(new.name, new.version)})


# ---- signing on the page


def test_signing_asks_for_the_password(client: Client) -> None:
    one, steward = trained(), steward_user()
    client.force_login(steward)
    page = address("model-sign", one.uuid)
    wrong = client.post(page, {"part": "data steward", "password": "not it"})
    assert wrong.status_code == 422
    assert "Nothing was signed" in wrong.content.decode()
    assert not one.signatures.exists()
    assert client.post(page, {"part": "data steward", "password": PASSWORD}).status_code == 302
    one.refresh_from_db()
    assert one.state == ModelState.SILENT
    assert set(Job.objects.values_list("kind", flat=True)) == {"score", "register"}


def test_somebody_elses_password_signs_nothing(client: Client) -> None:
    one = trained()
    other = person("", Role.DATA_STEWARD)
    other.set_password("quite another secret")
    other.save()
    client.force_login(steward_user())
    answer = client.post(
        address("model-sign", one.uuid), {"part": "data steward", "password": "quite another secret"}
    )
    assert answer.status_code == 422
    assert not Signature.objects.exists()


def test_a_part_that_is_not_ones_own_is_no_choice(client: Client) -> None:
    client.force_login(oncologist())
    one = trained(ModelState.SILENT)
    answer = client.post(address("model-sign", one.uuid), {"part": "data steward", "password": PASSWORD})
    assert answer.status_code == 422
    assert not Signature.objects.exists()


def test_the_page_shows_pass_and_fail(client: Client) -> None:
    client.force_login(steward_user())
    page = client.get(
        address("model-checkpoints", trained(report={**REPORT, "events": 27}).uuid)
    ).content.decode()
    assert "Deaths in the training cohort" in page
    assert "Pass" in page
    assert "Fail" in page
    assert "Why what is not met is accepted" in page


# ---- stopping


@pytest.mark.parametrize("role", [*CLINICIANS, *CONSOLE])
def test_one_person_revokes_at_once(client: Client, role: Role) -> None:
    one = trained(ModelState.APPROVED)
    client.force_login(person("", role))
    answer = client.post(address("model-stop", one.uuid), {"state": "revoked", "reason": "Wrong unit"})
    assert answer.status_code == 302
    assert shown_versions() == set()
    assert one.changes.get().reason == "Wrong unit"


def test_stopping_needs_a_reason_and_a_person_who_may(client: Client) -> None:
    one = trained(ModelState.APPROVED)
    client.force_login(administrator())
    assert (
        client.post(address("model-stop", one.uuid), {"state": "revoked", "reason": " "}).status_code == 422
    )
    with pytest.raises(PermissionDenied):
        actions.stop_model(model=one, state=ModelState.REVOKED, reason="x", by=person("", Role.COORDINATOR))
    assert len(shown_versions()) == 1


@pytest.mark.parametrize("before", ModelState)
@pytest.mark.parametrize("after", [ModelState.RETIRED, ModelState.REVOKED])
def test_what_follows_what(before: ModelState, after: ModelState) -> None:
    one = trained(before)
    if after in TRANSITIONS[before]:
        actions.stop_model(model=one, state=after, reason="x", by=administrator())
        one.refresh_from_db()
        assert one.state == after
    else:
        with pytest.raises(Refused):
            actions.stop_model(model=one, state=after, reason="x", by=administrator())


# ---- alerts


FINDING = {"family": "inputs", "subject": "labs/albumin", "test": "rank sum", "p": 1e-9, "limit": 1e-3,
           "alarm": True, "before": 40.0, "after": 4.0, "psi": 3.0}  # fmt: skip


def test_an_alarm_opens_one_alert_until_it_is_settled(client: Client) -> None:
    one = trained(ModelState.APPROVED)
    for _ in range(2):
        actions.keep_watch(model=one, window={}, findings=[FINDING, {**FINDING, "alarm": False}], by="worker")
    alert = one.alerts.get()
    assert (alert.times, alert.settled_at) == (2, None)
    client.force_login(steward_user())
    assert "labs/albumin" in client.get(address("console")).content.decode()
    page = address("model-settle", one.uuid)
    client.post(page, {"alert": alert.pk, "settlement": "Analyser changed its unit"})
    alert.refresh_from_db()
    assert alert.settlement == "Analyser changed its unit"
    actions.keep_watch(model=one, window={}, findings=[FINDING], by="worker")
    assert Alert.objects.unsettled().get().pk != alert.pk


@pytest.mark.parametrize("number", ["", "x", "9" * 30, "1"])
def test_settling_what_is_not_there(client: Client, number: str) -> None:
    client.force_login(steward_user())
    one = trained(ModelState.APPROVED)
    assert (
        client.post(address("model-settle", one.uuid), {"alert": number, "settlement": "x"}).status_code
        == 404
    )


def test_clinicians_settle_nothing(client: Client) -> None:
    one = trained(ModelState.APPROVED)
    actions.keep_watch(model=one, window={}, findings=[FINDING], by="worker")
    client.force_login(oncologist())
    assert client.post(address("model-settle", one.uuid), {"alert": one.alerts.get().pk}).status_code == 404
    with pytest.raises(PermissionDenied):
        actions.settle_alert(alert=one.alerts.get(), settlement="x", by=oncologist())


def test_days_of_silence_are_counted_to_the_last_scoring() -> None:
    now = timezone.now()
    one = trained(ModelState.SILENT, changed_at=now - timezone.timedelta(days=30), scored_at=now)
    assert shown.measured(one)["silent_days"] == 30
    assert shown.measured(trained(ModelState.SILENT))["silent_days"] is None


def test_approving_any_model_retires_the_approved_one() -> None:
    """A page shows one score: two strategies approved at once would leave it to chance which."""
    late = trained(ModelState.APPROVED, name="late-fusion-os", version="1")
    early = trained(ModelState.SILENT, name="early-fusion-os", version="2")
    signed(early, ModelState.APPROVED, "clinical lead", oncologist())
    assert shown_versions() == {(late.name, late.version)}
    signed(early, ModelState.APPROVED, "data steward", steward_user())
    assert shown_versions() == {(early.name, early.version)}


def test_a_part_that_is_no_longer_asked_for_replaces_none_that_is() -> None:
    one = trained(ModelState.SILENT)
    Signature.objects.create(
        model=one,
        step=ModelState.APPROVED,
        role="former part",
        by=steward_user(),
        content={},
        content_hash="",
    )
    signed(one, ModelState.APPROVED, "clinical lead", oncologist())
    one.refresh_from_db()
    assert one.state == ModelState.SILENT
