"""Imports point down; who may touch the lake; nothing is imported late."""

from __future__ import annotations

import ast
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest

from tests.repository.code import ROOT, Module, modules

# A module that imports inside a function, and why it must.
LATE_IMPORTS = {
    "review/summary.py": "weasyprint loads system libraries that a machine may lack",
}
# Who opens Delta tables or a Spark session. Everybody else reads through the gate.
LAKE_USERS = {
    "deltalake": {"lake"},
    "pysail": {"lake"},
    "pyspark": {"lake", "pipeline", "runs"},  # of runs: RUNNERS alone (test_one_door.py)
}
# The pipeline's runner: builds, maintenance, rows made again. No page and no job of a person runs in them.
RUNNERS = {
    "runs/ingesting.py",
    "runs/lineage.py",
    "runs/maintaining.py",
}
LAKE_HANDLES = {"governance/gate/reading.py", "governance/gate/writing.py", *RUNNERS}


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    program = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_import_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("place", "line", "contract"),
    [
        ("audit/record.py", "import tumorboard.runs.jobs", "Imports point down"),
        ("lake/store.py", "import django", "The data side knows no web framework"),
        (
            "pipeline/silver/labs.py",
            "import tumorboard.pipeline.gold.timeline",
            "The pipeline never looks back",
        ),
        ("utils/__init__.py", "", "Imports point down"),
    ],
)
def test_a_planted_violation_is_caught(tmp_path: Path, place: str, line: str, contract: str) -> None:
    """A small package of the same shape, with one import that points the wrong way."""
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    for module in modules():
        if len(module.path.relative_to(ROOT).parts) <= 4:
            target = tmp_path / module.path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("")
    (tmp_path / "tumorboard/runs/jobs.py").write_text("")
    planted = tmp_path / "tumorboard" / place
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(line)
    done = lint(tmp_path)
    assert done.returncode != 0
    assert contract in done.stdout


def edges() -> dict[str, set[str]]:
    """Package -> packages it imports."""
    found: dict[str, set[str]] = {}
    for module in modules():
        for name in module.imports():
            other = name.split(".")[1] if name.startswith("tumorboard.") else module.package
            if other != module.package and (ROOT / "tumorboard" / other).is_dir():
                found.setdefault(module.package, set()).add(other)
    return found


def test_no_two_packages_import_each_other() -> None:
    found = edges()
    both = [(a, b) for a, b in combinations(found, 2) if b in found[a] and a in found[b]]
    assert len(found) >= 10
    assert both == []


def late_imports(module: Module) -> list[int]:
    return [
        node.lineno
        for function in module.functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def test_nothing_is_imported_inside_a_function() -> None:
    late = {module.name: lines for module in modules() if (lines := late_imports(module))}
    assert set(late) == set(LATE_IMPORTS), late


@pytest.mark.parametrize("library", LAKE_USERS)
def test_only_the_lake_and_the_pipeline_open_tables(library: str) -> None:
    users = {m.package for m in modules() if any(name.split(".")[0] == library for name in m.imports())}
    assert users <= LAKE_USERS[library]
    assert users


def test_the_pipelines_outside_steps_do_not_use_the_engine() -> None:
    """Readers turn files into rows; they run without Spark."""
    using = [m.name for m in modules() if "pipeline/sources" in m.name and "pyspark" in m.source]
    assert using == []


def test_only_the_gate_and_the_pipelines_jobs_hold_the_lake() -> None:
    """`governance.opening.lake` gives a handle that asks nobody: everyone else reads through the gate."""
    handle = "tumorboard.governance.opening.lake"
    assert {m.name for m in modules() if handle in set(m.imports())} == LAKE_HANDLES


def test_identity_is_asked_by_governance_and_the_ingest_alone() -> None:
    users = {m.name for m in modules() if "tumorboard.governance.ledger.crosswalk" in set(m.imports())}
    assert users <= {
        "governance/gate/reading.py",
        "governance/people.py",
        "runs/ingesting.py",
        "runs/lineage.py",  # builds a patient again: with the links of the same tables
        "runs/demo/board.py",
    }
