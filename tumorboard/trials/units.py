"""Units as trials and laboratories write them, in one spelling (UCUM where the lake keeps it)."""

from __future__ import annotations

import re
from functools import cache

# Folded spelling -> the lake's.
_UNITS = {
    "/mm3": "/uL", "cells/mm3": "/uL", "/mm^3": "/uL", "/cumm": "/uL", "cells/ul": "/uL", "/ul": "/uL",
    "/mcl": "/uL", "cells/mcl": "/uL", "/microliter": "/uL", "permm3": "/uL", "cells/l": "/L",
    "10^9/l": "10*9/L", "10e9/l": "10*9/L", "x10^9/l": "10*9/L", "x109/l": "10*9/L", "109/l": "10*9/L",
    "10*9/l": "10*9/L", "x10e9/l": "10*9/L", "g/l(cells)": "10*9/L", "gpt/l": "10*9/L",
    "10^3/ul": "10*3/uL", "x10^3/ul": "10*3/uL", "k/ul": "10*3/uL", "10*3/ul": "10*3/uL",
    "x103/ul": "10*3/uL",
    "10^3/mm3": "10*3/uL", "k/mm3": "10*3/uL", "thousand/ul": "10*3/uL", "10e3/ul": "10*3/uL",
    "g/dl": "g/dL", "gm/dl": "g/dL", "mg/dl": "mg/dL", "mg%": "mg/dL", "g/l": "g/L", "mmol/l": "mmol/L",
    "umol/l": "umol/L", "micromol/l": "umol/L", "micromoles/l": "umol/L", "mcmol/l": "umol/L",
    "u/l": "U/L", "iu/l": "U/L", "ukat/l": "ukat/L", "ng/ml": "ng/mL", "ug/l": "ug/L", "mcg/l": "ug/L",
    "ml/min": "mL/min", "cc/min": "mL/min", "ml/minute": "mL/min",
    "ml/min/1.73m2": "mL/min/{1.73_m2}", "ml/min/1.73m^2": "mL/min/{1.73_m2}",
    "ml/min/{1.73_m2}": "mL/min/{1.73_m2}", "ml/min/1.73_m2": "mL/min/{1.73_m2}",
    "%": "%", "percent": "%", "meq/l": "mmol/L", "{inr}": "{INR}", "inr": "{INR}",
    "ms": "ms", "msec": "ms", "milliseconds": "ms", "mg/l": "mg/L",
}  # fmt: skip
_SIGNS = str.maketrans({"µ": "u", "μ": "u", "³": "3", "⁹": "^9", "×": "x", "²": "2", "·": "*"})


@cache
def unit_of(text: str) -> str:
    """The lake's spelling of a unit; what is not known stays as written (without blanks)."""
    bare = re.sub(r"\s+", "", text[:60].translate(_SIGNS))
    folded = bare.casefold()
    return _UNITS.get(folded, _UNITS.get(re.sub(r"^x|^\*", "", folded), bare))
