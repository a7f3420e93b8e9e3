"""The registry of what a policy may name: row filters and masks. Nothing else can be in a policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tumorboard.governance.policies.words import Person, Rows

RowFilter = Callable[[Person], Rows]


def care_relation(person: Person) -> Rows:
    """Patients of the person's care teams and boards, and those opened by break-glass."""
    return Rows(person.related)


def study_consent(person: Person) -> Rows:
    """Patients whose consent to the study is in force, while its protocol is, for its members."""
    return Rows(person.consented)


def training_consent(person: Person) -> Rows:
    """Patients whose consent covers the training of models."""
    return Rows(person.trainable)


def quality_unit(person: Person) -> Rows:
    """Patients of the units the person does quality work for."""
    return Rows(person.of_unit)


def not_restricted(person: Person) -> Rows:
    """Everyone but patients whose record is restricted."""
    return Rows(person.restricted, True)


def restricted_to_own(person: Person) -> Rows:
    """Restricted records only by a relation of one's own or in an emergency, not through a group."""
    return Rows(person.restricted - person.own - person.emergency, True)


ROW_FILTERS: Mapping[str, RowFilter] = {
    function.__name__: function
    for function in (
        care_relation, study_consent, training_consent, quality_unit, not_restricted, restricted_to_own,
    )
}  # fmt: skip


@dataclass(frozen=True)
class Mask:
    """A mask by name; of several on one column the strictest is used. What each does: governance.masking."""

    name: str
    strictness: int
    words: str
    safe_harbor: bool = True


MASKS: Mapping[str, Mask] = {
    mask.name: mask
    for mask in (
        Mask("null", 100, "left out"),
        Mask("withhold", 90, "withheld"),
        Mask("pseudonym", 70, "renamed, at random, for the study"),
        Mask("germline", 60, "withheld unless the patient agreed to germline findings", False),
        Mask("year_only", 50, "the year only"),
        Mask("state", 50, "the state only"),
        Mask("shift_date", 40, "moved by a number of days of the patient and study", False),
        Mask("zip3", 40, "three digits, for areas of more than 20,000 people"),
        Mask("age_over_89", 20, "90 and over as one"),
        Mask("bucket", 20, "in steps", False),
    )
}


def strictest(names: frozenset[str]) -> str | None:
    """The mask to use of several. None where two are equally strict: then the read is refused."""
    ranked = sorted(names, key=lambda name: MASKS[name].strictness, reverse=True)
    tie = len(ranked) > 1 and MASKS[ranked[0]].strictness == MASKS[ranked[1]].strictness
    return None if tie else ranked[0]
