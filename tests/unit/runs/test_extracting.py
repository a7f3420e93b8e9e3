"""Extracts: two people, the masks of the purpose, a manifest, an end; and one's own tokens by their page."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories.accounts import person
from tests.unit.governance.conftest import born, diagnosis, write
from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.accounts.roles import Role
from tumorboard.audit.models import AuditEvent
from tumorboard.governance.actions import (
    add_study_member,
    ask_extract,
    assign_quality,
    create_study,
    decide_extract,
    give_grant,
    open_reach,
    record_consents,
    register_securables,
    set_units,
)
from tumorboard.governance.models import BreakGlass, Capability, ExtractRequest, Securable, Study
from tumorboard.runs import working
from tumorboard.runs.actions import approve_extract
from tumorboard.runs.kinds import KINDS
from tumorboard.runs.models import Job
from tumorboard.runs.places import expire_extracts, extract_file

pytestmark = pytest.mark.django_db
TABLES = ["silver.diagnoses", "silver.patients"]


class House:
    """A lake of two patients, of whom one has agreed to a study, and the people who ask and approve."""

    def __init__(self) -> None:
        write("silver.patients", born("ann", "Early, Ann", 1960), born("ben", "Other, Ben", 1950))
        write("silver.diagnoses", *(diagnosis(k, "d", "P", True, date(2020, 1, 1)) for k in ("ann", "ben")))
        register_securables()
        self.rita = person("rita", Role.RESEARCHER)
        self.officer = person("officer", Role.PRIVACY_OFFICER)
        self.study: Study = create_study(code="lung", title="L", starts_on=date(2020, 1, 1), by="tests")
        add_study_member(study=self.study, user=self.rita, by="tests")
        record_consents(patient_keys=["ben"], scope="research", study=self.study, by="tests")

    def asked(self, **more: Any) -> ExtractRequest:
        values = {"purpose": "research", "study": self.study, "tables": TABLES, "reason": "Survival"}
        return ask_extract(**{**values, "by": self.rita, **more})

    def made(self, request: ExtractRequest, by: User | None = None) -> ExtractRequest:
        approve_extract(request=request, approve=True, note="Protocol read", by=by or self.officer)
        working.run(Job.objects.get(kind="extract", arguments__extract=str(request.uuid)).uuid, KINDS)
        request.refresh_from_db()
        return request


@pytest.fixture
def house(db: None, settings: Any, tmp_path: Path) -> House:
    settings.EXTRACTS_DIR, settings.LAKE_URL = tmp_path / "extracts", str(tmp_path / "lake")
    return House()


def unpacked(content: bytes, name: str) -> Any:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


def test_from_asking_to_taking(house: House, client: Client) -> None:
    request = house.made(house.asked())
    assert (request.state, request.note) == ("made", "Protocol read")
    client.force_login(house.rita)
    content = b"".join(client.get(reverse("runs:take_extract", args=[request.uuid])))
    manifest = json.loads(unpacked(content, "manifest.json"))
    assert (manifest["label"], manifest["patients"], manifest["study"]) == ("LIMITED", None, "lung")
    assert (manifest["asked_by"], manifest["approved_by"]) == ("rita", "officer")
    entry = next(t for t in manifest["tables"] if t["table"] == "silver.patients")
    assert entry["masks"]["name"] == "null" and entry["rows"] == 1 and len(entry["content_hash"]) == 64
    rows = pq.read_table(io.BytesIO(unpacked(content, "silver.patients.parquet")))
    assert rows.schema.metadata[b"label"] == b"LIMITED"
    assert rows["name"].to_pylist() == [None] and rows["patient_key"].to_pylist() != ["ben"]
    assert b"Other" not in content and b"Early" not in content
    read = AuditEvent.objects.filter(event="lake_read", channel="export")
    assert {(e.table, e.actor_id, e.purpose) for e in read} == {
        (t, str(house.rita.pk), "research") for t in TABLES
    }
    assert (
        AuditEvent.objects.filter(event="exported", channel="export", actor_id=str(house.rita.pk)).count()
        == 1
    )
    assert not Capability.objects.in_force().exists()


def test_who_may_approve(house: House) -> None:
    request = house.asked()
    give_grant(
        privilege="export", securable=Securable.objects.get(name="silver"), by="tests", user=house.rita,
        purposes=["research"],
    )  # fmt: skip
    with pytest.raises(Refused, match="second person"):
        decide_extract(request=request, approve=True, note="mine", by=house.rita)
    for somebody in (person("", Role.DATA_STEWARD), person("", Role.RESEARCHER), person()):
        with pytest.raises(PermissionDenied):
            decide_extract(request=request, approve=True, note="yes", by=somebody)
    decide_extract(request=request, approve=False, note="No protocol", by=house.officer)
    with pytest.raises(ChangedMeanwhile):
        decide_extract(request=request, approve=True, note="yes", by=house.officer)
    assert not Job.objects.filter(kind="extract").exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        ExtractRequest.objects.filter(pk=request.pk).update(decided_by=house.rita)


def test_what_is_not_even_asked_for(house: House) -> None:
    alice = person("alice", Role.ONCOLOGIST)
    with pytest.raises(Refused, match="not open to you as an extract"):
        house.asked(by=alice, purpose="treatment", study=None)
    with pytest.raises(Refused, match="purposes"):
        house.asked(by=alice)
    for wrong in ({"tables": []}, {"tables": ["bronze.notes"]}, {"reason": " "}, {"study": None}):
        with pytest.raises(Refused):
            house.asked(**wrong)


def test_a_right_that_ends_before_it_is_made(house: House) -> None:
    request = house.asked()
    approve_extract(request=request, approve=True, note="yes", by=house.officer)
    house.study.members.update(left_at=timezone.now())
    Study.objects.filter(pk=house.study.pk).update(ends_on=date(2021, 1, 1))
    house.rita.groups.clear()
    working.run(Job.objects.get(kind="extract").uuid, KINDS)
    request.refresh_from_db()
    assert request.state == "failed" and not extract_file(request).exists()


def test_treatment_takes_export_and_never_by_emergency_access(house: House) -> None:
    alice, silver = person("alice", Role.ONCOLOGIST), Securable.objects.get(name="silver")
    for user in (alice, house.officer):
        give_grant(privilege="export", securable=silver, by="tests", user=user, purposes=["treatment"])
    ends = timezone.now() + timedelta(hours=1)
    reach = open_reach(patient_key="ben", reason="break_glass", by=alice, user=alice, until=ends)
    BreakGlass.objects.create(
        patient_key="ben", user=alice, reach=reach, code="emergency", reason="x", ends_at=ends
    )
    request = house.made(house.asked(by=alice, purpose="treatment", study=None))
    assert (request.state, "no patient" in request.note) == ("failed", True)
    open_reach(patient_key="ann", reason="care_team", by="tests", user=alice)
    request = house.made(house.asked(by=alice, purpose="treatment", study=None))
    assert (request.manifest["label"], request.manifest["patients"]) == ("IDENTIFIED", 1)


def test_quality_of_a_unit(house: House) -> None:
    quinn = person("quinn", Role.QUALITY_OFFICER)
    set_units(units={"ann": "North", "ben": "South"}, by="tests")
    assign_quality(unit="North", by="tests", user=quinn)
    request = house.made(house.asked(by=quinn, purpose="quality", study=None))
    assert [t["rows"] for t in request.manifest["tables"]] == [1, 1]


def test_it_ends(house: House, client: Client) -> None:
    request = house.made(house.asked())
    assert extract_file(request).stat().st_mode & 0o777 == 0o600
    ExtractRequest.objects.update(expires_at=timezone.now())
    client.force_login(house.rita)
    assert client.get(reverse("runs:take_extract", args=[request.uuid])).status_code == 404
    assert (expire_extracts(), expire_extracts()) == (1, 0)
    assert not extract_file(request).exists()


def test_the_command(house: House, tmp_path: Path) -> None:
    said = {"user": "rita", "study": "lung", "tables": ",".join(TABLES), "out": tmp_path / "out"}
    with pytest.raises(CommandError, match="why"):
        call_command("extract", **said)
    told = io.StringIO()
    call_command("extract", **said, reason="Survival", stdout=told)
    request = house.made(ExtractRequest.objects.get())
    call_command("extract", **said, stdout=told)
    assert "Waits for a second person" in told.getvalue() and "LIMITED" in told.getvalue()
    assert sorted(p.name for p in said["out"].iterdir()) == [
        "manifest.json", "silver.diagnoses.parquet", "silver.patients.parquet",
    ]  # fmt: skip
    assert ExtractRequest.objects.get() == request


def test_the_pages(house: House, client: Client) -> None:
    client.force_login(house.rita)
    asked = {"purpose": "research", "study": house.study.pk, "tables": TABLES, "reason": "Survival"}
    assert client.post(reverse("runs:extracts"), asked).status_code == 302
    request = ExtractRequest.objects.get()
    page = reverse("runs:extract", args=[request.uuid])
    assert b"Decide" not in client.get(page).content
    assert client.post(reverse("runs:extracts"), {**asked, "study": ""}).status_code == 422
    client.force_login(person("other", Role.RESEARCHER))
    assert client.get(page).status_code == 404
    client.force_login(house.officer)
    assert page.encode() in client.get(reverse("runs:extracts")).content
    assert client.post(page, {"approve": "yes", "note": "Protocol read"}).status_code == 302
    request.refresh_from_db()
    assert (request.state, request.decided_by) == ("approved", house.officer)
    assert client.get(reverse("runs:take_extract", args=[request.uuid])).status_code == 404
