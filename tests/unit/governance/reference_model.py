"""An independent evaluator, written from the specification (design: governance, C1 to C6), not from the code.

It knows nothing of the policy engine: facts are plain dicts, every rule is spelt out, nothing is shared.
A verdict is None (no) or (patients, masks): the set of patients it leaves and the mask of each column.
"""

from __future__ import annotations

from typing import Any

PURPOSES = {"treatment", "research", "quality", "training", "operations"}
SERVICE = {"training", "operations"}
MASKED = {"research", "quality", "training"}
NAMES_PURPOSE = {"select", "select_deid", "read_volume", "export"}
STRICTNESS = [
    {"null"}, {"withhold"}, {"pseudonym"}, {"germline"}, {"year_only", "state"}, {"shift_date", "zip3"},
    {"age_over_89", "bucket"},
]  # fmt: skip
CLASSES = {"PUBLIC", "DEID", "STUDY_ID", "PHI", "PII"}
KINDS = {
    "name", "mrn", "date", "age", "geo", "contact", "device", "free_text", "image", "germline", "somatic",
    "rare", "link", "clinical",
}  # fmt: skip
FILTERS = {
    "care_relation", "study_consent", "training_consent", "quality_unit", "not_restricted",
    "restricted_to_own",
}  # fmt: skip


def verdict(person: dict[str, Any], asked: dict[str, Any], policies: list[dict[str, Any]]) -> Any:  # noqa: C901
    if not person["active"]:
        return None
    table, purpose = asked["table"], asked["purpose"]
    above = [table, table.split(".")[0], "tumorboard"]
    needed = ["use_catalog"] + (["use_schema"] if "." in table else [])
    reading = [["select", "select_deid"]] if purpose in MASKED else [["select"]]
    if asked["privilege"] == "export":
        reading = [*reading, ["export"]]
    elif asked["privilege"] != "select":
        reading = [[asked["privilege"]]]
    relied = {*needed, *(name for either in reading for name in either)}

    grants = [g for g in person["grants"] if g["securable"] in above]
    for grant in grants:  # a denial wins, whoever granted what
        here = not grant["purposes"] or purpose in grant["purposes"]
        if grant["deny"] and grant["privilege"] in relied and here:
            return None
    ours = [p for p in policies if concerns(p, person, above, purpose)]
    for policy in ours:
        if not exists(policy):  # its function or tag is gone: nobody reads
            return None
        if policy["effect"] == "deny" and any_column(policy, asked["columns"], asked["columns"]):
            return None

    if purpose not in PURPOSES:
        return None
    if person["service"] is not (purpose in SERVICE):
        return None
    if not all(holds(grants, privilege, purpose) for privilege in needed):
        return None
    if not all(any(holds(grants, privilege, purpose) for privilege in either) for either in reading):
        return None

    patients = rows(person, asked, ours)
    if patients is None:
        return None
    masks = {}
    for column, tags in asked["columns"].items():
        found = {p["function"] for p in ours if p["effect"] == "mask" and tagged(p, tags)}
        for level in STRICTNESS:
            here = found & level
            if len(here) > 1:
                return None
            if here:
                masks[column] = here.pop()
                break
    return patients, masks


def holds(grants: list[dict[str, Any]], privilege: str, purpose: str) -> bool:
    given = [g["purposes"] for g in grants if g["privilege"] == privilege and not g["deny"]]
    return any(purpose in named or (not named and privilege not in NAMES_PURPOSE) for named in given)


def concerns(policy: dict[str, Any], person: dict[str, Any], above: list[str], purpose: str) -> bool:
    if policy["scope"] not in above or (policy["purposes"] and purpose not in policy["purposes"]):
        return False
    everyone = {"*", *person["principals"]}
    return bool(everyone & set(policy["principals"])) and not everyone & set(policy["excepted"])


def exists(policy: dict[str, Any]) -> bool:
    masks = set().union(*STRICTNESS)
    functions = {"mask": masks, "row_filter": FILTERS, "deny": {""}}.get(policy["effect"], set())
    return (
        policy["function"] in functions
        and set(policy["classes"]) <= CLASSES
        and set(policy["kinds"]) <= KINDS | {"none"}
        and set(policy["sensitivities"]) <= {"normal", "restricted"}
    )


def tagged(policy: dict[str, Any], tags: dict[str, Any]) -> bool:
    if policy["classes"] and tags["class"] not in policy["classes"]:
        return False
    if policy["sensitivities"] and tags["sensitivity"] not in policy["sensitivities"]:
        return False
    kinds = set(tags["kinds"]) or {"none"}
    return not policy["kinds"] or bool(kinds & set(policy["kinds"]))


def any_column(policy: dict[str, Any], columns: dict[str, Any], of: dict[str, Any]) -> bool:
    unconditional = not (policy["classes"] or policy["kinds"] or policy["sensitivities"])
    return unconditional or any(tagged(policy, of[name]) for name in columns)


def rows(person: dict[str, Any], asked: dict[str, Any], ours: list[dict[str, Any]]) -> Any:
    """The patients of the whole world that are left; None: refused."""
    world = set(asked["world"])
    if not asked["per_patient"]:
        return world
    table = asked["all_columns"]
    filters = [p["function"] for p in ours if p["effect"] == "row_filter" and any_column(p, table, table)]
    if not filters and not person["service"]:
        return None
    bounded = False
    for name in filters:
        hidden = {
            "not_restricted": person["restricted"],
            "restricted_to_own": person["restricted"] - person["own"] - person["emergency"],
        }
        shown = {
            "care_relation": person["related"], "study_consent": person["consented"],
            "training_consent": person["trainable"], "quality_unit": person["of_unit"],
        }  # fmt: skip
        bounded = bounded or name in shown
        world = world & shown[name] if name in shown else world - hidden[name]
    if asked["privilege"] == "export":
        world -= person["emergency"]
    if asked["patient"] is not None:
        return world if asked["patient"] in world else None
    if asked["purpose"] == "treatment":
        return None
    taken = {"not_restricted": person["restricted"]}
    taken["restricted_to_own"] = person["restricted"] - person["own"] - person["emergency"]
    excluded = any(taken[name] for name in filters if name in taken)
    if asked["privilege"] == "export":
        excluded = excluded or bool(person["emergency"])
    return None if excluded and not bounded else world
