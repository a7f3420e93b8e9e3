from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories.accounts import oncologist, person
from tests.factories.boards import board as new_board
from tests.factories.boards import member
from tests.factories.cases import case as new_case
from tests.factories.lake import Rows, fact
from tumorboard.accounts.roles import Role
from tumorboard.boards.models import BoardRole
from tumorboard.cases import actions, measuring, views, worklist
from tumorboard.cases.models import Case, Readiness
from tumorboard.cases.status import Status
from tumorboard.governance.models import PublishedVersion

pytestmark = pytest.mark.django_db
FACTS, MODALITIES = measuring.FACTS, measuring.MODALITIES


def named(lake: Rows, case: Case, name: str) -> None:
    row = {"patient_key": case.patient_key, "row_id": f"n{case.pk}", "name": name, "sex": "female"}
    lake.put("silver.patients", {**row, "birth_date": None, "death_date": None, "synthetic": True})


def published(table: str, version: int) -> None:
    PublishedVersion.objects.create(
        table=table, version=version, content_hash="0", run_id="r", code_version="1"
    )


TOMORROW = timezone.now() + timedelta(days=1)


def slot(case: Case, meeting: Case, hours: int) -> actions.Slot:
    return actions.Slot(case.pk, meeting.uuid, TOMORROW, TOMORROW + timedelta(hours=hours))


def test_the_worklist_shows_the_cases_one_may_see_and_no_other(client: Client, lake: Rows):
    alice = oncologist()
    mine, other = new_case(by=alice, question="Mine?"), new_case(question="Of somebody else?")
    named(lake, mine, "Maria")
    client.force_login(alice)
    page = client.get(reverse("cases:worklist"))
    assert "Mine?" in page.text
    assert "Maria" in page.text
    assert "SYNTHETIC" in page.text
    assert "Of somebody else?" not in page.text
    assert mine.patient_key not in page.text
    assert str(other.uuid) not in page.text


def test_the_meeting_is_linked_for_its_board_only(client: Client, lake: Rows):
    board, alice = new_board(), oncologist()
    carol = member(board, BoardRole.COORDINATOR)
    case = new_case(board=board, by=alice)
    actions.set_slots(slots=[slot(case, case, 1)], by=alice)
    for user, linked in ((alice, False), (carol, True)):
        client.force_login(user)
        assert ("Open meeting view" in client.get(reverse("cases:worklist")).text) == linked


def test_nothing_to_see_is_said(client: Client, lake: Rows):
    client.force_login(oncologist())
    assert "No case here" in client.get(reverse("cases:worklist")).text


def test_rows_stand_in_meeting_order_then_by_urgency():
    alice = oncologist()
    late, early, routine, urgent = (new_case(by=alice) for _ in range(4))
    Case.objects.filter(pk=urgent.pk).update(urgency="urgent")
    actions.set_slots(slots=[slot(late, late, 2), slot(early, late, 1)], by=alice)
    ordered = Case.objects.visible_to(alice).in_worklist_order()
    assert list(ordered) == [early, late, urgent, routine]


def test_meetings_at_the_same_time_stay_apart():
    alice = oncologist()
    a1, b1, a2, b2 = cases = [new_case(by=alice) for _ in range(4)]
    at = timezone.now()
    actions.set_slots(
        slots=[
            actions.Slot(case.pk, meeting.uuid, at, at + timedelta(minutes=minute))
            for minute, (case, meeting) in enumerate(zip(cases, (a1, b1, a1, b1), strict=True))
        ],
        by=alice,
    )
    ordered = list(Case.objects.visible_to(alice).in_worklist_order())
    assert ordered in ([a1, a2, b1, b2], [b1, b2, a1, a2])


def test_the_worklist_takes_a_fixed_number_of_queries(client: Client, lake: Rows, django_assert_num_queries):
    alice = oncologist()
    client.force_login(alice)
    new_case(by=alice)
    with django_assert_num_queries(11) as one:
        client.get(reverse("cases:worklist"))
    for _ in range(6):
        new_case(by=alice)
    with django_assert_num_queries(len(one)):
        client.get(reverse("cases:worklist"))


def test_one_read_of_the_lake_names_all_patients(client: Client, lake: Rows):
    alice = oncologist()
    cases = [new_case(by=alice) for _ in range(3)]
    lake.put("silver.patients")
    client.force_login(alice)
    client.get(reverse("cases:worklist"))
    (request,) = [asked for asked in lake.asked if asked.table == "silver.patients"]
    assert sorted(request.patient_keys) == sorted(case.patient_key for case in cases)


