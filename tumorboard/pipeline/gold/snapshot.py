"""The eleven facts at the top of the page. What nobody recorded is not there: it is missing, not invented."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tumorboard.pipeline.gold import disagreement, molecular
from tumorboard.pipeline.gold.facts import Fact, Facts, amount, day, told
from tumorboard.pipeline.gold.records import Record, Row, latest_by

# The marker a board follows in each tumour type, best first.
MARKERS = {
    "LUNG": ("CEA",),
    "BOWEL": ("CEA", "CA 19-9"),
    "BREAST": ("CA 15-3", "CEA"),
    "PANCREAS": ("CA 19-9", "CEA"),
    "PROSTATE": ("PSA",),
    "SKIN": ("S100B", "LDH"),
}
ALL_MARKERS = (
    "CEA",
    "CA 19-9",
    "CA 15-3",
    "CA 125",
    "PSA",
    "S100B",
    "AFP",
    "Chromogranin A",
    "Thyroglobulin",
)
WEIGHTY = (  # comorbidities that change a treatment, most restrictive first
    "kidney", "renal", "interstitial lung", "pneumonitis", "heart failure", "cardiomyopathy", "coronary",
    "infarct", "autoimmune", "transplant", "cirrhosis", "hepatitis", "chronic obstructive", "copd",
    "diabetes", "atrial", "thrombo", "stroke", "hypertension",
)  # fmt: skip
RESPONSES = {
    "CR": "complete response",
    "PR": "partial response",
    "SD": "stable disease",
    "PD": "progressive disease",
    "NE": "not evaluable",
}
MARKER_STEP = timedelta(days=14)
MARKER_CHANGE = 0.2


def snapshot(record: Record, tissue: str) -> Facts:
    """Facts in the order of the page; `tissue` is the organ of the tumour (OncoTree)."""
    notes: dict[str, list[Row]] = {}
    told = record.rows("note_facts")
    for note in told:
        if disagreement.usable(note) and not disagreement.of_comorbidity(note, told):
            notes.setdefault(note["concept"], []).append(note)
    rules: tuple[Callable[[], Fact | None], ...] = (
        lambda: tumour_type(record),
        lambda: stage(record, notes.get("stage", [])),
        lambda: histology(record),
        lambda: molecular.biomarkers(record, notes.get("biomarker", [])),
        lambda: performance(record, notes.get("ecog", [])),
        lambda: therapy(record, notes.get("therapy", [])),
        lambda: response(record, notes.get("response", [])),
        lambda: comorbidity(record),
        lambda: marker(record, tissue),
        lambda: key_labs(record),
        lambda: wish(notes.get("wish", [])),
    )
    for rule in rules:
        if fact := rule():
            yield fact


def primaries(record: Record) -> list[Row]:
    """Primary tumours, the active and latest first."""
    rows = [row for row in record.newest("diagnoses", "diagnosed_on") if row.get("primary")]
    return sorted(rows, key=lambda row: row.get("clinical_status") not in ("active", "recurrence", "relapse"))


def tumour_type(record: Record) -> Fact | None:
    found = primaries(record)
    if not found:
        return None
    shown = found[0]
    code = f" ({shown['oncotree']})" if shown.get("oncotree") else ""
    return Fact("snapshot", "Tumour type", f"{shown['text']}{code}", (shown,), 1, shown.get("diagnosed_on"))


def stage(record: Record, notes: list[Row]) -> Fact | None:
    found = record.newest("stages", "assessed_on")
    if found:
        against = disagreement.against_stage(found[0], found, notes)
        shown = found[0]
        return Fact(
            "snapshot", "Stage", staged(shown), (shown,), 2, shown.get("assessed_on"), None, tuple(against)
        )
    return told("Stage", notes, 2)


def staged(row: Row) -> str:
    """`cT2b N2 M1a, IVA (AJCC 8)`."""
    prefix = {"clinical": "c", "pathologic": "p"}.get(str(row.get("kind")), "")
    tnm = " ".join(str(row[part]) for part in ("t", "n", "m") if row.get(part))
    words = [f"{prefix}{tnm}" if tnm else "", str(row.get("stage_group") or "")]
    system = f" ({row['staging_system']})" if row.get("staging_system") else ""
    return ", ".join(word for word in words if word) + system


def histology(record: Record) -> Fact | None:
    shown = next((row for row in primaries(record) if row.get("histology")), None)
    if shown is None:
        return None
    return Fact("snapshot", "Histology", str(shown["histology"]), (shown,), 3, shown.get("diagnosed_on"))


def performance(record: Record, notes: list[Row]) -> Fact | None:
    rows = record.newest("performance", "assessed_on")
    found = [row for row in rows if row["scale"] == "ECOG"] or rows
    if not found:
        return told("ECOG", notes, 5)
    shown = found[0]
    same = [row for row in found if row["scale"] == shown["scale"]]
    of_notes = notes if shown["scale"] == "ECOG" else []
    against = disagreement.against_number(
        shown, shown["value"], same, of_notes, value="value", by="assessed_on"
    )
    label = "ECOG" if shown["scale"] == "ECOG" else "Karnofsky"
    value = str(shown["value"])
    return Fact("snapshot", label, value, (shown,), 5, shown.get("assessed_on"), None, tuple(against))


def therapy(record: Record, notes: list[Row]) -> Fact | None:
    """The systemic therapy that goes on, else the last one."""
    found = [row for row in record.newest("therapies", "started_on") if row["kind"] == "systemic"]
    if not found:
        return None
    running = [row for row in found if is_running(row)]
    shown = (running or found)[0]
    label = "Current therapy" if running else "Last therapy"
    against = disagreement.against_start(shown, found, notes)
    return Fact("snapshot", label, lined(shown), (shown,), 6, shown.get("started_on"), None, tuple(against))


def is_running(therapy: Row) -> bool:
    return therapy.get("ended_on") is None and therapy.get("status") in ("active", None)


def lined(therapy: Row) -> str:
    """`line 2: osimertinib, since 2025-01-02` or `..., 2024-01-02 to 2024-09-01 (progression)`."""
    line = f"line {therapy['line']}: " if therapy.get("line") else ""
    intent = f"{therapy['intent']}: " if therapy.get("intent") and not line else ""
    end = day(therapy["ended_on"]) if therapy.get("ended_on") else ""
    span = f"{day(therapy.get('started_on'))} to {end}" if end else f"since {day(therapy.get('started_on'))}"
    reason = f" ({therapy['end_reason']})" if therapy.get("end_reason") else ""
    return f"{line or intent}{therapy['name']}, {span}{reason}"


def response(record: Record, notes: list[Row]) -> Fact | None:
    found = record.newest("responses", "assessed_on")
    if not found:
        return told("Last response", notes, 7)
    shown = found[0]
    against = disagreement.against_word(shown, found, notes, value="value", by="assessed_on")
    words = responded(shown)
    return Fact(
        "snapshot", "Last response", words, (shown,), 7, shown.get("assessed_on"), None, tuple(against)
    )


def responded(row: Row) -> str:
    """The RECIST category with its words."""
    return f"{row['value']}, {RESPONSES.get(str(row['value']), row.get('wording'))}"


def comorbidity(record: Record) -> Fact | None:
    """The three that bear most on treatment; the rest are counted."""
    active = [
        row for row in record.newest("comorbidities", "onset_on") if row.get("status") in ("active", None, "")
    ]
    found = sorted(latest_by(active, "text"), key=_weight)
    if not found:
        return None
    rest = f" and {len(found) - 3} more" if len(found) > 3 else ""
    value = "; ".join(str(row["text"]) for row in found[:3]) + rest
    return Fact("snapshot", "Comorbidity", value, tuple(found), 8, found[0].get("onset_on"))


def _weight(row: Row) -> int:
    text = str(row["text"]).lower()
    return next((place for place, word in enumerate(WEIGHTY) if word in text), len(WEIGHTY))


def marker(record: Record, tissue: str) -> Fact | None:
    """The newest value of the marker that fits the tumour, with where it is going."""
    labs = [row for row in record.newest("labs", "taken_on") if row.get("value") is not None]
    for name in (*MARKERS.get(tissue, ()), *ALL_MARKERS):
        series = [row for row in labs if row["name"] == name]
        if series:
            return _followed(name, series)
    return None


def _followed(name: str, series: list[Row]) -> Fact:
    shown, before = series[0], _earlier(series)
    value = f"{name} {amount(shown['value'])} {shown.get('unit') or ''}".strip()
    sources: tuple[Row, ...] = (shown,)
    if before is not None:
        earlier = f"{amount(before['value'])} on {day(before['taken_on'])}"
        value += f", {trend(before['value'], shown['value'])} ({earlier})"
        sources = (shown, before)
    return Fact("snapshot", "Tumour marker", value, sources, 9, shown.get("taken_on"))


def _earlier(series: list[Row]) -> Row | None:
    """The value before, at least two weeks back, so that one week's noise is no trend."""
    newest_on = series[0].get("taken_on")
    if newest_on is None:
        return None
    return next(
        (row for row in series[1:] if row.get("taken_on") and newest_on - row["taken_on"] >= MARKER_STEP),
        None,
    )


