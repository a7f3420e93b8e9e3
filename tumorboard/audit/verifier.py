"""Is the audit log what was written? A program of its own: copy this file, it needs psycopg and cryptography.

    python verifier.py --database postgresql://... --anchors FOLDER [--public-key FILE] [--from N]

It trusts neither the application nor the database: it reads the rows by plain SQL, one by one (a log of any
length in the same memory), spells each in canonical JSON itself, and walks the eight chains. An anchor
states, signed and outside the database, how long each chain was and with which hash it ended at a moment. So
found are: a changed field, a missing, added or swapped event, a chain cut at its end, rewritten with fitting
hashes, or set back to an older copy, and triggers that no longer guard the table. Events after the last
anchor are tied to each other only; the next anchor covers them.

`--from N` starts behind anchor N, which an earlier run has verified. Exit code 1 says that anything is wrong.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

import psycopg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

SHARDS = 8
GENESIS = "0" * 64
POSITION = ("shard_seq", "seq", "previous_hash", "hash")
AT_ONCE = 5000  # rows fetched in one step
FAULTS_KEPT = 1000
GUARDS = {"audit_refuse_change", "audit_refuse_truncate"}
GUARD_BODY = "BEGIN RAISE EXCEPTION 'the audit log is append-only: % refused', TG_OP; END"
Column = tuple[str, Any, Callable[[Any], str]]  # '"name":', its default, how its values are spelled
ANCHORS, PUBLIC_KEY = "anchors.jsonl", "public_key.pem"


def spelled(value: Any) -> str:
    return (
        value.astimezone(UTC).isoformat(timespec="microseconds")
        if isinstance(value, datetime)
        else str(value)
    )


canonical = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=spelled
).encode


# ---- anchors


@dataclass(frozen=True)
class Anchor:
    """One line of the anchor file: the chains' lengths and ends at a moment, signed."""

    number: int
    at: str
    heads: list[tuple[int, str]]  # of each chain: events, hash of the last
    root: str
    previous: str  # SHA-256 of the line before
    signature: str = ""

    def signed(self) -> bytes:
        told = {k: v for k, v in vars(self).items() if k != "signature"}
        return canonical(told).encode()

    def line(self) -> str:
        return canonical(vars(self))


NOTHING = Anchor(0, "the beginning", [(0, GENESIS)] * SHARDS, "", GENESIS)


def merkle_root(heads: list[tuple[int, str]]) -> str:
    """One hash over all heads (SHA-256; leaves and nodes marked apart, as in RFC 6962)."""
    level = [hashlib.sha256(b"\0" + canonical([i, *head]).encode()).digest() for i, head in enumerate(heads)]
    while len(level) > 1:
        level = [hashlib.sha256(b"\1" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=True)]
    return level[0].hex()


def parsed(line: str) -> Anchor:
    told = json.loads(line)
    return Anchor(**{**told, "heads": [(int(count), str(digest)) for count, digest in told["heads"]]})


def anchors(folder: Path | None) -> Iterator[tuple[str, Anchor]]:
    """Line by line; what cannot be read ends it (`anchor_faults` says so)."""
    file = folder / ANCHORS if folder else None
    if file is None or not file.exists():
        return
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield line, parsed(line)


def anchor_faults(folder: Path | None, key: Path | None) -> Iterator[str]:
    """The anchors are a chain of their own, so the last signature covers all before it."""
    previous, last = GENESIS, NOTHING
    try:
        for line, anchor in anchors(folder):
            if anchor.previous != previous or anchor.number != last.number + 1:
                yield f"anchor {anchor.number}: does not follow from anchor {last.number}"
            if anchor.root != merkle_root(anchor.heads):
                yield f"anchor {anchor.number}: its root does not fit its heads"
            previous, last = hashlib.sha256(line.rstrip("\n").encode()).hexdigest(), anchor
    except (ValueError, TypeError, KeyError):
        yield f"the anchors cannot be read after anchor {last.number}"
    if last is not NOTHING and folder and not _signed(last, key or folder / PUBLIC_KEY):
        yield f"anchor {last.number}: its signature is not by the key of the anchors"


