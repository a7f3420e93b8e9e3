"""The common shape of a code: a string that was checked once."""

from __future__ import annotations

import re
from typing import ClassVar, Self

_LONGEST = 200


class Code(str):
    """A string in its normal form. Build it with `parse`, never directly from outside text."""

    __slots__ = ()

    what: ClassVar[str]
    example: ClassVar[str]
    pattern: ClassVar[re.Pattern[str]]

    @classmethod
    def parse(cls, text: object) -> Self:
        """The code in its normal form; raises ValueError, in words, if `text` is not one."""
        raw = "" if text is None else str(text).strip()
        tidied = cls._tidy(raw) if len(raw) <= _LONGEST else ""
        if not cls.pattern.fullmatch(tidied):
            raise ValueError(f"not {cls.what}; expected something like {cls.example}")
        return cls(tidied)

    @classmethod
    def _tidy(cls, text: str) -> str:
        return text.upper()
