"""The documentation says what is there: settings, commands, generated pages, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tumorboard.runs.management.commands.docs import stale_pages
from tumorboard.runs.reference import pages

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SETTINGS = ROOT / "tumorboard" / "settings.py"
# set by libraries' own rules, or by us for a library: nobody sets them to run the application
NOT_SETTINGS = {"DJANGO_SETTINGS_MODULE", "RUST_LOG"}
READ = re.compile(r"""(?:env|flag|_listed|environ\.get)\(\s*"([A-Z][A-Z_]+)"|_VARIABLE = "([A-Z_]+)\"""")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
DASHES = re.compile("[\u2013\u2014]")
EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")


def _read_by_the_code() -> set[str]:
    code = [path.read_text(encoding="utf-8") for path in (ROOT / "tumorboard").rglob("*.py")]
    return {first or second for text in code for first, second in READ.findall(text)} - NOT_SETTINGS


def _documented() -> set[str]:
    return set(re.findall(r"^\| `([A-Z][A-Z_]+)` \|", OPERATIONS, re.MULTILINE))


def test_generated_pages_are_current() -> None:
    stale = stale_pages(ROOT / "docs" / "reference", pages(ROOT / "tests" / "spec"))
    assert not stale, f"run `make docs`: {', '.join(stale)}"


def test_generated_pages_are_all_listed_and_no_other_lies_there() -> None:
    folder = ROOT / "docs" / "reference"
    listed = set(re.findall(r"\((\S+\.md)\)", (folder / "README.md").read_text(encoding="utf-8")))
    assert listed == set(pages(ROOT / "tests" / "spec"))
    assert {path.name for path in folder.glob("*.md")} == {*listed, "README.md"}


def test_a_changed_page_is_noticed(tmp_path: Path) -> None:
    wanted = {"a.md": "one\n", "b.md": "two\n", "c.md": "three\n"}
    (tmp_path / "a.md").write_text("one\n")
    (tmp_path / "b.md").write_text("two, by hand\n")
    assert stale_pages(tmp_path, wanted) == ["b.md", "c.md"]


def test_settings_are_found_at_all() -> None:
    assert {
        "SECRET_KEY",
        "DATABASE_URL",
        "HTTPS",
        "LAKE_URL",
        "PORT",
        "TUMORBOARD_HOME",
    } <= _read_by_the_code()


def test_every_setting_is_documented() -> None:
    assert _read_by_the_code() - _documented() == set()


def test_every_documented_setting_is_read_by_something() -> None:
    elsewhere = "\n".join(
        path.read_text(encoding="utf-8")
        for path in [ROOT / "docker-compose.yml", *(ROOT / "tests").rglob("conftest.py")]
    )
    unread = {name for name in _documented() - _read_by_the_code() if name not in elsewhere}
    assert unread == set()


def test_settings_come_through_the_function_that_reads_files_too() -> None:
    assert SETTINGS.read_text(encoding="utf-8").count("os.environ") == 2  # both inside `env`


def test_every_make_target_is_described() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    words = (ROOT / "README.md").read_text("utf-8") + (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert targets
    assert [target for target in targets if not re.search(rf"make {target}\b(?!-)", words)] == []


def test_every_package_has_its_line_in_the_layout() -> None:
    packages = {path.parent.name for path in (ROOT / "tumorboard").glob("*/__init__.py")}
    layout = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE))
    assert packages - layout == set()


def test_every_decision_is_listed_and_numbered() -> None:
    folder = ROOT / "docs" / "adr"
    listed = re.findall(r"\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert listed == sorted(path.name for path in folder.glob("0*.md"))
    assert [int(name[:4]) for name in listed] == list(range(1, len(listed) + 1))
    for name in listed:
        text = (folder / name).read_text(encoding="utf-8")
        assert text.startswith(f"# {name[:4]} ")
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Consequences")), name


def test_what_must_be_said_is_said() -> None:
    said = "Not certified, and not a medical device as shipped"
    for page in ("README.md", "docs/operations.md"):
        assert said in " ".join((ROOT / page).read_text(encoding="utf-8").split()), page
    assert "synthetic data only" in (ROOT / "README.md").read_text(encoding="utf-8")


def _links() -> Iterator[object]:
    for path in DOCS:
        text = FENCE.sub("", path.read_text(encoding="utf-8"))
        for target in LINK.findall(text):
            if "://" not in target:
                yield pytest.param(path, target, id=f"{path.relative_to(ROOT)}:{target}")


@pytest.mark.parametrize(("page", "target"), list(_links()))
def test_links_resolve(page: Path, target: str) -> None:
    name, _, anchor = target.partition("#")
    found = (page.parent / name).resolve() if name else page
    assert found.exists(), f"{page.name} links to {target}, which is not there"
    assert ROOT in found.parents
    if anchor:
        assert anchor in _anchors(found), f"{found.name} has no heading for #{anchor}"


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_plain_words(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not EMOJI.search(text)
    if page.parent.name != "reference":  # the generated pages quote the code
        assert not DASHES.search(text)
    assert not re.search(r"/(work|tmp|home|root)/\w", text), "no path of one machine"
