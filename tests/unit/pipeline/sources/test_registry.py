from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.unit.pipeline.sources.readings import everything, notices, rejected, rows, written
from tumorboard.pipeline.sources.reading import Unreadable
from tumorboard.pipeline.sources.registry import Registry


def study(number="NCT01234567", status="RECRUITING", criteria="Inclusion Criteria: ..."):
    return {
        "protocolSection": {
            "identificationModule": {"nctId": number},
            "statusModule": {"overallStatus": status, "startDateStruct": {"date": "2024-05"}},
            "eligibilityModule": {"eligibilityCriteria": criteria},
        }
    }


@pytest.fixture
def file(tmp_path):
    return lambda document: written(tmp_path, "study.json", json.dumps(document))


def test_one_study_is_kept_whole(file):
    [row] = everything(Registry(), file(study()))
    assert (row.locator, row.kind, row.payload, row.subject) == ("$", "study", study(), None)


@pytest.mark.parametrize(("wrap", "prefix"), [(lambda s: {"studies": s}, "$.studies"), (lambda s: s, "$")])
def test_a_list_of_studies(file, wrap, prefix):
    path = file(wrap([study(), study("NCT00000001")]))
    assert Registry().recognises(path, path.read_bytes())
    assert [row.locator for row in rows(Registry(), path)] == [f"{prefix}[0]", f"{prefix}[1]"]


def test_one_page_of_an_answer_is_said(file):
    assert "other pages" in notices(Registry(), file({"studies": [study()], "nextPageToken": "x"}))[0].message


@pytest.mark.parametrize(
    "bad", [study("12345"), study("NCT1"), study(None), {}, None, "text", {"protocolSection": []}]
)
def test_a_record_without_number_is_refused_and_the_next_read(file, bad):
    path = file({"studies": [bad, study()]})
    assert [refused.locator for refused in rejected(Registry(), path)] == ["$.studies[0]"]
    assert len(rows(Registry(), path)) == 1


def test_an_unknown_status_and_missing_criteria_are_taken_and_said(file):
    path = file(study(status="PAUSED", criteria=None))
    assert len(rows(Registry(), path)) == 1
    assert len(notices(Registry(), path)) == 2


@pytest.mark.parametrize("document", [{"studies": {}}, 5, "text"])
def test_what_is_no_study_is_refused(file, document):
    with pytest.raises(Unreadable):
        everything(Registry(), file(document))


def test_public_studies_as_counted(shared_data):
    statuses, phases, numbers, results = Counter(), Counter(), [], 0
    for file in sorted((shared_data / "trials/clinicaltrials_gov_v2").iterdir()):
        [row] = everything(Registry(), file)
        section = row.payload["protocolSection"]
        numbers.append(section["identificationModule"]["nctId"])
        statuses[section["statusModule"]["overallStatus"]] += 1
        phases.update(section["designModule"].get("phases", ["none"]))
        results += row.payload["hasResults"]
    assert (len(numbers), numbers[0], numbers[-1], results) == (25, "NCT00034216", "NCT03300206", 10)
    assert statuses == {
        "COMPLETED": 17,
        "TERMINATED": 4,
        "UNKNOWN": 2,
        "RECRUITING": 1,
        "ACTIVE_NOT_RECRUITING": 1,
    }
    assert phases == {"PHASE2": 8, "PHASE1": 4, "PHASE3": 2, "PHASE4": 1, "NA": 3, "none": 7}
