"""Images: the key image of a series, its stack, single frames."""

from __future__ import annotations

from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from tumorboard.cases.permissions import load_case
from tumorboard.review.evidence import Evidence
from tumorboard.review.images import NotAnImage, Reader, picture, window_of
from tumorboard.review.views.asked import View, evidence_of, gated, query_of, snapshot_of


def refused_in_words(view: View) -> View:
    """An image that cannot be shown is answered with the reason; one whose file is gone is not there."""

    @wraps(view)
    def answered(*args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(*args, **kwargs)
        except NotAnImage as error:
            return HttpResponse(str(error), status=422, content_type="text/plain")
        except FileNotFoundError:
            raise Http404 from None

    return answered


@require_GET
@gated
def stack(request: HttpRequest, uuid: UUID, row_id: str) -> JsonResponse:
    """The frames of one series of silver.imaging, for the stack element."""
    evidence = evidence_of(request, uuid, "silver.imaging")
    row = next((r for r in evidence.rows("silver.imaging") if r["row_id"] == row_id), None)
    if row is None:
        raise Http404
    instances = _reader(request, evidence).instances(row["series_uid"])
    if not instances:
        raise Http404
    header = instances[0]["header"]
    return JsonResponse(
        {
            "rows": header.get("Rows"),
            "columns": header.get("Columns"),
            "frames": len(instances),
            "spacing": row["pixel_spacing"],
            "slope": 1,
            "intercept": 0,
            "window": window_of(header),
            "urls": [
                reverse("review:frame", args=[uuid, i["row_id"]]) + query_of(evidence) for i in instances
            ],
        }
    )


@require_GET
@gated
@refused_in_words
@cache_control(private=True, max_age=300)
def frame(request: HttpRequest, uuid: UUID, row_id: str) -> HttpResponse:
    """One frame as little-endian Int16 Hounsfield units."""
    reader = Reader(load_case(request.user, uuid), request.user, snapshot_of(request))
    return HttpResponse(reader.frame(row_id).tobytes(), content_type="application/octet-stream")


@require_GET
@gated
@refused_in_words
def key_image(request: HttpRequest, uuid: UUID, row_id: str) -> HttpResponse:
    """The middle frame of a series as a picture; works without script and prints."""
    evidence = evidence_of(request, uuid, "silver.imaging")
    row = next((r for r in evidence.rows("silver.imaging") if r["row_id"] == row_id), None)
    reader = _reader(request, evidence)
    instances = reader.instances(row["series_uid"]) if row else []
    if not instances:
        raise Http404
    middle = instances[len(instances) // 2]
    content = picture(reader.frame(middle["row_id"]), window_of(middle["header"]))
    return HttpResponse(content, content_type="image/webp")


def _reader(request: HttpRequest, evidence: Evidence) -> Reader:
    return Reader(evidence.case, request.user, evidence.snapshot)
