"""Registry studies: structured fields and text; what is not understood is never guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tumorboard.trials.criteria import (
    Age,
    Comorbidity,
    Diagnosis,
    Performance,
    Sex,
    Unsupported,
    predicates,
)
from tumorboard.trials.ctml import Malformed
from tumorboard.trials.patients import PatientEvidence
from tumorboard.trials.registry import read_study
from tumorboard.trials.screening import screen


def study(
    conditions: list[str] | None = None, status: str = "RECRUITING", **eligibility: Any
) -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT00000001", "briefTitle": "A study"},
            "statusModule": {"overallStatus": status, "lastUpdatePostDateStruct": {"date": "2024-05-06"}},
            "conditionsModule": {"conditions": conditions or []},
            "eligibilityModule": eligibility,
        }
    }


def _asks(document: dict[str, Any]) -> list[object]:
    return [leaf.asks for leaf in predicates(read_study(document).root.match)]


def test_structured_fields() -> None:
    trial = read_study(
        study(
            ["Breast Cancer"],
            minimumAge="18 Years",
            maximumAge="75 Years",
            sex="FEMALE",
            eligibilityCriteria="x",
        )
    )
    leaves = predicates(trial.root.match)
    assert [type(leaf.asks) for leaf in leaves] == [Age, Age, Sex, Diagnosis, Unsupported]
    assert all(leaf.asks.completed for leaf in leaves if isinstance(leaf.asks, Age))
    assert leaves[-1].wording == "x"
    assert leaves[-1].span == (0, 1)
    assert trial.is_open
    assert trial.version.startswith("2024-05-06 ")


@pytest.mark.parametrize(
    ("status", "is_open"),
    [("RECRUITING", True), ("COMPLETED", False), ("UNKNOWN", None), ("", None), ("SOMETHING_NEW", False)],
)
def test_status(status: str, is_open: bool | None) -> None:
    assert read_study(study(status=status)).is_open is is_open


@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("Neoplasms, Breast", "Breast Cancer"),
        ("Breast Neoplasms", "Breast Cancer"),
        ("Non-small Cell Lung Cancer", "Non-small Cell Lung Cancer"),
        ("Non Small Cell Lung Cancer", "non-Small Cell Lung Cancer"),
        ("Melanoma", "Melanoma"),
        ("Solid Tumors", "Solid Tumors"),
    ],
)
def test_condition_names(name: str, term: str) -> None:
    assert _asks(study([name])) == [Diagnosis(term)]


@pytest.mark.parametrize(
    "name",
    [
        "Metastatic Breast Cancer",
        "Breast Cancer Female",
        "Colon Cancer",
        "EGFR-mutated Non-Small Cell Lung Cancer",
    ],
)
def test_a_narrower_name_keeps_its_rest_as_unread(name: str) -> None:
    kinds = [type(asks) for asks in _asks(study([name]))]
    assert kinds == [Diagnosis, Unsupported]


@pytest.mark.parametrize("name", ["Quality of Life", "Secondary Liver Cancer", "Suspected Lung Cancer"])
def test_a_condition_that_is_no_tumour_type_stays_open(name: str) -> None:
    (asks,) = _asks(study([name]))
    assert isinstance(asks, Unsupported)


@pytest.mark.parametrize("value", ["adult", "18", "-1 Years", "18 Fortnights"])
def test_an_age_that_cannot_be_read_is_kept(value: str) -> None:
    trial = read_study(study(minimumAge=value))
    (leaf,) = predicates(trial.root.match)
    assert isinstance(leaf.asks, Unsupported)
    assert trial.notices[0].path.endswith("minimumAge")


@pytest.mark.parametrize("value", ["N/A", "", None])
def test_no_age_limit(value: str | None) -> None:
    assert _asks(study(minimumAge=value)) == []


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"protocolSection": []}, {"protocolSection": {"identificationModule": {"nctId": "1"}}}],
)
def test_a_study_without_number_is_refused(document: object) -> None:
    with pytest.raises(Malformed, match="nctId"):
        read_study(document)


def test_a_study_with_text_is_never_better_than_uncertain(evidence: PatientEvidence) -> None:
    trial = read_study(study(["Lung Cancer"], minimumAge="18 Years", eligibilityCriteria="anything"))
    (result,) = screen(trial, evidence)
    assert result.verdict == "uncertain"
    assert [str(criterion.result) for criterion in result.criteria] == ["met", "met", "met", "unknown"]


def test_structured_fields_alone_can_exclude(evidence: PatientEvidence) -> None:
    trial = read_study(study(["Lung Cancer"], sex="MALE", eligibilityCriteria="anything"))
    assert screen(trial, evidence)[0].verdict == "excluded"


def test_the_public_studies_all_read(
    shared_data: Path, evidence: PatientEvidence, nobody: PatientEvidence
) -> None:
    paths = sorted((shared_data / "trials" / "clinicaltrials_gov_v2").glob("NCT*.json"))
    assert len(paths) == 25
    for path in paths:
        trial = read_study(json.loads(path.read_text()))
        assert trial.trial_id == path.stem
        assert screen(trial, evidence)[0].verdict in ("uncertain", "excluded")
        assert screen(trial, nobody)[0].verdict == "uncertain"


def _leaves(text: str, **eligibility: Any) -> list[object]:
    return _asks(study(eligibilityCriteria=text, **eligibility))


def test_text_is_read_into_the_same_tree() -> None:
    text = (
        "Inclusion Criteria:\n\n* ECOG 0-1\n* Signed informed consent\n\n"
        "Exclusion Criteria:\n\n* Known HIV infection"
    )
    kinds = [type(asks) for asks in _leaves(text)]
    assert kinds == [Performance, Unsupported, Comorbidity]


def test_an_age_in_the_text_that_differs_from_the_field_is_told() -> None:
    text = "Inclusion Criteria:\n\n* Age > 18 years"
    trial = read_study(study(minimumAge="18 Years", eligibilityCriteria=text))
    assert [notice.message for notice in trial.notices] == [
        "the text says age > 18 years, the age fields say age >= 18 years"
    ]
    assert [type(leaf.asks) for leaf in predicates(trial.root.match)] == [Age, Age]


def test_an_age_that_agrees_is_not_told() -> None:
    text = "Inclusion Criteria:\n\n* Age 18 to 75 years"
    assert (
        read_study(study(minimumAge="18 Years", maximumAge="75 Years", eligibilityCriteria=text)).notices
        == ()
    )


def test_paths_are_unique(shared_data: Path) -> None:
    for path in sorted((shared_data / "trials" / "clinicaltrials_gov_v2").glob("NCT*.json")):
        leaves = predicates(read_study(json.loads(path.read_text())).root.match)
        paths = [leaf.path for leaf in leaves]
        assert len(paths) == len(set(paths)), path.stem
