"""Lengths of the proteins boards look at most, in amino acids (UniProt canonical isoforms)."""

from __future__ import annotations

LENGTHS = {
    "AKT1": 480, "ALK": 1620, "APC": 2843, "AR": 920, "ATM": 3056, "BRAF": 766, "BRCA1": 1863, "BRCA2": 3418,
    "CDH1": 882, "CDKN2A": 156, "CTNNB1": 781, "EGFR": 1210, "ERBB2": 1255, "ESR1": 595, "FGFR2": 821,
    "FGFR3": 806, "FOXA1": 472, "GATA3": 443, "IDH1": 414, "IDH2": 452, "KEAP1": 624, "KIT": 976, "KRAS": 189,
    "MAP2K1": 393, "MET": 1390, "NF1": 2839, "NRAS": 189, "PALB2": 1186, "PIK3CA": 1068, "PTEN": 403,
    "RB1": 928, "RET": 1114, "ROS1": 2347, "SMAD4": 552, "SPOP": 374, "STK11": 433, "TP53": 393,
}  # fmt: skip
