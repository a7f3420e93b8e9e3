"""Performance status: ECOG (Oken 1982, PMID 7165009) and Karnofsky (1948)."""

from __future__ import annotations

import re
from typing import Self


class _Score(int):
    what: str
    lowest: int
    highest: int
    step: int = 1
    words: re.Pattern[str]

    @classmethod
    def parse(cls, text: object) -> Self:
        """The score as a number; raises ValueError, in words, if `text` is not one."""
        match = cls.words.fullmatch(str(text).strip()) if len(str(text)) <= 60 else None
        value = int(match.group(1)) if match else -1
        if not cls.lowest <= value <= cls.highest or value % cls.step:
            raise ValueError(
                f"not {cls.what}; expected a number from {cls.lowest} to {cls.highest} in steps of {cls.step}"
            )
        return cls(value)


class Ecog(_Score):
    """ECOG performance status: 0 (fully active) to 5 (dead)."""

    what = "an ECOG performance status"
    lowest, highest = 0, 5
    words = re.compile(r"(?:(?:ECOG|PS|WHO)\s*(?:PS)?\s*[:=]?\s*)?(\d)(?:\.0)?", re.IGNORECASE | re.ASCII)


class Karnofsky(_Score):
    """Karnofsky performance status: 0 to 100 in steps of ten."""

    what = "a Karnofsky performance status"
    lowest, highest, step = 0, 100, 10
    words = re.compile(r"(?:(?:KPS|Karnofsky)\s*[:=]?\s*)?(\d{1,3})(?:\.0)?\s*%?", re.IGNORECASE | re.ASCII)
