"""The sections of the review page, in the board's order: each turns rows into what a template shows."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from tumorboard.codes.proteins import LENGTHS
from tumorboard.review.chips import chip, counts, with_chips
from tumorboard.review.evidence import Evidence, Row

FACTS = "gold.case_facts"
MODALITY_LABELS = {
    "clinical": "Clinical record",
    "pathology": "Pathology",
    "genomics": "Genomics",
    "imaging": "Imaging",
    "notes": "Letters and reports",
    "labs": "Laboratory",
    "wearables": "Wearables",
}
MODALITY_STATES = {
    "present": ("ok", "Present"),
    "partial": ("warn", "Partial"),
    "pending": ("busy", "Pending"),
    "not_done": ("bad", "Not done"),
    "not_collected": ("bad", "Not collected"),
    "failed": ("bad", "Import failed"),
    "not_permitted": ("bad", "Not permitted"),
}
SCALES = (("escat", "ESCAT"), ("oncokb", "OncoKB"), ("amp", "AMP/ASCO/CAP"), ("nct_dktk", "NCT/DKTK"))
RESIDUE = re.compile(r"^p\.[A-Za-z*]+?(\d+)")
SLIDE_VARIANTS = 8
FEATURES_SHOWN = 6
FIGURES = (
    ("fusion", "All modalities"),
    ("same_modalities", "Patients with these modalities"),
    ("clinical_only", "Clinical only"),
    ("kaplan_meier", "No model"),
)
VERDICT_ORDER = ("fits", "uncertain", "excluded", "none")
VERDICT_KINDS = {"fits": "ok", "uncertain": "warn", "excluded": "bad", "none": "plain"}


def facts(evidence: Evidence, section: str) -> list[dict[str, Any]]:
    """Facts of one section in rank order, each with its chip."""
    rows = sorted(
        (row for row in evidence.rows(FACTS) if row["section"] == section),
        key=lambda row: (row["rank"] if row["rank"] is not None else 999, row["label"] or ""),
    )
    return with_chips(evidence, FACTS, rows)


def snapshot(evidence: Evidence) -> dict[str, Any]:
    shown = facts(evidence, "snapshot")
    return {"facts": shown, "counts": counts(row["chip"] for row in shown)}


def missing(evidence: Evidence) -> list[dict[str, Any]]:
    """Every modality with its state and reason, what is missing first."""
    rows = [
        {
            **row,
            "label": MODALITY_LABELS.get(row["modality"], row["modality"]),
            "kind": MODALITY_STATES[row["status"]][0],
            "word": MODALITY_STATES[row["status"]][1],
            "chip": chip(evidence, "gold.modalities", row),
        }
        for row in evidence.rows("gold.modalities")
    ]
    return sorted(rows, key=lambda row: (row["status"] == "present", row["label"]))


def imaging(evidence: Evidence) -> list[dict[str, Any]]:
    """Series by date, the latest first."""
    return _latest_first(
        with_chips(evidence, "silver.imaging", evidence.rows("silver.imaging")), "performed_on"
    )


def molecular(evidence: Evidence) -> dict[str, Any]:
    """Findings with their tiers, the remaining variants, what was tested, and proteins to draw."""
    findings = with_chips(evidence, "gold.actionability", evidence.rows("gold.actionability"))
    findings.sort(key=lambda row: (row["tumor_match"] != "same", row["direction"] or "", row["gene"] or ""))
    variants = with_chips(evidence, "silver.variants", evidence.rows("silver.variants"))
    variants.sort(key=lambda row: (row["gene"] is None, -(row["vaf"] or 0), row["gene"] or ""))
    return {
        "findings": findings,
        "scales": SCALES,
        "variants": variants,
        "top": variants[:SLIDE_VARIANTS],
        "proteins": proteins(variants),
        "tests": with_chips(evidence, "silver.genomic_tests", evidence.rows("silver.genomic_tests")),
        "biomarkers": with_chips(evidence, "silver.biomarkers", evidence.rows("silver.biomarkers")),
    }


def proteins(variants: Iterable[Row]) -> list[dict[str, Any]]:
    """The proteins with a variant that can be placed on them, ready to draw."""
    placed: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in variants:
        residue = RESIDUE.match(row["hgvs_p"] or "")
        if row["gene"] in LENGTHS and residue:
            label, position = row["hgvs_p"].removeprefix("p."), int(residue[1])
            placed[row["gene"]].append(
                {"label": label, "position": position, "consequence": row["consequence"]}
            )
    return [
        {"gene": gene, "length": LENGTHS[gene], "variants": found} for gene, found in sorted(placed.items())
    ]


def treatment(evidence: Evidence) -> list[dict[str, Any]]:
    """Therapies by start, each with the best-dated response that fell into it."""
    therapies = with_chips(evidence, "silver.therapies", evidence.rows("silver.therapies"))
    responses = with_chips(evidence, "silver.responses", evidence.rows("silver.responses"))
    for therapy in therapies:
        therapy["responses"] = [r for r in responses if _during(therapy, r["assessed_on"])]
    return sorted(therapies, key=lambda row: (row["started_on"] or date.min, row["name"] or ""))


def labs(evidence: Evidence) -> list[dict[str, Any]]:
    """The latest value of each test, with whether it lies outside its reference range."""
    latest: dict[str, Row] = {}
    for row in sorted(evidence.rows("silver.labs"), key=lambda row: row["taken_on"] or date.min):
        latest[row["name"]] = row
    shown = with_chips(evidence, "silver.labs", latest.values())
    for row in shown:
        row["flag"] = _flag(row)
    return sorted(shown, key=lambda row: (not row["flag"], row["name"] or ""))


def risk(evidence: Evidence) -> dict[str, Any] | None:
    """The latest score, unpacked; None when none was computed."""
    rows = evidence.rows("gold.risk_scores")
    if not rows:
        return None
    row = max(rows, key=lambda r: (r["as_of"] or date.min, r["model_version"] or ""))
    return {
        **row,
        "chip": chip(evidence, "gold.risk_scores", row),
        "contributions": json.loads(row["contributions"] or "{}"),
        "curve": json.loads(row["curve"] or "{}"),
        "shown": f"{row['percentile']:.0f}" if row["percentile"] is not None else "",
        "main": _main_features(json.loads(row["contributions"] or "{}")),
        **_validated(json.loads(row["validation"] or "{}")),
    }


def _main_features(contributions: dict[str, Any]) -> list[dict[str, Any]]:
    """The features with the largest shares, over all modalities."""
    rows = [
        {"modality": modality, **feature}
        for modality, part in contributions.items()
        for feature in part.get("features", [])
    ]
    return sorted(rows, key=lambda row: -abs(row["share"]))[:FEATURES_SHOWN]


def _validated(validation: dict[str, Any]) -> dict[str, Any]:
    """The cross-validated figures as rows of a table, and what the model set aside or would gain from."""
    figures = [
        {"name": label, **validation[code]}
        for code, label in FIGURES
        if isinstance(validation.get(code), dict) and validation[code].get("n")
    ]
    return {
        "figures": figures,
        "set_aside": validation.get("set_aside") or {},
        "narrows_most": validation.get("narrows_most") or "",
        "cohort": validation.get("cohort") or "",
    }


def trials(evidence: Evidence) -> dict[str, Any]:
    """Places in trials: those still open to the patient, best first, and those that are not."""
    places = _places(evidence)
    return {
        "open": [p for p in places if p["verdict"] in ("fits", "uncertain") and not p["closed"]],
        "closed": [p for p in places if p["verdict"] in ("fits", "uncertain") and p["closed"]],
        "excluded": [p for p in places if p["verdict"] == "excluded"],
        "unread": sum(p["verdict"] == "none" for p in places),
        "count": len(places),
    }


def _places(evidence: Evidence) -> list[dict[str, Any]]:
    """Every place a patient could join, with its criteria and their counts, best verdict first."""
    levels: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in evidence.rows("gold.trial_matches"):
        levels[row["trial_id"], row["level"], row["code"] or ""].append(row)
    shown = [_level(evidence, key, rows) for key, rows in levels.items()]
    return sorted(
        shown,
        key=lambda t: (
            t["suspended"],
            VERDICT_ORDER.index(t["verdict"]),
            -t["met"],
            t["trial_id"],
            t["code"],
        ),
    )


def _level(evidence: Evidence, key: tuple[str, str, str], rows: Sequence[Row]) -> dict[str, Any]:
    results = [row["result"] for row in rows]
    verdict = rows[0]["verdict"]
    return {
        "trial_id": key[0],
        "level": key[1],
        "code": key[2],
        "verdict": verdict,
        "kind": VERDICT_KINDS[verdict],
        "met": results.count("met"),
        "not_met": results.count("not met"),
        "unknown": results.count("unknown"),
        "version": rows[0]["trial_version"],
        "title": rows[0].get("title"),
        "suspended": bool(rows[0].get("suspended")),
        "closed": bool(rows[0].get("suspended")) or rows[0].get("recruiting") is False,
        "criteria": with_chips(
            evidence, "gold.trial_matches", sorted(rows, key=lambda row: row["path"] or "")
        ),
        "to_settle": sorted(
            {row["would_settle"] for row in rows if row["result"] == "unknown" and row["would_settle"]}
        ),
    }


def _during(therapy: Row, on: date | None) -> bool:
    begin, end = therapy["started_on"], therapy["ended_on"]
    return on is not None and begin is not None and begin < on and (end is None or on <= end)


def _flag(row: Row) -> str:
    value, low, high = row["value"], row["low"], row["high"]
    if value is None:
        return ""
    if low is not None and value < low:
        return "low"
    return "high" if high is not None and value > high else ""


def _latest_first(rows: Iterable[dict[str, Any]], column: str) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row[column] or date.min, row["row_id"]), reverse=True)
