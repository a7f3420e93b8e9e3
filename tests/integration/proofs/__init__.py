"""Proofs of the promises on one hospital: real services, committed data, the gate as its own process.

CI size by default; PROVE=1 takes the full size (`make prove`).
"""

from __future__ import annotations

import os

FULL = os.environ.get("PROVE") == "1"


def sized(small: int, full: int) -> int:
    return full if FULL else small
