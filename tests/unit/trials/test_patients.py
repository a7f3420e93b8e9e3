"""Frames become evidence: each fact with its row, nothing of others, nothing from the future."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from tests.unit.trials.conftest import AS_OF
from tumorboard.trials.patients import PatientEvidence

Frames = dict[str, pd.DataFrame]


def test_every_fact_remembers_its_row(evidence: PatientEvidence) -> None:
    assert evidence.person is not None
    assert evidence.person.source == "silver.patients/patients-1"
    assert [finding.source for finding in evidence.findings] == ["silver.variants/variants-1"]
    assert evidence.tests[0].genes == {"EGFR", "KRAS", "ALK"}


def test_no_frames_is_no_evidence() -> None:
    evidence = PatientEvidence.from_frames("p", {}, AS_OF)
    assert evidence == PatientEvidence("p", AS_OF)
    assert PatientEvidence.from_frames("p", {"silver.variants": pd.DataFrame()}, AS_OF) == evidence


def test_rows_of_other_patients_are_left_out(frames: Frames) -> None:
    assert PatientEvidence.from_frames("p2", frames, AS_OF) == PatientEvidence("p2", AS_OF)


def test_short_table_names_are_the_same(frames: Frames, evidence: PatientEvidence) -> None:
    short = {name.removeprefix("silver."): frame for name, frame in frames.items()}
    assert PatientEvidence.from_frames("p1", short, AS_OF) == evidence


def test_facts_from_after_the_day_are_not_known(frames: Frames) -> None:
    before = PatientEvidence.from_frames("p1", frames, date(2025, 1, 15))
    assert (len(before.stages), before.tests, before.findings, before.biomarkers) == (1, (), (), ())
    assert (before.therapies, before.performance) == ((), ())


def test_a_frame_without_row_ids_is_refused(frames: Frames) -> None:
    with pytest.raises(ValueError, match=r"silver\.variants: column row_id is missing"):
        PatientEvidence.from_frames(
            "p1", {"silver.variants": frames["silver.variants"].drop(columns="row_id")}, AS_OF
        )


@pytest.mark.parametrize("empty", [None, float("nan"), pd.NaT, pd.NA])
def test_missing_values_stay_missing(empty: object) -> None:
    row = {"patient_key": "p", "row_id": "1"}
    columns = ["sex", "birth_date", "deceased", "last_contact"]
    frames = {
        "patients": pd.DataFrame([row | dict.fromkeys(columns, empty)], dtype=object),
        "variants": pd.DataFrame(
            [row | {"gene": empty, "exon": empty, "hgvs_p": empty, "kind": "snv"}], dtype=object
        ),
        "genomic_tests": pd.DataFrame([row | {"genes": empty, "test_id": empty}], dtype=object),
        "performance": pd.DataFrame([row | {"scale": "ECOG", "value": empty}], dtype=object),
    }
    evidence = PatientEvidence.from_frames("p", frames, AS_OF)
    assert evidence.person is not None
    assert (evidence.person.deceased, evidence.person.birth_date, evidence.person.sex) == (None, None, "")
    assert (evidence.findings[0].exon, evidence.findings[0].change) == (None, None)
    assert evidence.tests[0].genes == frozenset()
    assert evidence.performance[0].value is None


def test_lists_may_be_arrays_and_symbols_are_normalised() -> None:
    frame = pd.DataFrame(
        [{"patient_key": "p", "row_id": "1", "genes": np.array(["HER2", "egfr", "odd gene!"])}]
    )
    evidence = PatientEvidence.from_frames("p", {"genomic_tests": frame}, AS_OF)
    assert evidence.tests[0].genes == {"ERBB2", "EGFR", "odd gene!"}


def test_timestamps_are_days() -> None:
    frame = pd.DataFrame(
        [{"patient_key": "p", "row_id": "1", "birth_date": pd.Timestamp("1960-01-01 12:00")}]
    )
    evidence = PatientEvidence.from_frames("p", {"patients": frame}, AS_OF)
    assert evidence.person is not None
    assert evidence.person.birth_date == date(1960, 1, 1)
