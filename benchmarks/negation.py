"""Negation, history and experiencer on the public half of the NegEx gold sentences (chapmanbe/negex).

    python benchmarks/negation.py [rsAnnotations-1-120-random.txt]

Each line names one phrase in one sentence. What cannot be located counts as a miss. Prints precision, recall
and F1 per axis. The set holds no hypothetical gold, and only five phrases about others.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections import Counter
from pathlib import Path

from tumorboard.pipeline.silver.text.context import Assertion, assertion
from tumorboard.pipeline.silver.text.sections import Sections

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("TUMORBOARD_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")
GOLD = SHARED / "notes_gold" / "negex" / "rsAnnotations-1-120-random.txt"
AXES = ("negated", "historical", "other")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("gold", nargs="?", type=Path, default=GOLD)
    parser.add_argument("--errors", choices=AXES, help="print the sentences that went wrong on one axis")
    arguments = parser.parse_args()
    if not arguments.gold.exists():
        print("gold sentences not found: set TUMORBOARD_SHARED_DATA or name the file")
        return 2
    rows = [
        line.split("\t")
        for line in arguments.gold.read_text("utf-8").splitlines()[1:]
        if line.count("\t") >= 5
    ]
    began = time.perf_counter()
    counts = score(rows, arguments.errors)
    took = time.perf_counter() - began
    for axis in AXES:
        print(f"{axis:11} " + figures(counts[axis]))
    lost = counts["all"]["unlocated"]
    print(f"{len(rows)} sentences, {lost} phrases not located, {len(rows) / took:.0f} sentences/s")
    return 0


def score(rows: list[list[str]], show: str | None = None) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {axis: Counter() for axis in (*AXES, "all")}
    for _, phrase, sentence, negation, temporality, experiencer, *_ in rows:
        found = judge(phrase, sentence)
        counts["all"]["unlocated"] += found is None
        gold = (negation == "Negated", temporality == "Historical", experiencer.strip() != "Patient")
        ours = axes(found) if found else (False, False, False)
        for axis, wanted, given in zip(AXES, gold, ours, strict=True):
            counts[axis][("tp" if wanted else "fp") if given else ("fn" if wanted else "tn")] += 1
            if show == axis and wanted != given:
                print("MISSED" if wanted else "FALSE ", "|", phrase, "|", re.sub(r"\s+", " ", sentence))
    return counts


def judge(phrase: str, sentence: str) -> Assertion | None:
    """Our assertion about the phrase; the gold writes it in capitals in its sentence."""
    words = re.escape(phrase.strip()).replace(r"\ ", r"\s+")
    match = re.search(words.upper(), sentence) or re.search(words, sentence, re.IGNORECASE)
    if match is None:
        return None
    return assertion(sentence, match.start(), match.end(), Sections(sentence).at(match.start()))


def axes(found: Assertion) -> tuple[bool, bool, bool]:
    return found.negated, found.certainty == "historical", found.experiencer == "other"


def figures(counts: Counter[str]) -> str:
    precision = counts["tp"] / max(counts["tp"] + counts["fp"], 1)
    recall = counts["tp"] / max(counts["tp"] + counts["fn"], 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    tally = f"{counts['tp']} of {counts['tp'] + counts['fn']} found, {counts['fp']} false"
    return f"P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}  ({tally})"


if __name__ == "__main__":
    sys.exit(main())
