from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

from tests.unit.pipeline.sources.readings import everything, kinds, notices, rejected, rows, written
from tumorboard.pipeline.sources.bgen import Bgen, probabilities
from tumorboard.pipeline.sources.reading import Subject, Unreadable
from tumorboard.pipeline.sources.vcf import Vcf


def text(value, size="<H"):
    return struct.pack(size, len(value)) + value.encode()


def block(values=(255, 0, 0, 255), samples=2, bits=8, ploidy=(2, 2), phased=0, alleles=2):
    least, most = min(p & 63 for p in ploidy), max(p & 63 for p in ploidy)
    return (
        struct.pack("<IHBB", samples, alleles, least, most)
        + bytes(ploidy)
        + bytes([phased, bits])
        + bytes(values)
    )


def variant(data, compression=1):
    stored = struct.pack("<I", len(data)) + zlib.compress(data) if compression else data
    return (
        text("v1") + text("rs1") + text("7") + struct.pack("<IH", 100, 2) + text("A", "<I") + text("G", "<I")
        + struct.pack("<I", len(stored)) + stored
    )  # fmt: skip


def bgen(*variants, ids=("SP-1", "SP-2"), layout=2, compression=1, count=None):
    names = b"".join(text(name) for name in ids)
    sample_block = struct.pack("<II", 8 + len(names), len(ids)) + names if ids else b""
    flags = compression | layout << 2 | (1 << 31 if ids else 0)
    header = struct.pack("<III4sI", 20, count or len(variants), 2, b"bgen", flags)
    return struct.pack("<I", len(header) + len(sample_block)) + header + sample_block + b"".join(variants)


@pytest.mark.parametrize("compression", [0, 1])
def test_samples_and_variants(tmp_path, compression):
    content = bgen(variant(block(), compression), compression=compression)
    path = written(tmp_path, "a.bgen", content)
    assert Bgen().recognises(path, content)
    first, second, row = everything(Bgen(), path)
    assert (first.locator, first.subject) == ("sample 1", Subject("specimen", "SP-1"))
    assert second.payload == {"id": "SP-2", "index": 1}
    assert (row.locator, row.kind, row.subject) == ("variant 1", "variant", None)
    assert (row.payload["chrom"], row.payload["pos"], row.payload["alleles"]) == ("7", 100, ["A", "G"])
    assert probabilities(row.payload).tolist() == [[1, 0, 0], [0, 1, 0]]


def test_missing_samples_are_not_numbers(tmp_path):
    content = bgen(variant(block(ploidy=(0x82, 2))))
    row = rows(Bgen(), written(tmp_path, "a.bgen", content), "variant")[0]
    assert row.payload["missing"] == [0]
    assert np.isnan(probabilities(row.payload)[0]).all()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (block(samples=3, ploidy=(2, 2, 2)), "another number of samples"),
        (block(ploidy=(1, 2)), "different ploidy"),
        (block(bits=7), "7 bits are not read"),
        (block(values=(1,)), ""),
        (b"", ""),
    ],
)
def test_a_bad_variant_is_refused_and_the_next_read(tmp_path, data, message):
    path = written(tmp_path, "a.bgen", bgen(variant(data), variant(block())))
    [refused] = rejected(Bgen(), path)
    assert refused.locator == "variant 1"
    assert message in refused.reason
    assert [row.locator for row in rows(Bgen(), path, "variant")] == ["variant 2"]


@pytest.mark.parametrize("keep", [10, 22, 40, 60, -1])
def test_a_cut_file_is_refused(tmp_path, keep):
    with pytest.raises(Unreadable, match="cut short"):
        everything(Bgen(), written(tmp_path, "a.bgen", bgen(variant(block()))[:keep]))


@pytest.mark.parametrize(("change", "message"), [({"layout": 1}, "layout 2"), ({"compression": 2}, "zstd")])
def test_other_kinds_are_named(tmp_path, change, message):
    with pytest.raises(Unreadable, match=message):
        everything(Bgen(), written(tmp_path, "a.bgen", bgen(variant(block()), **change)))


def test_an_inflating_block_is_not_followed_beyond_its_stated_size(tmp_path):
    stored = struct.pack("<I", 16) + zlib.compress(bytes(10_000_000))
    hostile = variant(block()).partition(struct.pack("<I", 1) + b"G")[0] + struct.pack("<I", 1) + b"G"
    path = written(tmp_path, "a.bgen", bgen(hostile + struct.pack("<I", len(stored)) + stored))
    assert len(rejected(Bgen(), path)) == 1


@pytest.mark.parametrize(("name", "samples", "variants"), [("example", 500, 199), ("phased", 2504, 1)])
def test_public_files_equal_their_vcf(shared_data, name, samples, variants):
    folder = shared_data / "genomics/glow_bgen"
    vcf = folder / f"{name}.8bits.vcf"
    vcf = vcf if vcf.exists() else vcf.with_name(vcf.name + ".gz")
    received = rows(Vcf(), vcf, "variant")
    found = rows(Bgen(), folder / f"{name}.8bits.bgen", "variant")
    assert (len(found), len(received)) == (variants, variants * samples)
    for index, row in enumerate(found):
        here = received[index * samples : (index + 1) * samples]
        stated = np.array([_numbers(other.payload["format"]["GP"]) for other in here])
        assert row.payload["pos"] == here[0].payload["pos"]
        assert row.payload["alleles"] == [here[0].payload["ref"], here[0].payload["alt"]]
        np.testing.assert_allclose(probabilities(row.payload), stated, atol=1e-4)


def _numbers(cell):
    return [float("nan") if part == "." else float(part) for part in cell.split(",")]


def test_stored_ids_and_missing_ids(shared_data):
    folder = shared_data / "genomics/glow_bgen"
    assert kinds(Bgen(), folder / "example.8bits.bgen") == {"sample": 500, "variant": 199}
    assert "stores no sample ids" in notices(Bgen(), folder / "phased.8bits.bgen")[0].message
