"""What is asked of the gate: plain values, so that a request reads the same in both processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from tumorboard.governance.gate.faults import BadRequest
from tumorboard.governance.models import Snapshot
from tumorboard.wire.values import read, spelled

OPS = ("eq", "ne", "lt", "le", "gt", "ge", "in", "prefix", "is_null")
COUNT = "rows"  # the column that `count_by` adds


@dataclass(frozen=True)
class Condition:
    """One condition on a column. `in` takes a list, `is_null` True or False, `prefix` how a text begins.

    A condition on a masked column sees the masked values, so that it tells no more than the rows would.
    """

    column: str
    op: str
    value: Any = None

    def __post_init__(self) -> None:
        if self.op not in OPS:
            raise BadRequest(f"no condition {self.op!r}; there are {', '.join(OPS)}")
        if self.op == "in" and not isinstance(self.value, (list, tuple, set, frozenset)):
            raise BadRequest(f"`in` on {self.column} takes a list")


@dataclass(frozen=True)
class Request:
    """What one read asks for.

    `columns` None means all. `patient_keys` None asks for all patients, which only services may.
    `row_ids` narrows to single rows. Without `snapshot` and `version` the latest published version is read.
    `where` conditions all hold; `order_by` names columns, `-` before one turns it round; `limit` cuts after
    that. `count_by` gives the number of rows for each combination of its columns, as column `rows`.
    """

    by: Any
    purpose: str
    table: str
    columns: Sequence[str] | None = None
    patient_key: str | None = None
    patient_keys: Sequence[str] | None = None
    row_ids: Sequence[str] | None = None
    snapshot: Snapshot | None = None
    version: int | None = None
    where: Sequence[Condition] = ()
    order_by: Sequence[str] = ()
    limit: int | None = None
    count_by: Sequence[str] | None = None
    study: Any = None

    @property
    def patients(self) -> list[str] | None:
        if self.patient_keys is not None:
            return list(self.patient_keys)
        return None if self.patient_key is None else [self.patient_key]

    @property
    def conditions(self) -> list[Condition]:
        """With the single rows asked for, which are a condition like any other."""
        rows = [] if self.row_ids is None else [Condition("row_id", "in", list(self.row_ids))]
        return [*self.where, *rows]

    @property
    def mentioned(self) -> list[str]:
        """Every column the request names, wherever it names it."""
        ordered = [name.removeprefix("-") for name in self.order_by if name.removeprefix("-") != COUNT]
        named = [
            *(self.columns or ()),
            *(self.count_by or ()),
            *ordered,
            *(c.column for c in self.conditions),
        ]
        return list(dict.fromkeys(named))


@dataclass(frozen=True)
class Replacement:
    """Which rows give way to the new ones, and why. `patients` None: all rows of the table."""

    table: str
    inputs: Mapping[str, int]
    run_id: str
    code_version: str
    patients: Sequence[str] | None = None

    def plain(self) -> dict[str, Any]:
        return asdict(self)


PLAIN = ("purpose", "table", "patient_key", "version", "limit")
LISTS = ("columns", "patient_keys", "row_ids", "order_by", "count_by")


def to_plain(request: Request) -> dict[str, Any]:
    """The request without the person, as JSON may carry it; what it leaves open is left out."""
    plain: dict[str, Any] = {name: getattr(request, name) for name in PLAIN}
    plain |= {name: None if (v := getattr(request, name)) is None else list(v) for name in LISTS}
    plain["where"] = [[c.column, c.op, spelled(c.value)] for c in request.where]
    plain["snapshot"] = str(request.snapshot.uuid) if request.snapshot else None
    plain["study"] = request.study.pk if request.study is not None else None
    defaults = {f.name: list(f.default) if f.default == () else f.default for f in fields(Request)}
    return {name: value for name, value in plain.items() if value != defaults[name]}


def from_plain(plain: dict[str, Any], by: Any, snapshots: dict[str, Snapshot], study: Any = None) -> Request:
    """The request as the gate reads it. Raises BadRequest for one it cannot read."""
    try:
        values = {name: plain[name] for name in (*PLAIN, *LISTS) if name in plain}
        where = tuple(Condition(column, op, read(value)) for column, op, value in plain.get("where", ()))
        snapshot = snapshots[plain["snapshot"]] if "snapshot" in plain else None
        return Request(by=by, where=where, snapshot=snapshot, study=study, **values)
    except (KeyError, TypeError, ValueError) as error:
        raise BadRequest(f"the request cannot be read ({type(error).__name__})") from None
