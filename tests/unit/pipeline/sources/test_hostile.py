"""Damage of every kind ends in a refusal with a reason, never in a crash or in rows that are no JSON."""

from __future__ import annotations

import json
import random

import pytest

from tests.unit.pipeline.sources.readings import written
from tests.unit.pipeline.sources.test_bgen import bgen, block, variant
from tests.unit.pipeline.sources.test_ctml import TRIAL
from tests.unit.pipeline.sources.test_dicom import image, stored
from tests.unit.pipeline.sources.test_fhir import PATIENT, bundle, entry, observation
from tests.unit.pipeline.sources.test_maf import COLUMNS, ROW
from tests.unit.pipeline.sources.test_notes import LETTER
from tests.unit.pipeline.sources.test_registry import study
from tests.unit.pipeline.sources.test_vcf import COLUMNS as VCF_COLUMNS
from tests.unit.pipeline.sources.test_vcf import META, with_sample
from tests.unit.pipeline.sources.test_wearables import APPLE, group, measure, point
from tumorboard.pipeline.sources.catalogue import recognise
from tumorboard.pipeline.sources.reading import Rejected, SourceRow, Unreadable


def files() -> dict[str, bytes]:
    about = observation(subject={"reference": "Patient/p1"}, valueQuantity={"value": 4.5})
    texts = {
        "fhir": json.dumps(bundle(entry(PATIENT, "urn:uuid:1"), entry(about))),
        "vcf": f"{META}{VCF_COLUMNS}\tFORMAT\tSP-1\n{with_sample('0/1:1,2:3')}\n",
        "maf": f"{COLUMNS}\n{ROW}\n{ROW}\n",
        "notes": LETTER,
        "notes table": "mrn,note_text\n1,one\n2,two\n",
        "registry": json.dumps({"studies": [study()]}),
        "ctml": TRIAL,
        "open mhealth": json.dumps([point(), point("step-count", step_count=5)]),
        "withings": json.dumps({"status": 0, "body": {"measuregrps": [group(measure(1, 7, -1))]}}),
        "fitbit": json.dumps({"activities-steps": [{"dateTime": "2025-01-01", "value": "7"}]}),
        "apple health": APPLE.format("12", "<Me/>"),
    }
    return {name: text.encode() for name, text in texts.items()} | {
        "dicom": stored(image()),
        "bgen": bgen(variant(block()), variant(block())),
    }


def damaged(content: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.25:
        return content[: rng.randrange(1, len(content))]
    changed = bytearray(content)
    for _ in range(rng.choice((1, 3, 20))):
        changed[rng.randrange(len(changed))] = rng.choice((rng.randrange(256), *b'"0{[,\t\n9'))
    number = rng.choice((b"null", b"1e999", b"[]", b"-", b"9" * 5000))
    return bytes(changed).replace(rng.choice((b"1", b"2", b'"', b"t")), number, rng.choice((0, 0, 1)))


@pytest.mark.parametrize("name", files())
def test_damage_ends_in_refusals(tmp_path, name):
    content = files()[name]
    source = recognise(written(tmp_path, "whole", content))
    assert sum(isinstance(reading, SourceRow) for reading in source.read(tmp_path / "whole")) > 0
    rng = random.Random(name)
    for _ in range(120):
        path = written(tmp_path, "damaged", damaged(content, rng))
        try:
            for reading in source.read(path):
                if isinstance(reading, SourceRow):
                    json.dumps(reading.payload, allow_nan=False)
                elif isinstance(reading, Rejected):
                    assert reading.locator
                    assert reading.reason
        except Unreadable as refusal:
            assert refusal.reason
