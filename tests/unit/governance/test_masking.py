"""Every mask on every kind of value: what it keeps, and that nothing of the value survives."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tumorboard.accounts.sealing import Unsealable, seal, unseal
from tumorboard.governance.actions import record_consents, register_securables
from tumorboard.governance.masking import FUNCTIONS, masked, needed
from tumorboard.governance.models import Study, StudyPseudonym
from tumorboard.governance.permissions import Decision
from tumorboard.governance.policies.functions import MASKS
from tumorboard.governance.policies.words import KINDS
from tumorboard.governance.pseudonyms import pseudonyms

pytestmark = pytest.mark.django_db
TODAY = datetime.now(UTC).date()
RELAXED = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def study(db: None) -> Study:
    return Study.objects.create(code="one", title="One", starts_on=date(2020, 1, 1))


@pytest.fixture
def other(db: None) -> Study:
    return Study.objects.create(code="two", title="Two", starts_on=date(2020, 1, 1))


def shown(mask: str, values: list, kind: pa.DataType, study: Study | None = None, **columns: list) -> list:
    """The values as they are seen behind a mask; a patient of its own for each row where none is named."""
    columns.setdefault("patient_key", [f"p{number}" for number in range(len(values))])
    rows = pa.table(
        {"value": pa.array(values, kind), **{n: pa.array(v, pa.string()) for n, v in columns.items()}}
    )
    found = masked(rows, Decision(True, "test", {"value": mask}), table="silver.labs", study=study)
    assert found.schema.field("value").type == kind, "a mask keeps the type"
    assert found.num_rows == rows.num_rows
    return found["value"].to_pylist()


def test_the_registry_names_what_there_is() -> None:
    assert set(FUNCTIONS) == set(MASKS)
    assert len({(m.strictness, m.name) for m in MASKS.values()}) == len(MASKS)


SECRETS = {
    "name": ("Quexington, Ann", pa.string()),
    "mrn": ("SYN-0001234", pa.string()),
    "contact": ("+44 20 7946 0999", pa.string()),
    "device": ("SN-77-ABCDEF", pa.string()),
    "free_text": ("I saw Ann Quexington today", pa.string()),
    "geo": ("12 Harley Street, Springfield, IL 62704", pa.string()),
    "image": ("aGVsbG8=", pa.string()),
    "germline": ("BRCA1 p.C61G", pa.string()),
    "rare": ("Erdheim-Chester", pa.string()),
    "link": ("deadbeefdeadbeef", pa.string()),
    "date": (date(2024, 3, 17), pa.date32()),
    "age": (97.0, pa.float64()),
}
CHANGED_LITTLE = {
    ("age", "germline"), ("date", "germline"), ("age", "age_over_89"), ("age", "bucket"),
    ("date", "shift_date"),
    ("date", "year_only"), ("geo", "state"), ("geo", "zip3"),
}  # fmt: skip


@pytest.mark.parametrize("mask", sorted(MASKS))
@pytest.mark.parametrize("kind", sorted(SECRETS))
def test_nothing_of_the_value_survives(kind: str, mask: str, study: Study) -> None:
    value, arrow = SECRETS[kind]
    (found,) = shown(mask, [value], arrow, study)
    assert found != value
    assert str(value) not in str(found)
    if found is not None and (kind, mask) not in CHANGED_LITTLE:
        assert mask in ("withhold", "pseudonym")
        assert not {word for word in str(value).split() if len(word) > 3} & set(str(found).split())


def test_every_kind_that_identifies_is_tried() -> None:
    assert set(KINDS) - set(SECRETS) == {"somatic", "clinical"}


@pytest.mark.parametrize("mask", sorted(MASKS))
def test_no_rows_and_missing_values(mask: str, study: Study) -> None:
    for kind in (pa.string(), pa.date32(), pa.float64(), pa.int64(), pa.bool_(), pa.list_(pa.string())):
        assert shown(mask, [], kind, study) == []
        if not pa.types.is_list(kind):
            assert shown(mask, [None, None], kind, study) == [None, None]


@pytest.mark.parametrize("mask", ["pseudonym", "shift_date"])
def test_without_a_study_there_is_nothing(mask: str) -> None:
    assert shown(mask, ["a"], pa.string()) == [None]
    assert shown(mask, [date(2024, 1, 1)], pa.date32()) == [None]


def test_dates_of_nobody_are_left_out(study: Study) -> None:
    assert shown("shift_date", [date(2024, 1, 1)], pa.date32(), study, patient_key=[None]) == [None]
    rows = pa.table({"value": pa.array([date(2024, 1, 1)])})
    found = masked(rows, Decision(True, "", {"value": "shift_date"}), table="t", study=study)
    assert found["value"].to_pylist() == [None]


RECENT = st.dates(TODAY - timedelta(days=80 * 365), TODAY)


@RELAXED
@given(dates=st.lists(st.tuples(st.sampled_from("abc"), RECENT), min_size=1, max_size=20))
def test_intervals_of_a_patient_are_kept(study: Study, other: Study, dates: list[tuple[str, date]]) -> None:
    keys, days = [key for key, _ in dates], [day for _, day in dates]
    times = [datetime(day.year, day.month, day.day, 7, 30, tzinfo=UTC) for day in days]
    for in_study in (study, other):
        moved = shown("shift_date", days, pa.date32(), in_study, patient_key=keys)
        exact = shown("shift_date", times, pa.timestamp("us", tz="UTC"), in_study, patient_key=keys)
        shifts = {}
        for key, before, after, to_time in zip(keys, days, moved, exact, strict=True):
            shift = (after - before).days
            assert shifts.setdefault(key, shift) == shift
            assert 1 <= abs(shift) <= 365
            assert to_time - datetime(*before.timetuple()[:3], 7, 30, tzinfo=UTC) == timedelta(days=shift)


@RELAXED
@given(ages=st.lists(st.one_of(st.none(), st.floats(0, 130)), max_size=20))
def test_nobody_is_over_89(ages: list[float | None]) -> None:
    found = shown("age_over_89", ages, pa.float64())
    for before, after in zip(ages, found, strict=True):
        assert after == (90 if before is not None and before > 89 else before)


@pytest.mark.parametrize("mask", ["shift_date", "year_only"])
def test_no_date_tells_of_an_age_over_89(mask: str, study: Study) -> None:
    ninety = TODAY.replace(year=TODAY.year - 90)
    days = [ninety, ninety - timedelta(days=1), ninety - timedelta(days=4_000), date(1850, 1, 1)]
    assert shown(mask, days, pa.date32(), study) == [None] * 4
    assert shown("year_only", [ninety + timedelta(days=1)], pa.date32()) != [None]


def test_ages_among_features_only_where_the_feature_is_an_age(study: Study) -> None:
    features = ["age", "age_at_diagnosis", "albumin", "dosage", None]
    assert shown("age_over_89", [95.0] * 5, pa.float64(), feature=features) == [90, 90, 95, 95, 90]


def test_pseudonyms_are_equal_within_a_study_and_differ_between_studies(study: Study, other: Study) -> None:
    keys = ["p1", "p2", "p1", None]
    rows = pa.table({"patient_key": keys, "specimen_id": ["s", "s", "t", None]})
    decision = Decision(True, "", {"patient_key": "pseudonym", "specimen_id": "pseudonym"})
    one, again, two = (
        masked(rows, decision, table="t", study=s)["patient_key"].to_pylist() for s in (study, study, other)
    )
    assert one == again
    assert one[0] == one[2] != one[1]
    assert one[3] is None
    assert not set(one[:3]) & set(two[:3])
    specimens = masked(rows, decision, table="t", study=study)["specimen_id"].to_pylist()
    assert specimens[0] == specimens[1] != specimens[2]
    assert not {"p1", "p2", "s", "t"} & {*one, *specimens}


def test_the_crosswalk_is_sealed(study: Study, settings: object) -> None:
    found = pseudonyms(study, ["p1"])["p1"]
    row = StudyPseudonym.objects.get()
    for secret in ("p1", found.name, found.name.removeprefix("S-")):
        assert secret.encode() not in bytes(row.sealed) + bytes(row.lookup)
    settings.SEALING_KEY = "another key"
    with pytest.raises(Unsealable):
        unseal(row.sealed, f"{study.pk}|patient")


def test_a_seal_opens_in_its_own_place_only() -> None:
    sealed = seal(b"value", "here")
    assert unseal(sealed, "here") == b"value"
    assert seal(b"value", "here") != sealed
    for blob, place in [(sealed, "there"), (sealed[:-1], "here"), (b"\0" * 40, "here")]:
        with pytest.raises(Unsealable):
            unseal(blob, place)


def test_germline_findings_by_consent(study: Study) -> None:
    register_securables()
    record_consents(patient_keys=["p1"], scope="germline", by="tests")
    genes, keys = ["BRCA1", "BRCA2", "TP53", "ATM"], ["p0", "p1", "p2", "p3"]
    origins = ["germline", "germline", "somatic", "unknown"]
    found = shown("germline", genes, pa.string(), patient_key=keys, origin_class=origins)
    assert found == [None, "BRCA2", "TP53", None]
    assert shown("germline", genes, pa.string(), patient_key=keys) == [None, "BRCA2", None, None]


@pytest.mark.parametrize(
    ("text", "state", "digits"),
    [
        ("Springfield, IL 62704", "IL", "627"),
        ("IL", "IL", None),
        ("03601", None, "000"),
        ("03601-1234", None, "036"[:0] or "000"),
        ("Royal Marsden", None, None),
        ("", None, None),
        ("1 2", None, None),
    ],
)
def test_places(text: str, state: str | None, digits: str | None) -> None:
    assert shown("state", [text], pa.string()) == [state]
    assert shown("zip3", [text], pa.string()) == [digits]


def test_steps() -> None:
    assert shown("bucket", [0, 4, 5, 99, None], pa.int64()) == [0, 0, 5, 95, None]


def test_a_refused_read_is_never_masked_and_sent() -> None:
    with pytest.raises(PermissionError):
        masked(pa.table({"a": [1]}), Decision(False, "no"), table="t")


def test_what_masking_needs_to_see() -> None:
    present = ["gene", "origin_class", "patient_key", "feature"]
    assert needed(Decision(True, "", {"gene": "germline"}), present) == ["origin_class", "patient_key"]
    assert needed(Decision(True, ""), present) == []
