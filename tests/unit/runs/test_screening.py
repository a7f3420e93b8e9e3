"""The screening job: columns and rows agree, many patients are shared out, only what is asked is redone."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from tests.factories import review
from tests.unit.review.conftest import small_lake
from tumorboard.governance.actions import register_securables
from tumorboard.governance.ledger import latest_versions
from tumorboard.governance.opening import lake
from tumorboard.lake import tables
from tumorboard.runs import actions, screening, working
from tumorboard.runs.kinds import KINDS
from tumorboard.runs.models import Job
from tumorboard.runs.status import JobState
from tumorboard.trials.columns import explaining
from tumorboard.trials.columns.compiled import Program

__all__ = ["small_lake"]
pytestmark = pytest.mark.django_db
NUMBERS = ("SYN-1", "SYN-2", "SYN-3")


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "send", lambda uuid: False)


@pytest.fixture
def patients(small_lake: Any) -> list[str]:
    """A woman of 65, one of 10, and a man of 65, all with lung cancer."""
    register_securables()
    for number in NUMBERS:
        review.subject_of(number)
    keys = [review.patient(number) for number in NUMBERS]
    stated = review.from_row("bronze.fhir", review.received("SYN-1", {}, "b.json"), "$")
    about = zip(keys, ("female", "female", "male"), (1960, 2015, 1960), strict=True)
    review.publish(
        "silver.patients",
        *(
            {**stated, "patient_key": key, "name": "N", "sex": sex, "birth_date": date(year, 1, 1),
             "deceased": False, "synthetic": True}
            for key, sex, year in about
        ),
    )  # fmt: skip
    review.publish(
        "silver.diagnoses",
        *(
            {
                **stated,
                "patient_key": key,
                "diagnosis_id": "d",
                "primary": True,
                "oncotree": "LUAD",
                "text": "Lung cancer",
            }
            for key in keys
        ),
    )
    return keys


def trials(*matches: list[dict[str, Any]]) -> None:
    bronze = review.received("SYN-1", {}, "t.yml")
    stated = {**review.from_row("bronze.ctml", bronze, "$"), "kind": "ctml", "sites": []}
    documents = [{"protocol_no": f"T-{number}", "match": match} for number, match in enumerate(matches)]
    review.publish(
        "silver.trials",
        *({**stated, "trial_id": each["protocol_no"], "document": json.dumps(each)} for each in documents),
    )


ADULTS = [{"clinical": {"age_numerical": ">=18", "oncotree_primary_diagnosis": "Lung"}}]
WOMEN = [{"clinical": {"gender": "Female"}}]
BREAST = [{"clinical": {"oncotree_primary_diagnosis": "Breast"}}]
TREATED = [{"prior_treatments": {"drug": "osimertinib"}}]


def screened(**arguments: Any) -> Job:
    job = actions.queue_job(kind="screen", by="tests", **arguments)
    working.run(job.uuid, KINDS)
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.message
    return job


def rows() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lake().read(tables.get("gold.trial_matches")).to_pylist()
    return found


def of_trial(trial: str) -> list[tuple[Any, ...]]:
    found = (row for row in rows() if row["trial_id"] == trial)
    return sorted((row["row_id"], row["wording"], row["result"], row["note"]) for row in found)


def verdicts() -> dict[tuple[str, str], str]:
    return {(row["patient_key"], row["trial_id"]): row["verdict"] for row in rows()}


@pytest.mark.parametrize("few", [1, 10])
def test_everyone_and_every_trial(patients: list[str], few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screening, "FEW", few)
    trials(ADULTS, WOMEN)
    job = screened()
    assert job.message == "patients: 3, trials: 2"
    woman, child, man = patients
    assert verdicts() == {
        (woman, "T-0"): "fits", (child, "T-0"): "excluded", (man, "T-0"): "fits",
        (woman, "T-1"): "fits", (child, "T-1"): "fits", (man, "T-1"): "excluded",
    }  # fmt: skip
    assert len(rows()) == 3 * (3 + 2)  # vital status and each criterion
    named = {entry.partition("/")[0] for row in rows() for entry in row["derived_from"]}
    assert named == {"silver.patients", "silver.diagnoses", "silver.trials"}


def test_a_job_for_named_trials_leaves_the_others(patients: list[str]) -> None:
    trials(ADULTS, WOMEN)
    screened()
    before = of_trial("T-1")
    trials(WOMEN, BREAST)
    assert screened(trials=["T-0"]).message == "patients: 3, trials: 1"
    assert of_trial("T-1") == before
    assert verdicts()[patients[2], "T-0"] == "excluded"


def test_very_many_patients_are_shared_out(patients: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screening, "PART", 2)
    trials(ADULTS)
    version = latest_versions(["silver.patients"])["silver.patients"]
    assert screened(cause="day").message == "patients: 3, shared out to 2 jobs"
    waiting = Job.objects.waiting().order_by("pk")
    assert [job.arguments for job in waiting] == [
        {"cause": "day", "part": part, "version": version} for part in (0, 1)
    ]
    done = []
    for job in list(waiting):
        working.run(job.uuid, KINDS)
        job.refresh_from_db()
        done.append(job.message)
    assert done == ["patients: 2, trials: 1", "patients: 1, trials: 1"]
    assert {patient for patient, _ in verdicts()} == set(patients)


def test_a_job_that_shared_itself_out_before_it_was_lost_does_not_do_it_again(
    patients: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screening, "PART", 2)
    trials(ADULTS)
    job = screened()
    Job.objects.exclude(pk=job.pk).update(state=JobState.DONE)
    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    working.run(job.uuid, KINDS)
    assert Job.objects.count() == 3


def test_of_very_many_places_the_deciding_criterion_is_kept(
    patients: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explaining, "ALL", 2)
    monkeypatch.setattr(explaining, "BEST", 1)
    stage = [{"clinical": {"stage_group": ["IV"]}}]
    trials(ADULTS, [*ADULTS, *stage], BREAST, [*ADULTS, {"clinical": {"disease_status": ["Metastatic"]}}])
    screened()
    woman = [(row["trial_id"], row["verdict"]) for row in rows() if row["patient_key"] == patients[0]]
    assert woman.count(("T-0", "fits")) == 3
    rest = sorted(each for each in woman if each[0] != "T-0")
    assert rest == [("T-1", "uncertain"), ("T-3", "uncertain")]  # one row each; another tumour: none
    assert all(row["would_settle"] for row in rows() if row["verdict"] == "uncertain")


def test_should_the_engines_differ_the_rows_are_right_and_it_is_told(
    patients: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trials(WOMEN)
    monkeypatch.setattr(screening, "FEW", 1)
    run = Program.run

    def spoilt(program: Program, *arguments: Any) -> Any:
        found = run(program, *arguments)
        found.codes[:] = 2
        return found

    monkeypatch.setattr(Program, "run", spoilt)
    assert screened().message.endswith("verdicts to look into: 1")
    assert verdicts()[patients[2], "T-0"] == "excluded"
