"""What is installed, and what must never be committed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.repository.code import ROOT, texts, tracked

REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))


def dependency_lines() -> list[str]:
    text = (ROOT / "pyproject.toml").read_text()
    lists = re.findall(r"^(?:dependencies|dev) = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    return [line for block in lists for line in block.splitlines() if line.strip().startswith('"')]


def test_every_dependency_says_why_it_is_here() -> None:
    lines = dependency_lines()
    assert len(lines) > 30
    assert [line for line in lines if not re.search(r'",\s+# \S', line)] == []


@pytest.mark.parametrize("path", REQUIREMENTS, ids=[p.name for p in REQUIREMENTS])
def test_requirements_are_locked_by_version_and_hash(path: Path) -> None:
    text = path.read_text()
    entries = re.split(r"^(?=[A-Za-z0-9])", text.replace("\\\n", " "), flags=re.MULTILINE)
    entries = [entry for entry in entries if re.match(r"[A-Za-z0-9]", entry)]
    assert len(entries) > 20
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._\-\[\],]+==\S+", entry), entry[:60]
        assert "--hash=sha256:" in entry, entry[:60]
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|git\+", text)


def test_the_front_ends_lock_holds_hashes() -> None:
    text = (ROOT / "frontend" / "package-lock.json").read_text()
    assert text.count('"integrity"') > 3


FORBIDDEN = {
    "a path of a developer's machine": re.compile(r"(?<![\w./])/(?:work|home/\w+|root|Users)/\w"),
    "a package registry's address": re.compile(
        r"(?i)(pyp[i]\.org|pythonhoste[d]\.org|npmj[s]\.org|registr[y]\.yarnpkg|artifactory|nexus)"
    ),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    "a cloud key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a token": re.compile(r"\b(?:ghp|gho|ghs|github_pat|glpat|sk|xox[bp])[-_][A-Za-z0-9_-]{20,}"),
    "a password in an address": re.compile(r"\b(?:postgresql|postgres|redis|https?)://(?!user:password@)[^\s/:@{}$<>]+:[^\s/@{}$<>]{3,}@"),
}  # fmt: skip
EXCEPT = {"tests/repository/test_supply.py"}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_holds(what: str) -> None:
    found = [
        f"{name}:{text[: match.start()].count(chr(10)) + 1} {match.group()[:30]}"
        for name, text in texts()
        if name not in EXCEPT
        for match in FORBIDDEN[what].finditer(text)
    ]
    assert found == []


def test_nothing_of_an_installation_is_tracked() -> None:
    names = [path.relative_to(ROOT).as_posix() for path in tracked()]
    assert len(names) > 300
    kept = re.compile(
        r"(^|/)(\.env|\.tumorboard|node_modules|\.venv|secret_key|demo_password)(/|$)|\.(pem|key|sqlite3?|dcm|vcf|maf)$"
    )
    assert [name for name in names if kept.search(name)] == []


def test_no_large_file_is_tracked() -> None:
    large = {path.name: path.stat().st_size for path in tracked() if path.stat().st_size > 1_500_000}
    assert large == {}


def test_the_licence_is_apache() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text()[:400]
