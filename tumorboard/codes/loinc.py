"""LOINC codes of laboratory results."""

from __future__ import annotations

import re
from typing import Self

from tumorboard.codes.code import Code


class Loinc(Code):
    """A LOINC number with its check digit, for example 2039-6 (carcinoembryonic antigen).

    The check digit is the mod-10 (Luhn) digit of LOINC Users' Guide, appendix "Calculating mod 10
    check digits", so most typing errors are refused.
    """

    __slots__ = ()
    what = "a LOINC code"
    example = "2039-6"
    pattern = re.compile(r"\d{1,7}-\d", re.ASCII)

    @classmethod
    def parse(cls, text: object) -> Self:
        code = super().parse(text)
        number, digit = code.split("-")
        if _mod10(number) != int(digit):
            raise ValueError("not a LOINC code: the check digit after the dash does not fit the number")
        return code


def _mod10(number: str) -> int:
    total = 0
    for place, character in enumerate(reversed(number)):
        digit = int(character) * (2 if place % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return -total % 10
