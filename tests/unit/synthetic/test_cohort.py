"""The whole cohort: repeatable, independent of its size, opaque in its names, honest in its counts."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tumorboard.synthetic.cohort import TRUTH_MARKER, Summary, write_cohort

SHARED = {"site_b.maf", "truth.json"}  # hold many patients, so they grow with the cohort


def fingerprints(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_cohort(tmp_path / name, patients=4, seed=3, imaging_share=0.5)
    assert fingerprints(tmp_path / "one") == fingerprints(tmp_path / "two")


def test_another_seed_gives_other_people(tmp_path: Path) -> None:
    for seed in (3, 4):
        write_cohort(tmp_path / str(seed), patients=2, seed=seed, imaging_share=0)
    names = [{p.name for p in (tmp_path / str(seed) / "fhir").iterdir()} for seed in (3, 4)]
    assert not names[0] & names[1]


def test_a_patient_is_the_same_in_a_larger_cohort(tmp_path: Path) -> None:
    write_cohort(tmp_path / "small", patients=3, seed=5, imaging_share=0.5)
    write_cohort(tmp_path / "large", patients=6, seed=5, imaging_share=0.5)
    small, large = fingerprints(tmp_path / "small"), fingerprints(tmp_path / "large")
    assert {k: v for k, v in small.items() if Path(k).name not in SHARED}.items() <= large.items()


def test_fewer_pixels_write_a_subset(tmp_path: Path) -> None:
    for share in (0.0, 0.5, 1.0):
        write_cohort(tmp_path / str(share), patients=5, seed=7, imaging_share=share)
    images = [
        {k for k in fingerprints(tmp_path / str(share)) if k.endswith(".dcm")} for share in (0.0, 0.5, 1.0)
    ]
    assert images[0] == set()
    assert images[1] <= images[2]
    assert images[2]


@pytest.mark.parametrize(("patients", "share", "what"), [(0, 1.0, "patients"), (3, 1.5, "imaging_share")])
def test_impossible_arguments_are_refused(tmp_path: Path, patients: int, share: float, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        write_cohort(tmp_path, patients=patients, seed=1, imaging_share=share)


def test_progress_is_told_once_per_patient(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    write_cohort(
        tmp_path, patients=3, seed=1, imaging_share=0, progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_the_summary_counts_what_is_on_disk(cohort: Path, written: Summary) -> None:
    for folder, count in written.files.items():
        files = [p for p in (cohort / folder).rglob("*") if p.is_file()] or [cohort / folder]
        assert len(files) == count, folder
        assert sum(p.stat().st_size for p in files) == written.bytes[folder]
    assert sum(written.tumours.values()) == sum(written.sites.values()) == written.patients == 16


def test_no_file_name_tells_who(cohort: Path) -> None:
    names = " ".join(str(p.relative_to(cohort)) for p in cohort.rglob("*"))
    assert "SYN-0" not in names
    assert "SP-" not in names


def test_truth_is_marked_and_looks_like_no_data(cohort: Path) -> None:
    truth = json.loads((cohort / "truth.json").read_text())
    assert truth[TRUTH_MARKER] == 1
    assert not {"resourceType", "protocolSection", "header"} & truth.keys()
    assert len(truth["patients"]) == 16
