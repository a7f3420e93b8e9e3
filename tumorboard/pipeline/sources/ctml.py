"""Clinical Trial Markup Language (MatchMiner): trials as YAML or JSON, one or several in a file.

YAML is read so that values stay as received: dates, `yes`/`no` and numbers with leading zeros remain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tumorboard.pipeline.sources.files import json_outline, parse_json, read_text
from tumorboard.pipeline.sources.reading import Notice, Reading, Rejected, SourceRow, Unreadable

TRIAL_NUMBER_FIELDS = ("protocol_no", "nct_id", "trial_id", "protocol_id")
_YAML_FIELD = re.compile(rb"^(?:- |  )?(protocol_no|nct_id|trial_id|treatment_list)[ \t]*:", re.MULTILINE)
_JSON_START = re.compile(r"\s*[\[{]")


class Ctml:
    """Reader of CTML trials."""

    name = "ctml"
    version = "1.0"

    def recognises(self, path: Path, head: bytes) -> bool:
        shape, fields = json_outline(head)
        if shape:
            return "treatment_list" in fields
        return b"treatment_list" in _YAML_FIELD.findall(head)

    def read(self, path: Path) -> Iterator[Reading]:
        text = read_text(path)
        documents = [("$", parse_json(text))] if _JSON_START.match(text) else yaml_documents(text)
        for place, document in documents:
            trials = document if isinstance(document, list) else [document]
            for index, trial in enumerate(trials):
                yield from _trial(f"{place}[{index}]" if isinstance(document, list) else place, trial)


def _trial(place: str, trial: Any) -> Iterator[Reading]:
    if not isinstance(trial, dict):
        yield Rejected(place, "a trial must be a block of named fields")
        return
    if not any(trial.get(name) for name in TRIAL_NUMBER_FIELDS):
        yield Rejected(place, "the trial has no number (protocol_no or nct_id)", "protocol_no")
        return
    yield SourceRow(place, "trial", trial)
    if not isinstance(trial.get("treatment_list"), dict):
        yield Notice(place, "the trial has no treatment_list, so nobody can be matched to it")


def yaml_documents(text: str) -> list[tuple[str, Any]]:
    """Place and value of each document of a YAML text. Raises Unreadable with the line."""
    try:
        # _CtmlLoader is a SafeLoader: it builds plain values only
        documents = [found for found in yaml.load_all(text, Loader=_CtmlLoader) if found is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise Unreadable(f"not valid YAML ({_problem(error)})", place) from error
    except RecursionError as error:
        raise Unreadable("the YAML is nested too deeply to be a trial") from error
    return [("$" if len(documents) == 1 else f"document {n}", d) for n, d in enumerate(documents, start=1)]


def _problem(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or "it cannot be parsed")


class _CtmlLoader(yaml.SafeLoader):
    """Safe YAML without surprises: no dates, yes/no booleans, octal numbers, aliases or lost fields."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            problem = "an alias (*name) is not read; write the block out"
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                problem = "a field stands twice in one block; one of the two would be lost"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return {str(key): value for key, value in super().construct_mapping(node, deep=deep).items()}


_CtmlLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|false|True|False|TRUE|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,15})", "-+0123456789"),
    ("float", r"[-+]?(?:0|[1-9][0-9]{0,15})\.[0-9]{1,15}", "-+0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    _CtmlLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})$"), list(_first)
    )
