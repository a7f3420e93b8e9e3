"""Stage, size and performance status in prose."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tumorboard.codes.performance import Ecog, Karnofsky
from tumorboard.codes.tnm import StageGroup
from tumorboard.pipeline.silver.text.mentions import Mention, only_with

# A category that stands alone needs its prefix: T2 alone is also an MRI weighting or a vertebra.
_T, _N, _M = (
    r"T(?:is|X|[0-4][a-e]?\d?)",
    r"N(?:X|[0-3][a-c]?)(?:\((?:sn|mi|i[+-])\))?",
    r"M(?:X|0|1[a-d]?\d?)",
)
_PREFIX = r"(?:y?[cp]|y|r|a)"
_TNM = re.compile(
    rf"(?<![\w-])(?:{_PREFIX}?{_T}(?:\s?\(m\))?[\s,]*{_PREFIX}?{_N}(?:[\s,]*{_PREFIX}?{_M})?"
    rf"|{_PREFIX}{_T}|{_PREFIX}{_N}|{_PREFIX}?{_N}[\s,]*{_PREFIX}?{_M}|{_PREFIX}{_M})(?![\w-])"
)
_GROUP = re.compile(
    r"(?<![\w-])stage(?:d as| group)?[\s:]*(?P<group>(?:IV|I{1,3}|[0-4])(?:[ ]?[A-Da-d][1-3]?)?)(?![\w/-])",
    re.IGNORECASE,
)
_ECOG = re.compile(
    r"(?<![\w-])(?:ECOG|WHO|Zubrod)(?:[\s/-]*(?:PS|performance(?:[\s-]+status)?|WHO|score|grade|status))*"
    r"[\s:=-]*(?:of|is|was|remains|at|currently)?[\s:=]*(?P<low>[0-5])(?:\s*(?:-|–|to"
    r"|/)\s*(?P<high>[0-5]))?(?![\w.]*\d|\s*%)"
    r"|(?<![\w-])(?:performance\s+status|PS)[\s:=]*(?:of|is|was)?[\s:=]*(?P<plain>[0-5])(?![\w.]*\d|\s*%)",
    re.IGNORECASE,
)
_KPS = re.compile(
    r"(?<![\w-])(?:KPS|Karnofsky(?:\s+(?:performance\s+status|index|score|PS))?)[\s:=]*(?:of|is|was)?[\s:=]*"
    r"(?P<value>100|[1-9]0)\s*%?",
    re.IGNORECASE,
)
_SIZE = re.compile(
    r"(?P<value>\d{1,3}(?:[.,]\d{1,2})?)\s*(?P<unit>mm|cm)\s+(?:in\s+)?(?:the\s+)?(?:longest|largest"
    r"|greatest|maximum|max\.?)"
    r"\s+(?:axial\s+)?(?:diameter|dimension|extent)"
    r"|(?:diameter|measur(?:es|ing)|size)\s+(?:of\s+"
    r"|about\s+)*(?P<value2>\d{1,3}(?:[.,]\d{1,2})?)\s*(?P<unit2>mm|cm)\b",
    re.IGNORECASE,
)


def tnm(sentence: str) -> Iterator[Mention]:
    for match in _TNM.finditer(sentence):
        value = re.sub(r"[\s,]+", " ", match.group())
        value = re.sub(r"(?<=[\da-eX)])(?=[ycpra]*[NM][\dX])", " ", value)
        yield Mention("stage", re.sub(r" +", " ", value), *match.span(), "stage.tnm")


@only_with("stage")
def group(sentence: str) -> Iterator[Mention]:
    for match in _GROUP.finditer(sentence):
        try:
            value = str(StageGroup.parse(match["group"]))
        except ValueError:  # a letter that only looks like one: the dotless and dotted I of Turkish
            continue
        yield Mention("stage", f"stage {value}", *match.span(), "stage.group")


@only_with("ecog", "who", "zubrod", "performance", "ps")
def ecog(sentence: str) -> Iterator[Mention]:
    """A range is given as it stands, `1-2`."""
    for match in _ECOG.finditer(sentence):
        low = str(int(Ecog.parse(match["low"] or match["plain"])))
        yield Mention("ecog", f"{low}-{match['high']}" if match["high"] else low, *match.span(), "ecog.score")


@only_with("kps", "karnofsky")
def karnofsky(sentence: str) -> Iterator[Mention]:
    for match in _KPS.finditer(sentence):
        yield Mention("kps", str(int(Karnofsky.parse(match["value"]))), *match.span(), "kps.score")


@only_with("diamet", "dimens", "extent", "measur", "size")
def size(sentence: str) -> Iterator[Mention]:
    """The longest diameter of a lesion, in mm."""
    for match in _SIZE.finditer(sentence):
        number = float((match["value"] or match["value2"]).replace(",", "."))
        unit = (match["unit"] or match["unit2"]).lower()
        yield Mention(
            "tumor_size", f"{number * (10 if unit == 'cm' else 1):g} mm", *match.span(), "size.longest"
        )
