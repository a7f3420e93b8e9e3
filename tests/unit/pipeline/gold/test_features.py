"""Features: only what was known on the landmark, and nothing that was not measured."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.unit.pipeline.frames import built, rows_of
from tests.unit.pipeline.gold.records import _row
from tumorboard.pipeline.gold.features import READS, Features, features_of
from tumorboard.pipeline.gold.records import Record

ON = date(2024, 2, 1)
BEFORE, AFTER = "2024-01-20", "2024-02-02"


def features(cohort=None, **tables):
    """feature name -> value of one patient with the landmark 2024-02-01."""
    whole = {"landmark_on": ON, "tumor_type": "LUAD", "age": 64.1, "sex": "male", "stage_group": "IVA"}
    rows = {
        f"silver.{name}": [_row(name, n, row) for n, row in enumerate(found)]
        for name, found in tables.items()
    }
    rows["gold.cohort"] = [_row("cohort", 0, whole | (cohort or {}))]
    found = list(features_of(Record("p1", rows)))
    assert all(row["as_of"] <= ON for row in found)
    assert all(row["derived_from"] for row in found)
    return {row["feature"]: row["value"] for row in found}


def test_clinical():
    found = features(
        performance=[
            {"scale": "ECOG", "value": 1, "assessed_on": BEFORE},
            {"scale": "ECOG", "value": 3, "assessed_on": AFTER},
            {"scale": "KPS", "value": 80, "assessed_on": BEFORE},
        ],
        diagnoses=[
            {"primary": True, "text": "Lung cancer", "diagnosed_on": "2024-01-02"},
            {"primary": False, "text": "Metastasis of liver", "diagnosed_on": BEFORE},
            {"primary": False, "text": "Metastasis of brain", "diagnosed_on": AFTER},
        ],
        comorbidities=[{"text": "COPD", "onset_on": "2019-01-01"}, {"text": "Stroke", "onset_on": AFTER}],
        therapies=[{"kind": "surgery", "name": "x", "started_on": "2023-01-01"}],
    )
    assert found["ecog"] == 1
    assert (found["age"], found["male"], found["organ_lung"], found["organ_skin"]) == (64.1, 1.0, 1.0, 0.0)
    assert (found["metastatic_sites"], found["comorbidities"], found["earlier_therapies"]) == (1.0, 1.0, 1.0)
    assert found["stage"] == 4.0


@pytest.mark.parametrize(
    ("group", "value"), [("IIIA", 3.0), ("IIIC", pytest.approx(3.667, abs=1e-3)), ("I", 1.0), ("0", 0.0)]
)
def test_stage_is_ordered(group, value):
    assert features({"stage_group": group})["stage"] == value


def test_a_stage_nobody_stated_is_absent():
    assert "stage" not in features({"stage_group": None})
    assert "stage" not in features({"stage_group": "limited disease"})


def test_a_gene_is_altered_intact_or_untested():
    found = features(
        variants=[
            {
                "kind": "snv",
                "gene": "KRAS",
                "hgvs_p": "p.G12C",
                "consequence": "missense_variant",
                "recorded_on": BEFORE,
            },
            {
                "kind": "snv",
                "gene": "BRAF",
                "hgvs_p": "p.V600E",
                "consequence": "missense_variant",
                "recorded_on": AFTER,
            },
        ],
        genomic_tests=[{"genes": ["KRAS", "EGFR"], "reported_on": BEFORE}],
    )
    assert (found["kras_altered"], found["egfr_altered"]) == (1.0, 0.0)
    assert "braf_altered" not in found
    assert "tp53_altered" not in found
    assert found["variants"] == 1.0


def test_a_variant_without_a_date_takes_that_of_the_report_on_its_specimen():
    variant = {"kind": "snv", "gene": "KRAS", "hgvs_p": "p.G12C", "specimen_id": "SP"}
    late = [{"specimen_id": "SP", "reported_on": AFTER, "genes": []}]
    early = [{"specimen_id": "SP", "reported_on": BEFORE, "genes": []}]
    taken = [{"specimen_id": "SP", "collected_on": BEFORE}]
    assert "kras_altered" not in features(variants=[variant])
    assert "kras_altered" not in features(variants=[variant], genomic_tests=late, specimens=taken)
    assert features(variants=[variant], genomic_tests=early)["kras_altered"] == 1.0
    assert features(variants=[variant], specimens=taken)["kras_altered"] == 1.0


def test_laboratory_values_and_their_slope():
    found = features(
        labs=[
            {"name": "Albumin", "value": 4.0, "taken_on": "2024-01-30", "reported_on": "2024-01-30"},
            {"name": "Albumin", "value": 2.0, "taken_on": "2024-01-31", "reported_on": AFTER},
            {"name": "LDH", "value": 400.0, "taken_on": "2024-01-31", "reported_on": "2024-01-31"},
            {"name": "LDH", "value": 200.0, "taken_on": "2024-01-01", "reported_on": "2024-01-01"},
            {"name": "CEA", "value": 9.0, "taken_on": "2023-06-01", "reported_on": "2023-06-01"},
        ]
    )
    assert found["albumin"] == 4.0  # the later sample was reported after the decision
    assert found["ldh_slope"] == pytest.approx(0.6907, abs=1e-4)  # log(401 / 201) in 30 days
    assert "log_cea" not in found  # too old
    assert "albumin_slope" not in found


def test_imaging_before_the_landmark_only():
    sizes = [
        {"feature": "tumor_size_mm", "value": 40.0, "measured_on": BEFORE},
        {"feature": "tumor_size_mm", "value": 20.0, "measured_on": AFTER},
        {"feature": "slices", "value": 30.0, "measured_on": BEFORE},
    ]
    found = features(imaging_features=sizes)
    assert found["tumor_size_mm"] == 40.0
    assert "slices" not in found


def test_wearables_need_five_days():
    days = [
        {"measure": "steps", "value": 1000.0 * n, "day_on": str(ON - timedelta(days=n))} for n in range(1, 6)
    ]
    assert features(wearables=days)["steps_mean"] == 3000.0
    assert "steps_mean" not in features(wearables=days[:4])


def test_without_a_landmark_there_is_nothing():
    assert features({"landmark_on": None}) == {}


def test_the_build_runs_on_the_engine(spark):
    given = {
        "Cohort": [{"died": False, "synthetic": True, "age": 64.1, "landmark_on": ON}],
        "Wearables": [
            {
                "sample_id": f"{n}",
                "measure": "steps",
                "value": 500.0,
                "started_at": datetime(2024, 1, 20 + n // 2, 9, n, tzinfo=UTC),
            }
            for n in range(10)
        ],
    }
    frames = [rows_of(spark, source, given.get(source.__name__, [])) for source in READS]
    found = {row["feature"]: row["value"] for row in built(Features, *frames)}
    assert found == {"age": 64.1, "steps_mean": 1000.0}
