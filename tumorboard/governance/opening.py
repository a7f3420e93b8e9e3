"""Opens the lake of this installation. For the gate and the pipeline alone: no page can load this."""

from __future__ import annotations

from django.conf import settings

from tumorboard.governance.ledger import DatabaseLedger
from tumorboard.lake.store import Lake
from tumorboard.lake.volume import Volume


def lake() -> Lake:
    """The tables, as they were published."""
    return Lake(settings.LAKE_URL, DatabaseLedger())


def landing_volume() -> Volume:
    """Every file as received, by content hash."""
    return Volume(settings.VOLUMES_DIR / "landing")
