"""Therapies, responses and progression in prose."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tumorboard.pipeline.silver.agents import AGENTS, REGIMENS, SYNONYMS, pattern
from tumorboard.pipeline.silver.text.mentions import Mention, by_table, longest, only_with

_LOCAL = {
    "radiotherapy": r"(?:external beam |stereotactic (?:body )?|palliative |adjuvant "
    r"|whole[- ]brain )*(?:radiotherapy|radiation"
    r"(?: therapy)?|SBRT|SABR|radiosurgery|brachytherapy)",
    "chemotherapy": r"(?:adjuvant |neoadjuvant |palliative |systemic |intensive "
    r"|platinum[- ]based )*chemo(?:therapy)?",
    "immunotherapy": r"immunotherapy|checkpoint inhibitors?",
    "endocrine therapy": r"(?:endocrine|hormon(?:e|al)|anti-?hormonal|androgen[- ]deprivation) (?:therapy"
    r"|treatment)|ADT",
    "surgery": r"(?:segmental |left |right |partial |radical |total |subtotal |wide )*"
    r"(?:(?<!R[012] )resection(?! specimen| margin)"
    r"|lobectomy|pneumonectomy|segmentectomy"
    r"|mastectomy|lumpectomy|hemicolectomy|colectomy|prostatectomy|pancreat(?:ico?duoden)?ectomy"
    r"|whipple(?: procedure)?"
    r"|metastasectomy|excision|hepatectomy|gastrectomy|nephrectomy|cystectomy)",
}
_VERBS = (
    ("therapy.stopped", r"stopped|discontinued|ended|completed|terminated|ceased|withdrawn"),
    (
        "therapy.started",
        r"start(?:ed|ing)|began|begun|initiat(?:ed|ing)|commenced|first cycle|cycle 1",
    ),
)
_local = by_table("therapy", "therapy.mentioned", _LOCAL)
_REGIMEN_NAMES = {name.lower(): name for name in REGIMENS}
_WORD = re.compile(r"[a-z0-9]+")
_FIRST_WORDS = frozenset(_WORD.findall(name.lower())[0] for name in (*AGENTS, *SYNONYMS, *REGIMENS))
_JOIN = re.compile(r"\s*(?:\+|/|plus|and|with|,)\s*")

# RECIST in words; the abbreviations only where the sentence speaks of a response.
_RESPONSE = by_table("response", "response.words", {
    "CR": r"complete (?:response|remission)|no residual tumou?r(?: visible)?|no measurable tumou?r",
    "PR": r"partial (?:response|remission)|(?:clear |marked |good )?(?:decrease|regression|shrinkage) (?:of"
    r"|in) (?:the |all |size )*\w+",
    "SD": r"stable (?:disease|findings?)|no significant change",
    "PD": r"progressive disease",
    "NE": r"not evaluable",
})  # fmt: skip
_ABBREVIATED = re.compile(r"(?<![\w-])(?P<value>CR|PR|SD|PD)(?![\w-]|\s*(?:[:+]|positive|negative|\d))")
_SPEAKS_OF_RESPONSE = re.compile(
    r"RECIST|response|remission|staging|progress|lesion|residual|restaging", re.IGNORECASE
)
_PROGRESSION = by_table("progression", "progression.words", {
    "progression": r"(?:tumou?r |disease |further |hepatic |cerebral |local )*progress(?:ion|ed"
    r"|ing)(?: disease)?(?! free)",
    "recurrence": r"(?:local |distant )*recurren(?:ce|t disease)|relapsed?",
    "new lesions": r"new (?:\w+ )?(?:lesions?|metastas[ei]s)",
    "growth": r"(?:increase|growth) (?:of|in) (?:the )?(?:size|target lesions?|lesions?"
    r"|tumou?r)(?: of the \w+ lesion)?",
    "residual disease": r"residual (?:disease|tumou?r)",
})  # fmt: skip


def therapies(sentence: str) -> Iterator[Mention]:
    """Agents and regimens (joined ones as one), operations, radiotherapy; the rule says what happened."""
    for mention in longest([*_systemic(sentence), *_local(sentence)]):
        named = sentence[mention.start : mention.end].lower() if mention.value == "surgery" else mention.value
        yield mention._replace(value=named, rule=_event(sentence, mention))


def _systemic(sentence: str) -> Iterator[Mention]:
    if _FIRST_WORDS.isdisjoint(_WORD.findall(sentence.lower())):
        return
    names = [(match.start(), match.end(), _name(match.group())) for match in pattern().finditer(sentence)]
    run: list[tuple[int, int, str]] = []
    for found in names:
        if run and not _JOIN.fullmatch(sentence[run[-1][1] : found[0]]):
            yield _joined(run)
            run = []
        run.append(found)
    if run:
        yield _joined(run)


def _joined(run: list[tuple[int, int, str]]) -> Mention:
    value = " + ".join(name for _, _, name in run)
    return Mention("therapy", value, run[0][0], run[-1][1], "therapy.mentioned")


def _name(text: str) -> str:
    lower = text.lower()
    return _REGIMEN_NAMES.get(lower) or SYNONYMS.get(lower, lower)


def _event(sentence: str, mention: Mention) -> str:
    """Started, stopped or only mentioned, by the nearest verb within the clause after it, else before it."""
    after = re.split(r"[;.]", sentence[mention.end : mention.end + 60])[0]
    before = re.split(r"[;.]", sentence[max(0, mention.start - 40) : mention.start])[-1]
    for clause in (after, before):
        for rule, verbs in _VERBS:
            if re.search(rf"\b(?:{verbs})\b", clause, re.IGNORECASE):
                return rule
    return "therapy.mentioned"


@only_with(
    "respon",
    "remission",
    "residual",
    "measurable",
    "cr",
    "pr",
    "sd",
    "pd",
    "stable",
    "change",
    "evaluable",
    "decrease",
    "regression",
    "shrink",
    "progressive",
)
def responses(sentence: str) -> Iterator[Mention]:
    found = list(_RESPONSE(sentence))
    if _SPEAKS_OF_RESPONSE.search(sentence):
        found += [
            Mention("response", match["value"], *match.span(), "response.recist")
            for match in _ABBREVIATED.finditer(sentence)
        ]
    yield from longest(found)


@only_with("progress", "recur", "relaps", "new ", "increase", "growth", "residual")
def progression(sentence: str) -> Iterator[Mention]:
    yield from _PROGRESSION(sentence)
