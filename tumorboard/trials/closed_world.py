"""The answers of a boolean engine (matchengine-V2, 4f0497d), for comparison runs only.

Each clause alone, absence counts as negative, and one rule per numbered trap of `TRAPS` where that engine
reads a key in its own way. Everything else is answered as screening answers it, unknown becoming "no".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from tumorboard.trials.criteria import (
    Age,
    Alteration,
    And,
    BiomarkerState,
    Node,
    Not,
    Or,
    Predicate,
    Unsupported,
)
from tumorboard.trials.ctml_ours import OURS
from tumorboard.trials.genomic import judge
from tumorboard.trials.logic import Outcome, Value
from tumorboard.trials.matchminer import OF_CLINICAL_DOCUMENT, WILDTYPE_RECORD
from tumorboard.trials.patients import BiomarkerFact, Finding, PatientEvidence
from tumorboard.trials.person import day_reached
from tumorboard.trials.rules import Rules

#: The "evidence" of a closed-world answer: no row.
ABSENCE = "(absence)"

#: Keys the engine's default configuration leaves out of the query (trap 8), and keys it compares with a
#: patient field of the same name that no patient has (trap 9). Keys of our own are in the second group.
IGNORED = frozenset({"er_status", "pr_status", "her2_status", "disease_status"})
UNMAPPED = frozenset({
    "molecular_marker_other", "number_prior_lines_therapy_allowed", "active_brain_metastases_allowed",
    "brca1_germline_mutation", "age_expression", "tmb", *OURS,
})  # fmt: skip


def pruned(node: Node | None) -> Node | None:
    """The clause as the engine sees it: without ignored keys; None if nothing is left (trap 24)."""
    if node is None or isinstance(node, Predicate):
        return None if node is None or key_of(node) in IGNORED else node
    if isinstance(node, Not):
        child = pruned(node.child)
        return None if child is None else Not(child)
    kept = tuple(part for child in node.children if (part := pruned(child)) is not None)
    if not kept:
        return None
    return And(kept) if isinstance(node, And) else Or(kept)


def key_of(leaf: Predicate) -> str:
    """The CTML key a leaf was read from; for an alteration `genomic`."""
    return re.sub(r"\[\d+\]$", "", leaf.path.rpartition(".")[2])


def answer(leaf: Predicate, patient: PatientEvidence, ours: Outcome, rules: Rules) -> Outcome:
    """True or false, as that engine has it; `ours` is the three-valued answer."""
    own_way = _own_way(leaf, patient, rules)
    holds = ours.value is Value.MET if own_way is None else own_way
    evidence = ours.evidence or (ABSENCE,)
    note = ours.note if ours.value is not Value.UNKNOWN else "Absence read as negative."
    return Outcome.known(holds, evidence, note)


def _own_way(leaf: Predicate, patient: PatientEvidence, rules: Rules) -> bool | None:
    """Its answer where it has a rule of its own; None where only unknown is read differently."""
    key = key_of(leaf)
    if key in UNMAPPED:
        return False
    if isinstance(leaf.asks, Alteration):
        return _alteration(leaf, leaf.asks, patient, rules)
    rule = _RULES.get(type(leaf.asks))
    return rule(leaf, leaf.asks, patient) if rule else None


# ---- keys with a rule of their own


def _age(leaf: Predicate, asks: Age, patient: PatientEvidence) -> bool | None:
    """Trap 12: a blank after the sign breaks the look-up. Trap 10: `==` means born on this very day."""
    if key_of(leaf) != "age_numerical":
        return None
    if re.search(r"[<>=]\s+\d", leaf.wording):
        return False
    if asks.comparison.sign != "==":
        return None
    born = patient.person.birth_date if patient.person else None
    return born is not None and day_reached(born, asks) == patient.as_of


def _biomarker(leaf: Predicate, asks: BiomarkerState, patient: PatientEvidence) -> bool | None:
    """Trap 14: one field for MSI and MMR, with two values. It stands in the genomic documents only."""
    if asks.name not in ("MSI", "MMR"):
        return None
    wants_deficient = asks.state in ("high", "deficient")
    words = _DEFICIENT if wants_deficient else _PROFICIENT
    return any(_said(fact) in words for fact in patient.biomarkers if _is_mmr_field(fact))


_DEFICIENT = frozenset({"deficient", "positive", "high", "msi-h"})
_PROFICIENT = frozenset({"proficient", "negative", "stable", "low", "mss", "msi-l"})


def _is_mmr_field(fact: BiomarkerFact) -> bool:
    return fact.name in ("MSI", "MMR") and not fact.source.endswith(OF_CLINICAL_DOCUMENT)


def _said(fact: BiomarkerFact) -> str:
    return (fact.text or fact.interpretation).strip().lower()


def _alteration(leaf: Predicate, asks: Alteration, patient: PatientEvidence, rules: Rules) -> bool | None:
    """Traps 2, 3, 5, 13 and 17."""
    if asks.wildtype:
        return any(test.panel == WILDTYPE_RECORD and asks.gene in test.genes for test in patient.tests)
    if "sv" in asks.kinds and len(asks.kinds) == 1:
        structured_case = category(leaf) in ("", "Structural Variation", "SV")
        return structured_case and any(_rearranged(asks, finding, rules) for finding in patient.findings)
    if asks.position is None and asks.change is None:
        return None
    return any(_as_text(asks, finding) for finding in patient.findings if _same_gene(asks, finding))


def _same_gene(asks: Alteration, finding: Finding) -> bool:
    exon_fits = asks.exon is None or finding.exon == asks.exon
    return finding.gene == asks.gene and finding.kind in asks.kinds and exon_fits


def _as_text(asks: Alteration, finding: Finding) -> bool:
    """The change compared as text; a position as the expression `^p.V600[A-Y]$` with its dot unescaped."""
    if asks.change is not None:
        return finding.change_text == asks.change.text
    place = asks.position.text if asks.position else ""
    return bool(re.fullmatch(f"{place}[ACDEFGHIKLMNPQRSTVWY]", finding.change_text, re.IGNORECASE))


_STRUCTURED_SINCE = date(2018, 12, 1)


def category(leaf: Predicate) -> str:
    """The category as written: in another case than `Structural Variation` it finds nothing (trap 13)."""
    written = re.search(r"variant_category: !?\s*([A-Za-z ]+)", leaf.wording)
    return written[1].strip() if written else ""


def _rearranged(asks: Alteration, finding: Finding, rules: Rules) -> bool:
    """An old report by the words of its comment (trap 5), a younger one by its two genes."""
    reported_on = finding.reported_on or date(1900, 1, 1)
    if finding.kind != "sv" or not finding.comment or reported_on >= _STRUCTURED_SINCE:
        return judge(asks, finding, rules) is Value.MET
    wanted = [gene for gene in (asks.gene, asks.partner) if gene and gene != "intergenic"]
    return all(_named_in(gene, finding.comment) for gene in wanted)


def _named_in(gene: str, comment: str) -> bool:
    return bool(re.search(rf"(^|\W){gene}(\W|$)", comment, re.IGNORECASE))


def _unsupported(leaf: Predicate, asks: Unsupported, patient: PatientEvidence) -> bool:
    """Trap 15: a tumour type the map lacks is compared as text. Any other key no patient has finds nobody."""
    key, _, value = leaf.wording.partition(": ")
    if key.startswith("oncotree_primary_diagnosis"):
        return any(fact.text == value.lstrip("! ") for fact in patient.diagnoses if fact.text)
    return False


_RULES: dict[type, Callable[[Predicate, Any, PatientEvidence], bool | None]] = {
    Age: _age,
    BiomarkerState: _biomarker,
    Unsupported: _unsupported,
}
