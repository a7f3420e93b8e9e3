"""The policies every installation starts with (design: governance, C5 and C6).

A published policy of the same name replaces one; two stewards must want it.
"""

from __future__ import annotations

from tumorboard.governance.policies.words import (
    CATALOG,
    MASK,
    NO_KIND,
    PHI,
    PII,
    ROW_FILTER,
    STUDY_ID,
    Rule,
)
from tumorboard.governance.purposes import DEIDENTIFIED, QUALITY, RESEARCH, TRAINING, TREATMENT


def _rows(name: str, function: str, *purposes: str) -> Rule:
    return Rule(name, CATALOG, ROW_FILTER, function, purposes)


def _mask(name: str, function: str, *kinds: str, classes: tuple[str, ...] = ()) -> Rule:
    return Rule(name, CATALOG, MASK, function, DEIDENTIFIED, classes, kinds)


BUILT_IN: tuple[Rule, ...] = (
    _rows("treated-by-relation", "care_relation", TREATMENT),
    _rows("studied-by-consent", "study_consent", RESEARCH),
    _rows("trained-by-consent", "training_consent", TRAINING),
    _rows("assured-by-unit", "quality_unit", QUALITY),
    _rows("restricted-not-studied", "not_restricted", *DEIDENTIFIED),
    _mask("names-left-out", "null", "name", "contact", "device", "image", "link"),
    _mask("numbers-renamed", "pseudonym", "mrn"),
    _mask("dates-moved", "shift_date", "date"),
    _mask("ages-capped", "age_over_89", "age"),
    Rule("places-coarse", CATALOG, MASK, "state", (RESEARCH, QUALITY), kinds=("geo",)),
    _mask("text-withheld", "withhold", "free_text"),
    _mask("germline-by-consent", "germline", "germline", "rare"),
    _mask("unreviewed-left-out", "null", NO_KIND, classes=(STUDY_ID, PHI, PII)),
)
