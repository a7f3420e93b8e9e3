"""Screening and scoring one patient again, from the review page."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.accounts import administrator, oncologist
from tests.factories.cases import case as new_case
from tests.unit.runs.factories import job as new_job
from tumorboard.accounts.models import User
from tumorboard.cases.models import Case
from tumorboard.runs import actions
from tumorboard.runs.models import Job
from tumorboard.runs.status import JobState

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "send", lambda uuid: False)


@pytest.fixture
def alice(client: Client) -> User:
    user = oncologist()
    client.force_login(user)
    return user


def screen(case: Case) -> str:
    return reverse("runs:screen", args=[case.uuid])


def progress(case: Case) -> str:
    return reverse("runs:progress", args=[case.uuid])


def test_both_jobs_are_queued_for_this_patient(client: Client, alice: User):
    case = new_case(by=alice)
    page = client.post(screen(case), headers=HTMX)
    assert page.status_code == 200
    assert f'hx-get="{progress(case)}"' in page.text
    assert case.patient_key not in page.text
    jobs = Job.objects.order_by("kind")
    assert [(job.kind, job.arguments, job.requested_by) for job in jobs] == [
        ("score", {"patients": [case.patient_key]}, alice),
        ("screen", {"patients": [case.patient_key]}, alice),
    ]


def test_asking_twice_queues_once(client: Client, alice: User):
    case = new_case(by=alice)
    for _ in range(2):
        client.post(screen(case), headers=HTMX)
    assert Job.objects.count() == 2


def test_without_script_it_leads_back_to_the_case(client: Client, alice: User):
    case = new_case(by=alice)
    assert client.post(screen(case))["Location"] == reverse("review:case", args=[case.uuid])


def test_not_yours_and_not_there_are_the_same(client: Client):
    case = new_case()
    nowhere = Case(uuid=uuid4())
    for user in (oncologist(), administrator()):
        client.force_login(user)
        for there in (case, nowhere):
            assert client.post(screen(there), headers=HTMX).status_code == 404
            assert client.get(progress(there)).status_code == 404
    assert not Job.objects.exists()


def test_it_is_not_done_by_following_a_link(client: Client, alice: User):
    assert client.get(screen(new_case(by=alice))).status_code == 405


@pytest.mark.parametrize(
    ("screening", "scoring", "over"),
    [
        (JobState.QUEUED, JobState.QUEUED, False),
        (JobState.DONE, JobState.RUNNING, False),
        (JobState.DONE, JobState.DONE, True),
        (JobState.FAILED, JobState.DONE, True),
    ],
)
def test_it_asks_for_itself_until_both_are_over(
    client: Client, alice: User, screening: JobState, scoring: JobState, over: bool
):
    case = new_case(by=alice)
    arguments = {"patients": [case.patient_key]}
    new_job(screening, kind="screen", arguments=arguments)
    new_job(scoring, kind="score", arguments=arguments)
    page = client.get(progress(case))
    assert ("hx-get" in page.text) is not over
    assert (f'href="{reverse("review:case", args=[case.uuid])}"' in page.text) is over
    assert ("Screen and score again" in page.text) is over


def test_only_the_latest_jobs_of_this_patient_are_shown(client: Client, alice: User):
    case = new_case(by=alice)
    arguments = {"patients": [case.patient_key]}
    new_job(JobState.FAILED, arguments=arguments, message="the earlier one")
    new_job(JobState.DONE, arguments=arguments, message="the latest one")
    new_job(arguments={"patients": ["p-somebody-else"]}, message="of somebody else")
    new_job(arguments={}, message="of everybody")
    page = client.get(progress(case))
    assert "the latest one" in page.text
    for words in ("the earlier one", "of somebody else", "of everybody"):
        assert words not in page.text


def test_a_case_that_was_never_screened_by_request(client: Client, alice: User):
    page = client.get(progress(new_case(by=alice)))
    assert "has not been screened by request" in page.text
    assert "hx-get" not in page.text


def test_it_takes_a_fixed_number_of_queries(client: Client, alice: User, django_assert_num_queries):
    case = new_case(by=alice)
    client.post(screen(case), headers=HTMX)
    with django_assert_num_queries(4):  # session, user, case, jobs
        client.get(progress(case))
