"""The list of meetings and one meeting's agenda."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from tumorboard.accounts.refusals import refusable
from tumorboard.boards.permissions import board_role
from tumorboard.boards.views import load_board
from tumorboard.cases.models import Case
from tumorboard.cases.permissions import load_case
from tumorboard.governance import people
from tumorboard.governance.people import PatientHeader
from tumorboard.meetings import actions, permissions, policies
from tumorboard.meetings.codes import Outcome
from tumorboard.meetings.forms import AgendaForm, GuestForm, PlanForm, candidates
from tumorboard.meetings.models import AgendaItem, Decision, Meeting, Meetings, slots
from tumorboard.meetings.permissions import load_item_of, load_meeting
from tumorboard.meetings.status import ItemStatus, MeetingStatus

PAGE_SIZE = 25


@require_GET
def meeting_list(request: HttpRequest) -> HttpResponse:
    return _list(request, PlanForm(user=request.user))


@require_POST
@refusable
def plan(request: HttpRequest) -> HttpResponse:
    form = PlanForm(request.POST, user=request.user)
    if not form.is_valid():
        return _list(request, form, status=422)
    meeting = actions.plan_meeting(by=request.user, **form.cleaned_data)
    return redirect("meetings:detail", meeting.uuid)


def _list(request: HttpRequest, form: PlanForm, status: int = 200) -> HttpResponse:
    meetings = _with_counts(Meeting.objects.visible_to(request.user))
    past = meetings.filter(status=MeetingStatus.CLOSED).order_by("-starts_at", "-pk")
    context = {
        "upcoming": meetings.upcoming(),
        "page": Paginator(past, PAGE_SIZE).get_page(request.GET.get("page")),
        "form": form if form.fields["board"].queryset.exists() else None,
    }
    return render(request, "meetings/list.html", context, status=status)


def _with_counts(meetings: Meetings) -> Meetings:
    return meetings.select_related("board").annotate(cases=Count("items"))


@require_GET
def of_board(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Fragment for the board's page: its next meetings, and how often it decided how."""
    board = load_board(request, uuid)
    outcomes = Decision.objects.filter(item__meeting__board=board, item__sign_off__isnull=False)
    counted = dict(outcomes.values_list("outcome").annotate(Count("pk")).order_by())
    context = {
        "meetings": _with_counts(Meeting.objects.filter(board=board)).upcoming(),
        "outcomes": [(outcome.label, counted.get(outcome.value, 0)) for outcome in Outcome],
        "is_member": board_role(request.user, board) is not None,
    }
    return render(request, "meetings/of_board.html", context)


@require_GET
def detail(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return _page(request, load_meeting(request.user, uuid))


def _page(
    request: HttpRequest, meeting: Meeting, form: AgendaForm | None = None, status: int = 200
) -> HttpResponse:
    items = list(meeting.items.select_related("case", "presenter", "snapshot", "decision", "sign_off"))
    may_plan = permissions.user_can_plan(request.user, meeting.board) and policies.is_open(meeting)
    waiting = list(candidates(meeting, request.user)) if may_plan else []
    patients = _patients(request, [*(item.case for item in items), *waiting])
    if may_plan and form is None:
        form = _agenda_form(request, meeting, patients)
    context = {
        "meeting": meeting,
        "rows": [
            {"item": item, "at": at, "patient": patients.get(item.case.patient_key)}
            for item, at in zip(items, slots(meeting.starts_at, items), strict=True)
        ],
        "may_plan": may_plan,
        "may_present": permissions.user_can_present(request.user, meeting.board),
        "attendance": meeting.attendance.select_related("user"),
        "agenda_form": form if waiting else None,
        "guest_form": GuestForm(),
    }
    return render(request, "meetings/detail.html", context, status=status)


def _agenda_form(
    request: HttpRequest, meeting: Meeting, patients: dict[str, PatientHeader], data: object = None
) -> AgendaForm:
    names = {key: f"{patient.record_number} {patient.name}:" for key, patient in patients.items()}
    return AgendaForm(data, meeting=meeting, user=request.user, names=names)


def _patients(request: HttpRequest, cases: list[Case]) -> dict[str, PatientHeader]:
    """Headers of those this person may still see; weeks after a meeting its board no longer does."""
    visible = Case.objects.visible_to(request.user).filter(pk__in=[case.pk for case in cases])
    keys = list(visible.values_list("patient_key", flat=True))
    return people.headers(by=request.user, patient_keys=keys)


@require_POST
@refusable
def add_item(request: HttpRequest, uuid: UUID) -> HttpResponse:
    meeting = load_meeting(request.user, uuid)
    form = _agenda_form(request, meeting, {}, request.POST)
    if not form.is_valid():
        return _page(request, meeting, form, status=422)
    actions.add_item(meeting=meeting, by=request.user, **form.cleaned_data)
    messages.success(request, "The case is on the agenda, with its data as they stand now.")
    return redirect("meetings:detail", meeting.uuid)


@require_POST
@refusable
def move_item(request: HttpRequest, uuid: UUID, item: UUID) -> HttpResponse:
    found = load_item_of(request.user, uuid, item)
    actions.move_item(item=found, up=request.POST.get("to") == "up", by=request.user)
    return redirect("meetings:detail", uuid)


@require_POST
@refusable
def remove_item(request: HttpRequest, uuid: UUID, item: UUID) -> HttpResponse:
    actions.remove_item(item=load_item_of(request.user, uuid, item), by=request.user)
    return redirect("meetings:detail", uuid)


@require_GET
def of_case(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Fragment for the review page: when the board meets on this case, and what it decided before."""
    case = load_case(request.user, uuid)
    items = AgendaItem.objects.filter(case__patient_key=case.patient_key)
    items = items.select_related("meeting__board", "decision", "sign_off").order_by("-meeting__starts_at")
    context = {"items": items, "waiting": ItemStatus.WAITING}
    return render(request, "meetings/of_case.html", context)
