from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories.accounts import oncologist
from tests.factories.cases import case as new_case
from tests.factories.lake import Rows
from tests.factories.meetings import Session, recommend, session
from tumorboard.accounts.models import User
from tumorboard.audit.models import AuditEvent
from tumorboard.governance.models import PatientReach
from tumorboard.meetings import actions
from tumorboard.meetings.models import Attendance, Decision, FollowUp, Meeting, Position, Recommendation

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def of_meeting(name: str, made: Session) -> str:
    return reverse(f"meetings:{name}", args=[made.meeting.uuid])


def of_item(name: str, made: Session) -> str:
    return reverse(f"meetings:{name}", args=[made.meeting.uuid, made.item.uuid])


def decision_url(name: str, made: Session) -> str:
    return reverse(f"meetings:{name}", args=[made.item.uuid])


# --- nothing for Charlie --------------------------------------------------------------------------------

MEETING_GETS = ("detail", "present", "position")
MEETING_POSTS = ("add_item", "open", "close", "add_guest")
ITEM_POSTS = (
    "move_item", "remove_item", "set_position", "start_item", "note", "recommend", "dissent", "recuse",
    "decide", "sign",
)  # fmt: skip


def test_charlie_gets_404_everywhere(lake: Rows):
    made = session("decided")
    charlie = browser(made.charlie)
    row = Recommendation.objects.get()
    gets = [of_meeting(name, made) for name in MEETING_GETS]
    gets += [of_item("present_item", made), decision_url("decision", made), decision_url("print", made)]
    gets += [
        reverse("meetings:of_board", args=[made.board.uuid]),
        reverse("meetings:of_case", args=[made.case.uuid]),
        reverse("meetings:follow_up_form", args=[row.uuid]),
    ]
    posts = [of_meeting(name, made) for name in MEETING_POSTS] + [of_item(name, made) for name in ITEM_POSTS]
    posts += [
        decision_url("add_addendum", made),
        reverse("meetings:attend", args=[made.meeting.uuid, 1]),
        reverse("meetings:withdraw", args=[made.meeting.uuid, made.item.uuid, row.uuid]),
        reverse("meetings:follow_up_form", args=[row.uuid]),
    ]
    assert {url: charlie.get(url).status_code for url in gets} == dict.fromkeys(gets, 404)
    assert {url: charlie.post(url).status_code for url in posts} == dict.fromkeys(posts, 404)
    lists = [reverse(f"meetings:{name}") for name in ("list", "follow_up", "undocumented")]
    assert all(made.case.question not in charlie.get(url).text for url in lists)


def test_every_url_is_covered_by_that_test():
    from tumorboard.meetings.urls import urlpatterns

    covered = {*MEETING_GETS, *MEETING_POSTS, *ITEM_POSTS, "present_item", "decision", "print", "of_board"}
    covered |= {"of_case", "follow_up_form", "add_addendum", "attend", "withdraw"}
    assert {pattern.name for pattern in urlpatterns} - covered == {
        "list",
        "plan",
        "follow_up",
        "undocumented",
    }


def test_a_guest_sees_but_changes_nothing(lake: Rows):
    made = session("presented")
    guest = browser(made.guest)
    assert guest.get(of_item("present_item", made)).status_code == 200
    assert guest.post(of_item("note", made), {"text": "Said"}).status_code == 403
    assert guest.post(of_item("decide", made), {"outcome": "consensus"}).status_code == 403


# --- planning -------------------------------------------------------------------------------------------


def test_the_coordinator_plans_a_meeting_and_its_agenda(lake: Rows):
    made = session()
    carol, bob = browser(made.coordinator), browser(made.member)
    starts_at = (timezone.now() + timedelta(days=8)).strftime("%Y-%m-%dT08:00")
    form = {"board": made.board.pk, "starts_at": starts_at, "room": "B 12"}
    answer = carol.post(reverse("meetings:plan"), form)
    meeting = Meeting.objects.get(room="B 12")
    assert answer.url == reverse("meetings:detail", args=[meeting.uuid])
    case = new_case(board=made.board, by=made.alice, question="Resectable?")
    page = carol.get(answer.url)
    assert "Resectable?" in page.text
    carol.post(
        reverse("meetings:add_item", args=[meeting.uuid]),
        {"case": case.uuid, "minutes": 12, "presenter": made.presenter.pk},
    )
    assert meeting.items.get().minutes == 12
    assert "B 12" in bob.get(reverse("meetings:list")).text
    assert "Plan a meeting" not in bob.get(reverse("meetings:list")).text
    assert bob.post(reverse("meetings:plan"), form).status_code == 422


