"""Evidence scales and their levels. A level is valid on its own scale only; none is ever converted.

Sources: ESCAT, Mateo et al. 2018 (Ann Oncol 29:1895); OncoKB levels of evidence; AMP/ASCO/CAP, Li et al.
2017 (J Mol Diagn 19:4), tiers with levels A-D in tiers I and II; NCT/DKTK levels m1A to m4 with addenda.
"""

from __future__ import annotations

from django.db.models import TextChoices


class Scale(TextChoices):
    ESCAT = "escat", "ESCAT"
    ONCOKB = "oncokb", "OncoKB"
    AMP = "amp", "AMP/ASCO/CAP"
    NCT_DKTK = "nct_dktk", "NCT/DKTK"
    NONE = "none", "No scale"


LEVELS: dict[str, tuple[str, ...]] = {
    Scale.ESCAT: ("I-A", "I-B", "I-C", "II-A", "II-B", "III-A", "III-B", "IV-A", "IV-B", "V", "X"),
    Scale.ONCOKB: ("1", "2", "3A", "3B", "4", "R1", "R2", "Dx1", "Dx2", "Dx3", "Px1", "Px2", "Px3"),
    Scale.AMP: ("I-A", "I-B", "II-C", "II-D", "III", "IV"),
    Scale.NCT_DKTK: ("m1A", "m1B", "m1C", "m2A", "m2B", "m2C", "m3", "m4", "undefined"),
    Scale.NONE: (),
}
# NCT/DKTK addenda: in situ data, in vitro or in vivo models, approved (EMA; FDA only), resistance marker.
ADDENDA = ("is", "iv", "Z", "Z (FDA)", "R")


def fault(scale: str, level: str, addenda: list[str]) -> str:
    """What is wrong with this statement of evidence, in words; empty when nothing is."""
    if scale not in Scale.values:
        return f"Unknown evidence scale {scale!r}. Known: {', '.join(Scale.values)}."
    label = Scale(scale).label
    if scale == Scale.NONE:
        return (
            "Without a scale there can be no evidence level. Choose the scale first."
            if level or addenda
            else ""
        )
    if not level:
        return f"Give the level on the {label} scale, or choose 'No scale'."
    if level not in LEVELS[scale]:
        return f"{label} has no level {level}. It has: {', '.join(LEVELS[scale])}."
    if addenda and scale != Scale.NCT_DKTK:
        return f"{label} has no addenda; only NCT/DKTK does."
    unknown = [addendum for addendum in addenda if addendum not in ADDENDA]
    return f"Unknown addendum {', '.join(unknown)}. Known: {', '.join(ADDENDA)}." if unknown else ""
