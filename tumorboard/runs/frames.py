"""What background work reads: frames through the gate, as the application's own account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import pandas as pd
import pyarrow as pa
from django.conf import settings
from django.contrib.auth.models import Group

from tumorboard.accounts.models import User
from tumorboard.governance import gate
from tumorboard.governance.actions import SERVICE_GROUP
from tumorboard.governance.capabilities import commanded
from tumorboard.governance.gate import calling
from tumorboard.governance.permissions import OPERATIONS

PATIENTS = "silver.patients"


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
    tables: Sequence[str],
    patients: Sequence[str] | None = None,
    purpose: str = OPERATIONS,
    *,
    versions: Mapping[str, int] | None = None,
) -> dict[str, pd.DataFrame]:
    """The tables as pandas frames, of these patients or of all; what is not built yet is left out.

    `versions` names the version to read of each table; without it, the latest.
    """
    user = service_user()
    at = versions or {}
    requests = [
        gate.Request(by=user, purpose=purpose, table=table, patient_keys=patients, version=at.get(table))
        for table in tables
    ]
    with _allowed(user, tables, purpose):
        return _read(requests)


def arrow(
    tables: Sequence[str], patients: Sequence[str], *, versions: Mapping[str, int], purpose: str = OPERATIONS
) -> dict[str, pa.Table]:
    """As `frames`, at these versions, as Arrow tables."""
    user = service_user()
    requests = [
        gate.Request(by=user, purpose=purpose, table=table, patient_keys=patients, version=versions[table])
        for table in tables
        if table in versions
    ]
    with _allowed(user, tables, purpose):
        return gate.read_many(requests)


def _read(requests: Sequence[gate.Request]) -> dict[str, pd.DataFrame]:
    return {table: rows.to_pandas() for table, rows in gate.read_many(requests).items()}


def everyone(version: int | None = None) -> list[str]:
    """Every patient the lake holds, or held at a version of silver.patients, in a stable order."""
    user = service_user()
    request = gate.Request(
        by=user, purpose=OPERATIONS, table=PATIENTS, columns=["patient_key"], version=version
    )
    with _allowed(user, [PATIENTS], OPERATIONS):
        return sorted(set(gate.read(request)["patient_key"].to_pylist()))


def _allowed(user: User, tables: Sequence[str], purpose: str) -> AbstractContextManager[None]:
    """A job has its capability. A command on this machine, which has none, is given one of these tables."""
    if settings.GATE != "process" or calling.current() != calling.NOBODY:
        return nullcontext()
    return commanded(user=user, purposes=[purpose], reads=list(tables), by="command")
