"""Marks of a patient reach those who may see the patient, and nobody and nothing else.

Every person crawls every address; then everything that the system writes anywhere but into the lake itself is
read through: Redis, logs, the ledgers of PostgreSQL, Delta logs, anchors, sessions.
"""

from __future__ import annotations

import io
import json
import logging
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils.module_loading import import_string

from tests.integration import contents
from tests.integration.proofs import FULL, sized
from tests.integration.proofs.crawling import Addresses, Crawler, Seen, chosen
from tests.integration.proofs.hospital import CRAWLED, OWN, PATIENTS, Hospital
from tests.integration.proofs.marks import KINDS, Mark, found, mark
from tumorboard.governance import gate
from tumorboard.governance.gate.calling import acting
from tumorboard.lake import tables
from tumorboard.runs.models import Job

pytestmark = pytest.mark.timeout(sized(900, 7200))
WHOLE = sized(1, 500)  # patients of each person who are crawled with all their addresses
SHOWN_ON_PAGES = {"NA", "MR", "LT", "AU", "LA", "TH", "QU"}
REFUSED_PATIENTS = range(1, 5)  # files of theirs were refused too


@pytest.fixture(scope="module")
def crawled(place: Hospital) -> Seen:
    """Every person, every address, every patient."""
    seen, addresses = Seen(), Addresses(place)
    general = addresses.of_nobody()
    of = {number: addresses.of_patient(number) for number in place.cases}
    for order, name in enumerate(CRAWLED):
        crawler = Crawler(place, place.people[name], seen)
        for path in general:
            crawler.follow(path, 1 if name in ("clinician", "steward") or FULL else 0)
        whole = set(sorted(crawler.who.may)[:WHOLE])
        for number, paths in of.items():
            for path in chosen(paths, order, number, number in whole):
                crawler.get(path)
    return seen


def test_no_person_sees_a_mark_of_somebody_they_may_not_see(crawled: Seen) -> None:
    told = Counter((who, re.sub(r"[0-9a-f-]{24,36}", "*", path), m.kind) for who, path, m in crawled.leaks)
    table = dict(crawled.kinds.most_common())
    print(
        f"\n{sum(crawled.statuses.values())} answers, {crawled.size} bytes: {dict(crawled.statuses)}, {table}"
    )
    assert told == {}
    assert 500 not in crawled.statuses


def test_who_may_see_does_see(crawled: Seen) -> None:
    """Without this, an empty page would pass."""
    own = {m.kind for m in crawled.marks["clinician"] if m.patient in OWN}
    print(f"\nshown to the treating clinician: {sorted(KINDS[kind] for kind in own)}")
    assert own >= SHOWN_ON_PAGES
    for name in ("member", "coordinator", "breaker"):
        assert {m.patient for m in crawled.marks[name]}, name


# --- through the gate, for purposes that see no person -----------------------------------------------


def bytes_of(rows: pa.Table) -> bytes:
    """As text, and as a Parquet file that somebody would take along."""
    sink = io.BytesIO()
    pq.write_table(rows, sink, compression="none", use_dictionary=False)
    return repr(rows.to_pylist()).encode() + sink.getvalue()


def asked_of(place: Hospital, purpose: str) -> Iterator[tuple[str, pa.Table]]:
    names = [t.name for t in tables.all_tables() if not t.name.startswith("bronze.")]
    if purpose == "training":
        with place.serving("training", names) as service:
            yield from _read(names, by=service, purpose=purpose)
        return
    who = "researcher" if purpose == "research" else "quality"
    study = place.study if purpose == "research" else None
    with acting(place.people[who].caller()):
        yield from _read(names, by=place.user(who), purpose=purpose, study=study)


def _read(names: list[str], **asked: Any) -> Iterator[tuple[str, pa.Table]]:
    for name in names:
        try:
            yield name, gate.read(gate.Request(table=name, **asked))
        except gate.NotPublished:
            continue


@pytest.mark.parametrize("purpose", ["research", "quality", "training"])
def test_de_identified_rows_hold_no_mark(place: Hospital, purpose: str) -> None:
    leaks: Counter[tuple[str, str, str]] = Counter()
    total = 0
    for table, rows in asked_of(place, purpose):
        total += rows.num_rows
        if found(bytes_of(rows)):
            for column in rows.column_names:
                for m in found(repr(rows[column].to_pylist()).encode()):
                    leaks[table, column, m.kind] += 1
    print(f"\n{purpose}: {total} rows")
    assert total > PATIENTS
    assert leaks == {}


def test_of_whom_research_sees_rows(place: Hospital) -> None:
    """As many patients as have consented, each under a name of the study."""
    rows = dict(asked_of(place, "research"))["silver.patients"]
    names = rows["patient_key"].to_pylist()
    assert len(set(names)) == len(names) == PATIENTS // 2
    assert not set(names) & set(place.keys.values())


# --- sinks --------------------------------------------------------------------------------------------


def test_redis_holds_numbers_of_jobs_only(place: Hospital, crawled: Seen) -> None:
    client = redis.Redis.from_url(settings.REDIS_URL)
    keys = list(client.scan_iter(count=1000))
    content = b"".join(key + (client.dump(key) or b"") for key in keys)
    assert keys
    assert found(content) == set()
    assert not any(key.encode() in content for key in place.keys.values())
    client.close()


