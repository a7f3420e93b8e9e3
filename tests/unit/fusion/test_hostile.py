"""Fifty model files made to run code, to lie or to break: none runs, each is refused in words."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tumorboard.fusion import saved, strategies
from tumorboard.fusion.benchmarks import published
from tumorboard.fusion.cohort import BadFeatures, from_long
from tumorboard.fusion.saved import UnreadableModel

RAN: list[str] = []


class Call:
    """Unpickling this would call `function`."""

    def __init__(self, function, *given):
        self.function, self.given = function, given

    def __reduce__(self):
        return self.function, self.given


CALLS = (
    Call(RAN.append, "append"),
    Call(os.system, "true"),
    Call(eval, "1"),
    Call(exec, "pass"),
    Call(__import__, "this_module_is_not_there"),
    Call(Path, "x"),
    Call(getattr, "x", "upper"),
    Call(open, os.devnull),
)


def object_array(call: Call) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([call, call], dtype=object), allow_pickle=True)
    return buffer.getvalue()


def plain_array(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def claiming(shape: str) -> bytes:
    """A header that promises more (or less) than there is."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


def marked(flags: int = 0, method: int = 0) -> bytes:
    """An archive whose entry says it is encrypted, or packed in a way nobody or somebody else reads."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("scale.npy", plain_array(np.arange(4.0)))
    raw = bytearray(buffer.getvalue())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = raw.find(signature) + at
        raw[start] |= flags
        raw[start + 2] = method
    return bytes(raw)


def changed(document: dict, path: str, value: object) -> bytes:
    document = json.loads(json.dumps(document))
    place = document
    *way, last = path.split(".")
    for step in way:
        place = place[step]
    place[last] = value
    return json.dumps(document).encode()


def hostile(document: dict, entry: str) -> list[tuple[str, bytes]]:
    """(file, content) to put in place of a good one; an entry of the archive is named by its path."""
    code = (
        "__import__('os').system('true')",
        "{{7*7}}",
        "$(true)",
        "!!python/object/apply:os.system ['true']",
    )
    arrays = [*(object_array(call) for call in CALLS), *(pickle.dumps(call) for call in CALLS)]
    wrong = [
        plain_array(np.array(["text"])),
        plain_array(np.array([1 + 2j])),
        plain_array(np.zeros(3, dtype=[("a", "f8")])),
        plain_array(np.zeros((2, 2, 2))),
        plain_array(np.array([np.nan, np.inf])),
        plain_array(np.array(["2020-01-01"], dtype="datetime64[D]")),
        b"",
        b"\x93NUMPY\x01\x00\xff\xff{'descr': '<f8'",
        b"\x93NUMPY\x01\x00\x10\x00{'descr': 'O'}  \n",
    ]
    wrong += [claiming("(10000000000000,)"), claiming("(10000000000000000000000,)"), claiming("(-4,)")]
    bodies = [
        b"",
        b"null",
        b"[]",
        b"0",
        b"{}",
        b"[" * 50_000,
        b"\xff\xfe\x00",
        b'{"format": 1}',
        b'{"format": NaN}',
        b'{"format": 1, "hash": "x", "state": {"a": NaN}}',
    ]
    bodies += [json.dumps({"format": 1, "hash": "", "state": {"$array": one}}).encode() for one in code]
    bodies += [changed(document, "format", 2), changed(document, "hash", "0" * 64)]
    bodies += [changed(document, "state.kind", one) for one in ("os.system", "__class__", ["linear"])]
    bodies += [changed(document, "state.method", one) for one in code]
    bodies += [changed(document, "state.experts", one) for one in (None, [], "x", {"../../etc": {}})]
    archives = [b"", b"PK\x03\x04", pickle.dumps(CALLS[0]), b"not an archive", b"PK\x05\x06" + bytes(18)]
    archives += [marked(flags=1), marked(method=1), marked(method=8), marked(method=12), marked(method=93)]
    return [
        *((entry, content) for content in [*arrays, *wrong]),
        *(("model.json", content) for content in bodies),
        *(("arrays.npz", content) for content in archives),
    ]


@pytest.fixture(scope="module")
def good(gold, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    strategies.save(strategies.STRATEGIES["late"].fit(from_long(*gold), seed=1).fusion, folder)
    return folder


def put(folder: Path, name: str, content: bytes) -> None:
    if name in ("model.json", "arrays.npz"):
        (folder / name).write_bytes(content)
        return
    with zipfile.ZipFile(folder / "arrays.npz") as old:
        kept = {entry: old.read(entry) for entry in old.namelist()}
    with zipfile.ZipFile(folder / "arrays.npz", "w") as new:
        for entry, held in {**kept, name: content}.items():
            new.writestr(entry, held)


def test_fifty_hostile_model_files_run_nothing_and_are_refused_in_words(good, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "system", RAN.append)
    document = json.loads((good / "model.json").read_text())
    cases = hostile(document, "scale.npy")
    assert len(cases) >= 50
    for number, (name, content) in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        for file in ("model.json", "arrays.npz"):
            (folder / file).write_bytes((good / file).read_bytes())
        put(folder, name, content)
        with pytest.raises(UnreadableModel) as refused:
            strategies.load(folder)
        assert len(str(refused.value).split()) >= 4, (number, name)
    assert not RAN


def test_a_model_with_a_right_hash_but_a_wrong_shape_is_refused(tmp_path):
    """Whoever writes the file can also write its hash: it must still not be believed."""
    for number, state in enumerate(
        [{"kind": "linear"}, {"kind": "os.system"}, {"kind": "linear", "bounds": [], "baseline": {}}, {}]
    ):
        saved.save(state, tmp_path / str(number))
        with pytest.raises(UnreadableModel):
            strategies.load(tmp_path / str(number))


@pytest.mark.parametrize("call", CALLS)
def test_published_pickles_are_read_as_numbers_only(tmp_path, call):
    path = tmp_path / "split_latest_val_0_results.pkl"
    path.write_bytes(pickle.dumps({"TCGA-AA-0001": {"risk": call}}))
    with pytest.raises(BadFeatures, match=r"only arrays of numbers|not a readable"):
        published.read_pickle(path)
    assert not RAN


def test_published_risks_come_out_of_result_pickles(tmp_path):
    folder = tmp_path / "tcga_blca_MCATsm_nll_surv_s1"
    folder.mkdir()
    found = {f"TCGA-AA-000{n}-01Z": {"risk": np.float64(n), "survival": np.array([1.0])} for n in range(3)}
    (folder / "split_latest_val_2_results.pkl").write_bytes(pickle.dumps(found))
    frame = published.read(tmp_path)
    assert list(frame["case_id"]) == ["TCGA-AA-0000", "TCGA-AA-0001", "TCGA-AA-0002"]
    assert set(frame["fold"]) == {2}
    assert list(frame["risk"]) == [0, 1, 2]


def test_a_csv_without_its_columns_is_refused(tmp_path):
    (tmp_path / "risks.csv").write_text("model,cancer\na,b\n")
    with pytest.raises(BadFeatures, match="fold, case_id, risk missing"):
        published.read(tmp_path / "risks.csv")
    with pytest.raises(BadFeatures, match="no result pickles"):
        published.read(tmp_path)
