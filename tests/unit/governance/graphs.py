"""People, grants, relations, tags and policies at random, for the engine and for the reference model."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from tests.unit.governance import reference_model
from tumorboard.governance.policies.builtin import BUILT_IN
from tumorboard.governance.policies.deciding import Verdict, evaluate
from tumorboard.governance.policies.functions import MASKS, ROW_FILTERS
from tumorboard.governance.policies.words import CLASSES, KINDS, SENSITIVITIES, Grant, Question, Rule, Tags
from tumorboard.governance.purposes import PURPOSES

WORLD = ("p1", "p2", "p3", "ann")
GROUPS = ("role:oncologist", "role:researcher", "role:data_steward", "board:1", "service")
SECURABLES = ("tumorboard", "silver", "gold", "silver.patients", "silver.trials", "gold.cohort", "landing")
TABLES = ("silver.patients", "silver.trials", "gold.cohort", "landing")
READING = ("use_catalog", "use_schema", "select", "select_deid", "export")
OTHERS = ("read_volume", "modify", "manage", "own", "time_travel", "browse", "execute")
SETS = ("related", "own", "emergency", "consented", "trainable", "of_unit", "restricted")
ASKED = (*("select",) * 12, "export", "export", "read_volume", "modify", "time_travel", "execute", "manage")


@dataclass(frozen=True)
class Known:
    """A person whose facts are given."""

    active: bool = True
    service: bool = False
    principals: frozenset[str] = frozenset()
    grants: tuple[Grant, ...] = ()
    related: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    emergency: frozenset[str] = frozenset()
    consented: frozenset[str] = frozenset()
    trainable: frozenset[str] = frozenset()
    of_unit: frozenset[str] = frozenset()
    restricted: frozenset[str] = frozenset()


TIES = (("year_only", "state"), ("shift_date", "zip3"), ("age_over_89", "bucket"))
Case = tuple[Known, Question, tuple[Rule, ...]]


def case(random: Random) -> Case:
    """A person, a question and the rules. Most get far: the parts that let through are more frequent."""
    purpose = random.choice([*PURPOSES, *PURPOSES, "", "curiosity"])
    return (
        person(random, purpose),
        question(random, purpose),
        rules(random),
    )


def person(random: Random, purpose: str) -> Known:
    of_service = purpose in ("training", "operations")
    service = of_service if random.random() < 0.85 else not of_service
    sets = {name: frozenset(k for k in WORLD if random.random() < 0.5) for name in SETS}
    return Known(
        active=random.random() < 0.95,
        service=service,
        principals=frozenset(random.sample(GROUPS, random.randint(0, 3))),
        grants=grants(random, purpose),
        **sets,
    )


def grants(random: Random, purpose: str) -> tuple[Grant, ...]:
    usual = [
        Grant(privilege, "tumorboard", frozenset({purpose} if privilege not in READING[:2] else ()))
        for privilege in READING
        if random.random() < 0.85
    ]
    odd = [
        Grant(
            random.choice([*READING, *OTHERS]),
            random.choice(SECURABLES),
            frozenset(random.sample(PURPOSES, random.randint(0, 2))),
            random.random() < 0.3,
        )
        for _ in range(random.randint(0, 4))
    ]
    return (*usual, *odd)


def question(random: Random, purpose: str) -> Question:
    table = random.choice(TABLES)
    names = [f"c{number}" for number in range(random.randint(0, 4))]
    everything = {name: tags(random) for name in names}
    some = {name: everything[name] for name in names if random.random() < 0.7}
    patient = random.choice([*WORLD, None, None])
    per_patient = table != "silver.trials"
    return Question(purpose, table, some, patient, per_patient, random.choice(ASKED), everything)


def tags(random: Random) -> Tags:
    kinds = random.sample(sorted(KINDS), random.choice([0, 1, 1, 1, 2]))
    return Tags(random.choice(CLASSES), frozenset(kinds), random.choice(["normal", "normal", "restricted"]))


def rules(random: Random) -> tuple[Rule, ...]:
    built_in = tuple(rule for rule in BUILT_IN if random.random() < 0.9)
    tie = TIES[random.randrange(len(TIES))] if random.random() < 0.1 else ()
    equal = (Rule(f"tie {mask}", "tumorboard", "mask", mask) for mask in tie)
    return (*built_in, *equal, *(rule(random) for _ in range(random.choice([0, 0, 1, 2]))))


def rule(random: Random) -> Rule:
    effect = random.choice(["row_filter", "mask", "mask", "deny"])
    functions = {"row_filter": sorted(ROW_FILTERS), "mask": sorted(MASKS), "deny": [""]}[effect]
    gone = random.random() < 0.05
    return Rule(
        f"r{random.random()}",
        random.choice(SECURABLES),
        "shrug" if gone and random.random() < 0.3 else effect,
        "gone" if gone else random.choice(functions),
        tuple(random.sample(PURPOSES, random.randint(0, 3))),
        tuple(random.sample(CLASSES, random.choice([0, 0, 1, 2])))
        + (("OLD",) if random.random() < 0.03 else ()),
        tuple(random.sample([*KINDS, "none"], random.choice([0, 0, 1, 3])))
        + (("old",) if random.random() < 0.03 else ()),
        tuple(random.sample(SENSITIVITIES, random.choice([0, 0, 0, 1])))
        + (("old",) if random.random() < 0.02 else ()),
        random.choice([("*",), ("*",), tuple(random.sample(GROUPS, 2))]),
        tuple(random.sample(GROUPS, random.choice([0, 0, 1]))),
    )


def engine(who: Known, asked: Question, by: tuple[Rule, ...]) -> Any:
    """What the engine says, in the words of the reference model."""
    verdict: Verdict = evaluate(who, asked, by)
    if not verdict.allowed:
        return None
    return {key for key in WORLD if key in verdict.rows}, verdict.masks


def reference(who: Known, asked: Question, by: tuple[Rule, ...]) -> Any:
    plain = {name: getattr(who, name) for name in ("active", "service", "principals", *SETS)}
    plain["grants"] = [asdict(grant) for grant in who.grants]
    everything = {name: of(t) for name, t in (asked.all_columns or asked.columns).items()}
    question = {
        "purpose": asked.purpose, "table": asked.table, "patient": asked.patient, "world": WORLD,
        "per_patient": asked.per_patient, "privilege": asked.privilege, "all_columns": everything,
        "columns": {name: of(t) for name, t in asked.columns.items()},
    }  # fmt: skip
    return reference_model.verdict(plain, question, [asdict(rule) for rule in by])


def of(found: Tags) -> dict[str, Any]:
    return {"class": found.klass, "kinds": found.kinds, "sensitivity": found.sensitivity}
