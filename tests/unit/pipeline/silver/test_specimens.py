from __future__ import annotations

from datetime import date

import pytest

from tests.unit.pipeline.silver.resources import concept, received, resource
from tumorboard.pipeline.silver.specimens import purity, read


def test_a_specimen_by_its_accession_number() -> None:
    specimen = resource(
        "Specimen",
        accessionIdentifier={"value": "SP-1"},
        type=concept(text="Biopsy"),
        collection={"collectedDateTime": "2025-02", "bodySite": concept(text="Liver")},
        note=[{"text": "Tumour cell content 40 %"}],
    )
    (row,) = read(received(specimen))
    assert (row["specimen_id"], row["type"], row["body_site"]) == ("SP-1", "Biopsy", "Liver")
    assert (row["collected_on"], row["tumor_purity"]) == (date(2025, 2, 1), 0.4)


def test_a_specimen_without_a_number_has_its_own_id() -> None:
    (row,) = read(received(resource("Specimen")))
    assert row["specimen_id"]
    assert row["collected_on"] is None


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("Tumor purity: 65%", 0.65),
        ("neoplastic cell content approx. 12,5 %", 0.125),
        ("Tumour cellularity not assessed", None),
        ("Fixed in formalin, 10 %", None),
    ],
)
def test_purity_in_words(note: str, expected: float | None) -> None:
    assert purity({"note": [{"text": note}]}) == expected
