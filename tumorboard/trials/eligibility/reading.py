"""One criterion: what its rules understood, what is left over, and the node that follows from both.

Safe by construction: a rest that nobody understood stays an open leaf, and it is joined so that it can only
keep an answer open, never decide it. What stands behind `unless`, `if` or `except` is never read as a
requirement, and neither is what `patients with ... must ...` says of those patients.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from tumorboard.trials.criteria import And, Node, Not, Or, predicates
from tumorboard.trials.eligibility import disease, health, labs, markers, person, therapy
from tumorboard.trials.eligibility.claims import Claim, Joint, Rule, Source, joined, negated
from tumorboard.trials.eligibility.labs import dated
from tumorboard.trials.eligibility.segments import Part
from tumorboard.trials.eligibility.view import period, view
from tumorboard.trials.eligibility.words import (
    CUE,
    NEGATION,
    PHRASES,
    RESULT_AGE,
    WEAKENING,
    WORD,
    Topic,
    is_filler,
    topic_of,
)

Status = Literal["understood", "partly", "not understood"]
MAX_LENGTH = 3000

RULES: tuple[Rule, ...] = (
    person.age, person.sex, person.performance, person.life_expectancy,
    labs.laboratory, labs.by_sex, labs.vital_signs,
    disease.stage, disease.heart_failure_class, disease.diagnosis, disease.disease_status, disease.measurable,
    disease.size, disease.brain_metastases,
    markers.receptors, markers.biomarkers, markers.alterations,
    therapy.washouts, therapy.prior_therapies, therapy.prior_lines,
    health.conditions, health.second_malignancy, health.pregnancy, health.toxicity, health.organ_function,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one criterion. `unread` are the stretches of the text that nobody understood."""

    start: int
    end: int
    excludes: bool
    scope: str
    status: Status
    kind: str
    topic: Topic
    reason: str
    facts: tuple[str, ...]
    claims: tuple[Claim, ...]
    unread: tuple[tuple[int, int], ...]
    node: Node


@dataclass(frozen=True, slots=True)
class _Rest:
    """Leftover words: their stretches, and whether any stands before the first cue."""

    spans: tuple[tuple[int, int], ...]
    before_cue: bool


def read(text: str, part: Part) -> Reading:
    """The reading of one part of an eligibility text."""
    words = text[part.start : part.end]
    source = Source(words, view(words), part.start, part.section == "exclusion")
    if len(words) > MAX_LENGTH:
        return _not_understood(source, part, f"longer than {MAX_LENGTH} characters")
    if part.section == "unstated":
        return _not_understood(source, part, "the text does not say whether it includes or excludes")
    if part.section == "other":
        return _not_understood(source, part, "a remark beside the criteria")
    if re.fullmatch(r"[\s(]*(?:none|n/a|not applicable|nil)[\s).:]*", source.seen):
        return _nothing(source, part)
    phrases = _phrases(source.seen)
    cue = _first_cue(source.seen, phrases, _claims(source, phrases, None))
    claims = _claims(source, phrases, cue)
    rest = _rest(source, claims, phrases, cue)
    return _reading(source, part, claims, rest, cue)


# ---- claims


def _claims(source: Source, phrases: list[tuple[int, int]], cue: re.Match[str] | None) -> list[Claim]:
    """The longest claims that do not overlap, before the cue; a negation in front belongs to its claim."""
    found = [claim for rule in RULES for claim in rule(source)]
    kept: list[Claim] = []
    for claim in sorted(found, key=lambda claim: (claim.start - claim.end, claim.start)):
        clear = not any(
            claim.start < end and start < claim.end
            for start, end in phrases
            if claim.kind == "organ function"
        )
        if clear and not any(claim.start < other.end and other.start < claim.end for other in kept):
            kept.append(claim)
    kept.sort(key=lambda claim: claim.start)
    turned = _all_turned(source, kept)
    usable = [claim for claim in turned if cue is None or claim.start < cue.start()]
    result_age = RESULT_AGE.search(source.seen)
    return [dated(claim, period(result_age).days) for claim in usable] if result_age else usable


def _all_turned(source: Source, claims: list[Claim]) -> list[Claim]:
    """`No HIV, hepatitis B or C`: a negation reaches to the end of its list."""
    turned: list[Claim] = []
    for claim in claims:
        one = _turned(source, claim)
        before = turned[-1] if turned else None
        if (
            one is claim
            and before is not None
            and before.facts[0].startswith("not ")
            and before.kind in _LISTED
        ):
            same = claim.kind in _LISTED and not claim.facts[0].startswith("not ")
            gap = source.seen[before.end : claim.start]
            listed = _OR_GAP if claim.kind == "alteration" else _LIST_GAP
            if same and listed.fullmatch(gap):
                one = negated(claim, claim.start)
        turned.append(one)
    return turned


