"""Why somebody may see a value or not, and the catalog as somebody else sees it.

A patient is given by record number, by POST; only the surrogate stays, in the session. Each question is on
record.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance import explaining, forms, people
from tumorboard.governance.console import viewing
from tumorboard.governance.console.access import for_console, for_readers_of_the_log
from tumorboard.governance.console.columns import in_words
from tumorboard.governance.models import Study
from tumorboard.governance.permissions import Standing
from tumorboard.governance.purposes import OPERATIONS
from tumorboard.governance.views.catalog import table_named
from tumorboard.ui.listing import keep, kept, page_of

PATIENT = "explained"  # what the session keeps


@for_readers_of_the_log
@sensitive_post_parameters("record_number")
@require_http_methods(["GET", "POST"])
def explain(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _ask(request)
    form = forms.ExplainFilter(request.GET)
    patient = kept(request, PATIENT)
    context = {"filter": form, "patient": patient, **_explained(request, form.chosen(), patient)}
    return render(request, "governance/explain.html", context)


def _ask(request: HttpRequest) -> HttpResponse:
    """A record number becomes a surrogate in the session; the other choices become the address."""
    form = forms.ExplainFilter({} if "reset" in request.POST else request.POST)
    number = form.chosen().get("record_number")
    if "nobody" in request.POST or "reset" in request.POST:
        keep(request, PATIENT, "")
    elif number:
        key = people.find(by=request.user, record_number=number, purpose=OPERATIONS)
        keep(request, PATIENT, key or "")
        if key is None:
            messages.error(request, "No patient with this record number is known here. Check the number.")
    return redirect(request.path + form.query())


def _explained(request: HttpRequest, chosen: dict[str, Any], patient: str) -> dict[str, Any]:
    """The answer, where enough was chosen to have one."""
    if not (chosen.get("person") and chosen.get("table") and chosen.get("column")):
        return {}
    person = person_named(chosen["person"])
    if person is None:
        return {"unknown": True}
    told = explaining.explain(
        user=person,
        patient_key=patient or None,
        table=chosen["table"],
        column=chosen["column"],
        purpose=chosen.get("purpose") or "",
        study=study_of(chosen.get("study")),
    )
    _note(request, person, patient, chosen)
    return {"person": person, "told": told, "tags": in_words(told.tags)}


def _note(request: HttpRequest, person: User, patient: str, chosen: dict[str, Any]) -> None:
    with transaction.atomic():
        record(
            Event.ACCESS_EXPLAINED,
            by=request.user,
            target=person,
            patient_key=patient,
            table=chosen["table"],
            columns=[chosen["column"]],
            purpose=OPERATIONS,
        )


def person_named(username: str) -> User | None:
    return User.objects.filter(username=username).first()


def study_of(uuid: str | None) -> Study | None:
    return Study.objects.filter(uuid=uuid).first() if uuid else None


# ---- view as


@for_console
@require_GET
def view_as(request: HttpRequest) -> HttpResponse:
    """Every table: whether it opens to somebody, and how many columns are masked."""
    form = forms.ViewFilter(request.GET)
    standing, whom = _standing(form.chosen())
    if standing is None:
        return render(request, "governance/view_as.html", {"filter": form, "unknown": whom})
    chosen = form.chosen()
    seen = viewing.catalog(standing, chosen.get("purpose") or "treatment", chosen.get("q", ""))
    context = {"filter": form, "whom": whom, "page": page_of(request, seen), "asked": True}
    return render(request, "governance/view_as.html", context)


@for_console
@require_GET
def table_as(request: HttpRequest, name: str) -> HttpResponse:
    """The columns of a table as somebody sees them: clear, or behind which mask."""
    declared = table_named(name)
    form = forms.ViewFilter(request.GET)
    standing, whom = _standing(form.chosen())
    if standing is None:
        raise Http404
    decision, columns = viewing.columns(standing, form.chosen().get("purpose") or "treatment", declared)
    context = {"table": declared, "whom": whom, "decision": decision, "columns": columns, "filter": form}
    return render(request, "governance/table_as.html", context)


def _standing(chosen: dict[str, Any]) -> tuple[Standing | None, str]:
    """Of a person or a role, with the words for it; None where nobody, or nobody who is known, was named."""
    if username := chosen.get("person"):
        person = person_named(username)
        if person is None:
            return None, username
        return viewing.of_person(person, study_of(chosen.get("study"))), str(person)
    if role := chosen.get("role"):
        return viewing.of_role(Role(role)), f"any {Role(role).label.lower()}"
    return None, ""
