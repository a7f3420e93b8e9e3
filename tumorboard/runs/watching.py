"""The watch: are newer patients still like those a model was trained on, and does it still fit them?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pandas as pd

from tumorboard.fusion import drift, inventory
from tumorboard.fusion.model import Model
from tumorboard.governance.ledger import latest_versions
from tumorboard.governance.models import Snapshot
from tumorboard.runs.frames import frames
from tumorboard.runs.needs import needs
from tumorboard.runs.scoring import load, of_kind
from tumorboard.runs.working import Attempt
from tumorboard.scores.actions import keep_watch
from tumorboard.scores.models import ScoringModel

TABLES = ("gold.features", "gold.cohort")
LATEST = 500  # patients of a window
NEW = "Patients who came after training"
OWN = "No or few patients came after training: the latest third of the training patients, against the others"

Frames = Mapping[str, pd.DataFrame]


@needs(reads=TABLES)
def watch_models(attempt: Attempt) -> str:
    """The job `watch`: every model that scores, against the patients of today."""
    models = list(ScoringModel.objects.scoring())
    versions = latest_versions(TABLES)
    if not models or len(versions) < len(TABLES):
        return "nothing to watch: no model scores, or no cohort was built"
    today = frames(TABLES, versions=versions)
    alarms = 0
    for number, model in enumerate(models):
        if number < attempt.resume_at:
            continue
        sides = (_of_its_kind(model, data) for data in (_then(model, versions, today), today))
        window, findings = watch(load(model), *sides)
        with attempt.effect(number + 1, len(models)):
            alarms += len(keep_watch(model=model, window=window, findings=findings, by="worker").alarms)
    return f"models: {len(models)}, alarms: {alarms}"


def watch(model: Model, then: Frames, today: Frames) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What was compared, in words and counts, and every test; `then` holds the rows of training."""
    how, reference, window = _sides(then["gold.cohort"], today["gold.cohort"])
    sides = [
        drift.window_of(model.fusion, data["gold.features"], rows)
        for data, rows in ((then, reference), (then if how == OWN else today, window))
    ]
    findings = drift.compare(*sides, seed=model.seed)
    about = {
        "how": how,
        "reference": len(reference),
        "window": len(window),
        "since": _day(window, "min"),
        "until": _day(window, "max"),
        "fewest": drift.FEWEST,
        "smallest_shift": _smallest(sides),
        "inventory": inventory.inventory(today["gold.features"], today["gold.cohort"]),
    }
    return about, drift.as_rows(findings)


def _sides(then: pd.DataFrame, today: pd.DataFrame) -> tuple[str, pd.DataFrame, pd.DataFrame]:
    """Who is compared with whom: training patients with newer ones, by the day of the landmark."""
    new = today[~today["patient_key"].isin(then["patient_key"])]
    if len(new) >= drift.FEWEST:
        return NEW, then, _by_day(new).tail(LATEST)
    ordered = _by_day(then)
    split = len(ordered) - len(ordered) // 3
    return OWN, ordered.iloc[:split], ordered.iloc[split:].tail(LATEST)


def _of_its_kind(model: ScoringModel, data: Frames) -> Frames:
    return {**data, "gold.cohort": of_kind(data["gold.cohort"], synthetic=model.synthetic)}


def _by_day(rows: pd.DataFrame) -> pd.DataFrame:
    """Oldest first. Whoever has no day comes first of all: they must not pass for the newest."""
    return rows.sort_values(["landmark_on", "patient_key"], na_position="first", ignore_index=True)


def _then(model: ScoringModel, versions: Mapping[str, int], today: Frames) -> Frames:
    """The training rows, from the snapshot's versions; not read twice where they are today's."""
    pinned = Snapshot.objects.get(uuid=UUID(str(model.snapshot)))
    wanted = {table: pinned.version(table) for table in TABLES}
    if wanted == dict(versions):
        return today
    return frames(TABLES, versions={table: v for table, v in wanted.items() if v is not None})


def _day(rows: pd.DataFrame, which: str) -> str | None:
    days = pd.to_datetime(rows["landmark_on"]).dropna()
    return None if days.empty else getattr(days, which)().date().isoformat()


def _smallest(sides: list[drift.Window]) -> float | None:
    """The shift that would be found four times in five, in standard deviations; None below the fewest."""
    if min(len(side) for side in sides) < drift.FEWEST:
        return None
    features = sum(len(table.features) for table in sides[0].tables.values())
    return round(drift.smallest_shift(len(sides[0]), len(sides[1]), features), 2)
