"""Mutation of the policy code: every line that decides is removed, negated or altered, one at a time.

    python -m benchmarks.mutate_policy

A mutant is killed when the engine and the reference model disagree on a grant graph at random, or a plain
test of tests/unit/governance/test_deciding.py fails. Mutants that deny less must all be killed, of the rest
95 %. Each mutant runs in a process of its own that is forked with everything imported.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
import django

django.setup()

from hypothesis import settings as hypothesis_settings  # noqa: E402

from tests.unit.governance import graphs, test_deciding  # noqa: E402
from tumorboard.governance.policies import deciding, functions, words  # noqa: E402

GRAPHS = 2_000
MODULES = (deciding, functions, words)
# Functions of the decision whose lines refuse: a mutant here that lives lets somebody in.
DENYING = {
    "_active", "_denials", "_purpose", "_use_chain", "_privilege", "_row_filter", "_visible", "_filtered",
    "_held", "_unbound", "evaluate", "allowed", "applies", "_concerns", "known", "strictest", "_filters",
}  # fmt: skip
SKIPPED = {"_hashed", "hash", "hash_of", "rule", "_label"}  # words and hashes: tested by themselves
ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot,
    ast.IsNot: ast.Is, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    module: ModuleType
    function: str
    line: int
    what: str
    tree: ast.Module

    @property
    def denies(self) -> bool:
        return self.function in DENYING


def mutants(module: ModuleType) -> Iterator[Mutant]:
    source = Path(module.__file__ or "").read_text()
    tree = ast.parse(source)
    for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
        if function.name in SKIPPED:
            continue
        for number, node in enumerate(ast.walk(function)):
            for what, changed in changes(node):
                copied = copy.deepcopy(tree)
                twin = next(
                    n
                    for n in ast.walk(copied)
                    if isinstance(n, ast.FunctionDef) and n.lineno == function.lineno
                )
                target = list(ast.walk(twin))[number]
                replace(twin, target, changed)
                ast.fix_missing_locations(copied)
                yield Mutant(module, function.name, getattr(node, "lineno", 0), what, copied)


def only_words(node: ast.AST) -> bool:
    """A choice between two texts, or a type: it decides nothing."""
    if isinstance(node, ast.IfExp):
        return isinstance(node.body, (ast.Constant, ast.JoinedStr)) and isinstance(
            node.orelse, (ast.Constant, ast.JoinedStr, ast.Name)
        )
    values = node.values if isinstance(node, ast.BoolOp) else []
    texts = any(isinstance(value, ast.Constant) and isinstance(value.value, str) for value in values)
    return texts or (isinstance(node, ast.BinOp) and "None" in ast.unparse(node))


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What else could stand in the place of one node."""
    if only_words(node):
        return
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPPED:
        turned = copy.deepcopy(node)
        turned.ops[0] = SWAPPED[type(node.ops[0])]()
        yield f"{ast.unparse(node)} -> {ast.unparse(turned)}", turned
    if isinstance(node, ast.BoolOp):
        other = copy.deepcopy(node)
        other.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield f"{ast.unparse(node)} -> {ast.unparse(other)}", other
        for place in range(len(node.values)):
            less = copy.deepcopy(node)
            del less.values[place]
            shorter = less if len(less.values) > 1 else less.values[0]
            yield f"without {ast.unparse(node.values[place])}", shorter
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield f"not gone: {ast.unparse(node)}", copy.deepcopy(node.operand)
    if isinstance(node, (ast.If, ast.IfExp)):
        for value in (True, False):
            fixed = copy.deepcopy(node)
            fixed.test = ast.Constant(value)
            yield f"if {ast.unparse(node.test)} -> {value}", fixed
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr, ast.Sub)):
        other_op = copy.deepcopy(node)
        other_op.op = ast.BitOr() if isinstance(node.op, ast.BitAnd) else ast.BitAnd()
        yield f"{ast.unparse(node)} -> {ast.unparse(other_op)}", other_op
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value} -> {not node.value}", ast.Constant(not node.value)


def replace(root: ast.AST, target: ast.AST, changed: ast.AST) -> None:
    for parent in ast.walk(root):
        for name, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, name, changed)
                return
            if isinstance(value, list) and any(item is target for item in value):
                value[:] = [changed if item is target else item for item in value]
                return


def killed(mutant: Mutant) -> bool:
    """Whether anything notices, in a forked process."""
    child = os.fork()
    if child == 0:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            os._exit(0 if _lives(mutant) else 1)
    return os.waitpid(child, 0)[1] != 0


def _lives(mutant: Mutant) -> bool:
    try:
        install(mutant)
        return agrees() and plain_tests_pass()
    except BaseException:
        return False


def install(mutant: Mutant) -> None:
    """Run the changed module in its place; who imported its names gets the new ones."""
    before = dict(vars(mutant.module))
    exec(compile(mutant.tree, mutant.module.__file__ or "", "exec"), mutant.module.__dict__)
    fresh = vars(mutant.module)
    for other in (deciding, functions, words, graphs, test_deciding):
        for name, value in list(vars(other).items()):
            if name in fresh and value is before.get(name) and callable(value):
                setattr(other, name, fresh[name])
    if mutant.module is functions:
        for other in (deciding, test_deciding):
            other.ROW_FILTERS, other.MASKS = fresh["ROW_FILTERS"], fresh["MASKS"]


def agrees() -> bool:
    return all(
        graphs.engine(*found) == graphs.reference(*found)
        for found in (graphs.case(Random(seed)) for seed in range(GRAPHS))
    )


def plain_tests_pass() -> bool:
    """The tests of the file, with each of their parameters."""
    hypothesis_settings.register_profile("mutants", max_examples=1)
    skipped = {
        "test_grant_graphs_at_random",
        "test_grant_graphs_by_number",
        "test_the_graphs_are_worth_comparing",
        "test_the_whole_matrix_agrees_with_the_reference_model",  # the graphs at random find the same sooner
    }
    for name, test in vars(test_deciding).items():
        if name.startswith("test_") and name not in skipped:
            for arguments in parameters(test):
                test(*arguments)
    return True


def parameters(test: Any) -> list[tuple[object, ...]]:
    """What a test is called with: each value of its one parameter, or nothing."""
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    return [(value,) for value in marks[0].args[1]] if marks else [()]


def main() -> int:
    found = [mutant for module in MODULES for mutant in mutants(module)]
    lived = [mutant for mutant in found if not killed(mutant)]  # a survivor takes about a second
    denying = [mutant for mutant in found if mutant.denies]
    lived_denying = [mutant for mutant in lived if mutant.denies]
    rest, lived_rest = len(found) - len(denying), len(lived) - len(lived_denying)
    print(f"DENY lines: {len(denying) - len(lived_denying)} of {len(denying)} mutants killed")
    print(f"others: {rest - lived_rest} of {rest} killed ({100 * (rest - lived_rest) / max(rest, 1):.1f} %)")
    for mutant in lived:
        file = Path(mutant.module.__file__ or "").name
        print(f"  lives: {file}:{mutant.line} {mutant.function}: {mutant.what}")
    return 1 if lived_denying or lived_rest > 0.05 * rest else 0


if __name__ == "__main__":
    sys.exit(main())
