"""Anchors: what the log was at a moment, signed, in a file outside the database.

Whoever rules the database can rewrite every row and every hash. They cannot rewrite an anchor without its
key, nor one that was copied to another machine. An anchor is only taken over events that verify.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.utils import timezone

from tumorboard.audit import verifier
from tumorboard.audit.verifier import GENESIS, NOTHING, Anchor
from tumorboard.audit.verify import walk

TAIL = 65_536  # bytes from the end in which the last anchor stands


class Broken(RuntimeError):
    """The log, the anchors or the key do not fit: nothing is signed. `faults` says what was found."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults[:5]))
        self.faults = faults


def take() -> Anchor | None:
    """Verify what came since the last anchor and sign where the chains stand. None when nothing came."""
    folder = Path(settings.AUDIT_ANCHORS)
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder) as file:
        last, digest = _last(file)
        key = _key(folder, first=last is NOTHING)
        asked = walk(start=last)
        if faults := list(asked.faults()):
            raise Broken(faults)
        if asked.heads == last.heads:
            return None
        anchor = _signed(key, last.number + 1, asked.heads, digest)
        file.write(anchor.line().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return anchor


def last() -> Anchor | None:
    """The newest anchor, if there is any."""
    path = Path(settings.AUDIT_ANCHORS) / verifier.ANCHORS
    if not path.exists():
        return None
    with path.open("rb") as file:
        found, _ = _last(file)
    return found if found is not NOTHING else None


def _signed(key: Ed25519PrivateKey, number: int, heads: list[tuple[int, str]], previous: str) -> Anchor:
    at = timezone.now().isoformat(timespec="seconds")
    anchor = Anchor(number, at, heads, verifier.merkle_root(heads), previous)
    return replace(anchor, signature=key.sign(anchor.signed()).hex())


@contextmanager
def _locked(folder: Path) -> Iterator[IO[bytes]]:
    """The anchor file, for one process at a time."""
    with (folder / verifier.ANCHORS).open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _last(file: IO[bytes]) -> tuple[Anchor, str]:
    """The last whole anchor and the hash of its line. A line cut short by a crash was never taken."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - TAIL))
    tail = file.read()
    whole = tail[: tail.rfind(b"\n") + 1]
    if len(whole) < len(tail) and file.writable():
        file.truncate(size - len(tail) + len(whole))
    if not whole:
        return NOTHING, GENESIS
    line = whole.rstrip(b"\n").rpartition(b"\n")[2]
    return verifier.parsed(line.decode()), hashlib.sha256(line).hexdigest()


def _key(folder: Path, *, first: bool) -> Ed25519PrivateKey:
    """The signing key; made with the first anchor. Later it must be there, and fit the public one."""
    path = Path(settings.AUDIT_KEY)
    if not path.exists():
        if not first:
            raise Broken(
                [f"the key {path.name} is gone: restore it, or keep these anchors and begin a new folder"]
            )
        _make(path)
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise Broken([f"{path.name} is not an Ed25519 key"])
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    beside = folder / verifier.PUBLIC_KEY
    if not beside.exists():
        beside.write_bytes(public)
    if beside.read_bytes() != public:
        raise Broken([f"{path.name} is not the key of these anchors"])
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    private = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(private)
