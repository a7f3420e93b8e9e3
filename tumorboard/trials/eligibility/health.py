"""Other illness, recent events, earlier tumours, pregnancy, grades of toxicity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tumorboard.trials.criteria import And, Comorbidity, Comparison, Node, Not, Or, OrganFunction, Sex
from tumorboard.trials.eligibility.claims import Claim, ClaimKind, Source, joined
from tumorboard.trials.eligibility.view import AFTER, PERIOD, SIGN, period, sign_of

# What trials write -> the condition of `conditions.CONDITIONS` where there is one, else our words.
_CONDITIONS = (
    (
        "HIV infection",
        "hiv",
        (
            r"(?:known )?(?:human immunodeficiency virus(?: ?\(hiv\))?|hiv)(?:[ -]"
            r"(?:infection|seropositivity|disease|positivity|1/2 antibodies))?"
            r"(?:/aids)?|aids\b"
        ),
    ),
    (
        "hepatitis B or C",
        "hepatitis b or c",
        (
            r"hepatitis b(?: virus)?(?: ?\(hbv\))? ?(?:and/or|and|or|/) ?c(?:"
            r" virus)?(?: ?\(hcv\))?(?: infections?)?"
        ),
    ),
    (
        "hepatitis B",
        "hepatitis b",
        (
            r"(?:chronic |viral )?hepatitis b(?: virus)?(?: ?\(hbv\))?(?: infection)?"
            r"|hbv(?: infection)?|hbsag"
        ),
    ),
    (
        "hepatitis C",
        "hepatitis c",
        (
            r"(?:chronic |viral )?hepatitis c(?: virus)?(?: ?\(hcv\))?(?: infection)?"
            r"|hcv(?: infection)?"
        ),
    ),
    (
        "interstitial lung disease",
        "ild",
        (
            r"interstitial lung disease(?: ?\(ild\))?|(?:non-infectious |drug-induced"
            r" |radiation )?pneumonitis|idiopathic pulmonary fibrosis|pulmonary"
            r" fibrosis"
        ),
    ),
    ("autoimmune disease", "autoimmune", r"autoimmune (?:disease|disorder)s?"),
    ("heart failure", "heart failure", r"(?:congestive )?(?:heart|cardiac) failure|chf"),
    ("myocardial infarction", "myocardial infarction", r"myocardial infarction(?: ?\(mi\))?"),
    ("unstable angina", "unstable angina", r"unstable angina(?: pectoris)?"),
    ("ischemic heart disease", "ischemic heart disease", r"isch(?:a)?emic heart disease"),
    ("coronary bypass", "coronary bypass", r"coronary(?:/peripheral)? artery bypass(?: graft)?(?: surgery)?"),
    ("arrhythmia", "arrhythmia", r"(?:cardiac )?(?:ventricular )?arr?h?ythmias?"),
    ("cardiomyopathy", "cardiomyopathy", r"cardiomyopathy"),
    (
        "stroke",
        "stroke",
        (
            r"stroke|cerebrovascular accidents?(?: including transient ischemic"
            r" attacks?(?: ?\(tia\))?)?|transient isch(?:a)?emic attacks?(?: ?\(tia\))?"
        ),
    ),
    ("hypertension", "hypertension", r"(?:arterial )?hypertension"),
    ("pulmonary embolism", "pulmonary embolism", r"pulmonary embolism"),
    (
        "thromboembolism",
        "thrombosis",
        (
            r"deep ve(?:in|nous) thrombosis(?: ?\(dvt\))?|venous thrombo(?:embolism"
            r"|sis)"
        ),
    ),
    ("gastrointestinal bleeding", "gastrointestinal bleeding", r"gastrointestinal bleeding"),
    ("hemoptysis", "hemoptysis", r"hemoptysis"),
    ("diabetes", "diabetes", r"diabetes(?: mellitus)?(?: \(type i and ii\))?"),
    ("seizures", "seizures", r"seizures?(?: disorder)?|epilepsy"),
    ("tuberculosis", "tuberculosis", r"tuberculosis"),
    ("active infection", "infection", r"infections?"),
    ("neuropathy", "neuropathy", r"peripheral (?:sensory |motor )?(?:poly)?neuropathy"),
    ("liver cirrhosis", "cirrhosis", r"(?:liver )?cirrhosis"),
    ("transplant", "transplant", r"organ transplant(?:ation)?"),
)
_ANY = "|".join(f"(?P<c{place}>{pattern})" for place, (_, _, pattern) in enumerate(_CONDITIONS))
_HISTORY = (
    r"(?:(?:history of|documented|known|diagnosis of|diagnosed with|presence"
    r" of|positive for|seropositive for|evidence of|clinical evidence of|signs"
    r" or symptoms of|recent|concurrent|co-existing|any) )*"
)
_ACTIVE = r"(?P<active>(?:active|ongoing|current) (?:or ongoing |, ongoing )?)?"
_POSITIVE = r"(?:[ -]?(?:positive|seropositive)(?: (?:patients|subjects))?)?"
_WHEN = (
    rf"(?:,? ?(?:\(?with)?in (?:the )?(?:last |past |previous |preceding )*{PERIOD}"
    r"(?: (?:prior to|before|of|preceding) (?:the )?(?:(?:first|start|study"
    r"|enrol?lment|entry|registration|randomi[sz]ation|dose|of|drug|treatment"
    r"|starting|scheduled|day|protocol|administration|therapy)[ ,]*)+)?\)?)?"
)
_CONDITION = re.compile(rf"(?<![a-z-]){_HISTORY}{_ACTIVE}(?:{_ANY})(?![a-z]){_POSITIVE}{_WHEN}")
_NEGATIVE = re.compile(r" ?(?:-|is |are |must be |test )?negative\b")


def conditions(source: Source) -> Iterator[Claim]:
    """Each condition named; `active` and a period belong to it. `HIV negative` is turned round."""
    matches = list(_CONDITION.finditer(source.seen))
    for number, match in enumerate(matches):
        place = next(n for n in range(len(_CONDITIONS)) if match[f"c{n}"])
        condition, short, _ = _CONDITIONS[place]
        negative = _NEGATIVE.match(source.seen, match.end())
        end = negative.end() if negative else match.start() + len(match[0].rstrip(" ,"))
        tested = re.search(r"\bnegative\b", source.seen[: match.start()]) is not None
        dating, sure = (None, True) if tested else _dating(source.seen, matches[number:])
        span = (match.start(), end)
        nodes = [
            _condition(source, Comorbidity(name, bool(match["active"])), dating, sure, span)
            for name in _both(condition)
        ]
        when = f"recent {period(dating)}" if dating and sure else "comorbidity"
        facts = tuple(f"{'not ' if negative else ''}{when} {name}" for name in _both(short))
        node = joined(nodes, "or")
        kind: ClaimKind = "recent event" if dating and sure else "comorbidity"
        doubt = "" if sure else "whether the period covers the whole list"
        yield Claim(*span, kind, Not(node) if negative else node, facts, doubt)


def _both(name: str) -> list[str]:
    return [name[:-5], f"{name[:-6]}{name[-1]}"] if name.lower().endswith("b or c") else [name]


def _condition(
    source: Source, asks: Comorbidity, dating: re.Match[str] | None, sure: bool, span: tuple[int, int]
) -> Node:
    """The condition, in its period. Where the period may cover it or not, only what holds both ways
    counts."""
    ever = source.leaf(asks, *span)
    if dating is None:
        return ever
    recent = source.leaf(replace(asks, within_days=period(dating).days), *span)
    if sure:
        return recent
    return Or((recent, And((ever, source.open("whether the period covers this condition", *span)))))


_LISTED = re.compile(r"[\s,]*(?:(?:and/or|and|or)\b)?(?: (?:untreated|recent|documented))?[\s,]*")


def _dating(seen: str, matches: list[re.Match[str]]) -> tuple[re.Match[str] | None, bool]:
    """The match whose period counts: its own, or the one that closes the list it stands in (`A, B or C
    within`).
    After commas alone it is not sure that the period covers the list."""
    gap = ""
    for one, after in zip(matches, [*matches[1:], None], strict=True):
        if one["count"]:
            return one, one is matches[0] or re.search(r"and|or", gap) is not None
        if after is None or not _LISTED.fullmatch(seen[one.end() : after.start()]):
            return None, True
        gap = seen[one.end() : after.start()]
    return None, True


_SECOND = re.compile(
    r"(?:(?:history of (?:an?other )?|known |any |prior or concurrent"
    r" |previous or concurrent |prior |previous |other |concurrent |second"
    r" |an?other |active |additional |secondary )+(?:active |invasive"
    r" |primary |prior |concurrent |second |invasive non-breast )*(?:malignan"
    r"(?:cy|cies|t (?:disease|tumou?rs?))|cancers?|tumou?rs?|neoplasms?)"
    r"|malignancies other than the disease under study)(?! ?(?:therap"
    rf"|treat|related|vaccin))(?: requiring active (?:therapy|treatment))?{_WHEN}"
)


def second_malignancy(source: Source) -> Iterator[Claim]:
    """Another tumour. What the text excepts from it follows, and stays open."""
    for match in _SECOND.finditer(source.seen):
        if not source.excludes:
            continue
        end = match.start() + len(match[0].rstrip(" ,"))
        long = period(match) if match["count"] else None
        leaf = source.leaf(
            Comorbidity("second malignancy", "active" in match[0], within_days=long.days if long else None),
            match.start(),
            end,
        )
        fact = f"recent {long} other malignancy" if long else "other malignancy"
        yield Claim(match.start(), end, "second malignancy", leaf, (fact,))


_PREGNANT = re.compile(
    r"(?:(?:female |women |woman |patients? |subjects? |females? )*(?:who"
    r"|that)? ?(?:are|is)? ?)?(?:currently )?(?:pregnan(?:t|cy)|lactati"
    r"(?:ng|on)|breast[- ]?feeding|nursing)(?: \(?positive b-hcg test\)?)?"
    r"(?:(?:,? or|,? and| ?/|,|\.) ?(?:are |is )?(?:currently )?(?:pregnan"
    r"(?:t|cy)|lactati(?:ng|on)|breast[- ]?feeding|nursing(?: mother)?))*"
    r"(?: (?:women|woman|females?|patients|subjects))?(?: at (?:the )?time"
    r" of (?:registration|enrol?lment|screening))?(?: at any time during"
    r" the study)?"
)
_NO_PREGNANCY = re.compile(
    r"negative (?:serum |urine |urine or serum |serum or urine |b-hcg"
    r" )*pregnancy test(?: (?:within|performed|at|documented|obtained)[^.;]{0,80}?"
    r"(?=\band must\b|$|\.))?"
)


def pregnancy(source: Source) -> Iterator[Claim]:
    """Men are not; for women a person asks, because no record says so for certain."""
    if source.excludes:
        for match in _PREGNANT.finditer(source.seen):
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            open_ = source.open(
                "pregnancy or breast-feeding: ask the patient", start, match.end(), "pregnancy"
            )
            node = And((source.leaf(Sex("female"), start, match.end()), open_))
            yield Claim(start, match.end(), "pregnancy", node, ("pregnancy",))
        return
    for match in _NO_PREGNANCY.finditer(source.seen):
        open_ = source.open("pregnancy test: for the study team", *match.span(), "pregnancy")
        yield Claim(*match.span(), "pregnancy", open_, ("not pregnancy",))


_GRADE = re.compile(
    rf"(?:\(?(?:nci[- ]?)?(?:ctcae)?\)? ?(?P<sign>{SIGN})\s*)?(?:nci[- ])?"
    rf"(?:ctcae )?(?:\(v[\d.]+\) )?grade ?(?:(?P<sign2>{SIGN})\s*)?(?P<grade>[0-5])"
    rf"(?: or (?P<grade2>[1-5]))?(?:,? {AFTER.format('after')})?"
)
_SUBJECTS = (
    ("neuropathy", r"neuropath"), ("diarrhea", r"diarrh"), ("hemorrhage", r"hemorrhag|bleeding"),
    ("infection", r"infection"), ("toxicity", r"toxicit|adverse|aes\b"), ("hypertension", r"hypertension"),
)  # fmt: skip


def toxicity(source: Source) -> Iterator[Claim]:
    """A grade of a toxicity: read, but for the clinic to say."""
    match = _GRADE.search(source.seen)
    if match is None:
        return
    before, after = source.seen[: match.start()], source.seen[match.end() : match.end() + 40]
    named = [name for words in (before, after) for name, pattern in _SUBJECTS if re.search(pattern, words)]
    subject = named[0] if named else ""
    if not (match["sign"] or match["sign2"]) and re.search(r"[<>≥≤]\D*$", before):
        return  # the sign stands too far away to be sure of
    signs = [sign for sign in (match["sign"], match["sign2"]) if sign]
    if not subject or len(signs) > 1:
        return
    grade = float(match["grade"])
    if match["grade2"]:
        comparison = Comparison(">=", grade)
    elif match["after"]:
        comparison = Comparison(
            ">=" if match["after"] in ("above", "greater", "higher", "more") else "<=", grade
        )
    else:
        comparison = Comparison(sign_of(signs[0]) if signs else "==", grade)
    if re.search(r"resolved|recovered", before):
        return
    leaf = source.open("grade of a toxicity: for the clinic to say", *match.span(), "judgement")
    yield Claim(*match.span(), "toxicity grade", leaf, (f"grade {comparison} {subject}",))


_ORGANS = re.compile(
    r"(?:adequate|normal|acceptable|sufficient)(?: or adequate)? (?P<organs>"
    r"(?:(?:bone[ -]marrow|marrow|hematolog\w+|hematopoietic|hepatic|liver"
    r"|renal|kidney|cardiac|heart|organ|organ system|pulmonary|coagulation"
    r"|end[ -]organ)(?: system)?(?:, | and |, and | or |/)?)+) ?(?:functions?"
    r"|reserve)?"
)
_ORGAN_NAMES = (
    ("bone marrow", r"marrow|hemato"),
    ("liver", r"hepatic|liver"),
    ("kidney", r"renal|kidney"),
    ("heart", r"cardiac|heart"),
    ("lung", r"pulmonary"),
    ("coagulation", r"coagul"),
)


def organ_function(source: Source) -> Iterator[Claim]:
    """`Adequate organ function` without a number."""
    for match in _ORGANS.finditer(source.seen):
        organs = [name for name, pattern in _ORGAN_NAMES if re.search(pattern, match["organs"])]
        names = [""] if re.search(r"\borgan\b", match["organs"]) else organs
        nodes: list[Node] = [source.leaf(OrganFunction(name), *match.span()) for name in names]  # type: ignore[arg-type]
        yield Claim(*match.span(), "organ function", joined(nodes, "and"), ("organ function",))
