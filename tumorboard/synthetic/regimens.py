"""Which therapy is given for which tumour, driver and line: tables to be read, not advice.

A key is (OncoTree code, driver group); "*" stands for every group without an entry of its own. The first
regimen of a line is the usual one, the second an alternative. "early" is what a patient gets with curative
intent.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Regimen:
    """What is given together. `strength` is the chance of a response where the driver fits."""

    name: str
    agents: tuple[str, ...]
    strength: float


def _r(name: str, agents: str, strength: float) -> Regimen:
    return Regimen(name, tuple(agents.split(" + ")), strength)


PLATINUM_PEMBRO = _r(
    "Carboplatin + pemetrexed + pembrolizumab", "carboplatin + pemetrexed + pembrolizumab", 0.48
)
PLATINUM_PEM = _r("Cisplatin + pemetrexed", "cisplatin + pemetrexed", 0.33)
DOCETAXEL = _r("Docetaxel", "docetaxel", 0.14)
PEMBRO = _r("Pembrolizumab", "pembrolizumab", 0.40)
FOLFOX = _r("FOLFOX", "oxaliplatin + folinic acid + fluorouracil", 0.45)
FOLFOX_BEV = _r("FOLFOX + bevacizumab", "oxaliplatin + folinic acid + fluorouracil + bevacizumab", 0.50)
FOLFIRI_BEV = _r("FOLFIRI + bevacizumab", "irinotecan + folinic acid + fluorouracil + bevacizumab", 0.30)
FOLFIRI_CETUX = _r("FOLFIRI + cetuximab", "irinotecan + folinic acid + fluorouracil + cetuximab", 0.58)
ENCO_CETUX = _r("Encorafenib + cetuximab", "encorafenib + cetuximab", 0.24)
TAS = _r("Trifluridine/tipiracil + bevacizumab", "trifluridine/tipiracil + bevacizumab", 0.06)
LETRO_PALBO = _r("Letrozole + palbociclib", "letrozole + palbociclib", 0.46)
FULV_ALP = _r("Fulvestrant + alpelisib", "fulvestrant + alpelisib", 0.27)
FULV = _r("Fulvestrant + ribociclib", "fulvestrant + ribociclib", 0.30)
CAPE = _r("Capecitabine", "capecitabine", 0.24)
THP = _r("Docetaxel + trastuzumab + pertuzumab", "docetaxel + trastuzumab + pertuzumab", 0.70)
TDXD = _r("Trastuzumab deruxtecan", "trastuzumab deruxtecan", 0.60)
IPI_NIVO = _r("Ipilimumab + nivolumab", "ipilimumab + nivolumab", 0.50)
DAB_TRAM = _r("Dabrafenib + trametinib", "dabrafenib + trametinib", 0.64)
FOLFIRINOX = _r("FOLFIRINOX", "oxaliplatin + irinotecan + folinic acid + fluorouracil", 0.32)
GEM_NAB = _r("Gemcitabine + nab-paclitaxel", "gemcitabine + nab-paclitaxel", 0.24)
ADT_ABI = _r("Leuprorelin + abiraterone", "leuprorelin + abiraterone", 0.70)
ADT_ENZA = _r("Leuprorelin + enzalutamide", "leuprorelin + enzalutamide", 0.60)
ADT_DOCE = _r("Leuprorelin + docetaxel", "leuprorelin + docetaxel", 0.40)
OLAPARIB = _r("Olaparib", "olaparib", 0.40)

Line = int | str
REGIMENS: dict[tuple[str, str], dict[Line, tuple[Regimen, ...]]] = {
    ("LUAD", "EGFR"): {
        1: (_r("Osimertinib", "osimertinib", 0.78),),
        2: (_r("Carboplatin + pemetrexed", "carboplatin + pemetrexed", 0.33),),
        3: (DOCETAXEL,),
    },
    ("LUAD", "ALK"): {
        1: (_r("Alectinib", "alectinib", 0.82),),
        2: (_r("Lorlatinib", "lorlatinib", 0.42),),
        3: (PLATINUM_PEM,),
    },
    ("LUAD", "RET"): {1: (_r("Selpercatinib", "selpercatinib", 0.80),), 2: (PLATINUM_PEM,), 3: (DOCETAXEL,)},
    ("LUAD", "KRAS G12C"): {
        1: (PLATINUM_PEMBRO, PEMBRO),
        2: (_r("Sotorasib", "sotorasib", 0.32),),
        3: (DOCETAXEL,),
    },
    ("LUAD", "BRAF"): {1: (DAB_TRAM,), 2: (PLATINUM_PEMBRO,), 3: (DOCETAXEL,)},
    ("LUAD", "*"): {
        "early": (PLATINUM_PEM, _r("Cisplatin + vinorelbine", "cisplatin + vinorelbine", 0.3)),
        1: (PLATINUM_PEMBRO, PEMBRO),
        2: (DOCETAXEL,),
        3: (_r("Gemcitabine", "gemcitabine", 0.08),),
    },
    ("COAD", "MSI-H"): {1: (PEMBRO,), 2: (FOLFOX_BEV,), 3: (ENCO_CETUX,)},
    ("COAD", "RAS wild type"): {1: (FOLFIRI_CETUX,), 2: (FOLFOX_BEV,), 3: (TAS,)},
    ("COAD", "BRAF"): {1: (FOLFOX_BEV,), 2: (ENCO_CETUX,), 3: (TAS,)},
    ("COAD", "HER2"): {1: (FOLFOX_BEV,), 2: (FOLFIRI_BEV,), 3: (TDXD,)},
    ("COAD", "*"): {
        "early": (FOLFOX, _r("CAPOX", "capecitabine + oxaliplatin", 0.4)),
        1: (FOLFOX_BEV, FOLFIRI_BEV),
        2: (FOLFIRI_BEV,),
        3: (TAS,),
    },
    ("IDC", "HER2"): {
        "early": (_r("Paclitaxel + trastuzumab", "paclitaxel + trastuzumab", 0.6),),
        1: (THP,),
        2: (TDXD,),
        3: (_r("Tucatinib + trastuzumab + capecitabine", "tucatinib + trastuzumab + capecitabine", 0.35),),
    },
    ("IDC", "ER PIK3CA"): {
        "early": (_r("Letrozole", "letrozole", 0.5),),
        1: (LETRO_PALBO,),
        2: (FULV_ALP,),
        3: (CAPE,),
    },
    ("IDC", "ER"): {
        "early": (_r("Letrozole", "letrozole", 0.5), _r("Tamoxifen", "tamoxifen", 0.5)),
        1: (LETRO_PALBO,),
        2: (FULV,),
        3: (CAPE,),
    },
    ("IDC", "TNBC BRCA"): {
        "early": (_r("Carboplatin + paclitaxel", "carboplatin + paclitaxel", 0.6),),
        1: (OLAPARIB,),
        2: (CAPE,),
        3: (_r("Eribulin", "eribulin", 0.12),),
    },
    ("IDC", "*"): {
        "early": (_r("Epirubicin + cyclophosphamide", "epirubicin + cyclophosphamide", 0.5),),
        1: (
            _r(
                "Carboplatin + gemcitabine + pembrolizumab", "carboplatin + gemcitabine + pembrolizumab", 0.48
            ),
        ),
        2: (_r("Sacituzumab govitecan", "sacituzumab govitecan", 0.34),),
        3: (CAPE,),
    },
    ("SKCM", "BRAF"): {
        "early": (DAB_TRAM, PEMBRO),
        1: (IPI_NIVO, DAB_TRAM),
        2: (DAB_TRAM,),
        3: (_r("Dacarbazine", "dacarbazine", 0.08),),
    },
    ("SKCM", "KIT"): {
        1: (IPI_NIVO,),
        2: (_r("Imatinib", "imatinib", 0.30),),
        3: (_r("Dacarbazine", "dacarbazine", 0.08),),
    },
    ("SKCM", "*"): {
        "early": (_r("Nivolumab", "nivolumab", 0.5), PEMBRO),
        1: (IPI_NIVO, _r("Nivolumab", "nivolumab", 0.42)),
        2: (_r("Nivolumab + relatlimab", "nivolumab + relatlimab", 0.18),),
        3: (_r("Dacarbazine", "dacarbazine", 0.08),),
    },
    ("PAAD", "BRCA2"): {1: (FOLFIRINOX,), 2: (OLAPARIB,), 3: (GEM_NAB,)},
    ("PAAD", "*"): {
        "early": (_r("Gemcitabine + capecitabine", "gemcitabine + capecitabine", 0.3),),
        1: (FOLFIRINOX, GEM_NAB),
        2: (GEM_NAB, _r("Nal-IRI + 5-FU", "liposomal irinotecan + folinic acid + fluorouracil", 0.12)),
        3: (CAPE,),
    },
    ("PRAD", "BRCA2"): {1: (ADT_ABI,), 2: (OLAPARIB,), 3: (ADT_DOCE,)},
    ("PRAD", "AR"): {1: (ADT_ABI,), 2: (ADT_DOCE,), 3: (_r("Cabazitaxel", "cabazitaxel", 0.22),)},
    ("PRAD", "*"): {
        "early": (_r("Leuprorelin", "leuprorelin", 0.6),),
        1: (ADT_ABI, ADT_ENZA),
        2: (ADT_DOCE,),
        3: (_r("Cabazitaxel", "cabazitaxel", 0.22),),
    },
}

ATC = {  # WHO ATC codes of the agents; an agent without one is sent as text only
    "osimertinib": "L01EB04", "alectinib": "L01ED03", "lorlatinib": "L01ED05", "selpercatinib": "L01EX22",
    "sotorasib": "L01XX73", "carboplatin": "L01XA02", "cisplatin": "L01XA01", "oxaliplatin": "L01XA03",
    "pemetrexed": "L01BA04", "pembrolizumab": "L01FF02", "nivolumab": "L01FF01", "ipilimumab": "L01FX04",
    "docetaxel": "L01CD02", "paclitaxel": "L01CD01", "vinorelbine": "L01CA04", "gemcitabine": "L01BC05",
    "fluorouracil": "L01BC02", "folinic acid": "V03AF03", "capecitabine": "L01BC06",
    "irinotecan": "L01CE02", "bevacizumab": "L01FG01", "cetuximab": "L01FE01", "trastuzumab": "L01FD01",
    "pertuzumab": "L01FD02", "trastuzumab deruxtecan": "L01FD04", "encorafenib": "L01EC03",
    "dabrafenib": "L01EC02", "trametinib": "L01EE01", "letrozole": "L02BG04", "tamoxifen": "L02BA01",
    "fulvestrant": "L02BA03", "palbociclib": "L01EF01", "ribociclib": "L01EF02", "alpelisib": "L01EM03",
    "olaparib": "L01XK01", "imatinib": "L01EA01", "dacarbazine": "L01AX04", "leuprorelin": "L02AE02",
    "abiraterone": "L02BX03", "enzalutamide": "L02BB04", "cabazitaxel": "L01CD04",
    "epirubicin": "L01DB03", "cyclophosphamide": "L01AA01", "trifluridine/tipiracil": "L01BC59",
}  # fmt: skip


def options(oncotree: str, group: str, line: Line) -> tuple[Regimen, ...]:
    """The regimens for a tumour, driver group and line; the group's own entry first, then the common one."""
    own = REGIMENS.get((oncotree, group), {})
    return own.get(line) or REGIMENS[(oncotree, "*")].get(line, ())
