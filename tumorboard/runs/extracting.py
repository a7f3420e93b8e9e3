"""Makes an extract that two people agreed on: through the gate, as whoever asked, with its own capability.

A ZIP file with one Parquet file for each table and manifest.json: what it is, of which versions, masked how.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from tumorboard.accounts.refusals import Refused
from tumorboard.governance import gate
from tumorboard.governance.actions import fail_extract, keep_extract
from tumorboard.governance.actions.extracts import KEPT_FOR, check_may_approve, check_may_take
from tumorboard.governance.capabilities import OF_A_JOB, issue_capability, revoke_capabilities
from tumorboard.governance.gate.calling import EXPORT, Caller, acting
from tumorboard.governance.models import ExtractRequest, PublishedVersion
from tumorboard.governance.permissions import Decision, Standing
from tumorboard.governance.policies.deciding import IDENTIFIED
from tumorboard.governance.purposes import TREATMENT
from tumorboard.governance.suppression import suppressed
from tumorboard.lake.leaving import write
from tumorboard.runs.places import extract_file
from tumorboard.runs.version import code_version
from tumorboard.runs.working import Attempt

LABELS = ("SAFE_HARBOR", "LIMITED", IDENTIFIED)  # of several tables the last holds


def make_extract(attempt: Attempt) -> str:
    """The job `extract`: done twice it writes the same file again."""
    request = ExtractRequest.objects.select_related("asked_by", "decided_by", "study").get(
        uuid=attempt.job.arguments["extract"]
    )
    if request.state != ExtractRequest.State.APPROVED:
        return "nothing to make"
    try:
        manifest = make(request)
    except (Refused, PermissionDenied, gate.Refused, gate.NotPublished) as error:
        fail_extract(request=request, why=str(error))
        return "not made: the request says why"
    keep_extract(
        request=request, manifest=manifest, expires_at=datetime.fromisoformat(manifest["expires_at"])
    )
    attempt.progress(1, 1)
    return f"tables: {len(request.tables)}"


def make(request: ExtractRequest) -> dict[str, Any]:
    """Write the file; its manifest. Whoever asked, and whoever approved, must still be allowed to."""
    check_may_take(request.asked_by, request.purpose, request.tables, request.study)
    check_may_approve(request, request.decided_by)
    patients = _patients(request)
    place = extract_file(request)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    token = issue_capability(
        user=request.asked_by, purposes=[request.purpose], reads=request.tables, by=f"extract {request.uuid}",
        job_id=str(request.uuid), channel=EXPORT, lasts=OF_A_JOB,
    )  # fmt: skip
    try:
        with (
            acting(Caller(token=token, job_id=str(request.uuid), channel=EXPORT)),
            tempfile.TemporaryDirectory(dir=place.parent) as folder,
        ):
            manifest = _written(request, patients, Path(folder))
            _packed(Path(folder), place)
    finally:
        revoke_capabilities(job_id=str(request.uuid))
    return manifest


def _patients(request: ExtractRequest) -> list[str] | None:
    """None: all that the purpose leaves. For treatment those one cares for, never by emergency access."""
    if request.purpose != TREATMENT:
        return None
    person = Standing.of(request.asked_by, ()).everyone
    found = sorted(person.related - person.emergency)
    if not found:
        raise Refused("There is no patient of yours to take out.")
    return found


def _written(request: ExtractRequest, patients: list[str] | None, folder: Path) -> dict[str, Any]:
    standing = Standing.of(request.asked_by, patients or (), study=request.study)
    versions = {name: gate.version_of(_asked(request, name, patients)) for name in request.tables}
    entries, labels, seen = [], [], set[str]()
    for name in request.tables:
        decision = _decision(standing, request, name, patients)
        rows = gate.read(_asked(request, name, patients, versions[name]))
        if "patient_key" in rows.column_names:
            seen.update(key for key in rows["patient_key"].unique().to_pylist() if key)
        labels.append(decision.label)
        said = {"extract": str(request.uuid), "purpose": request.purpose, "label": decision.label}
        digest = write(rows, folder / f"{name}.parquet", said)
        entries.append({"sha256": digest, "rows": rows.num_rows, **_entry(name, versions[name], decision)})
    label = max(labels, key=LABELS.index)
    manifest = {**_about(request), "label": label, "patients": _told(len(seen), label), "tables": entries}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
    return manifest


def _asked(
    request: ExtractRequest, name: str, patients: list[str] | None, version: int | None = None
) -> gate.Request:
    return gate.Request(
        by=request.asked_by, purpose=request.purpose, table=name, patient_keys=patients, version=version,
        study=request.study,
    )  # fmt: skip


def _decision(standing: Standing, request: ExtractRequest, name: str, patients: list[str] | None) -> Decision:
    """As the gate will find it, for the manifest; the gate decides for itself."""
    if patients is None:
        return standing.decide(request.purpose, name, None)
    return standing.decide_all(request.purpose, name, patients)


def _entry(name: str, version: int, decision: Decision) -> dict[str, Any]:
    published = PublishedVersion.objects.get(table=name, version=version)
    return {
        "table": name, "file": f"{name}.parquet", "version": version, "content_hash": published.content_hash,
        "label": decision.label, "masks": dict(decision.masks), "policy_hash": decision.policy_hash,
    }  # fmt: skip


def _about(request: ExtractRequest) -> dict[str, Any]:
    assert request.decided_at is not None
    return {
        "extract": str(request.uuid), "purpose": request.purpose, "reason": request.reason,
        "study": request.study.code if request.study else None, "code_version": code_version(),
        "asked_by": request.asked_by.username, "approved_by": request.decided_by.username,
        "approved_at": request.decided_at.isoformat(), "made_at": timezone.now().isoformat(),
        "expires_at": (timezone.now() + KEPT_FOR).isoformat(),
    }  # fmt: skip


def _told(patients: int, label: str) -> int | None:
    """The number of patients; of de-identified ones few are not counted."""
    return patients if label == IDENTIFIED else suppressed({("patients",): patients})[("patients",)]


def _packed(folder: Path, place: Path) -> None:
    """Everything in one file, which is whole or not there."""
    packed = folder / "extract.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.iterdir()):
            if path != packed:
                archive.write(path, path.name)
    packed.chmod(0o600)
    packed.replace(place)
