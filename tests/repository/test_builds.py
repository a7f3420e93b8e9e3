"""A build works on the frames it was given: nothing in its module can open anything else.

The plan and the fence refuse it while a build runs (tests/unit/lake/test_declaring.py). C libraries that open
files themselves pass the fence, so their names may not stand in a build module at all.
"""

from __future__ import annotations

import ast
import re

import pytest

from tests.repository.code import Module, modules

OPENING = re.compile(
    r"^(deltalake|pyarrow\.(parquet|dataset|fs|csv|feather|orc|flight|ipc)|fsspec|polars|duckdb|sqlite3|psycopg"
    r"|socket|http|urllib\.request|httpx|requests|subprocess|shutil|tempfile|ctypes|mmap|pyspark\.sql\.SparkSession"
    r"|tumorboard\.lake\.(store|manifest|volume|engine|upkeep|verifying))(\.|$)"
)
CALLS = {"open", "exec", "eval", "compile", "__import__"}
METHODS = {
    "sparkSession", "createDataFrame", "collect", "toPandas", "toArrow", "toLocalIterator", "write",
    "writeTo", "read_text", "read_bytes", "write_text", "write_bytes", "memory_map", "input_stream",
    "popen", "read_parquet", "read_csv", "read_json",
}  # fmt: skip


def reaching(module: Module) -> list[str]:
    """What a build module uses that could read or write something it was not given."""
    found = [name for name in module.imports() if OPENING.match(name)]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            found.append(f"{node.func.id}()")
        if isinstance(node, ast.Attribute) and node.attr in METHODS:
            found.append(f".{node.attr}")
    return found


def builds() -> list[Module]:
    return [m for m in modules() if m.name.startswith(("pipeline/silver/", "pipeline/gold/"))]


def test_build_modules_reach_for_nothing() -> None:
    assert len(builds()) > 30
    assert {m.name: found for m in builds() if (found := reaching(m))} == {}


PLANTED = (
    "import deltalake",
    "import pyarrow.parquet as pq",
    "from pyarrow import dataset",
    "from pyarrow import fs",
    "import duckdb",
    "import sqlite3",
    "from urllib import request",
    "import subprocess",
    "from pyspark.sql import SparkSession",
    "from tumorboard.lake.store import Lake",
    "from tumorboard.lake.volume import Volume",
    "open('x')",
    "eval('1')",
    "frame.sparkSession.read.parquet('x')",
    "frame.sparkSession.sql('select 1')",
    "frame.toPandas()",
    "frame.collect()",
    "frame.write.parquet('x')",
    "pathlib.Path('x').read_text()",
    "pandas.read_parquet('x')",
)


@pytest.mark.parametrize("line", PLANTED)
def test_a_planted_read_or_write_is_found(line: str) -> None:
    some = builds()[0]
    assert reaching(Module(some.path, line, ast.parse(line)))
