"""Where the boxes of a lineage graph stand."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tumorboard.runs.console import graph

CHAIN = {"silver.b": ["bronze.a"], "gold.c": ["silver.b", "bronze.a"], "gold.d": []}


def test_an_empty_graph():
    assert graph.draw({}) == graph.Graph([], [], 0, 2 * graph.MARGIN)


def test_inputs_stand_left_of_what_is_built_from_them():
    x = {node.name: node.x for node in graph.draw(CHAIN).nodes}
    assert x["bronze.a"] < x["silver.b"] < x["gold.c"]
    assert x["gold.d"] == x["bronze.a"]


def test_the_chosen_table_and_its_edges_stand_out():
    drawn = graph.draw(CHAIN, chosen="silver.b")
    assert [node.name for node in drawn.nodes if node.chosen] == ["silver.b"]
    assert [edge.chosen for edge in drawn.edges] == [True, True, False]


def test_both_ways_through_the_graph():
    assert graph.around(CHAIN, "silver.b") == (["bronze.a"], ["gold.c"])
    assert graph.around(CHAIN, "gold.c") == (["bronze.a", "silver.b"], [])
    assert graph.around(CHAIN, "unknown") == ([], [])


def test_a_part_of_the_graph_keeps_only_edges_inside_it():
    assert graph.only(CHAIN, ["gold.c", "bronze.a"]) == {"bronze.a": [], "gold.c": ["bronze.a"]}


NAMES = st.sampled_from([f"t.{letter}" for letter in "abcdefgh"])


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(NAMES, st.lists(NAMES, max_size=4, unique=True)))
def test_any_graph_is_drawn_even_with_circles(inputs: dict[str, list[str]]):
    drawn = graph.draw(inputs)
    assert {node.name for node in drawn.nodes} == {*inputs, *graph.turned(inputs)}
    assert len(drawn.edges) == sum(map(len, inputs.values()))
    places = [(node.x, node.y) for node in drawn.nodes]
    assert len(set(places)) == len(places), "no box covers another"
    assert all(x + graph.WIDTH < drawn.width and y + graph.HEIGHT < drawn.height for x, y in places)
