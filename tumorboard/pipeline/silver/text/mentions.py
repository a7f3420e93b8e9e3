"""A mention: what a rule found in a sentence, before anybody asked how it is meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import NamedTuple


class Mention(NamedTuple):
    """`concept` and `value` read from characters `start` to `end` of a sentence by `rule`."""

    concept: str
    value: str
    start: int
    end: int
    rule: str


Matcher = Callable[[str], Iterator[Mention]]


def only_with(*parts: str) -> Callable[[Matcher], Matcher]:
    """Run a matcher only on sentences that hold one of these lower-case parts: few do, and asking is fast."""

    def gated(match: Matcher) -> Matcher:
        @wraps(match)
        def matched(sentence: str) -> Iterator[Mention]:
            lower = sentence.lower()
            return match(sentence) if any(part in lower for part in parts) else iter(())

        return matched

    return gated


def by_table(concept: str, rule: str, rows: dict[str, str]) -> Matcher:
    """A matcher from a table `value -> pattern`; of overlapping finds the longest counts."""
    compiled = [(value, _whole(pattern)) for value, pattern in rows.items()]
    any_row = _whole("|".join(rows.values()))

    def match(sentence: str) -> Iterator[Mention]:
        if any_row.search(sentence) is None:
            return iter(())
        found = [
            Mention(concept, value, hit.start(), hit.end(), rule)
            for value, pattern in compiled
            for hit in pattern.finditer(sentence)
        ]
        return iter(longest(found))

    return match


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{pattern})(?!\w)", re.IGNORECASE)


def longest(found: list[Mention]) -> list[Mention]:
    """Without those that lie inside a longer one, in order."""
    ranked = sorted(found, key=lambda mention: (mention.start - mention.end, mention.start, mention.value))
    kept: list[Mention] = []
    for mention in ranked:
        if not any(other.start < mention.end and mention.start < other.end for other in kept):
            kept.append(mention)
    return sorted(kept, key=lambda mention: mention.start)
