"""Eligibility text of public registry studies: what the rules understand, against criteria read by hand.

    python -m benchmarks.eligibility [--half tune|held] [--errors]

The set names each criterion by study, place and checksum, with the facts a careful reader takes from it
(`tests/spec/trials/eligibility/read.tsv`); the texts stay outside of the repository. Prints precision and
recall of the numeric and ordinal facts, and how many criteria of each kind are understood, partly or not.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tumorboard.trials.eligibility.eligibility import Eligibility, read_eligibility
from tumorboard.trials.eligibility.reading import Reading

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("TUMORBOARD_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")
STUDIES = SHARED / "trials" / "clinicaltrials_gov_v2"
READ_TWICE = REPOSITORY / "tests" / "spec" / "trials" / "eligibility" / "read.tsv"


@dataclass(frozen=True)
class Row:
    """One criterion of the set: where it stands, the checksum of its text, its half, its facts."""

    study: str
    start: int
    end: int
    checksum: str
    half: str
    facts: tuple[str, ...]


def rows(path: Path = READ_TWICE) -> list[Row]:
    """The double-read set."""
    lines = [
        line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    ]
    return [_row(line) for line in lines[1:]]


def _row(line: str) -> Row:
    study, start, end, checksum, half, facts = line.split("\t")
    return Row(
        study, int(start), int(end), checksum, half, tuple(part for part in facts.split("; ") if part != "-")
    )


def checksum(text: str) -> str:
    """The first sixteen hex digits of the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def studies(folder: Path = STUDIES) -> dict[str, Eligibility]:
    """The readings of all studies in a folder, by NCT number."""
    found = {}
    for path in sorted(folder.glob("NCT*.json")):
        protocol = json.loads(path.read_text(encoding="utf-8"))["protocolSection"]
        found[path.stem] = read_eligibility(protocol["eligibilityModule"]["eligibilityCriteria"])
    return found


def is_numeric(fact: str) -> bool:
    """Numbers and ordered classes; the rest is counted in the coverage only."""
    return re.search(r"[<>=] ?\d|\b(?:stage|nyha) in |\b(?:washout|recent|stable) \d", fact) is not None


def reading_at(eligibility: Eligibility, row: Row) -> Reading | None:
    """Our reading of the criterion at this place."""
    return next((one for one in eligibility.criteria if (one.start, one.end) == (row.start, row.end)), None)


@dataclass(frozen=True)
class Score:
    """Facts found, facts claimed without ground, facts missed; criteria whose facts are exactly right."""

    right: int
    wrong: int
    missed: int
    exact: int
    criteria: int

    @property
    def precision(self) -> float:
        return self.right / max(self.right + self.wrong, 1)

    @property
    def recall(self) -> float:
        return self.right / max(self.right + self.missed, 1)


def score(found: dict[str, Eligibility], wanted: list[Row], errors: bool = False) -> Score:
    """Numeric and ordinal facts of our readings against the set."""
    right = wrong = missed = exact = criteria = 0
    for row, ours, theirs in _numeric(found, wanted):
        right += sum((ours & theirs).values())
        wrong += sum((ours - theirs).values())
        missed += sum((theirs - ours).values())
        criteria += bool(theirs)
        exact += bool(theirs) and ours == theirs
        if errors and ours != theirs:
            print(f"{row.study} {row.start}: missed {list(theirs - ours)} wrong {list(ours - theirs)}")
    return Score(right, wrong, missed, exact, criteria)


def _numeric(
    found: dict[str, Eligibility], wanted: list[Row]
) -> Iterator[tuple[Row, Counter[str], Counter[str]]]:
    for row in wanted:
        reading = reading_at(found[row.study], row)
        ours = Counter(filter(is_numeric, reading.facts if reading else ()))
        yield row, ours, Counter(filter(is_numeric, row.facts))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--half", choices=("tune", "held"))
    parser.add_argument("--errors", action="store_true", help="print the criteria that differ")
    arguments = parser.parse_args()
    if not STUDIES.exists():
        print("registry studies not found: set TUMORBOARD_SHARED_DATA")
        return 2
    found = studies()
    for half in ("tune", "held"):
        if arguments.half in (None, half):
            part = [row for row in rows() if row.half == half]
            _show(half, score(found, part, arguments.errors))
    _coverage(found)
    return 0


def _show(half: str, figures: Score) -> None:
    print(
        f"{half}: precision {figures.precision:.3f}, recall {figures.recall:.3f} "
        f"({figures.right} right, {figures.wrong} wrong, {figures.missed} missed); "
        f"{figures.exact} of {figures.criteria} criteria exactly"
    )


def _coverage(found: dict[str, Eligibility]) -> None:
    table: Counter[tuple[str, str]] = Counter()
    for eligibility in found.values():
        table.update(eligibility.coverage())
    print(f"\n{'kind':24} understood  partly  not understood")
    for kind in sorted({kind for kind, _ in table}):
        counts = [table[kind, status] for status in ("understood", "partly", "not understood")]
        print(f"{kind:24} {counts[0]:>10} {counts[1]:>7} {counts[2]:>15}")
    print(f"{sum(table.values())} criteria in {len(found)} studies")


if __name__ == "__main__":
    sys.exit(main())
