"""Lineage on the real pipeline: every row leads to a file, and is the same when made again from there."""

from __future__ import annotations

import io
import json
import os
import random
import uuid
from datetime import datetime
from pathlib import Path

import pyarrow.compute as pc
import pytest
from django.core.management import CommandError, call_command
from pyspark.sql import SparkSession

from tests.integration import files
from tests.integration.contents import rows, versions
from tumorboard.audit.events import Event
from tumorboard.audit.models import AuditEvent
from tumorboard.governance.ledger import DatabaseLedger
from tumorboard.governance.models import PublishedVersion
from tumorboard.governance.opening import lake, landing_volume
from tumorboard.lake import tables
from tumorboard.pipeline.building import IDENTITY, TAKEN_OVER
from tumorboard.runs import lineage
from tumorboard.runs.ingesting import ingest
from tumorboard.runs.models import IngestRun

pytestmark = pytest.mark.timeout(3600 if os.environ.get("PROVE") else 240)
CELLS = 500 if os.environ.get("PROVE") else 50
SHOWN = ("gold.case_facts", "gold.timeline", "gold.actionability")  # facts of the page
INPUTS = ("gold.features", "gold.cohort")  # of models


@pytest.fixture(scope="module")
def built(
    installation: Path, warm_engine: None, cohort: Path, tmp_path_factory: pytest.TempPathFactory
) -> IngestRun:
    """The cohort, then a corrected bundle: so that some tables were built in parts."""
    folder = files.copy(cohort, tmp_path_factory.mktemp("received") / "cohort")
    run = ingest(paths=[folder], by="tests")
    bundle = files.bundles(folder)[0]
    changed = files.change(bundle, "Patient", lambda p: p.update(birthDate="1951-07-09"))
    ingest(paths=[changed], by="tests")
    return run


@pytest.fixture
def recomputer(built: IngestRun, spark: SparkSession) -> lineage.Recomputer:
    return lineage.Recomputer(spark)


