"""Treatment before the trial: what was given, how many lines, and how long ago it must have ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from tumorboard.pipeline.silver.agents import AGENTS, SYNONYMS
from tumorboard.trials.criteria import (
    Comparison,
    Node,
    Not,
    PriorLines,
    PriorTherapy,
    Setting,
    Treatments,
    Washout,
)
from tumorboard.trials.drugs import CLASSES, generic
from tumorboard.trials.eligibility.claims import Claim, Source, joined
from tumorboard.trials.eligibility.view import AFTER, COUNT, PERIOD, SIGN, number, period, sign_of

# ---- what: agents, classes, modalities, and what the record cannot tell

_NAMED = (
    ("class", "platinum", r"platin(?:um)?(?:[ -]based|-containing)?|platinum agents?|platinum compounds?"),
    ("class", "taxane", r"taxanes?(?:[ -]based)?"),
    ("class", "anthracycline", r"anthracyclines?(?:/anthracenedione)?(?:[ -]based)?"),
    ("class", "fluoropyrimidine", r"fluoropyrimidines?"),
    (
        "class",
        "PD-1/PD-L1 inhibitor",
        (
            r"anti[-· ]?pd-?\(?l?\)?-?1(?:,? (?:or|and|/) ?anti[- ]?pd-?l?-?[12])*"
            r"(?:/(?:pd-)?l?1)?|pd-?\(?l?\)?-?1(?: ?/ ?(?:pd-?)?l-?1)?(?: or pd-?l-?1)?"
            r" (?:inhibitors?|antibod(?:y|ies))"
        ),
    ),
    ("class", "CTLA-4 inhibitor", r"anti[-· ]?ctla-?4|ctla-?4 inhibitors?"),
    ("class", "checkpoint inhibitor", r"(?:immune )?checkpoint (?:inhibitors?|blockade)"),
    ("class", "aromatase inhibitor", r"aromatase inhibitors?"),
    ("class", "CDK4/6 inhibitor", r"cdk ?4/6 inhibitors?"),
    ("class", "PARP inhibitor", r"parp(?:[ -]?1/2)? inhibitors?"),
    ("class", "EGFR TKI", r"egfr[- ](?:tkis?|tyrosine kinase inhibitors?)"),
    ("class", "ALK inhibitor", r"alk (?:inhibitors?|tkis?)"),
    ("class", "KRAS G12C inhibitor", r"kras g12c inhibitors?"),
    ("class", "BRAF inhibitor", r"braf inhibitors?"),
    ("class", "MEK inhibitor", r"mek inhibitors?"),
    ("class", "HER2-directed therapy", r"(?:anti-?her-?2|her-?2[- ](?:directed|targeted))"),
    ("class", "mTOR inhibitor", r"mtor inhibitors?"),
    ("class", "androgen receptor pathway inhibitor", r"androgen receptor (?:pathway|signaling) inhibitors?"),
    ("class", "VEGF inhibitor", r"(?:anti-?vegf|vegfr?[- ](?:targeted|inhibitors?|directed))"),
    (
        "class",
        "endocrine therapy",
        (
            r"(?:anti-?)?(?:endocrine|hormon(?:al|e))(?=[ -](?:therap|treatment"
            r"|agent))"
        ),
    ),
    (
        "class",
        "chemotherapy",
        (
            r"(?:cytotoxic |systemic )?chemo(?:therap(?:y|ies|eutics?)|therapeutic)"
            r"|cytotoxic(?= (?:therap|treatment|agent|drug))"
        ),
    ),
    ("class", "immunotherapy", r"immunotherap(?:y|ies)"),
    ("modality", "radiotherapy", r"radio-?therap(?:y|ies)|radiation|irradiation"),
    ("modality", "surgery", r"(?:major )?(?:surger(?:y|ies)|surgical (?:procedures?|resections?)|operation)"),
    ("modality", "systemic", r"systemic(?: anti-?cancer| antineoplastic)?(?= (?:therap|treatment|regimen))"),
    (
        "any",
        "anticancer therapy",
        (
            r"(?:any )?(?:approved )?(?:anti-?cancer|anti-?neoplastic|anti-?tumou?r)"
            r"(?= (?:therap|treatment|agent|drug))"
        ),
    ),
    (
        "unknown",
        "investigational therapy",
        (
            r"(?:any )?(?:other )?(?:investigational|experimental)(?: (?:anti-?cancer"
            r"|study))?|study drug"
        ),
    ),
    ("unknown", "biological therapy", r"biologic(?:al)?s?(?= (?:therap|agent|treatment|or)|$)|biotherapy"),
    (
        "unknown",
        "targeted therapy",
        (
            r"(?:molecular(?:ly)? )?targeted(?= (?:therap|agent|small|treatment"
            r"|anti))"
        ),
    ),
    ("unknown", "nitrosourea", r"nitrosoureas?"),
    ("unknown", "vaccine", r"(?:live,? (?:attenuated )?)?(?:tumou?r |influenza )?vaccin(?:es?|ations?)"),
    (
        "unknown",
        "growth factor",
        (
            r"(?:peg)?filgrastim(?: or (?:peg)?filgrastim)?|g-?csf|(?:hematopoietic"
            r" |colony[ -]stimulating )growth factors?|erythropoietin"
        ),
    ),
    ("unknown", "CYP3A4 inhibitor", r"(?:strong )?(?:cytochrome p450 ?)?(?:\(?cyp\)? ?)?3a4 inhibitors?"),
    ("unknown", "CYP3A4 inducer", r"(?:strong )?cyp ?3a4 inducers?"),
    (
        "unknown",
        "immunosuppressant",
        (
            r"(?:systemic )?immunosuppress(?:ants?|ive (?:medications?|therapy"
            r"|agents?|drugs?))"
        ),
    ),
    ("unknown", "immunostimulant", r"(?:systemic )?immunostimulatory (?:agents?|medications?)"),
    ("unknown", "antibiotics", r"(?:oral or iv |systemic |intravenous |iv )?antibiotics?"),
    ("unknown", "anti-infective", r"(?:systemic )?anti-?infective(?= (?:treatment|therapy|agents?))"),
    ("unknown", "steroids", r"(?:systemic )?(?:cortico)?steroids?"),
    ("unknown", "hormone replacement", r"hormone replacement(?: therapy)?"),
    (
        "unknown",
        "transplant",
        (
            r"(?:(?:bone marrow|stem[ -]cell|solid organ|organ)(?: or (?:stem[ -]cell"
            r"|bone marrow))? |allogene?ic (?:stem[ -]cell |bone marrow |tissue)?)+transplant"
            r"(?:ation)?s?"
        ),
    ),
    ("unknown", "radionuclides", r"(?:systemic )?radionuclides?"),
    ("unknown", "trauma", r"(?:significant )?(?:traumatic injury|trauma)|open biopsy|craniotomy"),
    ("unknown", "tumour embolization", r"tumou?r embolization"),
)
_NOUN = (
    r"(?: ?(?:anti-?cancer )?(?:therap(?:y|ies)|treatments?|agents?|drugs?"
    r"|regimens?|antibod(?:y|ies)|chemotherap(?:y|ies)|medications?|procedures?"
    r"|products?|compounds?)(?! (?:setting|naive))\b)*"
)


@cache
def _agents() -> str:
    names = {*AGENTS, *SYNONYMS}
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if len(name) > 3)


@cache
def _one() -> str:
    classes = "|".join(pattern for _, _, pattern in _NAMED)
    return rf"(?:(?<![a-z-])(?:{classes}|{_agents()})(?![a-z]){_NOUN})"


_BETWEEN = r"(?:,? ?and ?/ ?or |,? or |,? and |, ?|/)(?:(?:any|other|prior|previous|an?|the|tumor|for) )*"


# Examples in brackets belong to what they follow; a condition in brackets does not.
_ASIDE = (
    r"(?: ?\((?![^()]{0,200}\b(?:but(?! not limited)|except|unless|if|only|not(?! limited)|allowed"
    r"|permitted|excluding)\b)"
    r"(?:[^()]|\([^()]{0,60}\)){2,200}\))?"
)


@cache
def _what() -> str:
    return (
        rf"(?:(?:any|other|an?|the|all|prior|previous|systemic|standard) ){{0,4}}"
        rf"(?P<what>{_one()}{_ASIDE}"
        rf"(?:{_BETWEEN}{_one()}{_ASIDE}){{0,9}})"
    )


@dataclass(frozen=True, slots=True)
class _Meant:
    """The treatments a stretch of text names: those the engine can look up, and the others."""

    known: tuple[tuple[str, Treatments], ...]
    others: tuple[str, ...]
    joint: Literal["and", "or"]


# `taxane-based chemotherapy` is a taxane, not any chemotherapy.
_KIND_OF = r"(?:[ -](?:based|containing))?(?: (?:neo-?adjuvant |adjuvant )?chemotherap(?:y|ies))?"


def _meant(words: str) -> _Meant:
    outside = re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\)", "", words))
    known: dict[str, Treatments] = {}
    others: list[str] = []
    rest = outside
    for kind, name, pattern in _NAMED:
        if not re.search(rf"(?<![a-z-])(?:{pattern})(?![a-z])", rest):
            continue
        rest = re.sub(rf"(?<![a-z-])(?:{pattern}){_KIND_OF}(?![a-z])", " ", rest)
        if kind == "class" and name in CLASSES:
            known[name] = Treatments(classes=(name,))
        elif kind == "modality":
            known[name] = Treatments(modalities=(name,))
        elif kind == "any":
            known[name] = Treatments()
        else:
            others.append(name)
    for match in re.finditer(rf"(?<![a-z-])(?:{_agents()})(?![a-z])", rest):
        known[generic(match[0])] = Treatments(agents=(generic(match[0]),))
    joint: Literal["and", "or"] = "or" if re.search(r"\bor\b", outside) else "and"
    return _Meant(tuple(known.items()), tuple(others), joint)


# ---- washouts

_HALF = (
    rf"(?P<halves>{COUNT}) half[- ]li(?:ves|fe)(?: of (?:a|the) (?:drug|agent|investigational product)s?)?"
)
_WHICHEVER = r"(?:,? ?\(?whichever (?:is|was) (?P<whichever>longer|shorter|greater)\)?)?"
_LONG = rf"(?:{PERIOD}(?: ?\(?,? ?or (?:within )?(?:at least )?{_HALF},?)?|{_HALF.replace('halves', 'only')})"
_ANCHOR = (
    r"(?:\s?,? ?\(?(?:prior to|before|of|preceding|from|after|since|prior"
    r"|earlier than|to|in advance of)?,? ?(?:the )?(?:(?:(?:dose|initiation"
    r"|start) of (?!study|the|protocol)[a-z0-9-]+|start|initiation|commencement"
    r"|beginning|administration|receipt|starting|receiving|planned|first"
    r"|study|protocol|scheduled|investigational|trial|drug|treatments?"
    r"|therapy|dose|doses|day|entry|entering|enrol?lment|registration"
    r"|randomi[sz]ation|inclusion|screening|cycle|c1d1|1|of|the|on|this"
    r"|in|into|based|study-drug|medication|product|baseline|administration"
    r"|start|recruitment|period|to|consent|window)[ ,.]*\)?)+)?"
)
_WITHIN = (
    r"(?:(?:received |administered |used |given )?(?:with)?in (?:the )?(?:last"
    rf" |past |previous |preceding )*{_LONG}{_WHICHEVER}{_ANCHOR}(?: ?\(?or"
    rf" (?:with)?in {_HALF.replace('halves', 'halves2')},?)?{_WHICHEVER.replace('whichever>', 'whichever2>')}"
    r")"
)
_SINCE = (
    r"(?:(?:(?:completed|stopped|discontinued|finished|stop|elapsed|ended"
    r"|be discontinued|received|terminated|must be)[ ,]*(?:(?:from|since|for"
    rf"|all|a|an|and|must have|been|completed|if|finished|be|at) )*)?(?P<sign>{SIGN})\s*{_LONG}{_WHICHEVER}"
    rf"{_ANCHOR}{_WHICHEVER.replace('whichever>', 'whichever2>')})"
)


_PREFIX = (
    r"(?:\b(?:prior|previous|any|received|receiving|use of|used|treatment"
    r" (?:with|by)|therapy with|history of|administration of|other"
    r"|completed|have|has|had|must have|who|participation in another clinical trial with) ){0,6}"
)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    before = re.compile(rf"{_PREFIX}{_what()}(?P<gap>[^.;:<>≥≤]{{0,40}}?)[ ,]*{_WITHIN}")
    since = re.compile(rf"{_PREFIX}{_what()}(?P<gap>[^.;:<>≥≤]{{0,60}}?)[ ,]*{_SINCE}")
    elapsed = re.compile(
        rf"(?P<sign>{SIGN})\s*{PERIOD}(?: \w+){{0,3}} (?:elapsed|passed"
        r"|since)(?: (?:since|between|from|the|end|of|last|completion"
        rf"|dose|any|prior|administration|a))* {_what()}"
    )
    prior = re.compile(
        r"(?:(?:has |have |had |must have |previously )*(?:received|been"
        r" treated with|treated with|failed|progressed (?:on|after|following))"
        r"|(?:prior|previous|history of|preceding|exposure to|use of|treatment"
        r" with|therapy with)(?: (?:exposure to|treatment(?:s)?(?: (?:with"
        r"|by))?|therap(?:y|ies)(?: with)?|use of|with|or concurrent|radiation"
        rf"|an?|any|adjuvant|neoadjuvant))*)[ :]*(?:with |of )?{_what()}"
        r"(?! ?(?:as |for|in the|within))"
    )
    return before, since, elapsed, prior


_IGNORED_GAP = re.compile(
    r"[\s,()]*(?:(?:administered|given|completed|treatment|therapy|therapies"
    r"|agents?|that|who|was|were|been|has|have|must|had|for|their|cancer"
    r"|any|malignancy|is|are|of|all|this|prior|drug|drugs|received|or"
    r"|must have|should|be|and|if|finished|a|an|the|the use of|used|allowed"
    r"|from|end|between)[\s,()]*)*"
)


def washouts(source: Source) -> Iterator[Claim]:
    """Treatment not within a period, or ended at least a period ago. Half-lives beside days are kept."""
    before, since, elapsed, _ = _patterns()
    for match in before.finditer(source.seen):
        if _IGNORED_GAP.fullmatch(match["gap"] or "") and not match["only"]:
            yield from _washout(source, match, recent=True)
    for pattern in (since, elapsed):
        for match in pattern.finditer(source.seen):
            gap = match.groupdict().get("gap") or ""
            if source.excludes or sign_of(match["sign"]) not in (">=", ">"):
                continue
            if _IGNORED_GAP.fullmatch(gap) and not match.groupdict().get("only"):
                yield from _washout(source, match, recent=False)


def _washout(source: Source, match: re.Match[str], recent: bool) -> Iterator[Claim]:
    """`recent`: the text says that it was given in the period; else that the period has passed since."""
    meant, long = _meant(match["what"]), period(match)
    end = match.start() + len(match[0].rstrip(" ,."))
    groups = match.groupdict()
    half_lives = groups.get("halves") or groups.get("halves2")
    halves = number(half_lives) if half_lives else 0.0
    whichever: Literal["shorter", "longer"] = (
        "shorter"
        if "shorter" in (groups.get("whichever") or "", groups.get("whichever2") or "")
        else "longer"
    )
    nodes: list[Node] = []
    facts = []
    for name, what in meant.known:
        if recent and not halves:
            nodes.append(source.leaf(PriorTherapy(what, within_days=long.days), match.start(), end))
        else:
            passed = source.leaf(Washout(long.days, what, halves, whichever), match.start(), end)
            nodes.append(Not(passed) if recent else passed)
        facts.append(f"washout {long} {name}")
    for name in meant.others:
        nodes.append(
            source.open(f"when {name} was last given is not in the record", match.start(), end, "text")
        )
        facts.append(f"washout {long} {name}")
    if halves:
        facts += [f"washout {halves:g} half-lives {fact.split(' ', 3)[3]}" for fact in list(facts)]
    if nodes:
        yield Claim(match.start(), end, "washout", joined(nodes, "or" if recent else "and"), tuple(facts))


# ---- prior treatment at any time

_SETTING: tuple[tuple[Setting, str], ...] = (
    (
        "palliative",
        (
            r"(?:in the |for (?:the )?)?(?:recurrent(?: or|/| and/or) ?|locally"
            r" |unresectable or |advanced or |advanced and/or )*(?:metastatic"
            r"|advanced|palliative)(?: \w+ cancer)?(?: (?:disease|setting"
            r"|breast cancer|cancer))?"
        ),
    ),
    (
        "curative",
        r"(?:in the )?(?:neo-?adjuvant|adjuvant)(?: (?:or|and/or) (?:neo-?)?adjuvant)?(?: setting)?",
    ),
)


def prior_therapies(source: Source) -> Iterator[Claim]:
    """`Prior treatment with X`, `must have received X`: given at any time."""
    _, _, _, prior = _patterns()
    for match in prior.finditer(source.seen):
        if re.match(
            r"[^.;]{0,40}\b(?:with)?in (?:the )?(?:last|past|previous|preceding|\d|{COUNT})\b",
            source.seen[match.end() :],
        ):
            continue
        meant = _meant(match["what"])
        nodes: list[Node] = [source.leaf(PriorTherapy(what), *match.span()) for _, what in meant.known]
        nodes += [
            source.open(f"whether {name} was given is not in the record", *match.span())
            for name in meant.others
        ]
        facts = tuple(f"prior {name}" for name, _ in meant.known) + tuple(
            f"prior {name}" for name in meant.others
        )
        if not nodes:
            continue
        how: Literal["and", "or"] = "or" if source.excludes or meant.joint == "or" else "and"
        yield Claim(*match.span(), "prior therapy", joined(nodes, how), facts)


# ---- lines

_LINES = re.compile(
    r"(?:(?:received|failed|had|undergone|treated with|progressed (?:on"
    rf"|after)|failed after)\s)?(?:(?P<sign>{SIGN})\s*(?P<count>{COUNT})"
    r"|(?P<either>one or two|1 or 2|1-2|one to two|1-3|one to three)|"
    rf"(?P<more>{COUNT}),? {AFTER.format('after')})(?: \(\d\))? (?:(?:prior"
    r"|previous|different|separate) )?"
    r"(?:(?:lines?|regimens?|courses?)(?: of)?|(?:(?:prior|previous|systemic"
    r"|chemotherapeutic|chemotherapy|cytotoxic|standard|anti-?cancer|anti-?her-?2"
    r"|therapy|treatment|therapeutic|systemic therapy)[ -])+(?:lines?"
    r"|regimens?|treatments?|therap(?:y|ies)))"
    r"(?: (?:of )?(?P<of>(?:prior |previous |systemic |standard |cytotoxic"
    r" |anti-?cancer |palliative )*(?:chemotherapy|therapy|treatment|anti-?her-?2"
    r" therapy|systemic therapy|chemotherapeutic regimens?|regimens?)))?"
)


def prior_lines(source: Source) -> Iterator[Claim]:
    """A number of lines, where the text says whether it counts those of advanced disease it is kept."""
    for match in _LINES.finditer(source.seen):
        limits = _line_limits(match)
        if not limits or not re.search(r"prior|previous|line|failed|received", match[0]):
            continue
        setting, end = _setting(source.seen, match.end())
        chemo = re.search(r"chemother|cytotoxic", match[0]) is not None
        her2 = re.search(r"her-?2", match[0]) is not None
        of = (
            Treatments(classes=("chemotherapy",))
            if chemo
            else Treatments(classes=("HER2-directed therapy",))
            if her2
            else Treatments()
        )
        nodes: list[Node] = [
            source.leaf(PriorLines(limit, of, setting), match.start(), end) for limit in limits
        ]
        yield Claim(
            match.start(),
            end,
            "prior lines",
            joined(nodes, "and"),
            tuple(f"lines {limit}" for limit in limits),
        )


def _line_limits(match: re.Match[str]) -> list[Comparison]:
    if match["either"]:
        digits = {"one": "1", "two": "2", "three": "3"}
        low, high = re.split(r" or | to |-", match["either"])
        return [
            Comparison(">=", float(digits.get(low, low))),
            Comparison("<=", float(digits.get(high, high))),
        ]
    if match["after"]:
        sign = ">=" if match["after"] in ("more", "greater", "higher", "above", "over") else "<="
        return [Comparison(sign, number(match["more"]))]  # type: ignore[arg-type]
    return [Comparison(sign_of(match["sign"]), number(match["count"]))]


def _setting(seen: str, at: int) -> tuple[Setting, int]:
    for setting, pattern in _SETTING:
        match = re.match(rf"[ ,(]*(?:for |in )?{pattern}\)?", seen[at:])
        if match is not None and match.end():
            return setting, at + match.end()
    return "", at
