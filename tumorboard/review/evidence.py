"""The rows of one case, at one pinned set of versions, read through the gate in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tumorboard.accounts.models import User
from tumorboard.cases.models import Case, FactReview
from tumorboard.cases.policies import stating
from tumorboard.governance import gate
from tumorboard.governance.models import Snapshot
from tumorboard.governance.permissions import TREATMENT

PAGE_TABLES = (
    "gold.case_facts",
    "gold.modalities",
    "gold.actionability",
    "gold.risk_scores",
    "gold.trial_matches",
    "silver.therapies",
    "silver.responses",
    "silver.variants",
    "silver.genomic_tests",
    "silver.biomarkers",
    "silver.labs",
    "silver.imaging",
)

Row = dict[str, Any]


@dataclass(frozen=True)
class Evidence:
    """Tables by name as lists of rows, with what people thought of single rows."""

    case: Case
    snapshot: Snapshot | None
    tables: dict[str, list[Row]]
    reviews: dict[str, FactReview]

    def rows(self, table: str) -> list[Row]:
        return self.tables.get(table, [])

    def review(self, table: str, row: Row) -> FactReview | None:
        """The last verdict on a row; none when the row rests on another source since."""
        found = self.reviews.get(f"{table}/{row['row_id']}")
        return found if found is not None and found.stated == stating(row) else None


def gather(
    case: Case, *, by: User, snapshot: Snapshot | None = None, tables: Sequence[str] = PAGE_TABLES
) -> Evidence:
    """Everything a page shows of a case. Raises gate.Refused where the person does not reach the patient."""
    requests = [
        gate.Request(by=by, purpose=TREATMENT, table=table, patient_key=case.patient_key, snapshot=snapshot)
        for table in tables
    ]
    found = {table: rows.to_pylist() for table, rows in gate.read_many(requests).items()}
    latest = FactReview.objects.filter(case=case).latest().select_related("by")
    return Evidence(case, snapshot, found, {f"{review.table}/{review.row_id}": review for review in latest})
