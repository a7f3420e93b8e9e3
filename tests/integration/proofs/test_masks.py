"""A mask holds in every place of a query: what the gate gives is what one gets who masks a copy of the rows
first and then asks the copy. Selecting, conditions, order, groups, joins, taking out and charts."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import transaction
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.proofs import sized
from tests.integration.proofs.evaluating import query, same
from tests.integration.proofs.hospital import CONSENTED, Hospital
from tumorboard.governance import gate
from tumorboard.governance.gate import Condition, Request, deciding
from tumorboard.governance.gate.calling import acting
from tumorboard.governance.masking import masked
from tumorboard.governance.opening import lake
from tumorboard.governance.permissions import Decision
from tumorboard.governance.policies.functions import MASKS
from tumorboard.governance.rulebook import current
from tumorboard.lake import tables

pytestmark = pytest.mark.timeout(sized(300, 7200))
QUERIES = sized(200, 10_000)
EVERY = sized(6, 1)  # of the places of a column, turning with the mask; all of them at full size
# One column of every kind that there is, and every type that a column has.
COLUMNS = {
    "name": ("silver.patients", "name"), "mrn": ("silver.specimens", "specimen_id"),
    "patient": ("silver.patients", "patient_key"), "date": ("silver.patients", "birth_date"),
    "date of a result": ("silver.labs", "taken_on"), "age": ("gold.cohort", "age"),
    "geo": ("silver.patients", "site"),
    "device": ("silver.wearables", "device"), "free_text": ("silver.labs", "value_text"),
    "germline": ("silver.variants", "gene"), "germline number": ("silver.variants", "position"),
    "link": ("silver.labs", "row_id"), "clinical number": ("silver.labs", "value"),
    "clinical word": ("silver.patients", "sex"), "yes or no": ("silver.patients", "deceased"),
    "moment": ("silver.wearables", "started_at"), "list": ("silver.therapies", "agents"),
    "feature": ("gold.features", "value"),
}  # fmt: skip


@contextmanager
def deciding_so(patch: pytest.MonkeyPatch, decision: Decision) -> Iterator[None]:
    """The gate reads as it always does, under a decision that is given. It leaves no record behind."""
    with patch.context() as inner, override_settings(GATE="inline"), transaction.atomic():
        inner.setattr(deciding, "_decision", lambda *_: decision)
        yield
        transaction.set_rollback(True)


def decision_of(place: Hospital, masks: dict[str, str]) -> Decision:
    patients = frozenset(place.keys[number] for number in CONSENTED)
    return Decision(True, "proof", masks, patients, study=place.study)


def copy_of(place: Hospital, table: str, decision: Decision) -> list[dict[str, Any]]:
    """The rows of these patients, masked."""
    rows = lake().read(tables.get(table))
    mine = [key in decision.patients for key in rows["patient_key"].to_pylist()]
    return masked(rows.filter(pa.array(mine)), decision, table=table, study=place.study).to_pylist()


def asked(place: Hospital, table: str, **more: Any) -> Request:
    return Request(by=place.user("researcher"), purpose="research", table=table, study=place.study, **more)


def positions(column: str, values: list[Any]) -> Iterator[dict[str, Any]]:
    """A column in every place of a request, with values that occur in the copy and in the rows themselves."""
    yield {"columns": [column]}
    for order in (column, f"-{column}"):
        yield {"columns": [column, "patient_key"], "order_by": [order]}
        yield {"columns": [column], "order_by": [order], "limit": 3}
    yield {"count_by": [column]}
    yield {"count_by": [column], "order_by": ["-rows", column], "limit": 5}
    yield {"columns": ["row_id"], "where": [Condition(column, "is_null", True)]}
    yield {"columns": ["row_id"], "where": [Condition(column, "is_null", False)]}
    for value in values:
        for op in ("eq", "ne", "lt", "le", "gt", "ge"):
            yield {"columns": ["row_id"], "where": [Condition(column, op, value)]}
        yield {"columns": [column], "where": [Condition(column, "in", [value])]}
        yield {"count_by": ["patient_key"], "where": [Condition(column, "ge", value)]}
        if isinstance(value, str):
            yield {"columns": ["row_id"], "where": [Condition(column, "prefix", value[:3])]}


def some(values: list[Any]) -> list[Any]:
    """Two that occur."""
    there = [v for v in values if v is not None]
    return [there[0], there[len(there) // 2]] if there else []


def answers(request: Request) -> list[dict[str, Any]] | str:
    try:
        return gate.read(request).to_pylist()
    except gate.BadRequest as error:
        return str(error)


@pytest.mark.parametrize("kind", COLUMNS)
def test_every_mask_in_every_place(place: Hospital, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table, column = COLUMNS[kind]
    clear = [row[column] for rows in place.rows[table].values() for row in rows]
    ordering, compared = kind != "list", 0
    for turn, mask in enumerate(MASKS):
        decision = decision_of(place, {"row_id": "pseudonym", column: mask})
        copy = copy_of(place, table, decision)
        values = [*some([row[column] for row in copy]), *some(clear)]
        with deciding_so(monkeypatch, decision):
            for more in [*positions(column, values if ordering else [])][turn % EVERY :: EVERY]:
                if not ordering and ("order_by" in more or "count_by" in more):
                    continue
                request = asked(place, table, **more)
                given_ = answers(request)
                assert isinstance(given_, list), (mask, more, given_)
                assert same(given_, query(copy, request), request), (mask, more)
                compared += 1
    print(f"\n{kind}: {compared} queries under {len(MASKS)} masks")


TABLES = (
    "silver.patients",
    "silver.labs",
    "gold.cohort",
    "silver.therapies",
    "silver.wearables",
    "gold.features",
)
PLAIN = (
    pa.types.is_string,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_date,
    pa.types.is_timestamp,
)


def simple(table: str) -> list[str]:
    schema = tables.get(table).arrow_schema
    return [f.name for f in schema if any(fits(f.type) for fits in PLAIN)]


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, str], dict[str, Any], list[tuple[str, str, int]]]:
    """A table, masks on some of its columns, and a request; conditions name the number of a value to be."""
    table = draw(st.sampled_from(TABLES))
    names = simple(table)
    masks = draw(st.dictionaries(st.sampled_from(names), st.sampled_from(sorted(MASKS)), max_size=5))
    ops = ("eq", "ne", "lt", "le", "gt", "ge", "in", "is_null")
    one = st.tuples(st.sampled_from(names), st.sampled_from(ops), st.integers(0, 40))
    conditions = draw(st.lists(one, max_size=3))
    more: dict[str, Any] = {}
    if draw(st.booleans()):
        more["count_by"] = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
        orders = [*more["count_by"], "rows"]
    else:
        more["columns"] = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
        orders = names
    if draw(st.booleans()):
        more["order_by"] = [draw(st.sampled_from(["", "-"])) + draw(st.sampled_from(orders))]
    if draw(st.booleans()):
        more["limit"] = draw(st.integers(0, 20))
    return table, masks, more, conditions


def test_random_queries(place: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=QUERIES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(requests())
    def check(drawn: Any) -> None:
        table, masks, more, conditions = drawn
        decision = decision_of(place, masks)
        copy = copy_of(place, table, decision)
        where = [_condition(c, copy, place.rows[table]) for c in conditions]
        request = asked(place, table, where=[w for w in where if w is not None], **more)
        with deciding_so(monkeypatch, decision):
            given_ = answers(request)
        assert isinstance(given_, list), given_
        assert same(given_, query(copy, request), request), (table, masks, more, conditions)
        seen[table] += 1

    check()
    print(f"\n{sum(seen.values())} random queries: {dict(seen)}")


def _condition(drawn: tuple[str, str, int], copy: list[Any], clear: dict[int, list[Any]]) -> Condition | None:
    """With a value of the copy, or of the rows as they are."""
    name, op, number = drawn
    if op == "is_null":
        return Condition(name, op, bool(number % 2))
    plain = [row for rows in clear.values() for row in rows]
    values = [row[name] for row in (copy if number % 2 else plain) if row[name] is not None]
    if not values:
        return None
    value = values[number % len(values)]
    return Condition(name, op, [value] if op == "in" else value)


# --- over the real decision and the real gate --------------------------------------------------------


def research(place: Hospital, table: str, **more: Any) -> pa.Table:
    with acting(place.people["researcher"].caller()):
        return gate.read(asked(place, table, **more))


def test_a_join_on_pseudonyms_is_the_join_of_the_masked_copies(place: Hospital) -> None:
    """Two reads fit together by the study's name of the patient, and by nothing else."""
    people, labs = (research(place, t).to_pylist() for t in ("silver.patients", "silver.labs"))
    joined = Counter(row["patient_key"] for row in labs)
    expected = Counter(
        {key: len(rows) for n in CONSENTED for key, rows in [(n, place.rows["silver.labs"].get(n, []))]}
    )
    assert sorted(joined.values()) == sorted(count for count in expected.values() if count)
    assert set(joined) <= {row["patient_key"] for row in people}
    for column in ("row_id", "source_row", "file_hash", "lab_id"):
        assert {row.get(column) for row in labs} <= {None, "[withheld]"} or column == "lab_id"


