"""The fields of a CTML document around its match trees: which the published schema requires, which exist.

Field lists: the schema of matchminer-api (`matchengine_v1/schema.py`, `data_model.py`, b3f70c7) and the
dialect of ctims-matchminer-engine (b1530d8).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tumorboard.trials.criteria import Notice

_REQUIRED = {
    "trial": "protocol_no nct_id protocol_id short_title long_title principal_investigator age phase"
    " data_table4 protocol_type protocol_target_accrual cancer_center_accrual_goal_upper treatment_list"
    " site_list program_area_list management_group_list oncology_group_list sponsor_list staff_list",
    "step": "step_internal_id step_code step_type",
    "arm": "arm_internal_id arm_code arm_description arm_suspended",
    "dose": "level_internal_id level_code level_description level_suspended",
    "site": "site_name site_status uses_cancer_center_irb coordinating_center",
    "program_area": "program_area_name",
    "management_group": "management_group_name is_primary",
    "oncology_group": "group_name is_primary",
    "sponsor": "sponsor_name sponsor_protocol_no is_principal_sponsor sponsor_roles",
    "protocol_staff": "first_name last_name middle_name npi institution_name staff_role start_date stop_date",
}
_OPTIONAL = {
    "trial": "status stage summary title nct_link nct_purpose oncpro_link coordinating_center"
    " principal_investigator_institution primary_study_contact primary_study_contact_email"
    " lead_study_coordinator lead_study_coordinator_email management_group_primary"
    " prior_treatment_requirements match _summary drug_list disease_site_list trial_internal_id trial_id _id"
    " _updated last_updated curated_on status_date",
    "step": "match arm step_suspended step_description",
    "arm": "match dose_level arm_type arm_eligibility",
    "dose": "match",
}
#: The lists of a document and what one of their entries is.
_LISTS = {
    "site_list": "site", "program_area_list": "program_area", "management_group_list": "management_group",
    "oncology_group_list": "oncology_group", "sponsor_list": "sponsor", "staff_list": "protocol_staff",
}  # fmt: skip
_BELOW = {"trial": ("treatment_list.step", "step"), "step": ("arm", "arm"), "arm": ("dose_level", "dose")}


def missing(document: Mapping[str, Any]) -> Iterator[Notice]:
    """Every required field that is absent or empty, at every level."""
    for path, level, entry in _entries(document, "", "trial"):
        yield from _absent(entry, path, level)
    for name, kind in _LISTS.items():
        for path, entry in _items(document, f"{name}.{kind}"):
            yield from _absent(entry, path, kind)


def unknown(document: Mapping[str, Any]) -> Iterator[Notice]:
    """Every field of trial, step, arm and dose that CTML does not have."""
    for path, level, entry in _entries(document, "", "trial"):
        known = {*_REQUIRED[level].split(), *_OPTIONAL[level].split()}
        for name in entry:
            if str(name) not in known:
                yield Notice(_joined(path, str(name)[:80]), f"CTML has no such field for a {level}")


def _absent(entry: Mapping[str, Any], path: str, kind: str) -> Iterator[Notice]:
    for name in _REQUIRED[kind].split():
        if entry.get(name) in (None, ""):
            yield Notice(_joined(path, name), "required by the schema and missing", "missing")


def _entries(entry: Mapping[str, Any], path: str, level: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    yield path, level, entry
    if level in _BELOW:
        key, below = _BELOW[level]
        for place, part in _items(entry, key):
            yield from _entries(part, _joined(path, place), below)


def _items(entry: Mapping[str, Any], key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    found: Any = entry
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    for number, item in enumerate(found if isinstance(found, list) else []):
        if isinstance(item, Mapping):
            yield f"{key}[{number}]", item


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
