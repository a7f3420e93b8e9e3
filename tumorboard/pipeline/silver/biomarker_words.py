"""Which biomarker a code or a name means, and what its result means in one vocabulary."""

from __future__ import annotations

import re
from collections.abc import Set

# LOINC and NCI Thesaurus codes of the results, not of stains or controls (loinc.org; HL7 Genomics Reporting).
CODES = {
    "85337-4": "ER", "16112-5": "ER", "14130-9": "ER", "40556-3": "ER",
    "85339-0": "PR", "16113-3": "PR", "14228-1": "PR", "40557-1": "PR",
    "85319-2": "HER2", "85318-4": "HER2", "48676-1": "HER2", "18474-7": "HER2", "72382-5": "HER2",
    "85330-9": "Ki-67", "29593-1": "Ki-67",
    "85147-7": "PD-L1 TPS",
    "81695-9": "MSI", "62862-8": "MSI",
    "94076-7": "TMB", "94077-5": "TMB",
    "64083-9": "MGMT",
    "C120465": "HRD",
}  # fmt: skip
_NAMES = (
    ("TMB", r"tumou?r mutation(?:al)? burden|\bTMB\b"),
    ("MSI", r"microsatellite instab|\bMSI\b"),
    ("MMR", r"mismatch repair|\b[dp]?MMR\b"),
    ("PD-L1 CPS", r"PD-?L1.{0,40}(?:CPS|combined positive)"),
    ("PD-L1 TPS", r"\bPD-?L1\b"),
    ("Ki-67", r"\bKi-?67\b"),
    ("HER2", r"\bHER-?2\b(?!.*(?:exon|mutation))"),
    ("HR", r"estrogen\W{1,3}progesterone"),  # both in one stain: says nothing of either alone
    ("ER", r"o?estrogen receptor|^ER\b"),
    ("PR", r"progesterone receptor|^PR\b"),
    ("HRD", r"homologous recombination deficiency|\bHRD\b"),
    ("MGMT", r"\bMGMT\b"),
)
_FLAGS = {"POS": "positive", "NEG": "negative", "H": "high", "L": "low", "HH": "high", "IND": "equivocal"}
_WORDS = (  # the first that fits; a negation before the word it negates
    ("stable", r"\bMSS\b|stable"),
    ("high", r"MSI-?H\b|\bhigh\b"),
    ("low", r"MSI-?L\b|\blow\b"),
    ("equivocal", r"equivocal|indeterminate|borderline"),
    (
        "negative",
        r"negative|not detected|absent|\bpMMR\b|proficient|intact|unmethylated|no (?:expression|loss)",
    ),
    ("positive", r"positive|detected|present|\bdMMR\b|deficient|methylated|loss of"),
)
_IHC_SCORE = re.compile(r"\b([0-3])\s*\+|\bscore\s*([0-3])\b|^([0-3])$")
_HER2_SCORES = {"0": "negative", "1": "low", "2": "equivocal", "3": "positive"}


def named(codes: Set[str], words: str) -> str | None:
    """The biomarker's name, from its codes first; None where it is none of ours."""
    coded = next((CODES[code] for code in sorted(codes) if code in CODES), None)
    if coded:
        return coded
    return next((name for name, pattern in _NAMES if re.search(pattern, words, re.IGNORECASE)), None)


def _of_nuclei(percent: float, words: str) -> str:
    """`<1` is negative, `<10` may be either."""
    if words.startswith(("<", "≤")):
        return "negative" if percent <= 1 and not words.startswith(("<=", "≤")) else ""
    return "positive" if percent >= 1 else "negative"


def interpretation(name: str, number: float | None, words: str, flags: Set[str]) -> str:
    """high, low, positive, negative, stable, equivocal, or empty where nothing was said.

    A stain score is read by the ASCO/CAP rules: HER2 0 negative, 1+ low, 2+ equivocal, 3+ positive (Wolff
    2018, 2023 update); ER and PR positive from 1 % of nuclei (Allison 2020). Other numbers keep no
    interpretation: what is "high" depends on the drug, and the knowledge table says so.
    """
    flagged = next((_FLAGS[flag] for flag in sorted(flags) if flag in _FLAGS), "")
    if flagged:
        return flagged
    if name == "HER2" and (score := _IHC_SCORE.search(words)):
        return _HER2_SCORES[next(filter(None, score.groups()))]
    if name in ("ER", "PR") and number is not None:
        return _of_nuclei(number, words)
    return next((value for value, pattern in _WORDS if re.search(pattern, words, re.IGNORECASE)), "")
