"""The home page's rows: what is next, what is missing, what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from tumorboard.accounts.models import User
from tumorboard.cases.measuring import published_versions, reviews_of
from tumorboard.cases.models import Case, CaseVisit
from tumorboard.cases.readiness import Preparation, new_since, preparation
from tumorboard.governance import people
from tumorboard.governance.people import PatientHeader


@dataclass(frozen=True)
class Row:
    case: Case
    patient: PatientHeader
    preparation: Preparation
    new: int
    stale: bool  # measured at older versions than are published: the page measures it again


@dataclass(frozen=True)
class Group:
    """The cases of one meeting, or those without a slot."""

    rows: list[Row]

    @property
    def meeting(self) -> Case | None:
        """Any case of the group, for board, time and id of its meeting; None without a slot."""
        first = self.rows[0].case
        return first if first.meeting_uuid else None

    @property
    def counts(self) -> str:
        """`4 cases: 1 ready, 2 needs review, 1 missing imaging`"""
        words = Counter(row.preparation.word for row in self.rows)
        cases = f"{len(self.rows)} case{'s' if len(self.rows) != 1 else ''}"
        return f"{cases}: " + ", ".join(f"{count} {word.lower()}" for word, count in words.items())


def rows_of(cases: Sequence[Case], *, by: User) -> list[Row]:
    """One row per case, in the order given. A fixed number of queries, however many cases."""
    headers = people.headers(by=by, patient_keys=[case.patient_key for case in cases])
    reviews, current = reviews_of(cases), published_versions()
    seen = dict(CaseVisit.objects.filter(case__in=cases, user=by).values_list("case_id", "seen"))
    return [
        _row(case, headers[case.patient_key], reviews.get(case.pk, {}), seen.get(case.pk), current)
        for case in cases
    ]


def _row(
    case: Case,
    patient: PatientHeader,
    reviews: dict[str, str],
    seen: list[str] | None,
    current: dict[str, int],
) -> Row:
    readiness = getattr(case, "readiness", None)
    marks = readiness.marks if readiness else {}
    return Row(
        case=case,
        patient=patient,
        preparation=preparation(marks, readiness.modalities if readiness else {}, reviews),
        new=new_since(marks, seen),
        stale=(readiness.versions if readiness else None) != current,
    )


def grouped(rows: Sequence[Row]) -> list[Group]:
    """Rows by meeting, in the order given; those without a slot together."""
    return [Group(list(members)) for _, members in groupby(rows, key=lambda row: row.case.meeting_uuid)]
