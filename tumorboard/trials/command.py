"""The command that screens a folder of patients for a folder of trials.

Output: with `--json` one JSON object per patient, sample, trial and level, in the order of
`screening.RANKING` within a patient; without it a short table. Problems go to the error output, each with
file and path. Exit code: 0 all read, 1 something could not be read (the rest was screened), 2 nothing to
screen.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TextIO

from tumorboard.codes.oncotree import OncoTree
from tumorboard.trials import comparison
from tumorboard.trials.criteria import Level, Trial
from tumorboard.trials.folders import Screened, read_patients, read_trials
from tumorboard.trials.logic import Value
from tumorboard.trials.matchminer_documents import Problem
from tumorboard.trials.rules import Rules
from tumorboard.trials.screening import (
    RANKING,
    CriterionResult,
    LevelResult,
    ranked,
    screen,
    tests_that_settle_most,
)


def main(arguments: Sequence[str], out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Run the command; returns its exit code."""
    options = _parser().parse_args(arguments)
    out, err = out or sys.stdout, err or sys.stderr
    try:
        rules = Rules(OncoTree.load(options.oncotree)) if options.oncotree else Rules()
    except (OSError, ValueError) as problem:
        print(f"{options.oncotree}: not a release of OncoTree ({problem})", file=err)
        return 2
    trials, problems = read_trials(options.trials, rules.oncotree, strict=options.strict)
    patients, more = read_patients(options.patients, options.as_of, rules.oncotree)
    _report([*problems, *more], err)
    if not trials or not patients:
        print(f"nothing to screen: {len(trials)} trials, {len(patients)} patients", file=err)
        return 2
    run = _Run(trials, patients, rules, options)
    (_write_json if options.json else _write_text)(run, out)
    print(f"screened: {len(patients)} patients or samples, {len(trials)} trials", file=err)
    return 1 if problems or more else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tumorboard.trials", description="Trial screening.")
    match = parser.add_subparsers(required=True).add_parser(
        "match", help="screen patients for trials", description=f"Order of results: {'; '.join(RANKING)}."
    )
    add = match.add_argument
    add("--trials", type=_existing, required=True, help="folder of CTML trials and registry studies")
    add("--patients", type=_existing, required=True, help="folder of MatchMiner documents or lake tables")
    add("--as-of", type=date.fromisoformat, default=_today(), metavar="DATE", help="day of screening")
    add("--oncotree", type=Path, help="an official release of OncoTree; else our short extract")
    add("--closed-world", action="store_true", help="answer as a boolean engine does, for comparison")
    add("--include-closed", action="store_true", help="screen closed trials and suspended levels as well")
    add("--include-deceased", action="store_true", help="do not ask whether the patient is alive")
    add("--strict", action="store_true", help="name every field the CTML schema requires and a trial lacks")
    add("--json", action="store_true", help="one JSON object per patient, sample, trial and level")
    return parser


def _today() -> date:
    return datetime.now().astimezone().date()


def _existing(text: str) -> Path:
    path = Path(text)
    if not path.exists():
        raise argparse.ArgumentTypeError(f"{text} does not exist")
    return path


def _report(problems: Iterable[Problem], err: TextIO) -> None:
    for problem in problems:
        print(f"{'left out' if problem.fatal else 'not read'}: {problem}", file=err)


# ---- screening


@dataclass(frozen=True)
class _Run:
    trials: list[Trial]
    patients: list[Screened]
    rules: Rules
    options: argparse.Namespace

    def of(self, patient: Screened) -> list[tuple[LevelResult, Level]]:
        """Every level of every trial for one patient, ranked."""
        found = [pair for trial in self.trials for pair in self._levels(trial, patient)]
        level_of = {id(result): level for result, level in found}
        return [(result, level_of[id(result)]) for result in ranked(result for result, _ in found)]

    def _levels(self, trial: Trial, patient: Screened) -> Iterator[tuple[LevelResult, Level]]:
        results = screen(
            trial, patient.evidence, rules=self.rules, closed_world=self.options.closed_world,
            include_deceased=self.options.include_deceased,
        )  # fmt: skip
        yield from zip(results, _flat(trial.root), strict=True)

    def is_screened(self, result: LevelResult, level: Level) -> bool:
        """Closed trials and suspended levels are screened on request only; else they are reported as such.
        The boolean engine knows the own mark of an arm or dose level alone (trap 7)."""
        own_mark = self.options.closed_world and level.name in ("arm", "dose")
        suspended = level.flagged if own_mark else result.suspended
        return self.options.include_closed or not (suspended or result.trial_is_open is False)


def _flat(level: Level) -> Iterator[Level]:
    yield level
    for below in level.below:
        yield from _flat(below)


def _state(result: LevelResult) -> str:
    if result.trial_is_open is False:
        return "closed"
    return "suspended" if result.suspended else "open" if result.trial_is_open else "status unknown"


# ---- output

_VALUES = (Value.MET, Value.NOT_MET, Value.UNKNOWN)


def _write_json(run: _Run, out: TextIO) -> None:
    for patient in run.patients:
        for result, level in run.of(patient):
            line = _line(run, patient, result, level)
            out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def _line(run: _Run, patient: Screened, result: LevelResult, level: Level) -> dict[str, Any]:
    screened = run.is_screened(result, level)
    line: dict[str, Any] = {
        "patient": patient.patient,
        "sample": patient.sample,
        "trial": result.trial_id,
        "level": result.level,
        "code": result.code,
        "verdict": result.verdict if screened else "none",
        "state": _state(result),
        "path": result.path,
        "trial_version": result.trial_version,
        "as_of": patient.evidence.as_of.isoformat(),
        "criteria": [_criterion(each) for each in result.criteria] if screened else [],
    }
    if run.options.closed_world:
        line["not_run_by_default"] = comparison.not_run(level)
    return line


def _criterion(criterion: CriterionResult) -> dict[str, Any]:
    line: dict[str, Any] = {
        "path": criterion.path,
        "wording": criterion.wording,
        "result": str(criterion.result),
        "reason_code": str(criterion.reason_code),
        "evidence": list(criterion.evidence),
        "would_settle": criterion.would_settle,
        "who_answers": criterion.who,
        "note": criterion.note,
    }
    if criterion.at_boundary:
        line["at_boundary"] = True
    if criterion.span:
        line["span"] = list(criterion.span)
    return line


def _write_text(run: _Run, out: TextIO) -> None:
    asked: list[LevelResult] = []
    for patient in run.patients:
        print(f"\n{patient.patient}{f' / {patient.sample}' if patient.sample else ''}", file=out)
        for result, level in run.of(patient):
            if run.is_screened(result, level) and result.enterable:
                asked.append(result)
                print(f"  {_sentence(result)}", file=out)
    print("\nWhat would settle most:", file=out)
    for ask in tests_that_settle_most(asked)[:20]:
        print(f"  {ask.what} ({ask.who}): {len(ask.trials)} trials", file=out)


def _sentence(result: LevelResult) -> str:
    place = f"{result.trial_id} {result.level} {result.place}".rstrip()
    counts = ", ".join(f"{result.count(value)} {value}" for value in _VALUES)
    return f"{result.verdict:<9} {place} ({_state(result)}): {counts}"
