"""Commits, published versions, and what is found of a commit that was never published."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable

from tests.unit.lake.books import COMMIT, VISITS, arrow, lake, scores, visit
from tumorboard.lake import store
from tumorboard.lake.store import Damaged, Lake, NotPublished


@pytest.fixture
def filled(tmp_path: Path) -> Lake:
    """Version 0: p1 with two visits, p2 and p3 with one."""
    made = lake(tmp_path)
    made.append(VISITS, arrow(visit("p1", 1), visit("p1", 2), visit("p2", 1), visit("p3", 1)), COMMIT)
    return made


def files(lake: Lake) -> list[Path]:
    return sorted(Path(lake.path(VISITS)).glob("*.parquet"))


def log(lake: Lake) -> list[Path]:
    return sorted((Path(lake.path(VISITS)) / "_delta_log").glob("*.json"))


def test_before_anything_is_published(tmp_path: Path) -> None:
    empty = lake(tmp_path)
    assert empty.version(VISITS.name) is None
    with pytest.raises(NotPublished, match="has not been built yet; ingest data first"):
        empty.read(VISITS)
    assert empty.history(VISITS.name) == []


def test_an_empty_first_write_can_be_read(tmp_path: Path) -> None:
    made = lake(tmp_path)
    assert made.append(VISITS, arrow(), COMMIT).rows == 0
    assert made.read(VISITS).num_rows == 0
    assert made.read(VISITS).schema.names == list(VISITS.columns)


def test_append_adds(filled: Lake) -> None:
    published = filled.append(VISITS, arrow(visit("p4", 1)), COMMIT)
    assert (published.version, published.rows) == (1, 5)
    assert len(scores(filled)) == 5
    assert len(scores(filled, version=0)) == 4


def test_replace_everything(filled: Lake) -> None:
    filled.replace(VISITS, arrow(visit("p9", 1)), COMMIT)
    assert set(scores(filled)) == {"p9-1"}
    assert len(scores(filled, version=0)) == 4


def test_replace_the_rows_of_one_patient(filled: Lake) -> None:
    filled.replace(VISITS, arrow(visit("p1", 1, score=4)), COMMIT, ["p1"])
    assert scores(filled) == {"p1-1": 4, "p2-1": 1, "p3-1": 1}


def test_replace_with_nothing_takes_away(filled: Lake) -> None:
    filled.replace(VISITS, arrow(), COMMIT, ["p1", "p2"])
    assert set(scores(filled)) == {"p3-1"}


def test_rows_of_a_patient_who_was_not_named_are_refused_without_showing_them(filled: Lake) -> None:
    """The engine's own refusal prints rows."""
    with pytest.raises(store.WriteFailed, match="rows of 1 patients who were not named") as refused:
        filled.replace(VISITS, arrow(visit("p9", 1)), COMMIT, ["p1"])
    assert "Quexington" not in str(refused.value)
    assert len(scores(filled)) == 4


def test_replace_the_rows_of_nobody(filled: Lake) -> None:
    filled.replace(VISITS, arrow(), COMMIT, [])
    assert len(scores(filled)) == 4


