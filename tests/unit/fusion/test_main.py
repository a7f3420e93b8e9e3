from __future__ import annotations

import json

import pytest

from tumorboard.fusion import saved
from tumorboard.fusion.__main__ import main
from tumorboard.fusion.model import Model
from tumorboard.fusion.scoring import score
from tumorboard.fusion.tables import as_text

from .simulated import of_patient


@pytest.fixture
def files(gold, tmp_path):
    for name, frame in zip(("features", "cohort"), gold, strict=True):
        frame.to_parquet(tmp_path / f"{name}.parquet")
    return tmp_path


def arguments(files, *more):
    inputs = ["--features", str(files / "features.parquet"), "--cohort", str(files / "cohort.parquet")]
    return ["train", *inputs, "--out", str(files / "model"), *more]


def test_train_saves_a_model_that_scores(files, gold, capsys):
    assert main(arguments(files, "--json", "--seed", "1", "--name", "Ward 7")) == 0
    report = json.loads(capsys.readouterr().out)
    model = Model.from_state(saved.load(files / "model"))
    assert model.version == report["model_version"]
    assert score(model, of_patient(gold[0], "patient-0000")).cohort == "Ward 7"


def test_train_prints_a_table_for_people(files, capsys):
    assert main(arguments(files)) == 0
    printed = capsys.readouterr().out
    assert "Kaplan-Meier" in printed
    assert "shuffled labels" in printed


def test_a_missing_file_is_one_clear_line(files, capsys):
    (files / "cohort.parquet").unlink()
    assert main(arguments(files)) == 2
    assert capsys.readouterr().err.startswith("Not done: ")


def test_missing_figures_print_as_a_dash():
    assert as_text({"n": 1, "rows": [{"row": "a", "c": None}, {"row": "b", "c": 0.5}]}).splitlines() == [
        "n: 1",
        "",
        "rows",
        "  row  c",
        "  a    -",
        "  b    0.500",
    ]
