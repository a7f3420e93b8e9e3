"""Fusion scores. Rows are written by the scoring job, not by a build."""

from __future__ import annotations

from datetime import date

from tumorboard.lake.columns import PHI, PUBLIC, Between, Column, NotNull, Strings
from tumorboard.lake.tables import table
from tumorboard.pipeline.gold.cohort import Cohort
from tumorboard.pipeline.gold.features import Features
from tumorboard.pipeline.gold.modalities import Modalities


@table(
    "gold.risk_scores",
    key=("patient_key", "model", "model_version"),
    reads=(Features, Cohort, Modalities),
)
class RiskScores:
    """A model's estimate for a patient, with the modalities it used and lacked. A model that abstains gives
    no number, and the reason. Silent models score beside the approved one: who may see which, the gate says."""

    model = Column(str, "Name of the model", NotNull(), tags=PUBLIC)
    model_version = Column(str, "Its version", NotNull(), tags=PUBLIC)
    as_of = Column(date, "The model saw nothing later than this day", tags=PHI)
    abstained = Column(bool, "The model gives no score", NotNull(), tags=PHI)
    reason = Column(str, "Why it abstains", tags=PHI)
    risk = Column(float, "Log hazard relative to the cohort's mean", tags=PHI)
    percentile = Column(float, "Share of the cohort at lower risk, 0 to 100", Between(0, 100), tags=PHI)
    used = Column(Strings, "Modalities used", NotNull(), tags=PHI)
    absent = Column(Strings, "Modalities the patient lacks", NotNull(), tags=PHI)
    contributions = Column(str, "JSON: modality to its share of the log hazard and main features", tags=PHI)
    curve = Column(str, "JSON: months, survival, low, high", tags=PHI)
    validation = Column(str, "JSON: how the model was validated", tags=PUBLIC)
