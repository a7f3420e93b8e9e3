"""Extracts: asked for, answered by a second person, taken."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from tumorboard.accounts.models import User
from tumorboard.governance.actions import ask_extract, note_taken
from tumorboard.governance.actions.extracts import PURPOSES
from tumorboard.governance.models import ExtractRequest, Privilege
from tumorboard.governance.own_forms import ExtractForm
from tumorboard.governance.permissions import granted_names
from tumorboard.governance.views.writing import done, status_of
from tumorboard.runs.actions import approve_extract
from tumorboard.runs.places import extract_file
from tumorboard.ui.listing import page_of


class DecisionForm(forms.Form):
    approve = forms.TypedChoiceField(
        label="Decision", choices=[("yes", "Approve"), ("no", "Refuse")], coerce=lambda word: word == "yes",
        widget=forms.RadioSelect,
    )  # fmt: skip
    note = forms.CharField(label="Why", max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


def _seen_by(user: User) -> QuerySet[ExtractRequest]:
    """One's own; all of them for those who may approve some."""
    rows = ExtractRequest.objects.select_related("asked_by", "decided_by", "study")
    return rows if granted_names(user, Privilege.EXPORT) else rows.filter(asked_by=user)


@require_http_methods(["GET", "POST"])
def extracts(request: HttpRequest) -> HttpResponse:
    form = ExtractForm(request.POST or None, by=request.user, purposes=PURPOSES)
    if form.is_valid() and done(form, ask_extract, by=request.user, **form.cleaned_data):
        messages.success(request, "Asked for. It is made once another person has approved it.")
        return redirect("runs:extracts")
    context = {"page": page_of(request, _seen_by(request.user)), "form": form}
    return render(request, "runs/extracts.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def extract(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What was asked for and made; the decision of a second person."""
    wanted = get_object_or_404(_seen_by(request.user), uuid=uuid)
    form = DecisionForm(request.POST or None)
    values = {"request": wanted, "by": request.user}
    if form.is_valid() and done(form, approve_extract, **values, **form.cleaned_data):
        messages.success(request, "Put on record.")
        return redirect("runs:extract", uuid)
    waits = wanted.state == ExtractRequest.State.ASKED
    context = {"extract": wanted, "form": form, "may_decide": waits and wanted.asked_by_id != request.user.pk}
    return render(request, "runs/extract.html", context, status=status_of(form))


@require_GET
def take(request: HttpRequest, uuid: UUID) -> FileResponse:
    """The file, to whoever asked for it, while it is kept."""
    wanted = get_object_or_404(ExtractRequest, uuid=uuid, asked_by=request.user)
    place = extract_file(wanted)
    if not wanted.is_ready or not place.exists():
        raise Http404
    note_taken(request=wanted, by=request.user)
    return FileResponse(place.open("rb"), as_attachment=True, filename=f"extract-{wanted.uuid}.zip")
