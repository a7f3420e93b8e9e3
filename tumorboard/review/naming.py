"""What a row is called and what it says, in a word: for the source panel of any table."""

from __future__ import annotations

from tumorboard.review.evidence import Row

# Tables whose rows do not call their name `label`, or their value `value`; else the table's own name stands.
NAMES = {
    "gold.actionability": "alteration",
    "gold.modalities": "modality",
    "gold.risk_scores": "model",
    "gold.trial_matches": "wording",
    "silver.biomarkers": "name",
    "silver.documents": "kind",
    "silver.imaging": "modality",
    "silver.imaging_features": "feature",
    "silver.labs": "name",
    "silver.note_facts": "concept",
    "silver.performance": "scale",
    "silver.therapies": "kind",
    "silver.wearables": "measure",
}
VALUES = {
    "gold.actionability": ("direction",),
    "gold.modalities": ("status",),
    "gold.risk_scores": ("percentile", "reason"),
    "gold.timeline": ("detail", "value"),
    "gold.trial_matches": ("result",),
    "silver.biomarkers": ("value_text", "value_number", "interpretation"),
    "silver.diagnoses": ("text", "code"),
    "silver.documents": ("title", "kind"),
    "silver.genomic_tests": ("panel", "assay"),
    "silver.imaging": ("description", "body_part", "modality"),
    "silver.note_facts": ("passage", "value"),
    "silver.specimens": ("type", "body_site"),
    "silver.stages": ("stage_group", "t", "n", "m"),
    "silver.variants": ("hgvs_p", "hgvs_c", "gene", "kind"),
}
USUAL = ("value", "value_text", "name", "text", "gene", "sex")


def name_of(table: str, row: Row) -> str:
    """What the chip beside the row is called too: Hemoglobin, Stage."""
    name = row.get(NAMES.get(table, "label")) or table.partition(".")[2]
    return str(name).replace("_", " ")


def value_of(table: str, row: Row) -> str:
    """The first filled value column, numbers without digits nobody measured."""
    values = (row.get(column) for column in VALUES.get(table, USUAL))
    found = next((value for value in values if value not in (None, "")), "")
    return f"{found:.10g}" if isinstance(found, float) else str(found)
