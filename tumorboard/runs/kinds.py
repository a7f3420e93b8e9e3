"""The kinds of background work, by the code the ledger keeps."""

from __future__ import annotations

from tumorboard.runs.scoring import score_patients
from tumorboard.runs.screening import screen_patients
from tumorboard.runs.working import Work

SCREEN, SCORE = "screen", "score"
KINDS: dict[str, Work] = {SCREEN: screen_patients, SCORE: score_patients}
LABELS = {SCREEN: "Trial screening", SCORE: "Risk scoring"}
