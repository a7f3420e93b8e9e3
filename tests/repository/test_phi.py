"""Every field has a class, and patient data has no way into logs, tasks, templates or URLs."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from tests.repository.code import ROOT, Module, modules

CLASSES = {"phi", "pii", "id", "none"}
OWN = [model for model in apps.get_models() if model.__module__.startswith("tumorboard.")]
LOGGERS = {"log", "logger", "logging"}
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
# What a log line may be filled with: numbers of jobs, codes, names of classes, counts.
LOGGED = {
    "job.uuid", "job.kind", "uuid", "type(error).__name__", "count", "len(files)", "table", "table.name",
    "version", "disagreeing",
}  # fmt: skip
SENDING = {"send_task", "delay", "apply_async", "delay_on_commit"}
TASK_ARGUMENTS = {"uuid", "job_id", "run_id"}


@pytest.mark.parametrize("model", OWN, ids=[model._meta.label for model in OWN])
def test_every_field_of_a_model_has_a_class(model: Any) -> None:
    fields = {field.name for field in model._meta.concrete_fields}
    stated = getattr(model, "PHI", None)
    assert stated is not None, "the model has no PHI"
    assert fields - set(stated) == set(), "fields without a class"
    assert set(stated) - {field.name for field in model._meta.get_fields()} == set(), "classes of no field"
    assert set(stated.values()) <= CLASSES


def test_there_are_models_to_check() -> None:
    assert len(OWN) > 20


def log_calls(module: Module) -> list[ast.Call]:
    return [
        call
        for call in module.calls()
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in LEVELS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in LOGGERS
    ]


def test_log_lines_are_constant_and_filled_with_numbers_and_codes_only() -> None:
    found = 0
    for module in modules():
        for call in log_calls(module):
            found += 1
            place = f"{module.name}:{call.lineno}"
            text, *values = call.args
            assert isinstance(text, ast.Constant), f"{place}: the text of a log line is a constant"
            assert call.func.attr != "exception", f"{place}: a traceback may show a patient's values"
            assert not call.keywords, f"{place}: no exc_info, no extra"
            for value in values:
                assert ast.unparse(value) in LOGGED, f"{place}: {ast.unparse(value)} may not be logged"
    assert found > 0


def test_nothing_is_printed() -> None:
    allowed = re.compile(r"(management/commands/|__main__\.py$)")
    printing = [
        f"{module.name}:{call.lineno}"
        for module in modules()
        for call in module.calls()
        if isinstance(call.func, ast.Name)
        and call.func.id == "print"
        and not allowed.search(module.name)
        and not any(word.arg == "file" for word in call.keywords)  # a stream that the command was given
    ]
    assert printing == []


def is_task(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("shared_task" in ast.unparse(d) or ".task" in ast.unparse(d) for d in function.decorator_list)


def test_a_task_takes_a_number_and_nothing_else() -> None:
    tasks = [(m.name, f) for m in modules() for f in m.functions() if is_task(f)]
    assert tasks
    for name, task in tasks:
        arguments = {a.arg for a in [*task.args.args, *task.args.kwonlyargs]}
        assert arguments <= TASK_ARGUMENTS, (name, task.name)
        assert task.args.vararg is None
        assert task.args.kwarg is None


def test_only_the_ledger_sends_tasks() -> None:
    sending = {
        module.name
        for module in modules()
        for call in module.calls()
        if isinstance(call.func, ast.Attribute) and call.func.attr in SENDING
    }
    assert sending <= {"runs/actions.py"}


def routes(resolver: Any = None, prefix: str = "") -> list[str]:
    found = []
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += routes(pattern, route)
        elif isinstance(pattern, URLPattern):
            found.append(route)
    return found


def test_no_address_of_a_page_holds_a_patient() -> None:
    own = [route for route in routes() if not route.startswith("admin/")]
    assert len(own) > 20
    bad = [r for r in own if re.search(r"patient_key|record_number|mrn|<\w+:(patient|person)", r)]
    assert bad == []


TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PRINTED = {"summary_pdf.html"}  # never sent to a browser: WeasyPrint reads it
UNSAFE = {
    "a value that is not escaped": re.compile(r"\|\s*safe\b|\{%\s*autoescape\s+off"),
    "an inline style": re.compile(r"<[^>]*\sstyle\s*="),
    "a style element": re.compile(r"<style\b"),
    "an inline script": re.compile(r"<script(?![^>]*\b(?:src=|type=\"application/json\"))[^>]*>"),
    "an event attribute": re.compile(r"<[^>{%]*\son[a-z]+\s*="),
    "a script address": re.compile(r"javascript:", re.IGNORECASE),
    "evaluated htmx": re.compile(r"hx-on|hx-vals=[\"']js:"),
    "another host": re.compile(r"(?:src|href)=[\"'](?:https?:)?//"),
}


@pytest.mark.parametrize("what", UNSAFE)
def test_templates_are_safe_under_the_strict_policy(what: str) -> None:
    assert len(TEMPLATES) > 20
    found = [
        f"{path.relative_to(ROOT)}:{text[: match.start()].count(chr(10)) + 1}"
        for path in TEMPLATES
        if path.name not in PRINTED
        for text in [path.read_text()]
        for match in UNSAFE[what].finditer(text)
    ]
    assert found == []


def test_code_marks_nothing_safe() -> None:
    marking = [m.name for m in modules() if re.search(r"\bmark_safe\(|SafeString\(|SafeText\(", m.source)]
    assert marking == []


def test_no_pickles() -> None:
    """A pickled model runs code when it is opened (threat T12)."""
    using = [
        module.name
        for module in modules()
        if {name.split(".")[0] for name in module.imports()}
        & {"pickle", "joblib", "dill", "cloudpickle", "shelve"}
    ]
    assert using == ["fusion/benchmarks/published.py"]  # refuses all but arrays of numbers; tested to


def test_no_query_is_put_together_from_words() -> None:
    """SQL is constant; what varies is a parameter."""
    for module in modules():
        for call in module.calls():
            if (
                isinstance(call.func, ast.Attribute)
                and call.func.attr in ("execute", "executemany", "raw")
                and call.args
            ):
                query = call.args[0]
                made = isinstance(query, ast.JoinedStr) or (
                    isinstance(query, ast.BinOp) and not isinstance(query.left, ast.Constant)
                )
                assert not made, f"{module.name}:{call.lineno}"
