"""A ClinicalTrials.gov study (API v2) becomes a Trial: its structured fields, and its eligibility text.

Age limits, sex and conditions are encoded; the text is read by the rules of `eligibility`, and what they do
not understand stays open. Nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from tumorboard.codes.nct import NctId
from tumorboard.codes.oncotree import OncoTree
from tumorboard.trials.criteria import (
    Age,
    And,
    Comparison,
    Diagnosis,
    Level,
    Node,
    Notice,
    Predicate,
    Sex,
    Sign,
    Trial,
    Unsupported,
    all_of,
    any_of,
)
from tumorboard.trials.ctml import Malformed, version_of
from tumorboard.trials.eligibility.eligibility import Eligibility, read_eligibility

_OPEN = frozenset({"RECRUITING", "ENROLLING_BY_INVITATION", "AVAILABLE"})
_NOT_STATED = frozenset({"", "UNKNOWN"})
NO_CRITERION = "eligibility text: no criterion found"


def read_study(document: object, oncotree: OncoTree | None = None) -> Trial:
    """The trial of one study; raises Malformed if it is not an object or has no NCT number."""
    protocol = _part(document, "protocolSection")
    identification = _part(protocol, "identificationModule")
    try:
        nct_id = str(NctId.parse(identification.get("nctId")))
    except ValueError as problem:
        raise Malformed("protocolSection.identificationModule.nctId", str(problem)) from None
    status = str(_part(protocol, "statusModule").get("overallStatus") or "")
    notices: list[Notice] = []
    criteria = [
        *_age_limits(protocol, notices),
        *_sex(protocol, notices),
        *_conditions(protocol, oncotree or OncoTree.builtin()),
        *_text(protocol, notices),
    ]
    return Trial(
        nct_id,
        _version(protocol, document),
        str(identification.get("briefTitle") or ""),
        Level("trial", "", "trial", match=all_of(criteria)),
        nct_id=nct_id,
        status=status,
        is_open=None if status in _NOT_STATED else status in _OPEN,
        notices=tuple(notices),
    )


def _part(document: object, key: str) -> Mapping[str, Any]:
    """A module of the record; an absent or misshapen one is empty."""
    found = document.get(key) if isinstance(document, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _version(protocol: Mapping[str, Any], document: object) -> str:
    posted = _part(_part(protocol, "statusModule"), "lastUpdatePostDateStruct").get("date")
    return f"{posted} {version_of(document)}" if posted else version_of(document)


_ELIGIBILITY = "protocolSection.eligibilityModule"
_LIMITS: tuple[tuple[str, Sign], ...] = (("minimumAge", ">="), ("maximumAge", "<="))


def _age_limits(protocol: Mapping[str, Any], notices: list[Notice]) -> list[Node]:
    """Registry limits are completed years, both ends included."""
    eligibility = _part(protocol, "eligibilityModule")
    found: list[Node] = []
    for key, sign in _LIMITS:
        value = str(eligibility.get(key) or "").strip()
        if not value or value.upper() == "N/A":
            continue
        path, wording = f"{_ELIGIBILITY}.{key}", f"{key}: {value[:60]}"
        asks = _age(value, sign)
        if asks is None:
            notices.append(Notice(path, "not an age with a unit such as 18 Years"))
        found.append(Predicate(path, wording, asks or Unsupported("the age limit could not be read")))
    return found


_UNITS: dict[str, tuple[Literal["years", "months", "days"], int]] = {
    "year": ("years", 1),
    "month": ("months", 1),
    "week": ("days", 7),
    "day": ("days", 1),
}


def _age(value: str, sign: Sign) -> Age | None:
    match = re.fullmatch(r"(\d{1,4}) (year|month|week|day)s?", value.lower())
    if match is None:
        return None
    unit, times = _UNITS[match[2]]
    return Age(Comparison(sign, float(int(match[1]) * times)), unit, completed=True)


def _sex(protocol: Mapping[str, Any], notices: list[Notice]) -> list[Node]:
    value = str(_part(protocol, "eligibilityModule").get("sex") or "").upper()
    path = f"{_ELIGIBILITY}.sex"
    if value == "FEMALE":
        return [Predicate(path, "sex: FEMALE", Sex("female"))]
    if value == "MALE":
        return [Predicate(path, "sex: MALE", Sex("male"))]
    if value not in ("", "ALL"):
        notices.append(Notice(path, "not one of FEMALE, MALE, ALL"))
        return [Predicate(path, f"sex: {value[:20]}", Unsupported("the value of sex could not be read"))]
    return []


def _text(protocol: Mapping[str, Any], notices: list[Notice]) -> list[Node]:
    """The criteria of the eligibility text; where it and the age fields disagree, a curator is told."""
    text = str(_part(protocol, "eligibilityModule").get("eligibilityCriteria") or "")
    if not text.strip():
        return []
    read = read_eligibility(text)
    _compare_ages(read, _part(protocol, "eligibilityModule"), notices)
    if read.node is None:
        return [
            Predicate(f"{_ELIGIBILITY}.eligibilityCriteria", NO_CRITERION, Unsupported("free text", "text"))
        ]
    return list(read.node.children) if isinstance(read.node, And) else [read.node]


def _compare_ages(read: Eligibility, eligibility: Mapping[str, Any], notices: list[Notice]) -> None:
    fields = {
        fact for key, sign in _LIMITS if (age := _age(str(eligibility.get(key) or ""), sign)) is not None
        for fact in [f"age {age.comparison} {age.unit}"]
    }  # fmt: skip
    for reading in read.criteria:
        for fact in reading.facts:
            plain = reading.kind in ("age", "sex") and not reading.scope and not reading.excludes
            if plain and fact.startswith("age ") and fact not in fields:
                stated = ", ".join(sorted(fields)) or "no limit"
                path = f"{_ELIGIBILITY}.eligibilityCriteria[{reading.start}:{reading.end}]"
                notices.append(Notice(path, f"the text says {fact}, the age fields say {stated}", "info"))


def _conditions(protocol: Mapping[str, Any], oncotree: OncoTree) -> list[Node]:
    """Any one of the conditions. One that is no tumour type stays open, so it excludes nobody."""
    listed = _part(protocol, "conditionsModule").get("conditions")
    names = [str(name)[:300] for name in listed] if isinstance(listed, list) else []
    nodes = [_condition(name, number, oncotree) for number, name in enumerate(names)]
    either = any_of(nodes)
    return [either] if either is not None else []


def _condition(name: str, number: int, oncotree: OncoTree) -> Node:
    path, wording = f"protocolSection.conditionsModule.conditions[{number}]", f"condition: {name}"
    term, narrowed = _tumor_type(name, oncotree)
    if not term:
        return Predicate(path, wording, Unsupported("not a tumour type by name"))
    kind = Predicate(path, wording, Diagnosis(term))
    if not narrowed:
        return kind
    rest = Predicate(
        f"{path}.{narrowed}", f"condition: {narrowed}", Unsupported("part of a condition's name")
    )
    return all_of([kind, rest]) or kind


_QUALIFIER = re.compile(
    r"\b(metastatic|recurrent|advanced|locally|refractory|relapsed|unresectable|resectable|early|inflammatory|"
    r"stage\s+[0iv]+[a-d]?|female|male|adult|childhood|triple[ -]negative|her2[ -]positive)\b[\s/,-]*",
    re.IGNORECASE,
)


# Words that turn the name round: without them `non small cell lung cancer` would be a small cell one.
_TURNS = frozenset({"non", "not", "no", "without", "except", "secondary", "history", "suspected"})


def _tumor_type(name: str, oncotree: OncoTree) -> tuple[str, str]:
    """A term of OncoTree that covers the name, and the words it leaves out: those stay to be checked."""
    name = re.sub(r"\bnon (?=\w)", "non-", name, flags=re.IGNORECASE)
    for text, narrowed in ((name, ""), (_QUALIFIER.sub("", name), _qualifiers(name))):
        for candidate in _spellings(text):
            if oncotree.members(candidate):
                return candidate, narrowed
    words = name.split()
    for dropped in range(1, min(len(words) - 1, 6)):
        if words[dropped - 1].lower() in _TURNS:
            break
        for candidate in _spellings(" ".join(words[dropped:])):
            if oncotree.members(candidate):
                return candidate, " ".join(words[:dropped])
    part = re.search(r"\b(colon|rectal|rectum)\b", name, re.IGNORECASE)
    return ("COADREAD", part.group()) if part else ("", "")


def _qualifiers(name: str) -> str:
    return " ".join(match.group(1) for match in _QUALIFIER.finditer(name))


def _spellings(text: str) -> list[str]:
    """MeSH and everyday spellings: `Breast Neoplasms`, `Neoplasms, Breast`, `Breast Carcinoma`."""
    tidy = re.sub(r"\s+", " ", text).strip(" ,/-")
    turned = re.sub(r"^(neoplasms?|carcinoma|cancer), (.+)$", r"\2 \1", tidy, flags=re.IGNORECASE)
    site = re.sub(r" (neoplasms?|carcinomas?|cancers?|tumou?rs?)$", "", turned, flags=re.IGNORECASE)
    organ = _ORGANS.get(site.lower(), site)
    return [tidy, turned, f"{site} Cancer", organ] if site != turned else [tidy, turned]


# Everyday organ names whose tumour types OncoTree gathers under another word.
_ORGANS = {
    "colorectal": "COADREAD",
    "gastric": "STAD",
    "pancreatic": "PANCREAS",
    "liver": "LIVER",
    "hepatocellular": "HCC",
    "ovarian": "OVARY",
    "renal cell": "RCC",
    "non-small cell lung": "NSCLC",
    "non-small-cell lung": "NSCLC",
    "small cell lung": "SCLC",
}
