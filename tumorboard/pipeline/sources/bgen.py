"""BGEN 1.2 (layout 2): genotype probabilities of many samples per variant, uncompressed or zlib.

Format: www.well.ox.ac.uk/~gav/bgen_format. One `sample` row per stored sample id and one `variant` row per
variant. The probabilities stay packed as stored; `probabilities` opens them.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tumorboard.pipeline.sources.files import open_bytes
from tumorboard.pipeline.sources.reading import Notice, Reading, Rejected, SourceRow, Unreadable
from tumorboard.pipeline.sources.subjects import SPECIMEN, subject

_MAGIC = (b"bgen", b"\0\0\0\0")
_LAYOUT_2 = 2
_NO_COMPRESSION, _ZLIB = 0, 1
_MISSING_BIT, _PLOIDY_BITS = 0x80, 0x3F
_STORED: dict[int, np.dtype[Any]] = {bits: np.dtype(f"<u{bits // 8}") for bits in (8, 16, 32)}
_MAX_BLOCK = 256 * 1024 * 1024


class Bgen:
    """Reader of BGEN."""

    name = "bgen"
    version = "1.0"

    def recognises(self, path: Path, head: bytes) -> bool:
        if len(head) < 24 or head[16:20] not in _MAGIC:
            return False
        offset, header_length = struct.unpack("<II", head[:8])
        return 20 <= header_length <= offset and (head[16:20] == b"bgen" or path.suffix == ".bgen")

    def read(self, path: Path) -> Iterator[Reading]:
        with open_bytes(path) as file:
            header = _header(file)
            yield from _samples(file, header)
            _skip_to_variants(file, header)
            for number in range(1, header.variants + 1):
                yield from _variant(file, header, number)
            if file.read(1):
                yield Notice("end of file", "the file goes on after its last variant; the rest is not read")


@dataclass(frozen=True)
class Header:
    """`first_variant` is counted in bytes from the start of the file."""

    first_variant: int
    length: int
    variants: int
    samples: int
    compression: int
    with_ids: bool


def _header(file: IO[bytes]) -> Header:
    offset, length, variants, samples = struct.unpack("<IIII", _take(file, 16, "header"))
    rest = _take(file, length - 12 if 20 <= length <= offset else 0, "header")
    if rest[:4] not in _MAGIC:
        raise Unreadable("the header is not one of BGEN", "header")
    flags = struct.unpack("<I", rest[-4:])[0]
    layout, compression = flags >> 2 & 0xF, flags & 0x3
    if layout != _LAYOUT_2:
        raise Unreadable(
            "only layout 2 (BGEN 1.2) is read; convert the file (qctool -ofiletype bgen_v1.2)", "header"
        )
    if compression not in (_NO_COMPRESSION, _ZLIB):
        raise Unreadable("zstd compression is not read; write the file with zlib", "header")
    return Header(offset + 4, length, variants, samples, compression, bool(flags >> 31))


def _take(file: IO[bytes], count: int, place: str) -> bytes:
    """Exactly `count` bytes; a file that ends before is refused."""
    data = file.read(count)
    if len(data) != count:
        raise Unreadable("the file is cut short; ask for it again", place)
    return data


def _samples(file: IO[bytes], header: Header) -> Iterator[Reading]:
    if not header.with_ids:
        yield Notice("header", "the file stores no sample ids; its variants cannot be assigned to anybody")
        return
    _, count = struct.unpack("<II", _take(file, 8, "sample block"))
    if count != header.samples:
        raise Unreadable("the sample block does not have as many ids as the header says", "sample block")
    for index in range(1, count + 1):
        name = _text(file, "<H", f"sample {index}")
        yield SourceRow(
            f"sample {index}", "sample", {"id": name, "index": index - 1}, subject(SPECIMEN, name)
        )


def _skip_to_variants(file: IO[bytes], header: Header) -> None:
    remaining = header.first_variant - file.tell()
    if remaining < 0:
        raise Unreadable("the sample block is longer than the header says", "sample block")
    _take(file, remaining, "sample block")


def _text(file: IO[bytes], length_format: str, place: str) -> str:
    length = struct.unpack(length_format, _take(file, struct.calcsize(length_format), place))[0]
    if length > _MAX_BLOCK:
        raise Unreadable("a text has an impossible length; the file is damaged", place)
    return _take(file, length, place).decode("utf-8", "replace")


def _variant(file: IO[bytes], header: Header, number: int) -> Iterator[Reading]:
    place = f"variant {number}"
    identity, rsid, chromosome = (_text(file, "<H", place) for _ in range(3))
    position, allele_count = struct.unpack("<IH", _take(file, 6, place))
    alleles = [_text(file, "<I", place) for _ in range(allele_count)]
    block = _block(file, header, place)
    try:
        payload = {"chrom": chromosome, "pos": position, "id": identity, "rsid": rsid, "alleles": alleles}
        yield SourceRow(place, "variant", payload | _genotypes(block, header.samples, allele_count))
    except (ValueError, struct.error, zlib.error) as error:
        yield Rejected(place, str(error) if type(error) is ValueError else "the probabilities are damaged")


def _block(file: IO[bytes], header: Header, place: str) -> tuple[bytes, int | None]:
    """The stored probabilities, and their size after inflating where they are compressed."""
    length = struct.unpack("<I", _take(file, 4, place))[0]
    if length > _MAX_BLOCK:
        raise Unreadable("a block has an impossible length; the file is damaged", place)
    if header.compression == _NO_COMPRESSION:
        return _take(file, length, place), None
    size = struct.unpack("<I", _take(file, 4, place))[0]
    return _take(file, length - 4, place), size


def _genotypes(block: tuple[bytes, int | None], samples: int, alleles: int) -> dict[str, Any]:
    """The probability block of layout 2. Raises ValueError where it is of a kind that is not read."""
    data = _inflated(*block)
    count, stored_alleles, least, most = struct.unpack("<IHBB", data[:8])
    if (count, stored_alleles) != (samples, alleles):
        raise ValueError("the block is for another number of samples or alleles")
    if least != most:
        raise ValueError("samples of different ploidy in one variant are not read")
    flags = np.frombuffer(data, np.uint8, samples, 8)
    phased, bits = data[8 + samples], data[9 + samples]
    if bits not in _STORED:
        raise ValueError(f"probabilities of {bits} bits are not read; write them with 8 bits")
    width = most * (alleles - 1) if phased else comb(most + alleles - 1, alleles - 1) - 1
    stored = np.frombuffer(data, _STORED[bits], samples * width, 10 + samples)
    missing = np.flatnonzero(flags & _MISSING_BIT)
    return {
        "phased": bool(phased),
        "ploidy": int(most),
        "bits": int(bits),
        "samples": samples,
        "missing": [int(index) for index in missing],
        "width": int(width),
        "packed": base64.b64encode(zlib.compress(stored.tobytes())).decode("ascii"),
    }


def _inflated(data: bytes, size: int | None) -> bytes:
    if size is None:
        return data
    if size > _MAX_BLOCK:
        raise ValueError("the block is too large when inflated")
    inflated = zlib.decompressobj().decompress(data, size or 1)
    if len(inflated) != size:
        raise ValueError("the block does not have the size it states")
    return inflated


def probabilities(payload: dict[str, Any]) -> NDArray[np.float64]:
    """The probabilities of a `variant` row: one row per sample, one column per genotype, NaN where missing.

    Unphased: genotypes in the order of VCF's GP. Phased: for each haplotype the alleles in order.
    """
    stored = np.frombuffer(zlib.decompress(base64.b64decode(payload["packed"])), _STORED[payload["bits"]])
    groups = payload["ploidy"] if payload["phased"] else 1
    known = stored.reshape(payload["samples"], groups, -1) / (2 ** payload["bits"] - 1)
    last = 1 - known.sum(axis=2, keepdims=True)
    full: NDArray[np.float64] = np.concatenate([known, last], axis=2).reshape(payload["samples"], -1)
    full[payload["missing"]] = np.nan
    return full
