"""One CTML key at a time: what it asks, as a question of `criteria`.

Keys and values: the two published CTML schemas and their dialects. A value that is not understood raises
ValueError with a sentence; the caller keeps the criterion as unsupported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from tumorboard.codes.consequences import is_known
from tumorboard.codes.genes import GeneSymbol
from tumorboard.codes.hgvs import ProteinChange, ProteinPosition
from tumorboard.codes.oncotree import OncoTree
from tumorboard.trials.criteria import (
    Age,
    Alteration,
    AnyGenomicResult,
    BiomarkerNumber,
    BiomarkerState,
    CnsMetastases,
    Comparison,
    Diagnosis,
    DiseaseStatus,
    Kind,
    PriorDrug,
    PriorLines,
    Question,
    Sex,
)
from tumorboard.trials.ctml_ours import OURS
from tumorboard.trials.genomic import ANY_GENE, CNV_CALLS, INTERGENIC

#: Shown, never evaluated.
DISPLAY_ONLY = frozenset({"display_name"})

_KINDS: dict[str, frozenset[Kind]] = {
    "mutation": frozenset({"mutation"}),
    "copy number variation": frozenset({"cnv"}),
    "cnv": frozenset({"cnv"}),
    "structural variation": frozenset({"sv"}),
    "sv": frozenset({"sv"}),
    "any variation": frozenset({"mutation", "cnv"}),
}
ALTERATION_KEYS = frozenset({
    "hugo_symbol", "variant_category", "protein_change", "wildcard_protein_change",
    "variant_classification", "exon", "cnv_call", "wildtype", "fusion_partner_hugo_symbol", "tier",
    "molecular_function",
})  # fmt: skip


class NoLimit(Exception):
    """The value says that this criterion limits nobody."""


# ---- genomic


def alteration(keys: Mapping[str, Any]) -> Alteration:
    """The alteration described by the keys of one genomic node (without `!`)."""
    wildtype = _flag(keys["wildtype"]) if keys.get("wildtype") is not None else False
    asks = Alteration(
        gene=_gene(keys.get("hugo_symbol")),
        kinds=_kinds(keys),
        change=_given(keys, "protein_change", ProteinChange.parse),
        position=_given(keys, "wildcard_protein_change", ProteinPosition.parse),
        classes=_classes(keys.get("variant_classification")),
        exon=_given(keys, "exon", _exon),
        cnv_call=_given(keys, "cnv_call", _cnv_call) or "",
        partner=_given(keys, "fusion_partner_hugo_symbol", _partner) or "",
        wildtype=wildtype,
        tiers=_tiers(keys.get("tier")),
        effects=_given(keys, "molecular_function", _effects) or (),
    )
    if asks.gene is None and not asks.partner and not _has(keys, "hugo_symbol"):
        raise ValueError("no gene is named")
    return asks


def _kinds(keys: Mapping[str, Any]) -> frozenset[Kind]:
    if _has(keys, "variant_category"):
        folded = str(keys["variant_category"]).strip().lower()
        if folded not in _KINDS:
            raise ValueError("variant_category is not one of the values of CTML")
        return _KINDS[folded]
    if _has(keys, "fusion_partner_hugo_symbol"):
        return frozenset({"sv"})
    if _has(keys, "cnv_call"):
        return frozenset({"cnv"})
    narrowed = any(_has(keys, key) for key in _SEQUENCE_KEYS)
    return frozenset({"mutation"}) if narrowed else frozenset({"mutation", "cnv", "sv"})


_SEQUENCE_KEYS = ("protein_change", "wildcard_protein_change", "variant_classification", "exon", "wildtype")


def _has(keys: Mapping[str, Any], key: str) -> bool:
    return keys.get(key) not in (None, "", "None")


def _given(keys: Mapping[str, Any], key: str, parse: Callable[[Any], Any]) -> Any:
    return parse(keys[key]) if _has(keys, key) else None


def _gene(value: Any) -> str | None:
    if value in (None, "", "None") or str(value).strip().lower() == ANY_GENE:
        return None
    return GeneSymbol.parse(value)


def _partner(value: Any) -> str:
    folded = str(value).strip().lower()
    if folded == ANY_GENE:
        return ""
    return INTERGENIC if folded == INTERGENIC else GeneSymbol.parse(value)


def _classes(value: Any) -> tuple[str, ...]:
    words = tuple(str(word) for word in as_list(value) if word not in (None, ""))
    if not all(is_known(word) for word in words):
        raise ValueError("variant_classification is not one of the values of CTML")
    return words


def _tiers(value: Any) -> tuple[str, ...]:
    tiers = tuple(str(tier).strip() for tier in as_list(value) if tier not in (None, ""))
    if not {"1", "2", "3", "4"}.issuperset(tiers):
        raise ValueError("tier is not one of 1, 2, 3, 4")
    return tiers


#: The function a trial asks for, and the effects on the protein that have it.
_FUNCTIONS = {
    "activating": ("gain-of-function", "likely gain-of-function"),
    "inactivating": ("loss-of-function", "likely loss-of-function"),
}


def _effects(value: Any) -> tuple[str, ...]:
    folded = str(value).strip().lower()
    if folded not in _FUNCTIONS:
        raise ValueError("molecular_function is neither Activating nor Inactivating")
    return _FUNCTIONS[folded]


def _exon(value: Any) -> int:
    if isinstance(value, bool) or not str(value).strip().isdecimal():
        raise ValueError("exon is not a whole number")
    return int(str(value).strip()[:6])


def _cnv_call(value: Any) -> str:
    folded = str(value).strip().lower()
    if folded not in CNV_CALLS:
        raise ValueError("cnv_call is not one of the values of CTML")
    return folded


def _flag(value: Any) -> bool:
    folded = str(value).strip().lower()
    if folded not in ("true", "false", "yes", "no", "y", "n"):
        raise ValueError("expected true or false")
    return folded in ("true", "yes", "y")


def _mmr(value: Any) -> BiomarkerState:
    folded = str(value).strip().lower()
    states = {"mmr-proficient": "proficient", "mmr-deficient": "deficient"}
    return BiomarkerState("MMR", _one_of(folded, states))


def _msi(value: Any) -> BiomarkerState:
    folded = str(value).strip().lower()
    return BiomarkerState("MSI", _one_of(folded, {"msi-h": "high", "msi-l": "low", "mss": "stable"}))


def _signature(name: str) -> Callable[[Any], BiomarkerState]:
    return lambda value: BiomarkerState(f"{name} signature", "positive" if _flag(value) else "negative")


#: Results of a whole report: they stand for themselves, whatever gene the node also names.
REPORT_RESULTS: dict[str, Callable[[Any], Question]] = {
    "mmr_status": _mmr,
    "ms_status": _msi,
    "apobec_signature": _signature("APOBEC"),
    "pole_signature": _signature("POLE"),
    "tobacco_signature": _signature("Tobacco"),
    "temozolomide_signature": _signature("Temozolomide"),
    "uva_signature": _signature("UVA"),
    "match_all": lambda value: AnyGenomicResult(),
}

# ---- clinical


def _age(value: Any) -> Age:
    return Age(Comparison.parse(value))


def _completed_age(value: Any) -> Age:
    """The CTIMS dialect compares a stored age in whole years and drops the fraction of the limit."""
    limit = Comparison.parse(value)
    return Age(Comparison(limit.sign, float(int(limit.number))), completed=True)


def _sex(value: Any) -> Sex:
    folded = str(value).strip().lower()
    if folded in ("all", "any", "both"):
        raise NoLimit
    sexes: dict[str, Literal["female", "male"]] = {"female": "female", "male": "male"}
    if folded not in sexes:
        raise ValueError("gender is neither Female nor Male")
    return Sex(sexes[folded])


def _tmb(value: Any) -> BiomarkerNumber:
    return BiomarkerNumber("TMB", Comparison.parse(value), "mut/Mb")


def _receptor(name: str) -> Callable[[Any], BiomarkerState]:
    words = {"positive": "positive", "true": "positive", "negative": "negative", "false": "negative"}
    return lambda value: BiomarkerState(name, _one_of(str(value).strip().lower(), words))


_DISEASE_STATES = frozenset({
    "untreated", "localized", "locally advanced", "metastatic", "advanced", "recurrent", "refractory",
    "unresectable", "early stage",
})  # fmt: skip


def _disease_status(value: Any) -> DiseaseStatus:
    states = tuple(str(state).strip().lower() for state in as_list(value))
    if not states or not _DISEASE_STATES.issuperset(states):
        raise ValueError("disease_status is not one of the values of CTML")
    return DiseaseStatus(states)


def _prior_lines(value: Any) -> PriorLines:
    if str(value).strip().lower() == "any":
        raise NoLimit
    return PriorLines(Comparison.parse(value))


def _brain_metastases(value: Any) -> CnsMetastases:
    if _flag(value):
        raise NoLimit
    return CnsMetastases("active")


def _germline_brca1(value: Any) -> Alteration:
    _one_of(str(value).strip().lower(), {"positive": "", "negative": ""})
    return Alteration("BRCA1", frozenset({"mutation"}), germline=True)


#: Values that say "the patient must not have it", for keys that name what the patient may have.
MEANS_ABSENT = {"active_brain_metastases_allowed": "no false n", "brca1_germline_mutation": "negative"}

_MARKERS = {
    "msi-h": BiomarkerState("MSI", "high"), "msi-high": BiomarkerState("MSI", "high"),
    "mss": BiomarkerState("MSI", "stable"), "dmmr": BiomarkerState("MMR", "deficient"),
    "mmr-d": BiomarkerState("MMR", "deficient"), "pmmr": BiomarkerState("MMR", "proficient"),
}  # fmt: skip
_MARKER_NAMES = {
    "er": "ER",
    "pr": "PR",
    "hr": "HR",
    "her2": "HER2",
    "pd-l1": "PD-L1",
    "pdl1": "PD-L1",
    "hrd": "HRD",
}


def marker(value: Any) -> BiomarkerState:
    """One entry of `molecular_marker_other`: a name and a state, such as `PD-L1 Positive` or `MSI-H`."""
    folded = " ".join(str(value).casefold().split())[:80]
    if folded in _MARKERS:
        return _MARKERS[folded]
    name, _, state = folded.rpartition(" ")
    if name in _MARKER_NAMES and state in ("positive", "negative"):
        return BiomarkerState(_MARKER_NAMES[name], state)
    raise ValueError("not a marker with a state this version knows, such as PD-L1 Positive")


CLINICAL: dict[str, Callable[[Any], Question]] = {
    "age_numerical": _age,
    "age_expression": _completed_age,
    "gender": _sex,
    "tmb_numerical": _tmb,
    "tmb": _tmb,
    "er_status": _receptor("ER"),
    "pr_status": _receptor("PR"),
    "her2_status": _receptor("HER2"),
    "disease_status": _disease_status,
    "number_prior_lines_therapy_allowed": _prior_lines,
    "active_brain_metastases_allowed": _brain_metastases,
    "brca1_germline_mutation": _germline_brca1,
    **OURS,
}


def diagnosis(value: Any, oncotree: OncoTree) -> Diagnosis:
    """By code where the name means one node, so that a renamed type keeps its meaning."""
    term = str(value).strip()
    if term.startswith("_") and oncotree.members(term):
        return Diagnosis(term.upper())
    try:
        return Diagnosis(oncotree.parse(term))
    except ValueError:
        if oncotree.members(term):
            return Diagnosis(term)
        raise


def prior_drug(value: Any) -> PriorDrug:
    agent = str(value).strip() if isinstance(value, str) else ""
    if not agent or len(agent) > 200:
        raise ValueError("no drug is named")
    return PriorDrug(agent)


def as_list(value: Any) -> list[Any]:
    """A list as it is, nothing as empty, anything else as a list of one."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _one_of(folded: str, words: Mapping[str, str]) -> str:
    if folded not in words:
        raise ValueError(f"expected one of: {', '.join(words)}")
    return words[folded]
