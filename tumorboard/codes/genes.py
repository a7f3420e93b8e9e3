"""Gene symbols in the style of the HUGO Gene Nomenclature Committee (genenames.org)."""

from __future__ import annotations

import re

from tumorboard.codes.code import Code

# Names that clinicians and older reports use for a gene. Only names that mean one gene and are not
# themselves the approved symbol of another one.
ALIASES = {
    "HER1": "EGFR",
    "ERBB1": "EGFR",
    "HER2": "ERBB2",
    "HER-2": "ERBB2",
    "HER2/NEU": "ERBB2",
    "NEU": "ERBB2",
    "HER3": "ERBB3",
    "HER4": "ERBB4",
    "PD-L1": "CD274",
    "PDL1": "CD274",
    "P53": "TP53",
    "C-MET": "MET",
    "CMET": "MET",
    "C-KIT": "KIT",
    "CKIT": "KIT",
    "C-MYC": "MYC",
    "CMYC": "MYC",
    "N-MYC": "MYCN",
    "NMYC": "MYCN",
    "LKB1": "STK11",
    "INI1": "SMARCB1",
    "BRG1": "SMARCA4",
    "P16": "CDKN2A",
    "TRKA": "NTRK1",
    "TRKB": "NTRK2",
    "TRKC": "NTRK3",
    "MLL": "KMT2A",
    "MLL2": "KMT2D",
    "MLL3": "KMT2C",
    "FAM123B": "AMER1",
    "FAM46C": "TENT5C",
    "PARK2": "PRKN",
    "WHSC1": "NSD2",
}


class GeneSymbol(Code):
    """A symbol that looks like an approved one; known aliases become the approved symbol.

    The shape is checked, not membership: the list of approved symbols changes monthly and a new gene
    must not be refused.
    """

    __slots__ = ()
    what = "a gene symbol"
    example = "EGFR"
    pattern = re.compile(r"[A-Z][A-Z0-9]{0,14}(?:-[A-Z0-9]{1,8}){0,2}|C(?:\d{1,2}|[XY])orf\d{1,3}", re.ASCII)

    @classmethod
    def _tidy(cls, text: str) -> str:
        symbol = text.upper()
        symbol = re.sub(r"^(C(?:\d{1,2}|[XY]))ORF(\d{1,3})$", r"\1orf\2", symbol)
        return ALIASES.get(symbol, symbol)
