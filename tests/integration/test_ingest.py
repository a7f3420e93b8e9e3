"""From files to published tables: again, corrected, late, damaged, in parts, on another engine."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from tests.integration import files
from tests.integration.contents import everything, rows, versions
from tumorboard.governance.ledger import crosswalk
from tumorboard.governance.models import PatientUnit
from tumorboard.governance.opening import lake
from tumorboard.lake import engine, tables
from tumorboard.runs import services
from tumorboard.runs.ingesting import build, ingest
from tumorboard.runs.models import IngestedFile, IngestRun, QuarantinedRow

pytestmark = pytest.mark.timeout(240)
own_engine = engine.spark  # before `warm_engine` puts the shared one in its place
PER_PATIENT = [t.name for t in tables.all_tables() if t.per_patient and not t.name.startswith("bronze.")]


@pytest.fixture(scope="module")
def folder(cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return files.copy(cohort, tmp_path_factory.mktemp("received") / "cohort")


@pytest.fixture(scope="module")
def first(installation: Path, warm_engine: None, folder: Path) -> IngestRun:
    return ingest(paths=[folder], by="tests")


@pytest.fixture
def again(first: IngestRun, undone: Path) -> Path:
    """The cohort has been taken in; what the test adds is undone after it."""
    return undone


def patient_of(number: str) -> str:
    found = crosswalk().find(number)
    assert found is not None
    return found


def test_the_cohort_is_taken_whole(first: IngestRun, folder: Path) -> None:
    on_disk = sum(path.is_file() for path in folder.rglob("*"))
    assert first.report["files"] == {"landed": on_disk}
    assert first.report["quarantined"] == 0
    assert not QuarantinedRow.objects.exists()
    numbers = {files.record_number(bundle) for bundle in files.bundles(folder)}
    keys = {row["patient_key"] for row in rows("silver.patients")}
    assert set(crosswalk().record_numbers(sorted(keys)).values()) == numbers
    assert len(numbers) == 6


def test_the_sites_of_the_patients_are_the_units_of_quality_work(first: IngestRun) -> None:
    sites = {row["patient_key"]: row["site"] for row in rows("silver.patients")}
    assert dict(PatientUnit.objects.values_list("patient_key", "unit")) == sites
    assert all(sites.values())


def test_every_row_leads_back_to_a_received_row(first: IngestRun) -> None:
    known = {name: {row["row_id"] for row in rows(name)} for name in versions()}
    for name in versions():
        for row in rows(name) if name.startswith("silver.") else []:
            assert row["source_row"] in known[row["source_table"]], name
        for row in rows(name) if name.startswith("gold.") else []:
            assert name == "gold.modalities" or row["derived_from"], name
            for reference in row["derived_from"]:
                table, _, row_id = reference.partition("/")
                assert row_id in known[table], (name, reference)


def test_no_two_rows_of_a_table_share_an_identity(first: IngestRun) -> None:
    for name in versions():
        ids = [row["row_id"] for row in rows(name)]
        assert len(ids) == len(set(ids)), name


def test_again_brings_nothing(again: Path, folder: Path, first: IngestRun) -> None:
    before = versions()
    second = ingest(paths=[folder], by="tests")
    assert second.report["files"] == {"already known": first.report["files"]["landed"]}
    assert (second.report["tables"], second.report["known_before"]) == ([], first.report["files"]["landed"])
    assert versions() == before


def test_the_same_file_twice_in_one_folder_lands_once(again: Path, tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        files.write(tmp_path, name, files.patient("TWICE-1"))
    run = ingest(paths=[tmp_path], by="tests")
    assert run.report["files"] == {"landed": 1, "already known": 1}
    assert run.report["sources"]["fhir"]["rows"] == 1
    assert len([row for row in rows("bronze.fhir") if row["run_id"] == run.run_id]) == 1


@pytest.mark.parametrize("name", ["", "resent.json"], ids=["same name", "new name"])
def test_a_corrected_file_is_shown_and_the_earlier_kept(
    again: Path, folder: Path, tmp_path: Path, name: str
) -> None:
    bundle = files.bundles(folder)[0]
    number = files.record_number(bundle)
    earlier = [row for row in rows("bronze.fhir") if row["file_name"] == bundle.name]
    corrected = files.change(
        bundle, "Patient", lambda p: p.update(birthDate="1931-07-09"), tmp_path / (name or bundle.name)
    )
    ingest(paths=[corrected], by="tests")
    (shown,) = rows("silver.patients", patient_key=patient_of(number))
    assert shown["birth_date"].isoformat() == "1931-07-09"
    kept = {row["row_id"] for row in rows("bronze.fhir")}
    assert {row["row_id"] for row in earlier} <= kept
    if not name:
        history = IngestedFile.objects.get(file_name=bundle.name, superseded_by__isnull=False)
        assert history.superseded_by.file_name == corrected.name


def test_what_a_corrected_file_no_longer_says_is_gone(again: Path, folder: Path, tmp_path: Path) -> None:
    bundle = max(files.bundles(folder), key=lambda path: len(files.resources(path, "Condition")))
    key = patient_of(files.record_number(bundle))
    assert rows("silver.diagnoses", patient_key=key)
    content = json.loads(bundle.read_text())
    content["entry"] = [e for e in content["entry"] if e["resource"]["resourceType"] != "Condition"]
    ingest(paths=[files.write(tmp_path, bundle.name, content)], by="tests")
    left = rows("silver.diagnoses", patient_key=key)
    assert not [row for row in left if row["source_table"] == "bronze.fhir"]


def test_files_of_one_name_about_two_people_are_two_documents(again: Path, tmp_path: Path) -> None:
    for number in ("NAMED-1", "NAMED-2"):
        files.write(tmp_path / number, "bundle.json", files.patient(number))
        files.write(tmp_path / number, "letter.txt", files.letter(number, "The patient feels well."))
    ingest(paths=[tmp_path], by="tests")
    assert not IngestedFile.objects.superseded().exists()
    for number in ("NAMED-1", "NAMED-2"):
        assert len(rows("silver.documents", patient_key=patient_of(number))) == 1


def test_a_second_bundle_of_a_patient_adds_to_the_first(again: Path, folder: Path, tmp_path: Path) -> None:
    number = files.record_number(files.bundles(folder)[0])
    key = patient_of(number)
    before = len(rows("silver.labs", patient_key=key))
    added = files.patient(number)
    added["entry"].append({"resource": sodium(number)})
    ingest(paths=[files.write(tmp_path, "laboratory.json", added)], by="tests")
    assert len(rows("silver.labs", patient_key=key)) == before + 1


def sodium(number: str) -> dict[str, object]:
    return {
        "resourceType": "Observation",
        "id": "sodium-1",
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "2951-2", "display": "Sodium"}]},
        "subject": {"reference": f"Patient/patient-{number}"},
        "effectiveDateTime": "2025-01-02",
        "valueQuantity": {"value": 140, "unit": "mmol/L"},
    }


def test_bad_files_do_not_stop_good_ones(again: Path, tmp_path: Path) -> None:
    files.write(tmp_path, "a-cut.json", json.dumps(files.patient("BAD-1"))[:-40])
    files.write(tmp_path, "b-empty.json", "")
    files.write(tmp_path, "c-good.json", files.patient("GOOD-1"))
    files.write(tmp_path, "d-unknown.xyz", "\x00\x01 nothing we know")
    (tmp_path / "e-folder.json").mkdir()
    run = ingest(paths=[tmp_path], by="tests")
    assert run.report["files"]["landed"] == 1
    assert sum(run.report["files"].values()) == 4
    assert crosswalk().find("GOOD-1")
    assert not crosswalk().find("BAD-1")
    reasons = dict(QuarantinedRow.objects.values_list("file_name", "reason"))
    assert {"a-cut.json", "b-empty.json"} <= set(reasons)
    assert all(len(reason) > 15 and "BAD-1" not in reason for reason in reasons.values())


def test_a_file_about_nobody_lands_and_changes_no_patient(again: Path, tmp_path: Path) -> None:
    before = everything()
    sample = files.vcf("TUMOR")
    run = ingest(paths=[files.write(tmp_path, "nobody.vcf", sample)], by="tests")
    assert run.report["sources"]["vcf"]["unassigned"] == 2
    assert everything() == before


def test_a_file_about_nobody_may_be_given_to_a_patient(again: Path, tmp_path: Path) -> None:
    path = files.write(tmp_path, "nobody.vcf", files.vcf("TUMOR"))
    ingest(paths=[path], by="tests", patient=("mrn", "GIVEN-1"))
    assert len(rows("silver.variants", patient_key=patient_of("GIVEN-1"))) == 1


def test_a_link_that_comes_late_moves_the_rows(again: Path, tmp_path: Path) -> None:
    ingest(paths=[files.write(tmp_path, "early.vcf", files.vcf("SP-LATE"))], by="tests")
    (alone,) = [row for row in rows("silver.variants") if row["file_name"] == "early.vcf"]
    ingest(
        paths=[files.write(tmp_path, "late.json", files.patient("LATE-1", specimen="SP-LATE"))], by="tests"
    )
    (moved,) = [row for row in rows("silver.variants") if row["file_name"] == "early.vcf"]
    assert moved["patient_key"] == patient_of("LATE-1")
    assert moved["patient_key"] != alone["patient_key"]
    for name in PER_PATIENT:
        if name in versions():
            assert not rows(name, patient_key=alone["patient_key"]), name


def test_links_of_one_run_over_three_identities_leave_nobody_behind(again: Path, tmp_path: Path) -> None:
    samples = [files.write(tmp_path / "vcf", f"{s}.vcf", files.vcf(s)) for s in ("SP-A", "SP-B")]
    ingest(paths=samples, by="tests")
    before = {row["patient_key"] for row in rows("silver.variants") if row["file_name"].startswith("SP-")}
    both = files.patient("CHAIN-1", specimen="SP-A")
    both["entry"] += files.patient("CHAIN-1", specimen="SP-B")["entry"][1:]
    ingest(paths=[files.write(tmp_path, "chain.json", both)], by="tests")
    found = [row for row in rows("silver.variants") if row["file_name"].startswith("SP-")]
    assert {row["patient_key"] for row in found} == {patient_of("CHAIN-1")}
    assert len(before) == 2
    assert not before & {row["patient_key"] for row in rows("silver.variants")}


def test_changes_built_for_one_patient_equal_a_build_of_everything(
    again: Path, folder: Path, tmp_path: Path
) -> None:
    bundle = files.bundles(folder)[1]
    files.change(bundle, "Patient", lambda p: p.update(gender="other"), tmp_path / bundle.name)
    files.write(tmp_path, "letter.txt", files.letter(files.record_number(bundle), "ECOG 1. Stable disease."))
    changed = ingest(paths=[tmp_path], by="tests")
    assert changed.report["tables"]
    step_by_step = everything()
    build(run=IngestRun.objects.create(started_by="tests"), everything=True)
    assert everything() == step_by_step


def test_other_patients_keep_their_rows_when_one_changes(again: Path, folder: Path, tmp_path: Path) -> None:
    bundle = files.bundles(folder)[1]
    key = patient_of(files.record_number(bundle))
    runs = {row["run_id"] for row in rows("silver.labs")}
    files.change(bundle, "Patient", lambda p: p.update(gender="other"), tmp_path / bundle.name)
    run = ingest(paths=[tmp_path], by="tests")
    by_run = {row["patient_key"]: row["run_id"] for row in rows("silver.labs")}
    assert by_run.pop(key) == run.run_id
    assert set(by_run.values()) == runs


def test_no_identifier_stands_in_a_delta_log_or_a_file_name(first: IngestRun, folder: Path) -> None:
    secrets = set()
    for bundle in files.bundles(folder):
        person = files.resources(bundle, "Patient")[0]
        secrets |= {files.record_number(bundle), person["name"][0]["family"], person["birthDate"]}
        secrets |= {s["accessionIdentifier"]["value"] for s in files.resources(bundle, "Specimen")}
        secrets.add(bundle.stem)
    root = Path(lake().root)
    for log in root.rglob("_delta_log/*"):
        content = log.read_text(errors="replace")
        assert not [secret for secret in secrets if secret in content], log
    for path in root.rglob("*"):
        assert not [secret for secret in secrets if secret in str(path)], path


def test_nothing_about_a_patient_stands_in_the_journal(first: IngestRun, folder: Path) -> None:
    numbers = {files.record_number(bundle) for bundle in files.bundles(folder)}
    said = json.dumps(first.report) + json.dumps(
        list(IngestedFile.objects.values_list("notices", "document"))
    )
    assert not [number for number in numbers if number in said]


def test_what_was_pinned_is_read_again_after_a_change(again: Path, folder: Path, tmp_path: Path) -> None:
    table, pinned = tables.get("silver.patients"), versions()["silver.patients"]
    before = lake().read(table, version=pinned).sort_by("row_id")
    bundle = files.bundles(folder)[0]
    files.change(bundle, "Patient", lambda p: p.update(birthDate="1931-07-09"), tmp_path / bundle.name)
    ingest(paths=[tmp_path], by="tests")
    assert versions()["silver.patients"] > pinned
    assert lake().read(table, version=pinned).sort_by("row_id") == before
    assert lake().read(table).sort_by("row_id") != before


def test_json_report(again: Path, tmp_path: Path) -> None:
    files.write(tmp_path, "good.json", files.patient("JSON-1"))
    files.write(tmp_path, "bad.json", '{"resourceType": "Bundle", "entry": [')
    files.write(tmp_path, "odd.xyz", "nothing we know")
    out = io.StringIO()
    call_command("ingest", str(tmp_path), "--json", stdout=out)
    report = json.loads(out.getvalue())
    assert report["files"] == {"landed": 1, "refused": 1, "not data": 1}
    assert sum(report["set_aside"].values()) == 1
    assert report["sources"]["fhir"] == {
        "files": 1, "rows": 1, "quarantined": 1, "notices": 0, "unassigned": 0,
    }  # fmt: skip
    assert {"run", "seconds", "tables", "quarantined", "known_before", "refusals"} <= set(report)
    assert {"table", "version", "rows"} == set(report["tables"][0])
    for entry in report["refusals"]:
        assert set(entry) == {"stage", "source", "file_name", "locator", "field", "reason"}
    assert "bad.json" in {entry["file_name"] for entry in report["refusals"]}


def test_a_bad_file_sent_again_is_refused_again_in_words(again: Path, tmp_path: Path) -> None:
    files.write(tmp_path, "bad.json", '{"resourceType": "Bundle", "entry": [')
    first, second = (ingest(paths=[tmp_path], by="tests") for _ in range(2))
    assert first.report["quarantined"] == second.report["quarantined"] == 1
    (row,) = QuarantinedRow.objects.all()
    assert row.run == second


def test_the_command_names_a_path_that_is_not_there(again: Path) -> None:
    with pytest.raises(CommandError, match="not found: nowhere"):
        call_command("ingest", "nowhere")


SERVER = """
from pysail.spark import SparkConnectServer
import sys
SparkConnectServer("127.0.0.1", int(sys.argv[1])).start(background=False)
"""


@pytest.fixture
def second_server() -> object:
    """A Sail server as a process of its own."""
    port = services.free_port()
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(port)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not services.port_is_taken(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    yield f"sc://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


def test_a_spark_server_elsewhere_gives_the_same_rows(
    again: Path, second_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded = everything()
    monkeypatch.setattr(engine, "spark", own_engine)
    with override_settings(SPARK_REMOTE=second_server):
        build(run=IngestRun.objects.create(started_by="tests"), everything=True)
    assert everything() == embedded
