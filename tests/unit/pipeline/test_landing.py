"""What becomes of each file, with a crosswalk and a journal in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.unit.lake.books import Ledger
from tumorboard.identity.crosswalk import Identifier, TwoRecords
from tumorboard.lake import tables
from tumorboard.lake.store import Lake
from tumorboard.lake.volume import Volume
from tumorboard.pipeline import declared, landing
from tumorboard.pipeline.landing import LandedFile, Landing, content_hash
from tumorboard.pipeline.sources import catalogue
from tumorboard.pipeline.sources.reading import Notice, Rejected, SourceRow, Subject, SubjectLink, Unreadable

declared.load()
NOTES = tables.get("bronze.notes")


class Crosswalk:
    def __init__(self) -> None:
        self.linked: list[tuple[Identifier, Identifier]] = []

    def keys(self, identifiers: Any) -> dict[Identifier, str]:
        return {identifier: f"s-{identifier[1]}" for identifier in identifiers}

    def link(self, first: Identifier, second: Identifier) -> None:
        if first[1] == "TWO":
            raise TwoRecords("two record numbers")
        self.linked.append((first, second))


class Journal:
    def __init__(self) -> None:
        self.files: list[LandedFile] = []
        self.open = False

    def known(self, hashes: Sequence[str]) -> set[str]:
        return {f.file_hash for f in self.files if f.outcome == landing.LANDED} & set(hashes)

    def record(self, files: Sequence[LandedFile]) -> None:
        assert self.open
        self.files += files

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.open = True
        yield
        self.open = False


class Lines:
    """A format of the tests: one instruction a line."""

    name, version = "notes", "1"

    def recognises(self, path: Path, head: bytes) -> bool:
        return head.startswith(b"lines")

    def read(self, path: Path) -> Iterator[Any]:
        for number, line in enumerate(path.read_text().splitlines()[1:], 2):
            word, _, rest = line.partition(" ")
            place = f"line {number}"
            match word:
                case "row":
                    yield SourceRow(place, "line", {"text": rest}, Subject("mrn", rest) if rest else None)
                case "link":
                    yield SubjectLink(place, Subject("mrn", rest), Subject("specimen", "S"))
                case "bad":
                    yield Rejected(place, "the line is bad", "word")
                case "odd":
                    yield Notice(place, "the line is odd")
                case "damaged":
                    raise Unreadable("the file is cut short", place)


@pytest.fixture(autouse=True)
def lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "SOURCES", (Lines(),))


@pytest.fixture
def door(tmp_path: Path) -> Landing:
    lake = Lake(str(tmp_path / "lake"), Ledger())
    return Landing(lake, Volume(tmp_path / "volume"), Crosswalk(), Journal(), "run-1", "test")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def put(inbox: Path, name: str, *instructions: str) -> Path:
    path = inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["lines", *instructions]))
    return path


def bronze(door: Landing) -> list[dict[str, Any]]:
    return door.lake.read(NOTES).to_pylist()


def test_rows_land_as_received_with_place_and_surrogate(door: Landing, inbox: Path) -> None:
    path = put(inbox, "a.txt", "row SYN-1", "row")
    (landed,) = door.land([path])
    assert (landed.outcome, landed.source, landed.row_count, landed.unassigned) == ("landed", "notes", 2, 1)
    first, second = sorted(bronze(door), key=lambda row: row["locator"])
    assert (first["file_hash"], first["file_name"], first["locator"]) == (
        content_hash(path),
        "a.txt",
        "line 2",
    )
    assert (first["subject_key"], second["subject_key"]) == ("s-SYN-1", None)
    assert json.loads(first["payload"]) == {"text": "SYN-1"}
    assert first["row_id"] != second["row_id"]
    assert door.volume.path(landed.file_hash).read_bytes() == path.read_bytes()


def test_nothing_to_land(door: Landing, inbox: Path) -> None:
    assert door.land([]) == []
    assert door.land([inbox]) == []
    assert door.journal.files == []


def test_a_known_file_changes_nothing(door: Landing, inbox: Path) -> None:
    path = put(inbox, "a.txt", "row SYN-1")
    door.land([path])
    (again,) = door.land([path.rename(inbox / "renamed.txt")])
    assert again.outcome == "already known"
    assert len(bronze(door)) == 1


def test_the_same_content_twice_in_a_run_lands_once(door: Landing, inbox: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        put(inbox, name, "row SYN-1")
    assert [f.outcome for f in door.land([inbox])] == ["landed", "already known", "already known"]
    assert len(bronze(door)) == 1


def test_a_bad_row_is_refused_and_an_odd_one_told(door: Landing, inbox: Path) -> None:
    (landed,) = door.land([put(inbox, "a.txt", "row SYN-1", "bad", "odd")])
    (refusal,) = landed.refusals
    assert (refusal.locator, refusal.reason, refusal.field) == ("line 3", "the line is bad", "word")
    assert [notice.locator for notice in landed.notices] == ["line 4"]
    assert landed.row_count == 1


def test_a_file_damaged_at_its_end_gives_none_of_its_rows(door: Landing, inbox: Path) -> None:
    bad = put(inbox, "a.txt", "row SYN-1", "link SYN-1", "damaged")
    good = put(inbox, "b.txt", "row SYN-2")
    first, second = door.land([bad, good])
    assert (first.outcome, first.reason, first.row_count) == ("refused", "the file is cut short", 0)
    assert (first.refusals[0].locator, len(first.refusals)) == ("line 4", 1)
    assert second.outcome == "landed"
    assert [row["file_name"] for row in bronze(door)] == ["b.txt"]
    assert door.crosswalk.linked == []
    assert not door.volume.path(first.file_hash).exists()


def test_a_refused_file_is_read_again_when_it_comes_again(door: Landing, inbox: Path) -> None:
    path = put(inbox, "a.txt", "damaged")
    assert [f.outcome for f in [*door.land([path]), *door.land([path])]] == ["refused", "refused"]


def test_links_are_followed_and_two_records_are_a_refusal_of_the_link(door: Landing, inbox: Path) -> None:
    (landed,) = door.land([put(inbox, "a.txt", "row SYN-1", "link SYN-1", "link TWO")])
    assert door.crosswalk.linked == [(("mrn", "SYN-1"), ("specimen", "S"))]
    assert [(r.locator, r.reason, r.field) for r in landed.refusals] == [
        ("line 4", "two record numbers", "identifier")
    ]
    assert landed.outcome == "landed"


def test_files_that_name_nobody_go_to_the_patient_named(door: Landing, inbox: Path) -> None:
    given = Landing(**{**vars(door), "patient": ("mrn", "SYN-9")})
    given.land([put(inbox, "a.txt", "row", "row SYN-1")])
    assert {row["subject_key"] for row in bronze(door)} == {"s-SYN-9", "s-SYN-1"}


def test_what_is_no_data_is_said(door: Landing, inbox: Path) -> None:
    (inbox / "README.md").write_text("lines")
    (inbox / "x.bin").write_bytes(b"\x00\x01")
    (inbox / "link").symlink_to(put(inbox.parent, "outside.txt", "row SYN-1"))
    outcomes = {f.name: f.outcome for f in door.land([inbox])}
    assert outcomes == {"README.md": "not data", "x.bin": "not data"}


def test_a_file_that_cannot_be_opened_is_refused_in_words(door: Landing, inbox: Path) -> None:
    gone = inbox / "gone.txt"
    (landed,) = door.land([gone])
    assert landed.outcome == "refused"
    assert "No such file" in landed.reason


def test_batches_are_written_as_they_fill(
    door: Landing, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "ROWS_A_BATCH", 2)
    for number in range(5):
        put(inbox, f"{number}.txt", f"row SYN-{number}")
    shown: list[tuple[int, int]] = []
    door.land([inbox], lambda done, total: shown.append((done, total)))
    assert len(door.lake.ledger.published) == 3
    assert len(bronze(door)) == 5
    assert shown == [(n, 5) for n in range(1, 6)]


def test_what_another_run_has_landed_meanwhile_is_left_out(
    door: Landing, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(inbox, "a.txt", "row SYN-1", "bad")
    door.land([path])
    with monkeypatch.context() as patch:
        patch.setattr(door.journal, "known", lambda hashes: (door.journal.open and set(hashes)) or set())
        (late,) = door.land([path])
    assert (late.outcome, late.row_count, late.refusals) == ("already known", 0, [])
    assert len(bronze(door)) == 1


def test_a_journal_that_fails_leaves_nothing_to_read(
    door: Landing, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(inbox, "a.txt", "row SYN-1")
    with monkeypatch.context() as patch:
        patch.setattr(door.lake.ledger, "fails", True)
        with pytest.raises(ConnectionError):
            door.land([path])
    door.lake.ledger.held.clear()
    door.land([path])
    assert len(bronze(door)) == 1


def test_a_plink_set_is_its_three_files(tmp_path: Path) -> None:
    for name in ("a.bed", "b.bed"):
        (tmp_path / name).write_bytes(b"same")
    alone = content_hash(tmp_path / "a.bed")
    (tmp_path / "a.bim").write_text("1")
    with_bim = content_hash(tmp_path / "a.bed")
    (tmp_path / "a.fam").write_text("1")
    assert len({alone, with_bim, content_hash(tmp_path / "a.bed")}) == 3
    assert alone == content_hash(tmp_path / "b.bed")