def test_random_cells_are_the_same_made_again_from_the_file(recomputer: lineage.Recomputer) -> None:
    """Each cell with every row on its first way back: gold, silver, received."""
    chosen = random.Random(3)
    groups = [INPUTS, SHOWN, [t.name for t in tables.build_order() if t.schema_name == "gold"]]
    places = [p for seed, names in enumerate(groups) for p in lineage.sample(CELLS // 3 + 1, seed, names)]
    equal, ends = 0, set()
    for place in places[:CELLS]:
        cell = chosen.choice(sorted(place.row))
        way = first_way(place)
        results = [recomputer.recompute(step) for step in way]
        assert all(result.equal for result in results), (str(place), [r.differs for r in results])
        assert cell in place.row
        equal += 1
        ends.add(way[-1].table)
    assert equal == CELLS
    assert len(ends) >= 2  # patients have random keys, so each run draws other rows
    assert all(name.startswith("bronze.") for name in ends)


def first_way(place: lineage.Place) -> list[lineage.Place]:
    way = [place]
    while way[-1].origins:
        way.append(next(lineage.recomputing.behind(lake(), lineage.Place(
            way[-1].table, way[-1].version, way[-1].row, way[-1].origins[:1]))))  # fmt: skip
    return way


def test_every_silver_row_is_walked_to_a_received_row(built: IngestRun) -> None:
    """Also where the build did not read bronze itself: facts of letters, features of images."""
    for name in (n for n in versions() if n.startswith("silver.")):
        for place in lineage.sample(5, 2, [name]) if rows(name) else []:
            assert lineage.walk(place)[-1].table.startswith("bronze."), name


def test_a_row_that_was_tampered_with_is_told(recomputer: lineage.Recomputer) -> None:
    place = lineage.sample(1, 1, ["gold.case_facts"])[0]
    forged = lineage.Place(
        place.table, place.version, {**place.row, "value": "something else"}, place.origins
    )
    assert recomputer.recompute(forged).differs == ["value"]


def test_every_kind_of_received_row_is_read_again_from_its_file(recomputer: lineage.Recomputer) -> None:
    chosen = random.Random(5)
    for name in (n for n in versions() if n.startswith("bronze.")):
        ids = [row["row_id"] for row in rows(name)]
        for row_id in chosen.sample(ids, min(3, len(ids))):
            assert recomputer.recompute(lineage.place_of(name, row_id)).equal, (name, row_id)


def test_a_changed_file_in_the_volume_is_no_proof(recomputer: lineage.Recomputer) -> None:
    row = rows("bronze.fhir")[0]
    kept = landing_volume().path(row["file_hash"])
    content = kept.read_bytes()
    try:
        kept.write_bytes(content + b" ")
        with pytest.raises(lineage.NotRecomputable, match="not the one that was received"):
            recomputer.recompute(lineage.place_of("bronze.fhir", row["row_id"]))
    finally:
        kept.write_bytes(content)


def test_columns_said_to_be_taken_over_are(built: IngestRun) -> None:
    """TAKEN_OVER is a statement about every build; here it is held against every silver row."""
    received = {name: {row["row_id"]: row for row in rows(name)} for name in versions() if "bronze" in name}
    for name in (n for n in versions() if n.startswith("silver.")):
        for row in rows(name):
            source = received[row["source_table"]][row["source_row"]]
            for column, origin in TAKEN_OVER["silver"].items():
                if column != "patient_key":
                    assert row[column] == source[origin], (name, column)


def test_each_version_names_inputs_columns_code_and_run(built: IngestRun) -> None:
    ledger = DatabaseLedger()
    for name in versions():
        declared, latest = tables.get(name), ledger.latest(name)
        assert latest is not None
        assert latest.run_id
        assert latest.code_version
        assert latest.commit_hash
        assert set(latest.inputs) == {n for n in declared.reads if ledger.latest(n)}
        if name.startswith("bronze."):
            assert latest.files["count"] > 0
            continue
        assert set(latest.inputs) <= set(latest.reads)
        for source, columns in latest.reads.items():
            known = (
                {"subject_key", "patient_key"} if source == IDENTITY else {*tables.get(source).columns, "*"}
            )
            assert set(columns) <= known, (name, source)


def test_the_columns_a_gold_build_looked_at_are_not_all(built: IngestRun) -> None:
    """Seen while its code ran: so a column nobody looked at is not said to be an input."""
    latest = DatabaseLedger().latest("gold.features")
    assert latest is not None
    read = latest.reads["silver.labs"]
    assert {"value", "name", "taken_on"} <= set(read)
    assert "file_name" not in read


def test_openlineage_events_have_the_shape_of_the_standard(built: IngestRun, tmp_path: Path) -> None:
    out = tmp_path / "events.ndjson"
    call_command("lineage", "export", "--out", str(out), stdout=io.StringIO())
    events = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(events) == PublishedVersion.objects.count()
    for event in events:
        assert_run_event(event)
    (labs,) = [e for e in events if e["outputs"][0]["name"] == "silver.labs" and _version(e) == "0"]
    assert [i["name"] for i in labs["inputs"]] == ["bronze.fhir"]
    fields = labs["outputs"][0]["facets"]["columnLineage"]["fields"]
    assert ("bronze.fhir", "payload") in {(f["name"], f["field"]) for f in fields["value"]["inputFields"]}


def _version(event: dict) -> str:
    return event["outputs"][0]["facets"]["version"]["datasetVersion"]


RUN_EVENT = {
    "eventTime": str, "eventType": str, "producer": str, "schemaURL": str,
    "run": {"runId": str, "facets": dict}, "job": {"namespace": str, "name": str, "facets": dict},
    "inputs": list, "outputs": list,
}  # fmt: skip
DATASET = {
    "namespace": str,
    "name": str,
    "facets": {"version": {"datasetVersion": str}, "schema": {"fields": list}},
}
OUTPUT = {
    **DATASET,
    "facets": {
        **DATASET["facets"], "columnLineage": {"fields": dict}, "dataQualityAssertions": {"assertions": list},
    },
    "outputFacets": {"outputStatistics": {"rowCount": int, "size": int, "fileCount": int}},
}  # fmt: skip
LINEAGE = {"namespace": str, "name": str, "field": str, "transformations": list}


def assert_run_event(event: dict) -> None:
    """The required part of OpenLineage 2-0-2: run event, datasets, the facets used, what each facet bears."""
    fits(event, RUN_EVENT, "event")
    uuid.UUID(event["run"]["runId"])
    assert datetime.fromisoformat(event["eventTime"]).tzinfo is not None
    assert event["eventType"] in {"START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"}
    for dataset in event["inputs"]:
        fits(dataset, DATASET, "input")
    for dataset in event["outputs"]:
        fits(dataset, OUTPUT, "output")
        for name, field in dataset["facets"]["columnLineage"]["fields"].items():
            for source in field["inputFields"]:
                fits(source, LINEAGE, name)
                assert source["transformations"][0]["type"] in {"DIRECT", "INDIRECT"}
    for facet in facets(event):
        assert facet["_producer"].startswith("https://")
        assert facet["_schemaURL"].startswith("https://openlineage.io/spec/facets/")


def fits(value: dict, shape: dict, where: str) -> None:
    for name, wanted in shape.items():
        assert name in value, f"{where}.{name} is missing"
        if isinstance(wanted, dict):
            fits(value[name], wanted, f"{where}.{name}")
        else:
            assert isinstance(value[name], wanted), f"{where}.{name} is not {wanted}"


def facets(event: dict) -> list[dict]:
    holders = [event["run"]["facets"], event["job"]["facets"]]
    for dataset in [*event["inputs"], *event["outputs"]]:
        holders += [dataset.get(k, {}) for k in ("facets", "inputFacets", "outputFacets")]
    return [facet for holder in holders for facet in holder.values()]


def test_the_export_holds_no_value_of_a_patient(built: IngestRun, tmp_path: Path) -> None:
    out = tmp_path / "events.ndjson"
    call_command("lineage", "export", "--out", str(out), stdout=io.StringIO())
    text = out.read_text()
    for row in rows("silver.patients"):
        assert row["patient_key"] not in text
        assert row["name"] not in text


def test_the_command_walks_and_makes_again(built: IngestRun, spark: SparkSession) -> None:
    row = lake().read(tables.get("gold.case_facts"), where=pc.field("section") == "course").to_pylist()[0]
    told = io.StringIO()
    call_command("lineage", "walk", f"gold.case_facts/{row['row_id']}", stdout=told)
    assert "bronze." in told.getvalue()
    assert ", file " in told.getvalue()
    again = io.StringIO()
    call_command("lineage", "recompute", f"gold.case_facts/{row['row_id']}", stdout=again)
    assert again.getvalue().strip().endswith("0 differ")
    followed = AuditEvent.objects.filter(event=Event.LINEAGE_FOLLOWED, patient_key=row["patient_key"])
    assert followed.count() == 2


@pytest.mark.parametrize("row", ["gold.case_facts", "gold.case_facts/none", "gold.none/1"])
def test_a_row_that_is_not_there_is_said_in_words(built: IngestRun, row: str) -> None:
    with pytest.raises(CommandError):
        call_command("lineage", "walk", row, stdout=io.StringIO())
