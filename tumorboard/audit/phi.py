"""How sensitive each field of a model is; every model says so for every field (`PHI`)."""

from __future__ import annotations


def classify(*, none: str = "", id: str = "", pii: str = "", phi: str = "") -> dict[str, str]:
    """Field name -> class, from space-separated names.

    phi: tells something about a patient's health. pii: names a person. id: a surrogate that leads to a
    patient. none: none of these.
    """
    classes = {"none": none, "id": id, "pii": pii, "phi": phi}
    return {name: label for label, names in classes.items() for name in names.split()}