def _signed(anchor: Anchor, key: Path) -> bool:
    public = load_pem_public_key(key.read_bytes())
    try:
        if isinstance(public, Ed25519PublicKey):
            public.verify(bytes.fromhex(anchor.signature), anchor.signed())
            return True
    except (InvalidSignature, ValueError):
        pass
    return False


# ---- chains


@dataclass
class Walk:
    """One verification: what it reached, and what it found."""

    connection: psycopg.Connection[Any]
    folder: Path | None = None
    start: Anchor = NOTHING
    heads: list[tuple[int, str]] = field(default_factory=list)
    events: int = 0

    def faults(self) -> Iterator[str]:
        """Chain by chain; `heads` and `events` stand when it has ended."""
        with self.connection.transaction():
            yield from self._stray()
            names, query = self._query()
            for shard in range(SHARDS):
                yield from self._chain(shard, names, query)

    def guards(self) -> Iterator[str]:
        """The triggers that refuse changes: there, enabled, and doing what they did."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE "
                "tgrelid = 'audit_auditevent'::regclass AND NOT tgisinternal AND tgenabled IN ('O', 'A')"
            )
            found = {
                name for name, body in cursor.fetchall() if " ".join(body.split()).rstrip(";") == GUARD_BODY
            }
        for name in sorted(GUARDS - found):
            yield f"the trigger {name} is missing, disabled or changed: the log is not protected"

    def _stray(self) -> Iterator[str]:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT seq FROM audit_auditevent WHERE shard < 0 OR shard >= %s", [SHARDS])
            yield from (f"event {seq}: stands in a chain that does not exist" for (seq,) in cursor.fetchall())

    def _query(self) -> tuple[list[Column], str]:
        """The columns, and the query for one chain; new columns need no new verifier."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attnum > 0 AND "
                "attrelid = 'audit_auditevent'::regclass AND NOT attisdropped ORDER BY attname COLLATE \"C\""
            )
            types = {name: kind for name, kind in cursor.fetchall() if name not in (*POSITION, "shard")}
        selected = ", ".join([*POSITION, *(_read(name, kind) for name, kind in types.items())])
        query = (
            f"SELECT {selected} FROM audit_auditevent WHERE shard = %s AND shard_seq >= %s ORDER BY shard_seq"  # noqa: S608
        )
        columns = [(f"{canonical(name)}:", _default(kind), _spelling(kind)) for name, kind in types.items()]
        return columns, query

    def _chain(self, shard: int, columns: list[Column], query: str) -> Iterator[str]:
        """Every event of one chain, from the start's head on (which must still be there)."""
        count, previous = self.start.heads[shard]
        expected, last_seq = max(count, 1), 0
        due = self._due(shard)
        wanted = next(due, None)
        with self.connection.cursor(name="audit_verifier", binary=True) as cursor:
            cursor.itersize = AT_ONCE
            cursor.execute(query, [shard, expected])
            for number, seq, before, digest, *values in cursor:
                where = f"chain {shard} event {number} (no. {seq})"
                if number > expected:
                    yield f"chain {shard}: events {expected} to {number - 1} are missing"
                elif number < expected:
                    yield f"{where}: stands there twice"
                elif number != count and before != previous:
                    yield f"{where}: does not follow from the event before"
                if seq <= last_seq:
                    yield f"{where}: is out of order"
                body = body_of(columns, values)
                if link(before, shard, number, seq, body) != digest:
                    yield f"{where}: its content was changed after it was written"
                while wanted and wanted[0] <= number:
                    if wanted[0] == number and wanted[1] != digest:
                        yield f"{where}: is not the one that anchor {wanted[2]} of {wanted[3]} signed"
                    wanted = next(due, None)
                expected, last_seq, previous = number + 1, seq, digest
                self.events += number != count
        if wanted:
            last = max([wanted, *due])
            signed = f"anchor {last[2]} of {last[3]} signed {last[0]}"
            yield f"chain {shard}: ends with event {expected - 1}; {signed}"
        self.heads.append((max(expected - 1, count), previous))

    def _due(self, shard: int) -> Iterator[tuple[int, str, int, str]]:
        """(events, hash, anchor, its time) that the anchors want of a chain, from the start on."""
        seen = 0
        for anchor in chain([self.start], (anchor for _, anchor in anchors(self.folder))):
            count, digest = anchor.heads[shard]
            if anchor.number >= self.start.number and count != seen:
                yield count, digest, anchor.number, anchor.at
                seen = count


