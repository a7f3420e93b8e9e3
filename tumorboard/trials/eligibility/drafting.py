"""A parsed study becomes a CTML draft for a curator: every clause with its place in the text.

What CTML, with our own keys, cannot say stays in the draft as `text_only`: it reads back as an unsupported
criterion and keeps the trial uncertain. Places go into `display_name`, which CTML shows and never evaluates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml

from tumorboard.codes.oncotree import OncoTree
from tumorboard.trials import ctml_keys
from tumorboard.trials.criteria import (
    Age,
    Alteration,
    And,
    BiomarkerNumber,
    BiomarkerState,
    CnsMetastases,
    Comorbidity,
    Comparison,
    Diagnosis,
    DiseaseStatus,
    KidneyFunction,
    Lab,
    Node,
    Not,
    Or,
    Performance,
    Predicate,
    PriorLines,
    PriorTherapy,
    Question,
    Sex,
    Stage,
    Trial,
    Unsupported,
    Washout,
)
from tumorboard.trials.eligibility.eligibility import Eligibility, read_eligibility
from tumorboard.trials.eligibility.reading import Reading

Keys = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Clause:
    """One criterion beside its text: `text[start:end]`, what became of it, and the CTML it would be."""

    start: int
    end: int
    wording: str
    excludes: bool
    status: str
    reason: str
    facts: tuple[str, ...]
    ctml: Keys | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A CTML document that nobody has approved yet, and its clauses in the order of the text."""

    document: Keys
    clauses: tuple[Clause, ...]

    def yaml(self) -> str:
        """The document as YAML, in CTML's order of keys."""
        return yaml.safe_dump(self.document, sort_keys=False, allow_unicode=True, width=100)


def draft(trial: Trial, text: str) -> Draft:
    """The draft of a registry study as read by `registry.read_study`, with its eligibility text."""
    read = read_eligibility(text)
    document: Keys = {
        "protocol_no": trial.nct_id or trial.trial_id,
        "nct_id": trial.nct_id,
        "short_title": trial.title,
        "status": trial.status,
        "match": [as_ctml(trial.root.match)] if trial.root.match is not None else [],
    }
    return Draft(document, tuple(_clause(read, reading) for reading in read.criteria))


def _clause(read: Eligibility, reading: Reading) -> Clause:
    empty = isinstance(reading.node, And) and not reading.node.children
    return Clause(
        reading.start, reading.end, read.text[reading.start : reading.end], reading.excludes, reading.status,
        reading.reason, reading.facts, None if empty else as_ctml(reading.node),
    )  # fmt: skip


# ---- nodes


def as_ctml(node: Node) -> Keys:
    """The node in CTML. Negations move down to the leaves, where CTML writes them."""
    return _node(normal(node))


def normal(node: Node, negated: bool = False) -> Node:
    """The same tree with every negation at a leaf (De Morgan), and and/or without needless nesting."""
    if isinstance(node, Not):
        return normal(node.child, not negated)
    if isinstance(node, Predicate):
        open_ = isinstance(node.asks, Unsupported)
        return Not(node) if negated and not open_ else node
    kind = Or if isinstance(node, And) == negated else And
    children: list[Node] = []
    for child in (normal(each, negated) for each in node.children):
        children.extend(child.children if isinstance(child, kind) else [child])
    return children[0] if len(children) == 1 else kind(tuple(children))


def _node(node: Node) -> Keys:
    if isinstance(node, And | Or):
        return {"and" if isinstance(node, And) else "or": [_node(child) for child in node.children]}
    leaf = node.child if isinstance(node, Not) else node
    assert isinstance(leaf, Predicate)
    return _leaf(leaf, isinstance(node, Not))


def _leaf(leaf: Predicate, negated: bool) -> Keys:
    """The keys of the leaf, if they read back as the same question; else its text."""
    keys = _written(leaf.asks, negated)
    place = (
        f"chars {leaf.span[0]}-{leaf.span[1]}: {leaf.wording}"
        if leaf.span
        else f"{leaf.path}: {leaf.wording}"
    )
    if keys is None:
        why = leaf.asks.why if isinstance(leaf.asks, Unsupported) else "not expressible in CTML"
        wording = f"not: {leaf.wording}" if negated else leaf.wording
        return {"clinical": {"text_only": f"{wording} ({why})", "display_name": place}}
    name = "genomic" if isinstance(leaf.asks, Alteration) or _is_report(keys) else "clinical"
    return {name: {**keys, "display_name": place}}


