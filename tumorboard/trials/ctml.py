"""A CTML document (Clinical Trial Markup Language, matchminer.org) becomes a Trial.

Lenient: published trials leave out most fields, so only an identifier is required. Whatever cannot be
read stays in the tree as an unsupported criterion and is named in `Trial.notices`; nothing is dropped.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tumorboard.codes.oncotree import OncoTree
from tumorboard.trials import ctml_fields as fields
from tumorboard.trials import ctml_keys as keys
from tumorboard.trials.criteria import (
    Level,
    LevelName,
    Node,
    Not,
    Notice,
    Predicate,
    Question,
    Trial,
    Unsupported,
    all_of,
    any_of,
)

MAX_DEPTH = 40
_OPEN = frozenset({"open to accrual", "open", "recruiting"})


class Malformed(ValueError):
    """The document cannot be read as a trial at all: where, and why."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path, self.message = path, message


def read_trial(document: object, oncotree: OncoTree | None = None, *, strict: bool = False) -> Trial:
    """The trial of one CTML document; raises Malformed if it is not an object or has no identifier.

    `strict` also names every field the published schema requires and the document lacks.
    """
    if not isinstance(document, Mapping):
        raise Malformed("(document)", "expected an object with the fields of one trial")
    trial_id = _first(document, "protocol_no", "trial_internal_id", "nct_id", "trial_id", "protocol_id")
    if not trial_id:
        raise Malformed("protocol_no", "missing; a trial needs protocol_no, trial_internal_id or nct_id")
    reader = _Reader(oncotree or OncoTree.builtin(), [*fields.unknown(document)])
    if strict:
        reader.notices += fields.missing(document)
    status = _status(document)
    return Trial(
        trial_id,
        version_of(document),
        _first(document, "short_title", "title", "long_title"),
        reader.trial(document),
        nct_id=_first(document, "nct_id"),
        status=status,
        is_open=status.lower() in _OPEN if status else None,
        notices=tuple(reader.notices),
    )


def version_of(document: object) -> str:
    """The first twelve hex digits of the SHA-256 of the document in canonical JSON."""
    try:
        canonical = json.dumps(
            document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str
        )
    except (RecursionError, TypeError, ValueError):
        raise Malformed("(document)", "nested too deeply, or with keys of mixed types") from None
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _status(document: Mapping[str, Any]) -> str:
    summary = document.get("_summary")
    entries = keys.as_list(summary.get("status")) if isinstance(summary, Mapping) else []
    if entries and isinstance(entries[0], Mapping) and entries[0].get("value"):
        return str(entries[0]["value"])
    return _first(document, "status")


