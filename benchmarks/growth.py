"""Ten times the patients: how much longer does ingest take, and how much longer one page?

    python -m benchmarks.growth [--patients N] [--json]

Ingest should grow with the data; the page of one patient, and one corrected letter, should hardly grow.
Each size runs in a process and on an installation of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks import ingest, page
from benchmarks.installation import installation
from benchmarks.report import Figures, options, show

TIMES = 10
MEASURED = ("megabytes", "ingest, s", "one corrected letter, s", "page, ms")
ONE_SIZE = "--one-size"


def main(arguments: list[str]) -> None:
    alone = ONE_SIZE in arguments
    chosen = options(__doc__, [word for word in arguments if word != ONE_SIZE])
    if alone:
        print(json.dumps(measure(chosen.patients)))
        return
    few, many = chosen.patients, chosen.patients * TIMES
    show(f"Growth from {few} to {many} patients", compare(few, many), chosen.json)


def measure(patients: int) -> Figures:
    with installation() as home:
        taken = ingest.measure(ingest.write(home, patients))
        page.screen_and_score()
        return {**taken, **page.of_pages()}


def compare(few: int, many: int) -> Figures:
    figures = {size: run(size) for size in (few, many)}
    table = {f"{size} patients: {name}": figures[size][name] for name in MEASURED for size in (few, many)}
    ratios = {
        f"{name.partition(',')[0]}, growth ratio": figures[many][name] / figures[few][name]
        for name in MEASURED
    }
    return {**table, **ratios}


def run(patients: int) -> dict[str, float]:
    """The figures of one size, measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.growth", ONE_SIZE, "--patients", str(patients)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main(sys.argv[1:])
