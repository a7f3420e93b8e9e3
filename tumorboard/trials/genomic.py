"""Does a report show the alteration a criterion asks for?

Per report: met if one finding satisfies every key; unknown if a finding satisfies every key that is
reported and another key is missing on it; not met if there is none and the report covers what is asked;
unknown otherwise. "No variant reported" is never read as "not mutated".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tumorboard.codes.consequences import OUTSIDE_EXONS, SILENT, terms
from tumorboard.trials.criteria import Alteration, AnyGenomicResult
from tumorboard.trials.logic import Outcome, Reason, Value, both, negate
from tumorboard.trials.patients import Finding, GenomicTest, PatientEvidence
from tumorboard.trials.rules import Rules

ANY_GENE = "any_gene"
INTERGENIC = "intergenic"
_KIND_WORDS = {"mutation": "mutations", "cnv": "copy number", "sv": "fusions and rearrangements"}
_CNV_CALLS = {
    "high amplification": "high", "high level amplification": "high", "amplification": "high",
    "low amplification": "gain", "gain": "gain", "copy_number_gain": "gain",
    "homozygous deletion": "homozygous", "deep deletion": "homozygous",
    "heterozygous deletion": "heterozygous", "copy_number_loss": "heterozygous",
}  # fmt: skip
CNV_CALLS = frozenset({
    "high amplification", "low amplification", "homozygous deletion", "heterozygous deletion",
})  # fmt: skip


def alteration(asks: Alteration, patient: PatientEvidence, rules: Rules) -> Outcome:
    """The answer over all reports of the patient."""
    outcome = _found(asks, patient, rules)
    if not asks.wildtype:
        return outcome
    # the sentence must not read as if no test had been done (wild type is a finding of a test)
    return outcome.negated() if outcome.value is not Value.NOT_MET else Outcome.known(
        True, outcome.evidence, f"Matched by wild type. {outcome.note}"
    )  # fmt: skip


def any_result(asks: AnyGenomicResult, patient: PatientEvidence, rules: Rules) -> Outcome:
    evidence = [*_sources(patient.tests), *_sources(patient.findings)]
    if evidence:
        return Outcome.known(True, evidence, "A genomic result is on record.")
    return Outcome.unknown(Reason.NOT_TESTED, "Any genomic test")


def _found(asks: Alteration, patient: PatientEvidence, rules: Rules) -> Outcome:
    judged = [(finding, judge(asks, finding, rules)) for finding in patient.findings]
    met = [finding for finding, value in judged if value is Value.MET]
    covering = [test for test in patient.tests if covers(asks, test, patient.findings)]
    if met:
        note = f"Found: {'; '.join(finding.label for finding in met)}.{_disagreeing(met, covering)}"
        return Outcome.known(True, _sources(met), note)
    unclear = [finding for finding, value in judged if value is Value.UNKNOWN]
    if unclear:
        return _unclear(asks, unclear)
    if covering:
        labels = "; ".join(test.label for test in covering)
        note = f"Negative for {_words(asks)} (tested: {labels}; {_level(asks, covering)})."
        return Outcome.known(False, _sources(covering), note)
    return _not_tested(asks, patient)


def _disagreeing(met: list[Finding], covering: list[GenomicTest]) -> str:
    """Reports that cover the same ground and do not show it: one specimen has it, another has not."""
    showing = {finding.test_id for finding in met}
    others = [test for test in covering if test.test_id not in showing]
    return f" Not found in: {'; '.join(test.label for test in others)}." if others and showing - {""} else ""


def _level(asks: Alteration, covering: list[GenomicTest]) -> str:
    exons = any((asks.gene, asks.exon) in test.exons for test in covering)
    return f"exon {asks.exon} read" if exons else "coverage stated by gene"


def _unclear(asks: Alteration, findings: list[Finding]) -> Outcome:
    labels = "; ".join(finding.label for finding in findings)
    if not any(finding.passed for finding in findings):
        return Outcome.unknown(
            Reason.NOT_ASSESSABLE, f"Repeat test for {_words(asks)} on new material",
            f"Reported but did not pass the quality filter: {labels}.", _sources(findings),
        )  # fmt: skip
    if asks.position and any(finding.change for finding in findings):
        return Outcome.unknown(
            Reason.INDETERMINATE, f"Expert review: does it count as {asks.position.text}?",
            f"Same position, other class of change: {labels}.", _sources(findings),
        )  # fmt: skip
    return Outcome.unknown(
        Reason.PARTIAL_MATCH, f"Original report: {_words(asks)} in full",
        f"Fits as far as it is reported: {labels}.", _sources(findings),
    )  # fmt: skip


def _not_tested(asks: Alteration, patient: PatientEvidence) -> Outcome:
    kinds = " and ".join(_KIND_WORDS[kind] for kind in sorted(asks.kinds))
    settle = f"Test that covers {asks.gene or asks.partner or 'the genome'} for {kinds}"
    if asks.germline:
        settle = f"Germline test of {asks.gene}"
    if not patient.tests:
        return Outcome.unknown(Reason.NOT_TESTED, settle, "No genomic test is on record.")
    labels = "; ".join(test.label for test in patient.tests)
    return Outcome.unknown(
        Reason.NOT_TESTED, settle, f"No report is known to cover it ({labels}).", _sources(patient.tests)
    )


# ---- one finding against the keys of one criterion


def judge(asks: Alteration, finding: Finding, rules: Rules) -> Value:
    """Whether one finding satisfies every key; one that did not pass the quality filter leaves it open."""
    value = both(_keys(asks, finding, rules))
    return Value.UNKNOWN if value is Value.MET and not finding.passed else value


def _keys(asks: Alteration, finding: Finding, rules: Rules) -> Iterator[Value]:
    yield Value.of(finding.kind in asks.kinds) if finding.kind else Value.UNKNOWN
    yield _gene(asks, finding)
    yield _amounts_to_a_change(asks, finding, rules)
    if asks.classes:
        yield _class(asks.classes, finding)
    if asks.change:
        yield _change(asks, finding)
    if asks.position:
        yield _position(asks, finding)
    if asks.exon is not None:
        yield Value.UNKNOWN if finding.exon is None else Value.of(finding.exon == asks.exon)
    if asks.cnv_call:
        yield _cnv_call(asks.cnv_call, finding, rules)
    if asks.germline:
        yield Value.UNKNOWN if finding.origin in ("", "unknown") else Value.of(finding.origin == "germline")
    if asks.tiers:
        yield Value.of(finding.tier in asks.tiers) if finding.tier else Value.UNKNOWN
    if asks.effects:
        yield _effect(asks.effects, finding)


def _gene(asks: Alteration, finding: Finding) -> Value:
    """Either side of a rearrangement may carry the gene asked for, the other one its partner."""
    wanted = (asks.gene or ANY_GENE, asks.partner or ANY_GENE)
    if finding.kind != "sv":
        return _side(wanted[0], finding.gene)
    sides = (finding.gene, finding.partner)
    straight = both(_side(*pair) for pair in zip(wanted, sides, strict=True))
    crossed = both(_side(*pair) for pair in zip(wanted, reversed(sides), strict=True))
    return negate(both([negate(straight), negate(crossed)]))


def _side(wanted: str, reported: str) -> Value:
    if wanted == ANY_GENE:
        return Value.MET
    return Value.of(wanted == reported) if reported else Value.UNKNOWN


def _amounts_to_a_change(asks: Alteration, finding: Finding, rules: Rules) -> Value:
    """A silent variant or two copies is a row in a report, not an alteration, unless asked for by name."""
    if finding.kind == "cnv" and finding.copy_number is not None and not asks.cnv_call:
        return Value.of(not rules.lost_copies <= finding.copy_number < rules.gained_copies)
    if asks.classes or not finding.terms:
        return Value.MET
    return Value.of(not finding.terms <= SILENT)


def _class(classes: tuple[str, ...], finding: Finding) -> Value:
    """The class by its terms; whether a frameshift inserts or deletes is read from the alleles."""
    if not finding.terms:
        return Value.UNKNOWN
    wanted = frozenset().union(*(terms(word) for word in classes))
    if "missense_and_splice_region" in {word.lower().replace(" ", "_") for word in classes}:
        return Value.of(wanted <= finding.terms)
    if wanted & finding.terms or ("frameshift_variant" in wanted and _frameshift(finding)):
        return Value.MET
    if wanted & {"frameshift_deletion", "frameshift_insertion"} and "frameshift_variant" in finding.terms:
        if not finding.length_change:
            return Value.UNKNOWN
        shift = "frameshift_deletion" if finding.length_change < 0 else "frameshift_insertion"
        return Value.of(shift in wanted)
    return Value.NOT_MET


def _frameshift(finding: Finding) -> bool:
    return bool(finding.terms & {"frameshift_deletion", "frameshift_insertion"})


def _change(asks: Alteration, finding: Finding) -> Value:
    if finding.change and asks.change:
        return Value.of(finding.change.same_as(asks.change))
    return _without_protein_change(finding)


def _position(asks: Alteration, finding: Finding) -> Value:
    """Missense at the position counts; another class of change there is for an expert, unless the
    curator named the classes that count."""
    place = asks.position
    if place is None or finding.change is None:
        return _without_protein_change(finding)
    if not finding.change.touches(place.position) or finding.change.kind == "synonymous":
        return Value.NOT_MET
    if asks.classes:
        return Value.MET
    if finding.change.kind == "missense":
        return Value.of(finding.change.reference == place.reference)
    return Value.UNKNOWN


_NO_EFFECT_STATED = frozenset({"", "unknown", "inconclusive"})


def _effect(effects: tuple[str, ...], finding: Finding) -> Value:
    if finding.effect in _NO_EFFECT_STATED:
        return Value.UNKNOWN
    return Value.of(finding.effect in effects)


def _without_protein_change(finding: Finding) -> Value:
    if finding.kind != "mutation" or (finding.terms and finding.terms <= SILENT):
        return Value.NOT_MET
    return Value.UNKNOWN


def _cnv_call(call: str, finding: Finding, rules: Rules) -> Value:
    possible = _possible_calls(finding, rules)
    wanted = _CNV_CALLS[call]
    if wanted not in possible:
        return Value.NOT_MET
    return Value.MET if len(possible) == 1 else Value.UNKNOWN


def _possible_calls(finding: Finding, rules: Rules) -> frozenset[str]:
    """The calls a reported copy number, or the words of the report, leave open."""
    copies = finding.copy_number
    if copies is not None:
        if copies < rules.lost_copies:
            return frozenset({"homozygous" if copies < rules.absent_copies else "heterozygous"})
        if copies < rules.gained_copies:
            return frozenset()
        return frozenset({"high" if copies >= rules.amplified_copies else "gain"})
    words = {word.replace("_", " ") for word in finding.terms}
    if {"copy number gain", "duplication"} & words:
        return frozenset({"high", "gain"})
    if {"copy number loss", "deletion"} & words:
        return frozenset({"homozygous", "heterozygous"})
    stated = frozenset(_CNV_CALLS[word] for word in words if word in _CNV_CALLS)
    return stated or frozenset(_CNV_CALLS.values())


# ---- what a report covers


def covers(asks: Alteration, test: GenomicTest, findings: tuple[Finding, ...]) -> bool:
    """Whether the report would have shown the alteration: by exon where the report names those it read,
    else by gene.

    A gene list says nothing about regions outside the exons, about germline variants unless the report
    says that it looked for them, or about kinds of change the assay did not look for.
    """
    if test.assay == "ihc" or _outside_exons(asks) or not _covers_region(asks, test):
        return False
    kinds = looked_for(test, findings)
    return asks.kinds <= kinds and (not asks.germline or "germline" in kinds)


def _covers_region(asks: Alteration, test: GenomicTest) -> bool:
    """One of the genes named. Of a gene read in part only an exon that was read counts."""
    genes = {gene for gene in (asks.gene, asks.partner) if gene and gene not in (ANY_GENE, INTERGENIC)}
    in_part = {gene for gene, _ in test.exons}
    whole = genes & (test.genes - in_part)
    return bool(whole) or any((gene, asks.exon) in test.exons for gene in genes)


def _outside_exons(asks: Alteration) -> bool:
    return any(terms(word) & OUTSIDE_EXONS for word in asks.classes)


def looked_for(test: GenomicTest, findings: tuple[Finding, ...]) -> set[str]:
    """Stated kinds; else sequence variants, and every kind of which the same report shows an example."""
    if test.profiles is not None:
        return set(test.profiles)
    shown = {finding.kind for finding in findings if finding.test_id and finding.test_id == test.test_id}
    return {"mutation"} | shown


def _words(asks: Alteration) -> str:
    detail = str(asks.change or "") or (asks.position.text if asks.position else "") or asks.cnv_call
    exon = f"exon {asks.exon}" if asks.exon is not None else ""
    kind = "" if detail else " or ".join(_KIND_WORDS[kind] for kind in sorted(asks.kinds))
    partner = f"with {asks.partner}" if asks.partner else ""
    parts = (asks.gene or "any gene", detail, exon, " ".join(asks.classes), kind, partner)
    return " ".join(part for part in parts if part)


def _sources(items: Iterable[Finding | GenomicTest]) -> tuple[str, ...]:
    return tuple(item.source for item in items)