_LISTED = frozenset({
    "comorbidity", "recent event", "brain metastases", "prior therapy", "washout", "alteration",
})  # fmt: skip
_LIST_GAP = re.compile(r"[\s,]*(?:(?:and/or|and|or)\b)?[\s,]*")
# `No EGFR mutation, KRAS mutation`: the second one may well be wanted.
_OR_GAP = re.compile(r"[\s,]*\bor\b[\s,]*")


def _turned(source: Source, claim: Claim) -> Claim:
    match = NEGATION.search(source.seen[: claim.start])
    return claim if match is None else negated(claim, match.start())


def _phrases(seen: str) -> list[tuple[int, int]]:
    spans = [match.span() for pattern in PHRASES for match in pattern.finditer(seen)]
    return spans + [match.span() for match in RESULT_AGE.finditer(seen)]


def _first_cue(seen: str, phrases: list[tuple[int, int]], claims: list[Claim]) -> re.Match[str] | None:
    taken = [*phrases, *((claim.start, claim.end) for claim in claims)]
    permitted = _PERMITTED.match(seen)
    for match in CUE.finditer(seen, permitted.end() if permitted else 0):
        if not any(start <= match.start() < end for start, end in taken):
            return match
    return None


# A first sentence that only permits does not soften the requirement in the next one.
_PERMITTED = re.compile(
    r"[^.;:]* (?:was|were|is|are) (?:permitted|allowed)\. (?=(?:the |all )?(?:subject|patient)s? must )"
)


# ---- what is left over


def _rest(
    source: Source, claims: list[Claim], phrases: list[tuple[int, int]], cue: re.Match[str] | None
) -> _Rest:
    """Words outside of claims and phrases that are no fillers and no joints; neighbours make one stretch."""
    taken = [*((claim.start, claim.end) for claim in claims), *phrases]
    spans: list[tuple[int, int]] = []
    before = False
    for word in WORD.finditer(source.seen):
        if any(start <= word.start() < end for start, end in taken):
            continue
        if _JOINT_WORD.fullmatch(word[0].strip(".")) or is_filler(word[0]):
            continue
        before = before or cue is None or word.start() < cue.start()
        if spans and not any(spans[-1][1] <= start < word.start() for start, _ in taken):
            spans[-1] = (spans[-1][0], word.end())
        else:
            spans.append(word.span())
    return _Rest(tuple(spans), before)


_JOINT_WORD = re.compile(r"and|or|and/or")

# ---- the node


def _reading(
    source: Source, part: Part, claims: list[Claim], rest: _Rest, cue: re.Match[str] | None
) -> Reading:
    topic = topic_of(source.seen)
    if not claims or (
        topic == "pregnancy" and not source.excludes and all(c.kind not in ("age",) for c in claims)
    ):
        return _not_understood(source, part, _why_not(topic, bool(cue)), topic)
    if source.excludes and any(
        claim.facts[0].startswith("not ") and claim.kind != "comorbidity" for claim in claims
    ):
        return _not_understood(source, part, "a negation inside an exclusion can be meant both ways")
    if cue is not None and _is_permission(source, claims, cue):
        return _not_understood(source, part, "a permission: it restricts nobody by itself")
    built, doubt = _build(source, claims)
    doubt = doubt or next((claim.doubt for claim in claims if claim.doubt), "")
    opens = [source.open("part of the criterion that is not understood", *span) for span in rest.spans]
    unsure = "" if source.excludes else _not_plain(source, claims, rest)
    node, how = (_whole(source), unsure) if unsure else _with_rest(source, built, opens, rest, cue)
    status: Status = "partly" if opens or doubt or unsure else "understood"
    reason = how or doubt
    return Reading(
        part.start,
        part.end,
        source.excludes,
        part.scope,
        status,
        claims[0].kind,
        topic if opens else "",
        reason,
        tuple(fact for claim in claims for fact in claim.facts),
        tuple(claims),
        tuple((source.offset + start, source.offset + end) for start, end in rest.spans),
        Not(node) if source.excludes else node,
    )


_MEASURED = frozenset(
    {"age", "sex", "laboratory", "kidney", "heart", "performance", "prior lines", "life expectancy"}
)


def _is_permission(source: Source, claims: list[Claim], cue: re.Match[str]) -> bool:
    """`Prior X is allowed`, in one sentence: no requirement to have had X."""
    if source.excludes or any(claim.kind in _MEASURED for claim in claims):
        return False
    one_sentence = not re.search(r"[.;]\s+\S", source.seen)
    return one_sentence and re.fullmatch(r"allowed|permitted|eligible|acceptable|may|can", cue[0]) is not None


