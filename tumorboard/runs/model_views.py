"""The pages of the models that score: list, card, checkpoints, drift, groups, inventory.

They hold figures about groups of patients, never a patient: stewards and administrators see all of them,
clinicians those of models they may have to sign for or rely on.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from tumorboard.accounts.refusals import Refused, refusable
from tumorboard.fusion.cohort import MODALITIES
from tumorboard.governance.console.access import for_console
from tumorboard.runs import forms
from tumorboard.runs.actions import queue_job
from tumorboard.runs.codes import REGISTER, SCORE
from tumorboard.runs.console import model_figures, models
from tumorboard.scores import actions, permissions
from tumorboard.scores.models import Alert, ScoringModel
from tumorboard.scores.status import MEANINGS, ModelState
from tumorboard.ui.listing import page_of

FIGURES = {
    "calibration": lambda model: model_figures.calibration(model.card.get("calibration", [])),
    "groups": lambda model: model_figures.bias(model.card.get("groups", [])),
    "drift": lambda model: model_figures.drift(models.latest_watch(model)),
    "inventory": lambda model: model_figures.upset(models.stock(model)[0]),
}


def seen(request: HttpRequest, uuid: UUID) -> ScoringModel:
    """The model, for those who may read its pages; for others it is not there."""
    model = get_object_or_404(ScoringModel, uuid=uuid)
    if not permissions.may_see(request.user, model):
        raise Http404
    return model


def shown(request: HttpRequest, model: ScoringModel, template: str, **more: Any) -> HttpResponse:
    context = {"model": model, "meaning": MEANINGS[ModelState(model.state)], "gap_at": models.gap_of(model)}
    context |= more
    return render(request, f"runs/models/{template}.html", context)


@require_GET
def model_list(request: HttpRequest) -> HttpResponse:
    if not permissions.may_list(request.user):
        raise Http404
    form = forms.ModelFilter(request.GET)
    page = page_of(request, models.search(form.chosen().get("q", ""), request.user))
    states = [(state, MEANINGS[state]) for state in ModelState]
    return render(request, "runs/models.html", {"page": page, "filter": form, "states": states})


@require_GET
def card(request: HttpRequest, uuid: UUID) -> HttpResponse:
    model = seen(request, uuid)
    return shown(request, model, "card", **models.card(model))


# ---- checkpoints


@require_GET
def checkpoints(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return _checkpoints(request, seen(request, uuid), forms.SignForm(), forms.StopForm())


def _checkpoints(
    request: HttpRequest, model: ScoringModel, sign: forms.SignForm, stop: forms.StopForm, status: int = 200
) -> HttpResponse:
    found = models.checkpoints(model, request.user)
    sign.offer(found["may_sign"], deviates=found["deviates"])
    stop.offer(found["stops"])
    marks = [(mark, *models.judged(mark)) for mark in found["marks"]]
    answer = shown(request, model, "checkpoints", **{**found, "marks": marks}, sign_form=sign, stop_form=stop)
    answer.status_code = status
    return answer


@sensitive_post_parameters("password")
@require_POST
@refusable
def sign(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Sign the next step. The password is asked for again; a wrong one counts like one at sign-in."""
    model = seen(request, uuid)
    step = model.next_step
    if step is None:
        raise Refused("There is no step left to sign.")
    form = forms.SignForm(request.POST)
    form.offer(permissions.parts_of(request.user, step), deviates=False)
    if form.is_valid() and not _is_oneself(request, form.cleaned_data["password"]):
        form.add_error("password", "This is not your password. Nothing was signed.")
    if not form.is_valid():
        return _checkpoints(request, model, form, forms.StopForm(), 422)
    actions.sign(
        model=model,
        step=step,
        part=form.cleaned_data["part"],
        measured=models.measured(model),
        by=request.user,
        deviation=form.cleaned_data["deviation"],
    )
    _tell(request, model, step)
    return redirect("runs:model-checkpoints", model.uuid)


def _is_oneself(request: HttpRequest, password: str) -> bool:
    found = authenticate(request, username=request.user.get_username(), password=password)
    return found is not None and found.pk == request.user.pk


def _tell(request: HttpRequest, model: ScoringModel, step: ModelState) -> None:
    """What came of the signature; a step that was taken is carried out in the background."""
    model.refresh_from_db()
    if model.state != step:
        messages.success(request, "Signed. The step is taken when the other part has signed, too.")
        return
    messages.success(request, f"Signed by all: the model is now {step.label.lower()}.")
    for kind in (SCORE, REGISTER):
        queue_job(kind=kind, by=request.user)


@require_POST
@refusable
def stop(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Retire or revoke, from this moment on."""
    model = seen(request, uuid)
    form = forms.StopForm(request.POST)
    form.offer(models.checkpoints(model, request.user)["stops"])
    if not form.is_valid():
        return _checkpoints(request, model, forms.SignForm(), form, 422)
    state = ModelState(form.cleaned_data["state"])
    actions.stop_model(model=model, state=state, reason=form.cleaned_data["reason"], by=request.user)
    queue_job(kind=REGISTER, by=request.user)
    messages.success(request, f"The model is {state.label.lower()}. No clinician sees its scores any more.")
    return redirect("runs:model-checkpoints", model.uuid)


# ---- drift, groups, inventory


@require_GET
def drift(request: HttpRequest, uuid: UUID) -> HttpResponse:
    model = seen(request, uuid)
    page = page_of(request, model.watches.all())
    context = {
        "watch": models.latest_watch(model),
        "page": page,
        "alerts": model.alerts.unsettled(),
        "settled": model.alerts.exclude(settled_at=None).select_related("settled_by")[:10],
        "may_settle": permissions.may_settle(request.user),
    }
    return shown(request, model, "drift", **context)


@for_console
@require_POST
@refusable
def settle(request: HttpRequest, uuid: UUID) -> HttpResponse:
    model = seen(request, uuid)
    number = request.POST.get("alert", "")
    alert = get_object_or_404(
        Alert, model=model, pk=int(number) if number.isdecimal() and len(number) < 19 else 0
    )
    actions.settle_alert(alert=alert, settlement=request.POST.get("settlement", ""), by=request.user)
    messages.success(request, "Settled.")
    return redirect("runs:model-drift", model.uuid)


@require_GET
def bias(request: HttpRequest, uuid: UUID) -> HttpResponse:
    model = seen(request, uuid)
    return shown(request, model, "bias", groups=models.groups(model.card.get("groups", [])))


@require_GET
def inventory(request: HttpRequest, uuid: UUID) -> HttpResponse:
    model = seen(request, uuid)
    stock, as_of = models.stock(model)
    smallest = stock.get("smallest", 0)
    return shown(
        request,
        model,
        "inventory",
        stock=stock,
        as_of=as_of,
        modalities=MODALITIES,
        by_site=models.by_group(stock.get("by_site", []), smallest),
        by_year=models.by_group(stock.get("by_year", []), smallest),
        patterns=models.patterns(model),
    )


@require_GET
def model_figure(request: HttpRequest, uuid: UUID, name: str) -> JsonResponse:
    model = seen(request, uuid)
    if name not in FIGURES:
        raise Http404
    return JsonResponse(FIGURES[name](model))
