"""The console: who sees it, what each page says, how it is searched, and in how many queries."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import count
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories.accounts import administrator, oncologist, person
from tests.unit.runs.factories import address, file, model, refused, run, version
from tests.unit.runs.factories import job as new_job
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import CONSOLE, Role
from tumorboard.audit.events import Event
from tumorboard.audit.models import AuditEvent
from tumorboard.governance.actions import register_securables
from tumorboard.lake import tables
from tumorboard.runs import actions
from tumorboard.runs.models import IngestRun, QuarantinedRow
from tumorboard.runs.status import JobState
from tumorboard.ui import listing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def securables() -> None:
    """The roles' standing grants: among them, who may read the access log."""
    register_securables()


LISTS = ("ingests", "quarantine", "jobs", "models", "audit")
OF_THE_LOG = {"audit", "verify"}  # for privacy officers too
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:")


def everywhere() -> dict[str, str]:
    """Page -> address, with something to show on each."""
    a_run, a_job = run(), new_job(JobState.FAILED)
    pages = {name: address(name) for name in ("console", "health", "lineage", "verify", *LISTS)}
    return pages | {
        "ingest": address("ingest", a_run.uuid),
        "job": address("job", a_job.uuid),
    }


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tumorboard.runs.health.PARTS", {"database": lambda: "answers"})
    monkeypatch.setattr(actions, "send", lambda uuid: False)


# ---- who sees it


@pytest.mark.parametrize("role", Role)
def test_stewards_and_administrators_see_it_and_nobody_else(client: Client, role: Role):
    client.force_login(person("", role))
    codes = {name: client.get(page).status_code for name, page in everywhere().items()}
    del codes["models"]  # clinicians sign for models: test_model_life.py says who sees which
    seen = set(codes) if role in CONSOLE else OF_THE_LOG if role == Role.PRIVACY_OFFICER else set()
    assert {name for name, code in codes.items() if code == 200} == seen, codes
    assert set(codes.values()) <= {200, 404}, codes


@pytest.mark.parametrize("name", ["settle", "retry"])
def test_writing_is_refused_to_clinicians_alike(client: Client, name: str):
    job, row = new_job(JobState.FAILED), refused()
    client.force_login(oncologist())
    page = address(name, *([job.uuid] if name == "retry" else []))
    assert client.post(page, {"row": row.pk, "settlement": "done"}).status_code == 404
    job.refresh_from_db()
    row.refresh_from_db()
    assert (job.state, row.settled_at) == (JobState.FAILED, None)


def test_who_is_not_signed_in_is_asked_to(client: Client):
    for page in everywhere().values():
        answer = client.get(page)
        assert answer.status_code == 302
        assert reverse("accounts:signin") in answer["Location"]


def test_the_link_stands_in_the_bar_of_those_who_may(client: Client):
    for user, linked in ((administrator(), True), (oncologist(), False)):
        client.force_login(user)
        page = client.get(reverse("accounts:profile"))
        assert (f'href="{address("console")}"' in page.text) == linked


# ---- every page


def test_every_page_is_headed_labelled_and_free_of_inline_code(client: Client, steward: User):
    refused()
    model(state="approved")
    version("silver.variants")
    for name, page in everywhere().items():
        html = client.get(page).text
        assert "<c-" not in html, name
        assert not INLINE.search(html), name
        assert html.count("<table>") == html.count("<caption"), name
        if name != "health":
            assert html.count("<h1>") == 1, name
        inputs = re.findall(r"<(?:input|select|textarea)\b[^>]*>", html)
        for field in (tag for tag in inputs if 'type="hidden"' not in tag and 'name="theme"' not in tag):
            labelled = re.search(r'\bid="([^"]+)"', field)
            assert "aria-label" in field or "data-letters" in field or f'for="{labelled[1]}"' in html, field


