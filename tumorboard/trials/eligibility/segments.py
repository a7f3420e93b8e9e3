"""Where each criterion stands in an eligibility text: sections, blocks, bullets, numbers, continuation lines.

The parts of a text follow each other without gap or overlap, so nothing can get lost on the way: joined, they
are the text again. Bullets, numbers and blank space between criteria are parts too (`mark`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

Section = Literal["inclusion", "exclusion", "unstated", "other"]
PartKind = Literal["mark", "heading", "lead-in", "criterion"]

#: Longer texts are cut into parts as well, but a single part is read only up to this length.
MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch `text[start:end]`. `scope` is the block it stands in (a cohort, a phase), in the text's
    words;
    `above` is the number of the lead-in it belongs to, in the list of parts, or None."""

    kind: PartKind
    start: int
    end: int
    section: Section = "unstated"
    scope: str = ""
    depth: int = 0
    above: int | None = None


def segment(text: str) -> tuple[Part, ...]:
    """The parts of an eligibility text, in order, covering all of it."""
    return tuple(_covered(_nested(_sectioned(text, list(_pieces(text))), text), text))


# ---- lines to pieces


@dataclass(frozen=True, slots=True)
class _Piece:
    """A bullet with its continuation lines, or a paragraph. `tight`: it directly follows the line before."""

    start: int
    end: int
    indent: int
    bullet: str


_LINE = re.compile(r"[^\n]*\n?")
_BULLET = re.compile(
    r"([ \t]*)((?:[*•·▪◦‣–—]|[-+](?=\s)|\\[*+-]|o(?=\s{1,4}[A-Z])"
    r"|\(?\d{1,2}(?:\.\d{1,2}){0,3}\\?[.)](?=\s|[A-Z])|\(?[a-zA-Z]\\?[.)](?=\s)|\(?[ivx]{1,4}\\?[.)](?=\s))"
    r"[ \t]*)(?:\\?[-*.][ \t]+)?"
)


def _pieces(text: str) -> Iterator[_Piece]:
    """A new piece starts at a bullet, a heading, after a blank line, or where a line ends a lead-in."""
    current: _Piece | None = None
    blank = True
    for line in _LINE.finditer(text):
        if not line[0].strip():
            blank = True
            continue
        mark = _BULLET.match(line[0])
        begins = line.start() + (mark.end() if mark else len(line[0]) - len(line[0].lstrip()))
        piece = _Piece(begins, line.start() + len(line[0].rstrip()), *_shape(line[0], mark))
        if piece.start >= piece.end:
            continue
        if current is not None and not blank and not mark and not _is_break(text, current, piece):
            current = replace(current, end=piece.end)
        else:
            if current is not None:
                yield from _split(text, current)
            current = piece
        blank = False
    if current is not None:
        yield from _split(text, current)


def _shape(line: str, mark: re.Match[str] | None) -> tuple[int, str]:
    if mark is None:
        return len(line) - len(line.lstrip()), ""
    return len(mark[1].expandtabs(4)), mark[2].strip().replace("\\", "")


def _is_break(text: str, above: _Piece, line: _Piece) -> bool:
    """A line without a bullet still begins something new after a colon, as a heading, or after a heading."""
    before, words = text[above.start : above.end], text[line.start : line.end]
    return _heading(words) is not None or _heading(before) is not None or before.endswith(":")


_NUMBER = re.compile(r"(?<!\S)\(?(\d{1,2})\\?[.)]\s+(?=[A-Z])")


def _split(text: str, piece: _Piece) -> Iterator[_Piece]:
    """A heading and the text behind it on the same line; and criteria numbered inside one line."""
    words = text[piece.start : piece.end]
    head = _INLINE.match(words)
    if head is not None and head.end() < len(words):
        yield replace(piece, end=piece.start + head.end(1))
        piece = replace(piece, start=piece.start + head.end(), bullet="")
        mark = _BULLET.match(text[piece.start : piece.end])
        if mark is not None and mark.end() < piece.end - piece.start:
            piece = replace(piece, start=piece.start + mark.end(), bullet=mark[2].strip())
    yield from _numbered(text, piece)


def _numbered(text: str, piece: _Piece) -> Iterator[_Piece]:
    number = re.match(r"\(?(\d{1,2})[.)]", piece.bullet)
    expected = int(number[1]) + 1 if number else 0
    start, bullet = piece.start, piece.bullet
    for match in _NUMBER.finditer(text, piece.start, piece.end) if number else ():
        if int(match[1]) == expected and match.start() > start:
            yield replace(piece, start=start, end=_trimmed(text, start, match.start()), bullet=bullet)
            start, bullet, expected = match.end(), match[0].strip(), expected + 1
    if start < piece.end:
        yield replace(piece, start=start, bullet=bullet)


def _trimmed(text: str, start: int, end: int) -> int:
    return start + len(text[start:end].rstrip())


# ---- sections and scopes

