"""Maintenance: what is pinned stays byte for byte, and a compacted table says the same."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest
from deltalake import DeltaTable

from tests.unit.lake.books import COMMIT, VISITS, arrow, lake, visit
from tumorboard.lake import manifest as manifests
from tumorboard.lake import store
from tumorboard.lake.store import Damaged, Lake, NotPublished
from tumorboard.lake.upkeep import Kept, Upkeep

PROVE = bool(os.environ.get("PROVE"))
PINS, COMMITS = (30, 200) if PROVE else (10, 200)
pytestmark = pytest.mark.timeout(1800 if PROVE else 180)


def upkeep(made: Lake, **limits: float) -> Upkeep:
    return Upkeep(made, made.ledger, "upkeep", "test", **{"grace": 0, **limits})  # type: ignore[arg-type]


def maintain(upkeep: Upkeep, keep: Collection[int] = ()) -> Kept:
    done = upkeep.maintain(VISITS, keep)
    assert done is not None
    upkeep.sweep(done)
    return done


def filled(folder: Path, versions: int) -> Lake:
    made = lake(folder)
    for number in range(versions):
        patient = f"p{number % 7}"
        made.replace(VISITS, arrow(visit(patient, 1, score=number % 5), visit(patient, 2)), COMMIT, [patient])
    return made


def content(made: Lake, version: int) -> tuple[str, str]:
    """(hash of the bytes as they lie there now, hash of the rows)."""
    publication = made.ledger.at(VISITS.name, version)
    assert publication is not None
    made.forget(VISITS.name)
    folder = made.folder(VISITS)
    bytes_now = manifests.digest(sorted(folder.hash(name) for name in publication.manifest))
    return bytes_now, manifests.rows_hash(made.open(VISITS, version))


def test_pins_outlive_two_hundred_commits_maintenance_and_a_move(tmp_path: Path) -> None:
    """Commits, optimize, vacuum, checkpoint, log cleanup, a copy on another path: the same content hash."""
    chance = random.Random(7)
    made = filled(tmp_path / "lake", PINS)
    pinned = {p.version: (p.content_hash, content(made, p.version)) for p in made.ledger.published}
    for number in range(COMMITS):
        patient = f"p{chance.randrange(7)}"
        made.replace(VISITS, arrow(visit(patient, 1, score=number % 5)), COMMIT, [patient])
        if number % 50 == 49:
            maintain(upkeep(made, log_kept=5), pinned)
    maintain(upkeep(made, many_files=1, log_kept=5), pinned)
    moved = lake(shutil.copytree(tmp_path / "lake", tmp_path / "elsewhere"))
    moved.ledger.published = list(made.ledger.published)
    moved.ledger.retired = made.ledger.retired
    shutil.rmtree(tmp_path / "lake")
    for version, (content_hash, both) in pinned.items():
        assert content(moved, version) == both
        assert both[0] == content_hash
    kept = {p.version for p in moved.ledger.versions(VISITS.name)}
    assert kept == {*pinned, moved.version(VISITS.name)}
    with pytest.raises(NotPublished):
        moved.read(VISITS, version=PINS + 3)


def test_a_compacted_table_says_the_same_in_one_sorted_file(tmp_path: Path) -> None:
    made = filled(tmp_path, 20)
    before = made.ledger.latest(VISITS.name)
    rows = made.read(VISITS).sort_by("row_id")
    done = maintain(upkeep(made, many_files=3))
    after = made.ledger.latest(VISITS.name)
    assert done.compacted == after
    assert (len(after.manifest), after.rows, after.inputs) == (1, before.rows, before.inputs)
    assert made.read(VISITS).sort_by("row_id") == rows
    keys = made.read(VISITS)["patient_key"].to_pylist()
    assert keys == sorted(keys)
    assert after.rows_hash == content(made, after.version)[1]
    log = (Path(made.path(VISITS)) / "_delta_log" / store.commit_name(after.version)).read_text()
    assert "Quexington" not in log, "no statistics of patient values"


def test_a_second_run_finds_nothing_to_do(tmp_path: Path) -> None:
    made = filled(tmp_path, 30)
    maintain(upkeep(made, many_files=3, log_kept=2))
    done = maintain(upkeep(made, many_files=3, log_kept=2))
    assert (done.compacted, done.retired, done.deleted, done.log_deleted) == (None, [], [], [])


def test_after_the_log_is_cut_it_can_still_be_written_and_opened_by_others(tmp_path: Path) -> None:
    made = filled(tmp_path, 30)
    done = maintain(upkeep(made, many_files=99, log_kept=2), [0, 1])
    assert len(done.log_deleted) >= 25
    made.append(VISITS, arrow(visit("p99", 1)), COMMIT)
    expected = made.read(VISITS).num_rows
    assert DeltaTable(made.path(VISITS)).to_pyarrow_table().num_rows == expected
    assert made.read(VISITS, version=0).num_rows == 2, "a version whose commit is gone stays readable"


def test_a_damaged_checkpoint_is_refused_by_the_next_writer(tmp_path: Path) -> None:
    made = filled(tmp_path, 10)
    maintain(upkeep(made, many_files=99, log_kept=2))
    (checkpoint,) = (Path(made.path(VISITS)) / "_delta_log").glob("*.checkpoint.parquet")
    checkpoint.write_bytes(checkpoint.read_bytes()[:-9])
    with pytest.raises(Damaged, match=f"version 9: the file _delta_log/{checkpoint.name}"):
        made.append(VISITS, arrow(visit("p8", 1)), COMMIT)


def test_files_are_deleted_only_after_a_while(tmp_path: Path) -> None:
    """A read that has begun must be able to end."""
    made = filled(tmp_path, 9)
    done = maintain(upkeep(made, grace=3600))
    assert done.retired
    assert done.deleted == []
    assert maintain(upkeep(made)).deleted


def test_a_file_a_dead_writer_left_is_deleted(tmp_path: Path) -> None:
    made = filled(tmp_path, 2)
    orphan = Path(made.path(VISITS)) / "part-0-orphan.snappy.parquet"
    orphan.write_bytes(b"half")
    assert orphan.name in maintain(upkeep(made), [0]).deleted
    assert not orphan.exists()


def test_maintenance_that_is_undone_has_deleted_nothing(tmp_path: Path) -> None:
    """The caller's transaction may fail: then retired versions are wanted again."""
    made = filled(tmp_path, 30)
    books, before = list(made.ledger.published), made.read(VISITS, version=2)
    upkeep(made, many_files=3, log_kept=2).maintain(VISITS, [])
    made.ledger.published, made.ledger.retired = books, set()
    assert made.read(VISITS, version=2) == before
    made.append(VISITS, arrow(visit("p99", 1)), COMMIT)
    assert made.read(VISITS).num_rows == 15
    assert maintain(upkeep(made, many_files=3, log_kept=2)).log_deleted


