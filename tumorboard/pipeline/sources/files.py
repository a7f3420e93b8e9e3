"""Opening outside files safely: gzip by content, size limits, encodings, and errors that say what to do."""

from __future__ import annotations

import gzip
import json
import math
import re
import zlib
from collections.abc import Iterator
from functools import lru_cache
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, cast

from tumorboard.pipeline.sources.reading import Rejected, Unreadable

HEAD_BYTES = 64 * 1024
MAX_DOCUMENT_BYTES = 512 * 1024 * 1024  # a JSON, XML or YAML document is held in memory as a whole
MAX_LINE_BYTES = 16 * 1024 * 1024  # a VCF line of 500 000 samples still fits

_GZIP = b"\x1f\x8b"
_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
# SAM/BAM specification, section 4.1.2: a complete BGZF file ends with this empty block.
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_CUT_SHORT = "the compressed file is damaged or cut short; ask for it again"


def open_bytes(path: Path) -> IO[bytes]:
    """Open a plain or gzip-compressed file. Raises `Unreadable` where there is nothing to read."""
    try:
        handle = path.open("rb")
    except OSError as error:
        raise Unreadable(f"the file cannot be opened ({error.strerror})") from error
    start = handle.peek(18)[:18]
    if not start:
        handle.close()
        raise Unreadable("the file is empty; ask the sender for it again")
    if not start.startswith(_GZIP):
        return handle
    _check_bgzf_end(handle, start)
    return cast(IO[bytes], gzip.GzipFile(fileobj=handle, mode="rb"))


def _check_bgzf_end(handle: BufferedReader, start: bytes) -> None:
    """Refuse a bgzip file without its end mark: cut between two blocks it would read as complete."""
    if start[12:14] != b"BC":
        return
    handle.seek(0, 2)
    handle.seek(max(0, handle.tell() - len(_BGZF_END)))
    complete = handle.read() == _BGZF_END
    handle.seek(0)
    if not complete:
        raise Unreadable(_CUT_SHORT, "end of file")


def head_of(path: Path) -> bytes:
    """The first 64 kB of a file, gunzipped, without a byte order mark."""
    with open_bytes(path) as handle:
        try:
            return handle.read(HEAD_BYTES).removeprefix(_UTF8_BOM)
        except (EOFError, OSError, zlib.error) as error:
            raise Unreadable(_CUT_SHORT) from error


def read_bytes(path: Path, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """The whole file, gunzipped. Raises `Unreadable` above `limit` bytes."""
    with open_bytes(path) as handle:
        try:
            content = handle.read(limit + 1)
        except (EOFError, OSError, zlib.error) as error:
            raise Unreadable(_CUT_SHORT) from error
    if len(content) > limit:
        raise Unreadable(f"the document is larger than {limit // 1024**2} MB; split it")
    return content


def read_text(path: Path, limit: int = MAX_DOCUMENT_BYTES) -> str:
    """The whole file as text. Line ends stay as received, so that character spans hold."""
    return decode(read_bytes(path, limit))


def decode(content: bytes) -> str:
    """UTF-8, with or without byte order mark. Other encodings are refused: guessing would change letters."""
    if content.startswith(_UTF16_BOMS):
        raise Unreadable("the text is UTF-16; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable("the text is not valid UTF-8; save it as UTF-8", f"line {line}") from error


def read_json(path: Path) -> Any:
    """The file as a JSON value. A field given twice is refused, since one of the two would be lost unseen."""
    return parse_json(read_text(path))


def parse_json(text: str) -> Any:
    """Parse strict JSON (no NaN, no repeated field). Raises `Unreadable` with the line."""
    try:
        return json.loads(
            text, object_pairs_hook=_unique_fields, parse_constant=_no_constant, parse_float=_finite
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Unreadable(f"not valid JSON ({error.msg}); it may be cut short", place) from error
    except ValueError as error:
        raise Unreadable("a number in the JSON is too large to be one") from error
    except RecursionError as error:
        raise Unreadable("the JSON is nested too deeply to be a clinical document") from error


def _unique_fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Unreadable("a JSON object names the same field twice; the sender must correct it")
    return fields


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ValueError
    return value


def _no_constant(name: str) -> None:
    raise Unreadable(f"{name} is not a JSON value; the sender must write null or leave the field out")


def read_lines(path: Path) -> Iterator[tuple[int, str] | Rejected]:
    """Number (from 1) and text of each line without its end; unreadable lines come as `Rejected`."""
    number = 0
    with open_bytes(path) as handle:
        try:
            while raw := handle.readline(MAX_LINE_BYTES + 1):
                number += 1
                yield _line(number, raw)
                if len(raw) > MAX_LINE_BYTES:
                    _skip_to_line_end(handle)
        except (EOFError, OSError, zlib.error) as error:
            raise Unreadable(_CUT_SHORT, f"after line {number}") from error


def _skip_to_line_end(handle: IO[bytes]) -> None:
    while (rest := handle.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
        pass


def _line(number: int, raw: bytes) -> tuple[int, str] | Rejected:
    if len(raw) > MAX_LINE_BYTES:
        return Rejected(f"line {number}", f"the line is longer than {MAX_LINE_BYTES // 1024**2} MB")
    if number == 1:
        if raw.startswith(_UTF16_BOMS):
            raise Unreadable("the text is UTF-16; save it as UTF-8", "line 1")
        raw = raw.removeprefix(_UTF8_BOM)
    try:
        return number, raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        return Rejected(f"line {number}", "not valid UTF-8; save the file as UTF-8")


@lru_cache(maxsize=4)
def json_outline(head: bytes) -> tuple[str, frozenset[str]]:
    """Shape of a JSON document from its beginning: "object", "array" or "", and its top-level field names.

    For an array these are the field names of its first elements. Works on a document that is cut off.
    """
    text = head.decode("utf-8", "replace").lstrip()
    shape = {"{": "object", "[": "array"}.get(text[:1], "")
    if not shape:
        return "", frozenset()
    return shape, frozenset(_fields_at(text, depth=1 if shape == "object" else 2))


def _fields_at(text: str, depth: int) -> Iterator[str]:
    level = position = 0
    while position < len(text):
        character = text[position]
        if character in "{[":
            level += 1
        elif character in "}]":
            level -= 1
        elif character == '"':
            end = _string_end(text, position)
            if level == depth and text[end + 1 : end + 20].lstrip().startswith(":"):
                yield text[position + 1 : end]
            position = end
        position += 1


def _string_end(text: str, start: int) -> int:
    match = _STRING.match(text, start)
    return match.end() - 1 if match else len(text)
