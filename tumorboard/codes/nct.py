"""ClinicalTrials.gov identifiers."""

from __future__ import annotations

import re

from tumorboard.codes.code import Code


class NctId(Code):
    """A ClinicalTrials.gov number: NCT and eight digits."""

    __slots__ = ()
    what = "a ClinicalTrials.gov number"
    example = "NCT01234567"
    pattern = re.compile(r"NCT\d{8}", re.ASCII)
