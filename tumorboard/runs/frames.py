"""What background work reads: frames through the gate, as the application's own account."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from django.contrib.auth.models import Group

from tumorboard.accounts.models import User
from tumorboard.governance import gate
from tumorboard.governance.actions import SERVICE_GROUP
from tumorboard.governance.permissions import OPERATIONS


def service_user() -> User:
    """The account that screening and scoring read as. It has no password and cannot sign in."""
    user, made = User.objects.get_or_create(
        username="service", defaults={"display_name": "Screening and scoring", "email": ""}
    )
    if made:
        user.set_unusable_password()
        user.save()
        user.groups.add(Group.objects.get_or_create(name=SERVICE_GROUP)[0])
    return user


def frames(
    tables: Sequence[str], patients: Sequence[str] | None = None, purpose: str = OPERATIONS
) -> dict[str, pd.DataFrame]:
    """The tables as pandas frames, of these patients or of all; what is not built yet is left out."""
    user = service_user()
    requests = [
        gate.Request(by=user, purpose=purpose, table=table, patient_keys=patients) for table in tables
    ]
    return {table: rows.to_pandas() for table, rows in gate.read_many(requests).items()}


def everyone() -> list[str]:
    """Every patient the lake holds, in a stable order."""
    user = service_user()
    request = gate.Request(by=user, purpose=OPERATIONS, table="silver.patients", columns=["patient_key"])
    return sorted(set(gate.read(request)["patient_key"].to_pylist()))
