"""Laws every course obeys, whatever the dice say."""

from __future__ import annotations

from itertools import pairwise

from tumorboard.synthetic.people import REFERENCE_DATE
from tumorboard.synthetic.record import Record
from tumorboard.synthetic.regimens import options
from tumorboard.synthetic.variants import CATALOGUE


def test_nothing_happens_before_diagnosis_or_after_the_last_contact(records: list[Record]) -> None:
    for record in records:
        course = record.course
        assert course.last_contact <= REFERENCE_DATE
        for therapy in course.therapies:
            assert 0 < therapy.start < course.last_day
            assert therapy.end is None or therapy.start <= therapy.end <= course.last_day
        assert all(0 < a.day <= course.last_day for a in course.assessments)
        assert all(0 < lab.day <= lab.reported or lab.status == "corrected" for lab in record.labs)
        assert all(study.day <= course.last_day for study in record.studies)


def test_nobody_is_treated_after_death(records: list[Record]) -> None:
    for record in records:
        if record.course.died:
            assert all(t.end is not None for t in record.course.therapies)


def test_lines_are_numbered_and_follow_one_another(records: list[Record]) -> None:
    for record in records:
        lines = record.course.lines
        assert [t.line for t in lines] == list(range(1, len(lines) + 1))
        for before, after in pairwise(lines):
            assert before.end is not None
            assert before.end < after.start


def test_therapies_fit_tumour_driver_and_line(records: list[Record]) -> None:
    for record in records:
        disease = record.disease
        for therapy in record.course.lines:
            fitting = options(disease.tumour.oncotree, disease.driver.group, therapy.line or 0)
            assert therapy.name in {regimen.name for regimen in fitting}


def test_targeted_drugs_only_with_their_target(records: list[Record]) -> None:
    needs = {"osimertinib": "EGFR", "alectinib": "ALK", "sotorasib": "KRAS", "alpelisib": "PIK3CA"}
    seen = set()
    for record in records:
        genes = {CATALOGUE[name].gene for name in record.disease.alterations}
        for therapy in record.course.therapies:
            for agent in set(therapy.agents) & needs.keys():
                assert needs[agent] in genes
                seen.add(agent)
    assert seen == needs.keys()


def test_progression_precedes_the_end_of_a_line_that_failed(records: list[Record]) -> None:
    for record in records:
        for therapy in record.course.lines:
            if therapy.end_reason == "progression":
                assert therapy.end in record.course.progressions


def test_only_metastatic_or_recurrent_patients_have_lines(records: list[Record]) -> None:
    for record in records:
        if record.disease.resectable and record.course.lines:
            assert record.course.recurrence is not None
            assert record.course.lines[0].start > record.course.recurrence


def test_the_burden_is_higher_at_progression_than_at_its_lowest(records: list[Record]) -> None:
    for record in records:
        course = record.course
        for therapy in course.lines:
            if (
                therapy.end_reason == "progression"
                and therapy.best in ("CR", "PR")
                and therapy.end is not None
            ):
                lowest = min(course.burden(day) for day in range(therapy.start, therapy.end))
                assert course.burden(therapy.end) > 1.7 * lowest
                assert lowest < 0.6 * course.burden(therapy.start)


def test_states_of_the_living_are_spread(records: list[Record]) -> None:
    states = {record.course.state for record in records}
    assert states == {"died", "new", "progressed", "on therapy", "after surgery", "follow-up"}


def test_most_living_patients_were_seen_lately(records: list[Record]) -> None:
    living = [r for r in records if not r.course.died]
    lately = [r for r in living if (REFERENCE_DATE - r.course.last_contact).days <= 45]
    assert len(lately) / len(living) > 0.85


def test_sex_fits_the_organ(records: list[Record]) -> None:
    assert {r.person.sex for r in records if r.disease.tumour.oncotree == "PRAD"} == {"male"}
    assert "female" in {r.person.sex for r in records if r.disease.tumour.oncotree == "IDC"}


def test_an_acquired_alteration_is_new_in_the_second_specimen(records: list[Record]) -> None:
    seconds = [r.tests[1] for r in records if len(r.tests) > 1]
    acquired = {"EGFR C797S", "ESR1 D538G", "ESR1 Y537S", "AR L702H"}
    assert acquired & {f.alteration.name for t in seconds for f in t.findings}
