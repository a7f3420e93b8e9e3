"""Opening outside files: nothing a sender does may stop the import without a word."""

from __future__ import annotations

import gzip

import pytest

from tests.unit.pipeline.sources.readings import written
from tumorboard.pipeline.sources import files
from tumorboard.pipeline.sources.files import (
    head_of,
    json_outline,
    parse_json,
    read_json,
    read_lines,
    read_text,
)
from tumorboard.pipeline.sources.reading import Rejected, Unreadable

BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def test_plain_and_gzip_read_alike(tmp_path):
    plain = written(tmp_path, "a.txt", "one\ntwo\n")
    packed = written(tmp_path, "a.txt.gz", gzip.compress(b"one\ntwo\n"))
    assert list(read_lines(plain)) == list(read_lines(packed)) == [(1, "one"), (2, "two")]


def test_gzip_is_found_by_content_not_by_name(tmp_path):
    assert read_text(written(tmp_path, "plain.txt", gzip.compress(b"text"))) == "text"
    assert read_text(written(tmp_path, "not.gz", b"text")) == "text"


@pytest.mark.parametrize("read", [read_text, read_json, head_of, lambda path: list(read_lines(path))])
def test_an_empty_file_is_refused_with_a_remedy(tmp_path, read):
    with pytest.raises(Unreadable, match="empty; ask the sender"):
        read(written(tmp_path, "empty.json", b""))


def test_a_gzip_file_cut_short_says_after_which_line(tmp_path):
    packed = gzip.compress(b"".join(b"line %d\n" % n for n in range(50_000)))
    lines = read_lines(written(tmp_path, "cut.gz", packed[: len(packed) // 2]))
    with pytest.raises(Unreadable, match=r"after line \d+: .*cut short"):
        list(lines)


def test_a_bgzip_file_without_its_end_block_is_refused(tmp_path):
    whole = BGZF_END + BGZF_END
    assert list(read_lines(written(tmp_path, "whole.vcf.gz", whole))) == []
    with pytest.raises(Unreadable, match="cut short"):
        head_of(written(tmp_path, "cut.vcf.gz", whole[:-4]))


def test_byte_order_mark_and_windows_line_ends_are_taken_off(tmp_path):
    path = written(tmp_path, "windows.txt", b"\xef\xbb\xbfone\r\ntwo\r\n")
    assert list(read_lines(path)) == [(1, "one"), (2, "two")]
    assert head_of(path).startswith(b"one")


def test_one_line_in_another_encoding_is_refused_and_the_next_is_read(tmp_path):
    path = written(tmp_path, "latin.txt", "gut\nM\xfcller\nauch gut\n".encode("latin-1"))
    first, second, third = read_lines(path)
    assert (first, third) == ((1, "gut"), (3, "auch gut"))
    assert isinstance(second, Rejected)
    assert second.locator == "line 2"
    assert "UTF-8" in second.reason
    assert "ller" not in second.reason


def test_utf_16_is_named(tmp_path):
    path = written(tmp_path, "utf16.txt", "text".encode("utf-16"))
    with pytest.raises(Unreadable, match="UTF-16; save it as UTF-8"):
        read_text(path)
    with pytest.raises(Unreadable, match="UTF-16"):
        list(read_lines(path))


def test_a_document_in_another_encoding_names_the_line(tmp_path):
    with pytest.raises(Unreadable, match=r"line 2: .*UTF-8"):
        read_text(written(tmp_path, "latin.txt", b"ok\n\xe4\n"))


def test_a_huge_line_is_refused_and_the_next_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_LINE_BYTES", 10)
    long, short = read_lines(written(tmp_path, "long.txt", b"x" * 35 + b"\nshort\n"))
    assert isinstance(long, Rejected)
    assert "longer than" in long.reason
    assert short == (2, "short")


def test_a_document_above_the_limit_is_refused(tmp_path):
    bomb = written(tmp_path, "bomb.json.gz", gzip.compress(b" " * 3_000_000))
    with pytest.raises(Unreadable, match="larger than 1 MB; split it"):
        read_text(bomb, limit=1_048_576)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1', "line 1, column 8: not valid JSON .*cut short"),
        ('{"a": 1, "a": 2}', "names the same field twice"),
        ('{"a": NaN}', "NaN is not a JSON value"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_bad_json_is_refused(text, message):
    with pytest.raises(Unreadable, match=message):
        parse_json(text)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(Unreadable, match="cannot be opened"):
        read_text(tmp_path / "absent")


@pytest.mark.parametrize(
    ("head", "shape", "fields"),
    [
        (b'{"a": 1, "b": {"c": 2}, "d": [{"e": 3}]}', "object", {"a", "b", "d"}),
        (b'[{"a": 1}, {"b": {"c": 2}}]', "array", {"a", "b"}),
        (b'{"a": "text \\" } with \\\\", "b": 1', "object", {"a", "b"}),
        (b'{"a": 1, "cut off he', "object", {"a"}),
        (b'{"value": "a:b", "x" : 1}', "object", {"value", "x"}),
        (b"plain text", "", set()),
        (b"", "", set()),
        (b"\xff\xfe", "", set()),
    ],
)
def test_outline_of_the_beginning_of_a_json_document(head, shape, fields):
    assert json_outline(head) == (shape, frozenset(fields))
