"""The lake from a notebook: a token of one's own through a real gate, in Python that has no Django."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from tests.factories.accounts import person
from tests.integration import gates
from tests.unit.governance.conftest import ANN, BEN, born, diagnosis, write
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.audit.models import AuditEvent
from tumorboard.client import Fault, Lake, NoAnswer, Refused
from tumorboard.governance.actions import (
    add_study_member,
    ask_extract,
    create_study,
    decide_extract,
    issue_token,
    open_reach,
    record_consents,
    register_securables,
    revoke_token,
)
from tumorboard.governance.capabilities import issue_capability
from tumorboard.governance.ledger import crosswalk
from tumorboard.governance.models import Capability, Study
from tumorboard.runs import services
from tumorboard.runs.extracting import make

pytestmark = pytest.mark.timeout(170)
TABLES = ["silver.patients", "silver.diagnoses"]


@dataclass
class Place:
    socket: Path
    ann: str
    ben: str
    alice: User
    rita: User
    study: Study

    def token(self, by: User, purpose: str, **more: Any) -> str:
        asked = {"name": "notes", "channel": "notebook", "purposes": [purpose], "reads": TABLES, "hours": 1}
        Capability.objects.update(revoked_at=timezone.now())
        return issue_token(**{**asked, **more}, by=by, confirmed=False)

    def lake(self, token: str) -> Lake:
        return Lake(token, self.socket)


@pytest.fixture(scope="module")
def place(installation: Path) -> Iterator[Place]:
    with transaction.atomic():
        keys = crosswalk().keys([ANN, BEN])
        ann, ben = (crosswalk().patients_of([keys[who]]).pop() for who in (ANN, BEN))
    write("silver.patients", born(ann, "Early, Ann", 1960), born(ben, "Other, Ben", 1950))
    write("silver.diagnoses", *(diagnosis(k, "d", "Primary", True, date(2020, 1, 1)) for k in (ann, ben)))
    register_securables()
    alice, rita = person("alice-c", Role.ONCOLOGIST), person("rita-c", Role.RESEARCHER)
    open_reach(patient_key=ann, reason="care_team", by="tests", user=alice)
    study = create_study(code="lung", title="Lung", starts_on=date(2020, 1, 1), by="tests")
    add_study_member(study=study, user=rita, by="tests")
    record_consents(patient_keys=[ben], scope="research", study=study, by="tests")
    with gates.running(installation):
        yield Place(settings.GATE_SOCKET, ann, ben, alice, rita, study)
    connection.close()


def test_treatment_reads_the_patients_one_reaches(place: Place) -> None:
    lake = place.lake(place.token(place.alice, "treatment"))
    rows = lake.read("silver.patients", ["name"], purpose="treatment", patients=[place.ann])
    assert rows.to_pylist() == [{"name": "Early, Ann"}]
    intent, end = AuditEvent.objects.order_by("-seq")[:2][::-1]
    assert (intent.actor_id, intent.channel, intent.auth_method) == (
        str(place.alice.pk),
        "notebook",
        "capability",
    )
    assert (end.event, end.row_count) == ("lake_delivered", 1)
    assert Capability.objects.in_force().get().used_at is not None
    for refused in (
        {"patients": [place.ben]},
        {"patients": None},
        {"patients": [place.ann], "purpose": "research"},
    ):
        with pytest.raises(Refused):
            lake.read("silver.patients", **{"purpose": "treatment", **refused})


def test_research_reads_those_who_agreed_by_pseudonym_and_with_moved_dates(place: Place) -> None:
    lake = place.lake(place.token(place.rita, "research", study=place.study))
    rows = lake.read("silver.patients", purpose="research", study="lung").to_pylist()
    assert len(rows) == 1
    (row,) = rows
    assert row["name"] is None and row["patient_key"] not in (place.ann, place.ben, None)
    (told,) = lake.read("silver.diagnoses", ["patient_key", "diagnosed_on"], purpose="research").to_pylist()
    assert told["patient_key"] == row["patient_key"]
    assert told["diagnosed_on"] not in (None, date(2020, 1, 1))
    assert abs(told["diagnosed_on"] - date(2020, 1, 1)) <= timedelta(days=365)
    with pytest.raises(Fault, match="another study"):
        lake.read("silver.patients", purpose="research", study="other")
    hidden = lake.read("silver.patients", purpose="research", where=[("name", "eq", "Other, Ben")])
    assert hidden.num_rows == 0


def test_the_tables_of_a_token_and_their_masks(place: Place) -> None:
    told = {
        t["table"]: t for t in place.lake(place.token(place.rita, "research", study=place.study)).tables()
    }
    assert set(told) == set(TABLES)
    assert told["silver.patients"]["purposes"]["research"]["patient_key"] == "pseudonym"
    assert "name" in told["silver.patients"]["columns"]


def test_nothing_beyond_what_the_token_names(place: Place) -> None:
    lake = place.lake(place.token(place.alice, "treatment", reads=["silver.diagnoses"]))
    with pytest.raises(Refused):
        lake.read("silver.patients", purpose="treatment", patients=[place.ann])
    with pytest.raises(Fault):
        lake.read("silver.diagnoses", ["nonsense"], purpose="treatment", patients=[place.ann])


def expired(place: Place, token: Capability) -> None:
    issued = timezone.now() - timedelta(hours=2)
    Capability.objects.filter(pk=token.pk).update(issued_at=issued, expires_at=issued + timedelta(hours=1))


def revoked(place: Place, token: Capability) -> None:
    revoke_token(token=token, by=place.alice)


def signed_out(place: Place, token: Capability) -> None:
    User.objects.filter(pk=place.alice.pk).update(session_seal="another")
    place.alice.refresh_from_db()


@pytest.mark.parametrize("ended", [expired, revoked, signed_out])
def test_an_ended_token_reads_nothing_and_says_nothing(place: Place, ended: Any) -> None:
    lake = place.lake(place.token(place.alice, "treatment"))
    ended(place, Capability.objects.in_force().get())
    for call in (
        lake.tables,
        lambda: lake.read("silver.patients", purpose="treatment", patients=[place.ann]),
    ):
        with pytest.raises(Refused):
            call()
    assert AuditEvent.objects.order_by("-seq")[0].event == "lake_refused"


def test_the_capability_of_a_job_is_no_persons_token(place: Place) -> None:
    token = issue_capability(user=place.alice, purposes=["treatment"], reads=TABLES, by="tests")
    with pytest.raises(Refused):
        place.lake(token).read("silver.patients", purpose="treatment", patients=[place.ann])


def test_a_gate_that_is_away(tmp_path: Path) -> None:
    with pytest.raises(NoAnswer):
        Lake("x", tmp_path / "none.sock").tables()
    with pytest.raises(Refused):
        Lake("", tmp_path / "none.sock")


def test_in_python_without_django(place: Place) -> None:
    token = place.token(place.alice, "treatment")
    program = (
        "import json, sys\nfrom tumorboard.client import Lake\n"
        f"rows = Lake().read('silver.patients', ['name'], purpose='treatment', patients=[{place.ann!r}])\n"
        "names = ('django', 'deltalake', 'pyspark', 'tumorboard.governance')\n"
        "loaded = [name for name in names if name in sys.modules]\n"
        "print(json.dumps([rows.to_pylist(), loaded]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=services.ROOT, capture_output=True, text=True, check=True,
        env={"TUMORBOARD_TOKEN": token, "GATE_SOCKET": str(place.socket), "PATH": "/usr/bin"},
    )  # fmt: skip
    assert json.loads(done.stdout) == [[{"name": "Early, Ann"}], []]


def test_an_extract_is_made_through_the_gate_as_whoever_asked(
    place: Place, settings: Any, tmp_path: Path
) -> None:
    settings.EXTRACTS_DIR = tmp_path
    request = ask_extract(
        purpose="research", study=place.study, tables=TABLES, reason="Survival", by=place.rita
    )
    decide_extract(request=request, approve=True, note="yes", by=person("officer-c", Role.PRIVACY_OFFICER))
    before = AuditEvent.objects.order_by("-seq")[0].seq
    manifest = make(request)
    assert (manifest["label"], [t["rows"] for t in manifest["tables"]]) == ("LIMITED", [1, 1])
    reads = AuditEvent.objects.filter(seq__gt=before, event__in=["lake_read", "lake_delivered"])
    assert {(e.channel, e.actor_id) for e in reads} == {("export", str(place.rita.pk))}
    assert reads.count() == 4
    assert not Capability.objects.in_force().filter(channel="export").exists()