def _is_report(keys: Keys) -> bool:
    return any(key in ctml_keys.REPORT_RESULTS for key in keys)


def _written(asks: Question, negated: bool) -> Keys | None:
    keys = _keys(asks)
    if keys is None or not _reads_back(keys, asks):
        return None
    if not negated:
        return keys
    first = next(iter(keys))
    if not isinstance(keys[first], str):
        return None
    return {**keys, first: f"!{keys[first]}"}


def _reads_back(keys: Keys, asks: Question) -> bool:
    """Whether CTML reads these keys as the question itself; nearly the same is not enough."""
    try:
        if isinstance(asks, Alteration):
            return ctml_keys.alteration(keys) == asks
        ((key, value),) = keys.items()
        if key == "oncotree_primary_diagnosis":
            return _same_type(value, asks)
        reader = ctml_keys.CLINICAL.get(key) or ctml_keys.REPORT_RESULTS[key]
        return _same(reader(value), asks)
    except (ValueError, KeyError, ctml_keys.NoLimit):
        return False


def _same_type(value: Any, asks: Question) -> bool:
    tree = OncoTree.builtin()
    found = ctml_keys.diagnosis(value, tree)
    return isinstance(asks, Diagnosis) and tree.members(found.term) == tree.members(asks.term)


def _same(read: Question, asks: Question) -> bool:
    """Equal, but for an age in completed years that exact dates answer alike."""
    if isinstance(asks, Age) and isinstance(read, Age):
        return _exact_age(asks) == read
    return read == asks


def _exact_age(asks: Age) -> Age | None:
    """An age limit as CTML reads it, by exact dates: at most 75 completed years is younger than 76."""
    if asks.unit != "years":
        return None
    sign, number = asks.comparison.sign, asks.comparison.number
    if asks.completed and sign == "<=":
        return Age(Comparison("<", number + 1))
    if asks.completed and sign == ">":
        return Age(Comparison(">=", number + 1))
    return Age(asks.comparison)


# ---- leaves

_CALLS = {"high amplification": "High Amplification", "homozygous deletion": "Homozygous Deletion"}
_CATEGORIES = {
    frozenset({"mutation"}): "Mutation", frozenset({"cnv"}): "Copy Number Variation",
    frozenset({"sv"}): "Structural Variation", frozenset({"mutation", "cnv"}): "Any Variation",
}  # fmt: skip
_STATES = {
    ("MMR", "deficient"): {"mmr_status": "MMR-Deficient"},
    ("MMR", "proficient"): {"mmr_status": "MMR-Proficient"},
    ("MSI", "high"): {"ms_status": "MSI-H"},
    ("MSI", "low"): {"ms_status": "MSI-L"},
    ("MSI", "stable"): {"ms_status": "MSS"},
}


def _keys(asks: Question) -> Keys | None:
    """The CTML keys that would say it; None where there are none."""
    write = _WRITERS.get(type(asks))
    return write(asks) if write is not None else None


def _age(asks: Age) -> Keys | None:
    exact = _exact_age(asks)
    return None if exact is None else {"age_numerical": str(exact.comparison).replace(" ", "")}


def _alteration(asks: Alteration) -> Keys | None:
    if asks.germline or asks.gene is None:
        return None
    keys: Keys = {"hugo_symbol": asks.gene}
    category = _CATEGORIES.get(asks.kinds)
    if category is not None:
        keys["variant_category"] = category
    optional = {
        "protein_change": str(asks.change) if asks.change else "",
        "wildcard_protein_change": asks.position.text if asks.position else "",
        "variant_classification": list(asks.classes) if len(asks.classes) > 1 else "".join(asks.classes),
        "exon": asks.exon,
        "cnv_call": _CALLS.get(asks.cnv_call, ""),
        "wildtype": "true" if asks.wildtype else "",
    }
    return keys | {key: value for key, value in optional.items() if value not in ("", None, [])}