@dataclass
class _Reader:
    oncotree: OncoTree
    notices: list[Notice] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)

    # ---- levels

    def trial(self, document: Mapping[str, Any]) -> Level:
        for number, words in enumerate(keys.as_list(document.get("prior_treatment_requirements"))):
            path = f"prior_treatment_requirements[{number}]"
            self._notice(path, f"stated in words only, not evaluated: {_wording(words)}", "info")
        listing = document.get("treatment_list")
        steps = listing.get("step") if isinstance(listing, Mapping) else None
        return Level(
            "trial",
            "",
            "trial",
            match=self._clause(document.get("match"), "match"),
            below=self._levels(steps, "treatment_list.step", "step", suspended=False),
        )

    def _levels(self, entries: Any, path: str, name: LevelName, suspended: bool) -> tuple[Level, ...]:
        levels = []
        for number, entry in enumerate(keys.as_list(entries)):
            place = f"{path}[{number}]"
            if isinstance(entry, Mapping):
                levels.append(self._level(entry, place, name, suspended))
            else:
                self._notice(place, f"expected an object that describes one {name}")
        return tuple(levels)

    def _level(self, entry: Mapping[str, Any], path: str, name: LevelName, above: bool) -> Level:
        """A part is suspended if it says so, if the part above it is, or if all its arms are."""
        shape = _SHAPES[name]
        flagged = _first(entry, shape.flag).lower() in ("y", "yes", "true")
        suspended = above or flagged
        below: tuple[Level, ...] = ()
        if shape.below_key and shape.below:
            entries, place = entry.get(shape.below_key), f"{path}.{shape.below_key}"
            below = self._levels(entries, place, shape.below, suspended)
        if name == "step" and below and all(arm.suspended for arm in below):
            suspended = True
        return Level(
            name,
            self._code(name, _first(entry, *shape.codes) or path.rpartition("[")[2].rstrip("]"), path),
            path,
            _first(entry, shape.title),
            suspended,
            self._clause(entry.get("match"), f"{path}.match"),
            below,
            flagged,
        )

    def _code(self, name: LevelName, code: str, path: str) -> str:
        """Arms of two steps often carry the same code: the second one is numbered, so that rows differ."""
        scope = path.rpartition("[")[0] if name == "dose" else name
        self.codes[f"{scope} {code}"] += 1
        times = self.codes[f"{scope} {code}"]
        return code if times == 1 else f"{code} ({times})"

    # ---- the match tree

    def _clause(self, raw: Any, path: str) -> Node | None:
        return all_of(self._nodes(raw, path, 0))

    def _nodes(self, raw: Any, path: str, depth: int) -> list[Node]:
        found = []
        for number, entry in enumerate(keys.as_list(raw)):
            node = self._node(entry, f"{path}[{number}]", depth)
            if node is not None:
                found.append(node)
        return found

    def _alternatives(self, raw: Any, path: str, depth: int) -> list[Node]:
        """One that asks for nothing lets everybody in: dropped, it would leave only the others."""
        entries = {f"{path}[{number}]": entry for number, entry in enumerate(keys.as_list(raw))}
        nodes = {place: self._node(entry, place, depth) for place, entry in entries.items()}
        if not any(nodes.values()):
            return []
        empty = "an alternative that asks for nothing"
        return [
            node or self._unsupported(place, _wording(entries[place]), empty) for place, node in nodes.items()
        ]

    def _node(self, raw: Any, path: str, depth: int) -> Node | None:
        """Several labels in one object are an AND."""
        if depth > MAX_DEPTH:
            return self._unsupported(path, "...", f"nested more than {MAX_DEPTH} deep")
        if not isinstance(raw, Mapping):
            return self._unsupported(path, _wording(raw), "expected and, or, genomic or clinical")
        parts = [self._labelled(str(label), value, f"{path}.{label}", depth) for label, value in raw.items()]
        return all_of([part for part in parts if part is not None])

    def _labelled(self, label: str, value: Any, path: str, depth: int) -> Node | None:
        folded = label.strip().lower()
        if folded.startswith("and"):
            return all_of(self._nodes(value, path, depth + 1))
        if folded.startswith("or"):
            return any_of(self._alternatives(value, path, depth + 1))
        leaves = {
            "genomic": self._genomic,
            "clinical": self._clinical,
            "prior_treatments": self._prior_treatment,
            "prior_treatment": self._prior_treatment,
        }
        if folded not in leaves:
            return self._unsupported(path, f"{label}: {_wording(value)}", "CTML has no such node")
        if not isinstance(value, Mapping):
            return self._unsupported(path, f"{label}: {_wording(value)}", "expected an object of keys")
        return leaves[folded](_folded(value), path)

    # ---- leaves

    def _genomic(self, entry: dict[str, Any], path: str) -> Node | None:
        """All keys describe one finding; a `!` on any of them negates the whole node."""
        negated = any(_is_negated(part) for value in entry.values() for part in keys.as_list(value))
        bare = {key: _bare(value) for key, value in entry.items() if key not in keys.DISPLAY_ONLY}
        parts = self._genomic_parts(bare, entry, path)
        node = all_of(parts)
        return Not(node) if node is not None and negated else node

    def _genomic_parts(self, bare: dict[str, Any], entry: dict[str, Any], path: str) -> list[Node]:
        results = [key for key in keys.REPORT_RESULTS if bare.get(key) is not None]
        parts = [
            self._leaf(key, entry[key], path, _reads(keys.REPORT_RESULTS[key], bare[key])) for key in results
        ]
        asked = {key: value for key, value in bare.items() if key in keys.ALTERATION_KEYS}
        if results and _first(asked, "hugo_symbol") not in ("", "None"):
            message = "ignored: the node asks for a result of the whole report"
            self._notice(f"{path}.hugo_symbol", message, "info")
        if asked and not results:
            words = {key: entry[key] for key in asked}
            parts.append(self._question(path, _keys_wording(words), lambda: keys.alteration(asked)))
        known = keys.ALTERATION_KEYS | set(keys.REPORT_RESULTS)
        unknown = [key for key in bare if key not in known and entry[key] is not None]
        parts += [self._unknown_key(key, entry[key], path) for key in unknown]
        return [part for part in parts if part is not None]

    def _clinical(self, entry: dict[str, Any], path: str) -> Node | None:
        parts: list[Node] = []
        for key, value in entry.items():
            if key in keys.DISPLAY_ONLY or value is None:
                continue
            node = self._clinical_key(key, value, path)
            if node is not None:
                parts.append(Not(node) if any(map(_is_negated, keys.as_list(value))) else node)
        return all_of(parts)

    def _clinical_key(self, key: str, value: Any, path: str) -> Node | None:
        if len({_is_negated(each) for each in keys.as_list(value)}) > 1:
            return self._unsupported(
                f"{path}.{key}", f"{key}: {_wording(value)}", "mixes values with and without !"
            )
        if key == "oncotree_primary_diagnosis":
            return self._any_named(key, value, path, lambda name: keys.diagnosis(name, self.oncotree))
        if key == "molecular_marker_other":
            return self._any_named(key, value, path, keys.marker)
        if key not in keys.CLINICAL:
            return self._unknown_key(key, value, path)
        leaf = self._leaf(key, value, path, _reads(keys.CLINICAL[key], _bare(value)))
        absent = str(_bare(value)).strip().lower() in keys.MEANS_ABSENT.get(key, "").split()
        return Not(leaf) if leaf is not None and absent else leaf

    def _any_named(self, key: str, value: Any, path: str, read: Callable[[Any], Question]) -> Node | None:
        """One value, or a list of which any one is enough."""
        if not isinstance(value, list):
            return self._leaf(key, value, path, _reads(read, _bare(value)))
        named = [
            self._leaf(f"{key}[{n}]", each, path, _reads(read, _bare(each))) for n, each in enumerate(value)
        ]
        return any_of([node for node in named if node is not None])

    def _prior_treatment(self, entry: dict[str, Any], path: str) -> Node | None:
        parts: list[Node] = []
        for key, value in entry.items():
            if key not in ("drug", "prior_treatment_agent", "agent"):
                parts.append(self._unknown_key(key, value, path))
                continue
            node = self._leaf(key, value, path, _reads(keys.prior_drug, _bare(value)))
            if node is not None:
                parts.append(Not(node) if _is_negated(value) else node)
        return all_of(parts)

    def _leaf(self, key: str, value: Any, path: str, read: Callable[[], Question]) -> Node | None:
        return self._question(f"{path}.{key}", f"{key}: {_wording(value)}", read)

    def _question(self, path: str, wording: str, read: Callable[[], Question]) -> Node | None:
        try:
            return Predicate(path, wording, read())
        except keys.NoLimit:
            self._notice(path, f"nothing to check: {wording}", "info")
            return None
        except ValueError as problem:
            return self._unsupported(path, wording, str(problem))

    def _unknown_key(self, key: str, value: Any, path: str) -> Node:
        return self._unsupported(f"{path}.{key}", f"{key}: {_wording(value)}", "this key is not evaluated")

    def _unsupported(self, path: str, wording: str, why: str) -> Predicate:
        self._notice(path, why)
        return Predicate(path, wording, Unsupported(why))

    def _notice(self, path: str, message: str, kind: Literal["unread", "info"] = "unread") -> None:
        self.notices.append(Notice(path, message, kind))


