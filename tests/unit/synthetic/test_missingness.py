"""What is missing depends on the site and the year, and the contradictions are there."""

from __future__ import annotations

from collections.abc import Callable

from tumorboard.synthetic.record import CONTRADICTIONS, Record

Question = Callable[[Record], bool]


def share(records: list[Record], site: str, has: Question) -> float:
    chosen = [r for r in records if r.person.site.code == site]
    return sum(map(has, chosen)) / len(chosen)


def test_imaging_and_wearables_get_rarer_from_a_to_c(records: list[Record]) -> None:
    questions: list[Question] = [lambda r: bool(r.studies), lambda r: r.wearable_days > 0]
    for has in questions:
        a, b, c = (share(records, site, has) for site in "ABC")
        assert a > b > c
        assert a < 1


def test_each_site_has_its_own_route_to_genomics(records: list[Record]) -> None:
    routes = {"A": set(), "B": set(), "C": set()}  # type: dict[str, set[str]]
    for record in records:
        routes[record.person.site.code] |= {test.route for test in record.tests}
    assert routes == {"A": {"vcf"}, "B": {"maf"}, "C": {"single"}}


def test_panels_came_with_the_years(records: list[Record]) -> None:
    site_b = [r for r in records if r.person.site.code == "B"]
    assert not any(r.tests for r in site_b if r.course.diagnosed.year < 2021)
    late = [bool(r.tests) for r in site_b if r.course.diagnosed.year >= 2024]
    assert 0.5 < sum(late) / len(late) < 1


def test_missingness_does_not_follow_the_risk(records: list[Record]) -> None:
    with_images = [r.disease.risk.eta for r in records if r.studies]
    without = [r.disease.risk.eta for r in records if not r.studies]
    assert abs(sum(with_images) / len(with_images) - sum(without) / len(without)) < 0.25


def test_some_regional_tests_do_not_say_what_they_covered(records: list[Record]) -> None:
    stated = {t.states_coverage for r in records for t in r.tests if t.route == "maf"}
    assert stated == {True, False}


def test_every_kind_of_contradiction_occurs(records: list[Record]) -> None:
    kinds = {found.kind for r in records for found in r.contradictions}
    assert kinds == {*CONTRADICTIONS, "late molecular report"}


def test_a_contradiction_contradicts(records: list[Record]) -> None:
    for record in records:
        for found in record.contradictions:
            assert found.right != found.stated


def test_a_late_report_is_dated_after_the_therapy_began(records: list[Record]) -> None:
    for record in records:
        if record.contradiction("late molecular report"):
            assert record.tests[0].reported > record.course.lines[0].start