def test_replace_the_rows_of_very_many_patients(filled: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one predicate can name: the whole table is written, the others' rows with it."""
    monkeypatch.setattr(store, "PREDICATE_LIMIT", 1)
    filled.replace(VISITS, arrow(visit("p1", 1, score=4), visit("p2", 1, score=3)), COMMIT, ["p1", "p2"])
    assert scores(filled) == {"p1-1": 4, "p2-1": 3, "p3-1": 1}


def test_many_patients_in_a_table_never_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PREDICATE_LIMIT", 1)
    made = lake(tmp_path)
    made.replace(VISITS, arrow(visit("p1", 1)), COMMIT, ["p1", "p2"])
    assert set(scores(made)) == {"p1-1"}


@pytest.mark.parametrize("key", ["p1' OR '1'='1", "p1'", "", "p 1"])
def test_a_patient_key_is_never_a_predicate(filled: Lake, key: str) -> None:
    with pytest.raises(ValueError, match="letters and digits"):
        filled.replace(VISITS, arrow(), COMMIT, [key])
    assert len(scores(filled)) == 4


def test_columns_and_filter(filled: Lake) -> None:
    found = filled.read(VISITS, columns=["row_id"], where=pc.field("patient_key") == "p2")
    assert found.to_pylist() == [{"row_id": "p2-1"}]


def test_what_a_dead_writer_left_is_never_read_and_is_undone_by_the_next(filled: Lake) -> None:
    filled.ledger.fails = True
    with pytest.raises(ConnectionError):
        filled.append(VISITS, arrow(visit("p4", 1)), COMMIT)
    filled.ledger.fails = False
    filled.ledger.held.clear()
    assert DeltaTable(filled.path(VISITS)).version() == 1
    assert len(scores(filled)) == 4
    filled.append(VISITS, arrow(visit("p4", 1)), COMMIT)
    assert len(scores(filled)) == 5
    assert len(scores(filled, version=0)) == 4


@pytest.mark.parametrize("how", ["append", "replace one", "replace all"])
def test_the_first_writer_died(tmp_path: Path, how: str) -> None:
    made = lake(tmp_path)
    made.ledger.fails = True
    with pytest.raises(ConnectionError):
        made.append(VISITS, arrow(visit("p1", 1), visit("p2", 1)), COMMIT)
    made.ledger.fails = False
    made.ledger.held.clear()
    again = arrow(visit("p1", 1))
    if how == "append":
        made.append(VISITS, again, COMMIT)
    else:
        made.replace(VISITS, again, COMMIT, ["p1"] if how == "replace one" else None)
    assert set(scores(made)) == {"p1-1"}


def test_a_version_that_was_not_published_is_not_read(filled: Lake) -> None:
    filled.append(VISITS, arrow(visit("p4", 1)), COMMIT)
    filled.ledger.published.pop()
    with pytest.raises(NotPublished, match="no published version 1"):
        filled.read(VISITS, version=1)


def test_an_emptied_commit_is_noticed(filled: Lake) -> None:
    """delta-rs reads such a table as if the rows had never been (governance.md M7)."""
    filled.append(VISITS, arrow(visit("p4", 1)), COMMIT)
    log(filled)[-1].write_bytes(b"")
    with pytest.raises(Damaged, match="not as it was published"):
        filled.read(VISITS)


def test_a_changed_byte_is_noticed(filled: Lake) -> None:
    """Most flipped bits come back as silently wrong data (governance.md M9)."""
    (path,) = files(filled)
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(Damaged, match=path.name):
        filled.read(VISITS)


def test_a_missing_file_is_named(filled: Lake) -> None:
    (path,) = files(filled)
    path.unlink()
    with pytest.raises(Damaged, match=path.name):
        filled.read(VISITS)


def test_the_manifest_holds_the_hash_of_every_file(filled: Lake) -> None:
    import hashlib

    published = filled.append(VISITS, arrow(visit("p4", 1)), COMMIT)
    assert {name: entry["sha256"] for name, entry in published.manifest.items()} == {
        f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files(filled)
    }
    assert len(published.manifest) == 2


def test_content_hashes_tell_versions_apart(filled: Lake) -> None:
    first = filled.ledger.latest(VISITS.name)
    second = filled.append(VISITS, arrow(visit("p4", 1)), COMMIT)
    assert first is not None
    assert first.content_hash != second.content_hash


def test_a_publication_says_what_it_was_made_from(filled: Lake) -> None:
    published = filled.ledger.latest(VISITS.name)
    assert (published.run_id, published.code_version, published.inputs) == ("run-1", "test", {})
    (entry,) = filled.history(VISITS.name)
    assert entry["run_id"] == "run-1"
    assert json.loads(entry["inputs"]) == {}


def test_the_delta_log_holds_surrogates_only(filled: Lake) -> None:
    filled.replace(VISITS, arrow(visit("p1", 1, name="Quexington", score=4)), COMMIT, ["p1"])
    filled.ledger.fails = True
    with pytest.raises(ConnectionError):
        filled.append(VISITS, arrow(visit("p5", 1)), COMMIT)
    filled.ledger.fails = False
    filled.append(VISITS, arrow(visit("p6", 1)), COMMIT)
    DeltaTable(filled.path(VISITS)).create_checkpoint()
    content = b"".join(p.read_bytes() for p in (Path(filled.path(VISITS)) / "_delta_log").iterdir())
    assert b"p1" in content
    for secret in (b"Quexington", b"MRN-00417", b"2025-01-0", b"clinic"):
        assert secret not in content


def test_rows_come_in_the_order_of_patients(filled: Lake) -> None:
    filled.replace(VISITS, arrow(visit("p3", 1), visit("p1", 2), visit("p1", 1)), COMMIT)
    assert filled.read(VISITS)["row_id"].to_pylist() == ["p1-1", "p1-2", "p3-1"]
