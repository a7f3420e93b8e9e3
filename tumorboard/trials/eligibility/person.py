"""Age, sex, performance status, life expectancy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from tumorboard.trials.criteria import Age, Comparison, Node, Performance, Sex, Sign
from tumorboard.trials.eligibility.claims import Claim, Source, joined
from tumorboard.trials.eligibility.view import (
    AFTER,
    PERIOD,
    SIGN,
    period,
    sign_after,
    sign_of,
)

_UNIT = r"(?:years?|yrs?|y\.?o\.?|months?)"
_OLD = rf"(?:(?:[ -]?{_UNIT})?(?:[ -]?(?:of age|old))?)"
_AGE = re.compile(
    # aged 18 to 75 years; age between 18 and 75; 18-75 years old
    r"(?:\b(?:aged?|ages)\b[ :,=-]*(?:(?:of|is|range|from|must be|between)\s)*"
    rf"(?P<low>\d{{1,3}}) ?{_UNIT}?{_OLD} ?(?:-|to|and|through) ?(?P<high>\d{{1,3}})"
    rf"(?! ?(?:{_UNIT}.{{0,12}})?(?:above|older|over|more)){_OLD}(?:,? inclusive)?"
    rf"|(?:between )?(?P<low2>\d{{1,3}})(?: ?{_UNIT})? ?(?:-|to|and|through)"
    rf" ?(?P<high2>\d{{1,3}})[ -]?{_UNIT} (?:of age|old)(?:,? inclusive)?"
    # age ≥ 18 years
    r"|\b(?:(?:minimum )?age|aged|ages)\b(?: \(?years\)?)?[ :,=-]*(?:"
    r"(?:of|is|must be|should be|at (?:the time of )?(?:consent|enrol?lment"
    rf"|registration|screening))\s)*(?P<sign>{SIGN})\s*(?P<limit>\d{{1,3}}){_OLD}"
    # 18 years of age or older; aged 18 and above
    rf"|(?:(?:\b(?:aged?|ages)\b[ :]*(?:of )?)?(?P<limit2>\d{{1,3}})[ -]?{_UNIT} ?(?:of age|old)?"
    rf"|\b(?:aged?|ages)\b[ :]*(?:of )?(?P<limit6>\d{{1,3}})),? ?{AFTER.format('after')}(?: of age)?"
    # at least 18 years of age
    rf"|(?P<sign3>{SIGN})\s*(?P<limit3>\d{{1,3}})[ -]?{_UNIT} (?:of age|old)\b"
    # Women ≥ 18 years
    r"|\b(?:adults?|women|men|males?|females?|patients?|subjects?|participants?)\b[ ,(]*"
    rf"(?P<sign4>{SIGN})\s*(?P<limit4>\d{{1,3}})[ -]?{_UNIT}\)?"
    rf"|\b(?:minimum age|adults?) (?:of |\(?aged? )(?P<limit5>\d{{2}})[ -]?{_UNIT}?\)?)"
)
_TIMING = re.compile(
    r",? ?\(?(?:male or female|both sexes|of either (?:sex|gender))?\)?,?"
    r" ?(?:at|on) (?:the )?(?:time|day|date|moment) of (?:signing )?"
    r"(?:the |of )?(?:written )?(?:informed )?(?:consent|enrol?lment|registration"
    r"|screening|study entry|inclusion|randomi[sz]ation)(?: form)?"
)


def age(source: Source) -> Iterator[Claim]:
    """Limits of the age today. An age at diagnosis is another question and is not read."""
    for match in _AGE.finditer(source.seen):
        if re.match(r"[ ,:]*at (?:initial |first )?(?:diagnosis|onset)", source.seen[match.end() :]):
            continue
        limits = _limits(match)
        if not limits or not all(0 < limit.number <= 120 for limit in limits):
            continue
        if "month" in match[0] and re.search(r"\by(?:ea)?rs?\b|year", match[0]):
            continue  # `6 months to 18 years`: each limit has a unit of its own
        unit: Literal["years", "months"] = "months" if "month" in match[0] else "years"
        timing = _TIMING.match(source.seen, match.end())
        end = timing.end() if timing else match.end()
        start = match.start("sign4") if match["sign4"] else match.start()
        nodes: list[Node] = [
            source.leaf(Age(limit, unit, completed=limit.sign in (">=", "<=")), start, end)
            for limit in limits
        ]
        facts = tuple(f"age {limit} {unit}" for limit in limits)
        yield Claim(start, end, "age", joined(nodes, "and"), facts)


def _limits(match: re.Match[str]) -> list[Comparison]:
    low, high = match["low"] or match["low2"], match["high"] or match["high2"]
    if low:
        return (
            [Comparison(">=", float(low)), Comparison("<=", float(high))] if float(low) < float(high) else []
        )
    if match["after"]:
        return [Comparison(sign_after(match["after"]), float(match["limit2"] or match["limit6"]))]
    if match["limit5"]:
        return [Comparison(">=", float(match["limit5"]))]
    pairs = ((match[f"sign{n}"], match[f"limit{n}"]) for n in ("", "3", "4"))
    return [Comparison(sign_of(sign), float(limit)) for sign, limit in pairs if sign]


_SEX = re.compile(
    r"\s*(?:(?:the )?(?:patients?|subjects?|participants?) (?:is|are|must"
    r" be|should be) (?:a )?)?(?P<sex>female|male|women|men|woman|man)s?"
    r"(?: (?:patients?|subjects?|participants?|gender|sex))?(?=\s*(?:,"
    r"|\.?$|aged?\b|ages\b|≥|>|\d|at least|who are (?:aged|\d|at least"
    r"|older)|over|between))"
)


def sex(source: Source) -> Iterator[Claim]:
    """Only where the criterion itself begins with it: `Women of childbearing potential must ...` is none."""
    match = _SEX.match(source.seen)
    if match is None or source.excludes:
        return
    value: Literal["female", "male"] = "female" if match["sex"][0] in "fw" else "male"
    start, end = match.span("sex")
    yield Claim(start, match.end(), "sex", source.leaf(Sex(value), start, end), (f"sex {value}",))


# ---- performance status

_ECOG_NAME = (
    r"(?:(?:the )?eastern cooperative oncology group(?: ?\((?:ecog)\))?|ecog"
    r"|zubrod|who(?= (?:performance|ps\b)))"
)
_PS = r"(?:[ -]?(?:performance|status|score|scale|grade|ps\b|\(ps\)|\(ecog\)|\(ecog ps\)))*"
_LIST = (
    r"(?P<{0}>[0-5](?:(?: ?, ?(?:or |and )?| ?- ?| ?/ ?| or | to | and | through |, or )[0-5])*)(?!\d|\.\d|%)"
)
_OF = r"(?:[ :,]|=(?! ?[<>]))*(?:(?:of|is|must be|should be|either|in|the range|between|score|from|a)[ :]+)*"
_ECOG = re.compile(
    r"(?:(?:performance status|ps)(?: of| \(ps\)| by| on| according to"
    rf"| as per)* )?{_ECOG_NAME}{_PS}{_OF}(?:(?P<sign>{SIGN})\s*(?P<limit>[0-5])"
    rf"(?!\d|\.\d|%)|{_LIST.format('list')})"
    rf"|(?:performance status|\bps){_OF}(?:(?P<sign2>{SIGN})\s*(?P<limit2>[0-5])"
    rf"(?!\d|\.\d|%)|{_LIST.format('list2')}) ?\(?(?:by|on|according to"
    rf"|per|using|as per)? ?(?:the )?{_ECOG_NAME}{_PS}\)?"
)
_KPS = re.compile(
    rf"\b(?:karnofsky|kps|lansky)(?:'s)?(?:[ -]?(?:performance|status|score|scale|index|ps\b|\(kps\)))*{_OF}"
    rf"(?:(?P<sign>{SIGN})\s*(?P<limit>\d{{2,3}})|(?P<low>\d{{2,3}}) ?%?"
    rf" ?(?:-|to) ?(?P<high>\d{{2,3}})|(?P<only>\d{{2,3}}) ?%?,? ?{AFTER.format('after')})"
    r" ?%?"
)


def performance(source: Source) -> Iterator[Claim]:
    """ECOG and Karnofsky. A list such as `0, 1 or 2` becomes the limit it means."""
    for match in _ECOG.finditer(source.seen):
        sign, limit = match["sign"] or match["sign2"], match["limit"] or match["limit2"]
        listed = match["list"] or match["list2"]
        limits = [Comparison(sign_of(sign), float(limit))] if sign else _listed(listed)
        if limits:
            yield _score(source, match, "ECOG", limits)
    for match in _KPS.finditer(source.seen):
        limits = _karnofsky(match)
        if limits and all(0 <= limit.number <= 100 for limit in limits):
            yield _score(source, match, "KPS", limits)


def _listed(words: str) -> list[Comparison]:
    values = sorted({int(digit) for digit in re.findall(r"\d", words)})
    is_range = re.search(r"-|to|through", words) is not None
    if not is_range and values != list(range(values[0], values[-1] + 1)):
        return []
    if values[0] == 0:
        return [Comparison("<=", float(values[-1]))]
    if len(values) > 1 and values[-1] >= 4:
        return [Comparison(">=", float(values[0]))]
    if len(values) == 1:
        return [Comparison("==", float(values[0]))]
    return [Comparison(">=", float(values[0])), Comparison("<=", float(values[-1]))]


def _karnofsky(match: re.Match[str]) -> list[Comparison]:
    if match["sign"]:
        return [Comparison(sign_of(match["sign"]), float(match["limit"]))]
    if match["after"]:
        return [Comparison(sign_after(match["after"]), float(match["only"]))]
    low, high = float(match["low"]), float(match["high"])
    both: list[tuple[Sign, float]] = [(">=", low), ("<=", high)]
    return [Comparison(sign, value) for sign, value in both if value < 100]


def _score(
    source: Source, match: re.Match[str], scale: Literal["ECOG", "KPS"], limits: list[Comparison]
) -> Claim:
    nodes: list[Node] = [source.leaf(Performance(scale, limit), *match.span()) for limit in limits]
    facts = tuple(f"{scale.lower()} {limit}" for limit in limits)
    return Claim(*match.span(), "performance", joined(nodes, "and"), facts)


_LIFE = re.compile(
    r"(?:(?:an? )?(?:estimated|anticipated|expected|projected|predicted)"
    r" )?(?:life[ -]?expectancy|survival|expected to live)(?: (?:time"
    r"|duration))?[ :,=]*(?:(?:of|is|must be|should be|estimated|to be"
    r"|for)\s)*"
    rf"(?:(?P<sign>{SIGN})\s*)?{PERIOD},? ?{AFTER.format('after')}?"
)


def life_expectancy(source: Source) -> Iterator[Claim]:
    """Read, but for a person to judge."""
    for match in _LIFE.finditer(source.seen):
        if not match["sign"] and not match["after"]:
            continue
        sign = sign_of(match["sign"]) if match["sign"] else sign_after(match["after"])
        fact = f"life {sign} {period(match)}"
        leaf = source.open("life expectancy: for the treating physician to judge", *match.span(), "judgement")
        yield Claim(*match.span(), "life expectancy", leaf, (fact,))
