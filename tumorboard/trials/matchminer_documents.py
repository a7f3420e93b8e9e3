"""MatchMiner documents as files hold them (extended JSON, CSV), cleaned and checked one by one.

A document that cannot be used is named with its place and left out; a field that cannot be read is named
and left empty. Nothing else is lost by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from tumorboard.trials.matchminer import as_date, field_of

Kind = Literal["clinical", "genomic", "treatment"]
_GENOMIC = frozenset({
    "VARIANT_CATEGORY", "WILDTYPE", "CNV_CALL", "TRUE_HUGO_SYMBOL", "HARMONIZED_HUGO_SYMBOL", "HUGO_SYMBOL",
})  # fmt: skip
_CLINICAL = frozenset({
    "ONCOTREE_PRIMARY_DIAGNOSIS_NAME", "VITAL_STATUS", "BIRTH_DATE", "BIRTH_DATE_INT", "GENDER", "MRN",
})  # fmt: skip
_TREATMENT = frozenset({"DRUG", "AGENT"})
_CATEGORIES = frozenset({"MUTATION", "CNV", "SV", "SIGNATURE"})
_NUMBERS = ("TUMOR_MUTATIONAL_BURDEN_PER_MEGABASE", "TUMOR_PURITY_PERCENT")
_WORDS = (
    "ONCOTREE_PRIMARY_DIAGNOSIS_NAME",
    "GENDER",
    "VITAL_STATUS",
    "MMR_STATUS",
    "VARIANT_CATEGORY",
    "CNV_CALL",
)
_LONGEST = 5000


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be read, and where. `fatal`: the whole document or trial is left out."""

    file: str
    path: str
    message: str
    fatal: bool = False

    def __str__(self) -> str:
        return f"{self.file}: {self.path}: {self.message}"


@dataclass
class Collected:
    """The documents of a folder, by collection."""

    clinical: dict[str, dict[str, Any]] = field(default_factory=dict)
    genomic: list[dict[str, Any]] = field(default_factory=list)
    treatments: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add(self, file: str, place: str, raw: Any) -> None:
        """One document as read from a file."""
        if not isinstance(raw, Mapping):
            self._refuse(file, place, "expected an object with the fields of one document")
            return
        document = {str(key): plain(value) for key, value in raw.items()}
        for name in [name for name, value in document.items() if _is_nested(value)]:
            del document[name]
            self.problems.append(Problem(file, f"{place}.{name[:80]}", "expected a plain value"))
        kind = kind_of(document)
        if kind is None:
            self._refuse(file, place, "neither a clinical, a genomic nor a treatment document")
        elif kind == "clinical":
            self._add_clinical(file, place, document)
        else:
            self._add_linked(file, place, document, kind)

    def _add_clinical(self, file: str, place: str, document: dict[str, Any]) -> None:
        key = _key(document.get("_id")) or _key(document.get("SAMPLE_ID"))
        if not key:
            self._refuse(file, f"{place}._id", "missing; a clinical document needs _id or SAMPLE_ID")
        elif key in self.clinical:
            self._refuse(file, f"{place}._id", "this document was read before; the first one counts")
        else:
            self.clinical[key] = {**self._checked(file, place, document), "_id": key}

    def _add_linked(self, file: str, place: str, document: dict[str, Any], kind: Kind) -> None:
        if not (_key(document.get("CLINICAL_ID")) or _key(document.get("SAMPLE_ID"))):
            message = f"missing; a {kind} document needs CLINICAL_ID or SAMPLE_ID"
            self._refuse(file, f"{place}.CLINICAL_ID", message)
            return
        kept = self._checked(file, place, document)
        kept["_id"] = _key(document.get("_id")) or f"{file}{place}"
        kept["_place"] = (file, place)
        (self.genomic if kind == "genomic" else self.treatments).append(kept)

    def link(self) -> None:
        """Genomic and treatment documents get the id of their clinical one; those without are named."""
        by_sample = {_key(sample.get("SAMPLE_ID")): key for key, sample in self.clinical.items()}
        self.genomic = list(self._linked(self.genomic, by_sample))
        self.treatments = list(self._linked(self.treatments, by_sample))

    def _linked(
        self, documents: Iterable[dict[str, Any]], by_sample: Mapping[str, str]
    ) -> Iterator[dict[str, Any]]:
        for document in documents:
            file, place = document.pop("_place")
            named = _key(document.get("CLINICAL_ID"))
            key = named if named in self.clinical else by_sample.get(_key(document.get("SAMPLE_ID")) or named)
            if key is None:
                self._refuse(file, f"{place}.CLINICAL_ID", "no clinical document has this id")
            else:
                yield {**document, "CLINICAL_ID": key}

    def _checked(self, file: str, place: str, document: dict[str, Any]) -> dict[str, Any]:
        kept = dict(document)
        for name, message in _faults(document):
            self.problems.append(Problem(file, f"{place}.{name}", message))
            kept[name] = None
        return kept

    def _refuse(self, file: str, place: str, message: str) -> None:
        self.problems.append(Problem(file, place, message, fatal=True))


def _is_nested(value: Any) -> bool:
    parts = value if isinstance(value, list) else [value]
    return any(isinstance(part, Mapping | list) for part in parts)


def _faults(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Fields with a value that is none of theirs."""
    for name in ("BIRTH_DATE_INT", "BIRTH_DATE", "REPORT_DATE"):
        if document.get(name) is not None and as_date(document[name]) is None:
            yield name, "not a date"
    for name in _NUMBERS:
        if document.get(name) is not None and number(document[name]) is None:
            yield name, "not a number"
    for name in _WORDS:
        value = document.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > _LONGEST):
            yield name, "expected a few words"
    category = document.get("VARIANT_CATEGORY")
    if isinstance(category, str) and category.upper() not in _CATEGORIES:
        yield "VARIANT_CATEGORY", "not one of MUTATION, CNV, SV, SIGNATURE"
    exon = field_of(document, "TRANSCRIPT_EXON")
    if exon is not None and number(exon) is None:
        yield next(name for name in document if name.endswith("TRANSCRIPT_EXON")), "not a number"


def kind_of(document: Mapping[str, Any]) -> Kind | None:
    """Which collection a document belongs to, by its fields."""
    fields = set(document)
    if fields & _TREATMENT and fields & {"CLINICAL_ID", "SAMPLE_ID"} and not fields & _GENOMIC:
        return "treatment"
    if "CLINICAL_ID" in fields or fields & _GENOMIC:
        return "genomic"
    return "clinical" if fields & _CLINICAL else None


def plain(value: Any) -> Any:
    """Extended JSON (MongoDB, v1 and v2) and the words of a CSV as plain values; empty text is None."""
    if isinstance(value, str):
        text = value.strip()
        wrapped = re.fullmatch(r"ObjectId\((?:\"|')?([0-9a-fA-F]{24})(?:\"|')?\)", text)
        return wrapped[1] if wrapped else text or None
    if not isinstance(value, Mapping) or len(value) != 1:
        return value
    ((key, inner),) = value.items()
    if key == "$oid":
        return str(inner)
    if key == "$date":
        return _date_text(plain(inner))
    if key in ("$numberInt", "$numberLong", "$numberDouble", "$numberDecimal"):
        return number(inner)
    return value


def _date_text(value: Any) -> str | None:
    """Milliseconds since 1970, or ISO text, as `yyyy-mm-dd`."""
    if isinstance(value, str):
        return value[:10]
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=float(value))).date().isoformat()
    except (TypeError, ValueError, OverflowError):
        return "not a date"


def number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _key(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()[:200] if isinstance(value, str | int) else ""
