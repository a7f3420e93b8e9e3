"""Chance that can be repeated: every patient and every topic has its own generator.

A patient's generator depends on (seed, patient number, topic) only. So patient 7 is the same person in a
cohort of 8 and of 800, and a change in how wearables are drawn does not move anybody's survival.
"""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


def digest(*parts: object) -> bytes:
    """SHA-256 of the parts joined by "/"; the root of every id and every generator in the cohort."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).digest()


def opaque(*parts: object) -> str:
    """Sixteen hex digits that say nothing about the patient: for file and folder names."""
    return digest("file", *parts).hex()[:16]


def uuid_of(*parts: object) -> str:
    """A UUID (version 4 layout) that is the same in every run."""
    return str(uuid.UUID(bytes=digest("uuid", *parts)[:16], version=4))


def uid_of(*parts: object) -> str:
    """A DICOM UID under 2.25 (UUID-derived root, PS3.5 section B.2), at most 44 characters."""
    return f"2.25.{int.from_bytes(digest('uid', *parts)[:16], 'big')}"


@dataclass(frozen=True)
class Dice:
    """The chance of one patient: `dice.on("labs")` is a generator for this patient and topic."""

    seed: int
    index: int

    def on(self, topic: str) -> random.Random:
        """A fresh generator; calling it twice gives the same numbers twice."""
        return random.Random(digest("dice", self.seed, self.index, topic))

    def opaque(self, *parts: object) -> str:
        return opaque(self.seed, self.index, *parts)

    def uuid(self, *parts: object) -> str:
        return uuid_of(self.seed, self.index, *parts)

    def uid(self, *parts: object) -> str:
        return uid_of(self.seed, self.index, *parts)


def words(text: str) -> tuple[str, ...]:
    """The words of a text: keeps long lists of names readable."""
    return tuple(text.split())


def pick(rng: random.Random, weights: Mapping[T, float]) -> T:
    """One key of `weights`, drawn in proportion to its weight."""
    return rng.choices(list(weights), list(weights.values()))[0]


def chance(rng: random.Random, probability: float) -> bool:
    return rng.random() < probability
