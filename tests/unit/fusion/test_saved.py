from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tumorboard.fusion import saved
from tumorboard.fusion.model import Model
from tumorboard.fusion.saved import UnreadableModel
from tumorboard.fusion.scoring import score

from .simulated import of_patient

FILES = ("model.json", "arrays.npz")
EXPLODED: list[str] = []


class Bomb:
    """Unpickling this would be seen."""

    def __reduce__(self):
        return EXPLODED.append, ("executed",)


@pytest.fixture
def folder(model, tmp_path) -> Path:
    saved.save(model.state(), tmp_path / "model")
    return tmp_path / "model"


def npy(array: np.ndarray, **how) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **how)
    return buffer.getvalue()


def rewrite(folder: Path, name: str, content: bytes) -> None:
    """Replace one array inside the archive."""
    with zipfile.ZipFile(folder / "arrays.npz") as old:
        entries = {entry: old.read(entry) for entry in old.namelist()}
    with zipfile.ZipFile(folder / "arrays.npz", "w") as new:
        for entry, kept in {**entries, name: content}.items():
            new.writestr(entry, kept)


def test_same_model_same_bytes(model, tmp_path):
    first, second = tmp_path / "1", tmp_path / "2"
    saved.save(model.state(), first)
    saved.save(Model.from_state(saved.load(first)).state(), second)
    for name in FILES:
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_loaded_model_scores_the_same(model, folder, gold):
    loaded = Model.from_state(saved.load(folder))
    assert loaded.version == model.version
    rows = of_patient(gold[0], "patient-0003")
    assert score(loaded, rows) == score(model, rows)


def test_the_version_follows_every_number(model):
    state = model.state()
    state["fusion"]["scale"] = state["fusion"]["scale"] + 1e-12
    assert saved.content_hash(state) != saved.content_hash(model.state())


def test_the_files_hold_no_patient(folder):
    assert all(b"patient-0" not in (folder / name).read_bytes() for name in FILES)


def test_a_changed_array_is_refused(folder, model):
    rewrite(folder, "fusion.scale.npy", npy(model.fusion.scale * 2))
    with pytest.raises(UnreadableModel, match="does not match its hash"):
        saved.load(folder)


def test_changed_words_are_refused(folder):
    document = json.loads((folder / "model.json").read_text())
    document["state"]["cohort"]["name"] = "another cohort"
    (folder / "model.json").write_text(json.dumps(document))
    with pytest.raises(UnreadableModel, match="does not match its hash"):
        saved.load(folder)


def test_pickles_are_never_opened(folder):
    hostile = npy(np.array([Bomb()], dtype=object), allow_pickle=True)
    rewrite(folder, "fusion.scale.npy", hostile)
    with pytest.raises(UnreadableModel):
        saved.load(folder)
    (folder / "arrays.npz").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(UnreadableModel):
        saved.load(folder)
    assert not EXPLODED


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.json", b""),
        ("model.json", b"not json"),
        ("model.json", b"[]"),
        ("model.json", b"[" * 100_000),
        ("model.json", b'{"format": 99}'),
        ("model.json", b'{"format": 1, "hash": "", "state": {"x": {"$array": "nowhere"}}}'),
        ("arrays.npz", b""),
        ("arrays.npz", b"PK\x03\x04 cut short"),
    ],
)
def test_broken_files_are_refused_as_unreadable(folder, name, content):
    (folder / name).write_bytes(content)
    with pytest.raises(UnreadableModel):
        saved.load(folder)


def test_words_in_arrays_are_refused(folder):
    rewrite(folder, "fusion.scale.npy", npy(np.array(["text"])))
    with pytest.raises(UnreadableModel, match="only arrays of numbers"):
        saved.load(folder)


def test_an_archive_that_would_unpack_too_large_is_refused(folder, monkeypatch):
    monkeypatch.setattr(saved, "LARGEST", 100)
    with pytest.raises(UnreadableModel, match="of arrays"):
        saved.load(folder)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(UnreadableModel):
        saved.load(tmp_path / "nothing")
