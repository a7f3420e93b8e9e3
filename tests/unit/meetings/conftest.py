from __future__ import annotations

import pytest

from tests.factories.lake import Rows
from tumorboard.governance import gate


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Rows:
    rows = Rows()
    monkeypatch.setattr(gate, "read", rows.read)
    monkeypatch.setattr(gate, "read_many", rows.read_many)
    return rows
