"""Every way in is declared: each address, task, job and command says which securable and privilege it needs.

The table is `tests/spec/inventory.md`, to be read by people. What is missing in it, or stands in it and is
gone, fails here with the line to write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver, path

from tests.repository.code import ROOT
from tumorboard.accounts.roles import Role
from tumorboard.celery import app
from tumorboard.governance.models import Privilege
from tumorboard.governance.permissions import PURPOSES
from tumorboard.lake import tables
from tumorboard.runs.kinds import KINDS
from tumorboard.runs.needs import NOTHING, needs_of

TABLE = ROOT / "tests" / "spec" / "inventory.md"
WHY_NONE = {"public", "sign-in", "account", "no-data", "samples"}
RELATIONS = {"patient", "own-patients", "board", "meeting", "study", "own-studies", "all"}
SECURABLES = {"tumorboard", "bronze", "silver", "gold", "models", "landing"}
ROLES = {role.value for role in Role}
HOW = """
Write a line into tests/spec/inventory.md:
  {line}
`Needs` is `privilege on securable` (several with `+`), or `role <roles>`; for what needs none one of
{none}.
`Of` says whose rows: {relations}. A page that shows a patient goes through `load_case` and the gate."""


@dataclass(frozen=True)
class Declared:
    """One line: how the way in is called, what it needs, whose rows it shows, for which purpose."""

    name: str
    needs: str
    of: str
    purpose: str

    def faults(self) -> Iterator[str]:
        if self.needs in WHY_NONE:
            if self.of or self.purpose:
                yield f"{self.name}: what needs nothing names no rows and no purpose"
            return
        for need in re.split(r"\s*\+\s*", self.needs):
            yield from (f"{self.name}: {fault}" for fault in _faults_of(need))
        if self.of not in {*RELATIONS, "-"}:
            yield f"{self.name}: whose rows? {self.of!r} is none of {sorted(RELATIONS)}"
        if not set(self.purpose.split()) <= {*PURPOSES, "-"}:
            yield f"{self.name}: {self.purpose!r} is no purpose"


def _faults_of(need: str) -> Iterator[str]:
    if role := re.fullmatch(r"role ([\w ]+)", need):
        yield from (f"{word!r} is no role" for word in role[1].split() if word not in ROLES)
        return
    granted = re.fullmatch(r"(\w+) on ([\w. ]+)", need)
    if granted is None:
        yield f"{need!r} is neither `privilege on securable` nor `role ...` nor one of {sorted(WHY_NONE)}"
        return
    if granted[1] not in Privilege.values:
        yield f"{granted[1]!r} is no privilege"
    known = {*SECURABLES, *(table.name for table in tables.all_tables())}
    yield from (f"{name!r} is no securable" for name in granted[2].split() if name not in known)


def declared(heading: str) -> dict[str, Declared]:
    """The lines of one table."""
    part = TABLE.read_text().split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")] for line in part.splitlines() if "|" in line
    ]
    return {row[0]: Declared(*row[:4]) for row in rows[2:]}


def addresses(resolver: Any = None, place: str = "", space: str = "") -> Iterator[str]:
    """Names of all addresses; one without a name is called by its pattern. Static files are not here."""
    for pattern in (resolver or get_resolver()).url_patterns:
        where = place + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(
                pattern, where, f"{space}{pattern.namespace}:" if pattern.namespace else space
            )
        elif isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}" if pattern.name else where


def own_tasks() -> set[str]:
    app.autodiscover_tasks(force=True)
    return {name for name in app.tasks if not name.startswith("celery.")}


def own_commands() -> set[str]:
    return {name for name, package in get_commands().items() if package.startswith("tumorboard.")}


def undeclared(found: Iterable[str], known: Mapping[str, Declared]) -> str:
    """What to do about the ways in that are not declared; empty where all are."""
    missing = sorted(set(found) - set(known))
    line = "\n  ".join(f"| `{name}` | ... | ... | ... |" for name in missing)
    told = HOW.format(line=line, none=", ".join(sorted(WHY_NONE)), relations=", ".join(sorted(RELATIONS)))
    return f"not in the inventory: {', '.join(missing)}{told}" if missing else ""


FOUND = {
    "Addresses": lambda: set(addresses()),
    "Tasks": own_tasks,
    "Jobs": lambda: set(KINDS),
    "Commands": own_commands,
}


@pytest.mark.parametrize("heading", FOUND)
def test_every_way_in_is_declared(heading: str) -> None:
    assert undeclared(FOUND[heading](), declared(heading)) == ""


@pytest.mark.parametrize("heading", FOUND)
def test_nothing_is_declared_that_is_gone(heading: str) -> None:
    assert set(declared(heading)) - FOUND[heading]() == set()


@pytest.mark.parametrize("heading", FOUND)
def test_declarations_speak_of_what_exists(heading: str) -> None:
    assert [fault for line in declared(heading).values() for fault in line.faults()] == []


def test_a_planted_address_task_command_and_job_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = get_resolver()
    planted = path("cases/<uuid:uuid>/everything/", lambda request: None, name="everything")
    monkeypatch.setattr(resolver, "url_patterns", [*resolver.url_patterns, planted])
    told = undeclared(addresses(resolver), declared("Addresses"))
    assert "not in the inventory: everything" in told
    assert "| `everything` | ... | ... | ... |" in told
    for heading, name in (("Tasks", "tumorboard.runs.tasks.leak"), ("Jobs", "leak"), ("Commands", "leak")):
        assert f"| `{name}` |" in undeclared({*FOUND[heading](), name}, declared(heading))


def test_a_planted_task_is_seen_by_the_registry() -> None:
    @app.task(name="tumorboard.runs.tasks.planted")
    def planted() -> None: ...

    try:
        assert "tumorboard.runs.tasks.planted" in undeclared(own_tasks(), declared("Tasks"))
    finally:
        app.tasks.unregister("tumorboard.runs.tasks.planted")


@pytest.mark.parametrize(
    "line", ["", "select", "select on nothing", "selekt on gold", "role king", "perhaps"]
)
def test_a_declaration_that_says_nothing_is_refused(line: str) -> None:
    assert list(Declared("x", line, "patient", "treatment").faults())
    assert list(Declared("x", "select on gold", "everybody", "treatment").faults())
    assert list(Declared("x", "select on gold", "patient", "curiosity").faults())
    assert list(Declared("x", "public", "patient", "").faults())


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_declares_the_capability_it_is_given(kind: str) -> None:
    """What the table says of a job is what its code declares, privilege by privilege."""
    given = needs_of(KINDS[kind])
    line = declared("Jobs")[kind]
    if given == NOTHING:
        assert line.needs == "no-data", f"{kind} is given no capability"
        return
    stated = dict(re.findall(r"(\w+) on ([\w. ]+?)(?: \+|$)", line.needs))
    assert _opened(stated.get("select", "")) == set(given.reads), kind
    assert set(stated.get("modify", "").split()) == set(given.writes), kind
    assert set(line.purpose.split()) == set(given.purposes), kind


def _opened(names: str) -> set[str]:
    """A schema stands for its tables."""
    found: set[str] = set()
    for name in names.split():
        below = {t.name for t in tables.all_tables() if t.name.startswith(f"{name}.")}
        found |= below or {name}
    return found
