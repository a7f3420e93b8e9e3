"""Screening of many patients for many trials: verdicts in columns, against SQL by hand and against rows.

    python -m benchmarks.screening [--patients N] [--trials N] [--full] [--processes N] [--json]

`--full` is the goal's size: 100,000 patients and 1,000 trials. Times begin with the silver tables in memory
and end with a verdict written down for every patient and place. What is read once in the life of a process,
the trials' documents, is timed beside it. DuckDB answers the trials whose criteria were written in SQL, from
the same tables and with as many threads; the ratio is over just those, and every verdict is compared.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks import screening_cohort as random_cohort
from benchmarks import screening_sql as sql
from benchmarks.report import SEED, Figures, show
from tumorboard.trials import documents, screening
from tumorboard.trials.columns.answers import without_column
from tumorboard.trials.columns.compiled import VERDICTS, Program, compiled
from tumorboard.trials.columns.explaining import explained
from tumorboard.trials.columns.reading import cohort_of
from tumorboard.trials.criteria import Question, Trial
from tumorboard.trials.folders import read_trials
from tumorboard.trials.logic import Outcome
from tumorboard.trials.patients import PatientEvidence
from tumorboard.trials.rules import Rules

BLOCK = 12_500  # patients at once, at most: what a process holds beside the tables
RULES = Rules()
DAY = random_cohort.AS_OF
SAMPLE = 20
REAL = (
    Path(os.environ.get("TUMORBOARD_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data")) / "trials"
)


@dataclass
class Work:
    """What the processes share: they are forked after it is made."""

    tables: dict[str, pa.Table]
    patients: list[str]
    program: Program
    place: str = ""
    size: int = BLOCK

    def block(self, start: int) -> None:
        """Screen one block and write its verdicts down."""
        patients = self.patients[start : start + self.size]
        verdicts = self.program.run(cohort_of(patients, self.tables, DAY), RULES)
        self.matrix()[:, start : start + len(patients)] = verdicts.codes

    def matrix(self, mode: Any = "r+") -> np.ndarray:
        size = (len(self.program.places), len(self.patients))
        return np.memmap(self.place, dtype=np.int8, mode=mode, shape=size)


SHARED: list[Work] = []


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock and of the processors, and memory at its peak in megabytes: of one run, all
    processes. On a machine that does other work, too, the processors' time is the one to compare."""

    clock: float
    processor: float
    memory: int


