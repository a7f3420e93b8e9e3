"""Invented trials: CTML as curated (`trials/*.yml`), and ClinicalTrials.gov API v2 records built from
`trials/registry.yml`.

Eight trials exist in both formats. NCT numbers begin with NCT9 and every title says SYNTHETIC.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tumorboard.synthetic.people import REFERENCE_DATE

FOLDER = Path(__file__).parent / "trials"
REGISTRY = FOLDER / "registry.yml"
DEFAULT_SITES = {"University Hospital A (synthetic)": "RECRUITING"}
Write = Callable[[str, str], None]


def write_trials(write: Write) -> None:
    """Hand every trial file to `write(path, text)`, CTML first."""
    for path in sorted(FOLDER.glob("*.yml")):
        if path != REGISTRY:
            write(f"trials/ctml/{path.name}", path.read_text(encoding="utf-8"))
    for entry in yaml.safe_load(REGISTRY.read_text(encoding="utf-8")):
        text = json.dumps(study_of(entry), indent=1, ensure_ascii=False) + "\n"
        write(f"trials/registry/{entry['nct']}.json", text)


def study_of(entry: dict[str, Any]) -> dict[str, Any]:
    """One entry of `registry.yml` as an API v2 study (ClinicalTrials.gov, "Study Data Structure")."""
    protocol = {
        "identificationModule": _identification(entry),
        "statusModule": _status(entry),
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Synthetic Sponsor", "class": "OTHER"}},
        "descriptionModule": {
            "briefSummary": "SYNTHETIC study for testing software. It does not exist and recruits nobody."
        },
        "conditionsModule": {"conditions": entry["conditions"]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": entry["phases"],
            "enrollmentInfo": {"count": 60, "type": "ESTIMATED"},
        },
        "armsInterventionsModule": _arms(entry),
        "eligibilityModule": _eligibility(entry),
        "contactsLocationsModule": {"locations": _locations(entry)},
    }
    derived = {"miscInfoModule": {"versionHolder": REFERENCE_DATE.isoformat()}}
    return {"protocolSection": protocol, "derivedSection": derived, "hasResults": False}


def _identification(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "nctId": entry["nct"],
        "orgStudyIdInfo": {"id": entry["org_id"]},
        "organization": {"fullName": "Synthetic Sponsor", "class": "OTHER"},
        "briefTitle": entry["title"],
        "officialTitle": entry["title"],
    }


def _status(entry: dict[str, Any]) -> dict[str, Any]:
    updated = str(entry["updated"])
    stopped = {"whyStopped": entry["why_stopped"]} if "why_stopped" in entry else {}
    return {
        "statusVerifiedDate": updated[:7],
        "overallStatus": entry["status"],
        **stopped,
        "startDateStruct": {
            "date": str(entry["start"]),
            "type": "ESTIMATED" if entry["status"] == "NOT_YET_RECRUITING" else "ACTUAL",
        },
        "lastUpdateSubmitDate": updated,
        "lastUpdatePostDateStruct": {"date": updated, "type": "ACTUAL"},
    }


def _arms(entry: dict[str, Any]) -> dict[str, Any]:
    names = list(dict.fromkeys(name for given in entry["arms"].values() for name in given))
    groups = [
        {
            "label": label,
            "type": "EXPERIMENTAL" if given else "NO_INTERVENTION",
            "interventionNames": [f"{_kind(name).capitalize()}: {name}" for name in given],
        }
        for label, given in entry["arms"].items()
    ]
    return {"armGroups": groups, "interventions": [{"type": _kind(name), "name": name} for name in names]}


def _kind(name: str) -> str:
    special = {
        "Supervised exercise": "BEHAVIORAL",
        "Stereotactic radiotherapy": "RADIATION",
        "SYN-V1": "BIOLOGICAL",
    }
    return special.get(name, "DRUG")


def _eligibility(entry: dict[str, Any]) -> dict[str, Any]:
    limits = {"minimumAge": entry["minimum_age"]}
    if "maximum_age" in entry:
        limits["maximumAge"] = entry["maximum_age"]
    ages = ["ADULT", "OLDER_ADULT"]
    return {
        "eligibilityCriteria": entry["criteria"].strip(),
        "healthyVolunteers": False,
        "sex": entry["sex"],
        **limits,
        "stdAges": ["CHILD", *ages] if entry["minimum_age"] == "16 Years" else ages,
    }


def _locations(entry: dict[str, Any]) -> list[dict[str, Any]]:
    sites = entry.get("sites", DEFAULT_SITES if entry["status"] == "RECRUITING" else {})
    return [
        {"facility": name, "status": status, "city": "Musterstadt", "country": "Germany"}
        for name, status in sites.items()
    ]