def test_moving_and_taking_off(lake: Rows):
    made = session()
    case = new_case(board=made.board, by=made.alice)
    second = actions.add_item(meeting=made.meeting, case=case, by=made.coordinator)
    carol = browser(made.coordinator)
    carol.post(reverse("meetings:move_item", args=[made.meeting.uuid, second.uuid]), {"to": "up"})
    assert list(made.meeting.items.all()) == [second, made.item]
    carol.post(of_item("remove_item", made))
    assert list(made.meeting.items.all()) == [second]


def test_weeks_later_the_agenda_names_nobody(lake: Rows):
    made = session()
    PatientReach.objects.filter(pk=made.item.reach_id).update(
        starts_at=timezone.now() - timedelta(days=30), ends_at=timezone.now() - timedelta(days=1)
    )
    page = browser(made.member).get(of_meeting("detail", made))
    assert page.status_code == 200
    assert "no longer open to you" in page.text
    assert made.case.question not in page.text
    assert browser(made.alice).get(decision_url("decision", made)).status_code == 200


def test_the_meeting_page_takes_a_fixed_number_of_queries(lake: Rows, django_assert_num_queries):
    made = session()
    bob = browser(made.member)
    with django_assert_num_queries(11) as one:
        bob.get(of_meeting("detail", made))
    for _ in range(5):
        case = new_case(board=made.board, by=made.alice)
        actions.add_item(meeting=made.meeting, case=case, by=made.coordinator)
    with django_assert_num_queries(len(one)):
        bob.get(of_meeting("detail", made))


def test_the_meeting_view_takes_a_fixed_number_of_queries(lake: Rows, django_assert_num_queries):
    made = session("recommended")
    bob = browser(made.member)
    with django_assert_num_queries(19) as one:
        bob.get(of_item("present_item", made))
    for _ in range(5):
        recommend(made)
        actions.record_note(item=made.item, text="Said", by=made.member)
        actions.record_dissent(item=made.item, text="No", by=made.member)
    with django_assert_num_queries(len(one)):
        bob.get(of_item("present_item", made))


def test_the_fragment_of_a_board(lake: Rows):
    made = session("signed")
    page = browser(made.member).get(reverse("meetings:of_board", args=[made.board.uuid]))
    assert "Signed, consensus" in page.text
    assert of_meeting("detail", made) in page.text


def test_the_fragment_of_a_case(lake: Rows):
    made = session()
    url = reverse("meetings:of_case", args=[made.case.uuid])
    assert "waiting" in browser(made.alice).get(url).text


# --- in session -----------------------------------------------------------------------------------------


def test_opening_presenting_closing(lake: Rows):
    made = session()
    presenter = browser(made.presenter)
    assert presenter.post(of_meeting("open", made)).url == of_meeting("present", made)
    assert presenter.get(of_meeting("present", made)).url == of_item("present_item", made)
    page = presenter.get(of_item("present_item", made))
    for slide in ("question", "course", "imaging", "molecular", "options", "decision"):
        assert f'data-slide="{slide}"' in page.text
    assert f'post="{of_item("set_position", made)}"' in page.text
    assert "follow=" not in page.text
    assert presenter.post(of_item("set_position", made), {"slide": "3"}).status_code == 204
    assert Position.objects.get().slide == 3
    assert made.fresh().status == "presented"
    presenter.post(of_meeting("close", made))
    assert Meeting.objects.get().status == "in_session"  # not over an undecided case
    for slide in ("question", "course", "imaging", "molecular", "options"):
        url = reverse("review:slide", args=[made.case.uuid, slide])
        assert f"{url}?snapshot={made.item.snapshot.uuid}" in page.text


def test_the_decision_leads_to_the_evidence_as_the_board_saw_it(lake: Rows):
    made = session("signed")
    page = browser(made.member).get(decision_url("decision", made)).text
    assert f"{reverse('review:case', args=[made.case.uuid])}?snapshot={made.item.snapshot.uuid}" in page