def test_logs_hold_no_mark(place: Hospital, crawled: Seen) -> None:
    files = sorted(place.home.rglob("*.log"))
    sizes = {path.name: path.stat().st_size for path in files}
    print(f"\n{sizes}")
    assert sizes["worker.log"] > 0
    for path in files:
        assert found(path.read_bytes()) == set(), path.name


def unmarked(model: Any) -> list[str]:
    """Fields that are declared to hold nothing of a patient."""
    return [
        f.name for f in model._meta.concrete_fields if getattr(model, "PHI", {}).get(f.name) in ("none", "id")
    ]


def test_fields_declared_free_of_patients_hold_no_mark(place: Hospital, crawled: Seen) -> None:
    """Every column of PostgreSQL that is classified "none" or "id": arguments of jobs, audit records,
    capabilities, versions, reasons of refusals, model cards ..."""
    scanned, leaks = 0, Counter()
    for model in apps.get_models():
        names = unmarked(model)
        for row in model._default_manager.values(*names).iterator() if names else ():
            scanned += 1
            for name, value in row.items():
                for m in found(json.dumps(value, default=str).encode()):
                    leaks[model._meta.label, name, m.kind] += 1
    print(f"\n{scanned} rows of PostgreSQL")
    assert leaks == {}
    assert Job.objects.exists()


def test_sessions_and_cache_hold_no_mark(place: Hospital, crawled: Seen) -> None:
    sessions = list(Session.objects.all())
    assert sessions
    assert found(repr([session.get_decoded() for session in sessions]).encode()) == set()
    assert found(repr(getattr(cache, "_cache", {})).encode()) == set()


def test_delta_logs_statistics_and_names_hold_no_mark(place: Hospital) -> None:
    lake = Path(settings.LAKE_URL)
    logs = [path for path in lake.rglob("_delta_log/*") if path.is_file()]
    checkpoints = [p for p in logs if p.suffix == ".parquet"]
    assert len(logs) >= len(contents.versions())
    for path in logs:
        assert found(path.read_bytes()) == set(), path
    for path in checkpoints:
        assert found(repr(pq.read_table(path).to_pylist()).encode()) == set(), path
    assert found("\n".join(str(path) for path in lake.rglob("*")).encode()) == set()
    assert found("\n".join(str(p) for p in Path(settings.VOLUMES_DIR).rglob("*")).encode()) == set()


def test_statistics_inside_data_files_stay_behind_the_gate(place: Hospital) -> None:
    """The data files hold the values themselves, so they and nothing else may hold marks."""
    outside = [p for p in place.home.rglob("*") if p.is_file() and not _is_vault(place, p)]
    leaking = [str(p.relative_to(place.home)) for p in outside if found(p.read_bytes())]
    assert leaking == []


def _is_vault(place: Hospital, path: Path) -> bool:
    vaults = (Path(settings.LAKE_URL), Path(settings.VOLUMES_DIR), place.home / "received")
    return any(path.is_relative_to(vault) for vault in vaults) and "_delta_log" not in path.parts


def test_tracking_and_models_hold_no_mark(place: Hospital) -> None:
    """What training leaves in MLflow, and model files, where there are any."""
    where = [Path(settings.MLFLOW_ARTEFACTS), Path(settings.MODELS_DIR), Path(settings.HOME) / "mlflow.db"]
    files = [p for w in where if w.exists() for p in ([w] if w.is_file() else w.rglob("*")) if p.is_file()]
    assert [p for p in files if found(p.read_bytes())] == []


# --- error pages --------------------------------------------------------------------------------------


def test_error_pages_and_their_log_hold_no_mark(
    place: Hospital, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A page that fails while it holds a patient's values; 400, 403, 404 and 500."""

    def failing(*_: Any) -> None:
        raise ValueError(f"cannot read {mark('LT', 1)}")

    client = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False, enforce_csrf_checks=True)
    client.force_login(place.user("clinician"), backend="django.contrib.auth.backends.ModelBackend")
    address = f"/cases/{place.cases[1].uuid}/"
    with monkeypatch.context() as patch, caplog.at_level(logging.DEBUG):
        patch.setattr("tumorboard.review.views.page.sections.snapshot", failing)
        broken = client.get(address)
        answers = {
            500: broken,
            404: client.get(f"/cases/{place.cases[PATIENTS].uuid}/"),
            403: client.post(f"{address}draft/", {"text": mark("LT", 1)}),
            400: client.get("/", headers={"host": "another"}),
        }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert found(answer.content) == set(), status
    assert found(logged(caplog)) == set()


def logged(caplog: pytest.LogCaptureFixture) -> bytes:
    """The lines as the log files of an installation have them."""
    chosen_ = settings.LOGGING["formatters"]["line"]
    made = import_string(chosen_["()"])(chosen_["format"])
    for record in caplog.records:
        record.exc_text = None  # pytest's own way of telling it
    return "\n".join(made.format(record) for record in caplog.records).encode()


def test_a_mark_is_found_wherever_it_is(tmp_path: Path) -> None:
    """The instrument itself: every kind of mark, in text, upper and lower case, JSON, Parquet."""
    for kind in KINDS:
        text = mark(kind, 17)
        for content in (text, text.lower(), json.dumps({"x": text}), f"a{text}b"):
            assert found(content.encode()) == {Mark(17, kind)}, (kind, content)
        assert found(bytes_of(pa.table({"x": [text]}))) == {Mark(17, kind)}
    assert found(b"nothing") == set()
