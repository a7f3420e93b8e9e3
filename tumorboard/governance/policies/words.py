"""The words that decisions are made of: tags, grants, rules, questions. Plain values, no database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Protocol

CATALOG = "tumorboard"

# --- tags (a governed vocabulary: a rule or tag with another word is refused) --------------------------
PUBLIC, DEID, STUDY_ID, PHI, PII = CLASSES = ("PUBLIC", "DEID", "STUDY_ID", "PHI", "PII")  # strictest last
KINDS = {
    "name": "Name of a person",
    "mrn": "Record number, accession, UID: a number that leads to a person outside",
    "date": "Date of an event",
    "age": "Age",
    "geo": "Place smaller than a state",
    "contact": "Address, telephone, e-mail",
    "device": "Device, serial number, address on a network",
    "free_text": "Text that somebody wrote",
    "image": "Image",
    "germline": "Finding that may be inherited",
    "somatic": "Finding in the tumour",
    "rare": "Rare enough to lead to a person",
    "link": "Number or hash that leads to one row or file in here",
    "clinical": "Reviewed: a coded or measured value that identifies nobody by itself",
}
HARMLESS = frozenset({"clinical", "somatic"})  # kinds that lower a column's protection
NO_KIND = "none"  # in a rule: columns that nobody has looked at
NORMAL, RESTRICTED = SENSITIVITIES = ("normal", "restricted")


@dataclass(frozen=True)
class Tags:
    """What a column is. Without a word from anybody it is PHI of no known kind."""

    klass: str = PHI
    kinds: frozenset[str] = frozenset()
    sensitivity: str = NORMAL


UNTAGGED = Tags()


# --- grants and rules -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Grant:
    """A grant in force that reaches the person, by themself or by a group."""

    privilege: str
    securable: str
    purposes: frozenset[str] = frozenset()
    deny: bool = False


ROW_FILTER, MASK, DENY = "row_filter", "mask", "deny"


@dataclass(frozen=True)
class Rule:
    """POLICY name ON scope TO principals EXCEPT excepted WHEN tags PURPOSE {..} -> effect (function).

    Empty purposes: every purpose. Empty classes, kinds and sensitivities: whatever the tags; several words
    of one list are alternatives, the lists hold together.
    """

    name: str
    scope: str
    effect: str
    function: str = ""
    purposes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    sensitivities: tuple[str, ...] = ()
    principals: tuple[str, ...] = ("*",)
    excepted: tuple[str, ...] = ()

    @property
    def hash(self) -> str:
        return _hashed(asdict(self))

    @property
    def conditional(self) -> bool:
        return bool(self.classes or self.kinds or self.sensitivities)


def hash_of(rules: tuple[Rule, ...]) -> str:
    """The hash of a policy set, whatever the order its rules are listed in."""
    return _hashed(sorted(rule.hash for rule in rules))


def _hashed(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


# --- who and what ---------------------------------------------------------------------------------------
class Person(Protocol):
    """What is true of somebody for one request. The sets hold the patients asked about, or all of them."""

    active: bool
    service: bool
    principals: frozenset[str]  # "user:<id>" and the names of their groups
    grants: tuple[Grant, ...]

    @property
    def related(self) -> frozenset[str]: ...  # by any relation, break-glass included
    @property
    def own(self) -> frozenset[str]: ...  # by a relation of the person's own, not of a group
    @property
    def emergency(self) -> frozenset[str]: ...  # by break-glass and nothing else
    @property
    def consented(self) -> frozenset[str]: ...  # to the study of this request, open and theirs
    @property
    def trainable(self) -> frozenset[str]: ...  # agreed to training of models
    @property
    def of_unit(self) -> frozenset[str]: ...  # belong to a unit the person does quality work for
    @property
    def restricted(self) -> frozenset[str]: ...  # restricted records


@dataclass(frozen=True)
class Question:
    """May somebody do this, for this purpose, with these columns of this table, for this patient or all?"""

    purpose: str
    table: str
    columns: Mapping[str, Tags] = field(default_factory=dict)
    patient: str | None = None
    per_patient: bool = True
    privilege: str = "select"
    all_columns: Mapping[str, Tags] | None = None  # of the table; None: `columns` are all

    @cached_property
    def chain(self) -> tuple[str, ...]:
        """Itself and the securables it takes grants and rules from."""
        return (self.table, self.table.partition(".")[0], CATALOG)


@dataclass(frozen=True)
class Rows:
    """A set of patients: `keys`, or everyone but `keys`."""

    keys: frozenset[str]
    others: bool = False

    def __contains__(self, patient: str) -> bool:
        return (patient in self.keys) != self.others

    def __and__(self, other: Rows) -> Rows:
        if self.others and other.others:
            return Rows(self.keys | other.keys, True)
        if self.others:
            return Rows(other.keys - self.keys)
        return Rows(self.keys - other.keys if other.others else self.keys & other.keys)


EVERYONE = Rows(frozenset(), True)
