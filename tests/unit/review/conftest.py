from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.factories import review
from tests.factories.accounts import oncologist
from tests.factories.boards import board as new_board
from tests.factories.boards import member
from tests.factories.cases import case as new_case
from tumorboard.accounts.models import User
from tumorboard.boards.models import BoardRole
from tumorboard.cases.models import Case
from tumorboard.review.evidence import Evidence


@pytest.fixture
def evidence(db: None) -> Any:
    """Evidence of one case made of rows in memory."""
    case = new_case()

    def made(snapshot: Any = None, **tables: list[dict[str, Any]]) -> Evidence:
        named = {name.replace("__", "."): rows for name, rows in tables.items()}
        return Evidence(case, snapshot, named, {})

    return made


def row(row_id: str = "r1", **values: Any) -> dict[str, Any]:
    return {"row_id": row_id, "origin": "structured", "system": None, "recorded_on": None, **values}


@dataclass
class Record:
    """One patient in a small real lake, and who is around."""

    case: Case
    alice: User
    carol: User
    charlie: User

    @property
    def key(self) -> str:
        return self.case.patient_key


@pytest.fixture
def small_lake(db: None, settings: Any, tmp_path: Path) -> Path:
    settings.LAKE_URL = str(tmp_path / "lake")
    settings.VOLUMES_DIR = tmp_path / "volumes"
    return tmp_path


@pytest.fixture
def record(small_lake: Path) -> Record:
    """Alice cares for the patient, Carol coordinates the board, Charlie has nothing to do with them."""
    key, board, alice = review.whole_patient(), new_board(), oncologist()
    case = new_case(board=board, by=alice, patient_key=key)
    return Record(case, alice, member(board, BoardRole.COORDINATOR), oncologist())
