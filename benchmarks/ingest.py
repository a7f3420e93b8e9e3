"""Ingest of a synthetic cohort against plain decoding of the same files.

    python -m benchmarks.ingest [--patients N] [--json]

Plain decoding reads every file into memory by the plainest means (json, split text, YAML, pydicom with its
pixels) and keeps nothing. Ingest also recognises, lands, identifies, builds silver and gold, and commits.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pydicom
import yaml

from benchmarks.installation import installation
from benchmarks.report import SEED, Figures, options, seconds, show
from tumorboard.runs.ingesting import ingest
from tumorboard.synthetic.cohort import write_cohort

NOT_DATA = {"TRUTH.md", "truth.json"}


def main(arguments: list[str] | None = None) -> None:
    chosen = options(__doc__, arguments)
    with installation() as home:
        inbox = write(home, chosen.patients)
        figures = measure(inbox)
    show(f"Ingest of {chosen.patients} patients against plain decoding", figures, chosen.json)


def write(home: Path, patients: int) -> Path:
    inbox = home / "inbox"
    write_cohort(inbox, patients=patients, seed=SEED)
    return inbox


def measure(inbox: Path) -> Figures:
    """Figures of the first ingest, of bringing the same files again, and of one corrected patient."""
    files = data_files(inbox)
    plain = seconds(lambda: [decode(path) for path in files])
    first = seconds(lambda: ingest(paths=[inbox], by="benchmark"))
    again = seconds(lambda: ingest(paths=[inbox], by="benchmark"))
    letter = correct(inbox)
    one = seconds(lambda: ingest(paths=[letter], by="benchmark"))
    return {
        "files": len(files),
        "megabytes": sum(path.stat().st_size for path in files) / 1e6,
        **{f"files {suffix}": count for suffix, count in sorted(Counter(p.suffix for p in files).items())},
        "plain decoding, s": plain,
        "ingest, s": first,
        "ingest to plain decoding ratio": first / plain,
        "the same files again, s": again,
        "again to first ingest ratio": again / first,
        "one corrected letter, s": one,
        "one letter to first ingest ratio": one / first,
    }


def data_files(inbox: Path) -> list[Path]:
    return sorted(path for path in inbox.rglob("*") if path.is_file() and path.name not in NOT_DATA)


def correct(inbox: Path) -> Path:
    """A letter sent again with one more sentence."""
    letter = next(iter(sorted((inbox / "notes").glob("*.txt"))))
    letter.write_text(letter.read_text() + "\nAddendum: no change of plan.\n")
    return letter


def decode(path: Path) -> object:
    """Everything the file says, in memory."""
    if path.suffix == ".dcm":
        with pydicom.dcmread(path) as image:
            return image.pixel_array
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json.loads(text)
    if path.suffix in (".yml", ".yaml"):
        return yaml.safe_load(text)
    return [line.split("\t") for line in text.splitlines()]


if __name__ == "__main__":
    main()
