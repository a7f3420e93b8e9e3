"""Time of a decision at 100,000 patients and 1,000,000 relations, on an installation of its own.

    python -m benchmarks.policy [--patients 100000]

Each figure is a whole decision as the gate asks for it: standing read from the database, then decided.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import connection
from django.utils import timezone

from benchmarks.installation import installation
from benchmarks.report import Figures, options, seconds, show
from tests.factories.accounts import person
from tumorboard.accounts.roles import Role
from tumorboard.governance import actions
from tumorboard.governance.models import PatientReach, SecurableGroupGrant, Study
from tumorboard.governance.permissions import Standing, reachable_keys

RELATIONS = 1_000_000
GROUPS = 200
TIMES = 51


def fill(patients: int) -> tuple[Any, Any, Study]:
    """Relations over all patients and many boards; a clinician of 20 boards; a researcher with consents."""
    actions.register_securables()
    group = apps.get_model("auth", "Group")
    boards = [group.objects.create(name=f"board:{number}") for number in range(GROUPS)]
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into governance_patientreach (patient_key, group_id, reason, starts_at)"
            " select 'p' || (n %% %s), (%s::int[])[1 + n %% %s], 'agenda', now() - interval '1 day'"
            " from generate_series(1, %s) n",
            [patients, [board.pk for board in boards], GROUPS, RELATIONS],
        )
    alice, rita = person("alice", Role.ONCOLOGIST), person("rita", Role.RESEARCHER)
    alice.groups.add(*boards[:20])
    study = actions.create_study(code="s", title="S", starts_on=timezone.localdate(), by="benchmark")
    actions.add_study_member(study=study, user=rita, by="benchmark")
    keys = [f"p{number}" for number in range(patients)]
    actions.record_consents(patient_keys=keys, scope="research", study=study, by="benchmark")
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    return alice, rita, study


def measure(patients: int) -> Figures:
    alice, rita, study = fill(patients)
    mine = list(PatientReach.objects.of(alice).values_list("patient_key", flat=True).distinct()[:100])
    one, hundred = mine[:1], mine[:100]

    def single() -> None:
        assert Standing.of(alice, one).decide("treatment", "silver.patients", one[0]).allowed

    def many() -> None:
        assert Standing.of(alice, hundred).decide_all("treatment", "silver.patients", hundred).allowed

    def page() -> None:
        standing = Standing.of(alice, one)
        for table in (
            "silver.patients",
            "silver.labs",
            "gold.timeline",
            "gold.case_facts",
            "silver.variants",
        ):
            assert standing.decide("treatment", table, one[0]).allowed

    def cohort() -> None:
        decision = Standing.of(rita, (), study=study).decide("research", "gold.cohort", None)
        assert decision.patients is not None
        assert len(decision.patients) == patients

    single()  # the rules are read once
    return {
        "relations": PatientReach.objects.count(),
        "grants": SecurableGroupGrant.objects.count(),
        "patients": patients,
        "one patient, ms": 1000 * seconds(single, TIMES),
        "one patient, ms of our own processor time": 1000 * processor(single),
        "five tables of one patient, ms": 1000 * seconds(page, TIMES),
        "100 patients at once, ms": 1000 * seconds(many, TIMES),
        "research cohort of all patients, ms": 1000 * seconds(cohort, 3),
        "ids of all reachable patients, ms": 1000 * seconds(lambda: len(reachable_keys(alice)[:25]), 5),
    }


def processor(work: Callable[[], object]) -> float:
    """Processor seconds of this process for one go: what stays the same on a busy machine."""
    began = time.process_time()
    for _ in range(TIMES):
        work()
    return (time.process_time() - began) / TIMES


def main() -> int:
    chosen = options(__doc__)
    with installation():
        figures = measure(max(chosen.patients, 100_000))
    show("Decision time", figures, chosen.json)
    return 0 if float(figures["one patient, ms"]) < 5 else 1


if __name__ == "__main__":
    raise SystemExit(main())
