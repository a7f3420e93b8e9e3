"""Emergency access to a patient, and the purpose of the session."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters

from tumorboard.accounts import second_factor
from tumorboard.accounts.refusals import Refused, refusable
from tumorboard.governance import people
from tumorboard.governance.actions.emergency import (
    EMERGENCIES,
    LASTS,
    REASON_LENGTH,
    break_glass,
    check_can_break_glass,
)
from tumorboard.governance.actions.purpose import choose_purpose
from tumorboard.governance.choosing import Chosen, current, studies_of
from tumorboard.governance.models import Study
from tumorboard.governance.permissions import purposes_of
from tumorboard.governance.purposes import RESEARCH


class EmergencyForm(forms.Form):
    record_number = forms.CharField(max_length=60, label="Record number of the patient")
    code = forms.ChoiceField(choices=list(EMERGENCIES.items()), label="Reason")
    reason = forms.CharField(
        min_length=REASON_LENGTH,
        max_length=1000,
        label="What happened",
        help_text=f"At least {REASON_LENGTH} characters. It is kept and reviewed.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@sensitive_post_parameters()
def emergency(request: HttpRequest) -> HttpResponse:
    """The form; only after a second factor within the last minutes."""
    check_can_break_glass(request.user)
    if not second_factor.confirmed_recently(request):
        onward = urlencode({"next": reverse("governance:break_glass")})
        return redirect(f"{reverse('accounts:confirm_second_factor')}?{onward}")
    form = EmergencyForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _open(request, form):
        return redirect("cases:worklist")
    context = {"form": form, "hours": int(LASTS.total_seconds() // 3600)}
    return render(request, "governance/break_glass.html", context)


def _open(request: HttpRequest, form: EmergencyForm) -> bool:
    """Whether the patient is open now; if not, the form says why."""
    values = form.cleaned_data
    key = people.find(by=request.user, record_number=values["record_number"])
    if key is None:
        form.add_error("record_number", "No patient has this record number.")
        return False
    try:
        opened = break_glass(
            patient_key=key,
            code=values["code"],
            reason=values["reason"],
            by=request.user,
            confirmed=second_factor.confirmed_recently(request),
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.warning(request, f"Emergency access until {opened.ends_at:%H:%M}. It is on record.")
    return True


@refusable
def purpose(request: HttpRequest) -> HttpResponse:
    """Choose what this session reads for."""
    if request.method == "POST":
        return _choose(request)
    allowed = purposes_of(request.user)
    context = {
        "purposes": [Chosen(name) for name in allowed],
        "studies": studies_of(request.user) if RESEARCH in allowed else [],
        "current": current(request, allowed),
    }
    return render(request, "governance/purpose.html", context)


@transaction.atomic
def _choose(request: HttpRequest) -> HttpResponse:
    asked = request.POST.get("study", "")
    study = get_object_or_404(Study, uuid=asked) if asked else None
    wanted = RESEARCH if study else request.POST.get("purpose", "")
    choose_purpose(session=request.session, purpose=wanted, study=study, by=request.user)
    return redirect("cases:worklist")
