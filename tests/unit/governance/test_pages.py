"""The governance pages: who sees which, what each says, how it is searched, in how many queries."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories.accounts import oncologist, person
from tests.unit.governance import pages
from tests.unit.governance.pages import BROWSED, LISTS, PATIENT, address, everywhere
from tumorboard import governance
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import CONSOLE, Role
from tumorboard.audit.events import Event
from tumorboard.audit.models import AuditEvent
from tumorboard.audit.record import record
from tumorboard.governance import actions
from tumorboard.governance.console import viewing
from tumorboard.governance.models import BreakGlass, Consent, Securable
from tumorboard.governance.permissions import Standing

pytestmark = pytest.mark.django_db
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:")
HOSTILE = "\"><script>alert('x')</script>{{ 7 }}"


@pytest.fixture(autouse=True)
def securables(settings, tmp_path) -> None:
    settings.LAKE_URL = str(tmp_path / "lake")
    actions.register_securables()


@pytest.fixture
def steward(client: Client) -> User:
    user = pages.steward()
    client.force_login(user)
    return user


# ---- who sees what

BROWSERS = {*CONSOLE, Role.RESEARCHER, Role.QUALITY_OFFICER, Role.PRIVACY_OFFICER}
OF_THE_LOG = {"explain", "emergencies", "emergency"}


@pytest.mark.parametrize("role", Role)
def test_the_truth_table(client: Client, role: Role):
    """Stewards and administrators see all; others what needs BROWSE alone; privacy officers the log too."""
    addresses = everywhere()
    client.force_login(person("", role))
    codes = {name: client.get(page).status_code for name, page in addresses.items()}
    reading = {*CONSOLE, Role.PRIVACY_OFFICER}
    expected = {
        name: 200
        if role in (BROWSERS if name in BROWSED else reading if name in OF_THE_LOG else CONSOLE)
        else 404
        for name in addresses
    }
    assert codes == expected
    assert client.get(address("notices")).status_code == 200


def test_somebody_without_a_role_and_somebody_not_signed_in(client: Client):
    addresses = everywhere()
    assert {client.get(page).status_code for page in addresses.values()} == {302}
    client.force_login(person())
    assert {client.get(page).status_code for page in addresses.values()} == {404}


def test_the_log_is_for_a_privacy_officer_by_grant(client: Client):
    addresses, officer = everywhere(), person()
    catalog = Securable.objects.get(name="tumorboard")
    actions.give_grant(privilege="audit_read", securable=catalog, by="tests", user=officer)
    client.force_login(officer)
    seen = {name for name, page in addresses.items() if client.get(page).status_code == 200}
    assert seen == OF_THE_LOG


@pytest.mark.parametrize("name", ["silver.patients", "silver", "no-such.table"])
def test_what_is_not_to_be_browsed_is_not_there(client: Client, name: str):
    """Denied and absent answer alike, also for what stands below."""
    user = person("", Role.RESEARCHER)
    silver = Securable.objects.get(name="silver")
    actions.give_grant(privilege="browse", securable=silver, by="tests", user=user, effect="deny")
    pages.version("gold.cohort", inputs={"silver.patients": 3})
    client.force_login(user)
    assert client.get(address("securable", name)).status_code == 404
    assert "silver.patients" not in client.get(address("catalog")).text
    assert "silver.patients" not in client.get(address("securable", "gold.cohort")).text


WRITES = {
    "withdraw_tags": ("silver",),
    "give_grant": (),
    "draft_policy": (),
    "new_study": (),
    "quality": (),
}


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize(("role", "code"), [(Role.ONCOLOGIST, 404), (Role.RESEARCHER, 404)])
def test_writing_is_not_there_for_others(client: Client, name: str, role: Role, code: int):
    client.force_login(person("", role))
    assert client.post(address(name, *WRITES[name]), {"reason": "x"}).status_code == code


def test_an_administrator_sees_but_does_not_govern(client: Client):
    addresses = {
        "decide_tags": address("decide_tags", pages.proposal().uuid),
        "move_policy": address("move_policy", pages.draft().uuid),
        "add_member": address("add_member", pages.study().uuid),
    }
    data = {"decision": "approve", "move": "publish", "user": oncologist().username}
    client.force_login(person("", Role.ADMINISTRATOR))
    codes = {name: client.post(page, data).status_code for name, page in addresses.items()}
    assert set(codes.values()) == {403}, codes
    for name in ("grants", "policies", "studies", "quality"):
        page = client.get(address(name)).text
        assert "btn-danger" not in page and "Take</button>" not in page and "Draft a policy" not in page


# ---- every page


def test_every_page_is_headed_labelled_and_free_of_inline_code(client: Client, steward: User):
    pages.proposal()
    actions.assign_quality(unit="Site A", by="tests", user=steward)
    for name, page in everywhere().items():
        html = client.get(page).text
        assert "<c-" not in html, name
        assert not INLINE.search(html), name
        assert html.count("<table>") == html.count("<caption"), name
        assert html.count("<h1>") == 1, name
        ids = re.findall(r'\bid="([^"]+)"', html)
        assert len(ids) == len(set(ids)), (name, sorted(i for i in ids if ids.count(i) > 1))
        inputs = re.findall(r"<(?:input|select|textarea)\b[^>]*>", html)
        for field in (tag for tag in inputs if 'type="hidden"' not in tag and 'name="theme"' not in tag):
            labelled = re.search(r'\bid="([^"]+)"', field)
            assert "aria-label" in field or "data-letters" in field or f'for="{labelled[1]}"' in html, field


EMPTY = {
    "catalog": "?q=no-such-table", "grants": "?q=nobody-at-all", "emergencies": "", "snapshots": "",
    "tags": "", "policies": "", "studies": "", "quality": "", "integrity": "", "explain": "", "view_as": "",
}  # fmt: skip


@pytest.mark.parametrize("name", EMPTY)
def test_a_list_without_rows_says_so(client: Client, steward: User, name: str):
    assert "state-empty" in client.get(address(name) + EMPTY[name]).text


@pytest.mark.parametrize("name", LISTS)
def test_odd_addresses_do_no_harm(client: Client, steward: User, name: str):
    odd = ("page=-1", "page=x", "page=99999", "state=%00x", "q=%00", "person=x&table=y&column=z", "role=x",
           "study=x", "person=nobody&purpose=x", "purpose=x", "window=x", "securable=x")  # fmt: skip
    for query in odd:
        assert client.get(f"{address(name)}?{query}").status_code == 200, query


def test_hostile_names_are_escaped(client: Client, steward: User):
    other = User.objects.create(username="hostile", display_name=HOSTILE)
    other.groups.set(pages.steward().groups.all())
    silver = Securable.objects.get(name="silver")
    actions.give_grant(privilege="browse", securable=silver, by="tests", user=other, ticket=HOSTILE)
    hostile_study = pages.study("odd", HOSTILE)
    actions.add_study_member(study=hostile_study, user=other, by="tests")
    actions.assign_quality(unit=HOSTILE, by="tests", user=other)
    drafted = actions.draft_policy(rule=pages.RULE, reason=HOSTILE, by=other)
    pages.snapshot(other)
    pages.check(sound=False, message=HOSTILE)
    proposed = actions.set_tags(target="silver.patients#name", by=other, reason=HOSTILE, klass="DEID")
    access = pages.opened(person("", Role.ONCOLOGIST), reason=HOSTILE)
    BreakGlass.objects.filter(pk=access.pk).update(user=other)
    assert proposed
    addresses = [
        *(address(name) for name in LISTS),
        *(address("study", hostile_study.uuid), address("policy", drafted.uuid), address("notices")),
        *(address("column", "silver.patients", "name"), address("emergency", access.uuid)),
        *(address("securable", "silver"), address("view_as") + "?person=hostile&purpose=research"),
        address("table_as", "silver.patients") + "?person=hostile&purpose=research",
        address("explain") + "?person=hostile&table=silver.patients&column=name&purpose=research",
        *(f"{address(name)}?q={HOSTILE}" for name in LISTS),
    ]
    for page in addresses:
        html = client.get(page).text
        assert "<script>alert" not in html, page
        assert HOSTILE not in html, page
    assert "&lt;script&gt;" in client.get(address("integrity")).text


QUERIES = {
    "catalog": 9, "tags": 9, "grants": 10, "policies": 9, "studies": 10, "quality": 9, "emergencies": 7,
    "snapshots": 9, "integrity": 7, "notices": 7,
}  # fmt: skip


@pytest.mark.parametrize("name", QUERIES)
def test_a_page_takes_a_fixed_number_of_queries(
    client: Client, steward: User, django_assert_max_num_queries, name: str
):
    def fill(start: int) -> None:
        for number in range(start, start + 8):
            pages.version(number=number)
            pages.check(number=number)
            pages.snapshot(steward, number=number)
            pages.opened(patient=f"p{number}")
            pages.draft(rule=pages.mask(name=f"n{number}"))
            pages.study(f"s{number}")
            actions.assign_quality(unit=f"u{number}", by="tests", user=steward)

    fill(0)
    client.get(address(name))
    with django_assert_max_num_queries(200) as first:
        client.get(address(name))
    fill(8)
    client.get(address(name))
    with django_assert_max_num_queries(QUERIES[name]) as second:
        client.get(address(name))
    assert len(second) == len(first)


def test_fifty_rows_a_page(client: Client, steward: User):
    for number in range(51):
        pages.version(number=number, rows=1_000_000 + number)
    first, second = (client.get(f"{address('securable', 'silver.variants')}?page={n}").text for n in (1, 2))
    assert (first.count("1,000,0"), second.count("1,000,0")) == (50, 1)


READERS = {"read", "read_many", "read_row", "read_file", "version_of"}


def test_no_page_reads_data():
    """None of these modules names the gate, nor imports what opens tables."""
    folder = Path(governance.__file__).parent
    found = [*folder.glob("views/*.py"), *folder.glob("console/*.py"), folder / "forms.py"]
    assert len(found) > 15
    for path in found:
        names = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Attribute):
                names.add(node.attr)
        assert not [
            n for n in names if ".gate" in n or n in READERS or n.startswith(("deltalake", "pyarrow"))
        ], path


# ---- catalog


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"schema": "bronze"}, "bronze.fhir"),
        ({"q": "hgvs_p"}, "silver.variants"),
        ({"q": "TRIAL"}, "silver.trials"),
        ({"kind": "volume"}, "landing"),
        ({}, "tumorboard"),
    ],
)
def test_the_catalog_is_narrowed(client: Client, steward: User, chosen: dict, found: str):
    names = [entry.securable.name for entry in client.get(address("catalog"), chosen).context["page"]]
    assert found in names
    assert not chosen or len(names) < Securable.objects.count()


def test_a_table_with_its_columns_tags_and_versions(client: Client, steward: User):
    run = str(uuid4())
    pages.version(number=0, run_id=run, rows=1218, inputs={"bronze.vcf": 7})
    pages.version(number=1, run_id="not a uuid", content_hash="d" * 64)
    page = client.get(address("securable", "silver.variants"))
    for words in ("Variant allele fraction", "PHI", "1,218", "bronze.vcf 7", "d" * 16, "germline"):
        assert words in page.text
    assert [one.run for one in page.context["published"]] == ["", run]
    assert reverse("runs:run", args=[run]) in page.text
    assert "bronze.vcf" in page.context["sources"]
    assert "gold.actionability" in page.context["readers"]
    narrowed = client.get(address("securable", "silver.variants"), {"q": "vaf"})
    assert [one.column.name for one in narrowed.context["columns"]] == ["vaf"]


def test_a_table_that_is_written_by_a_job_shows_what_it_did_read(client: Client, steward: User):
    pages.version("gold.risk_scores", inputs={"gold.features": 3, "gold.cohort": 3})
    assert "gold.features" in client.get(address("securable", "gold.risk_scores")).context["sources"]


def test_grants_stand_on_the_page_for_the_console_only(client: Client, steward: User):
    assert "Grants that reach" in client.get(address("securable", "silver.variants")).text
    client.force_login(person("", Role.RESEARCHER))
    page = client.get(address("securable", "silver.variants")).text
    assert "Grants that reach" not in page
    assert reverse("runs:lineage") not in page


def steps(client: Client, table: str, column: str) -> list[tuple[str, str]]:
    found = client.get(address("column", table, column)).context["column"]
    return [(step.source, step.tags.klass) for step in found.steps]


def test_where_the_tags_of_a_column_come_from(client: Client, steward: User):
    """Declared, set on the column, inherited from the table, carried from an input: the last one decides."""
    assert steps(client, "silver.patients", "sex") == [("declared", "PHI")]
    actions.set_tags(target="silver.patients#sex", by=steward, reason="Leads to a person", klass="PII")
    assert steps(client, "silver.patients", "sex")[-1] == ("set on the column", "PII")
    assert steps(client, "gold.cohort", "sex")[-1] == ("carried from silver.patients", "PII")
    actions.set_tags(target="silver.diagnoses", by=steward, reason="Rare", klass="PII")
    assert steps(client, "silver.diagnoses", "code")[-1] == ("inherited from silver.diagnoses", "PII")
    page = client.get(address("securable", "silver.diagnoses")).text
    assert "inherited from silver.diagnoses" in page
    assert "Tags set on the whole table" in page


def test_unknown_tables_and_columns(client: Client, steward: User):
    for page in (
        address("securable", "silver.nothing"),
        address("column", "silver.patients", "nothing"),
        address("column", "silver", "name"),
        address("tags_of", "landing"),
        address("table_as", "silver.nothing"),
        address("policy", uuid4()),
        address("study", uuid4()),
        address("emergency", uuid4()),
        address("snapshot", uuid4()),
    ):
        assert client.get(page).status_code == 404, page


# ---- explain and view as


def ask(client: Client, **chosen: str):
    values = {"person": "dr", "table": "gold.case_facts", "column": "value", "purpose": "treatment"}
    return client.get(address("explain"), {**values, **chosen})


def test_explain_says_the_chain_and_is_on_record(client: Client, steward: User):
    person("dr", Role.ONCOLOGIST)
    page = ask(client)
    assert page.context["told"].allowed is False
    assert "treatment is of named patients" in page.text
    assert "Refuses: decides" in page.text
    last = AuditEvent.objects.filter(event=Event.ACCESS_EXPLAINED).latest("seq")
    assert (last.table, last.columns, last.actor_id) == ("gold.case_facts", ["value"], str(steward.pk))


def test_a_patient_is_named_by_post_and_never_in_an_address(client: Client, steward: User, monkeypatch):
    doctor = person("dr", Role.ONCOLOGIST)
    actions.open_reach(patient_key=PATIENT, reason="care_team", by="tests", user=doctor)
    known = SimpleNamespace(find={"SYN-7": PATIENT}.get)
    monkeypatch.setattr("tumorboard.governance.people.crosswalk", lambda: known)
    chosen = {"person": "dr", "table": "gold.case_facts", "column": "value", "purpose": "treatment"}
    answer = client.post(address("explain"), {**chosen, "record_number": "SYN-7"})
    assert "SYN-7" not in answer["Location"] and PATIENT not in answer["Location"]
    page = client.get(answer["Location"])
    assert page.context["told"].allowed is True
    assert "SYN-7" not in page.text
    assert AuditEvent.objects.filter(event=Event.PATIENT_LOOKED_UP, patient_key=PATIENT).exists()
    assert AuditEvent.objects.filter(event=Event.ACCESS_EXPLAINED, patient_key=PATIENT).exists()
    client.post(address("explain"), {**chosen, "nobody": "1"})
    assert ask(client).context["told"].allowed is False
    assert "Check the number" in client.post(address("explain"), {"record_number": "x"}, follow=True).text


def test_explain_of_a_masked_column(client: Client, steward: User):
    person("rita", Role.RESEARCHER)
    told = ask(client, person="rita", table="gold.timeline", column="starts_on", purpose="research")
    assert told.context["told"].steps[-1].name in ("row filter", "mask")
    assert "Nobody has this user name" in ask(client, person="nobody").text


@pytest.mark.parametrize("role", Role)
def test_a_role_sees_the_catalog_as_a_person_with_that_role_does(role: Role):
    """The archetype is asked with the same function, and says the same."""
    somebody = Standing.of(person("", role), ())
    for purpose in ("treatment", "research", "quality", "operations"):
        as_role = viewing.catalog(viewing.of_role(role), purpose)
        as_person = viewing.catalog(somebody, purpose)
        told = [(s.table.name, s.browsed, s.decision.allowed, s.decision.masks) for s in as_role]
        assert told == [(s.table.name, s.browsed, s.decision.allowed, s.decision.masks) for s in as_person]


def test_view_as_shows_masks_and_no_data(client: Client, steward: User):
    page = client.get(address("table_as", "gold.timeline"), {"role": "researcher", "purpose": "research"})
    shown = {column.name: column.shown for column in page.context["columns"]}
    assert shown["starts_on"].startswith("moved by a number of days")
    assert shown["detail"] == "withheld"
    closed = client.get(address("table_as", "gold.timeline"), {"role": "administrator"})
    assert "Nothing of it is shown" in closed.text
    assert client.get(address("table_as", "gold.timeline")).status_code == 404


# ---- studies, emergencies, snapshots


def test_small_counts_of_consents_are_not_told(client: Client, steward: User, settings):
    found = pages.study()
    for number in range(40):
        Consent.objects.create(patient_key=f"p{number}", study=found, scope="research")
    few = pages.study("few")
    Consent.objects.create(patient_key="p1", study=few, scope="research")
    told = {study.code: count for study, _, count in client.get(address("studies")).context["rows"]}
    assert told == {"lung-1": 40, "few": None}
    assert "few" in client.get(address("study", few.uuid)).text


@pytest.mark.parametrize(
    ("state", "found"),
    [("", {"due", "late", "done"}), ("open", {"due", "late"}), ("overdue", {"late"}), ("reviewed", {"done"})],
)
def test_emergencies_by_state(client: Client, steward: User, state: str, found: set):
    for name in ("due", "late", "done"):
        pages.opened(person(name, Role.ONCOLOGIST), patient=name)
    BreakGlass.objects.filter(user__username="late").update(due_at=timezone.now() - timedelta(hours=1))
    done = BreakGlass.objects.get(user__username="done")
    actions.review_break_glass(opened=done, outcome="justified", note="Was so", by=steward)
    page = client.get(address("emergencies"), {"state": state})
    assert {row.user.username for row in page.context["page"]} == found
    assert ("Overdue</span>" in page.text) == ("late" in found)


def test_one_emergency_with_what_was_read_under_it(client: Client, steward: User):
    doctor = oncologist()
    record(Event.LAKE_READ, by=doctor, patient_key=PATIENT, table="silver.labs")
    access = pages.opened(doctor)
    record(Event.LAKE_READ, by=doctor, patient_key=PATIENT, table="silver.variants")
    record(Event.LAKE_READ, by=doctor, patient_key="another", table="silver.stages")
    record(Event.LAKE_READ, by=oncologist(), patient_key=PATIENT, table="silver.imaging")
    page = client.get(address("emergency", access.uuid))
    tables = {event.table for event in page.context["page"] if event.table}
    assert tables == {"silver.variants"}
    assert AuditEvent.objects.filter(event=Event.AUDIT_SEARCHED, break_glass_id=str(access.uuid)).exists()


def test_snapshots_say_what_pins_them_and_whether_they_hold(client: Client, steward: User):
    pages.version()
    held = pages.snapshot(steward)
    gone = pages.snapshot(steward, number=9)
    assert client.get(address("snapshot", held.uuid)).context["page"][0].state == "Not checked yet"
    pages.check(sound=False, message="silver.variants version 0: part-1.parquet differs")
    assert client.get(address("snapshot", held.uuid)).context["page"][0].state == "Damaged"
    assert client.get(address("snapshot", gone.uuid)).context["page"][0].state == "Not published here"
    assert "nothing any more" in client.get(address("snapshots")).text
    assert "part-1.parquet" in client.get(address("integrity"), {"state": "damaged"}).text
    pages.check(sound=True)
    assert client.get(address("integrity"), {"state": "damaged"}).context["page"].paginator.count == 0


def test_the_home_of_the_console_says_what_waits(client: Client, steward: User):
    pages.opened()
    pages.proposal()
    pages.draft()
    pages.check(sound=False)
    waits = client.get(reverse("runs:console")).context["overview"].steward
    assert (waits.notices, waits.emergencies, waits.overdue) == (1, 1, 0)
    assert (waits.proposals, waits.drafts, waits.damaged) == (1, 1, 1)
