"""The molecular line of the snapshot: driver alterations, then each other biomarker's newest result."""

from __future__ import annotations

from typing import Any

from tumorboard.pipeline.gold import disagreement
from tumorboard.pipeline.gold.drivers import DRIVERS, is_driver, same_finding, spoken
from tumorboard.pipeline.gold.facts import Fact, amount, told
from tumorboard.pipeline.gold.records import Record, Row, latest_by
from tumorboard.pipeline.silver.biomarker_words import interpretation, named

ORDER = ("ER", "PR", "HR", "HER2", "Ki-67", "PD-L1 TPS", "PD-L1 CPS", "MSI", "MMR", "TMB", "HRD", "MGMT")


def biomarkers(record: Record, notes: list[Row]) -> Fact | None:
    """Alterations of driver genes, then the newest result of each other biomarker, in one line."""
    drivers = driver_alterations(record)
    latest = latest_by(record.newest("biomarkers", "assessed_on"), "name")
    others = sorted(latest, key=lambda row: ORDER.index(row["name"]) if row["name"] in ORDER else len(ORDER))
    parts = list(dict.fromkeys([*(spoken(row) for row in drivers), *(measured(row) for row in others)]))
    sources = (*drivers, *others)
    if not sources:
        return told("Biomarkers", notes, 4)
    against = [row for shown in others for row in contradicting(shown, record, notes)]
    dates = [date for row in sources if (date := row.get("assessed_on") or row.get("recorded_on"))]
    return Fact(
        "snapshot", "Biomarkers", ", ".join(parts), sources, 4, max(dates, default=None), None, tuple(against)
    )


def driver_alterations(record: Record) -> list[Row]:
    """One row per alteration (the newest test that found it), in the order of DRIVERS, germline ones last."""
    found = [row for row in record.newest("variants", "recorded_on") if is_driver(row)]
    by_name = latest_by([{**row, "_spoken": same_finding(row)} for row in found], "_spoken")
    return sorted(by_name, key=lambda row: (row.get("origin_class") == "germline", _place(row)))


def _place(variant: Row) -> int:
    genes = [
        DRIVERS.index(gene) for gene in (variant.get("gene"), variant.get("partner_gene")) if gene in DRIVERS
    ]
    return min(genes, default=len(DRIVERS))


def measured(row: Row) -> str:
    """`TMB 7.2 mutations/Mb`, `ER positive`, `MSI stable`."""
    value = " ".join(filter(None, (amount(row.get("value_number")), row.get("unit"))))
    return f"{row['name']} {value or row.get('interpretation') or row.get('value_text') or ''}".strip()


def contradicting(shown: Row, record: Record, notes: list[Row]) -> list[Row]:
    """Other results and notes of the same biomarker that say another thing."""
    same = [row for row in record.rows("biomarkers") if row["name"] == shown["name"] and row is not shown]
    near = [row for row in same if _near(row, shown)]
    rows = [row for row in near if _unlike(row.get("interpretation"), shown.get("interpretation"))]
    return rows + [note for note in notes if _says_other(note, shown)]


def _near(row: Row, shown: Row) -> bool:
    one, other = row.get("assessed_on"), shown.get("assessed_on")
    same_specimen = row.get("specimen_id") is not None and row.get("specimen_id") == shown.get("specimen_id")
    return same_specimen or (one is not None and other is not None and abs((one - other).days) <= 30)


def _unlike(one: Any, other: Any) -> bool:
    return bool(one) and bool(other) and one != other


def _says_other(note: Row, shown: Row) -> bool:
    words = str(note.get("value") or "")
    if named(set(), words) != shown["name"]:
        return False
    if _unlike(interpretation(str(shown["name"]), None, words, set()), shown.get("interpretation")):
        return True
    number = (
        disagreement.first_number(words.replace(str(shown["name"]), ""))
        if shown.get("value_number")
        else None
    )
    return number is not None and number != shown["value_number"]
