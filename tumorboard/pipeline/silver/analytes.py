"""Laboratory analytes by one name and one unit, whatever code and unit a laboratory sends.

A trend over two laboratories must not jump because one reports mg/dL and the other umol/L.
Factors are from the molar masses (creatinine 113.12, bilirubin 584.66, glucose 180.16, calcium 40.08,
urea nitrogen 28.01 g/mol, haemoglobin monomer 16 114 g/mol) and 1 ukat = 60 U.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Analyte:
    """Its short name, the unit values are kept in, and factors from other units to that one."""

    name: str
    unit: str
    factors: Mapping[str, float]


_CELLS = {"10*9/L": 1, "10^9/L": 1, "10^3/uL": 1, "K/uL": 1, "G/L": 1, "/nL": 1, "10*3/mm3": 1, "/uL": 0.001}
_MASS = {"ug/L": 1, "ng/ml": 1, "mcg/L": 1, "ng/dL": 0.01, "pg/mL": 0.001, "mg/L": 1000}
_ENZYME = {"IU/L": 1, "[iU]/L": 1, "U/l": 1, "ukat/L": 60, "nkat/L": 0.06}
_GRAMS = {"g/L": 0.1, "g/l": 0.1}
_CREATININE = 1 / 88.4
_ARBITRARY = {"kU/L": 1, "[arb'U]/mL": 1, "U/ml": 1, "kIU/L": 1}

# Each analyte with the LOINC codes under which it is sent.
_SENT = (
    (Analyte("Hemoglobin", "g/dL", {**_GRAMS, "mmol/L": 1.6114}), "718-7 30313-1 20509-6"),
    (Analyte("Leukocytes", "10*3/uL", _CELLS), "6690-2 26464-8 804-5"),
    (Analyte("Neutrophils", "10*3/uL", _CELLS), "751-8 26499-4 753-4"),
    (Analyte("Lymphocytes", "10*3/uL", _CELLS), "731-0 26474-7"),
    (Analyte("Platelets", "10*3/uL", _CELLS), "777-3 26515-7"),
    (Analyte("Creatinine", "mg/dL", {"umol/L": _CREATININE, "µmol/L": _CREATININE}),
     "2160-0 38483-4 14682-9"),
    (Analyte("eGFR", "mL/min/{1.73_m2}", {"mL/min/1.73m2": 1, "mL/min/1.73 m2": 1}),
     "33914-3 48642-3 62238-1 98979-8"),
    (Analyte("Bilirubin total", "mg/dL", {"umol/L": 1 / 17.104, "µmol/L": 1 / 17.104}), "1975-2 14631-6"),
    (Analyte("ALT", "U/L", _ENZYME), "1742-6 76625-3"),
    (Analyte("AST", "U/L", _ENZYME), "1920-8"),
    (Analyte("Alkaline phosphatase", "U/L", _ENZYME), "6768-6"),
    (Analyte("GGT", "U/L", _ENZYME), "2324-2"),
    (Analyte("LDH", "U/L", _ENZYME), "2532-0 14804-9 14805-6"),
    (Analyte("CRP", "mg/L", {"mg/dL": 10}), "1988-5 76485-2"),
    (Analyte("Albumin", "g/dL", _GRAMS), "1751-7 61151-7"),
    (Analyte("Calcium", "mg/dL", {"mmol/L": 4.008}), "17861-6 49765-1 2000-8"),
    (Analyte("Glucose", "mg/dL", {"mmol/L": 18.016}), "2345-7 2339-0 14749-6"),
    (Analyte("Urea nitrogen", "mg/dL", {"mmol/L": 2.801}), "3094-0 6299-2"),
    (Analyte("Sodium", "mmol/L", {"meq/L": 1, "mEq/L": 1}), "2951-2 2947-0"),
    (Analyte("Potassium", "mmol/L", {"meq/L": 1, "mEq/L": 1}), "2823-3 6298-4"),
    (Analyte("INR", "{INR}", {"1": 1, "ratio": 1, "INR": 1}), "6301-6 34714-6"),
    (Analyte("TSH", "m[IU]/L", {"mIU/L": 1, "mU/L": 1, "uIU/mL": 1}), "3016-3 11580-8"),
    (Analyte("CEA", "ng/mL", _MASS), "2039-6"),
    (Analyte("CA 19-9", "U/mL", _ARBITRARY), "24108-3 83084-4"),
    (Analyte("CA 15-3", "U/mL", _ARBITRARY), "6875-9 83083-6"),
    (Analyte("CA 125", "U/mL", _ARBITRARY), "10334-1 83082-8"),
    (Analyte("AFP", "ng/mL", _MASS), "1834-1 31993-9"),
    (Analyte("PSA", "ng/mL", _MASS), "2857-1 35741-8 19195-7"),
    (Analyte("S100B", "ug/L", {"ng/mL": 1, "ng/L": 0.001, "pg/mL": 0.001}), "47275-3 47275-8 58433-4"),
    (Analyte("Chromogranin A", "ng/mL", _MASS), "9811-1"),
    (Analyte("Thyroglobulin", "ng/mL", _MASS), "3013-0"),
    (Analyte("ctDNA VAF", "%", {"{ratio}": 100, "ratio": 100, "1": 100}), "81258-6"),
)  # fmt: skip

_BY_CODE = {code: analyte for analyte, codes in _SENT for code in codes.split()}
_BY_NAME = {analyte.name.casefold(): analyte for analyte, _ in _SENT}


def analyte_of(codes: set[str], name: str) -> Analyte | None:
    """The analyte of a result: by LOINC code, else by the name exactly as we call it."""
    by_code = next((_BY_CODE[code] for code in sorted(codes) if code in _BY_CODE), None)
    return by_code or _BY_NAME.get(re.sub(r"[.\s]+", " ", name).strip().casefold())


def factor(analyte: Analyte, unit: str) -> float | None:
    """What to multiply a value in `unit` with; None where the unit is not known for this analyte."""
    bare = unit.strip()
    if bare == analyte.unit:
        return 1.0
    known = {name.casefold(): number for name, number in analyte.factors.items()}
    return 1.0 if bare.casefold() == analyte.unit.casefold() else known.get(bare.casefold())