@pytest.mark.parametrize("name", LISTS)
def test_a_list_without_rows_says_so(client: Client, steward: User, name: str):
    nothing = {"audit": "?table=no-such-table"}
    assert "state-empty" in client.get(address(name) + nothing.get(name, "")).text


@pytest.mark.parametrize("name", LISTS)
def test_odd_addresses_do_no_harm(client: Client, steward: User, name: str):
    for query in (
        "page=-1",
        "page=x",
        "page=99999",
        "state=%00x",
        "source=nowhere",
        "model=x",
        "since=never",
    ):
        assert client.get(f"{address(name)}?{query}").status_code == 200


QUERIES = {  # session, user and groups (3) among them
    "console": 15,
    "ingests": 5,
    "quarantine": 6,
    "jobs": 5,
    "lineage": 4,
    "models": 5,
    "audit": 9,
}


@pytest.mark.parametrize("name", QUERIES)
def test_a_page_takes_a_fixed_number_of_queries(
    client: Client, steward: User, django_assert_num_queries, name: str
):
    versions = count()

    def fill() -> None:
        for number in range(12):
            refused(settled_at=None if number % 2 else timezone.now(), settled_by=steward)
            new_job(requested_by=steward, arguments={"patients": [f"p{number}"]})
            model()
            version("silver.variants", next(versions))

    for _ in range(2):
        fill()
        with django_assert_num_queries(QUERIES[name]):
            client.get(address(name) + "?state=")


def test_fifty_rows_a_page(client: Client, steward: User):
    for number in range(51):
        new_job(message=f"message {number:03}")
    first, second = (client.get(f"{address('jobs')}?state=queued&page={n}") for n in (1, 2))
    assert (first.text.count("message "), second.text.count("message ")) == (50, 1)
    assert "?state=queued&amp;page=2" in first.text


def test_a_long_list_is_not_counted_to_its_end(client: Client, steward: User, monkeypatch):
    monkeypatch.setattr(listing, "COUNTED", 60)
    for _ in range(70):
        new_job()
    assert client.get(address("jobs")).context["page"].paginator.count == 60


# ---- home


def test_home_counts_what_is_open(client: Client, steward: User):
    new_job(JobState.FAILED)
    new_job(JobState.DONE)
    refused()
    refused(settled_at=timezone.now())
    model(name="late fusion", version="in use", state="approved")
    overview = client.get(address("console")).context["overview"]
    assert overview.jobs == {"Waiting": 0, "Running": 0, "Failed": 1}
    assert overview.quarantined == 1
    assert [m.version for m in overview.models] == ["in use"]


def test_home_of_a_new_installation(client: Client, steward: User):
    html = client.get(address("console")).text
    assert "Nothing has been ingested" in html
    assert "No model scores" in html


def test_the_health_of_a_part_that_fails(client: Client, steward: User, monkeypatch):
    def away() -> str:
        raise RuntimeError("no worker answers")

    monkeypatch.setattr("tumorboard.runs.health.PARTS", {"worker": away})
    page = client.get(address("health"))
    assert page.status_code == 200
    assert "no worker answers" in page.text


# ---- ingests


REPORT = {
    "seconds": 5.52,
    "files": {"landed": 297, "not data": 2},
    "set_aside": {"a table of contents": 2},
    "sources": {"fhir": {"files": 12, "rows": 1400, "quarantined": 3, "notices": 4, "unassigned": 0}},
    "tables": [{"table": "silver.variants", "version": 4, "rows": 218}],
    "quarantined": 3,
}


def test_the_report_of_a_run(client: Client, steward: User):
    done = run(report=REPORT, ended_at=timezone.now())
    for _ in range(3):
        refused(done, reason="POS is not a number")
    page = client.get(address("ingest", done.uuid))
    for words in ("297", "a table of contents", "1,400", "silver.variants", "218", "POS is not a number"):
        assert words in page.text
    assert list(page.context["page"]) == [
        {"stage": "row", "source": "vcf", "reason": "POS is not a number", "times": 3}
    ]


