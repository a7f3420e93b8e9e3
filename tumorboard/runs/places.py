"""Where extracts are kept, and for how long."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.utils import timezone

from tumorboard.governance.actions import expire_extract
from tumorboard.governance.models import ExtractRequest


def extract_file(request: ExtractRequest) -> Path:
    return Path(settings.EXTRACTS_DIR) / f"{request.uuid}.zip"


def expire_extracts() -> int:
    """Delete the files whose time is over. How many."""
    over = ExtractRequest.objects.filter(state=ExtractRequest.State.MADE, expires_at__lte=timezone.now())
    for request in over:
        extract_file(request).unlink(missing_ok=True)
        expire_extract(request=request, by="nightly")
    return len(over)
