"""A model as two files: `model.json` for names and single numbers, `arrays.npz` for arrays.

Nothing is ever unpickled. The version of a model is the hash of its content; a folder whose content does
not match its version is refused.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

FORMAT = 1
LARGEST = 256 * 1024 * 1024  # bytes of arrays, unpacked
KINDS = ("f", "i", "b")
ARRAY = "$array"
# What the readers of zip, npy and JSON raise on hostile bytes: an encrypted entry is a RuntimeError, a header
# that claims more than the machine has a MemoryError or an OverflowError.
BROKEN = (
    OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, RuntimeError, MemoryError,
    OverflowError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip

State = Mapping[str, Any]


class UnreadableModel(ValueError):
    """The folder does not hold a model that can be trusted; the message says why."""


def content_hash(state: State) -> str:
    """SHA-256 over the JSON part and the bytes, type and shape of every array."""
    plain, arrays = _split(state)
    digest = hashlib.sha256(_json(plain))
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def save(state: State, folder: Path) -> str:
    """Write `state` into `folder` (made if needed) and return its content hash. Same state, same bytes."""
    plain, arrays = _split(state)
    digest = content_hash(state)
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "arrays.npz", "w") as archive:  # fixed dates: np.savez promises none
        for name in sorted(arrays):
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w") as entry:
                np.lib.format.write_array(entry, np.ascontiguousarray(arrays[name]), allow_pickle=False)
    (folder / "model.json").write_bytes(_json({"format": FORMAT, "hash": digest, "state": plain}))
    return digest


def load(folder: Path) -> dict[str, Any]:
    """The state saved in `folder`, checked against its hash; raises UnreadableModel for anything else."""
    try:
        document = json.loads((folder / "model.json").read_bytes())
        arrays = _read_arrays(folder / "arrays.npz")
        if document["format"] != FORMAT:
            raise UnreadableModel(
                f"model format {document['format']!r} is not {FORMAT}: train the model again"
            )
        state: dict[str, Any] = _join(document["state"], arrays)
        genuine = isinstance(state, dict) and content_hash(state) == document["hash"]
    except UnreadableModel:
        raise
    except BROKEN as error:
        raise UnreadableModel(f"not a readable model folder ({type(error).__name__}): {error}") from error
    if not genuine:
        raise UnreadableModel("the content does not match its hash: the folder was changed after training")
    return state


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
            raise UnreadableModel(f"more than {LARGEST // 2**20} MB of arrays")
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype.kind not in KINDS:
            raise UnreadableModel(f"{name}: only arrays of numbers are allowed")
    return arrays


def _split(state: State) -> tuple[Any, dict[str, np.ndarray]]:
    """`state` with each array replaced by a marker, and the arrays by their path."""
    arrays = dict(_arrays(state, ""))
    return _marked(state, ""), arrays


def _arrays(value: Any, path: str) -> Iterator[tuple[str, np.ndarray]]:
    if isinstance(value, np.ndarray):
        yield path, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _arrays(inner, f"{path}.{name}" if path else name)


def _marked(value: Any, path: str) -> Any:
    if isinstance(value, np.ndarray):
        return {ARRAY: path}
    if isinstance(value, Mapping):
        return {name: _marked(inner, f"{path}.{name}" if path else name) for name, inner in value.items()}
    return value


def _join(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if not isinstance(value, dict):
        return value
    if set(value) == {ARRAY}:
        return arrays[value[ARRAY]]
    return {name: _join(inner, arrays) for name, inner in value.items()}


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
