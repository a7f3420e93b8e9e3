from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumorboard.fusion import validation
from tumorboard.fusion.cohort import MODALITIES, BadFeatures, from_long
from tumorboard.fusion.late import fit_late
from tumorboard.fusion.scoring import COLUMNS, rows, score, score_all
from tumorboard.fusion.train import train

from .simulated import gold as simulated_gold
from .simulated import of_patient

FULL = {name: {f"{name}_{number}": 0.3 for number in range(3)} for name in MODALITIES}


def long(values: dict[str, dict[str, float]]) -> pd.DataFrame:
    found = [(modality, name, value) for modality, some in values.items() for name, value in some.items()]
    return pd.DataFrame(found, columns=["modality", "feature", "value"])


def reference(model, gold, patient="patient-0000"):
    return score(model, of_patient(gold[0], patient))


def test_a_score_says_what_it_used_and_lacked(model):
    result = score(model, long({name: FULL[name] for name in ("clinical", "labs")}))
    assert not result.abstained
    assert result.used == ["clinical", "labs"]
    assert result.absent == ["genomic", "imaging", "wearables"]
    assert set(result.contributions) == {"clinical", "labs"}
    assert 0 <= result.percentile <= 100
    assert result.cohort == "simulated"
    assert result.model_version == model.version


def test_contributions_sum_to_the_risk_and_features_to_their_modality(model):
    result = score(model, long(FULL))
    assert sum(part.share for part in result.contributions.values()) == pytest.approx(result.risk, abs=1e-12)
    few = result.contributions["wearables"]
    assert sum(feature.share for feature in few.features) == pytest.approx(few.share, abs=1e-12)


def test_an_imputed_feature_is_not_called_measured(model):
    result = score(model, long({"wearables": {"wearables_0": 0.3}}))
    values = {f.feature: f.value for f in result.contributions["wearables"].features}
    assert values.pop("wearables_0") == 0.3
    assert set(values.values()) == {None}


def test_the_widest_absent_modality_would_narrow_most(model):
    spread = dict(zip(model.fusion.experts, model.fusion.spread, strict=True))
    result = score(model, long({"clinical": FULL["clinical"]}))
    absent = {name: value for name, value in spread.items() if name != "clinical"}
    assert result.narrows_most == max(absent, key=absent.get)
    assert score(model, long(FULL)).narrows_most == ""


def test_the_interval_is_wider_with_less(model):
    less, more = score(model, long({"clinical": FULL["clinical"]})), score(model, long(FULL))
    month = 12
    widths = [np.log(np.log(s.curve.low[month]) / np.log(s.curve.high[month])) for s in (less, more)]
    assert widths[0] > widths[1]


def test_curves_start_at_one_and_fall(model):
    curve = score(model, long(FULL)).curve
    assert curve.months == list(range(len(curve.months)))
    assert curve.survival[0] == curve.low[0] == curve.high[0] == 1
    for values in (curve.survival, curve.low, curve.high):
        assert all(0 <= value <= 1 for value in values)
        assert (np.diff(values) <= 1e-12).all()


noise = st.floats(allow_nan=True, allow_infinity=False, width=64) | st.sampled_from(
    [1e9, -1e9, np.nan, np.inf]
)


@settings(max_examples=60, deadline=None)
@given(masked=st.sets(st.sampled_from(MODALITIES)), values=st.lists(noise, min_size=3, max_size=3))
def test_what_stands_behind_a_mask_changes_no_bit(model, masked, values):
    spoilt = {
        name: dict(zip(FULL[name], values, strict=True)) if name in masked else FULL[name] for name in FULL
    }
    visible = {name: FULL[name] for name in FULL if name not in masked}
    same = score(model, long(spoilt), masked=masked) == score(model, long(visible), masked=masked)
    assert same


@settings(max_examples=30, deadline=None)
@given(order=st.permutations(MODALITIES))
def test_the_order_of_modalities_is_irrelevant(model, order):
    assert score(model, long({name: FULL[name] for name in order})) == score(model, long(FULL))


def test_all_missing_abstains_with_the_cohort_curve(model):
    for result in (score(model, long({})), score(model, long(FULL), masked=MODALITIES)):
        hidden = result.not_permitted
        assert result.abstained
        assert result.reason.startswith("no usable modality")
        assert result.risk is result.percentile is None
        assert result.contributions == {}
        assert [*result.absent, *hidden] == list(MODALITIES)
        expected = model.cohort.curve.at(np.array(result.curve.months) * 30.4375)
        np.testing.assert_array_equal(result.curve.survival, expected)


