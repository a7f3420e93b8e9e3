"""The numbers written down before the runs are the numbers in the code."""

from __future__ import annotations

from tumorboard.fusion import attention, blocks, conformal, experts, joint, late, transfer
from tumorboard.fusion.benchmarks import hancock, measuring, missing, multisurv, porpoise
from tumorboard.fusion.benchmarks.registered import SETTINGS, VERSION


def test_late_and_transfer():
    wanted = SETTINGS["late"]
    assert wanted["components"] == blocks.WIDEST
    assert list(experts.PENALTIES) == wanted["penalties"]
    assert list(experts.CLINICAL_PENALTIES) == wanted["clinical_penalties"]
    assert wanted["stack_penalty"] == late.STACK_PENALTY
    assert wanted["slide_weight"] == porpoise.SLIDE_WEIGHT
    assert list(transfer.PENALTIES) == SETTINGS["transfer"]["penalties"]
    assert SETTINGS["transfer"]["narrow_penalty"] == transfer.NARROW_PENALTY
    assert SETTINGS["transfer"]["clip"] == blocks.OUTLIER_SD


def test_the_challengers():
    assert SETTINGS["early"]["components"] == joint.EARLY_COMPONENTS
    assert SETTINGS["intermediate"]["components"] == joint.INTERMEDIATE_COMPONENTS
    for name in ("early", "intermediate"):
        assert list(joint.PENALTIES) == SETTINGS[name]["penalties"]
        assert SETTINGS[name]["drop"] == joint.DROP
    wanted = SETTINGS["attention"]
    found = (
        attention.COMPONENTS,
        attention.WIDTH,
        attention.STEPS,
        attention.RATE,
        attention.DECAY,
        attention.DROP,
    )
    assert found == tuple(wanted[k] for k in ("components", "width", "steps", "rate", "decay", "drop"))


def test_the_protocols():
    assert measuring.RESAMPLES == 1000
    assert 1 - SETTINGS["conformal"]["alpha"] == conformal.LEVEL
    assert SETTINGS["conformal"]["fewest"] == conformal.FEWEST == missing.FEWEST
    assert SETTINGS["hancock"]["seed"] == hancock.SEED
    assert porpoise.CANCERS == "blca,brca,gbmlgg,luad"
    assert SETTINGS["multisurv"]["seed"] == multisurv.SEED
    assert VERSION >= 1
    assert {"prototype", "this_code"} <= set(SETTINGS["earlier_looks"])
