from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import negation
from tumorboard.pipeline.silver.text.context import assertion


def _of(sentence: str, finding: str, section: str = "") -> tuple[bool, str, str]:
    start = sentence.index(finding)
    return tuple(assertion(sentence, start, start + len(finding), section))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("sentence", "finding"),
    [
        ("No evidence of metastases.", "metastases"),
        ("Denies chest pain, fever or cough.", "cough"),
        ("Pulmonary embolism was ruled out.", "Pulmonary embolism"),
        ("Brain metastases not seen.", "metastases"),
        ("There are no acute fractures.", "acute fractures"),
        ("GI review is -ve for bleeding.", "bleeding"),
        ("The nausea and vomiting resolved.", "nausea"),
    ],
)
def test_negated(sentence: str, finding: str) -> None:
    assert _of(sentence, finding)[0]


@pytest.mark.parametrize(
    ("sentence", "finding"),
    [
        ("No fever but progression in the liver.", "progression"),
        ("No change in the liver metastases.", "metastases"),
        ("Metastases cannot be excluded.", "Metastases"),
        ("Lung cancer, stage IIB (AJCC 8), distant metastases were ruled out.", "Lung cancer"),
        ("No effusion and positive for gallstones.", "gallstones"),
        ("The report (slides not submitted) shows lymphoma.", "lymphoma"),
        ("Gram negative sepsis.", "sepsis"),
        ("Stable disease.", "Stable disease"),
    ],
)
def test_not_negated(sentence: str, finding: str) -> None:
    assert not _of(sentence, finding)[0]


@pytest.mark.parametrize(
    ("sentence", "finding", "section", "expected"),
    [
        ("Her mother had breast cancer.", "breast cancer", "", "other"),
        ("Melanoma in his sister.", "Melanoma", "", "other"),
        ("Breast cancer at 52.", "Breast cancer", "family", "other"),
        ("Her daughter reports progression.", "progression", "", "patient"),
        ("Family history of colon cancer and a personal history of polyps.", "polyps", "", "patient"),
    ],
)
def test_whose_it_is(sentence: str, finding: str, section: str, expected: str) -> None:
    assert _of(sentence, finding, section)[1] == expected


@pytest.mark.parametrize(
    ("sentence", "finding", "section", "expected"),
    [
        ("History of stroke.", "stroke", "", "historical"),
        ("Stroke five years ago.", "Stroke", "", "historical"),
        ("Hypertension.", "Hypertension", "past", "historical"),
        ("A three day history of pain.", "pain", "", "stated"),
        ("If progression occurs, docetaxel.", "docetaxel", "", "hypothetical"),
        ("Radiotherapy was considered.", "Radiotherapy", "", "hypothetical"),
        ("Docetaxel.", "Docetaxel", "plan", "hypothetical"),
        ("Docetaxel was started.", "Docetaxel", "", "stated"),
    ],
)
def test_how_certain_it_is(sentence: str, finding: str, section: str, expected: str) -> None:
    assert _of(sentence, finding, section)[2] == expected


def test_letters_that_change_length_in_lower_case_do_not_move_spans() -> None:
    assert _of("İİİ no fever.", "fever")[0]


def test_the_negex_gold_sentences_stay_above_the_goals(shared_data: Path) -> None:
    """Goal N1: F1 of negation at least .93, of history at least .72 (on the public half)."""
    lines = negation.GOLD.read_text("utf-8").splitlines()[1:]
    counts = negation.score([line.split("\t") for line in lines if line.count("\t") >= 5])
    assert _f1(counts["negated"]) >= 0.93
    assert _f1(counts["historical"]) >= 0.72


def _f1(counts: dict[str, int]) -> float:
    return 2 * counts["tp"] / (2 * counts["tp"] + counts["fp"] + counts["fn"])
