"""One question about a block of patients: a column, with the values `matching.match` gives one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from tumorboard.trials.columns import (
    biomarkers,
    comorbidity,
    disease,
    genomic,
    organs,
    person,
    treatment,
    values,
)
from tumorboard.trials.columns.cohort import Cohort
from tumorboard.trials.columns.values import UNKNOWN, Column
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
from tumorboard.trials.matching import match
from tumorboard.trials.rules import Rules

Evaluator = Callable[[Any, Cohort, Rules], Column]


def answer(asks: Question, cohort: Cohort, rules: Rules) -> Column:
    """The value of each patient; the very same as the row engine's. A kind that has no evaluator here is
    answered by that engine, patient by patient."""
    evaluator = EVALUATORS.get(type(asks))
    return one_by_one(asks, cohort, rules) if evaluator is None else evaluator(asks, cohort, rules)


def one_by_one(asks: Question, cohort: Cohort, rules: Rules) -> Column:
    return values.column(match(asks, cohort.evidence(number), rules).value for number in range(len(cohort)))


def without_column(questions: Iterable[Question]) -> Counter[str]:
    """The kinds that are answered patient by patient, with the number of questions."""
    return Counter(type(asks).__name__ for asks in questions if type(asks) not in EVALUATORS)


def _always_open(asks: Unsupported, cohort: Cohort, rules: Rules) -> Column:
    return values.constant(len(cohort), UNKNOWN)


EVALUATORS: dict[type, Evaluator] = {
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
    Unsupported: _always_open,
}