def test_notices_are_grouped_by_message_whatever_their_place_and_number(client: Client, steward: User):
    done = run()
    file(done, "line 1, column 3: no sample", "line 2: 4 values are odd")
    file(done, "line 9: 5 values are odd", source="fhir")
    file(done, "line 9: 5 values are odd", source="dicom")
    file(run(), "line 1: of another run")
    notices = client.get(address("ingest", done.uuid)).context["notices"]
    assert [(n.source, n.message, n.times, n.files) for n in notices] == [
        ("fhir", "some values are odd", 2, 2),
        ("dicom", "some values are odd", 1, 1),
        ("fhir", "no sample", 1, 1),
    ]


def test_a_run_that_never_ended(client: Client, steward: User):
    broken = run()
    assert "Running or interrupted" in client.get(address("ingest", broken.uuid)).text
    assert client.get(address("ingest", uuid4())).status_code == 404


@pytest.mark.parametrize(("words", "found"), [("demo", 1), ("fhir", 1), ("nobody", 0), ("", 2), ("%", 0)])
def test_runs_are_searched(client: Client, steward: User, words: str, found: int):
    run(started_by="demo", report=REPORT)
    run(started_by="Novak")
    page = client.get(address("ingests"), {"q": words})
    assert page.context["page"].paginator.count == found


# ---- quarantine


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({}, {"row", "check"}),
        ({"state": "settled"}, {"file"}),
        ({"state": ""}, {"row", "check", "file"}),
        ({"source": "vcf"}, {"row"}),
        ({"stage": "check"}, {"check"}),
        ({"source": "vcf", "stage": "check"}, set()),
    ],
)
def test_the_quarantine_is_narrowed(client: Client, steward: User, chosen: dict, found: set):
    refused(stage="row", source="vcf")
    refused(stage="check", source="silver.labs")
    refused(stage="file", source="", settled_at=timezone.now())
    page = client.get(address("quarantine"), chosen)
    assert {row.stage for row in page.context["page"]} == found


def test_words_of_a_search_never_stand_in_the_address(client: Client, steward: User):
    """They go with the session. A file's name may hold a patient's: it is neither shown nor searched."""
    refused(file_name="example_maria.vcf", file_hash="abc123" + "0" * 58)
    refused(file_name="other.vcf", file_hash="def456" + "0" * 58)
    answer = client.post(address("quarantine"), {"q": "ABC123", "state": "open", "source": "vcf"})
    assert answer["Location"] == f"{address('quarantine')}?source=vcf&state=open"
    page = client.get(answer["Location"])
    assert [row.file_name for row in page.context["page"]] == ["example_maria.vcf"]
    assert 'value="ABC123"' in page.text
    assert "maria" not in page.text
    assert "file abc123000000.vcf" in page.text
    client.post(address("quarantine"), {"q": "maria"})
    assert client.get(address("quarantine")).context["page"].paginator.count == 0
    client.post(address("quarantine"), {"q": "MARIA", "reset": "1"})
    assert client.get(address("quarantine")).context["page"].paginator.count == 2


def test_ticked_rows_are_settled_with_a_word(client: Client, steward: User):
    ticked, other = refused(), refused()
    form = {"row": [ticked.pk], "shown": [ticked.pk, other.pk], "settlement": "asked the sender"}
    answer = client.post(address("settle") + "?source=vcf", form)
    assert answer["Location"] == address("quarantine") + "?source=vcf"
    ticked.refresh_from_db()
    other.refresh_from_db()
    assert (ticked.settlement, ticked.settled_by, other.settled_at) == ("asked the sender", steward, None)
    assert AuditEvent.objects.filter(event=Event.QUARANTINE_SETTLED, actor_id=str(steward.pk)).count() == 1


def test_all_rows_shown_are_settled_and_no_later_one(client: Client, steward: User):
    shown, later = [refused(), refused()], refused()
    form = {"shown": [row.pk for row in shown], "all": "1", "settlement": "sent again"}
    client.post(address("settle"), form)
    assert list(QuarantinedRow.objects.filter(settled_at=None)) == [later]


