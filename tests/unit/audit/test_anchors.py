"""The signed anchors, and the verifier as the program of its own that it is."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from django.db import connection, transaction

from tests.factories.committed import at_once, let_the_log_be_emptied
from tests.unit.audit.tampering import write
from tumorboard.audit import anchors, verifier
from tumorboard.audit.events import Event
from tumorboard.audit.models import AuditEvent
from tumorboard.audit.record import record_many
from tumorboard.audit.verify import verify
from tumorboard.runs.tasks import anchor_audit


@pytest.fixture
def folder(settings, tmp_path) -> Path:
    settings.AUDIT_ANCHORS, settings.AUDIT_KEY = tmp_path / "anchors", tmp_path / "keys" / "audit_key.pem"
    return tmp_path / "anchors"


@pytest.fixture
def taken(db, folder) -> Path:
    for _ in range(3):
        write(3, Random(1))
        assert anchors.take()
    return folder / verifier.ANCHORS


def faults(folder: Path) -> list[str]:
    return list(verifier.anchor_faults(folder, None))


def test_an_anchor_holds_every_chains_end(taken: Path, settings):
    last = anchors.last()
    assert last.number == 3
    for shard, (count, digest) in enumerate(last.heads):
        newest = AuditEvent.objects.filter(shard=shard).order_by("shard_seq").last()
        assert (count, digest) == ((newest.shard_seq, newest.hash) if newest else (0, verifier.GENESIS))
    assert stat.S_IMODE(settings.AUDIT_KEY.stat().st_mode) == 0o600
    assert faults(taken.parent) == []
    assert anchors.take() is None  # nothing new


def test_a_line_cut_short_by_a_crash_is_written_again(taken: Path):
    with taken.open("a") as file:
        file.write('{"number": 4, "he')
    assert faults(taken.parent) == ["the anchors cannot be read after anchor 3"]
    write(2, Random(1))
    assert anchors.take().number == 4
    assert faults(taken.parent) == []


def changed(taken: Path, line: int, **told: object) -> list[str]:
    lines = taken.read_text().splitlines()
    lines[line] = verifier.canonical({**json.loads(lines[line]), **told})
    taken.write_text("\n".join(lines) + "\n")
    return faults(taken.parent)


def test_a_changed_anchor_is_found(taken: Path):
    assert changed(taken, 0, at="2020-01-01T00:00:00+00:00") == ["anchor 2: does not follow from anchor 1"]


def test_a_changed_last_anchor_is_found(taken: Path):
    assert changed(taken, 2, at="2020-01-01") == ["anchor 3: its signature is not by the key of the anchors"]
    assert len(changed(taken, 2, heads=[[1, "0" * 64]] * 8)) == 2


def test_a_removed_anchor_is_found(taken: Path):
    first, _, third = taken.read_text().splitlines(keepends=True)
    taken.write_text(first + third)
    assert faults(taken.parent) == ["anchor 3: does not follow from anchor 1"]


def test_a_lost_or_foreign_key_signs_nothing(taken: Path, settings):
    kept = settings.AUDIT_KEY.read_bytes()
    settings.AUDIT_KEY.unlink()
    write(1, Random(1))
    with pytest.raises(anchors.Broken, match="is gone"):
        anchors.take()
    anchors._make(settings.AUDIT_KEY)
    with pytest.raises(anchors.Broken, match="not the key of these anchors"):
        anchors.take()
    settings.AUDIT_KEY.write_bytes(kept)
    assert anchors.take().number == 4


def test_the_task_puts_a_broken_log_on_record(taken: Path):
    write(2, Random(1))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
        newest = AuditEvent.objects.last().seq
        cursor.execute("UPDATE audit_auditevent SET actor_label = 'x' WHERE seq = %s", [newest])
    anchor_audit()
    assert anchors.last().number == 3
    event = AuditEvent.objects.last()
    assert (event.event, event.detail) == ("audit_faulty", {"faults": 1})


def alone(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """The file copied elsewhere, run without Django and without the package."""
    program = folder.parent / "elsewhere.py"
    program.write_bytes(Path(verifier.__file__).read_bytes())
    info = connection.get_connection_params()
    database = f"postgresql://{info['user']}@/{info['dbname']}?host={info['host']}"
    command = [sys.executable, "-I", str(program), "--database", database, "--anchors", str(folder), *more]
    return subprocess.run(
        command, capture_output=True, text=True, env={"PATH": os.environ["PATH"]}, check=False
    )


@pytest.mark.django_db(transaction=True)
class TestCommitted:
    @pytest.fixture(autouse=True)
    def emptied(self, transactional_db: None) -> None:
        let_the_log_be_emptied()

    def eight_writers(self) -> None:
        def writer() -> None:
            for _ in range(10):
                events = [{"event": Event.LAKE_READ, "patient_key": "p1"}] * 3
                with transaction.atomic():
                    record_many(events, by="tests")

        assert at_once(*[writer] * 8) == [None] * 8

    def test_eight_writers_make_no_fork_and_no_gap(self, folder: Path):
        before = AuditEvent.objects.count()
        self.eight_writers()
        assert AuditEvent.objects.count() == before + 240
        assert AuditEvent.objects.values("shard").distinct().count() > 1
        assert verify(guarded=False) == []

    def test_the_verifier_runs_alone(self, folder: Path):
        self.eight_writers()
        anchors.take()
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER USER")
        done = alone(folder)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("intact; ")
        assert "0 events read; last anchor 1" in alone(folder, "--from", "1").stdout
        let_the_log_be_emptied()
        done = alone(folder)
        assert done.returncode == 1
        assert "audit_refuse_truncate is missing, disabled or changed" in done.stdout

    def test_two_takers_at_once_make_one_line_of_anchors(self, folder: Path):
        for _ in range(3):
            self.eight_writers()
            at_once(*[anchors.take] * 4)
        assert faults(folder) == []
        assert verify(guarded=False) == []
