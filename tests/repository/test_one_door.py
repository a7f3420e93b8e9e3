"""Nothing but the gate and the pipeline can open the lake: no other module names what opens it.

A module is looked at whole: imports at the top, inside functions, by another name, by name as text, and
through a module that hands the opener on. Thirty planted violations must all be found.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository.code import ROOT

# What opens tables and their files, and the engine that builds them.
OPENERS = (
    "deltalake", "pyarrow.dataset", "pyarrow.parquet", "pyarrow.fs", "pyspark", "pysail",
    "duckdb", "polars", "fsspec",
    "tumorboard.lake.store", "tumorboard.lake.engine", "tumorboard.lake.manifest",
    "tumorboard.lake.verifying",
    "tumorboard.lake.upkeep", "tumorboard.governance.opening",
)  # fmt: skip
BEHIND = (
    "lake/", "pipeline/",  # the pipeline's writer, and what it stands on
    "governance/opening.py",  # makes the handle
    "governance/gate/reading.py", "governance/gate/writing.py",
    "runs/ingesting.py", "runs/lineage.py", "runs/maintaining.py",  # the pipeline's runner
    "runs/management/commands/lineage.py",
)  # fmt: skip
BY_TEXT = ("import_module", "__import__", "import_string", "find_spec")


def opened(source: str) -> list[str]:
    """What of OPENERS a module's text can reach, in the words it uses."""
    return sorted({name for name in _named(ast.parse(source)) if _opens(name)})


def _opens(name: str) -> bool:
    return any(name == opener or name.startswith(f"{opener}.") for opener in OPENERS)


def _named(tree: ast.Module) -> Iterator[str]:
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        for name, alias in _imported(node):
            aliases[alias] = name
            yield name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield _whole(node, aliases)
        if isinstance(node, ast.Call) and _called(node) in BY_TEXT:
            yield from (text for text in _texts(node))


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    """(whole name, the name it has here)."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, alias.asname or alias.name.split(".")[0]
            if alias.asname is None:
                yield alias.name.split(".")[0], alias.name.split(".")[0]
    if isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield f"{node.module}.{alias.name}", alias.asname or alias.name
            if alias.name == "*":
                yield str(node.module), ""


def _whole(node: ast.Attribute, aliases: dict[str, str]) -> str:
    """`pa.dataset` as `pyarrow.dataset`, where `pa` is what pyarrow was imported as."""
    words = ast.unparse(node)
    first, _, rest = words.partition(".")
    return f"{aliases[first]}.{rest}" if first in aliases and re.fullmatch(r"[\w.]+", words) else ""


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _texts(node: ast.Call) -> Iterator[str]:
    """The texts of a call; parts that are joined count as joined."""
    for argument in ast.walk(node):
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value.replace(":", ".")
        if isinstance(argument, ast.BinOp | ast.JoinedStr):
            parts = [
                c.value
                for c in ast.walk(argument)
                if isinstance(c, ast.Constant) and isinstance(c.value, str)
            ]
            yield "".join(parts)


def offenders(root: Path) -> dict[str, list[str]]:
    """Module -> what it opens, of every module that may not."""
    found = {}
    for path in sorted((root / "tumorboard").rglob("*.py")):
        name = path.relative_to(root / "tumorboard").as_posix()
        if not name.startswith(BEHIND) and (names := opened(path.read_text())):
            found[name] = names
    return found


def test_only_the_gate_and_the_pipeline_open_the_lake() -> None:
    assert offenders(ROOT) == {}


def test_those_who_may_are_there() -> None:
    """A name in BEHIND that opens nothing would let the next violation through unseen."""
    behind = {n for n in BEHIND if (ROOT / "tumorboard" / n).exists()}
    assert {"lake/", "pipeline/", "governance/opening.py", "governance/gate/reading.py"} <= behind


WEB = (
    "review/evidence.py",
    "cases/measuring.py",
    "runs/frames.py",
    "governance/people.py",
    "governance/gate/client.py",
)
PLANTED = [
    "import deltalake",
    "import deltalake as dl",
    "import os, deltalake",
    "from deltalake import DeltaTable",
    "from deltalake import DeltaTable as Table",
    "from deltalake.writer import write_deltalake",
    "from deltalake import *",
    "def read():\n    import deltalake\n    return deltalake",
    "def read():\n    from deltalake import DeltaTable\n    return DeltaTable",
    "class Reader:\n    def read(self):\n        from deltalake import QueryBuilder",
    "if True:\n    import deltalake",
    "try:\n    import deltalake\nexcept ImportError:\n    deltalake = None",
    "import importlib\nlake = importlib.import_module('deltalake')",
    "from importlib import import_module\nlake = import_module('deltalake')",
    "from importlib import import_module as load\nload = load\nfrom deltalake import table",
    "lake = __import__('deltalake')",
    "import importlib\nlake = importlib.import_module('delta' + 'lake')",
    "from django.utils.module_loading import import_string\nlake = import_string('deltalake.DeltaTable')",
    "import importlib.util\nspec = importlib.util.find_spec('deltalake')",
    "import pyarrow.dataset as ds",
    "from pyarrow import dataset",
    "from pyarrow import dataset as frames",
    "import pyarrow as pa\nrows = pa.dataset.dataset('x')",
    "import pyarrow.parquet",
    "import pyarrow.parquet as pq\nrows = pq.read_table('x')",
    "from pyarrow.parquet import read_table",
    "from pyarrow import fs",
    "from pyspark.sql import SparkSession",
    "from tumorboard.lake.store import Lake",
    "from tumorboard.lake import store",
    "import tumorboard.lake.store as store",
    "from tumorboard.lake import engine",
    "from tumorboard.governance.opening import lake",
    "from tumorboard.governance.opening import lake as handle",
    "from tumorboard.governance import opening\nrows = opening.lake().read",
    "import duckdb",
    "import polars as pl",
]


@pytest.mark.parametrize("number", range(len(PLANTED)))
def test_a_planted_violation_is_found(tmp_path: Path, number: int) -> None:
    """In a copy of a real module, behind what stands there."""
    name = WEB[number % len(WEB)]
    copy = tmp_path / "tumorboard" / name
    copy.parent.mkdir(parents=True)
    text = (ROOT / "tumorboard" / name).read_text()
    copy.write_text(text)
    assert offenders(tmp_path) == {}
    copy.write_text(f"{text}\n{PLANTED[number]}\n")
    assert list(offenders(tmp_path)) == [name]


HARMLESS = [
    "import pyarrow as pa\nimport pyarrow.compute as pc",
    "from tumorboard.lake import tables\nfrom tumorboard.lake.faults import NotPublished",
    "from tumorboard.governance.ledger import DatabaseLedger, crosswalk, latest_versions",
    "from tumorboard.lake.publishing import Publication",
    "text = 'deltalake keeps a log'",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_opens_nothing_is_let_be(text: str) -> None:
    assert opened(text) == []