def _not_plain(source: Source, claims: list[Claim], rest: _Rest) -> str:
    """Why claims under an inclusion heading are no requirement; empty if they are one."""
    if _EXCLUDED.search(source.seen):
        return "an exclusion among the inclusion criteria"
    if _asks_some_only(source, claims):
        return "asks something of some patients only"
    if rest.spans and any(claim.kind in _NOT_WANTED and not _is_turned(claim) for claim in claims):
        return "hardly a requirement to have it"
    if any(_may_reach(source, one, two) for one, two in pairwise(claims)):
        return "how far the negation reaches is not clear"
    return ""


_EXCLUDED = re.compile(r"\b(?:excluded|not (?:be )?eligible|ineligible)\b")
#: Trials rarely ask patients to have these; with further words (`surface antigen negative`, `must be stable`)
#: the criterion mostly says something else.
_NOT_WANTED = frozenset(
    {"comorbidity", "recent event", "second malignancy", "brain metastases", "prior therapy"}
)
_SENTENCE = re.compile(r"[;\n]|[.:](?=\s|$)")
_MUST = re.compile(r"\b(?:must|should|shall|needs? to|(?:is|are) (?:required|to)|(?:has|have) to)\b")
_SOMEBODY = re.compile(
    r"\b(?:patients?|subjects?|those|participants?|individuals?|persons?|candidates?|(?:wo)?m[ae]n|(?:fe)?males?)\b"
)


def _asks_some_only(source: Source, claims: list[Claim]) -> bool:
    """`Patients with X must have Y` asks Y of those with X, and X of nobody."""
    ends = [match.end() for match in _SENTENCE.finditer(source.seen)]
    for start, end in pairwise([0, *ends, len(source.seen)]):
        musts = (match.start() for match in _MUST.finditer(source.seen, start, end))
        must = next((at for at in musts if not any(c.start < at < c.end for c in claims)), start)
        before = any(start <= claim.start and claim.end <= must for claim in claims)
        if before and _SOMEBODY.search(source.seen, start, must):
            return True
    return False


def _is_turned(claim: Claim) -> bool:
    return claim.facts[0].startswith("not ")


def _may_reach(source: Source, one: Claim, two: Claim) -> bool:
    """`No EGFR mutation, HER2 overexpression`: the `no` may be meant for both."""
    gap = source.seen[one.end : two.start]
    open_ended = _is_turned(one) and not _is_turned(two) and two.kind not in _MEASURED
    return open_ended and _LIST_GAP.fullmatch(gap) is not None


def _with_rest(
    source: Source, built: Node, opens: Sequence[Node], rest: _Rest, cue: re.Match[str] | None
) -> tuple[Node, str]:
    """The claims with what is left over, so that the rest can never decide."""
    if not opens:
        return built, ""
    left = And(tuple(opens)) if len(opens) > 1 else opens[0]
    if source.excludes:
        if _only_narrows(source, rest, cue):
            return And((built, left)), "narrowed by words that are not understood"
        return _whole(source), "words that are not understood may widen or narrow it"
    if cue is None and not re.search(r"\bor\b", source.seen):
        return And((built, left)), "further words are not understood"
    if cue is not None and not rest.before_cue and _only_softens(source, cue):
        return Or((built, left)), f"an exception is not understood ({cue[0]} ...)"
    return _whole(source), "words that are not understood may widen or narrow it"


def _whole(source: Source) -> Node:
    """One open leaf for the whole criterion: whatever its claims say, the rest could turn it."""
    return source.open("words that are not understood may widen or narrow it", 0, len(source.text))


def _only_softens(source: Source, cue: re.Match[str]) -> bool:
    tail = source.seen[cue.start() :].rstrip(" .;,")
    return WEAKENING.match(tail) is not None and not re.search(
        r"[.;] |\band (?:must|should|no|not|have|has)\b", tail
    )


def _only_narrows(source: Source, rest: _Rest, cue: re.Match[str] | None) -> bool:
    """An exclusion with a qualifier or an exception: it excludes fewer, never more."""
    at = cue.start() if cue is not None else len(source.seen)
    if cue is not None and re.search(
        r"exclud|ineligible|\balso\b|not eligible|not limited", source.seen[at:]
    ):
        return False
    outside = source.seen[:at]
    return not rest.before_cue or re.search(r"[,;:/]|\. |\b(?:or|and)\b|including|such as", outside) is None


# ---- joining claims


def _build(source: Source, claims: list[Claim]) -> tuple[Node, str]:
    """The claims joined as the words between them say; sentences and semicolons separate first."""
    gaps = [_gap(source.seen[one.end : two.start]) for one, two in pairwise(claims)]
    groups: list[tuple[list[Claim], list[str]]] = [([claims[0]], [])]
    for claim, gap in zip(claims[1:], gaps, strict=True):
        if gap == ";":
            groups.append(([claim], []))
        else:
            groups[-1][0].append(claim)
            groups[-1][1].append(gap)
    built = [_group(members, joints, source.excludes) for members, joints in groups]
    doubt = next((why for _, why in built if why), "")
    return joined([node for node, _ in built], "or" if source.excludes else "and"), doubt


