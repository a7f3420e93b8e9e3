"""Laboratory limits, kidney and heart function: `ANC ≥ 1.5 x 10^9/L`, `AST and ALT ≤ 2.5 x ULN (≤ 5 x
ULN if ...)`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tumorboard.trials.criteria import (
    And,
    Comparison,
    KidneyFunction,
    Lab,
    Node,
    Or,
    Predicate,
    Question,
    Sex,
)
from tumorboard.trials.eligibility.claims import Claim, ClaimKind, Joint, Source, joined
from tumorboard.trials.eligibility.view import NUMBER, POWER, SIGN, number, sign_of

# What trials call it -> our name; the longer names first where one begins another.
_NAMES = (
    ("neutrophils", r"(?:absolute )?(?:neutrophils?|granulocytes?)(?: cells?)?|anc"),
    ("lymphocytes", r"(?:absolute )?lymphocytes?"),
    ("leukocytes", r"white blood cells?|leu[ck]ocytes?|wbc"),
    ("platelets", r"platelets?|thrombocytes?|plt"),
    ("hemoglobin", r"ha?emoglobin|hgb|hb"),
    ("creatinine clearance", r"(?:creatinine|crea?t?) clearance|crcl|ccr|e?gfr"
     r"|(?:estimated )?glomerular filtration rate"),
    ("creatinine", r"creatinine"),
    ("direct bilirubin", r"(?:direct|conjugated) bilirubin"),
    ("bilirubin", r"bilirubin"),
    ("AST", r"aspartate (?:amino)?transferase|aspartate transaminase|s?got\b|ast"),
    ("ALT", r"alanine (?:amino)?transferase|alanine transaminase|s?gpt\b|alt"),
    ("transaminases", r"(?:serum )?transaminases|liver transaminases|aminotransferases"),
    ("ALP", r"alkaline phosphatase|alk(?:aline)? phos|alp|ap(?= (?:≤|<))"),
    ("albumin", r"albumin"),
    ("INR", r"international normali[sz]ed ratio|pt[-/ ]inr|inr"),
    ("aPTT", r"(?:activated )?partial thromboplastin time|a?ptt"),
    ("PT", r"prothrombin time|pt(?= ?[/)(,]| (?:and|or|≤|<))"),
    ("lipase", r"lipase"),
    ("amylase", r"amylase"),
    ("magnesium", r"magnes(?:ium|emia)"),
    ("calcium", r"(?:corrected )?calcium"),
    ("potassium", r"potassium"),
    ("LDH", r"lactate dehydrogenase|ldh"),
    ("LVEF", r"left ventricular ejection fraction|(?:cardiac )?ejection fraction|lvef"),
    ("QTc", r"(?:corrected )?qt(?:c[fb]?)?(?: interval)?|qtc[fb]?"),
)  # fmt: skip
_NAME_OF = tuple((name, re.compile(pattern)) for name, pattern in _NAMES)
_ANY = "|".join(pattern for _, pattern in _NAMES)
_NAME = (
    rf"\b(?:{_ANY})(?:s|\b)(?: (?:count|level|concentration|value|interval)s?)?"
    rf"(?: ?\((?:[a-z/ -]{{2,30}})\))?"
)
_BEFORE = (
    r"(?:(?:serum|plasma|blood|total|peripheral|calculated|estimated|measured|the|both|baseline|corrected) )"
)
_NAMES_LIST = rf"{_BEFORE}*{_NAME}(?:\s?(?:,|/|;|,? ?and ?/ ?or|,? and|,? or)\s?{_BEFORE}*{_NAME}){{0,5}}"
_IS = (
    r"(?:[ ,:(-]|=(?! ?[<>]))*(?:(?:counts?|levels?|of|is|are|must be"
    r"|should be|be|has to be|values?|time|result|increased|elevated|both"
    r"|consistently|that is"
    r"|interval|clearance|a)[ :]+){0,4}\(?"
)
_LIMIT = (
    rf"(?:(?P<value>{NUMBER}){POWER}?(?:\s?(?P<times>x|times|-?fold|x the)?)?\s?(?P<uln>(?:x ?)?(?:the )?"
    r"(?:(?:institutional|laboratory|local|age-adjusted|respective)(?:'s)?"
    r" )*(?:iuln|uln\b|upper limits? (?:of |for )?(?:the )?"
    r"normal|normal(?: limits?)?\b|lln\b|lower limits? of normal)(?: range)?)?"
    r"(?:\s?(?P<unit>%|(?:cells|g|mg|mmol|umol|ug|mcg|ml|msec|ms|u|iu"
    r"|k|milliseconds?|gm)?\s?(?:/|per|\bx\b)?\s?(?:mm {0,2}\(?3\)?|cmm"
    r"|m?cl|ul|"
    r"microl(?:iter)?|mcl|dl|deciliter|l\b|liter|litre|ml|minute|min\b)?"
    r"(?:\s?(?:per|/)\s?1[.,]73 ?(?:m|sqm|square met)\w*(?: ?2\)?)?)?))?"
    r"|(?P<bare>(?:the )?(?:institutional )?(?:uln\b|upper limits? (?:of |for )?(?:the )?normal)))"
)
# A second pair of brackets often explains the limit again.
_ULN_NOTE = (
    r"(?: ?\((?:i?uln|upper limits? (?:of|for) normal|upper limit normal)\)?)?"
    r"(?: for (?:the|that) (?:reference )?lab(?:oratory)?)?"
)
_ALONE = re.compile(rf"(?P<names>{_NAMES_LIST}){_IS}(?P<sign>{SIGN})\s*{_LIMIT}{_ULN_NOTE}")
_NORMAL = re.compile(
    rf"(?P<names>{_NAMES_LIST})[ ,:-]*(?:(?:is|are|must be|should be)\s)?"
    r"(?P<normal>within (?:the )?(?:institutional )?"
    r"(?:normal (?:limits|range)|limits of normal))"
)
_CONDITION = (
    r"(?:documented |known |presence of |the |underlying )*(?P<condition>"
    r"(?:(?:liver|hepatic|bone|skeletal)(?:(?: ?/ ?| and/or | or )"
    r"(?:liver|hepatic|bone|skeletal))?|hepatic and/or bone)(?: tumou?r)?"
    r" (?:metasta[a-z]+(?:\(es\))?|involvement|mets|lesions?|disease)"
    r"(?: (?:and/or|or) bone metastases)?"
    r"|gilbert'?s?(?: (?:disease|syndrome))?)(?: (?:are|is) present)?"
)
_FOR = r"(?:(?:,? ?(?:or|and|but|with))? ?(?:up to )?)"
_WHOM = (
    r"(?:for|if|in case of|in|with|in the (?:case|presence) of|when|unless)\s"
    r"(?:(?:patients?|subjects?|participants?|those|the patient|there)"
    r"\s)?(?:(?:with|who have|has|have|having|are|is|a diagnosis of|due to)\s)*"
)
_WHOM_FIRST = _WHOM.replace("(?:for|if", "(?:for|if|patients?")
_TAIL = re.compile(rf"[\s,;(]*{_FOR}[\s(]*(?P<sign>{SIGN})\s*{_LIMIT}[\s,]*{_WHOM}{_CONDITION}\s?\)?")
_TAIL_FIRST = re.compile(
    rf"[\s,;.(:]*(?:(?:with|the|following|exception|except|except for|unless)[\s:,]+)*{_WHOM_FIRST}"
    rf"{_CONDITION}"
    r"[\s,:]*(?:(?:who have|must have|have|has|may have|serum|total|level"
    rf"|in which case)[\s,:]+)*(?P<again>{_NAMES_LIST})?[\s,:]*(?P<sign>{SIGN})\s*{_LIMIT}\s?\)"
    r"?"
)


@dataclass(frozen=True, slots=True)
class _Limit:
    """A value with its unit, or with the limit of normal that it multiplies."""

    comparison: Comparison
    unit: str
    reference: str

    def words(self, name: str) -> str:
        return f"{name} {self.comparison} {self.reference or self.unit}".rstrip()


def laboratory(source: Source) -> Iterator[Claim]:
    """Every limit of a laboratory value that has a sign, a number and a unit that can be its own."""
    for match in _ALONE.finditer(source.seen):
        claim = _claim(source, match)
        if claim is not None:
            yield claim
    for match in _NORMAL.finditer(source.seen):
        yield _normal(source, match)


def _claim(source: Source, match: re.Match[str]) -> Claim | None:
    limit, names = _limit(match), _names(match["names"])
    if limit is None or not names or not all(_plausible(name, limit) for name in names):
        return None
    start, end = match.start() + len(match[0]) - len(match[0].lstrip()), match.end()
    how = _joint(match["names"], source.excludes) if len(names) > 1 else "and"
    nodes = [_leaf(source, name, limit, start, end) for name in names]
    facts = [limit.words(_name(name, limit)) for name in names]
    for tail in _tails(source.seen, end):
        extra = _limit(tail)
        if extra is None:
            break
        meant = _names(tail.groupdict().get("again") or "") or names
        if not set(meant) <= set(names):
            break
        nodes = [
            _or_if(source, node, _leaf(source, name, extra, *tail.span()), tail) if name in meant else node
            for node, name in zip(nodes, names, strict=True)
        ]
        facts += [f"{extra.words(name)} if {_condition(tail['condition'])}" for name in meant]
        end = tail.end()
    doubt = "'or' between values that may all be meant" if how == "unclear" else ""
    return Claim(start, end, _kind(names[0]), joined(nodes, how), tuple(facts), doubt)


def _name(name: str, limit: _Limit) -> str:
    """Creatinine in mL/min is its clearance."""
    return "creatinine clearance" if name == "creatinine" and limit.unit.startswith("mL/min") else name


def _tails(seen: str, at: int) -> Iterator[re.Match[str]]:
    for _ in range(3):
        tail = _TAIL.match(seen, at) or _TAIL_FIRST.match(seen, at)
        if tail is None:
            return
        yield tail
        at = tail.end()


def _or_if(source: Source, usual: Node, special: Node, tail: re.Match[str]) -> Node:
    """Within the usual limit, or within the wider one if the condition holds; nobody has asked that yet."""
    condition = source.open(f"whether there is: {_condition(tail['condition'])}", *tail.span("condition"))
    return Or((usual, And((special, condition))))


def _condition(words: str) -> str:
    if words.startswith("gilbert"):
        return "Gilbert"
    liver, bone = re.search("liver|hepatic", words), re.search("bone|skeletal", words)
    return (
        "liver or bone metastases" if liver and bone else "liver metastases" if liver else "bone metastases"
    )


def _names(words: str) -> list[str]:
    found: list[tuple[int, str]] = []
    for name, pattern in _NAME_OF:
        for match in re.finditer(rf"(?<![a-z])(?:{pattern.pattern})(?![a-z])", words):
            if not any(match.start() < end and start < match.end() for start, end, _ in _taken(found, words)):
                found.append((match.start(), name))
    ordered = [name for _, name in sorted(found)]
    spelt = ["AST", "ALT"] if "transaminases" in ordered else ordered
    return list(dict.fromkeys(spelt))


def _taken(found: list[tuple[int, str]], words: str) -> list[tuple[int, int, str]]:
    """The stretches already read, so that `creatinine` is not found inside `creatinine clearance`."""
    patterns = dict(_NAMES)
    taken = []
    for start, name in found:
        match = re.compile(patterns[name]).match(words, start)
        if match is not None:
            taken.append((start, match.end(), name))
    return taken


def _joint(names: str, excludes: bool) -> Joint:
    """`AST/ALT` and `AST and ALT` are both; in an exclusion any one counts where the text says `or`."""
    outside = re.sub(r"\([^)]*\)", "", names)
    if re.search(r"and ?/ ?or|/", outside):
        return "or" if excludes else "and"
    if re.search(r"\bor\b", outside):
        return "or" if excludes else "unclear"
    return "unclear" if excludes else "and"


def _limit(match: re.Match[str]) -> _Limit | None:
    sign = sign_of(match["sign"])
    if match["bare"]:
        return _Limit(Comparison(sign, 1.0), "", "ULN")
    value = number(match["value"])
    if match["uln"]:
        reference = "LLN" if re.search(r"lln|lower", match["uln"]) else "ULN"
        return None if match["power"] else _Limit(Comparison(sign, value), "", reference)
    if match["times"]:
        return None
    unit = _unit(match["unit"] or "", match["power"])
    return None if unit is None else _Limit(Comparison(sign, value), unit, "")


_VOLUMES = (
    ("L", r"l|liter|litre"),
    ("uL", r"ul|mm {0,2}\(?3\)?|cmm|microl(?:iter)?|mcl|cl"),
    ("dL", r"dl|deciliter"),
    ("mL", r"ml"),
    ("min", r"min(?:ute)?"),
)


def _unit(words: str, power: str | None) -> str | None:
    """The unit in the spelling of UCUM; None where there is none that can be read."""
    tidy = re.sub(r"\s+", " ", words).strip()
    if tidy in ("%",):
        return "%"
    if re.fullmatch(r"ms|msec|milliseconds?", tidy):
        return "ms"
    surface = re.search(r"(?:per|/) ?1[.,]73", tidy)
    head = tidy[: surface.start()].strip() if surface else tidy
    match = re.fullmatch(
        r"(cells|gm?|mg|mmol|umol|ug|mcg|ml|u|iu|k)? ?(?:/|per|x)? ?([a-z]+(?: ?\(?3\)?)?)", head
    )
    volume = next((ours for ours, pattern in _VOLUMES if match and re.fullmatch(pattern, match[2])), "")
    if not match or not volume:
        return None
    top = {"cells": "", None: "", "gm": "g", "mcg": "ug", "k": "10*3", "ml": "mL", "u": "U", "iu": "U"}.get(
        match[1], match[1]
    )
    if power:
        top = f"10*{power}" if not top else "?"
    return f"{top}/{volume}{'/1.73m2' if surface else ''}"


# The limits that can be meant, in each unit. Outside of them the text has a typing error, which nobody
# should act on.
_RANGES: dict[str, dict[str, tuple[float, float]]] = {
    "neutrophils": {"/uL": (100, 20_000), "10*9/L": (0.1, 20), "10*3/uL": (0.1, 20)},
    "lymphocytes": {"/uL": (50, 10_000), "10*9/L": (0.05, 10), "10*3/uL": (0.05, 10)},
    "leukocytes": {"/uL": (500, 100_000), "10*9/L": (0.5, 100), "10*3/uL": (0.5, 100)},
    "platelets": {"/uL": (5_000, 1_000_000), "10*9/L": (5, 1000), "10*3/uL": (5, 1000)},
    "hemoglobin": {"g/dL": (4, 20), "g/L": (40, 200), "mmol/L": (2.5, 12)},
    "creatinine": {"mg/dL": (0.3, 10), "umol/L": (30, 900), "mL/min": (10, 150)},
    "creatinine clearance": {"mL/min": (10, 150), "mL/min/1.73m2": (10, 150)},
    "bilirubin": {"mg/dL": (0.2, 20), "umol/L": (3, 350)},
    "direct bilirubin": {"mg/dL": (0.1, 20), "umol/L": (2, 350)},
    "AST": {"U/L": (10, 1000)}, "ALT": {"U/L": (10, 1000)}, "ALP": {"U/L": (20, 3000)},
    "LDH": {"U/L": (50, 5000)}, "lipase": {"U/L": (10, 2000)}, "amylase": {"U/L": (10, 2000)},
    "albumin": {"g/dL": (1, 6), "g/L": (10, 60)},
    "calcium": {"mg/dL": (5, 20), "mmol/L": (1, 5)},
    "magnesium": {"mg/dL": (0.5, 10), "mmol/L": (0.2, 5)},
    "potassium": {"mmol/L": (1.5, 10)},
    "LVEF": {"%": (10, 90)}, "QTc": {"ms": (300, 700)},
}  # fmt: skip


def _plausible(name: str, limit: _Limit) -> bool:
    if limit.reference:
        return 0.3 <= limit.comparison.number <= 30
    low, high = _RANGES.get(name, {}).get(limit.unit, (1.0, 0.0))
    return low <= limit.comparison.number <= high


_ANALYTES = {
    "neutrophils": "Neutrophils",
    "lymphocytes": "Lymphocytes",
    "leukocytes": "Leukocytes",
    "platelets": "Platelets",
    "hemoglobin": "Hemoglobin",
    "creatinine": "Creatinine",
    "bilirubin": "Bilirubin total",
    "ALP": "Alkaline phosphatase",
    "albumin": "Albumin",
    "calcium": "Calcium",
    "potassium": "Potassium",
    "direct bilirubin": "Bilirubin direct",
    "magnesium": "Magnesium",
    "lipase": "Lipase",
    "amylase": "Amylase",
}


def _leaf(source: Source, name: str, limit: _Limit, start: int, end: int) -> Node:
    asks: Question
    if name == "creatinine clearance" or limit.unit.startswith("mL/min"):
        asks = KidneyFunction(limit.comparison, "mL/min/1.73m2" if "1.73" in limit.unit else "mL/min")
    else:
        asks = Lab(_ANALYTES.get(name, name), limit.comparison, limit.unit, limit.reference)  # type: ignore[arg-type]
    return source.leaf(asks, start, end)


def _kind(name: str) -> ClaimKind:
    kinds: dict[str, ClaimKind] = {"creatinine clearance": "kidney", "LVEF": "heart", "QTc": "heart"}
    return kinds.get(name, "laboratory")


def _normal(source: Source, match: re.Match[str]) -> Claim:
    """Within normal limits: neither below the lower nor above the upper one."""
    names = _names(match["names"])
    low, high = _Limit(Comparison(">=", 1.0), "", "LLN"), _Limit(Comparison("<=", 1.0), "", "ULN")
    limits = [(name, limit) for name in names for limit in (low, high)]
    nodes = [_leaf(source, name, limit, *match.span()) for name, limit in limits]
    return Claim(
        *match.span(), "laboratory", joined(nodes, "and"), tuple(limit.words(name) for name, limit in limits)
    )


_BY_SEX = re.compile(
    rf"(?P<names>{_NAMES_LIST}){_IS}(?P<sign>{SIGN})\s*(?P<first>{NUMBER})\s?"
    r"(?P<unit>ms|msec|g ?/ ?dl|mg ?/ ?dl)?,? (?:for|in|if)"
    rf" (?P<sex>men|males?|women|females?)(?: (?:and|or|,)+)*[\s,;(]*(?P<sign2>{SIGN})\s*"
    rf"(?P<second>{NUMBER})\s?"
    r"(?P<unit2>ms|msec|g ?/ ?dl|mg ?/ ?dl)? (?:for|in|if) (?P<sex2>men|males?|women|females?)\)?"
)


def by_sex(source: Source) -> Iterator[Claim]:
    """`QTc > 450 ms for men and > 470 ms for women`: one limit for each sex."""
    for match in _BY_SEX.finditer(source.seen):
        names = _names(match["names"])
        unit = _unit(match["unit"] or match["unit2"] or ("ms" if names == ["QTc"] else ""), None)
        if len(names) != 1 or unit is None or match["sex"][0] == match["sex2"][0]:
            continue
        parts, facts = [], []
        for sign, value, sex in (("sign", "first", "sex"), ("sign2", "second", "sex2")):
            limit = _Limit(Comparison(sign_of(match[sign]), number(match[value])), unit, "")
            is_man = match[sex][0] == "m"
            leaf = _leaf(source, names[0], limit, *match.span())
            parts.append(And((source.leaf(Sex("male" if is_man else "female"), *match.span(sex)), leaf)))
            facts.append(f"{limit.words(names[0])} if {'male' if is_man else 'female'}")
        yield Claim(*match.span(), _kind(names[0]), Or(tuple(parts)), tuple(facts))


_BMI = re.compile(
    rf"\b(?P<what>bmi|body mass index|(?:body )?weight)(?: ?\(bmi\))?{_IS}"
    rf"(?P<sign>{SIGN})\s*(?P<value>{NUMBER})\s?(?P<unit>kg(?: ?/ ?m ?\(?2?\)?)?)?"
)
_PRESSURE = re.compile(
    r"\b(?P<what>systolic|diastolic|sbp|dbp)(?: (?:blood pressure|bp))?"
    rf"(?: ?\([sd]bp\))?{_IS}(?P<sign>{SIGN})\s*(?P<value>\d{{2,3}})(?:"
    r" ?mm ?hg)?"
    rf"|(?P<sign2>{SIGN})\s*(?P<value2>\d{{2,3}}) ?(?:mm ?hg )(?P<what2>systolic|diastolic)"
)
_VITALS = {
    "b": ("bmi", "BMI", "kg/m2"),
    "w": ("weight", "Body weight", "kg"),
    "s": ("sbp", "Systolic blood pressure", "mm[Hg]"),
    "d": ("dbp", "Diastolic blood pressure", "mm[Hg]"),
}


def vital_signs(source: Source) -> Iterator[Claim]:
    """Body mass index, weight, blood pressure."""
    for match in _BMI.finditer(source.seen):
        what = "b" if "m" in match["what"] and "weight" not in match["what"] else "w"
        if (what == "b") or (match["unit"] or "").strip() == "kg":
            yield _vital(source, match, what, match["sign"], match["value"])
    for match in _PRESSURE.finditer(source.seen):
        what = (match["what"] or match["what2"])[0]
        yield _vital(source, match, what, match["sign"] or match["sign2"], match["value"] or match["value2"])


def _vital(source: Source, match: re.Match[str], what: str, sign: str, value: str) -> Claim:
    short, name, unit = _VITALS[what]
    comparison = Comparison(sign_of(sign), number(value))
    shown = {"kg/m2": "", "kg": "kg", "mm[Hg]": "mmHg"}[unit]
    leaf = source.leaf(Lab(name, comparison, unit), *match.span())
    return Claim(*match.span(), "vital sign", leaf, (f"{short} {comparison} {shown}".rstrip(),))


def dated(claim: Claim, days: int) -> Claim:
    """The claim with the age its results may have, where the criterion states one for all of them."""
    return replace(claim, node=_dated(claim.node, days))


def _dated(node: Node, days: int) -> Node:
    if isinstance(node, And | Or):
        return type(node)(tuple(_dated(child, days) for child in node.children))
    if isinstance(node, Predicate) and isinstance(node.asks, Lab | KidneyFunction):
        return replace(node, asks=replace(node.asks, within_days=days))
    return node