def test_rows_without_a_value_are_not_a_modality(model):
    assert score(model, long({"labs": {"labs_0": np.nan}})).absent == list(MODALITIES)


def test_outside_the_training_range_abstains_and_names_the_feature_not_the_value(model):
    result = score(model, long({**FULL, "labs": {"labs_2": 4711.0}}))
    assert result.abstained
    assert result.reason == "outside training range: labs/labs_2; check value and unit at the source"
    assert result.used == []


def test_an_unknown_tumour_type_abstains(model):
    assert "tumour type PRAD" in score(model, long(FULL), tumor_type="PRAD").reason
    assert not score(model, long(FULL), tumor_type="LUAD").abstained


def test_a_modality_that_adds_nothing_is_set_aside_with_the_reason(model):
    spread = np.where(np.array(list(model.fusion.experts)) == "labs", 0.0, model.fusion.spread)
    without = replace(model, fusion=replace(model.fusion, spread=spread))
    result = score(without, long(FULL))
    assert result.set_aside == {"labs": "added nothing in the training cohort"}
    assert "labs" not in result.used
    only = score(without, long({"labs": FULL["labs"]}))
    assert only.abstained
    assert "added nothing" in only.reason


@pytest.mark.parametrize("deaths", [0, 1])
def test_too_few_events_always_abstain(deaths):
    features, cohort = simulated_gold(40)
    cohort["died"] = np.arange(40) < deaths
    model, report = train(features, cohort, seed=0)
    result = score(model, of_patient(features, "patient-0001"))
    assert result.abstained
    assert result.reason == f"too few events: {deaths} deaths in the training cohort, 20 are needed"
    assert report["rows"] == []
    assert rows({"p": result}, as_of=date(2025, 1, 1)).shape == (1, len(COLUMNS))


def test_unknown_features_are_ignored_and_unknown_modalities_refused(model):
    more = {**FULL, "labs": {**FULL["labs"], "new test": 5.0}}
    assert score(model, long(more)) == score(model, long(FULL))
    with pytest.raises(BadFeatures, match="unknown modality"):
        score(model, long({"astrology": {"sign": 1.0}}))


def test_two_patients_are_not_one(model, gold):
    with pytest.raises(ValueError, match="more than one patient"):
        score(model, gold[0])


def test_a_batch_scores_as_each_alone(model, gold):
    features, cohort = gold
    patients = list(cohort["patient_key"][:25])
    batch = score_all(model, features, patients)
    assert list(batch) == patients
    for patient in patients:
        assert batch[patient] == score(model, of_patient(features, patient))


def test_percentile_rises_with_risk(model, gold):
    features, cohort = gold
    found = [s for s in score_all(model, features, list(cohort["patient_key"])).values() if not s.abstained]
    ordered = sorted(found, key=lambda s: s.risk)
    assert (np.diff([s.percentile for s in ordered]) >= 0).all()
    assert ordered[0].percentile < 15 < 85 < ordered[-1].percentile


def test_rows_have_the_shape_of_gold_risk_scores(model, gold):
    scores = score_all(model, gold[0], ["patient-0000", "stranger"])
    table = rows(scores, as_of=date(2025, 5, 1))
    assert list(table.columns) == list(COLUMNS)
    first, second = table.iloc[0], table.iloc[1]
    assert not first["abstained"]
    assert second["abstained"]
    assert np.isnan(second["risk"])
    assert set(json.loads(first["curve"])) == {"months", "survival", "low", "high", "bound"}
    assert set(json.loads(first["contributions"])) == set(first["used"])
    assert json.loads(second["contributions"]) == {}
    validation = json.loads(first["validation"])
    assert validation["fusion"]["n"] == 160
    assert validation["fusion"]["events"] > 0
    assert {"same_modalities", "cohort", "set_aside", "narrows_most"} <= set(validation)


def test_no_scores_give_an_empty_table(model, gold):
    assert rows(score_all(model, gold[0], []), as_of=date(2025, 5, 1)).shape == (0, len(COLUMNS))


def test_a_training_patient_is_scored_by_a_fusion_that_never_saw_them(model, gold):
    patients = list(gold[1]["patient_key"][:20])
    scores = score_all(model, gold[0], patients)
    assert all(one.out_of_fold for one in scores.values())
    renamed = gold[0].assign(patient_key="new-" + gold[0]["patient_key"])
    fresh = score_all(model, renamed, [f"new-{patient}" for patient in patients])
    assert not any(one.out_of_fold for one in fresh.values())
    changed = [scores[p].risk != fresh[f"new-{p}"].risk for p in patients if not scores[p].abstained]
    assert all(changed)


