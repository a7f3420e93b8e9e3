"""One small cohort on disk and a few hundred records in memory, shared by the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tumorboard.synthetic.cohort import Summary, write_cohort
from tumorboard.synthetic.record import Record, draw_record

SEED = 7


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen patients as files; few pixels, so that the tests stay quick."""
    out = tmp_path_factory.mktemp("cohort")
    write_cohort(out, patients=16, seed=SEED, imaging_share=0.4)
    return out


@pytest.fixture(scope="session")
def written(cohort: Path) -> Summary:
    return write_cohort(cohort, patients=16, seed=SEED, imaging_share=0.4)


@pytest.fixture(scope="session")
def records() -> list[Record]:
    """Six hundred patients, not written."""
    return [draw_record(SEED, index) for index in range(600)]