def test_a_damaged_table_is_left_as_it_is(tmp_path: Path) -> None:
    made = filled(tmp_path, 20)
    path = sorted(Path(made.path(VISITS)).glob("*.parquet"))[0]
    named = next(p for p in reversed(made.ledger.published))
    broken = Path(made.path(VISITS)) / next(iter(named.manifest))
    broken.write_bytes(broken.read_bytes()[:-1])
    before = set(Path(made.path(VISITS)).iterdir())
    with pytest.raises(Damaged, match=broken.name):
        maintain(upkeep(made, many_files=1))
    assert set(Path(made.path(VISITS)).iterdir()) == before
    assert path.exists()


def test_nothing_to_keep_up_before_the_first_write(tmp_path: Path) -> None:
    assert upkeep(lake(tmp_path)).maintain(VISITS, []) is None


def test_a_lake_by_address_is_read_hashed_and_maintained_alike(tmp_path: Path) -> None:
    """`file://` goes the way of object storage: through filesystems of Arrow, never through open()."""
    made = filled(Path("/") / tmp_path.relative_to("/"), 0)
    made.root = f"file://{tmp_path}/lake"
    for number in range(12):
        made.replace(VISITS, arrow(visit(f"p{number}", 1)), COMMIT, [f"p{number}"])
    assert maintain(upkeep(made, many_files=3)).compacted
    assert made.read(VISITS).num_rows == 12
    (name,) = made.ledger.latest(VISITS.name).manifest
    (tmp_path / "lake/silver/test_visits" / name).write_bytes(b"")
    with pytest.raises(Damaged, match=name):
        made.read(VISITS)


@pytest.mark.parametrize("change", ["order", "files"])
def test_the_hash_of_rows_knows_neither_order_nor_files(tmp_path: Path, change: str) -> None:
    rows = [visit("p1", 1), visit("p1", 2), visit("p2", 1, name=None)]
    one, other = lake(tmp_path / "one"), lake(tmp_path / "other")
    one.append(VISITS, arrow(*rows), COMMIT)
    if change == "order":
        other.append(VISITS, arrow(*reversed(rows)), COMMIT)
    else:
        for row in rows:
            other.append(VISITS, arrow(row), COMMIT)
    hashes = [manifests.rows_hash(each.open(VISITS, each.version(VISITS.name))) for each in (one, other)]
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize(
    "changed", [{"score": 2}, {"name": ""}, {"name": None}, {"held_on": None}, {"kind": "phone"}]
)
def test_the_hash_of_rows_knows_every_value(tmp_path: Path, changed: dict[str, object]) -> None:
    found = []
    for number, values in enumerate(({}, changed)):
        made = lake(tmp_path / str(number))
        made.append(VISITS, arrow(visit("p1", 1, **values)), COMMIT)
        found.append(manifests.rows_hash(made.open(VISITS, 0)))
    assert found[0] != found[1]


def test_a_manifest_of_before_sizes_were_kept_is_completed_by_the_next_write(tmp_path: Path) -> None:
    made = filled(tmp_path, 2)
    old = made.ledger.latest(VISITS.name)
    assert old is not None
    bare = {name: {"sha256": entry["sha256"], "size": 0, "rows": 0} for name, entry in old.manifest.items()}
    made.ledger.amend(replace(old, manifest=bare, log={}, columns={}))
    assert made.read(VISITS).num_rows == 4
    published = made.append(VISITS, arrow(visit("p9", 1)), COMMIT)
    assert published.rows == 5
    assert all(entry["size"] for entry in published.manifest.values())
