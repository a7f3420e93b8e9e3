"""Folders of trials and of patients, read file by file; what cannot be read is named and the rest goes on."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from tumorboard.codes.oncotree import OncoTree
from tumorboard.pipeline.sources.ctml import yaml_documents
from tumorboard.pipeline.sources.files import parse_json, read_text
from tumorboard.pipeline.sources.reading import Unreadable
from tumorboard.trials import matchminer
from tumorboard.trials.criteria import Trial
from tumorboard.trials.ctml import Malformed, read_trial
from tumorboard.trials.matchminer_documents import Collected, Problem, kind_of
from tumorboard.trials.patients import TABLES, PatientEvidence
from tumorboard.trials.registry import read_study

_JSON = frozenset({".json", ".ejson", ".jsonl", ".ndjson"})
_YAML = frozenset({".yml", ".yaml", ".ctml"})
_LISTS = ("genes", "regions", "profiles", "agents")
_JSON_START = re.compile(r"\s*[\[{]")

# ---- files and the documents in them


def files_of(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    """The files with these endings, in a stable order; a single file is a folder of one."""
    if folder.is_file():
        return [folder]
    found = (path for path in folder.rglob("*") if path.suffix.lower() in suffixes and path.is_file())
    return sorted(path for path in found if not any(part.startswith((".", "_")) for part in path.parts))


def documents_of(path: Path) -> Iterator[tuple[str, Any]]:
    """Place and value of each document of a file: one, an array, several YAML documents, or JSON lines.
    Raises Unreadable with the place."""
    text = read_text(path)
    if not _JSON_START.match(text):
        found: Iterable[tuple[str, Any]] = yaml_documents(text)
    elif path.suffix.lower() in (".jsonl", ".ndjson") or _is_lines(text):
        found = _lines(text)
    else:
        found = [("$", parse_json(text))]
    for place, value in found:
        yield from _unpacked(place, value)


def _is_lines(text: str) -> bool:
    """Whether the text is one JSON object a line, as a database exports it."""
    first, _, rest = text.strip().partition("\n")
    if not (rest.lstrip().startswith("{") and first.rstrip().endswith("}")):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def _lines(text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield f"line {number}", parse_json(line)
            except Unreadable as problem:
                yield f"line {number}", problem


def _unpacked(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The documents of an array, or of the arrays an object gathers them in."""
    if isinstance(value, list):
        for number, entry in enumerate(value):
            yield f"{place}[{number}]", entry
        return
    gathered = [key for key in _GATHERED if isinstance(value, Mapping) and isinstance(value.get(key), list)]
    if not gathered or kind_of(value) is not None:
        yield place, value
    for key in gathered if kind_of(value) is None else []:
        for number, entry in enumerate(value[key]):
            yield f"{place}.{key}[{number}]", entry


_GATHERED = ("studies", "trials", "clinical", "genomic", "prior_treatments", "patients")

# ---- trials


def read_trials(
    folder: Path, oncotree: OncoTree | None = None, *, strict: bool = False
) -> tuple[list[Trial], list[Problem]]:
    """Every trial and registry study of a folder, and what could not be read in it."""
    reader = _Trials(oncotree or OncoTree.builtin(), strict)
    for path in files_of(folder, _JSON | _YAML):
        name = _name(path, folder)
        try:
            for place, document in documents_of(path):
                reader.add(name, place, document)
        except Unreadable as problem:
            reader.problems.append(Problem(name, problem.locator or "$", problem.reason, fatal=True))
    return reader.trials, reader.problems


@dataclass
class _Trials:
    oncotree: OncoTree
    strict: bool
    trials: list[Trial] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add(self, file: str, place: str, document: Any) -> None:
        try:
            trial = self._read(document)
        except Malformed as problem:
            self.problems.append(Problem(file, _joined(place, problem.path), problem.message, fatal=True))
        except RecursionError:
            self.problems.append(Problem(file, place, "nested too deeply", fatal=True))
        else:
            self.trials.append(trial)
            told = (notice for notice in trial.notices if notice.kind != "info")
            self.problems += [Problem(file, _joined(place, each.path), each.message) for each in told]

    def _read(self, document: Any) -> Trial:
        if isinstance(document, Unreadable):
            raise Malformed("(document)", document.reason)
        if isinstance(document, Mapping) and "protocolSection" in document:
            return read_study(document, self.oncotree)
        return read_trial(document, self.oncotree, strict=self.strict)


def _joined(place: str, path: str) -> str:
    path = "" if path == "(document)" else path
    return path if place == "$" and path else f"{place}.{path}" if path else place


def _name(path: Path, folder: Path) -> str:
    return path.name if folder.is_file() else path.relative_to(folder).as_posix()


# ---- patients


@dataclass(frozen=True, slots=True)
class Screened:
    """One set of evidence to screen: a patient, or one sample of a patient."""

    patient: str
    sample: str | None
    evidence: PatientEvidence


