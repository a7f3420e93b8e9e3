"""Alterations and genomic results, over a block of patients (row engine: `trials.genomic`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from tumorboard.trials.columns import values
from tumorboard.trials.columns.cohort import Cohort
from tumorboard.trials.columns.values import CODES, MET, NOT_MET, UNKNOWN, Column, Ints
from tumorboard.trials.criteria import Alteration, AnyGenomicResult
from tumorboard.trials.facts import Finding
from tumorboard.trials.genomic import covers, judge
from tumorboard.trials.rules import Rules


def any_result(asks: AnyGenomicResult, cohort: Cohort, rules: Rules) -> Column:
    found = values.flagged(len(cohort), cohort.tests.patient)
    found |= values.flagged(len(cohort), cohort.findings.patient)
    return np.where(found, MET, UNKNOWN)


def alteration(asks: Alteration, cohort: Cohort, rules: Rules) -> Column:
    """Found, perhaps found, or not found on covered ground; each different finding and report judged once."""
    answer = np.where(_covered(asks, cohort), NOT_MET, UNKNOWN)
    unclear, met = _judged(asks, cohort, rules)
    answer[unclear] = UNKNOWN
    answer[met] = MET
    return values.negated(answer) if asks.wildtype else answer


def _covered(asks: Alteration, cohort: Cohort) -> values.Flags:
    rows = cohort.tests.having(lambda test: covers(asks, test, ()))
    return cohort.with_any(cohort.tests, rows)


def _judged(asks: Alteration, cohort: Cohort, rules: Rules) -> tuple[Ints, Ints]:
    """Patients with a finding that may be it, and with one that is."""
    shapes, rows_of = cohort.findings.shapes, cohort.once("rows by finding", lambda: _by_shape(cohort))
    found: dict[np.int8, list[Ints]] = {UNKNOWN: [], MET: []}
    for number in _candidates(asks, cohort):
        value = CODES[judge(asks, shapes[number], rules)]
        if value != NOT_MET:
            found[value].append(rows_of[number])
    return _patients(cohort, found[UNKNOWN]), _patients(cohort, found[MET])


def _patients(cohort: Cohort, rows: list[Ints]) -> Ints:
    return cohort.findings.patient[np.concatenate(rows)] if rows else np.empty(0, dtype=np.int64)


def _by_shape(cohort: Cohort) -> list[Ints]:
    """The rows of each different finding."""
    facts = cohort.findings
    order = np.argsort(facts.shape, kind="stable")
    ends = np.cumsum(np.bincount(facts.shape, minlength=len(facts.shapes)))
    return np.split(order, ends[:-1]) if len(facts.shapes) else []


def _candidates(asks: Alteration, cohort: Cohort) -> Iterable[int]:
    """The different findings that can be of the gene asked for: others are another gene's, so not met."""
    if asks.gene is None:
        return range(len(cohort.findings.shapes))
    by_gene = cohort.once("findings by gene", lambda: _by_gene(cohort.findings.shapes))
    return by_gene.get(asks.gene, by_gene[""])


def _by_gene(shapes: Iterable[Finding]) -> dict[str, list[int]]:
    """Findings by gene, on either side of a rearrangement; those without one belong to every gene."""
    named: dict[str, list[int]] = defaultdict(list)
    for number, shape in enumerate(shapes):
        for gene in {shape.gene, shape.partner if shape.kind == "sv" else shape.gene}:
            named[gene].append(number)
    of_none = named.pop("", [])
    return {"": of_none} | {gene: sorted({*numbers, *of_none}) for gene, numbers in named.items()}