@pytest.mark.parametrize("slide", ["", "x", "9", "-1", "³"])
def test_a_strange_slide_is_refused(slide: str, lake: Rows):
    made = session("in_session")
    answer = browser(made.presenter).post(of_item("set_position", made), {"slide": slide}, headers=HTMX)
    assert answer.status_code == 409
    assert "1 to 6" in answer.text


def test_the_others_follow(lake: Rows):
    made = session("in_session")
    page = browser(made.member).get(of_item("present_item", made))
    assert f'follow="{of_meeting("position", made)}"' in page.text
    assert "post=" not in page.text


def test_next_and_previous_case(lake: Rows):
    made = session()
    case = new_case(board=made.board, by=made.alice)
    second = actions.add_item(meeting=made.meeting, case=case, by=made.coordinator)
    there = reverse("meetings:present_item", args=[made.meeting.uuid, second.uuid])
    bob = browser(made.member)
    assert f'next="{there}"' in bob.get(of_item("present_item", made)).text
    assert f'previous="{of_item("present_item", made)}"' in bob.get(there).text


def test_an_empty_meeting_has_no_meeting_view(lake: Rows):
    made = session()
    actions.remove_item(item=made.item, by=made.coordinator)
    assert browser(made.member).get(of_meeting("present", made)).url == of_meeting("detail", made)


def test_attendance(lake: Rows):
    made = session()
    chair = browser(made.chair)
    row = Attendance.objects.get(user=made.member)
    url = reverse("meetings:attend", args=[made.meeting.uuid, row.pk])
    chair.post(url, {"present": "yes"})
    assert Attendance.objects.get(pk=row.pk).present
    chair.post(url, {"present": "no"})
    assert not Attendance.objects.get(pk=row.pk).present
    chair.post(of_meeting("add_guest", made), {"name": "Dr Visitor", "profession": "genetics"})
    assert "Dr Visitor, Clinical genetics" in chair.get(of_meeting("detail", made)).text


# --- deciding -------------------------------------------------------------------------------------------

RECOMMENDATION = {
    "kind": "therapy",
    "text": "Osimertinib 80 mg",
    "agents": "osimertinib, ",
    "priority": "1",
    "evidence": "nct_dktk m1A",
    "evidence_addenda": ["is"],
    "due_on": "2027-01-31",
}


def test_the_whole_way_on_slide_6(lake: Rows):
    made = session("presented")
    bob, chair = browser(made.member), browser(made.chair)
    panel = bob.post(of_item("recommend", made), {**RECOMMENDATION, "owner": made.presenter.pk}, headers=HTMX)
    assert panel.status_code == 200
    row = Recommendation.objects.get()
    assert (row.evidence_scale, row.evidence_level, row.evidence_addenda) == ("nct_dktk", "m1A", ["is"])
    assert (row.agents, row.owner) == (["osimertinib"], made.presenter)
    assert "NCT/DKTK m1A is" in panel.text
    bob.post(of_item("note", made), {"text": "ECOG has dropped"}, headers=HTMX)
    bob.post(of_item("dissent", made), {"text": "Chemotherapy first"}, headers=HTMX)
    assert (
        "Sign the decision"
        not in bob.post(of_item("decide", made), {"outcome": "majority"}, headers=HTMX).text
    )
    panel = chair.get(of_item("present_item", made)).text
    assert "Sign the decision" in panel
    signed = chair.post(of_item("sign", made), headers=HTMX)
    assert "Open the signed decision" in signed.text
    page = bob.get(decision_url("decision", made)).text
    for words in ("Osimertinib 80 mg", "Majority", "Chemotherapy first", "ECOG has dropped", "intact"):
        assert words in page
    assert made.fresh().sign_off.content_hash in page


def test_a_refusal_is_shown_in_the_panel(lake: Rows):
    made = session("presented")
    answer = browser(made.member).post(of_item("decide", made), {"outcome": "consensus"}, headers=HTMX)
    assert answer.status_code == 409
    assert "say why there is none" in answer.text
    assert 'id="decision-panel"' in answer.text
    assert not Decision.objects.exists()


