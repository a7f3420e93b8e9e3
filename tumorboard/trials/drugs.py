"""Drug classes as trials name them, and the agents in each (by the generic names of the lake).

Our own list, from the pharmacological classes of the labels. A class is never complete: an agent that no
list here knows leaves a question about classes open (see `treatment`).
"""

from __future__ import annotations

from functools import cache

from tumorboard.pipeline.silver.agents import AGENTS, SYNONYMS

_CLASSES = {
    "platinum": "carboplatin cisplatin oxaliplatin",
    "taxane": "paclitaxel nab-paclitaxel docetaxel cabazitaxel",
    "anthracycline": "doxorubicin epirubicin daunorubicin idarubicin mitoxantrone",
    "fluoropyrimidine": "fluorouracil capecitabine trifluridine/tipiracil",
    "topoisomerase I inhibitor": "irinotecan topotecan liposomal_irinotecan trastuzumab_deruxtecan"
    " sacituzumab_govitecan datopotamab_deruxtecan",
    "alkylating agent": "bendamustine carmustine chlorambucil cyclophosphamide dacarbazine ifosfamide"
    " melphalan temozolomide mitomycin trabectedin lurbinectedin",
    "antimetabolite": "azacitidine cytarabine fludarabine fluorouracil capecitabine gemcitabine"
    " mercaptopurine methotrexate pemetrexed trifluridine/tipiracil",
    "vinca alkaloid": "vinblastine vincristine vinorelbine",
    "PD-1/PD-L1 inhibitor": "atezolizumab avelumab cemiplimab dostarlimab durvalumab nivolumab pembrolizumab",
    "CTLA-4 inhibitor": "ipilimumab tremelimumab",
    "LAG-3 inhibitor": "relatlimab",
    "EGFR inhibitor": "afatinib dacomitinib erlotinib gefitinib lazertinib mobocertinib osimertinib"
    " amivantamab cetuximab necitumumab panitumumab lapatinib neratinib",
    "EGFR TKI": "afatinib dacomitinib erlotinib gefitinib lazertinib mobocertinib osimertinib",
    "anti-EGFR antibody": "amivantamab cetuximab necitumumab panitumumab",
    "ALK inhibitor": "alectinib brigatinib ceritinib crizotinib lorlatinib",
    "ROS1 inhibitor": "crizotinib entrectinib lorlatinib repotrectinib ceritinib",
    "RET inhibitor": "pralsetinib selpercatinib",
    "MET inhibitor": "capmatinib tepotinib crizotinib cabozantinib",
    "TRK inhibitor": "entrectinib larotrectinib repotrectinib",
    "KRAS G12C inhibitor": "adagrasib sotorasib",
    "BRAF inhibitor": "dabrafenib encorafenib vemurafenib",
    "MEK inhibitor": "binimetinib cobimetinib selumetinib trametinib",
    "HER2-directed therapy": "trastuzumab pertuzumab lapatinib neratinib tucatinib trastuzumab_emtansine"
    " trastuzumab_deruxtecan zanidatamab",
    "CDK4/6 inhibitor": "abemaciclib palbociclib ribociclib",
    "PARP inhibitor": "niraparib olaparib rucaparib talazoparib",
    "PI3K/AKT/mTOR inhibitor": "alpelisib capivasertib everolimus inavolisib temsirolimus",
    "mTOR inhibitor": "everolimus temsirolimus",
    "aromatase inhibitor": "anastrozole exemestane letrozole",
    "endocrine therapy": "anastrozole exemestane letrozole tamoxifen fulvestrant elacestrant goserelin"
    " leuprorelin triptorelin degarelix abiraterone enzalutamide apalutamide darolutamide bicalutamide",
    "androgen receptor pathway inhibitor": "abiraterone apalutamide darolutamide enzalutamide",
    "VEGF inhibitor": "bevacizumab ramucirumab axitinib cabozantinib fruquintinib lenvatinib pazopanib"
    " regorafenib sorafenib sunitinib vandetanib",
    "FGFR inhibitor": "erdafitinib",
    "BTK inhibitor": "ibrutinib",
    "proteasome inhibitor": "bortezomib carfilzomib",
    "BCR-ABL inhibitor": "dasatinib imatinib nilotinib",
    "anti-CD20 antibody": "obinutuzumab rituximab",
    "antibody-drug conjugate": "datopotamab_deruxtecan enfortumab_vedotin sacituzumab_govitecan"
    " trastuzumab_deruxtecan trastuzumab_emtansine",
    "radioligand": "lutetium-177_psma-617 radium-223",
}
_GROUPS = {
    "checkpoint inhibitor": ("PD-1/PD-L1 inhibitor", "CTLA-4 inhibitor", "LAG-3 inhibitor"),
    "immunotherapy": ("PD-1/PD-L1 inhibitor", "CTLA-4 inhibitor", "LAG-3 inhibitor"),
    "chemotherapy": (
        "platinum", "taxane", "anthracycline", "fluoropyrimidine", "alkylating agent", "antimetabolite",
        "vinca alkaloid",
    ),
}  # fmt: skip
_MORE = {
    "chemotherapy": "irinotecan topotecan liposomal_irinotecan etoposide eribulin ixabepilone bleomycin",
    "immunotherapy": "tebentafusp tisagenlecleucel",
    "checkpoint inhibitor": "",
}


def _spelt(names: str) -> frozenset[str]:
    return frozenset(name.replace("_", " ") for name in names.split())


_OWN = {name: _spelt(agents) for name, agents in _CLASSES.items()}
#: Name of the class -> the agents that belong to it.
CLASSES: dict[str, frozenset[str]] = _OWN | {
    name: frozenset().union(*(_OWN[part] for part in parts), _spelt(_MORE[name]))
    for name, parts in _GROUPS.items()
}


@cache
def class_named(text: str) -> str:
    """The class by its name in any case; ValueError for a name no class here has."""
    folded = text.strip().casefold()
    for name in CLASSES:
        if name.casefold() == folded:
            return name
    raise ValueError("not a drug class this version knows")


@cache
def generic(name: str) -> str:
    """The generic name, lower case; a name no list knows stays as it is."""
    folded = " ".join(name.lower().split())
    return SYNONYMS.get(folded, folded)


@cache
def is_known(agent: str) -> bool:
    """Whether the classes of this agent are known: it is in the list the classes were made from."""
    return agent in AGENTS
