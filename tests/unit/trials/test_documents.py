"""A row of silver.trials becomes a trial, or says why not."""

from __future__ import annotations

import json

import pytest

from tests.unit.trials.conftest import document
from tests.unit.trials.test_registry import study
from tumorboard.trials.ctml import Malformed
from tumorboard.trials.documents import read


def test_both_kinds() -> None:
    assert read("ctml", json.dumps(document())).trial_id == "T-1"
    assert read("registry", json.dumps(study())).trial_id == "NCT00000001"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000])
@pytest.mark.parametrize("kind", ["ctml", "registry"])
def test_what_is_no_trial_is_named(kind: str, text: str) -> None:
    with pytest.raises(Malformed):
        read(kind, text)  # type: ignore[arg-type]
