"""Conditions that trials ask about beside the cancer: how records name them, in words and in ICD-10.

Codes: ICD-10 (WHO 2019) chapters and categories, as prefixes. Words: whole words of the recorded text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Condition:
    """`codes` are ICD-10 prefixes without a dot; `words` one pattern over the recorded words."""

    codes: tuple[str, ...]
    words: str


#: Name of the condition -> how it is found in a record.
CONDITIONS: dict[str, Condition] = {
    "HIV infection": Condition(
        ("B20", "B21", "B22", "B23", "B24", "Z21"), r"hiv|human immunodeficiency|aids"
    ),
    "hepatitis B": Condition(("B16", "B180", "B181", "B191"), r"hepatitis b|hbv"),
    "hepatitis C": Condition(("B171", "B182", "B192"), r"hepatitis c|hcv"),
    "interstitial lung disease": Condition(
        ("J84", "J702", "J704"), r"interstitial (lung|pneumon)\w*|pneumonitis|pulmonary fibrosis"
    ),
    "autoimmune disease": Condition(
        ("M05", "M06", "M32", "M33", "M34", "M35", "K50", "K51", "G35", "L40", "E063", "E050", "K754", "D86"),
        r"autoimmun\w*|rheumatoid arthritis|lupus|sjogren\w*|scleroderma|systemic sclerosis|crohn\w*"
        r"|ulcerative colitis|multiple sclerosis|psoria\w*|hashimoto\w*|graves\w*|myasthenia",
    ),
    "heart failure": Condition(("I50", "I110", "I130", "I132"), r"heart failure|cardiomyopathy"),
    "myocardial infarction": Condition(("I21", "I22", "I252"), r"myocardial infarct\w*|heart attack"),
    "coronary heart disease": Condition(
        ("I20", "I24", "I25"), r"coronary|angina|isch(a)?emic heart disease"
    ),
    "arrhythmia": Condition(
        ("I44", "I45", "I47", "I48", "I49"), r"arrhythmia|atrial fibrillation|long qt|tachycardia"
    ),
    "stroke": Condition(("I60", "I61", "I63", "I64", "G45"), r"stroke|cerebrovascular|transient isch\w*|tia"),
    "hypertension": Condition(("I10", "I11", "I12", "I13", "I15"), r"hypertension|hypertensive"),
    "thromboembolism": Condition(
        ("I26", "I80", "I82"), r"pulmonary embol\w*|deep vein|venous thrombo\w*|thromboembol\w*|dvt"
    ),
    "bleeding": Condition(("K92", "D68", "R58"), r"ha?emorrhag\w*|bleeding|ha?emophilia"),
    "diabetes": Condition(("E10", "E11", "E12", "E13", "E14"), r"diabet\w*"),
    "kidney disease": Condition(
        ("N17", "N18", "N19"), r"kidney (disease|failure)|renal (failure|insufficien\w*)"
    ),
    "liver disease": Condition(
        ("K70", "K72", "K74", "K76"), r"cirrhosis|liver (disease|failure)|hepatic failure"
    ),
    "lung disease": Condition(("J43", "J44"), r"copd|chronic obstructive|emphysema"),
    "asthma": Condition(("J45", "J46"), r"asthma\w*"),
    "tuberculosis": Condition(("A15", "A16", "A17", "A18", "A19"), r"tubercul\w*"),
    "active infection": Condition(
        ("A40", "A41", "J12", "J13", "J14", "J15", "J18"), r"infection|sepsis|pneumonia"
    ),
    "seizures": Condition(("G40", "G41", "R56"), r"seizure\w*|epilep\w*"),
    "neuropathy": Condition(("G60", "G62", "G63"), r"neuropath\w*"),
    "psychiatric disorder": Condition(
        ("F20", "F25", "F31", "F32", "F33"), r"schizophren\w*|psychosis|psychotic|bipolar|major depress\w*"
    ),
    "transplant": Condition(("Z94", "T86"), r"transplant\w*"),
    "immunodeficiency": Condition(("D80", "D81", "D82", "D83", "D84"), r"immun(e |o)?deficien\w*"),
    "gastrointestinal perforation": Condition(("K631",), r"perforat\w*"),
    "bowel obstruction": Condition(("K56",), r"obstruction|ileus"),
    "malabsorption": Condition(("K90", "K912"), r"malabsorption|short bowel"),
    "thyroid disease": Condition(("E00", "E01", "E02", "E03", "E04", "E05", "E06", "E07"), r"thyroid\w*"),
    "second malignancy": Condition(("C",), r"carcinoma|lymphoma|leuk(a)?emia|melanoma|malignan\w*|cancer"),
    "pregnancy": Condition(("O", "Z33", "Z34"), r"pregnan\w*"),
}  # fmt: skip


#: Other names of a whole condition. Whoever has none of these has none of its kinds.
_WHOLE: dict[str, str] = {
    "HIV infection": r"hiv|human immunodeficiency virus( disease)?",
    "hepatitis B": r"hepatitis b( virus)?( infection)?|hbv( infection)?",
    "hepatitis C": r"hepatitis c( virus)?( infection)?|hcv( infection)?",
    "interstitial lung disease": r"interstitial pulmonary disease",
    "autoimmune disease": r"autoimmune disorders?",
    "heart failure": r"congestive (heart|cardiac) failure|cardiac failure",
    "myocardial infarction": r"heart attack",
    "coronary heart disease": r"coronary (artery )?disease|isch(a)?emic heart disease",
    "arrhythmia": r"(cardiac )?arrhythmias?",
    "stroke": r"cerebrovascular (accident|disease)",
    "hypertension": r"arterial hypertension|hypertensive disorder",
    "thromboembolism": r"venous thromboembol\w+",
    "bleeding": r"ha?emorrhage",
    "diabetes": r"diabetes mellitus",
    "kidney disease": r"renal disease",
    "liver disease": r"hepatic disease",
    "lung disease": r"(chronic )?(pulmonary|lung) disease",
    "active infection": r"infections?|infectious disease",
    "seizures": r"seizures? disorder",
    "neuropathy": r"(peripheral )?neuropath(y|ies)",
    "psychiatric disorder": r"(psychiatric|mental) (disorder|disease|illness)",
    "transplant": r"transplantation",
    "immunodeficiency": r"immune deficiency",
    "bowel obstruction": r"intestinal obstruction",
    "malabsorption": r"malabsorption syndrome",
    "thyroid disease": r"thyroid disorder",
    "second malignancy": r"(second|other) (primary )?(malignan(cy|t tumou?r)|cancer)s?|other malignancies",
    "pregnancy": r"pregnant",
}
_RELATIVES = re.compile(r"\b(?:family|familial|maternal|paternal) (?:medical )?history\b|\bfh\b")


def matches(condition: str, text: str, code: str) -> bool:
    """Whether a recorded condition is the one asked for, and the patient's own. A name no entry here has is
    matched by its own words, whole and in order."""
    if _RELATIVES.search(text.casefold()):
        return False
    known = CONDITIONS.get(condition)
    if known is None:
        return bool(_words(re.escape(condition.casefold())).search(text.casefold()))
    bare = code.replace(".", "").upper()
    by_code = bool(re.fullmatch(r"[A-Z]\d[0-9A-Z]{1,5}", bare)) and bare.startswith(known.codes)
    return by_code or bool(_words(known.words).search(text.casefold()))


_AROUND = re.compile(
    r"^(?:(?:no|any|known|a|history of|evidence of) )+|\s*\((?:disorder|finding|situation)\)$"
)


def denies(condition: str, subject: str) -> bool:
    """Whether "this is not so" about the subject denies the whole condition. One kind of it does not: without
    rheumatoid arthritis there may be another autoimmune disease."""
    folded = _AROUND.sub("", " ".join(subject.casefold().split()))
    other_names = _WHOLE.get(condition, "")
    return folded == condition.casefold() or bool(other_names and re.fullmatch(other_names, folded))


@cache
def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")
