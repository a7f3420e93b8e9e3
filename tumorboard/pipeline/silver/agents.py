"""Antineoplastic agents and regimens by every name senders use. One list for orders and for letters."""

from __future__ import annotations

import re
from functools import cache

# Generic names (international nonproprietary names, lower case).
_ONE_WORD = """
    abemaciclib abiraterone adagrasib afatinib alectinib alpelisib amivantamab anastrozole apalutamide
    atezolizumab avelumab axitinib azacitidine bendamustine bevacizumab bicalutamide binimetinib
    bleomycin bortezomib brigatinib cabazitaxel cabozantinib capecitabine capivasertib capmatinib
    carboplatin carfilzomib carmustine cemiplimab ceritinib cetuximab chlorambucil cisplatin cobimetinib
    crizotinib cyclophosphamide cytarabine dabrafenib dacarbazine dacomitinib daratumumab darolutamide
    dasatinib datopotamab daunorubicin degarelix docetaxel dostarlimab doxorubicin durvalumab
    elacestrant enasidenib encorafenib enfortumab entrectinib enzalutamide epirubicin erdafitinib
    eribulin erlotinib etoposide everolimus exemestane fludarabine fluorouracil fruquintinib fulvestrant
    gefitinib gemcitabine gilteritinib goserelin ibrutinib idarubicin ifosfamide imatinib inavolisib
    ipilimumab irinotecan ixabepilone lapatinib larotrectinib lazertinib lenalidomide lenvatinib
    letrozole leuprorelin lorlatinib lurbinectedin melphalan mercaptopurine methotrexate midostaurin
    mitomycin mitotane mitoxantrone mobocertinib nab-paclitaxel necitumumab neratinib nilotinib
    niraparib nivolumab obinutuzumab octreotide olaparib osimertinib oxaliplatin paclitaxel palbociclib
    panitumumab pazopanib pembrolizumab pemetrexed pertuzumab pralsetinib ramucirumab regorafenib
    relatlimab repotrectinib ribociclib rituximab rucaparib ruxolitinib selpercatinib selumetinib
    sorafenib sotorasib sunitinib talazoparib tamoxifen tebentafusp temozolomide temsirolimus tepotinib
    tisagenlecleucel topotecan trabectedin trametinib trastuzumab tremelimumab triptorelin tucatinib
    vandetanib vemurafenib venetoclax vinblastine vincristine vinorelbine vismodegib zanidatamab
    zolbetuximab
"""
AGENTS = frozenset(_ONE_WORD.split()) | {
    "datopotamab deruxtecan", "enfortumab vedotin", "folinic acid",
    "liposomal irinotecan", "lutetium-177 psma-617", "radium-223", "sacituzumab govitecan",
    "trastuzumab deruxtecan", "trastuzumab emtansine", "trifluridine/tipiracil",
}  # fmt: skip