def _block(start: int) -> tuple[float, int]:
    began = time.process_time()
    SHARED[-1].block(start)
    return time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def screened(work: Work, processes: int, folder: str) -> tuple[np.ndarray, Spent]:
    """The verdicts, and what they took."""
    work.place = f"{folder}/verdicts-{len(work.program.places)}-{processes}"
    work.size = min(BLOCK, -(-len(work.patients) // processes))
    work.matrix("w+")
    SHARED.append(work)
    began = time.perf_counter()
    starts = range(0, len(work.patients), work.size)
    if processes == 1:
        spent = [_block(start) for start in starts]
    else:
        with get_context("fork").Pool(processes) as pool:
            spent = pool.map(_block, starts, chunksize=1)
    clock = time.perf_counter() - began
    memory = max(peak for _, peak in spent) * processes // 1024
    return work.matrix(), Spent(clock, sum(seconds for seconds, _ in spent), memory)


def real_trials() -> list[Trial]:
    """The registry studies and CTML trials of the shared data, where it is there."""
    folders = (REAL / "clinicaltrials_gov_v2", REAL / "matchminer" / "trials")
    return [trial for folder in folders if folder.is_dir() for trial in read_trials(folder)[0]]


def random_trials(number: int) -> list[Trial]:
    made = random_cohort.trials(number, SEED)
    return [documents.read_once(kind, json.dumps(document), RULES.oncotree) for kind, document in made]  # type: ignore[arg-type]


# ---- against SQL


def against_sql(work: Work, trials: Sequence[Trial], processes: int, folder: str) -> Figures:
    written = [trial for trial in trials if sql.is_written(trial)]
    ours = Work(work.tables, work.patients, compiled(written))
    matrix, our = screened(ours, processes, folder)
    reference = sql.Reference(work.tables, processes)
    began, processor = time.perf_counter(), time.process_time()
    reference.prepare(written)
    answers = [reference.verdicts(clauses) for trial in written for clauses in sql.places(trial)]
    clock, processor = time.perf_counter() - began, time.process_time() - processor
    differing = sum(int((np.asarray(answer) != matrix[place]).sum()) for place, answer in enumerate(answers))
    return {
        "trials written in SQL": len(written),
        "their places": len(answers),
        "SQL, s": clock,
        "columns, the same trials, s": our.clock,
        "columns to SQL ratio": our.clock / clock,
        "SQL, processor s": processor,
        "columns, the same trials, processor s": our.processor,
        "columns to SQL, processor ratio": our.processor / processor,
        "verdicts that differ from SQL": differing,
    }


# ---- one patient, and the row engine


def one_patient(work: Work, trials: Sequence[Trial]) -> Figures:
    """A patient's tables are looked up before the clock starts, as the gate hands them out."""
    verdicts_only, with_reasons, of_rows, differing = [], [], [], 0
    for number in range(0, len(work.patients), max(len(work.patients) // SAMPLE, 1)):
        patient = work.patients[number]
        own = {
            name: rows.filter(pa.compute.equal(rows["patient_key"], patient))
            for name, rows in work.tables.items()
        }
        frames = {name: rows.to_pandas() for name, rows in own.items()}
        began = time.process_time()
        evidence = PatientEvidence.from_frames(patient, frames, DAY)
        known: dict[Question, Outcome] = {}
        alone = work.program.run_one(evidence, RULES, known)
        verdicts_only.append(time.process_time() - began)
        explained(alone, trials, evidence, RULES, known=known)
        with_reasons.append(time.process_time() - began)
        found = work.program.run(cohort_of([patient], own, DAY), RULES)
        began = time.process_time()
        by_rows = _by_rows(trials, evidence)
        of_rows.append(time.process_time() - began)
        codes = [VERDICTS[code] for code in found.codes[:, 0]]
        differing += sum(one != other for one, other in zip(codes, by_rows, strict=True))
    return {
        "one patient, all trials: verdicts, processor ms": statistics.median(verdicts_only) * 1000,
        "one patient, verdicts and explanations kept, processor ms": statistics.median(with_reasons) * 1000,
        "one patient, every criterion by rows, processor ms": statistics.median(of_rows) * 1000,
        "verdicts that differ from rows": differing,
        "verdicts compared with rows": len(of_rows) * len(work.program.places),
    }


def _by_rows(trials: Sequence[Trial], evidence: PatientEvidence) -> list[str]:
    known: dict[Question, Outcome] = {}
    return [
        result.verdict
        for trial in trials
        for result in screening.screen(trial, evidence, rules=RULES, known=known)
        if result.enterable
    ]


# ---- all of it


def measure(patients: int, number: int, processes: int) -> Figures:
    began = time.perf_counter()
    real = real_trials()
    trials = [*real, *random_trials(number - len(real))]
    read = time.perf_counter() - began
    tables = random_cohort.tables(patients, SEED)
    keys = [random_cohort.key(each) for each in range(patients)]
    began = time.perf_counter()
    work = Work(tables, keys, compiled(trials))
    compiling = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        matrix, several = screened(work, processes, folder)
        _, alone = screened(work, 1, folder)
        shares = Counter(matrix[:, :: max(patients // 1000, 1)].ravel().tolist())
        rows = one_patient(work, trials)
        compared = against_sql(work, trials, processes, folder)
    return {
        "patients": patients,
        "trials": len(trials),
        "of these real ones": len(real),
        "places": len(work.program.places),
        "different questions": len(work.program.questions),
        "kinds without a column": len(without_column(work.program.questions)),
        "load of the machine before": os.getloadavg()[0],
        "documents read, once, s": read,
        "compiled, once, s": compiling,
        f"screened, {processes} processes, s": several.clock,
        f"screened, {processes} processes, processor s": several.processor,
        "patients x trials a second": round(patients * len(trials) / several.clock),
        "screened, 1 process, s": alone.clock,
        "1 process to several ratio": alone.clock / several.clock,
        "memory at its peak, all processes, MB": several.memory,
        **{f"share {name}": shares[code] / shares.total() for code, name in enumerate(VERDICTS)},
        **rows,
        "rows to columns, for each verdict, ratio": (
            float(rows["one patient, every criterion by rows, processor ms"])
            / 1000
            / (alone.processor / patients)
        ),
        **compared,
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--patients", type=int, default=0, help="default 5,000")
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--full", action="store_true", help="100,000 patients and 1,000 trials")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    chosen = parser.parse_args(arguments)
    patients, trials = (100_000, 1_000) if chosen.full else (max(chosen.patients, 5_000), chosen.trials)
    show("Trial screening", measure(patients, trials, chosen.processes), chosen.json)


if __name__ == "__main__":
    main()