def _gap(words: str) -> str:
    """How two claims are joined: `;` (separate), `or`, `and`, `,`, or nothing (both describe one thing)."""
    bare = re.sub(r"\([^()]*\)", " ", words)
    if re.search(r"[;\n]|\.(?:\s|$)|:(?:\s|$)", bare):
        return ";"
    if re.search(r"\bor\b", bare):
        return "or"
    if re.search(r"\band\b|&", bare):
        return "and"
    return "," if "," in bare else ""


def _group(claims: list[Claim], gaps: list[str], excludes: bool) -> tuple[Node, str]:
    """Claims of one sentence. Commas take the word that closes the list; touching claims are one thing."""
    runs: list[list[Claim]] = [[claims[0]]]
    joints: list[str] = []
    for claim, gap in zip(claims[1:], gaps, strict=True):
        if gap == "":
            runs[-1].append(claim)
        else:
            runs.append([claim])
            joints.append(gap)
    nodes = [joined([claim.node for claim in run], "and") for run in runs]
    words = {joint for joint in joints if joint != ","}
    if joints and not words and re.search(r"\bor\b", view(_wording(runs[-1][-1].node))):
        words = {"or"}
    how, doubt = _how(
        words, bool(joints), excludes, all(claim.facts[0].startswith("not ") for claim in claims)
    )
    return joined(nodes, how), doubt


def _wording(node: Node) -> str:
    return predicates(node)[0].wording


def _how(words: set[str], several: bool, excludes: bool, all_negated: bool) -> tuple[Joint, str]:
    if not several:
        return "and", ""
    if words == {"or"}:
        return ("and", "") if all_negated else ("or", "")
    if words == {"and"}:
        return ("unclear", "'and' in an exclusion can be meant both ways") if excludes else ("and", "")
    if not words:
        return ("unclear", "a list without 'or' in an exclusion") if excludes else ("and", "")
    return "unclear", "'and' and 'or' in one sentence"


# ---- nothing to read


def _why_not(topic: Topic, has_cue: bool) -> str:
    reasons: dict[Topic, str] = {
        "consent": "consent: for the study team",
        "pregnancy": "pregnancy and contraception: for the study team",
        "logistics": "willingness and logistics: for the study team",
        "judgement": "a judgement: for the physician",
        "procedure": "a procedure or its safety: for the study team",
    }
    return reasons.get(topic) or (
        "a condition or an exception, and no plain requirement" if has_cue else "no rule reads this"
    )


def _not_understood(source: Source, part: Part, why: str, topic: Topic = "") -> Reading:
    open_ = source.open(why, 0, len(source.text), topic or "text")
    return Reading(
        part.start,
        part.end,
        source.excludes,
        part.scope,
        "not understood",
        "procedural" if topic else _about(source.seen),
        topic,
        why,
        (),
        (),
        ((part.start, part.end),),
        Not(open_) if source.excludes else open_,
    )


def _nothing(source: Source, part: Part) -> Reading:
    """`None.`: a section without criteria."""
    return Reading(
        part.start,
        part.end,
        source.excludes,
        part.scope,
        "understood",
        "none",
        "",
        "no criterion",
        (),
        (),
        (),
        And(()),
    )


_ABOUT = (
    ("laboratory", (r"\b(?:neutrophil|platelet|h[a]?emoglobin|creatinine|bilirubin|alt\b"
        r"|ast\b|uln|normal limits|clearance|albumin)")),
    ("brain metastases", r"\b(?:brain|cns|central nervous|meningeal)\b"),
    ("prior therapy", r"\b(?:therap|treat|chemo|radiat|surger|receiv|drug|medication|agent)"),
    ("comorbidity", (r"\b(?:disease|disorder|infection|failure|syndrome|illness|condition"
        r"|history of|hepatitis|hiv|cardiac|bleeding|hypertension)")),
    ("diagnosis", r"\b(?:cancer|carcinoma|tumou?r|metasta|malignan|leuk)"),
    ("marker", r"\b(?:receptor|mutation|her-?2|expression|positive|negative)\b"),
)  # fmt: skip


def _about(seen: str) -> str:
    return next((kind for kind, pattern in _ABOUT if re.search(pattern, seen)), "other")


def spans(readings: Sequence[Reading]) -> Iterator[tuple[int, int]]:
    """Where the criteria stand."""
    return ((reading.start, reading.end) for reading in readings)
