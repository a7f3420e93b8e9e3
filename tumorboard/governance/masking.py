"""Rows as the decision lets them be seen: each masked column by its mask, whole columns at a time.

A mask keeps the type of its column, and knows only values: what it cannot mask it leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc
from django.utils import timezone

from tumorboard.governance.models import Consent, Study
from tumorboard.governance.permissions import Decision
from tumorboard.governance.pseudonyms import NUMBER, Pseudonym, pseudonyms

OLDEST = 89  # years: ages above are one group (45 CFR 164.514(b)(2)(i)(C))
STEP = 5
WITHHELD = "[withheld]"
# First three digits of ZIP codes whose area holds 20,000 people or fewer (2010 census) are shown as 000.
SMALL_ZIP3 = "036 059 102 202 203 204 205 369 556 692 753 772 821 823 878 879 884 893"
STATES = (
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC "
    "ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY"
)
# Columns a mask looks at beside its own.
LOOKS_AT = {"germline": "origin_class", "age_over_89": "feature"}


def masked(rows: pa.Table, decision: Decision, *, table: str, study: Study | None = None) -> pa.Table:
    """`rows` of `table` with the masks of the decision applied; what the gate sends.

    `rows` hold `patient_key` where dates are moved, and the columns of `needed`; without them the values are
    left out. `study` is the one whose pseudonyms are used; without one there are none.
    """
    if not decision.allowed:
        raise PermissionError("rows of a refused read are not masked, they are not sent")
    before = Before(rows, decision.study or study)
    for name, mask in decision.masks.items():
        if name in rows.column_names:
            place = rows.column_names.index(name)
            values = FUNCTIONS[mask](before, name)
            rows = rows.set_column(place, rows.schema.field(place).with_nullable(True), values)
    return rows


def needed(decision: Decision, present: list[str]) -> list[str]:
    """Columns that masking must see, of those `present`, whether they are sent or not."""
    looked = {"patient_key", *(LOOKS_AT[m] for m in decision.masks.values() if m in LOOKS_AT)}
    return [name for name in present if name in looked] if decision.masks else []


@dataclass(frozen=True)
class Before:
    """The rows before masking, and what is known of their patients."""

    rows: pa.Table
    study: Study | None

    def column(self, name: str) -> pa.Array:
        found = self.rows.column(name)
        return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found

    def type_of(self, name: str) -> pa.DataType:
        return self.rows.schema.field(name).type

    @cached_property
    def patients(self) -> pa.Array | None:
        return self.column("patient_key") if "patient_key" in self.rows.column_names else None

    @cached_property
    def known(self) -> dict[str, Pseudonym]:
        if self.patients is None or self.study is None:
            return {}
        return pseudonyms(self.study, [key for key in self.patients.unique().to_pylist() if key])

    @cached_property
    def shifts(self) -> pa.Array | None:
        """Days for each row; None where nobody knows whose dates these are."""
        if not self.known:
            return None
        return self.per_patient({key: found.shift for key, found in self.known.items()}, pa.int32())

    @cached_property
    def germline(self) -> pa.Array:
        """Whether the patient of each row agreed to germline findings."""
        if self.patients is None:
            return _all(False, self.rows.num_rows)
        keys = [key for key in self.patients.unique().to_pylist() if key]
        agreed = Consent.objects.in_force().filter(scope=Consent.Scope.GERMLINE, patient_key__in=keys)
        held = pa.array(list(agreed.values_list("patient_key", flat=True)), pa.string())
        return pc.is_in(self.patients, held)

    def per_patient(self, values: Mapping[str, object], kind: pa.DataType) -> pa.Array:
        return _looked_up(self.patients, values, kind)


# --- the masks ------------------------------------------------------------------------------------------


def null(before: Before, name: str) -> pa.Array:
    return pa.nulls(before.rows.num_rows, before.type_of(name))


def withhold(before: Before, name: str) -> pa.Array:
    """Text says that it is withheld, where there is any."""
    values = before.column(name)
    if not pa.types.is_string(values.type):
        return null(before, name)
    return pc.if_else(values.is_valid(), WITHHELD, None)


def pseudonym(before: Before, name: str) -> pa.Array:
    """The patient by the study's pseudonym of the patient; other identifiers by one of their own."""
    values = before.column(name)
    if before.study is None or not pa.types.is_string(values.type):
        return null(before, name)
    if name == "patient_key":
        return before.per_patient({key: found.name for key, found in before.known.items()}, pa.string())
    distinct = [value for value in values.unique().to_pylist() if value]
    found = pseudonyms(before.study, distinct, f"{NUMBER}:{name}")
    return _looked_up(values, {value: known.name for value, known in found.items()}, pa.string())