def read_patients(
    folder: Path, as_of: date, oncotree: OncoTree | None = None
) -> tuple[list[Screened], list[Problem]]:
    """MatchMiner documents (by sample), and tables exported from the lake (by patient)."""
    problems: list[Problem] = []
    tables = _exported(folder, problems)
    taken = {path for paths in tables.values() for path in paths}
    documents = Collected(problems=problems)
    for path in files_of(folder, _JSON | frozenset({".csv"})):
        if path not in taken:
            _collect(documents, path, _name(path, folder))
    documents.link()
    return [*_samples(documents, as_of, oncotree), *_of_lake(folder, tables, as_of, problems)], problems


def _collect(documents: Collected, path: Path, name: str) -> None:
    try:
        for place, document in _csv(path) if path.suffix.lower() == ".csv" else documents_of(path):
            if isinstance(document, Unreadable):
                documents.problems.append(Problem(name, place, document.reason, fatal=True))
            else:
                documents.add(name, place, document)
    except Unreadable as problem:
        documents.problems.append(Problem(name, problem.locator or "$", problem.reason, fatal=True))


def _csv(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        for number, row in enumerate(csv.DictReader(io.StringIO(read_text(path))), 2):
            yield f"line {number}", {key: value for key, value in row.items() if key and value}
    except csv.Error as problem:
        raise Unreadable(f"not readable as CSV ({problem})") from problem


def _samples(documents: Collected, as_of: date, oncotree: OncoTree | None) -> Iterator[Screened]:
    frames = matchminer.frames(documents.clinical.values(), documents.genomic, oncotree, documents.treatments)
    for key, own in _by_patient(frames).items():
        sample = documents.clinical[key]
        evidence = PatientEvidence.from_frames(key, own, as_of)
        yield Screened(str(sample.get("MRN") or key), str(sample.get("SAMPLE_ID") or key), evidence)


def _by_patient(frames: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, pd.DataFrame]]:
    """The rows of each patient, so that nobody's are searched for twice."""
    grouped: dict[str, dict[str, pd.DataFrame]] = {}
    for table, frame in frames.items():
        if not frame.empty:
            for key, rows in frame.groupby("patient_key", sort=False):
                grouped.setdefault(str(key), {})[table] = rows
    return grouped


# ---- an export of the lake

_EXPORTED = frozenset({".parquet", ".csv", ".ndjson", ".jsonl", ".json"})


def _exported(folder: Path, problems: list[Problem]) -> dict[str, list[Path]]:
    """Files by table: `silver.variants.parquet`, `variants.csv`, `silver/variants/part-0.parquet`."""
    tables: dict[str, list[Path]] = {}
    for path in files_of(folder, _EXPORTED):
        relative = path.relative_to(folder) if folder.is_dir() else Path(path.name)
        named = [part.removeprefix("silver.") for part in (*relative.parts[:-1], relative.stem)]
        table = next((f"silver.{part}" for part in named if f"silver.{part}" in TABLES), None)
        if table:
            tables.setdefault(table, []).append(path)
        elif path.suffix == ".parquet":
            problems.append(
                Problem(relative.as_posix(), "$", "the name is that of no silver table", fatal=True)
            )
    return tables


def _of_lake(
    folder: Path, tables: Mapping[str, list[Path]], as_of: date, problems: list[Problem]
) -> Iterator[Screened]:
    frames = {}
    for table, paths in tables.items():
        parts = [
            frame for path in paths if (frame := _frame(path, _name(path, folder), problems)) is not None
        ]
        if parts:
            frames[table] = pd.concat(parts, ignore_index=True)
    for key, own in _by_patient(frames).items():
        yield Screened(key, None, PatientEvidence.from_frames(key, own, as_of))


def _frame(path: Path, name: str, problems: list[Problem]) -> pd.DataFrame | None:
    try:
        frame = _table(path)
    except (Unreadable, OSError, ValueError) as problem:
        problems.append(Problem(name, "$", f"not readable as a table ({type(problem).__name__})", fatal=True))
        return None
    missing = {"patient_key", "row_id"} - set(frame.columns)
    if missing:
        message = f"column {', '.join(sorted(missing))} is missing"
        problems.append(Problem(name, "$", message, fatal=True))
        return None
    without = frame["patient_key"].isna()
    if without.any():
        problems.append(
            Problem(name, "patient_key", f"{int(without.sum())} rows name no patient", fatal=True)
        )
    kept = frame[~without]
    return kept.assign(patient_key=kept["patient_key"].astype(str))


def _table(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".csv":
        frame = pd.DataFrame([row for _, row in _csv(path)])
    else:
        rows = [value for _, value in documents_of(path)]
        if not all(isinstance(row, dict) for row in rows):
            raise ValueError("rows must be objects")
        frame = pd.DataFrame(rows)
    for column in _LISTS:
        if column in frame:
            frame[column] = frame[column].map(_list)
    return frame


def _list(value: Any) -> list[str]:
    """A list as it is, or as text: JSON, Python's spelling of it, or words with separators between them."""
    if not isinstance(value, str):
        return value if isinstance(value, list) else []
    parts = re.split(r"[;|,]", value.strip().removeprefix("[").removesuffix("]"))
    return [bare for part in parts if (bare := part.strip().strip("'\""))]