_INLINE = re.compile(
    (
        r"((?:(?:key|main|major|general|principal|patient|subject)\s+)?(?:inclusion"
        r"|exclusion)\s+criteria\s*:)\s+"
    ),
    re.IGNORECASE,
)
_ABOUT = re.compile(r"\b(inclusion|exclusion|eligibility|eligible|ineligible|criteria)\b", re.IGNORECASE)
_NOTES = re.compile(r"\b(women and minorities|considerations?|definitions?|notes?)\b", re.IGNORECASE)
_HEADING = re.compile(
    r"[#*_\s]*(?P<scope>(?:[\w/+\-]+[ ]){0,4}?)"
    r"(?P<what>inclusion|exclusion|non-inclusion|eligibility|disease characteristics|patient characteristics"
    r"|prior concurrent therapy)"
    r"(?P<rest>(?:\s+criteria)?(?:[ ,\-/][^\n.]{0,140})?)\s*:?[*_\s]*",
    re.IGNORECASE,
)
_SCOPE = re.compile(
    r"(?:for\s+)?(?:(?:phase|part|cohort|arm|stage|stratum|group|aim|dose[ -]escalation|dose[ -]expansion"
    r"|expansion|substudy|sub-study|run-in|general)\b[^\n:.]{0,80})\s*:",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Heading:
    section: Section | None  # None: the section goes on
    scope: str


def _heading(words: str) -> _Heading | None:
    """What a line says about the lines below it, if it is a heading."""
    bare = words.strip()
    if len(bare) > 160 or "\n" in bare:
        return None
    if _SCOPE.fullmatch(bare) and not re.search(r"\b(inclusion|exclusion)\b", bare, re.IGNORECASE):
        scope = "" if bare.lower().startswith("general") else bare.rstrip(" :")
        return _Heading(None, scope)
    match = _HEADING.fullmatch(bare)
    if match is None or not _looks_like_a_heading(bare, match):
        return None
    if _NOTES.search(bare):
        return _Heading("other", "")
    what = match["what"].lower()
    section: Section | None = {"inclusion": "inclusion", "exclusion": "exclusion"}.get(what)  # type: ignore[assignment]
    if what == "non-inclusion" or re.search(r"\bnon[- ]inclusion\b", bare, re.IGNORECASE):
        section = "exclusion"
    return _Heading(section, _scope_of(match))


def _looks_like_a_heading(bare: str, match: re.Match[str]) -> bool:
    """Ends with a colon, is in capitals, or says no more than `Exclusion criteria (phases 1 and 2)`."""
    if bare.endswith(":") or bare.isupper():
        return _ABOUT.search(bare) is not None or bare.endswith(":")
    rest = match["rest"].strip().lower()
    return rest.startswith("criteria") and len(rest.split()) <= 8 and match["scope"].strip().lower() != "the"


_PLAIN = re.compile(
    r"^(?:key|main|major|general|other|additional|principal|patient|subject|study|criteria|the|for|are|is|as"
    r"|follows?|include|subjects?|who|meet|any|all|of|following|will|be"
    r"|excluded|included|from|in|participation"
    r"|treatment|protocol|patients?|specific|only|must)$",
    re.IGNORECASE,
)


def _scope_of(match: re.Match[str]) -> str:
    """The words of a heading that narrow it to some patients, such as a phase or a tumour type."""
    words = re.findall(r"[\w/+\-]+", f"{match['scope']} {match['rest']}")
    telling = [word for word in words if not _PLAIN.match(word) and not _ABOUT.match(word)]
    return " ".join(word for word in words if not _ABOUT.fullmatch(word)) if telling else ""


def _sectioned(text: str, pieces: list[_Piece]) -> list[tuple[_Piece, Part]]:
    """Each piece with its part. Text above the first heading is inclusion if only exclusions are headed."""
    section: Section = _first_section(text, pieces)
    scope, scope_indent, found = "", 0, []
    for piece in pieces:
        head = _heading(text[piece.start : piece.end])
        if head is None:
            if scope and piece.indent < scope_indent:
                scope = ""
            found.append((piece, Part("criterion", piece.start, piece.end, section, scope, piece.indent)))
            continue
        section = head.section or section
        scope, scope_indent = head.scope, piece.indent
        found.append((piece, Part("heading", piece.start, piece.end, section, scope, piece.indent)))
    return found


def _first_section(text: str, pieces: list[_Piece]) -> Section:
    heads = (_heading(text[piece.start : piece.end]) for piece in pieces)
    sections = [head.section for head in heads if head is not None and head.section]
    return "inclusion" if sections and sections[0] == "exclusion" else "unstated"


# ---- nesting


def _nested(found: list[tuple[_Piece, Part]], text: str) -> list[Part]:
    """Lead-ins (`..., defined as:`) get the deeper items below them; flat lists below a colon as well."""
    parts: list[Part] = []
    open_: list[tuple[int, int]] = []  # indent and place of the items above
    for number, (piece, part) in enumerate(found):
        while open_ and open_[-1][0] >= piece.indent:
            open_.pop()
        if part.kind == "heading":
            open_ = []
            parts.append(replace(part, depth=0))
            continue
        after = found[number + 1] if number + 1 < len(found) else None
        deeper = after is not None and after[1].kind == "criterion" and after[0].indent > piece.indent
        colon = text[part.start : part.end].rstrip(" *_").endswith(":")
        kind: PartKind = "lead-in" if deeper or colon else "criterion"
        above = open_[-1][1] if open_ else None
        depth = min(len(open_), MAX_DEPTH)
        parts.append(replace(part, kind=kind, above=above, depth=depth))
        if deeper:
            open_.append((piece.indent, number))
    return parts


def _covered(parts: list[Part], text: str) -> Iterator[Part]:
    """Everything between the parts becomes a mark; `above` counts in the new list."""
    places: dict[int, int] = {}
    at, written = 0, 0
    for number, part in enumerate(parts):
        if part.start > at:
            yield Part("mark", at, part.start, part.section)
            written += 1
        places[number] = written
        yield replace(part, above=places[part.above] if part.above is not None else None)
        written += 1
        at = part.end
    if at < len(text):
        yield Part("mark", at, len(text))
