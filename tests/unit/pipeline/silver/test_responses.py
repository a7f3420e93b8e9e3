from __future__ import annotations

from typing import Any

import pytest

from tests.unit.pipeline.silver.resources import MCODE, concept, observation, received
from tumorboard.pipeline.silver.responses import read


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (concept("268910001", "Patient's condition improved"), "PR"),
        (concept("359746009", "stable"), "SD"),
        (concept("271299001", "Patient's condition worsened"), "PD"),
        (concept("709137006", "undetermined"), "NE"),
        (concept("103338009", "In full remission"), "CR"),
        (concept("103337004", "In partial remission"), "PR"),
        (concept("399409002", "Distant metastasis present"), "PD"),
        (concept(text="Partial response"), "PR"),
        (concept(text="no evidence of disease"), "CR"),
        (concept(text="mixed response?"), None),
    ],
)
def test_disease_status_in_recist_words_beside_the_senders(
    value: dict[str, Any], expected: str | None
) -> None:
    (row,) = read(received(observation("97509-4", valueCodeableConcept=value)))
    assert row["value"] == expected
    assert row["wording"] == value["text"]


def test_the_evidence_is_named() -> None:
    kind = {
        "url": MCODE + "mcode-cancer-disease-status-evidence-type",
        "valueCodeableConcept": concept(text="Imaging"),
    }
    item = received(observation("97509-4", valueCodeableConcept=concept("359746009"), extension=[kind]))
    (row,) = read(item)
    assert row["evidence"] == "Imaging"


def test_a_status_without_a_value_says_nothing() -> None:
    assert list(read(received(observation("97509-4")))) == []
