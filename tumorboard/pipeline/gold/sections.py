"""The facts below the snapshot, section by section."""

from __future__ import annotations

from tumorboard.pipeline.gold.disagreement import against_start, on, usable
from tumorboard.pipeline.gold.facts import Fact, Facts, amount, day
from tumorboard.pipeline.gold.molecular import measured
from tumorboard.pipeline.gold.records import Record, Row, latest_by
from tumorboard.pipeline.gold.snapshot import lab_words, lined, primaries, responded, staged

STAINS = ("ER", "PR", "HR", "HER2", "Ki-67", "PD-L1 TPS", "PD-L1 CPS", "MMR")
OF_THE_GENOME = ("TMB", "MSI", "HRD", "MGMT")


def pathology(record: Record) -> Facts:
    for row in primaries(record):
        if row.get("histology"):
            yield Fact("pathology", "Histology", str(row["histology"]), (row,), 1, row.get("diagnosed_on"))
    for row in primaries(record)[1:]:
        yield Fact("pathology", "Other primary", str(row["text"]), (row,), 2, row.get("diagnosed_on"))
    for row in record.newest("stages", "assessed_on"):
        if row.get("kind") == "pathologic":
            yield Fact("pathology", "Pathologic stage", staged(row), (row,), 3, row.get("assessed_on"))
    for row in record.newest("specimens", "collected_on"):
        yield Fact("pathology", "Specimen", _specimen(row), (row,), 4, row.get("collected_on"))
    yield from _measurements(record, "pathology", STAINS)


def molecular(record: Record) -> Facts:
    for rows in _tests(record):
        yield Fact("molecular", "Genomic test", _test(rows[0]), tuple(rows), 1, rows[0].get("reported_on"))
    yield from _measurements(record, "molecular", OF_THE_GENOME)
    ctdna = [row for row in record.newest("labs", "taken_on") if row["name"] == "ctDNA VAF"]
    for row in ctdna[:1]:
        yield Fact("molecular", "ctDNA", lab_words(row), (row,), 9, row.get("taken_on"))


def course(record: Record) -> Facts:
    for row in record.newest("diagnoses", "diagnosed_on"):
        label = "Diagnosis" if row.get("primary") else "Metastasis"
        yield Fact("course", label, str(row["text"]), (row,), 1, row.get("diagnosed_on"))
    therapies = record.newest("therapies", "started_on")
    notes = [note for note in record.rows("note_facts") if note["concept"] == "therapy" and usable(note)]
    for row in therapies:
        against = tuple(against_start(row, therapies, notes))
        label = {"systemic": "Systemic therapy", "surgery": "Surgery", "radiotherapy": "Radiotherapy"}[
            row["kind"]
        ]
        detail = f"; {row['detail']}" if row.get("detail") else ""
        words = f"{lined(row)}{detail}"
        yield Fact("course", label, words, (row,), 2, row.get("started_on"), None, against)
    for row in record.newest("responses", "assessed_on"):
        yield Fact("course", "Response", responded(row), (row,), 3, row.get("assessed_on"))


def function(record: Record) -> Facts:
    for row in record.newest("performance", "assessed_on"):
        yield Fact("function", str(row["scale"]), str(row["value"]), (row,), 1, row.get("assessed_on"))


def comorbidity(record: Record) -> Facts:
    for row in latest_by(record.newest("comorbidities", "onset_on"), "text"):
        status = f" ({row['status']})" if row.get("status") not in ("active", None, "") else ""
        yield Fact("comorbidity", "Comorbidity", f"{row['text']}{status}", (row,), 1, row.get("onset_on"))


def wishes(record: Record) -> Facts:
    for row in record.newest("note_facts", "recorded_on"):
        if row["concept"] in ("wish", "social") and usable(row):
            label = "Wish" if row["concept"] == "wish" else "Social"
            words = str(row.get("passage") or row.get("value"))
            yield Fact("wishes", label, words, (row,), 1, on(row))


def _measurements(record: Record, section: str, names: tuple[str, ...]) -> Facts:
    """One fact per result; the same result sent in two ways is one fact with two sources."""
    same: dict[tuple[str, str, object], list[Row]] = {}
    for row in record.newest("biomarkers", "assessed_on"):
        if row["name"] in names:
            value = measured(row).removeprefix(str(row["name"])).strip() or "result not stated"
            same.setdefault((str(row["name"]), value, row.get("specimen_id")), []).append(row)
    for (label, value, _), rows in same.items():
        said = str(rows[0].get("value_text") or "")
        words = f"{value} ({said})" if said and said.lower() not in value.lower() else value
        yield Fact(section, label, words, tuple(rows), 5 + names.index(label), rows[0].get("assessed_on"))


def _tests(record: Record) -> list[list[Row]]:
    """Rows of the same test: of one specimen, and no two panels. The row that says most comes first."""
    groups: list[list[Row]] = []
    rows = sorted(
        record.newest("genomic_tests", "reported_on"),
        key=lambda row: (not row.get("genes"), not row.get("panel")),
    )
    for row in rows:
        fitting = (group for group in groups if _same_test(group[0], row))
        group = next(fitting, None)
        if group is None:
            groups.append([row])
        else:
            group.append(row)
    return groups


def _same_test(one: Row, other: Row) -> bool:
    same_specimen = one.get("specimen_id") is not None and one.get("specimen_id") == other.get("specimen_id")
    panels = {row["panel"] for row in (one, other) if row.get("panel")}
    return same_specimen and len(panels) < 2


def _specimen(row: Row) -> str:
    purity = (
        f"tumour cells {amount(100 * row['tumor_purity'])} %" if row.get("tumor_purity") is not None else ""
    )
    parts = (row.get("type"), row.get("body_site"), purity)
    return ", ".join(str(part) for part in parts if part) or "not described"


def _test(row: Row) -> str:
    genes = row.get("genes") or []
    covered = f"{len(genes)} genes tested" if genes else "genes tested not stated"
    name = row.get("panel") or f"{row.get('assay') or 'unknown'} test"
    return f"{name}, {covered}, reported {day(row.get('reported_on'))}"
