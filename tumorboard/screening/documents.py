"""Trial documents as the lake holds them, read through the gate."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings

from tumorboard.accounts.models import User
from tumorboard.governance import gate
from tumorboard.governance.models import Snapshot
from tumorboard.governance.permissions import TREATMENT
from tumorboard.lake import rows, tables
from tumorboard.trials import documents, sites
from tumorboard.trials.criteria import Trial
from tumorboard.trials.ctml import Malformed
from tumorboard.trials.rules import Rules

TABLE = "silver.trials"
RULES = Rules()
Row = dict[str, Any]


def stored(trial_ids: Iterable[str], *, by: User, snapshot: Snapshot | None = None) -> dict[str, Row]:
    """The rows of these trials by trial id; a trial that is no longer kept is left out."""
    wanted = [rows.row_id({"trial_id": trial_id}, tables.get(TABLE)) for trial_id in set(trial_ids)]
    if not wanted:
        return {}
    asked = gate.Request(by=by, purpose=TREATMENT, table=TABLE, row_ids=wanted, snapshot=snapshot)
    found = gate.read_many([asked]).get(TABLE)
    return {row["trial_id"]: row for row in found.to_pylist()} if found is not None else {}


def read(row: Row) -> Trial | None:
    """The trial of a stored row; None when its document cannot be read."""
    try:
        return documents.read(row["kind"], row["document"], RULES.oncotree)
    except Malformed:
        return None


def sites_of(row: Row) -> list[sites.Site]:
    """Sites of a stored row, open and near ones first; distances from HOSPITAL_PLACE when it is set."""
    latitude, _, longitude = settings.HOSPITAL_PLACE.partition(",")
    home = sites.coordinates(latitude, longitude)
    return sites.nearest(sites.sites(json.loads(row["document"])), home)


LISTED = ("trial_id", "nct_id", "title", "phase", "status", "kind", "updated_on", "sites")


def catalogue(*, by: User) -> list[Row]:
    """Every trial, without its document; nothing before the first one is ingested."""
    asked = gate.Request(by=by, purpose=TREATMENT, table=TABLE, columns=LISTED)
    found = gate.read_many([asked]).get(TABLE)
    return found.to_pylist() if found is not None else []
