"""Where the boxes and lines of a lineage graph stand: inputs left of what is built from them.

Layers by the longest way from a source; within a layer, near what a table is connected with (the
barycentre method of Sugiyama, Tagawa & Toda 1981). Lengths are SVG units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

WIDTH, HEIGHT = 198, 26  # of a box
COLUMN, ROW, MARGIN = 280, 38, 8  # from one box to the next
SWEEPS = 6

Inputs = Mapping[str, Iterable[str]]  # table -> the tables it is built from


@dataclass(frozen=True)
class Node:
    """A table. `columns`: how many of its columns are on the way of the chosen column; None without one."""

    name: str
    x: int
    y: int
    chosen: bool = False
    columns: int | None = None

    @property
    def tier(self) -> str:
        return self.name.split(".", maxsplit=1)[0]

    @property
    def on_the_way(self) -> bool:
        return self.columns is None or self.columns > 0


@dataclass(frozen=True)
class Edge:
    path: str
    chosen: bool = False
    on_the_way: bool = True


@dataclass(frozen=True)
class Graph:
    nodes: list[Node]
    edges: list[Edge]
    width: int
    height: int


def around(inputs: Inputs, name: str) -> tuple[list[str], list[str]]:
    """(upstream, downstream) of a table: all it is built from, and all that is built from it."""
    return _reached(inputs, name), _reached(turned(inputs), name)


def turned(inputs: Inputs) -> dict[str, list[str]]:
    """Table -> the tables that are built from it."""
    readers: dict[str, list[str]] = {}
    for name, sources in inputs.items():
        for source in sources:
            readers.setdefault(source, []).append(name)
    return readers


def _reached(steps: Inputs, start: str) -> list[str]:
    found, waiting = set(), list(steps.get(start, ()))
    while waiting:
        name = waiting.pop()
        if name not in found and name != start:
            found.add(name)
            waiting += steps.get(name, ())
    return sorted(found)


def only(inputs: Inputs, names: Iterable[str]) -> dict[str, list[str]]:
    """The part of the graph between `names`."""
    wanted = set(names)
    return {name: [s for s in inputs.get(name, ()) if s in wanted] for name in sorted(wanted)}


def draw(inputs: Inputs, chosen: str = "", columns: Mapping[str, int] | None = None) -> Graph:
    """`columns` holds, for a chosen column, how many columns of each table are on its way."""
    layers = _layers(inputs)
    _untangle(layers, inputs)
    tallest = max((len(layer) for layer in layers), default=0)
    nodes = {
        name: Node(
            name,
            MARGIN + column * COLUMN,
            MARGIN + row * ROW + (tallest - len(layer)) * ROW // 2,
            name == chosen,
            None if columns is None else columns.get(name, 0),
        )
        for column, layer in enumerate(layers)
        for row, name in enumerate(layer)
    }
    edges = [_edge(nodes[source], nodes[name]) for name, sources in inputs.items() for source in sources]
    width = 2 * MARGIN + (len(layers) - 1) * COLUMN + WIDTH if layers else 0
    return Graph(list(nodes.values()), edges, width, 2 * MARGIN + tallest * ROW)


def _layers(inputs: Inputs) -> list[list[str]]:
    depths: dict[str, int] = {}

    def depth(name: str, path: tuple[str, ...] = ()) -> int:
        if name not in depths:
            sources = [s for s in inputs.get(name, ()) if s not in path]  # a circle must not hang the page
            depths[name] = max((depth(s, (*path, name)) + 1 for s in sources), default=0)
        return depths[name]

    layers: dict[int, list[str]] = {}
    for name in sorted({*inputs, *turned(inputs)}):
        layers.setdefault(depth(name), []).append(name)
    return [layers[number] for number in sorted(layers)]


def _untangle(layers: list[list[str]], inputs: Inputs) -> None:
    """Sort each layer by the mean place of what its tables are connected with, back and forth."""
    readers = turned(inputs)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for layer in layers if forward else reversed(layers):
            place = {n: i / max(1, len(other) - 1) for other in layers for i, n in enumerate(other)}
            near = inputs if forward else readers
            layer.sort(key=lambda name: (_mean([place[n] for n in near.get(name, ())], place[name]), name))


def _mean(places: list[float], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise


def _edge(source: Node, target: Node) -> Edge:
    x1, y1 = source.x + WIDTH, source.y + HEIGHT // 2
    x2, y2 = target.x, target.y + HEIGHT // 2
    bend = (x2 - x1) // 2
    path = f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    near = source.chosen or target.chosen
    return Edge(path, near, source.on_the_way and target.on_the_way)
