"""Published per-patient risks: a CSV (model, cancer, fold, case_id, risk), or the authors' result pickles.

A pickle is a program. It is read by an unpickler that knows NumPy's constructors and nothing else, so that a
hostile file is refused instead of run.
"""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import pandas as pd

from tumorboard.fusion.cohort import BadFeatures

COLUMNS = ("model", "cancer", "fold", "case_id", "risk")
RESULTS = re.compile(r"tcga_(?P<cancer>[a-z]+)_(?P<model>.+?)(_s\d+)?$")
FOLD = re.compile(r"split_(?:latest_)?val_(?P<fold>\d)_results\.pkl$")
CASE = re.compile(r"TCGA-\w\w-\w{4}")
ALLOWED = {
    (module, name)
    for module, names in {
        "numpy": ("ndarray", "dtype"),
        "numpy.core.multiarray": ("_reconstruct", "scalar"),
        "numpy._core.multiarray": ("_reconstruct", "scalar"),
    }.items()
    for name in names
}


class NumbersOnly(pickle.Unpickler):
    """Reads plain containers, numbers and NumPy arrays; anything else is refused before it runs."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise BadFeatures(f"the pickle asks for {module}.{name}: only arrays of numbers are read")
        return super().find_class(module, name)


def read(path: Path) -> pd.DataFrame:
    """Risks by model, cancer, fold and patient from a CSV file or a folder of result pickles."""
    if path.is_dir():
        return _from_folder(path)
    frame = pd.read_csv(path)
    lacking = [name for name in COLUMNS if name not in frame]
    if lacking:
        raise BadFeatures(f"{path.name}: column(s) {', '.join(lacking)} missing")
    return frame[list(COLUMNS)]


def read_pickle(path: Path) -> dict[str, Any]:
    """The mapping a result pickle holds; BadFeatures for anything that is not numbers in containers."""
    try:
        with path.open("rb") as file:
            found = NumbersOnly(file).load()
    except BadFeatures:
        raise
    except Exception as error:
        raise BadFeatures(f"{path.name}: not a readable result file ({type(error).__name__})") from error
    if not isinstance(found, dict):
        raise BadFeatures(f"{path.name}: holds no mapping of patients")
    return found


def _from_folder(folder: Path) -> pd.DataFrame:
    rows = [row for path in sorted(folder.rglob("*_results.pkl")) for row in _rows(path)]
    if not rows:
        raise BadFeatures(f"{folder.name}: no result pickles below it")
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.groupby(["model", "cancer", "fold", "case_id"], as_index=False)["risk"].mean()


def _rows(path: Path) -> list[tuple[str, str, int, str, float]]:
    run, fold = RESULTS.search(path.parent.name), FOLD.search(path.name)
    if run is None or fold is None:
        return []
    return [
        (run["model"], run["cancer"], int(fold["fold"]), case[0], float(found["risk"]))
        for slide, found in read_pickle(path).items()
        if (case := CASE.match(str(slide)))
    ]
