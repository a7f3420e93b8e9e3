"""TNM categories and stage groups (UICC/AJCC TNM classification, 8th edition)."""

from __future__ import annotations

import re

from tumorboard.codes.code import Code

_PREFIXES = r"(?:y?[cpr]|y|a)?"  # clinical, pathologic, after therapy, recurrence, autopsy


class _TnmCategory(Code):
    __slots__ = ()

    @classmethod
    def _tidy(cls, text: str) -> str:
        compact = re.sub(r"\s+", "", text)
        match = re.fullmatch(rf"({_PREFIXES})([TNMtnm])(.*)", compact)
        if match is None:
            return compact
        prefix, letter, rest = match.groups()
        rest = "is" if rest.lower() == "is" else rest.lower().replace("x", "X")
        return f"{prefix}{letter.upper()}{rest}"


class TCategory(_TnmCategory):
    """Extent of the primary tumour: TX, T0, Tis, T1 to T4 with a letter; may carry p, c, y or r."""

    __slots__ = ()
    what = "a T category"
    example = "pT2a"
    pattern = re.compile(_PREFIXES + r"T(?:X|0|is|[1-4][a-e]?\d?)(?:\(m\))?", re.ASCII)


class NCategory(_TnmCategory):
    """Regional lymph nodes: NX, N0 to N3 with a letter."""

    __slots__ = ()
    what = "an N category"
    example = "cN1"
    pattern = re.compile(_PREFIXES + r"N(?:X|[0-3][a-c]?)(?:\(?(?:i|mi|mol|sn)[+-]?\)?)?")


class MCategory(_TnmCategory):
    """Distant metastasis: M0 or M1 with a letter (MX is no longer a category, but is still sent)."""

    __slots__ = ()
    what = "an M category"
    example = "M1b"
    pattern = re.compile(_PREFIXES + r"M(?:X|0(?:\(i\+\))?|1[a-d]?\d?)", re.ASCII)


class StageGroup(Code):
    """A stage group such as IIIB; `Stage 3b`, `stage IIIb` and `IIIB` are the same."""

    __slots__ = ()
    what = "a stage group"
    example = "IIIB"
    pattern = re.compile(r"(?:0|I{1,3}|IV)[A-E]?[1-3]?(?:IS)?")

    @classmethod
    def _tidy(cls, text: str) -> str:
        compact = re.sub(r"^STAGE|\s+", "", text.upper())
        return re.sub(r"^[1-4]", lambda digit: _ROMAN[digit.group()], compact)

    @property
    def level(self) -> int:
        """0 to 4, without the letter."""
        numeral = re.match(r"0|IV|I{1,3}", self)
        return _LEVELS[numeral.group()] if numeral else 0


_ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV"}
_LEVELS = {"0": 0, "I": 1, "II": 2, "III": 3, "IV": 4}
