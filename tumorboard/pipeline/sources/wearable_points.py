"""The one shape in which the wearable readers give their data points, and the times in them.

`start` and `end` are ISO 8601 with an offset; for a reading at one moment they are equal. `received` is the
vendor's own record, unchanged.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from tumorboard.pipeline.sources.reading import Notice, Reading, Rejected, SourceRow, Subject, Unreadable

DAY = timedelta(days=1)


def data_point(
    place: str,
    measure: str,
    span: tuple[datetime, datetime],
    received: Any,
    *,
    value: float | None = None,
    unit: str = "",
    who: Subject | None = None,
    **more: Any,
) -> SourceRow:
    """One measurement. `more`: device, modality, external_id, comment, parts (values with names)."""
    if value is not None and not math.isfinite(value):
        raise ValueError("not a number")
    payload = {
        "measure": measure,
        "value": value,
        "unit": unit,
        "start": iso(span[0]),
        "end": iso(span[1]),
        **{name: given for name, given in more.items() if given not in (None, "")},
        "received": received,
    }
    return SourceRow(place, measure, payload, who)


def each(place: str, items: Any, read: Callable[[str, Any], Iterable[Reading]]) -> Iterator[Reading]:
    """Read every item of a list; one that lacks what it should hold is refused and the next one read."""
    if not isinstance(items, list):
        raise Unreadable("a list was expected here", place)
    for index, item in enumerate(items):
        yield from guarded(f"{place}[{index}]", item, read)


def guarded(place: str, item: Any, read: Callable[[str, Any], Iterable[Reading]]) -> Iterator[Reading]:
    """Read one item, turning a missing field or a value of the wrong type into a refusal."""
    try:
        yield from list(read(place, item))
    except KeyError as error:
        field = str(error.args[0])[:60]
        yield Rejected(place, f"the field {field} is missing", field)
    except (TypeError, ValueError, AttributeError, ArithmeticError, OSError):
        yield Rejected(place, "a field holds a value of the wrong kind (number, date or time zone expected)")


def unless_zero(point: SourceRow, zeros: Counter[str]) -> Iterator[SourceRow]:
    """The point, or, if its value is zero, one more in the count of zeros."""
    if point.payload["value"]:
        yield point
    else:
        zeros[point.kind] += 1


def left_out(place: str, zeros: Counter[str]) -> Iterator[Notice]:
    """Say that zero values were left out: a device that is not worn also counts zero."""
    if zeros:
        yield Notice(
            place, f"{zeros.total()} zero values left out: they cannot be told from a device not worn"
        )


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def from_text(text: str, zone: tzinfo = UTC) -> datetime:
    """An ISO 8601 time; one without an offset is of `zone`."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def whole_day(date: str, zone: tzinfo = UTC) -> tuple[datetime, datetime]:
    """From midnight to midnight local time: 23 or 25 hours long when the clocks change."""
    start = from_text(date[:10], zone)
    return start, start + DAY  # local clock arithmetic; the offset of each end follows from its own date


def moment(at: datetime) -> tuple[datetime, datetime]:
    return at, at


def zone_of(name: str) -> tzinfo:
    """The named time zone. Raises ValueError for an unknown one."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError) as error:
        raise ValueError("unknown time zone") from error
