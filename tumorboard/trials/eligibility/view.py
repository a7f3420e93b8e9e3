"""A text as the rules see it, with numbers, signs and periods read.

The view has the length of the text, so a place in one is the same place in the other: escapes of the
registry's
markup (`\\>=`) become blanks, letters are lower case, and the many signs for one thing become one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from tumorboard.trials.criteria import Sign

_SAME = {
    "≥": "≥",
    "≧": "≥",
    "⩾": "≥",
    "≤": "≤",
    "≦": "≤",
    "⩽": "≤",
    "×": "x",
    "✕": "x",
    "µ": "u",
    "μ": "u",
    "\\": " ",
    "–": "-",
    "—": "-",
    "‑": "-",
    "‐": "-",
    "−": "-",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "\u00a0": " ",
    "\u2009": " ",
    "\u202f": " ",
    "³": "3",
    "²": "2",
    "⁹": "9",
    "®": " ",
    "™": " ",
    "[": "(",
    "]": ")",
    "*": " ",
    "\n": "\n",
    "\t": " ",
    "\r": " ",
    "^": " ",
}


def view(text: str) -> str:
    """The text in one spelling, character by character."""
    seen = list(map(_plain, text))
    for escape in _ESCAPE.finditer(text):  # the escaped sign first, so that it touches the word before it
        seen[escape.start()], seen[escape.start() + 1] = _plain(escape[0][1]), " "
    return "".join(seen)


_ESCAPE = re.compile(r"\\[^\\\w\s]")


def _plain(character: str) -> str:
    if character in _SAME:
        return _SAME[character]
    low = character.lower()
    if low.isascii():
        return low
    bare = unicodedata.normalize("NFKD", low)[:1]
    return bare if len(bare) == 1 and bare.isascii() and bare.isprintable() else character


# ---- signs

_AT_LEAST = (
    r"≥|> ?/? ?=|= ?>|> {0,2}or ?= ?|greater than(?: or equal to|/equal to"
    r"| or equal)|more than or equal to|equal to or"
    r" (?:greater|more|higher|above)(?: than)?|at least(?: ≥)?|no(?:t)?"
    r" (?:less|fewer|lower) than|a? ?minimum(?: of)?"
    r"|not below"
)
_AT_MOST = (
    r"≤|< ?/? ?=|= ?<|< {0,2}or ?= ?|(?:less|lower|fewer) than(?: or equal"
    r" to|/equal to| or equal)|equal to or (?:less|lower)"
    r"(?: than)?|no(?:t)? (?:more|greater|higher) than|not exceeding|not"
    r" above|up to|at most|a? ?maximum(?: of)?"
)
_ABOVE = r">|(?:greater|more|higher|older|longer) than|above|over|exceeding|in excess of"
_BELOW = r"<|(?:less|lower|fewer|younger|shorter) than|below|under"
#: A sign in any spelling; the longer ones first.
SIGN = rf"(?:{_AT_LEAST}|{_AT_MOST}|{_ABOVE}|{_BELOW})"
#: A sign behind its number, such as `or older`.
AFTER = (
    r"(?:(?:,|and|or) ?/? ?(?:or )?(?P<{0}>older|above|over|more|greater"
    r"|higher|longer|better|younger|below|under|less"
    r"|lower|fewer)(?: than)?\b)"
)
_UP = frozenset(["older", "above", "over", "more", "greater", "higher", "longer", "better"])


def sign_of(words: str) -> Sign:
    """The sign a spelling stands for."""
    tidy = re.sub(r"\s+", " ", words.strip())
    readings: tuple[tuple[Sign, str], ...] = (
        (">=", _AT_LEAST),
        ("<=", _AT_MOST),
        (">", _ABOVE),
        ("<", _BELOW),
    )
    return next(sign for sign, pattern in readings if re.fullmatch(pattern, tidy))


def sign_after(word: str) -> Sign:
    """`or older` and `or more` include the number itself."""
    return ">=" if word in _UP else "<="


OPPOSITE: dict[Sign, Sign] = {">=": "<", ">": "<=", "<=": ">", "<": ">=", "==": "=="}

# ---- numbers

_WORDS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
COUNT = rf"(?:\d{{1,3}}|{'|'.join(_WORDS)})"
#: Digits with thousands in commas or a decimal point; `1,05` and `100,00` are not read: they may be either.
NUMBER = r"(?<![\d.,])(?:\d{1,3}(?:,\d{3})+|\d{1,9}(?:\.\d{1,6})?|\.\d{1,6})(?![\d]|[.,]\d)"
#: `x 10^9`, `x 10**9`, `x10 9` (a lost superscript counts only before a unit of volume).
POWER = r"(?:\s*x?\s*10\s{0,2}(?:e|exp)?\s{0,2}\(?(?P<power>[369]|12)\)?(?=\s*(?:/|per|cells)))"


def number(words: str) -> float:
    """The value of a NUMBER or COUNT."""
    bare = words.strip().replace(",", "")
    return float(_WORDS.index(bare)) if bare in _WORDS else float(bare)


# ---- periods

_DAYS = {"hour": 1 / 24, "day": 1.0, "week": 7.0, "wk": 7.0, "month": 30.0, "year": 365.0, "yr": 365.0}
_PERIOD_UNIT = r"(?:hour|day|week|wk|month|year|yr)"
PERIOD = (
    rf"(?P<count>{COUNT})(?: ?\(\d{{1,3}}\))?[ -]?(?:full |calendar |consecutive"
    rf" )?(?P<unit>{_PERIOD_UNIT})s?\b(?: period\b)?"
)


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time as written, such as 4 weeks."""

    count: float
    unit: str

    @property
    def days(self) -> int:
        """Whole days, rounded up; a month counts as 30, a year as 365."""
        exact = self.count * _DAYS[self.unit]
        return int(exact) + (exact > int(exact))

    def __str__(self) -> str:
        return f"{self.count:g} {self.unit}s"


def period(match: re.Match[str]) -> Period:
    """From a match of a pattern that contains PERIOD."""
    unit = {"wk": "week", "yr": "year"}.get(match["unit"], match["unit"])
    return Period(number(match["count"]), unit)
