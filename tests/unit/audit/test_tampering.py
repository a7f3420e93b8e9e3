"""200 attacks of eight kinds by the database's superuser (2,000 with PROVE=1): all found, nothing else is."""

from __future__ import annotations

import os
from random import Random

import pytest
from django.db import transaction

from tests.unit.audit.tampering import KINDS, Attack, run, write
from tumorboard.audit import anchors
from tumorboard.audit.models import AuditEvent
from tumorboard.audit.verify import verify

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]
TIMES = 250 if os.environ.get("PROVE") == "1" else 25


@pytest.fixture
def log(settings, tmp_path) -> Random:
    """Three anchors over a log that fills every chain; the last anchor is at its end."""
    settings.AUDIT_ANCHORS, settings.AUDIT_KEY = tmp_path / "anchors", tmp_path / "key.pem"
    random = Random(7)
    for _ in range(3):
        write(20, random)
        while AuditEvent.objects.values("shard").distinct().count() < 8:  # the database chooses the chain
            write(20, random)
        anchors.take()
    return random


def undone(attack: Attack, kind: str) -> list[str]:
    """What the verifier says after the attack, which is then taken back."""
    with transaction.atomic():
        KINDS[kind](attack)
        found = verify()
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_attack_is_found(log: Random, kind: str):
    for number in range(TIMES):
        assert undone(Attack(Random(f"{kind} {number}")), kind), f"{kind} {number} was not found"
    assert verify() == []


@pytest.mark.parametrize("kind", ["cut", "rechain"])
def test_without_the_anchors_these_would_not_be_found(log: Random, kind: str, settings, tmp_path):
    """So it is the anchors that find them."""
    settings.AUDIT_ANCHORS = tmp_path / "nowhere"
    assert undone(Attack(Random(1)), kind) == []


def test_an_untouched_log_has_no_fault_before_and_after_its_anchor(log: Random):
    assert verify() == []
    write(20, log)
    assert verify() == []


def test_a_chain_rewritten_with_fitting_hashes_is_placed_by_the_anchors(log: Random):
    (first, *_) = undone(Attack(Random(1)), "rechain")
    assert "is not the one that anchor" in first


def test_after_an_older_copy_the_gap_is_named(log: Random):
    found = undone(Attack(Random(3)), "restore")
    assert any("anchor 3" in fault for fault in found)


def test_nothing_is_signed_over_a_log_that_does_not_verify(log: Random):
    write(5, log)
    run("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
    run("UPDATE audit_auditevent SET actor_label = 'x' WHERE seq = (SELECT max(seq) FROM audit_auditevent)")
    with pytest.raises(anchors.Broken, match="content was changed"):
        anchors.take()
    assert anchors.last().number == 3


def test_a_guard_that_no_longer_refuses_is_found(log: Random):
    run("CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RETURN OLD; END'")  # fmt: skip
    assert len([fault for fault in verify() if "missing, disabled or changed" in fault]) == 2


def test_events_in_a_chain_that_does_not_exist(log: Random):
    run("SET LOCAL session_replication_role = replica")
    run("UPDATE audit_auditevent SET shard = 8 WHERE seq = (SELECT max(seq) FROM audit_auditevent)")
    assert any("a chain that does not exist" in fault for fault in verify())
