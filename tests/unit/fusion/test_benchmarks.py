"""The public data are read as they are; the full benchmark tables take minutes and are not run here."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tumorboard.fusion import metrics, validation
from tumorboard.fusion.benchmarks import hancock, measuring, missing, multisurv, porpoise
from tumorboard.fusion.benchmarks.measuring import Run


@pytest.fixture(scope="module")
def head_and_neck(shared_data):
    return hancock.read(shared_data / "survival" / "hancock")


def test_hancock_is_read_as_its_readme_counts_it(head_and_neck):
    assert len(head_and_neck) == 763
    assert head_and_neck.outcome.events == 213
    present = {name: int(table.present.sum()) for name, table in head_and_neck.tables.items()}
    assert present == {
        "blood": 692,
        "clinical": 763,
        "he": 760,
        "icd": 712,
        "pathological": 763,
        "tma": 736,
    }


def test_hancock_recurrence_counts(shared_data):
    assert hancock.read(shared_data / "survival" / "hancock", "rfs").outcome.events == 303


def test_blood_alone_ranks_real_patients(head_and_neck):
    predicted = validation.late(head_and_neck.only(["blood"]), hancock.DAYS, hancock.SEED)
    run = Run("blood", head_and_neck.outcome, [predicted])
    row = measuring.row(run)
    assert row["c"] > 0.65
    assert row["low"] < row["c"] < row["high"]
    assert row["ibs"] < 0.15


@pytest.mark.parametrize(
    ("cancer", "patients", "deaths"),
    [("blca", 373, 169), ("brca", 956, 130), ("gbmlgg", 569, 187), ("luad", 453, 158)],
)
def test_porpoise_is_read_as_its_readme_counts_it(shared_data, cancer, patients, deaths):
    cohort = porpoise.read(shared_data / "survival" / "porpoise", cancer)
    assert (len(cohort), cohort.outcome.events) == (patients, deaths)
    assert sorted(cohort.tables) == ["clinical", "copy_number", "expression", "mutations"]
    assert sorted(set(cohort.split)) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("cancer", ["blca", "brca", "gbmlgg", "luad"])
def test_published_figures_come_out_of_the_published_risks(shared_data, cancer):
    """MCAT's printed C, from its own risks with our C on our folds: the protocol is the same."""
    folder = shared_data / "survival"
    cohort = porpoise.read(folder / "porpoise", cancer)
    risks = pd.read_csv(folder / "mcat_published_risks.csv.gz")
    predicted = porpoise._published(cohort, cancer, risks, np.array([365.0, 730.0]))
    printed = pd.read_csv(folder / "mcat_published.csv").set_index(["model", "cancer"])
    ours = validation.mean_concordance(validation.by_fold(cohort.outcome, predicted))
    assert ours == pytest.approx(printed.loc[(porpoise.BAR, cancer), "val_cindex_mean"], abs=1e-3)


def test_clinical_only_is_the_known_figure_on_porpoise(shared_data):
    cohort = porpoise.read(shared_data / "survival" / "porpoise", "gbmlgg").only(["clinical"])
    predicted = validation.late(cohort, np.linspace(180, 1000, 5), porpoise.SEED)
    c = validation.mean_concordance(validation.by_fold(cohort.outcome, predicted))
    assert c == pytest.approx(0.838, abs=0.02)
    assert metrics.calibration_slope(cohort.outcome, predicted.risk) > 0.5


def test_multisurv_is_read_as_its_readme_counts_it(shared_data):
    frame = pd.read_csv(shared_data / "survival" / "multisurv" / "clinical_data.tsv", sep="\t")
    cohort = multisurv.read(frame)
    assert (len(cohort), cohort.outcome.events) == (11081, 3602)
    assert dict(frame["group"].value_counts()) == {"train": 8880, "val": 1109, "test": 1092}
    parts = multisurv.in_parts(frame)
    assert int(parts.tables["stage"].present.sum()) == int(frame["tumor_stage"].notna().sum())
    assert multisurv.grid(cohort.outcome).shape == (75,)


def test_subsets_are_all_but_everything_and_nothing():
    found = list(missing.subsets(["a", "b", "c"]))
    assert len(found) == 6
    assert found[0] == ("a", "b")
    assert found[-1] == ("c",)