def test_where_all_is_settled_there_is_nothing_to_settle_with(client: Client, steward: User):
    refused(settled_at=timezone.now())
    page = client.get(address("quarantine"), {"state": "settled"})
    assert "What was done" not in page.text


def test_who_comes_second_is_told(client: Client, steward: User):
    row = refused()
    actions.settle_quarantined(row=row, settlement="first", by=administrator())
    answer = client.post(address("settle"), {"row": [row.pk], "settlement": "second"}, follow=True)
    assert "already been settled by somebody else" in answer.text
    row.refresh_from_db()
    assert row.settlement == "first"


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"row": [1]}, "Say in a word"),
        ({"settlement": "  ", "row": [1]}, "Say in a word"),
        ({"settlement": "done"}, "Tick the rows"),
        ({"settlement": "done", "row": ["x", "-1", "9" * 30]}, "Tick the rows"),
    ],
)
def test_what_cannot_be_settled(client: Client, steward: User, form: dict, words: str):
    assert words in client.post(address("settle"), form, follow=True).text


def test_refused_rows_are_summed_by_source_over_time(client: Client, steward: User):
    before = run()
    IngestRun.objects.filter(pk=before.pk).update(started_at=timezone.now() - timedelta(days=8))
    refused(before, source="vcf", settled_at=timezone.now())
    refused(source="vcf")
    refused(source="silver.labs")
    rows = client.get(address("quarantine")).context["summary"]
    told = {row["source"]: (row["open"], row["settled"], row["last_7"], row["last_30"]) for row in rows}
    assert told == {"silver.labs": (1, 0, 1, 1), "vcf": (1, 1, 1, 2)}


# ---- jobs


def test_jobs_are_narrowed(client: Client, steward: User):
    new_job(JobState.FAILED, requested_by=steward)
    new_job(JobState.DONE, kind="score")
    for chosen, found in (
        ({"state": "failed"}, 1),
        ({"kind": "score"}, 1),
        ({"by": steward.display_name[:5].lower()}, 1),
        ({"state": "running"}, 0),
        ({}, 2),
    ):
        assert client.get(address("jobs"), chosen).context["page"].paginator.count == found


def test_a_job_asks_for_itself_until_it_is_over(client: Client, steward: User):
    for state in JobState:
        job = new_job(state, done=3, total=8, message="block 3")
        page = client.get(address("job", job.uuid), headers={"HX-Request": "true"})
        assert ("hx-get" in page.text) == (not job.is_over)
        assert "<html" not in page.text
        assert ("Try again" in page.text) == (state == JobState.FAILED)


def test_a_failed_job_says_why(client: Client, steward: User):
    for message, words in (
        ("ValueError: see the log", "ValueError: see the log"),
        ("", "no reason was written"),
    ):
        page = client.get(address("job", new_job(JobState.FAILED, message=message).uuid))
        assert '<span class="tag tag-bad">Failed</span>' in page.text
        assert words in page.text


def test_a_running_job_says_how_far_it_is(client: Client, steward: User):
    known = new_job(JobState.RUNNING, done=3, total=8, message="block 3")
    assert "running, 3 of 8 steps block 3" in client.get(address("job", known.uuid)).text
    assert 'value="3" max="8"' in client.get(address("job", known.uuid)).text
    unknown = new_job(JobState.RUNNING)
    assert " of " not in client.get(address("job", unknown.uuid), headers={"HX-Request": "true"}).text


def test_a_job_says_how_many_patients_and_not_which(client: Client, steward: User):
    job = new_job(arguments={"patients": ["pabc123"]}, attempts=2)
    for page in (address("job", job.uuid), address("jobs")):
        assert "pabc123" not in client.get(page).text
    assert "2 lost with their workers, 5 at most" in client.get(address("job", job.uuid)).text