def test_pages(client: Client, lake: Rows, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(views, "PAGE_SIZE", 2)
    alice = oncologist()
    for _ in range(3):
        new_case(by=alice)
    client.force_login(alice)
    assert client.get(reverse("cases:worklist")).text.count("Not on an agenda") == 1
    assert len(client.get(reverse("cases:worklist"), {"page": 2}).context["page"].object_list) == 1
    assert client.get(reverse("cases:worklist"), {"page": "x", "show": "y"}).status_code == 200


@pytest.mark.parametrize(
    ("show", "status"), [("open", Status.READY), ("decided", Status.DECIDED), ("ended", Status.CLOSED)]
)
def test_each_status_has_its_list(client: Client, lake: Rows, show: str, status: Status):
    case = new_case(status, question="Which one?")
    client.force_login(case.requested_by)
    shown = {key for key in views.SHOWN if "Which one?" in client.get(f"/?show={key}").text}
    assert shown == {show}


def test_no_status_is_missing_from_the_lists():
    assert {status for _, statuses in views.SHOWN.values() for status in statuses} == set(Status)


def test_a_row_measures_itself_when_newer_tables_are_out(client: Client, lake: Rows):
    case = new_case()
    client.force_login(case.requested_by)
    lake.put(FACTS, fact(case.patient_key, "f1"), fact(case.patient_key, "f2", origin="text"))
    lake.put(
        MODALITIES,
        {"patient_key": case.patient_key, "row_id": "m", "modality": "imaging", "status": "present"},
    )
    published(FACTS, 1)
    assert reverse("cases:row", args=[case.uuid]) in client.get(reverse("cases:worklist")).text
    row = client.get(reverse("cases:row", args=[case.uuid]))
    assert "Needs review" in row.text
    assert "hx-get" not in row.text
    assert Readiness.objects.get(case=case).versions == {FACTS: 1}
    assert reverse("cases:row", args=[case.uuid]) not in client.get(reverse("cases:worklist")).text
    published(FACTS, 2)
    assert reverse("cases:row", args=[case.uuid]) in client.get(reverse("cases:worklist")).text


def test_new_facts_are_counted_since_the_last_look(lake: Rows):
    case = new_case()
    alice = case.requested_by
    lake.put(FACTS, fact(case.patient_key, "f1"))
    measuring.measure(case=case, by=alice)
    actions.record_visit(case=case, by=alice)
    lake.put(FACTS, fact(case.patient_key, "f2"))
    measuring.measure(case=case, by=alice)
    (row,) = worklist.rows_of(list(Case.objects.select_related("board", "readiness")), by=alice)
    assert row.new == 1


def test_a_case_is_registered_by_record_number(client: Client, lake: Rows, monkeypatch: pytest.MonkeyPatch):
    board, alice = new_board(), oncologist()
    asked = []
    monkeypatch.setattr(
        views.people, "find", lambda *, by, record_number: asked.append(record_number) or "p77"
    )
    client.force_login(alice)
    assert client.get(reverse("cases:register")).status_code == 200
    form = {"record_number": " SYN-0417 ", "board": board.pk, "question": "What next?", "urgency": "soon"}
    answer = client.post(reverse("cases:register"), form)
    case = Case.objects.get(patient_key="p77")
    assert asked == ["SYN-0417"]
    assert answer.url == reverse("cases:preparation", args=[case.uuid])
    assert (case.urgency, case.requested_by) == ("soon", alice)


def test_an_unknown_record_number_is_said_at_the_field(client: Client, monkeypatch: pytest.MonkeyPatch):
    board = new_board()
    monkeypatch.setattr(views.people, "find", lambda **_: None)
    client.force_login(oncologist())
    form = {"record_number": "SYN-9999", "board": board.pk, "question": "What next?", "urgency": "soon"}
    page = client.post(reverse("cases:register"), form)
    assert page.status_code == 422
    assert "No patient with this record number" in page.text
    assert not Case.objects.exists()


def test_only_clinicians_and_coordinators_look_patients_up(client: Client, monkeypatch: pytest.MonkeyPatch):
    asked = []
    monkeypatch.setattr(views.people, "find", lambda **values: asked.append(values))
    client.force_login(person("", Role.DATA_STEWARD))
    assert client.get(reverse("cases:register")).status_code == 403
    assert client.post(reverse("cases:register"), {"record_number": "1"}).status_code == 403
    assert asked == []


def test_a_coordinator_registers_for_the_own_board_only(client: Client):
    own, other = new_board(), new_board()
    client.force_login(member(own, BoardRole.COORDINATOR))
    form = client.get(reverse("cases:register")).context["form"]
    assert list(form.fields["board"].queryset) == [own]
    assert other not in form.fields["board"].queryset


POSTS = ["cases:join", "cases:withdraw"]


def test_charlie_gets_404_everywhere(client: Client, lake: Rows):
    case = new_case()
    client.force_login(oncologist())
    urls = [reverse(name, args=[case.uuid]) for name in POSTS]
    urls += [reverse("cases:move", args=[case.uuid, "ready"]), reverse("cases:leave", args=[case.uuid, 1])]
    assert {client.post(url).status_code for url in urls} == {404}
    for name in ("cases:preparation", "cases:row"):
        assert client.get(reverse(name, args=[case.uuid])).status_code == 404
    assert Case.objects.get().status == Status.REGISTERED


def test_the_preparation_page(client: Client, lake: Rows):
    case, bob = new_case(), oncologist("bob")
    named(lake, case, "Maria")
    client.force_login(case.requested_by)
    page = client.get(reverse("cases:preparation", args=[case.uuid]))
    assert "Maria" in page.text
    client.post(reverse("cases:join", args=[case.uuid]), {"user": bob.pk})
    client.post(reverse("cases:move", args=[case.uuid, "ready"]))
    assert case.care_team.filter(user=bob).exists()
    assert Case.objects.get().status == Status.READY
    assert client.post(reverse("cases:move", args=[case.uuid, "nowhere"])).status_code == 404
    member_ = case.care_team.get(user=case.requested_by)
    left = client.post(reverse("cases:leave", args=[case.uuid, member_.pk]))
    assert left.url == reverse("cases:worklist")


def test_withdrawing(client: Client, lake: Rows):
    case = new_case()
    client.force_login(case.requested_by)
    client.post(reverse("cases:withdraw", args=[case.uuid]), {"reason": "The patient's wish"})
    page = client.get(reverse("cases:preparation", args=[case.uuid]))
    assert "The patient&#x27;s wish" in page.text