def _marker(asks: BiomarkerState) -> Keys | None:
    if (asks.name, asks.state) in _STATES:
        return dict(_STATES[asks.name, asks.state])
    if asks.name in ("ER", "PR", "HER2"):
        return {f"{asks.name.lower()}_status": asks.state.capitalize()}
    return {"molecular_marker_other": f"{asks.name} {asks.state.capitalize()}"}


def _number(asks: BiomarkerNumber) -> Keys | None:
    return {"tmb_numerical": str(asks.comparison).replace(" ", "")} if asks.name == "TMB" else None


def _within(text: str, days: int | None) -> str:
    return f"{text} within {days} days" if days is not None else text


def _lab(asks: Lab) -> Keys:
    unit = f" {asks.times or asks.unit}".rstrip()
    return {"lab": _within(f"{asks.analyte} {asks.comparison}{unit}", asks.within_days)}


def _kidney(asks: KidneyFunction) -> Keys:
    return {"creatinine_clearance": _within(f"{asks.comparison} {asks.unit}", asks.within_days)}


def _performance(asks: Performance) -> Keys:
    key = "ecog_numerical" if asks.scale == "ECOG" else "karnofsky_numerical"
    return {key: _within(str(asks.comparison), asks.within_days)}


def _comorbidity(asks: Comorbidity) -> Keys:
    return {"comorbidity": _within(f"{'active ' if asks.active else ''}{asks.condition}", asks.within_days)}


_WRITERS: dict[type, Callable[[Any], Keys | None]] = {
    Age: _age,
    Sex: lambda asks: {"gender": asks.value.capitalize()},
    Diagnosis: lambda asks: {"oncotree_primary_diagnosis": asks.term},
    DiseaseStatus: lambda asks: {
        "disease_status": asks.states[0].title()
        if len(asks.states) == 1
        else [s.title() for s in asks.states]
    },
    Stage: lambda asks: {"stage_group": asks.groups[0] if len(asks.groups) == 1 else list(asks.groups)},
    PriorLines: lambda asks: {"number_prior_lines_therapy_allowed": str(asks.comparison).replace(" ", "")},
    PriorTherapy: lambda asks: {"prior_therapy": _within(str(asks.what), asks.within_days)},
    Washout: lambda asks: {"washout": f"{asks.days} days since {asks.what}"},
    Performance: _performance,
    Lab: _lab,
    KidneyFunction: _kidney,
    CnsMetastases: lambda asks: {"cns_metastases": asks.state},
    Comorbidity: _comorbidity,
    Alteration: _alteration,
    BiomarkerState: _marker,
    BiomarkerNumber: _number,
}

# ---- the law of the round trip


def expressible(node: Node) -> Node:
    """What a draft of the tree must read back as: the same tree, where leaves CTML cannot say are open."""
    return _without_places(_said(normal(node)))


def reread(node: Node) -> Node:
    """A tree as read from a draft, in the same form."""
    return _without_places(normal(node))


def _said(node: Node) -> Node:
    if isinstance(node, And | Or):
        return type(node)(tuple(_said(child) for child in node.children))
    leaf = node.child if isinstance(node, Not) else node
    assert isinstance(leaf, Predicate)
    if _written(leaf.asks, isinstance(node, Not)) is None:
        return replace(leaf, asks=Unsupported(""))
    return node


def _without_places(node: Node) -> Node:
    if isinstance(node, And | Or):
        return type(node)(tuple(_without_places(child) for child in node.children))
    if isinstance(node, Not):
        return Not(_without_places(node.child))
    return Predicate("", "", _bare(node.asks))


def _bare(asks: Question) -> Question:
    if isinstance(asks, Unsupported):
        return Unsupported("")
    if isinstance(asks, Diagnosis):
        return Diagnosis(" ".join(sorted(OncoTree.builtin().members(asks.term))) or asks.term)
    exact = _exact_age(asks) if isinstance(asks, Age) else None
    return exact or asks


def study_text(document: Mapping[str, Any]) -> str:
    """The eligibility text of a registry record; empty where it has none."""
    protocol = document.get("protocolSection")
    module = protocol.get("eligibilityModule") if isinstance(protocol, Mapping) else None
    text = module.get("eligibilityCriteria") if isinstance(module, Mapping) else None
    return text if isinstance(text, str) else ""