def test_a_failed_job_is_tried_again(client: Client, steward: User):
    job = new_job(JobState.FAILED)
    assert "waits again" in client.post(address("retry", job.uuid), follow=True).text
    job.refresh_from_db()
    assert job.state == JobState.QUEUED
    assert "Only a failed job" in client.post(address("retry", job.uuid), follow=True).text
    assert client.get(address("retry", job.uuid)).status_code == 405


# ---- lineage


def test_a_version_leads_to_the_run_that_made_it(client: Client, steward: User):
    for made_by, page in ((run(), "ingest"), (new_job(JobState.DONE), "job")):
        assert client.get(address("run", made_by.uuid))["Location"] == address(page, made_by.uuid)
    assert client.get(address("run", uuid4()), follow=True).status_code == 404


def test_the_whole_graph_holds_every_table(client: Client, steward: User):
    page = client.get(address("lineage"))
    for table in tables.all_tables():
        assert page.text.count(f'href="{reverse("governance:securable", args=[table.name])}"') == 1, "listed"
        assert page.text.count(f'href="{address("lineage")}?table={table.name}"') == 1, "drawn"


def test_the_graph_around_a_table_one_way_or_both(client: Client, steward: User):
    def boxes(**chosen: str) -> int:
        return client.get(address("lineage"), {"table": "silver.variants", **chosen}).text.count("<rect")

    assert boxes(way="up") + boxes(way="down") == boxes() + 1
    assert boxes(way="up") > 1


def test_the_way_of_a_column(client: Client, steward: User):
    version("silver.variants", inputs={"bronze.vcf": 7}, reads={"bronze.vcf": ["payload", "kind"]},
            traces={"file_hash": ["bronze.vcf.file_hash"]})  # fmt: skip
    version("gold.actionability", inputs={"silver.variants": 0}, reads={"silver.variants": ["vaf", "gene"]},
            traces={"derived_from": ["silver.variants.row_id"]})  # fmt: skip
    page = client.get(address("lineage"), {"table": "silver.variants", "column": "vaf"})
    met = {(m.table, m.column, m.way, m.exact) for m in page.context["met"]}
    assert ("bronze.vcf", "payload", "up", False) in met
    assert ("gold.actionability", "gene", "down", False) in met
    assert not [m for m in met if m[:2] == ("gold.actionability", "derived_from")]
    assert "silver.variants (1)" in page.text
    assert "not on the way" in page.text
    exact = client.get(address("lineage"), {"table": "silver.variants", "column": "file_hash", "way": "up"})
    assert [(m.table, m.column, m.exact) for m in exact.context["met"]] == [("bronze.vcf", "file_hash", True)]
    narrowed = client.get(address("lineage"), {"table": "silver.variants", "column": "vaf", "q": "payload"})
    assert [m.column for m in narrowed.context["met"]] == ["payload"]


@pytest.mark.parametrize("chosen", [{"table": "x.y"}, {"table": "silver.labs", "column": "x"}, {"way": "?"}])
def test_an_odd_choice_shows_everything_there_is(client: Client, steward: User, chosen: dict):
    assert client.get(address("lineage"), chosen).status_code == 200


# ---- models


def test_models_with_their_figures(client: Client, steward: User):
    report = {"cohort": "synthetic cohort", "n": 60, "events": 41, "rows": [ROW]}
    used = model(state="approved", report=report, inputs={"gold.features": 3})
    old = model(name="older", report={"rows": [], "note": "too few deaths"})
    assert used.version in client.get(address("models")).text
    assert "0.712 (0.650 to 0.770)" in client.get(address("model", used.uuid)).text
    assert "too few deaths" in client.get(address("model", old.uuid)).text
    assert client.get(address("models"), {"q": "older"}).context["page"].paginator.count == 1


ROW = {"row": "late fusion", "n": 60, "events": 41, "c": 0.712, "c_low": 0.65, "c_high": 0.77}
