"""Comorbidities, malignancies, metastases, death, and what the patient wants."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tumorboard.pipeline.silver.text.mentions import Mention, by_table, only_with

comorbidities = by_table("comorbidity", "comorbidity.words", {
    "hypertension": r"(?:essential |arterial )?hypertension|high blood pressure|HTN",
    "diabetes": r"(?:type (?:1|2|I|II) )?diabetes(?: mellitus)?(?: type (?:1|2|I|II))?|T2DM|NIDDM|IDDM",
    "COPD": r"COPD|chronic obstructive (?:pulmonary|lung) disease|emphysema",
    "asthma": r"(?:bronchial )?asthma",
    "coronary artery disease": r"coronary (?:artery|heart) disease|CAD|ischa?emic heart disease",
    "myocardial infarction": r"myocardial infarction|heart attack|STEMI|NSTEMI",
    "heart failure": r"(?:congestive |systolic |diastolic )?heart failure|CHF|cardiomyopathy",
    "atrial fibrillation": r"atrial fibrillation|a-?fib|AF",
    "stroke": r"stroke|cerebrovascular accident|CVA|TIA",
    "chronic kidney disease": r"chronic (?:kidney disease|renal (?:insufficiency|failure))(?: stage \w+)?"
    r"|CKD(?: stage \w+)?",
    "liver cirrhosis": r"(?:liver |hepatic )?cirrhosis",
    "hepatitis": r"(?:chronic |viral |autoimmune )*hepatitis(?: [ABC])?",
    "HIV": r"HIV",
    "venous thromboembolism": r"(?:deep (?:vein|venous) )?thrombosis|DVT|pulmonary embol(?:ism|us)",
    "depression": r"(?:major )?depress(?:ion|ive disorder)",
    "anxiety": r"anxiety(?: disorder)?",
    "dementia": r"dementia|alzheimer'?s?(?: disease)?",
    "rheumatoid arthritis": r"rheumatoid arthritis",
    "autoimmune disease": r"autoimmune disease|lupus|psoriasis|crohn'?s disease|ulcerative colitis"
    r"|multiple sclerosis",
    "interstitial lung disease": r"interstitial lung disease|ILD|pneumonitis|pulmonary fibrosis",
    "neuropathy": r"(?:peripheral |poly)*neuropathy",
    "thyroid disease": r"hypothyroidism|hyperthyroidism|thyroiditis",
    "hyperlipidemia": r"hyperlipid(?:a)?emia|hypercholesterol(?:a)?emia|dyslipid(?:a)?emia",
    "obesity": r"obesity|obese",
    "osteoporosis": r"osteoporosis",
    "anemia": r"an(?:a)?emia",
    "pneumonia": r"pneumonia",
    "pleural effusion": r"pleural effusions?",
    "ascites": r"ascites",
    "myocarditis": r"myocarditis",
    "colitis": r"colitis",
    "epilepsy": r"epilepsy|seizure disorder",
    "allergies": r"(?:known )?allerg(?:y|ies)",
})  # fmt: skip

_ORGAN = (
    r"(?:breast|lung|colon|colorectal|rectal|prostate|pancrea\w+|ovarian|gastric|stomach|liver|renal|kidney"
    r"|bladder|skin|"
    r"thyroid|cervical|endometrial|uterine|brain|head and neck|esophageal|oesophageal)"
)
malignancies = by_table("malignancy", "malignancy.words", {
    "cancer": r"cancer|malignanc(?:y|ies)|malignant (?:tumou?r|neoplasm)",
    "melanoma": r"(?:malignant )?melanoma",
    "lymphoma": r"lymphoma",
    "leukemia": r"leuka?emia",
})  # fmt: skip
_SITED = re.compile(
    rf"(?<![\w-])(?P<site>{_ORGAN})\s+(?:cancer|carcinoma|tumou?r)|(?:cancer"
    rf"|carcinoma) of (?:the )?(?P<of>{_ORGAN})",
    re.IGNORECASE,
)

_SITES = (
    r"(?:liver|hepatic|brain|cerebral|bone|osseous|lung|pulmonary|contralateral lung|adrenal(?: gland)?s?"
    r"|peritone\w+|pleura\w*|"
    r"lymph nodes?|nodal|skin|soft tissue|spine|spinal|leptomeningeal|ovar\w+|distant"
    r"|retroperitoneal lymph nodes?)"
)
_SPREAD = r"(?:metastas[ei]s|metastatic (?:disease|lesions?|spread)|mets)"
_METASTASIS = re.compile(
    rf"(?<![\w-])(?P<before>{_SITES}(?:\s+(?:and|or)\s+{_SITES})*)\s+{_SPREAD}"
    rf"|(?<![\w-]){_SPREAD}\s+(?:of|in|to|at)\s+(?:the\s+)?(?P<after>{_SITES}(?:(?:,\s*|\s+and\s+"
    rf"|\s+or\s+)(?:the\s+)?{_SITES})*)",
    re.IGNORECASE,
)
_DEATH = re.compile(r"(?<![\w-])(?:died|passed away|deceased|death occurred)(?!\w)", re.IGNORECASE)

_CARE = (
    r"(?:\w+\s+){0,3}(?:treatments?|therap\w+|chemo\w*|surgery|operation|radi\w+|biops\w+|transfusions?"
    r"|hospital\w*)"
)
_WANTS = re.compile(
    rf"\b(?:wish(?:es|ed)?|would (?:not )?like|wants?|does not want|prefers?|(?:declines?|declined"
    rf"|refus(?:es|ed))\s+{_CARE}"
    r"|values (?:quality|independence|time|her|his)|asks? for|hopes to|goal is|is (?:not )?(?:willing"
    r"|interested)"
    r"|advance directive|DNR|DNI|no resuscitation|goals of care)\b",
    re.IGNORECASE,
)
# What the wish is about, the first that fits.
_WISHES = (
    ("no resuscitation", r"no resuscitation|resuscitation was not|DNR|no intensive care|DNI"),
    ("trial", r"\btrial\b|\bstudy\b"),
    ("declines chemotherapy", r"(?:declin|refus|does not want|no)\w* (?:\w+ )?chemo"),
    (
        "declines treatment",
        r"(?:declin|refus|does not want)\w* (?:any |further |more )*(?:treatment|therapy)",
    ),
    ("quality of life first", r"quality of life"),
    ("as little hospital as possible", r"no stay in hospital|at home|outpatient"),
    ("all treatment", r"all (?:available|possible) (?:treatment|therap)"),
    ("few side effects", r"nausea|side[- ]effects?|hair loss|neuropathy|toxicit"),
    ("further treatment", r"(?:further|more) (?:treatment|therapy)"),
)


@only_with("cancer", "carcinoma", "tumor", "tumour", "malignan", "melanoma", "lymphoma", "leuk")
def cancers(sentence: str) -> Iterator[Mention]:
    """Cancers named in passing, with their organ where it is said: they matter in family and past history."""
    sited = [
        Mention(
            "malignancy", f"{(match['site'] or match['of']).lower()} cancer", *match.span(), "malignancy.site"
        )
        for match in _SITED.finditer(sentence)
    ]
    taken = [(mention.start, mention.end) for mention in sited]
    yield from sited
    for mention in malignancies(sentence):
        if not any(start <= mention.start and mention.end <= end for start, end in taken):
            yield mention


@only_with("metast", "mets")
def metastases(sentence: str) -> Iterator[Mention]:
    """Metastases with the site they are said to be in."""
    for match in _METASTASIS.finditer(sentence):
        site = re.sub(r"\s+", " ", match["before"] or match["after"]).lower()
        yield Mention("metastasis", site, *match.span(), "metastasis.site")


def deaths(sentence: str) -> Iterator[Mention]:
    for match in _DEATH.finditer(sentence):
        yield Mention("death", "died", *match.span(), "death.words")


def wishes(sentence: str, section: str) -> Iterator[Mention]:
    """What the patient wants: a sentence that says so, or any sentence of the section on wishes."""
    wants = _WANTS.search(sentence)
    if not (wants or section == "wishes"):
        return
    about_patient = section == "wishes" or re.search(
        r"patient|\bs?he\b|\bMs\b|\bMr\b|wished|directive", sentence, re.IGNORECASE
    )
    if about_patient:
        value = next(
            (name for name, pattern in _WISHES if re.search(pattern, sentence, re.IGNORECASE)), "stated"
        )
        yield Mention(
            "wish", value, 0, len(sentence), "wish.section" if section == "wishes" else "wish.words"
        )
