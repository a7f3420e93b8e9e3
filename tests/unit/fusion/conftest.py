from __future__ import annotations

import pandas as pd
import pytest

from tumorboard.fusion.model import Model
from tumorboard.fusion.train import Report, train

from . import simulated


@pytest.fixture(scope="session")
def gold() -> tuple[pd.DataFrame, pd.DataFrame]:
    return simulated.gold()


@pytest.fixture(scope="session")
def trained(gold) -> tuple[Model, Report]:
    return train(*gold, seed=1, name="simulated", resamples=100)


@pytest.fixture(scope="session")
def model(trained) -> Model:
    return trained[0]


@pytest.fixture(scope="session")
def report(trained) -> Report:
    return trained[1]
