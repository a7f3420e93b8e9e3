"""How often the drift watch cries wolf, and what it finds: the whole watch, on windows with a known change.

    python -m benchmarks.drift [--windows N] [--json]

A window holds 500 patients with five modalities and 24 features, missing as in a hospital; so does the
reference. Seeds are fixed. No database and no lake.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from benchmarks.report import Figures, seconds, show
from tumorboard.fusion import drift
from tumorboard.fusion.cohort import Table
from tumorboard.fusion.survival import Outcome

SIZES = {"clinical": 4, "genomic": 6, "imaging": 5, "labs": 6, "wearables": 3}
SHARE = {"clinical": 1.0, "genomic": 0.7, "imaging": 0.6, "labs": 0.8, "wearables": 0.4}
PATIENTS, TRAINED_ON = 500, 500
Change = Callable[[drift.Window], drift.Window]


def window(draw: np.random.Generator, patients: int = PATIENTS, hazard: float = 1.0) -> drift.Window:
    """Normal values (clinical flags among them), exponential survival, one loss to follow-up in three."""
    tables, risk = {}, np.zeros(patients)
    for name, size in SIZES.items():
        values = draw.normal(size=(patients, size))
        values[:, -1] = draw.random(patients) < 0.3
        risk += 0.3 * values[:, 0]
        values[draw.random(values.shape) < 0.05] = np.nan
        tables[name] = Table(
            tuple(f"{name}{i}" for i in range(size)), values, draw.random(patients) < SHARE[name]
        )
    death = draw.exponential(900 / np.exp(risk) / hazard)
    lost = draw.uniform(200, 2500, patients)
    outcome = Outcome(death <= lost, np.minimum(death, lost))
    expected = outcome.time * np.exp(risk) / 900
    return drift.Window(tables, risk, outcome, expected, np.ones(patients, dtype=bool))


def shifted(given: drift.Window) -> drift.Window:
    """One clinical value, which 19 of 20 patients have, moves by 0.3 standard deviations, nothing else."""
    return _with_values(given, lambda values: values + 0.3, "clinical")


def shifted_in_some(given: drift.Window) -> drift.Window:
    """The same in a laboratory value, which three of four patients have."""
    return _with_values(given, lambda values: values + 0.3)


def in_another_unit(given: drift.Window) -> drift.Window:
    """One laboratory value arrives in a unit ten times smaller."""
    return _with_values(given, lambda values: values * 10)


def less_often(given: drift.Window, points: float = 0.2) -> drift.Window:
    """One modality is there for 20 points fewer patients."""
    labs = given.tables["labs"]
    keep = np.random.default_rng(len(given)).random(len(given)) >= points / SHARE["labs"]
    return replace(given, tables={**given.tables, "labs": labs.masked(keep)})


def _with_values(
    given: drift.Window, change: Callable[[np.ndarray], np.ndarray], name: str = "labs"
) -> drift.Window:
    table = given.tables[name]
    values = table.values.copy()
    values[:, 0] = change(values[:, 0])
    return replace(given, tables={**given.tables, name: Table(table.features, values, table.present)})


CHANGES: dict[str, Change] = {
    "shift of 0.3 SD": shifted,
    "the same where 1 in 4 is missing": shifted_in_some,
    "another unit": in_another_unit,
    "20 points more missing": less_often,
}


def alarm_rate(windows: int, change: Change, hazard: float = 1.0, seed: int = 1) -> float:
    """The share of windows that raise any alarm, each against a reference of its own."""
    raised = 0
    for number in range(windows):
        draw = np.random.default_rng([seed, number])
        reference, newer = window(draw, TRAINED_ON), change(window(draw, hazard=hazard))
        raised += any(one.alarm for one in drift.compare(reference, newer, seed=number))
    return raised / windows


def measure(windows: int, null_windows: int) -> Figures:
    one = window(np.random.default_rng(0))
    return {
        "null windows": null_windows,
        "false alarms": alarm_rate(null_windows, lambda given: given),
        "windows for each power": windows,
        **{f"power, {name}": alarm_rate(windows, change, seed=2) for name, change in CHANGES.items()},
        "power, deaths 1.5 times as frequent": alarm_rate(windows, lambda g: g, hazard=1.5, seed=2),
        "tests in a window": len(drift.compare(one, one)),
        "one window, ms": seconds(lambda: drift.compare(one, one), 5) * 1000,
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--windows", type=int, default=100, help="windows for each power")
    parser.add_argument("--null-windows", type=int, default=200)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    chosen = parser.parse_args(arguments)
    show("Drift watch, 500 patients a window", measure(chosen.windows, chosen.null_windows), chosen.json)


if __name__ == "__main__":
    main()
