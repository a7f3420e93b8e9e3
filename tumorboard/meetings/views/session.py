"""The meeting view: presenting, following, attendance."""

from __future__ import annotations

from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from tumorboard.accounts.refusals import refusable
from tumorboard.governance import people
from tumorboard.meetings import actions, permissions
from tumorboard.meetings.following import positions
from tumorboard.meetings.forms import GuestForm
from tumorboard.meetings.models import AgendaItem, Position
from tumorboard.meetings.permissions import load_item_of, load_meeting
from tumorboard.meetings.views.decisions import panel_context

# Name of the review page's fragment, and its title; the decision is the sixth.
SLIDES = [
    ("question", "Question"),
    ("course", "Course"),
    ("imaging", "Imaging"),
    ("molecular", "Molecular"),
    ("options", "Options"),
]


@require_GET
def present(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """To where the presenter is; before the first case to that one."""
    meeting = load_meeting(request.user, uuid)
    place = Position.objects.filter(meeting=meeting).select_related("item").first()
    item = place.item if place else meeting.items.first()
    if item is None:
        return redirect("meetings:detail", meeting.uuid)
    return redirect("meetings:present_item", meeting.uuid, item.uuid)


@require_GET
def present_item(request: HttpRequest, uuid: UUID, item: UUID) -> HttpResponse:
    found = load_item_of(request.user, uuid, item)
    meeting, case = found.meeting, found.case
    leads = permissions.user_can_present(request.user, meeting.board)
    headers = people.headers(by=request.user, patient_keys=[case.patient_key], snapshot=found.snapshot)
    context = {
        "case": case,
        "patient": headers[case.patient_key],
        "synthetic": headers[case.patient_key].synthetic,
        "slides": SLIDES,
        "leads": leads,
        "post_url": reverse("meetings:set_position", args=[meeting.uuid, found.uuid]) if leads else "",
        "follow_url": "" if leads else reverse("meetings:position", args=[meeting.uuid]),
        **_neighbours(found),
        **panel_context(request.user, found),
    }
    return render(request, "meetings/present.html", context)


def _neighbours(item: AgendaItem) -> dict[str, object]:
    uuids = list(item.meeting.items.values_list("uuid", flat=True))
    at = uuids.index(item.uuid)

    def url(index: int) -> str:
        within = 0 <= index < len(uuids)
        return reverse("meetings:present_item", args=[item.meeting.uuid, uuids[index]]) if within else ""

    return {"place": at + 1, "places": len(uuids), "previous_url": url(at - 1), "next_url": url(at + 1)}


async def position(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Server-sent events for the screens that follow: the presenter's case (a path) and slide (a number)."""
    user = await request.auser()
    meeting = await sync_to_async(load_meeting)(user, uuid)
    answer = StreamingHttpResponse(positions(meeting, user), content_type="text/event-stream")
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"  # a proxy must not hold the stream back
    return answer


@require_POST
@refusable
def set_position(request: HttpRequest, uuid: UUID, item: UUID) -> HttpResponse:
    found = load_item_of(request.user, uuid, item)
    slide = request.POST.get("slide", "")
    actions.set_position(item=found, slide=int(slide) if slide.isdecimal() else 0, by=request.user)
    return HttpResponse(status=204)


@require_POST
@refusable
def open_meeting(request: HttpRequest, uuid: UUID) -> HttpResponse:
    actions.open_meeting(meeting=load_meeting(request.user, uuid), by=request.user)
    return redirect("meetings:present", uuid)


@require_POST
@refusable
def close_meeting(request: HttpRequest, uuid: UUID) -> HttpResponse:
    actions.close_meeting(meeting=load_meeting(request.user, uuid), by=request.user)
    return redirect("meetings:detail", uuid)


@require_POST
@refusable
def start_item(request: HttpRequest, uuid: UUID, item: UUID) -> HttpResponse:
    actions.start_item(item=load_item_of(request.user, uuid, item), by=request.user)
    return redirect("meetings:present_item", uuid, item)


@require_POST
@refusable
def attend(request: HttpRequest, uuid: UUID, attendance: int) -> HttpResponse:
    """Tick somebody on the list as present, or not."""
    meeting = load_meeting(request.user, uuid)
    row = get_object_or_404(meeting.attendance.select_related("user"), pk=attendance)
    present_now = request.POST.get("present") == "yes"
    actions.record_attendance(
        meeting=meeting, user=row.user, name=row.name, present=present_now, by=request.user
    )
    return redirect("meetings:detail", uuid)


@require_POST
@refusable
def add_guest(request: HttpRequest, uuid: UUID) -> HttpResponse:
    meeting = load_meeting(request.user, uuid)
    form = GuestForm(request.POST)
    if form.is_valid():
        actions.record_attendance(meeting=meeting, by=request.user, **form.cleaned_data)
    return redirect("meetings:detail", uuid)
