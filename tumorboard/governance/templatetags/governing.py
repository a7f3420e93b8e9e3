"""`{% load governing %}`: what pages show of a session's purpose and of emergency access."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils import timezone

from tumorboard.governance.choosing import words_of
from tumorboard.governance.models import BreakGlass

register = template.Library()


@register.inclusion_tag("governance/_emergency.html", takes_context=True)
def emergency(context: Any, patient_key: str) -> dict[str, Any]:
    """A red banner where the person sees this patient by emergency access."""
    request = context.get("request")
    if request is None or not patient_key:
        return {"opened": None}
    mine = BreakGlass.objects.emergencies().filter(user=request.user, patient_key=patient_key)
    return {"opened": mine.filter(ends_at__gt=timezone.now(), reach__ends_at__gt=timezone.now()).first()}


@register.inclusion_tag("governance/_purpose.html", takes_context=True)
def purpose(context: Any) -> dict[str, str]:
    """What this session reads for; the words come from the session, so that the header asks nobody."""
    request = context.get("request")
    return {"words": words_of(request.session) if request is not None else ""}