def _read(name: str, kind: str) -> str:
    return f'"{name}"::text' if kind in ("jsonb", "uuid") else f'"{name}"'


def _default(kind: str) -> Any:
    """What a column of this type holds where nothing was recorded: left out of the hash."""
    if kind == "jsonb":
        return "{}"
    return [] if kind.endswith("[]") else "" if kind in ("text", "character varying") else None


def body_of(columns: list[Column], values: list[Any]) -> str:
    """The event as canonical JSON: the columns come sorted, so it is put together field by field."""
    pairs = zip(columns, values, strict=True)
    return "{" + ",".join([key + spell(v) for (key, empty, spell), v in pairs if v != empty]) + "}"


def _spelling(kind: str) -> Callable[[Any], str]:
    """How values of this type are written, each the quick way: a long log is read that much sooner."""
    known = {
        "bigint": str,
        "smallint": str,
        "jsonb": lambda value: canonical(json.loads(value)),
        "text[]": lambda values: f"[{','.join(map(encode_basestring, values))}]",
        "timestamp with time zone": lambda value: f'"{spelled(value)}"',
        **dict.fromkeys(("text", "character varying", "uuid"), encode_basestring),
    }
    quick = known.get(kind, canonical)

    def spell(value: Any) -> str:
        try:
            return quick(value)
        except TypeError:  # NULL where the application never writes it
            return canonical(value)

    return spell


def link(previous: str, shard: int, number: int, seq: int, body: str) -> str:
    return hashlib.sha256(f"{previous}/{shard}/{number}/{seq}/{body}".encode()).hexdigest()


def at(folder: Path | None, number: int) -> Anchor:
    """The anchor with this number."""
    for _, anchor in anchors(folder):
        if anchor.number == number:
            return anchor
    if number:
        raise SystemExit(f"error: there is no anchor {number}")
    return NOTHING


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Verify the audit log from outside.")
    parser.add_argument("--database", required=True, help="postgresql://user:password@host:port/name")
    parser.add_argument("--anchors", type=Path, help="folder with a copy of the anchors")
    parser.add_argument("--public-key", type=Path, help="the anchors' public key, kept elsewhere")
    parser.add_argument("--from", dest="start", type=int, default=0, help="anchor that was verified before")
    chosen = parser.parse_args(arguments)
    with psycopg.connect(chosen.database) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        walk = Walk(connection, chosen.anchors, at(chosen.anchors, chosen.start))
        return report(walk, chosen.public_key, sys.stdout.write)


def report(walk: Walk, key: Path | None, say: Any) -> int:
    """Every fault in a line of its own; 1 if there is any."""
    found = 0
    for source in (anchor_faults(walk.folder, key), walk.guards(), walk.faults()):
        for fault in source:
            found += 1
            if found <= FAULTS_KEPT:
                say(f"{fault}\n")
    last = deque((anchor for _, anchor in anchors(walk.folder)), maxlen=1)
    verdict = f"{found} faults" if found else "intact"
    say(f"{verdict}; {walk.events} events read; last anchor {last[0].number if last else 0}\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
