"""A session begins with the first purpose that the person's grants name."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from tumorboard.governance.choosing import CODE, PURPOSE, STUDY
from tumorboard.governance.permissions import purposes_of


@receiver(user_logged_in)
def begin_with_a_purpose(sender: Any, user: Any, request: Any = None, **kwargs: Any) -> None:
    if request is not None and hasattr(request, "session"):
        request.session[PURPOSE] = next(iter(purposes_of(user)), "")
        request.session[STUDY] = request.session[CODE] = ""
