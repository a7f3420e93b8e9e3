"""The one decision. In this order, and the first that says no decides:

inactive > DENY > missing purpose > missing USE chain > missing privilege > row filter > masks

A pure function of what is true of the person, the question and the rules; `tests/unit/governance/
reference_model.py` says the same in other words and the two are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tumorboard.governance.policies.functions import MASKS, ROW_FILTERS, strictest
from tumorboard.governance.policies.words import (
    CLASSES,
    DEID,
    DENY,
    EVERYONE,
    KINDS,
    MASK,
    NO_KIND,
    PUBLIC,
    ROW_FILTER,
    SENSITIVITIES,
    Grant,
    Person,
    Question,
    Rows,
    Rule,
    Tags,
)
from tumorboard.governance.purposes import DEIDENTIFIED, PURPOSES, SERVICE_PURPOSES, TREATMENT

# Privileges that open data only for the purposes their grant names.
BOUND = frozenset({"select", "select_deid", "read_volume", "export"})
IDENTIFIED, LIMITED, SAFE_HARBOR = "IDENTIFIED", "LIMITED", "SAFE_HARBOR"
IDENTIFYING = frozenset(KINDS) - {"clinical", "somatic", "link"}


@dataclass(frozen=True)
class Step:
    """One rule of the chain and what it said; `refused` ends the chain."""

    name: str
    words: str
    refused: bool = False


@dataclass
class Verdict:
    """The whole chain up to the rule that decided, and what it leaves of rows and columns."""

    steps: list[Step] = field(default_factory=list)
    rows: Rows = EVERYONE
    masks: dict[str, str] = field(default_factory=dict)
    label: str = IDENTIFIED

    @property
    def allowed(self) -> bool:
        return not any(step.refused for step in self.steps)

    @property
    def rule(self) -> str:
        """The rule that decided, in words: the one that refused, or the ones that shape what is sent."""
        shaping = self.steps[-1:] if not self.allowed else self.steps[5:]
        return "; ".join(f"{step.name}: {step.words}" for step in shaping or self.steps[-1:])


Check = Callable[[Person, Question, Sequence[Rule], Verdict], Step]


def evaluate(person: Person, question: Question, rules: Sequence[Rule], *, rows: bool = True) -> Verdict:
    """The verdict on one question. `rows` False: on the table as such, whoever it is about."""
    verdict = Verdict()
    ours = [rule for rule in rules if applies(rule, person, question)]
    for check in CHECKS if rows else CHECKS_WITHOUT_ROWS:
        step = check(person, question, ours, verdict)
        verdict.steps.append(step)
        if step.refused:
            return Verdict(verdict.steps)
    verdict.label = _label(question, verdict.masks)
    return verdict


def applies(rule: Rule, person: Person, question: Question) -> bool:
    """Whether a rule is about this table, this purpose and this person."""
    principals = person.principals | {"*"}
    return (
        rule.scope in question.chain
        and (not rule.purposes or question.purpose in rule.purposes)
        and not principals.isdisjoint(rule.principals)
        and principals.isdisjoint(rule.excepted)
    )


def matches(rule: Rule, tags: Tags) -> bool:
    """Whether the tag condition of a rule holds for a column."""
    kinds = tags.kinds or {NO_KIND}
    return (
        (not rule.classes or tags.klass in rule.classes)
        and (not rule.kinds or not kinds.isdisjoint(rule.kinds))
        and (not rule.sensitivities or tags.sensitivity in rule.sensitivities)
    )


# --- the checks, in order -------------------------------------------------------------------------------


def _active(person: Person, question: Question, rules: Sequence[Rule], verdict: Verdict) -> Step:
    return Step("account", "active" if person.active else "inactive or nobody", not person.active)


def _denials(person: Person, question: Question, rules: Sequence[Rule], verdict: Verdict) -> Step:
    for grant in _of_chain(person.grants, question, relied_on(question)):
        if grant.deny and (not grant.purposes or question.purpose in grant.purposes):
            return Step("denial", f"{grant.privilege} on {grant.securable} is denied", True)
    for rule in rules:
        if rule.effect not in (DENY, ROW_FILTER, MASK) or not known(rule):
            return Step("denial", f"policy {rule.name} names something that is gone", True)
        if rule.effect == DENY and _concerns(rule, question):
            return Step("denial", f"policy {rule.name}", True)
    return Step("denial", "none")


def _purpose(person: Person, question: Question, rules: Sequence[Rule], verdict: Verdict) -> Step:
    if question.purpose not in PURPOSES:
        return Step("purpose", "none that is known", True)
    of_services = question.purpose in SERVICE_PURPOSES
    if of_services != person.service:
        return Step("purpose", "of services only" if of_services else "of people only", True)
    return Step("purpose", question.purpose)


def _use_chain(person: Person, question: Question, rules: Sequence[Rule], verdict: Verdict) -> Step:
    for privilege in using(question):
        if not _held(person, question, privilege):
            return Step("use", f"no {privilege}", True)
    return Step("use", "granted")


def _privilege(person: Person, question: Question, rules: Sequence[Rule], verdict: Verdict) -> Step:
    for needed in needs(question):
        if not any(_held(person, question, privilege) for privilege in needed):
            return Step("privilege", f"no {' or '.join(needed)} for {question.purpose}", True)
    return Step("privilege", "granted")


def _row_filter(person: Person, question: Question, rules: Sequence[Rule], verdict: Verdict) -> Step:
    if not question.per_patient:
        return Step("row filter", "table without patients")
    filters = _filters(question, rules)
    if not filters and not person.service:
        return Step("row filter", "no policy says which patients", True)
    verdict.rows = _filtered(person, question, filters)
    return _visible(question, verdict.rows, filters)


def rows_of(person: Person, question: Question, rules: Sequence[Rule]) -> Rows:
    """The patients that the row filters leave, whatever else is decided."""
    if not question.per_patient:
        return EVERYONE
    return _filtered(person, question, _filters(question, [r for r in rules if applies(r, person, question)]))


def _filtered(person: Person, question: Question, filters: Sequence[Rule]) -> Rows:
    """Several row filters hold together. Emergency access never opens export."""
    rows = EVERYONE
    for rule in filters:
        rows &= ROW_FILTERS[rule.function](person)
    return rows & Rows(person.emergency, True) if question.privilege == "export" else rows


def _visible(question: Question, rows: Rows, filters: Sequence[Rule]) -> Step:
    names = ", ".join(rule.function for rule in filters) or "all patients"
    if question.patient is not None:
        seen = question.patient in rows
        return Step("row filter", names, not seen)
    if question.purpose == TREATMENT:
        return Step("row filter", "treatment is of named patients", True)
    unbounded = rows.others and bool(rows.keys)
    return Step("row filter", "only exclusions: no set of patients" if unbounded else names, unbounded)


def _masks(person: Person, question: Question, rules: Sequence[Rule], verdict: Verdict) -> Step:
    for column, tags in question.columns.items():
        found = frozenset(r.function for r in rules if r.effect == MASK and matches(r, tags))
        if not found:
            continue
        mask = strictest(found)
        if mask is None:
            words = " and ".join(sorted(found))
            return Step("mask", f"two masks of {column} are equally strict: {words}", True)
        verdict.masks[column] = mask
    return Step("mask", f"{len(verdict.masks)} columns masked" if verdict.masks else "none")


CHECKS: tuple[Check, ...] = (_active, _denials, _purpose, _use_chain, _privilege, _row_filter, _masks)
CHECKS_WITHOUT_ROWS = tuple(check for check in CHECKS if check is not _row_filter)


# --- what the checks are made of ------------------------------------------------------------------------


def needs(question: Question) -> list[tuple[str, ...]]:
    """The privileges a question takes: one of each tuple."""
    select = ("select", "select_deid") if question.purpose in DEIDENTIFIED else ("select",)
    if question.privilege == "select":
        return [select]
    return [select, (question.privilege,)] if question.privilege == "export" else [(question.privilege,)]


def using(question: Question) -> tuple[str, ...]:
    """A volume hangs under the catalog itself; everything else has a schema."""
    return ("use_catalog", "use_schema") if "." in question.table else ("use_catalog",)


def relied_on(question: Question) -> frozenset[str]:
    """Every privilege whose denial closes the question."""
    return frozenset({*using(question), *(name for needed in needs(question) for name in needed)})


def _held(person: Person, question: Question, privilege: str) -> bool:
    return any(
        not grant.deny and (question.purpose in grant.purposes or _unbound(grant))
        for grant in _of_chain(person.grants, question, frozenset({privilege}))
    )


def _unbound(grant: Grant) -> bool:
    """Only privileges that open no data are good for every purpose when none is named."""
    return not grant.purposes and grant.privilege not in BOUND


def _of_chain(grants: Sequence[Grant], question: Question, privileges: frozenset[str]) -> Iterator[Grant]:
    return (g for g in grants if g.privilege in privileges and g.securable in question.chain)


def known(rule: Rule) -> bool:
    """Whether the function and every tag a rule names still exist."""
    functions = {ROW_FILTER: ROW_FILTERS, MASK: MASKS, DENY: {"": None}}[rule.effect]
    return (
        rule.function in functions
        and set(rule.classes) <= set(CLASSES)
        and set(rule.kinds) <= {*KINDS, NO_KIND}
        and set(rule.sensitivities) <= set(SENSITIVITIES)
    )


def _concerns(rule: Rule, question: Question) -> bool:
    """A rule without a condition concerns the whole table, one with a condition the columns that meet it."""
    return not rule.conditional or any(matches(rule, tags) for tags in question.columns.values())


def _filters(question: Question, rules: Sequence[Rule]) -> list[Rule]:
    """Row filters look at all columns of the table, so that leaving one out opens no patient."""
    columns = question.columns if question.all_columns is None else question.all_columns
    return [
        rule
        for rule in rules
        if rule.effect == ROW_FILTER
        and (not rule.conditional or any(matches(rule, tags) for tags in columns.values()))
    ]


def _label(question: Question, masks: dict[str, str]) -> str:
    """What the rows may be called: shifted dates are not Safe Harbor (45 CFR 164.514(b)(2))."""
    for column, tags in question.columns.items():
        looked_at = bool(tags.kinds) or tags.klass in (PUBLIC, DEID)
        if column not in masks and tags.klass != PUBLIC and (tags.kinds & IDENTIFYING or not looked_at):
            return IDENTIFIED
    limited = any(not MASKS[mask].safe_harbor for mask in masks.values())
    return LIMITED if limited else SAFE_HARBOR
