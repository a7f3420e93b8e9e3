"""The registry of declarations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tumorboard.lake import tables
from tumorboard.lake.columns import PHI, PII, Column, NotNull
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline import declared


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty registry for one test."""
    monkeypatch.setattr(tables, "_tables", {})
    yield


def make(name: str, *reads: type, **options: object) -> type:
    @table(name, **options)
    class Made:
        """Made by a test."""

        value = Column(str, "Value")

    if reads or not name.startswith("bronze."):
        builds(Made, reads=list(reads))(lambda *frames: frames[0])
    return Made


def test_a_silver_table_has_patient_own_and_provenance_columns(registry: None) -> None:
    make("silver.a")
    assert list(tables.get("silver.a").columns) == ["patient_key", "value", *tables.SILVER]


def test_a_table_without_patients_has_no_patient_key(registry: None) -> None:
    make("silver.trials", per_patient=False)
    assert "patient_key" not in tables.get("silver.trials").columns


def test_bronze_holds_no_patient_key(registry: None) -> None:
    make("bronze.a")
    assert list(tables.get("bronze.a").columns) == ["value", *tables.BRONZE]


@pytest.mark.parametrize(
    ("name", "column"), [("silver.a", "file_hash"), ("silver.a", "patient_key"), ("gold.a", "derived_from")]
)
def test_a_column_that_every_row_has_already_is_refused(registry: None, name: str, column: str) -> None:
    taken = type("Taken", (), {column: Column(str, "Mine")})
    with pytest.raises(TypeError, match=f"already has a column '{column}'"):
        table(name)(taken)


def test_a_key_must_be_declared(registry: None) -> None:
    with pytest.raises(TypeError, match="key column 'nothing' is not declared"):
        make("silver.a", key=("nothing",))


def test_an_unknown_tier_is_refused(registry: None) -> None:
    with pytest.raises(TypeError, match="platinum"):
        make("platinum.a")


def test_a_name_is_declared_once(registry: None) -> None:
    make("silver.a")
    with pytest.raises(TypeError, match="declared twice"):
        make("silver.a")


def test_a_table_nobody_declared(registry: None) -> None:
    with pytest.raises(tables.UnknownTable, match=r"no table 'silver\.none' is declared"):
        tables.get("silver.none")


def test_inputs_are_built_first_and_only_what_follows_is_rebuilt(registry: None) -> None:
    a, b = make("bronze.a"), make("bronze.b")
    z = make("silver.z", a)
    y = make("silver.y", b)
    make("gold.c", z, y)
    make("gold.b", y)
    order = [t.name for t in tables.build_order()]
    assert order.index("silver.z") < order.index("gold.c")
    assert order.index("silver.y") < order.index("gold.b")
    assert {t.name for t in tables.downstream(["bronze.a"])} == {"silver.z", "gold.c"}
    assert tables.downstream([]) == []
    assert tables.downstream(["bronze.nothing"]) == []


def test_a_circle_is_named(registry: None) -> None:
    first = make("silver.a")
    second = make("silver.b", first)
    builds(first, reads=[second])(lambda frame: frame)
    with pytest.raises(ValueError, match=r"in a circle: silver.a > silver.b > silver.a"):
        tables.build_order()


def test_only_surrogates_may_have_statistics() -> None:
    declared.load()
    for declaration in tables.all_tables():
        for name in declaration.statistics_columns:
            assert declaration.columns[name].classification not in (PHI, PII), (declaration.name, name)


def test_every_declared_table_is_described() -> None:
    declared.load()
    for declaration in tables.all_tables():
        assert declaration.meaning, declaration.name
        for row in tables.describe(declaration):
            assert all(row[part] for part in ("column", "type", "meaning", "class")), (declaration.name, row)


def test_every_key_column_must_be_given() -> None:
    """An absent part of a key would make two rows one."""
    declared.load()
    for declaration in tables.all_tables():
        for name in declaration.key:
            rules = declaration.columns[name].constraints
            assert any(isinstance(rule, NotNull) for rule in rules), (declaration.name, name)


def test_real_tables_have_an_order_from_bronze_to_gold() -> None:
    declared.load()
    order = [t.name for t in tables.build_order()]
    for declaration in tables.build_order():
        for source in declaration.reads:
            assert source.startswith("bronze.") or order.index(source) < order.index(declaration.name)
            assert not (declaration.schema_name == "silver" and source.startswith("gold."))