def test_out_of_fold_scores_are_the_validated_predictions(model, gold):
    """What the page shows a training patient is what the report measured."""
    cohort = from_long(*gold, seed=1)
    fits = validation.fit_folds(cohort, lambda part: fit_late(part, seed=1))
    expected = validation.predict(cohort, fits, np.array([365.0])).risk
    scores = score_all(model, gold[0], list(cohort.patients))
    for patient, risk in zip(cohort.patients, expected, strict=True):
        if not scores[patient].abstained:
            assert scores[patient].risk == pytest.approx(risk, abs=1e-12)


def test_a_patients_own_permissions_hide_a_modality_for_them_alone(model, gold):
    scores = score_all(
        model, gold[0], ["patient-0000", "patient-0001"], not_permitted={"patient-0000": ["clinical"]}
    )
    assert scores["patient-0000"].not_permitted == ["clinical"]
    assert "clinical" not in scores["patient-0000"].used + scores["patient-0000"].absent
    assert scores["patient-0001"] == score(model, of_patient(gold[0], "patient-0001"))
    assert scores["patient-0000"] == score(model, of_patient(gold[0], "patient-0000"), masked=["clinical"])


def test_old_values_are_called_stale_and_used_all_the_same(model):
    frame = long(FULL).assign(as_of=date(2025, 1, 1))
    fresh = score(model, frame, landmark=date(2025, 1, 20))
    old = score(model, frame, landmark=date(2025, 5, 1))
    assert fresh.stale == {}
    assert old.stale == {"labs": 120, "wearables": 120}
    assert old.risk == fresh.risk
    assert score(model, frame).stale == {}


def test_the_bound_says_what_it_rests_on(model):
    bound = score(model, long({"clinical": FULL["clinical"]})).bound
    assert bound.level == 0.9
    assert bound.months > 0
    assert bound.masked
    assert bound.patients >= 100


def test_validation_names_patients_like_this(model):
    likeness = score(model, long({"clinical": FULL["clinical"]}), tumor_type="LUAD").validation
    assert {"same_modalities", "same_tumor", "alike"} <= set(likeness)
    assert likeness["same_tumor"]["events"] >= 10
    assert {"patterns", "tumors"} & set(likeness) == set()


@pytest.mark.parametrize("strategy", ["late", "early", "intermediate", "attention"])
def test_contributions_sum_to_the_risk_with_modalities_absent(gold, strategy):
    """Early and intermediate fusion go by what is absent, too: then it is among the contributions."""
    found, _ = train(*gold, seed=1, resamples=2, strategy=strategy)
    result = score(found, long({"clinical": FULL["clinical"]}))
    assert result.used == ["clinical"]
    assert sum(part.share for part in result.contributions.values()) == pytest.approx(result.risk, abs=1e-12)
    goes_by_absence = strategy in ("early", "intermediate")
    assert bool(set(result.contributions) & set(result.absent)) is goes_by_absence


def test_no_recorded_tumour_type_abstains_where_it_is_asked_for(model):
    assert "no tumour type is recorded" in score(model, long(FULL), tumor_type="").reason
    assert not score(model, long(FULL), tumor_type=None).abstained


def test_a_feature_that_gives_the_outcome_away_gives_no_curve(gold):
    """Every death in order has no finite slope; a curve from it would be of NaN."""
    features, cohort = gold
    leaked = cohort[["patient_key"]].assign(
        modality="clinical", feature="leak", value=-cohort["os_days"], as_of=cohort["landmark_on"]
    )
    found, report = train(pd.concat([features, leaked]), cohort, seed=1, resamples=2)
    result = score_all(found, pd.concat([features, leaked]), [cohort["patient_key"][0]])
    (row,) = rows(result, as_of=date(2025, 5, 1)).to_dict("records")
    assert "NaN" not in row["curve"]
    assert report["rows"]


def test_a_cohort_followed_for_no_time_has_no_brier_score(gold):
    features, cohort = gold
    _, report = train(features, cohort.assign(os_days=0.0), seed=1, resamples=2)
    assert {row["ibs"] for row in report["rows"]} <= {None}


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_an_infinite_value_costs_its_patient_the_score_and_nobody_else(model, value):
    frame = pd.concat([long(FULL).assign(patient_key=key) for key in ("strange", "fine")], ignore_index=True)
    frame.loc[(frame["patient_key"] == "strange") & (frame["feature"] == "labs_0"), "value"] = value
    scores = score_all(model, frame, ["strange", "fine", "fine"])
    assert "outside training range: labs/labs_0" in scores["strange"].reason
    assert scores["fine"] == score(model, long(FULL))
    assert json.loads(rows(scores, as_of=date(2025, 5, 1))["contributions"][1])
