"""Files as received, by content."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from tumorboard.lake import volume
from tumorboard.lake.volume import Changed, Volume


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "SYN-0417 Smith.txt"
    path.write_bytes(b"as received")
    return path


@pytest.fixture
def kept(tmp_path: Path) -> Volume:
    return Volume(tmp_path / "volumes" / "landing")


def test_a_file_is_kept_as_it_was_under_a_name_that_says_nothing(kept: Volume, source: Path) -> None:
    target = kept.keep(source, sha(source), sha)
    assert target == kept.path(sha(source))
    assert target.read_bytes() == b"as received"
    assert "Smith" not in str(target)


def test_only_its_owner_may_read_it(kept: Volume, source: Path) -> None:
    target = kept.keep(source, sha(source), sha)
    assert target.stat().st_mode & 0o777 == 0o600
    assert target.parent.stat().st_mode & 0o777 == 0o700
    assert kept.root.stat().st_mode & 0o777 == 0o700


def test_the_same_content_is_kept_once(kept: Volume, source: Path) -> None:
    first = kept.keep(source, sha(source), sha)
    written = first.stat().st_mtime_ns
    assert kept.keep(source, sha(source), sha).stat().st_mtime_ns == written


def test_a_copy_cut_short_never_takes_the_name(
    kept: Volume, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(read: object, written: object) -> None:
        written.write(b"as re")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(volume.shutil, "copyfileobj", cut)
        with pytest.raises(OSError, match="No space left"):
            kept.keep(source, sha(source), sha)
    assert not kept.path(sha(source)).exists()
    assert kept.keep(source, sha(source), sha).read_bytes() == b"as received"


def test_a_file_that_changes_while_it_is_read_is_refused(kept: Volume, source: Path) -> None:
    before = sha(source)
    source.write_bytes(b"as received, and more")
    with pytest.raises(Changed) as refused:
        kept.keep(source, before, sha)
    assert "send it again" in refused.value.strerror
    assert not list(kept.root.rglob("*.*"))
    assert shutil.disk_usage(kept.root)
