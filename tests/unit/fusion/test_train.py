from __future__ import annotations

import json

import numpy as np
import pytest

from tumorboard.fusion import saved
from tumorboard.fusion.train import train

from .simulated import gold as simulated_gold


def row(report, name):
    return next(found for found in report["rows"] if found["row"] == name)


def test_the_table_always_shows_its_baselines(report):
    assert [found["row"] for found in report["rows"]] == [
        "late fusion",
        "clinical only",
        "Kaplan-Meier",
        "shuffled labels",
    ]
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_the_fusion_beats_clinical_only_where_it_should(report):
    fused, clinical = row(report, "late fusion"), row(report, "clinical only")
    assert fused["c"] > clinical["c"] + 0.03
    assert fused["c_low"] < fused["c"] < fused["c_high"]
    assert report["lead_over_clinical"]["low"] > 0
    assert fused["ibs"] < row(report, "Kaplan-Meier")["ibs"]
    assert row(report, "Kaplan-Meier")["c"] == 0.5


def test_shuffled_labels_find_nothing(report):
    assert 0.4 <= row(report, "shuffled labels")["c"] <= 0.6


def test_held_out_risks_are_calibrated():
    _, report = train(*simulated_gold(400), seed=1, resamples=20)
    fused = row(report, "late fusion")
    assert fused["slope"] == pytest.approx(1, abs=0.2)
    assert abs(fused["gap"]) < 0.05


def test_same_seed_same_version_and_report(gold, trained):
    model, report = train(*gold, seed=1, name="simulated", resamples=100)
    assert model.version == trained[0].version
    assert report == trained[1]


def test_another_seed_another_version(gold, model):
    assert train(*gold, seed=2, name="simulated", resamples=10)[0].version != model.version


def test_rows_in_any_order_train_the_same_model(gold, model):
    features, cohort = (frame.sample(frac=1, random_state=0) for frame in gold)
    shuffled = train(features, cohort, seed=1, name="simulated", resamples=100)[0]
    assert saved.content_hash(shuffled.state()) == saved.content_hash(model.state())


def test_the_report_counts_who_has_what(gold, report):
    features, cohort = gold
    for entry in report["modalities"]:
        having = features.loc[features["modality"] == entry["modality"], "patient_key"].unique()
        assert entry["patients"] == len(having)
        assert entry["events"] == int(cohort.loc[cohort["patient_key"].isin(having), "died"].sum())
    assert report["n"] == 160


def test_small_patterns_are_not_published(report):
    assert report["patterns"]
    assert all(found["events"] >= 10 for found in report["patterns"].values())


def test_a_cohort_of_one_and_of_nobody_still_gives_an_abstaining_model(gold):
    features, cohort = gold
    for few in (cohort.iloc[:1], cohort.iloc[:0]):
        model, report = train(features, few)
        assert model.fusion.method == "none"
        assert report["rows"] == []


def test_a_cohort_without_clinical_rows_trains(gold):
    features, cohort = gold
    _, report = train(features[features["modality"] != "clinical"], cohort, resamples=10)
    assert row(report, "clinical only")["c"] == 0.5
    assert np.isfinite(row(report, "late fusion")["c"])