@pytest.mark.parametrize("named", ["patient_key", "row_ids"])
def test_for_research_nobody_is_named_by_a_real_key(place: Hospital, named: str) -> None:
    """Who also treats a patient knows the key; answered by it, a pseudonym would be no secret to them."""
    number = min(CONSENTED)
    real = {"patient_key": place.keys[number]}
    if named == "row_ids":
        real = {"row_ids": [place.rows["silver.labs"][number][0]["row_id"]]}
    with pytest.raises(gate.Refused):
        research(place, "silver.labs", **real)


def test_intervals_are_kept_and_dates_are_not(place: Hospital) -> None:
    """Between two dates of a patient the days stay the same, over tables too; no date stays where it was."""
    shown: dict[str, list[date]] = {}
    for row in research(place, "silver.labs", columns=["patient_key", "taken_on"]).to_pylist():
        shown.setdefault(row["patient_key"], []).append(row["taken_on"])
    real = {n: [r["taken_on"] for r in place.rows["silver.labs"].get(n, [])] for n in CONSENTED}
    spans = sorted(max(days) - min(days) for days in shown.values() if None not in days)
    truth = sorted(max(days) - min(days) for days in real.values() if days and None not in days)
    assert spans == truth
    assert spans and timedelta(0) <= spans[0]


def test_taking_out_and_charts_see_what_reading_sees(place: Hospital) -> None:
    """A Parquet file of a read, and the counts behind a chart, of the real decision."""
    rows = research(place, "silver.patients")
    sink = io.BytesIO()
    pq.write_table(rows, sink)
    assert pq.read_table(io.BytesIO(sink.getvalue())).to_pylist() == rows.to_pylist()
    charted = research(place, "silver.patients", count_by=["sex"], order_by=["sex"]).to_pylist()
    counted = Counter(row["sex"] for row in rows.to_pylist())
    for cell in charted:
        told = cell["rows"]
        assert told is None or (abs(told - counted[cell["sex"]]) <= 5 and counted[cell["sex"]] > 10)
    assert {cell["sex"] for cell in charted} == set(counted)
    assert current().hash and datetime.now()