def germline(before: Before, name: str) -> pa.Array:
    """Findings in the tumour stay; any other only of patients who agreed to germline findings."""
    shown = before.germline
    if "origin_class" in before.rows.column_names:
        shown = pc.or_kleene(shown, pc.fill_null(pc.equal(before.column("origin_class"), "somatic"), False))
    return pc.if_else(shown, before.column(name), pa.scalar(None, before.type_of(name)))


def shift_date(before: Before, name: str) -> pa.Array:
    """Moved by the patient's days of the study, so that the time between two dates stays.

    A date so long ago that it tells of an age above 89 is left out.
    """
    values, shifts = before.column(name), before.shifts
    if shifts is None or not (pa.types.is_date32(values.type) or pa.types.is_timestamp(values.type)):
        return null(before, name)
    if pa.types.is_date32(values.type):
        moved = pc.add(values.cast(pa.int32()), shifts).cast(values.type)
    else:
        moved = pc.add(values, pc.multiply(shifts.cast(pa.int64()), 86_400_000_000).cast(pa.duration("us")))
    return _not_too_old(_not_too_old(moved, values), moved)


def year_only(before: Before, name: str) -> pa.Array:
    """The first of January of the year; text keeps four leading digits."""
    values = before.column(name)
    if not (pa.types.is_date32(values.type) or pa.types.is_timestamp(values.type)):
        return null(before, name)
    floored = pc.floor_temporal(values.cast(pa.timestamp("us", tz="UTC")), unit="year")
    return _not_too_old(floored.cast(values.type, safe=False), values)


def age_over_89(before: Before, name: str) -> pa.Array:
    """90 and over is 90; in a table of features only where the feature is an age."""
    values = before.column(name)
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        return null(before, name)
    capped = pc.if_else(pc.greater(values, OLDEST), pa.scalar(OLDEST + 1, values.type), values)
    if "feature" not in before.rows.column_names:
        return capped
    is_age = pc.match_substring_regex(before.column("feature"), r"(^|_)age(_|$)")
    return pc.if_else(pc.fill_null(is_age, True), capped, values)


def state(before: Before, name: str) -> pa.Array:
    """The two letters of a state of the USA that the text ends with, alone or before a ZIP code."""
    return _of_text(before, name, _state_of)


def zip3(before: Before, name: str) -> pa.Array:
    """The first three digits of a ZIP code; 000 where 20,000 people or fewer live there."""
    return _of_text(before, name, _zip3_of)


def bucket(before: Before, name: str) -> pa.Array:
    """Numbers in steps of five, rounded down."""
    values = before.column(name)
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        return null(before, name)
    steps = pc.floor(pc.divide(values.cast(pa.float64(), safe=False), STEP))
    return pc.multiply(steps, STEP).cast(values.type, safe=False)


FUNCTIONS: Mapping[str, Callable[[Before, str], pa.Array]] = {
    function.__name__: function
    for function in (
        null, withhold, pseudonym, germline, shift_date, year_only, age_over_89, state, zip3, bucket,
    )
}  # fmt: skip


# --- what they are made of ------------------------------------------------------------------------------


def _of_text(before: Before, name: str, found: Callable[[str], str | None]) -> pa.Array:
    values = before.column(name)
    if not pa.types.is_string(values.type):
        return null(before, name)
    distinct = [value for value in values.unique().to_pylist() if value is not None]
    return _looked_up(values, {value: found(value) for value in distinct}, pa.string())


def _state_of(text: str) -> str | None:
    words = [word for word in text.replace(",", " ").split() if not word[:5].isdigit()]
    return words[-1] if words and words[-1] in STATES.split() else None


def _zip3_of(text: str) -> str | None:
    digits = text.strip()[-10:].split()[-1:] if text.strip() else []
    code = digits[0].split("-")[0] if digits else ""
    if len(code) != 5 or not code.isdigit():
        return None
    return "000" if code[:3] in SMALL_ZIP3.split() else code[:3]


def _looked_up(values: pa.Array, found: Mapping[str, object], kind: pa.DataType) -> pa.Array:
    """Each value by a dictionary: looked up once for each distinct value."""
    encoded = values.dictionary_encode()
    answers = pa.array([found.get(value) for value in encoded.dictionary.to_pylist()], kind)
    return answers.take(encoded.indices)


def _not_too_old(shown: pa.Array, told: pa.Array) -> pa.Array:
    """`shown`, but nothing where `told` lies more than 89 years back."""
    today = timezone.localdate()
    first = date(today.year - OLDEST - 1, today.month, 1) + timedelta(days=today.day)
    recent = pc.greater_equal(told.cast(pa.date32(), safe=False), pa.scalar(first, pa.date32()))
    return pc.if_else(recent, shown, pa.scalar(None, shown.type))


def _all(value: bool, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value), count)