def test_without_script_it_works_as_pages(lake: Rows):
    made = session("presented")
    answer = browser(made.member).post(of_item("recommend", made), {"kind": "therapy"}, follow=True)
    assert answer.redirect_chain[0][0] == of_item("present_item", made) + "#6"
    assert "Recommendation: This field is required." in answer.text


def test_withdrawing_and_recusing(lake: Rows):
    made = session("recommended")
    bob = browser(made.member)
    row = Recommendation.objects.get()
    bob.post(reverse("meetings:withdraw", args=[made.meeting.uuid, made.item.uuid, row.uuid]), headers=HTMX)
    assert not Recommendation.objects.in_force().exists()
    recusal = {"user": str(made.member.uuid), "reason": "Own patient"}
    panel = bob.post(of_item("recuse", made), recusal, headers=HTMX)
    assert "Own patient" in panel.text
    assert bob.post(of_item("note", made), {"text": "Said"}, headers=HTMX).status_code == 403
    wrong = browser(made.chair).post(of_item("recuse", made), {"user": "x", "reason": "y"}, headers=HTMX)
    assert "Choose a person." in wrong.text


def test_words_of_the_board_are_escaped(lake: Rows):
    made = session("presented")
    bob = browser(made.member)
    bob.post(of_item("recommend", made), {**RECOMMENDATION, "text": "<script>alert(1)</script>"})
    page = bob.get(of_item("present_item", made)).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page


def test_a_decision_not_yet_signed_says_so(lake: Rows):
    made = session("decided")
    page = browser(made.member).get(decision_url("decision", made)).text
    assert "Not signed" in page
    assert "this may still change" in page


def test_no_decision_yet(lake: Rows):
    made = session()
    assert "has not decided" in browser(made.member).get(decision_url("decision", made)).text


def test_addenda_are_added_and_shown(lake: Rows):
    made = session("signed")
    alice = browser(made.alice)
    alice.post(decision_url("add_addendum", made), {"text": "The patient agrees."})
    assert "The patient agrees." in alice.get(decision_url("decision", made)).text


def test_printing_is_on_record(lake: Rows):
    made = session("signed")
    page = browser(made.alice).get(decision_url("print", made))
    assert "Osimertinib" in page.text
    event = AuditEvent.objects.get(event="decision_printed")
    assert event.patient_key == made.case.patient_key


def test_pages_carry_no_inline_script_or_style_and_no_patient_key(lake: Rows):
    made = session("signed")
    bob = browser(made.member)
    for url in (of_meeting("detail", made), of_item("present_item", made), decision_url("decision", made)):
        page = bob.get(url).text
        assert "<style" not in page
        assert " style=" not in page
        assert "onclick" not in page
        assert made.case.patient_key not in page


# --- afterwards -----------------------------------------------------------------------------------------


def test_follow_up_from_list_to_end(lake: Rows):
    made = session("signed")
    alice = browser(made.alice)
    row = Recommendation.objects.get()
    url = reverse("meetings:follow_up_form", args=[row.uuid])
    assert url in alice.get(reverse("meetings:undocumented")).text
    assert url in alice.get(reverse("meetings:follow_up")).text
    assert alice.get(url).status_code == 200
    form = {"state": "not_done", "on": timezone.localdate().isoformat()}
    page = alice.post(url, form, headers={"Referer": f"http://testserver{url}"}, follow=True)
    assert "choose at least one reason" in page.text
    alice.post(url, {**form, "reasons": ["payment_refused"]})
    assert FollowUp.objects.get().reasons == ["payment_refused"]
    assert "Every recommendation is documented." in alice.get(reverse("meetings:follow_up")).text


def test_follow_up_is_read_only_for_guests(lake: Rows):
    made = session("signed")
    guest = browser(made.guest)
    url = reverse("meetings:follow_up_form", args=[Recommendation.objects.get().uuid])
    assert "How does it stand?" not in guest.get(url).text
    assert guest.post(url, {"state": "completed", "on": timezone.localdate()}).status_code == 403


def test_somebody_without_patients_has_empty_lists(lake: Rows):
    client = browser(oncologist())
    assert "No meeting is planned" in client.get(reverse("meetings:list")).text
    assert "Every recommendation is documented." in client.get(reverse("meetings:follow_up")).text
