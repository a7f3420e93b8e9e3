"""One question about one patient: met, not met, or unknown with a reason and what would settle it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tumorboard.trials import biomarkers, clinical, genomic
from tumorboard.trials.criteria import (
    Age,
    Alive,
    Alteration,
    AnyGenomicResult,
    BiomarkerNumber,
    BiomarkerState,
    Diagnosis,
    DiseaseStatus,
    Performance,
    PriorDrug,
    PriorLines,
    Question,
    Sex,
    Unsupported,
)
from tumorboard.trials.logic import Outcome, Reason
from tumorboard.trials.patients import PatientEvidence
from tumorboard.trials.rules import Rules


def match(asks: Question, patient: PatientEvidence, rules: Rules) -> Outcome:
    """The answer to one question, with its evidence."""
    return _ANSWERS.get(type(asks), _not_yet)(asks, patient, rules)


def _not_yet(asks: object, patient: PatientEvidence, rules: Rules) -> Outcome:
    return Outcome.unknown(Reason.UNSUPPORTED, "Read this criterion in the protocol")


def _unsupported(asks: Unsupported, patient: PatientEvidence, rules: Rules) -> Outcome:
    return Outcome.unknown(Reason.UNSUPPORTED, "Read this criterion in the protocol", asks.why)


_ANSWERS: dict[type, Callable[[Any, PatientEvidence, Rules], Outcome]] = {
    Alteration: genomic.alteration,
    AnyGenomicResult: genomic.any_result,
    BiomarkerState: biomarkers.state,
    BiomarkerNumber: biomarkers.number,
    Diagnosis: clinical.diagnosis,
    Age: clinical.age,
    Sex: clinical.sex,
    Alive: clinical.alive,
    DiseaseStatus: clinical.disease_status,
    Performance: clinical.performance,
    PriorDrug: clinical.prior_drug,
    PriorLines: clinical.prior_lines,
    Unsupported: _unsupported,
}