def trend(before: float, now: float) -> str:
    """Rising or falling by more than a fifth, else stable."""
    if before <= 0:
        return "rising" if now > 0 else "stable"
    change = now / before - 1
    return "rising" if change > MARKER_CHANGE else "falling" if change < -MARKER_CHANGE else "stable"


def key_labs(record: Record) -> Fact | None:
    """What most doses depend on: kidney and liver."""
    labs = record.newest("labs", "taken_on")
    found = [
        row
        for name in ("Creatinine", "Bilirubin total")
        for row in [r for r in labs if r["name"] == name][:1]
    ]
    if not found:
        return None
    against = [
        row
        for shown in found
        for row in disagreement.against_number(
            shown,
            shown.get("value"),
            [r for r in labs if _same_sample(r, shown)],
            [],
            value="value",
            by="taken_on",
        )
    ]
    value = ", ".join(lab_words(row) for row in found)
    dates = [row["taken_on"] for row in found if row.get("taken_on")]
    return Fact(
        "snapshot", "Key labs", value, tuple(found), 10, max(dates, default=None), None, tuple(against)
    )


def _same_sample(row: Row, shown: Row) -> bool:
    return row["name"] == shown["name"] and row.get("taken_on") == shown.get("taken_on")


def lab_words(row: Row) -> str:
    """`Creatinine 1.6 mg/dL (above reference)`."""
    value, low, high = row.get("value"), row.get("low"), row.get("high")
    mark = ""
    if value is not None:
        mark = " (above reference)" if high is not None and value > high else mark
        mark = " (below reference)" if low is not None and value < low else mark
    shown = (
        f"{amount(value)} {row.get('unit') or ''}".strip()
        if value is not None
        else str(row.get("value_text"))
    )
    return f"{row['name']} {shown}{mark}"


def wish(notes: list[Row]) -> Fact | None:
    return told("Wishes", notes, 11)
