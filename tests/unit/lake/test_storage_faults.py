"""Damage to the stored files: never a wrong answer, and a refusal that names table, version and file.

Each fault is done to a fresh copy of a small table with ten versions. Then every version is read, in a
process that had opened some before, and a write is tried. Right answers are allowed: a version is read from
its own files, so damage elsewhere does not touch it.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.lake.books import COMMIT, VISITS, arrow, lake, visit
from tumorboard.lake import store, verifying
from tumorboard.lake.store import Damaged, Lake
from tumorboard.lake.upkeep import Upkeep

PROVE = bool(os.environ.get("PROVE"))
FAULTS = 2000 if PROVE else 200
VERSIONS = 10
NAMED = re.compile(r"^silver\.test_visits version \d+: the file \S+ is not as it was published")
Rows = list[dict[str, Any]]

pytestmark = pytest.mark.timeout(3600 if PROVE else 180)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, dict[int, Rows], Path]:
    """Ten versions with a checkpoint in the middle, what each says, and a copy of the folder half way."""
    folder = tmp_path_factory.mktemp("original")
    made = lake(folder / "lake")
    for number in range(VERSIONS):
        if number == VERSIONS // 2:
            upkeep = Upkeep(made, made.ledger, "upkeep", "test", many_files=99, log_kept=2, grace=0)
            done = upkeep.maintain(VISITS, keep=range(VERSIONS))
            assert done is not None
            upkeep.sweep(done)
            shutil.copytree(made.path(VISITS), folder / "earlier")
        patients = [f"p{number}", f"q{number}" if number % 3 else "p1"]
        rows = [visit(p, v, score=(number + v) % 5) for p in patients for v in range(1, 10)]
        made.replace(VISITS, arrow(*rows), COMMIT, patients)
    answers = {p.version: read(made, p.version) for p in made.ledger.published}
    return made, answers, folder / "earlier"


def read(made: Lake, version: int) -> Rows:
    return made.read(VISITS, version=version).sort_by("row_id").to_pylist()


def flipped(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def truncated(path: Path, chance: random.Random) -> None:
    os.truncate(path, chance.randrange(1, path.stat().st_size))


def emptied(path: Path, chance: random.Random) -> None:
    path.write_bytes(b"")


def deleted(path: Path, chance: random.Random) -> None:
    path.unlink()


def swapped(path: Path, chance: random.Random) -> None:
    """Two files of one folder change places; where they are of one length, their times too."""
    other = chance.choice([p for p in path.parent.iterdir() if p.is_file() and p != path])
    kept, times = path.read_bytes(), path.stat()
    path.write_bytes(other.read_bytes())
    other.write_bytes(kept)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def same_size(path: Path, chance: random.Random) -> None:
    """Other bytes, same length, same times."""
    times, size = path.stat(), path.stat().st_size
    path.write_bytes(chance.randbytes(size))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


ON_FILES = (flipped, truncated, emptied, deleted, swapped, same_size)


def data(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.parquet"))


def log(folder: Path) -> list[Path]:
    return sorted(p for p in (folder / "_delta_log").iterdir() if p.name[0].isdigit() and p.suffix != ".crc")


def rolled_back(folder: Path, earlier: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(earlier, folder)


def reordered(folder: Path, chance: random.Random) -> None:
    one, two = chance.sample([p for p in log(folder) if p.suffix == ".json"], 2)
    kept = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(kept)


def without_checkpoint(folder: Path, chance: random.Random) -> None:
    for path in (folder / "_delta_log").glob("*checkpoint*"):
        if path.name[0].isdigit() or chance.random() < 0.5:
            path.unlink()


def damage(folder: Path, earlier: Path, chance: random.Random) -> str:
    """One fault of any kind; its name."""
    kind = chance.randrange(10)
    if kind == 0:
        rolled_back(folder, earlier)
        return "rolled back"
    if kind == 1:
        reordered(folder, chance)
        return "reordered"
    if kind == 2:
        without_checkpoint(folder, chance)
        return "without checkpoint"
    how: Callable[[Path, random.Random], None] = chance.choice(ON_FILES)
    where = chance.choice((data, log))
    how(chance.choice(where(folder)), chance)
    return f"{how.__name__} {where.__name__}"


@pytest.mark.parametrize("opened_before", [False, True], ids=["new process", "opened before"])
def test_no_fault_gives_a_wrong_answer(
    original: tuple[Lake, dict[int, Rows], Path], tmp_path: Path, opened_before: bool
) -> None:
    made, answers, earlier = original
    chance = random.Random(11 + opened_before)
    outcomes = {"right": 0, "refused": 0}
    kinds: set[str] = set()
    for number in range(FAULTS // 2):
        copy = copied(made, tmp_path / str(number))
        if opened_before:
            for version in answers:
                read(copy, version)
        kinds.add(damage(Path(copy.path(VISITS)), earlier, chance))
        for version in answers:
            outcomes[answer(copy, version, answers[version])] += 1
        assert writes(copy, answers) in {"right", "refused"}
        shutil.rmtree(tmp_path / str(number))
    assert outcomes["refused"] >= FAULTS // 4
    assert outcomes["right"] > 0
    assert len(kinds) >= 10


def copied(made: Lake, folder: Path) -> Lake:
    copy = lake(folder)
    copy.ledger.published = list(made.ledger.published)
    shutil.copytree(made.path(VISITS), copy.path(VISITS))
    return copy


def answer(copy: Lake, version: int, expected: Rows) -> str:
    try:
        assert read(copy, version) == expected, "silently wrong"
    except Damaged as refusal:
        assert NAMED.match(str(refusal)), str(refusal)
        return "refused"
    return "right"


def writes(copy: Lake, answers: dict[int, Rows]) -> str:
    """A write on damaged ground is refused, or ends in exactly the rows it should."""
    latest = answers[max(answers)]
    try:
        published = copy.replace(VISITS, arrow(visit("new", 1)), COMMIT, ["new"])
        found = read(copy, published.version)
    except Damaged as refusal:
        assert NAMED.match(str(refusal)), str(refusal)
        return "refused"
    assert {r["row_id"] for r in found} == {r["row_id"] for r in latest} | {"new-1"}, "a write lost rows"
    return "right"


def test_a_file_changed_under_an_open_table_with_its_times_set_back(tmp_path: Path) -> None:
    made = lake(tmp_path)
    made.append(VISITS, arrow(visit("p1", 1)), COMMIT)
    read(made, 0)
    (path,) = data(Path(made.path(VISITS)))
    same_size(path, random.Random(1))
    with pytest.raises(Damaged, match=path.name):
        read(made, 0)


def test_what_changed_without_a_trace_is_found_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that forgets changes no time. The next hashing finds it."""
    monkeypatch.setattr(store, "_opened", {})
    made = lake(tmp_path)
    made.append(VISITS, arrow(visit("p1", 1)), COMMIT)
    folder = made.folder(VISITS)
    read(made, 0)
    (path,) = data(Path(made.path(VISITS)))
    kept = folder.stamp(path.name)
    flipped(path, random.Random(1))
    monkeypatch.setattr(verifying.Folder, "stamp", lambda self, name: kept)
    later = verifying.time.monotonic() + verifying.HASHED_AGAIN_AFTER + 1
    monkeypatch.setattr(verifying.time, "monotonic", lambda: later)
    with pytest.raises(Damaged, match=path.name):
        read(made, 0)


def test_a_repaired_folder_is_read_again(tmp_path: Path) -> None:
    made = lake(tmp_path)
    made.append(VISITS, arrow(visit("p1", 1)), COMMIT)
    backup = shutil.copytree(made.path(VISITS), tmp_path / "backup")
    (path,) = data(Path(made.path(VISITS)))
    emptied(path, random.Random(1))
    with pytest.raises(Damaged):
        read(made, 0)
    shutil.copyfile(backup / path.name, path)
    assert len(read(made, 0)) == 1


def test_a_half_written_commit_of_a_dead_writer_is_taken_back(tmp_path: Path) -> None:
    """It was never published, so the next writer may (governance.md M6: the table would not open)."""
    made = lake(tmp_path)
    made.append(VISITS, arrow(visit("p1", 1)), COMMIT)
    (Path(made.path(VISITS)) / "_delta_log" / f"{1:020}.json").write_text('{"commitInfo":{"timest')
    published = made.append(VISITS, arrow(visit("p2", 1)), COMMIT)
    assert len(read(made, published.version)) == 2
