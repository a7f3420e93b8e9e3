"""Where a variant stands on its protein: the geometry of a lollipop diagram, in units of its SVG view box."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 800
LEFT = 10
RIGHT = 790
LETTER = 7
LEVEL = 18
TICK_STEPS = (50, 100, 200, 500, 1000, 2000, 5000)

# Sequence Ontology terms, by what they do to the protein; each kind has a shape of its own beside its colour.
KINDS = {
    "missense_variant": "missense",
    "stop_gained": "truncating",
    "frameshift_variant": "truncating",
    "start_lost": "truncating",
    "splice_acceptor_variant": "splice",
    "splice_donor_variant": "splice",
    "splice_region_variant": "splice",
    "inframe_deletion": "inframe",
    "inframe_insertion": "inframe",
}


@dataclass(frozen=True, slots=True)
class Pin:
    label: str
    position: int
    kind: str
    x: float
    y: float
    label_x: float

    @property
    def shape(self) -> str:
        """SVG path of the head, drawn around (x, y)."""
        x, y, r = self.x, self.y, 6
        if self.kind == "truncating":
            return f"M{x - r:g} {y - r:g}h{2 * r}v{2 * r}h{-2 * r}z"
        if self.kind == "splice":
            return f"M{x:g} {y - 8:g}l8 8l-8 8l-8 -8z"
        if self.kind == "inframe":
            return f"M{x:g} {y - 8:g}l8 14h-16z"
        return f"M{x - r:g} {y:g}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0"


@dataclass(frozen=True, slots=True)
class Span:
    label: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Lollipop:
    pins: list[Pin]
    domains: list[Span]
    ticks: list[tuple[float, int]]
    height: int
    axis: int
    outside: list[str]

    @property
    def kinds(self) -> list[str]:
        return sorted({pin.kind for pin in self.pins})


def lollipop(
    length: int, variants: Iterable[Mapping[str, Any]], domains: Sequence[Mapping[str, Any]] = ()
) -> Lollipop:
    """Lay out variants on a protein of `length` amino acids.

    Args:
        variants: each with `label` and `position` (amino acid, from 1), and optionally `consequence`
            (Sequence Ontology term).
        domains: each with `label`, `start`, `end`.

    Variants without a position on this protein cannot be drawn; their labels come back in `outside`, so that
    the page can still name them.
    """
    rows = list(variants)
    placed = sorted((v for v in rows if _on_protein(v, length)), key=lambda v: v["position"])
    levels = _levels([(_x(v["position"], length), len(str(v["label"])) * LETTER + 16) for v in placed])
    axis = 40 + LEVEL * (max(levels, default=0) + 1)
    pins = [_pin(v, length, axis - 22 - LEVEL * level) for v, level in zip(placed, levels, strict=True)]
    step = next((s for s in TICK_STEPS if length / s <= 8), length)
    ticks = [(_x(at, length), at) for at in range(step, length + 1, step)]
    return Lollipop(
        pins=pins,
        domains=[_span(d, length) for d in domains],
        ticks=ticks,
        height=axis + 36,
        axis=axis,
        outside=[str(v["label"]) for v in rows if not _on_protein(v, length)],
    )


def _on_protein(variant: Mapping[str, Any], length: int) -> bool:
    position = variant.get("position")
    return isinstance(position, int) and 1 <= position <= length


def _x(position: int, length: int) -> float:
    return round(LEFT + (position / length) * (RIGHT - LEFT), 1)


def _span(domain: Mapping[str, Any], length: int) -> Span:
    start = _x(domain["start"], length)
    return Span(domain["label"], start, round(_x(domain["end"], length) - start, 1))


def _pin(variant: Mapping[str, Any], length: int, y: float) -> Pin:
    x = _x(variant["position"], length)
    text = len(str(variant["label"])) * LETTER
    to_the_left = x + 10 + text > WIDTH
    kind = KINDS.get(str(variant.get("consequence", "")), "other")
    return Pin(
        label=str(variant["label"]),
        position=variant["position"],
        kind=kind,
        x=x,
        y=y,
        label_x=max(0, x - 12 - text) if to_the_left else x + 11,
    )


def _levels(extents: Sequence[tuple[float, float]]) -> list[int]:
    """For each (x, width), from left to right, the lowest level on which it overlaps nothing."""
    ends: list[float] = []
    levels = []
    for x, width in extents:
        start = x - 8 if x + width <= WIDTH else x - width
        level = next((i for i, end in enumerate(ends) if end <= start), len(ends))
        ends[level : level + 1] = [start + width + 8]
        levels.append(level)
    return levels
