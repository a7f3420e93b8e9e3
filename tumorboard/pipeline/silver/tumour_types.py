"""Which OncoTree type a diagnosis is: from a code that says so, else from site and histology.

ICD-10 names the organ, ICD-O-3 morphology the tissue; only both together name a type such as LUAD. Where the
morphology is missing, the result stays at the organ: nothing is guessed.
"""

from __future__ import annotations

import re

from tumorboard.codes.oncotree import OncoTree

# Organ -> (pattern of ICD-10 or ICD-O-3 topography, words, OncoTree node of the organ)
ORGANS = (
    (r"C34", r"\b(lung|bronch\w*|pulmonary)\b", "LUNG"),
    (r"C50|D05", r"\b(breast|mammary)\b", "BREAST"),
    (r"C18|C19|C20", r"\b(colon|colorectal|rect\w*|sigmoid|caecum|cecum|large intestine)\b", "BOWEL"),
    (r"C43|D03", r"\bmelanoma\b", "SKIN"),
    (r"C25", r"\bpancrea\w*\b", "PANCREAS"),
    (r"C61", r"\bprostat\w*\b", "PROSTATE"),
    (r"C22", r"\b(hepatocellular|liver cell)\b", "LIVER"),
    (r"C16|C15", r"\b(stomach|gastric|o?esophag\w*)\b", "STOMACH"),
    (r"C56", r"\b(ovar\w*)\b", "OVARY"),
    (r"C92\.0", r"\bacute myeloid leuk\w*\b", "AML"),
)

# (organ, ICD-O-3 morphology, words of the histology, OncoTree code)
TYPES = (
    ("LUNG", r"8140|8250|8260|8480", r"adenocarcinoma", "LUAD"),
    ("LUNG", r"807\d", r"squamous", "LUSC"),
    ("LUNG", r"804[1-5]", r"small cell(?! lung cancer, non)", "SCLC"),
    ("LUNG", r"8046", r"non-?small cell", "NSCLC"),
    ("BREAST", r"8500", r"(ductal|no special type|\bnst\b)", "IDC"),
    ("BREAST", r"8520", r"lobular", "ILC"),
    ("BOWEL", r"8140|8480", r"adenocarcinoma|carcinoma of (the )?(colon|sigmoid)", "COADREAD"),
    ("SKIN", r"87[2-7]\d", r"melanoma", "SKCM"),
    ("PANCREAS", r"8140|8500", r"(adenocarcinoma|ductal)", "PAAD"),
    ("PROSTATE", r"8140", r"adenocarcinoma|acinar", "PRAD"),
    ("LIVER", r"817\d", r"hepatocellular", "HCC"),
    ("STOMACH", r"8140|8145", r"adenocarcinoma", "STAD"),
)


def oncotree_of(codes: list[str], wordings: list[str]) -> str:
    """The OncoTree code of a diagnosis, or "" where its organ is not known.

    `codes`: every code stated (OncoTree, ICD-10, ICD-O-3); `wordings`: its text, then histology and site.
    """
    tree = OncoTree.builtin()
    for stated in codes:
        if exact := _parsed(tree, stated):
            return exact
    text = " ".join(wordings).lower()
    organ = _organ(codes, text)
    typed = next((code for *rule, code in TYPES if _fits(rule, organ, codes, text)), "")
    named = _parsed(tree, wordings[0]) if wordings else ""  # the diagnosis itself, by its OncoTree name
    found = _bowel_part(typed or named or organ, codes, text)
    return found if found in tree else ""


def _parsed(tree: OncoTree, stated: str) -> str:
    try:
        return tree.parse(stated)
    except ValueError:
        return ""


def _organ(codes: list[str], text: str) -> str:
    by_code = [o for pattern, _, o in ORGANS if any(re.match(rf"(?:{pattern})", code) for code in codes)]
    by_words = [o for _, pattern, o in ORGANS if re.search(pattern, text)]
    return next(iter(by_code + by_words), "")


def _fits(rule: list[str], organ: str, codes: list[str], text: str) -> bool:
    of_organ, morphology, histology = rule
    if of_organ != organ:
        return False
    if stated := [code for code in codes if re.fullmatch(r"[89]\d{3}(/\d)?", code)]:
        return any(re.match(rf"(?:{morphology})", code) for code in stated)
    return re.search(histology, text) is not None


def _bowel_part(found: str, codes: list[str], text: str) -> str:
    """Adenocarcinoma of the bowel is of the colon or of the rectum, where the site says so."""
    if found != "COADREAD":
        return found
    if any(re.match(r"C(19|20)", code) for code in codes) or re.search(r"\brect(um|al)\b", text):
        return "READ"
    return "COAD" if any(code.startswith("C18") for code in codes) or "colon" in text else found
