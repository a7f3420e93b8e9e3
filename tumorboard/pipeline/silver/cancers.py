"""Which Conditions are cancers, and which of them are metastases."""

from __future__ import annotations

import re

from tumorboard.pipeline.silver.fhir import codes, codings, profiled, said
from tumorboard.pipeline.silver.rows import Row

PRIMARY, SECONDARY = "mcode-primary-cancer-condition", "mcode-secondary-cancer-condition"

# ICD-10: C00-C97 malignant, D00-D09 in situ; C77-C79 are secondary sites.
_ICD = re.compile(r"(?:C\d\d|D0\d)(?:\.\w+)?")
_ICD_SECONDARY = re.compile(r"C7[789](?:\.\w+)?")
_WORDS = re.compile(
    r"\b(malignant (neoplasm|tumou?r|melanoma)|cancer|(adeno|hepato|chorio)?carcinoma|melanoma"
    r"|leuka?emia|lymphoma"
    r"|sarcoma|myeloma|glioblastoma|mesothelioma|seminoma|\w*blastoma)\b",
    re.IGNORECASE,
)
_SECONDARY_WORDS = re.compile(r"\b(secondary|metasta\w+)\b", re.IGNORECASE)
_NOT_A_CANCER = re.compile(
    r"\b(history of|suspected|screening|family|fear of|risk|benign|genetic|predisposition|antigen)\b",
    re.IGNORECASE,
)


def is_cancer(condition: Row) -> bool:
    """By profile, else by an ICD-10 code, else by the words of its code."""
    if profiled(condition, PRIMARY, SECONDARY):
        return True
    if any(_ICD.fullmatch(code) for code in codes(condition.get("code"))):
        return True
    named = _names(condition)
    return bool(_WORDS.search(named)) and not _NOT_A_CANCER.search(named)


def is_secondary(condition: Row) -> bool:
    """A metastasis; the profile decides, else the code, else the words."""
    if profiled(condition, PRIMARY):
        return False
    if profiled(condition, SECONDARY):
        return True
    stated = codes(condition.get("code"))
    return any(_ICD_SECONDARY.fullmatch(c) for c in stated) or bool(
        _SECONDARY_WORDS.search(_names(condition))
    )


def _names(condition: Row) -> str:
    code = condition.get("code")
    return " ".join([said(code), *(coding.display for coding in codings(code))])
