"""One question about one patient: met, not met, or unknown with a reason and what would settle it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tumorboard.trials import biomarkers, comorbidity, disease, genomic, organs, person, treatment
from tumorboard.trials.criteria import (
    Age,
    Alive,
    Alteration,
    AnyGenomicResult,
    BiomarkerNumber,
    BiomarkerState,
    CnsMetastases,
    Comorbidity,
    Diagnosis,
    DiseaseStatus,
    KidneyFunction,
    Lab,
    OrganFunction,
    Performance,
    PriorDrug,
    PriorLines,
    PriorTherapy,
    Question,
    Sex,
    Stage,
    Unsupported,
    Washout,
)
from tumorboard.trials.logic import Outcome, Reason
from tumorboard.trials.patients import PatientEvidence
from tumorboard.trials.rules import Rules


def match(asks: Question, patient: PatientEvidence, rules: Rules) -> Outcome:
    """The answer to one question, with its evidence."""
    return KINDS[type(asks)](asks, patient, rules)


def _unsupported(asks: Unsupported, patient: PatientEvidence, rules: Rules) -> Outcome:
    return Outcome.unknown(Reason.UNSUPPORTED, _SETTLE.get(asks.topic, _SETTLE[""]), asks.why)


_SETTLE = {
    "": "Read this criterion in the protocol",
    "consent": "Ask the patient",
    "judgement": "Ask the treating physician",
    "pregnancy": "Ask the treating physician",
}


#: Kind of question -> how it is answered.
KINDS: dict[type, Callable[[Any, PatientEvidence, Rules], Outcome]] = {
    Alteration: genomic.alteration,
    AnyGenomicResult: genomic.any_result,
    BiomarkerState: biomarkers.state,
    BiomarkerNumber: biomarkers.number,
    Diagnosis: disease.diagnosis,
    DiseaseStatus: disease.disease_status,
    Stage: disease.stage,
    CnsMetastases: comorbidity.cns_metastases,
    Comorbidity: comorbidity.comorbidity,
    Age: person.age,
    Sex: person.sex,
    Alive: person.alive,
    Performance: person.performance,
    PriorDrug: treatment.prior_drug,
    PriorTherapy: treatment.prior_therapy,
    PriorLines: treatment.prior_lines,
    Washout: treatment.washout,
    Lab: organs.lab,
    KidneyFunction: organs.kidney,
    OrganFunction: organs.organ_function,
    Unsupported: _unsupported,
}