@dataclass(frozen=True)
class _Shape:
    codes: tuple[str, ...]
    title: str
    flag: str
    below_key: str = ""
    below: LevelName | None = None


_SHAPES: dict[LevelName, _Shape] = {
    "step": _Shape(("step_code", "step_internal_id"), "step_type", "step_suspended", "arm", "arm"),
    "arm": _Shape(("arm_code", "arm_internal_id"), "arm_description", "arm_suspended", "dose_level", "dose"),
    "dose": _Shape(("level_code", "level_internal_id"), "level_description", "level_suspended"),
}


def _first(fields: Mapping[str, Any], *names: str) -> str:
    """The first of these fields that holds plain text or a number."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str | int | float | bool) and str(value).strip():
            return str(value).strip()
    return ""


def _folded(entry: Mapping[Any, Any]) -> dict[str, Any]:
    """Keys in lower case. A key given twice in different case keeps a mark, and is reported as unknown."""
    folded: dict[str, Any] = {}
    for key, value in entry.items():
        name = str(key).strip().lower()
        while name in folded:
            name += " (again)"
        folded[name] = value
    return folded


def _is_negated(value: Any) -> bool:
    return isinstance(value, str) and value.lstrip().startswith("!")


def _bare(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_bare(part) for part in value]
    return value.lstrip()[1:].strip() if _is_negated(value) else value


def _reads(parse: Callable[[Any], Question], value: Any) -> Callable[[], Question]:
    return lambda: parse(value)


def _keys_wording(entry: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}: {_wording(value)}" for key, value in entry.items())


def _wording(value: Any) -> str:
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    except (RecursionError, TypeError, ValueError):
        text = "..."
    return text if len(text) <= 300 else f"{text[:297]}..."