# Brand names, abbreviations and other spellings -> generic name.
SYNONYMS = {
    "5-fu": "fluorouracil", "5 fu": "fluorouracil", "5-fluorouracil": "fluorouracil",
    "abraxane": "nab-paclitaxel", "paclitaxel protein-bound": "nab-paclitaxel", "afinitor": "everolimus",
    "alecensa": "alectinib", "alimta": "pemetrexed", "arimidex": "anastrozole", "aromasin": "exemestane",
    "avastin": "bevacizumab", "braftovi": "encorafenib", "camptosar": "irinotecan",
    "cyramza": "ramucirumab", "eloxatin": "oxaliplatin", "enhertu": "trastuzumab deruxtecan",
    "t-dxd": "trastuzumab deruxtecan", "erbitux": "cetuximab", "erleada": "apalutamide",
    "faslodex": "fulvestrant", "femara": "letrozole", "gemzar": "gemcitabine", "gilotrif": "afatinib",
    "gleevec": "imatinib", "glivec": "imatinib", "halaven": "eribulin", "herceptin": "trastuzumab",
    "ibrance": "palbociclib", "imfinzi": "durvalumab", "iressa": "gefitinib",
    "kadcyla": "trastuzumab emtansine", "t-dm1": "trastuzumab emtansine", "keytruda": "pembrolizumab",
    "kisqali": "ribociclib", "leucovorin": "folinic acid", "leuprolide": "leuprorelin",
    "lupron": "leuprorelin", "lonsurf": "trifluridine/tipiracil", "lorbrena": "lorlatinib",
    "lorviqua": "lorlatinib", "lumakras": "sotorasib", "lynparza": "olaparib", "mekinist": "trametinib",
    "mektovi": "binimetinib", "nolvadex": "tamoxifen", "onivyde": "liposomal irinotecan",
    "nal-iri": "liposomal irinotecan", "opdivo": "nivolumab", "perjeta": "pertuzumab",
    "piqray": "alpelisib", "pluvicto": "lutetium-177 psma-617", "retevmo": "selpercatinib",
    "retsevmo": "selpercatinib", "stivarga": "regorafenib", "tafinlar": "dabrafenib",
    "tagrisso": "osimertinib", "tarceva": "erlotinib", "taxol": "paclitaxel", "taxotere": "docetaxel",
    "tecentriq": "atezolizumab", "temodar": "temozolomide", "trodelvy": "sacituzumab govitecan",
    "tukysa": "tucatinib", "vectibix": "panitumumab", "verzenio": "abemaciclib", "verzenios": "abemaciclib",
    "xalkori": "crizotinib", "xeloda": "capecitabine", "xofigo": "radium-223", "xtandi": "enzalutamide",
    "yervoy": "ipilimumab", "zejula": "niraparib", "zelboraf": "vemurafenib", "zytiga": "abiraterone",
    "adriamycin": "doxorubicin", "cytoxan": "cyclophosphamide", "carbo": "carboplatin",
    "zoladex": "goserelin", "rituxan": "rituximab", "revlimid": "lenalidomide", "velcade": "bortezomib",
}  # fmt: skip

# Regimens named as a whole -> what they contain.
REGIMENS = {
    "FOLFOXIRI": ("oxaliplatin", "irinotecan", "folinic acid", "fluorouracil"),
    "FOLFIRINOX": ("oxaliplatin", "irinotecan", "folinic acid", "fluorouracil"),
    "mFOLFOX6": ("oxaliplatin", "folinic acid", "fluorouracil"),
    "FOLFOX": ("oxaliplatin", "folinic acid", "fluorouracil"),
    "FOLFIRI": ("irinotecan", "folinic acid", "fluorouracil"),
    "CAPOX": ("capecitabine", "oxaliplatin"),
    "XELOX": ("capecitabine", "oxaliplatin"),
    "R-CHOP": ("rituximab", "cyclophosphamide", "doxorubicin", "vincristine"),
    "ddAC": ("doxorubicin", "cyclophosphamide"),
    "FLOT": ("fluorouracil", "folinic acid", "oxaliplatin", "docetaxel"),
    "TCHP": ("docetaxel", "carboplatin", "trastuzumab", "pertuzumab"),
}


@cache
def pattern() -> re.Pattern[str]:
    """Every name as a whole word, the longest first."""
    names = sorted(
        {*AGENTS, *SYNONYMS, *(name.lower() for name in REGIMENS)}, key=lambda name: (-len(name), name)
    )
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, names))})(?![\w])", re.IGNORECASE)


def agents_in(text: str) -> list[str]:
    """The agents a text names, by generic name, each once, in order; a regimen counts as its agents."""
    found: list[str] = []
    for match in pattern().finditer(text):
        name = match.group().lower()
        regimen = next((agents for known, agents in REGIMENS.items() if known.lower() == name), None)
        found += regimen or [SYNONYMS.get(name, name)]
    return list(dict.fromkeys(found))


def plain_name(medication: str) -> str:
    """A product name without strength and form: `Penicillin V 250 MG Oral Tablet` is `penicillin v`."""
    bare = re.sub(r"^\s*[\d.]+\s*ML\s+", "", medication, flags=re.IGNORECASE)
    return (
        re.split(r"\s+[\d.,]+\s*(?:MG|MCG|UG|G|ML|UNT|%|HR)\b", bare, flags=re.IGNORECASE)[0].strip().lower()
    )
