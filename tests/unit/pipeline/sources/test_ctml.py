from __future__ import annotations

import json

import pytest

from tests.unit.pipeline.sources.readings import everything, notices, rejected, rows, written
from tumorboard.pipeline.sources.ctml import Ctml
from tumorboard.pipeline.sources.reading import Unreadable

TRIAL = """protocol_no: 10-001
nct_id: NCT01234567
opened: 2024-05-01
code: 010
version: 1.10
suspended: No
age: 18
fraction: 0.5
ready: true
nothing:
treatment_list:
  step:
  - step_code: 1
    match: []
"""


@pytest.fixture
def file(tmp_path):
    return lambda text, name="trial.yml": written(tmp_path, name, text)


def test_values_stay_as_received(file):
    [row] = everything(Ctml(), file(TRIAL))
    assert (row.locator, row.kind) == ("$", "trial")
    assert row.payload == {
        "protocol_no": "10-001",
        "nct_id": "NCT01234567",
        "opened": "2024-05-01",
        "code": "010",
        "version": 1.1,
        "suspended": "No",
        "age": 18,
        "fraction": 0.5,
        "ready": True,
        "nothing": None,
        "treatment_list": {"step": [{"step_code": 1, "match": []}]},
    }
    json.dumps(row.payload)


def test_recognised_as_yaml_and_json(file):
    for text in (
        TRIAL,
        json.dumps({"protocol_no": "1", "treatment_list": {}}),
        "- " + TRIAL.replace("\n", "\n  "),
    ):
        path = file(text)
        assert Ctml().recognises(path, text.encode()), text
    assert not Ctml().recognises(path, b"title: a note\nbody: treatment_list\n")


def test_several_documents_and_lists(file):
    documents = file(f"{TRIAL}---\n{TRIAL}---\n")
    assert [row.locator for row in rows(Ctml(), documents)] == ["document 1", "document 2"]
    listed = file(json.dumps([{"protocol_no": "1", "treatment_list": {}}] * 2), "trials.json")
    assert [row.locator for row in rows(Ctml(), listed)] == ["$[0]", "$[1]"]


def test_a_trial_without_number_is_refused_and_the_next_read(file):
    path = file(json.dumps(["text", {"treatment_list": {}}, {"protocol_no": "1", "treatment_list": {}}]))
    assert [refused.locator for refused in rejected(Ctml(), path)] == ["$[0]", "$[1]"]
    assert len(rows(Ctml(), path)) == 1


def test_a_trial_nobody_can_match_is_said(file):
    assert "treatment_list" in notices(Ctml(), file("protocol_no: 1\n"))[0].message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("protocol_no: 1\nprotocol_no: 2\n", "line 2, column 1: .*stands twice"),
        ("a: &x [1]\nb: *x\n", "alias"),
        ("a: [1\n", "not valid YAML"),
        ("a: !!python/object/apply:os.system [ls]\n", "not valid YAML"),
        ("{" * 5000, "JSON"),
        ("- " * 5000 + "x", "nested too deeply"),
    ],
)
def test_damaged_or_hostile_files_are_refused(file, text, message):
    with pytest.raises(Unreadable, match=message):
        everything(Ctml(), file(text))


def test_public_trials(shared_data):
    found = [rows(Ctml(), path)[0] for path in sorted((shared_data / "trials/matchminer/trials").iterdir())]
    assert sorted(row.payload["protocol_no"] for row in found) == ["10-001", "10-002", "10-003", "10-004"]
