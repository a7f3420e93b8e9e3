"""What the hospitals know about a patient: the true course seen through a site's means, with gaps and
contradictions.

The gaps are natural: they depend on the sending site and the year, not on the patient's prognosis. The
contradictions are put there on purpose and listed, so that whoever reads the files can be checked against
`truth.json`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import timedelta

from tumorboard.synthetic.course import Course, draw_course
from tumorboard.synthetic.dice import Dice, chance
from tumorboard.synthetic.disease import Disease, draw_disease
from tumorboard.synthetic.labs import LabValue, draw_labs
from tumorboard.synthetic.people import REFERENCE_DATE, Person, draw_person, share_in
from tumorboard.synthetic.phantom import TARGETS, Target
from tumorboard.synthetic.variants import (
    CATALOGUE,
    GERMLINE,
    PANEL_GENES,
    PANEL_NAME,
    REGIONAL_PANEL_GENES,
    REGIONAL_PANEL_NAME,
    Alteration,
    vus,
)


@dataclass(frozen=True)
class Specimen:
    accession: str
    type: str
    body_site: str
    day: int
    purity: float


@dataclass(frozen=True)
class Finding:
    """An alteration as one assay measured it: variant allele fraction 0..1, total and alternate reads."""

    alteration: Alteration
    vaf: float
    depth: int

    @property
    def alt_reads(self) -> int:
        return round(self.vaf * self.depth)


@dataclass(frozen=True)
class GenomicTest:
    """One molecular report. `route` says how it reaches the lake: vcf, maf or single (inside FHIR)."""

    specimen: Specimen
    route: str
    panel: str
    genes: tuple[str, ...]
    states_coverage: bool
    reported: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Study:
    """One CT examination. Without pixels only the FHIR ImagingStudy exists (images elsewhere: "partial")."""

    name: str
    uid: str
    series_uid: str
    day: int
    target: Target
    volume_ml: float
    slices: int
    pixels: bool


@dataclass(frozen=True)
class Contradiction:
    """Something two sources disagree on, on purpose. `right` is the truth, `stated` what the other source
    says.
    """

    kind: str
    where: str
    right: str
    stated: str


@dataclass(frozen=True)
class Record:
    """Everything the writers need about one patient."""

    dice: Dice
    person: Person
    disease: Disease
    course: Course
    specimens: tuple[Specimen, ...]
    tests: tuple[GenomicTest, ...]
    studies: tuple[Study, ...]
    labs: tuple[LabValue, ...]
    has_notes: bool
    wearable_days: int
    contradictions: tuple[Contradiction, ...] = field(default=())

    def contradiction(self, kind: str) -> Contradiction | None:
        return next((found for found in self.contradictions if found.kind == kind), None)


def draw_record(seed: int, index: int, imaging_share: float = 1.0) -> Record:
    """Patient number `index` of the cohort `seed`; the same whatever the size of the cohort."""
    dice = Dice(seed, index)
    disease = draw_disease(dice)
    course = draw_course(dice, disease)
    person = _person(dice, disease, course)
    specimens = _specimens(dice, disease, course)
    ctdna = course.on(course.last_day).year >= 2023 and chance(dice.on("ctdna"), person.site.ctdna)
    record = Record(
        dice=dice,
        person=person,
        disease=disease,
        course=course,
        specimens=specimens,
        tests=_tests(dice, person, disease, course, specimens),
        studies=_studies(dice, person, disease, course, imaging_share),
        labs=tuple(draw_labs(dice, person, disease, course, ctdna)),
        has_notes=chance(dice.on("notes-share"), share_in(course.diagnosed.year, person.site.notes)),
        wearable_days=_wearable_days(dice, person, course),
    )
    return _contradict(record)


def _person(dice: Dice, disease: Disease, course: Course) -> Person:
    rng = dice.on("birth")
    sex = "female" if chance(rng, disease.tumour.female) else "male"
    smoker = "former or current smoker" if chance(rng, disease.tumour.smoker) else "never smoked"
    birth_date = course.diagnosed - timedelta(days=round(disease.age * 365.25))
    return draw_person(dice, sex, birth_date, smoker, disease.age)


def _specimens(dice: Dice, disease: Disease, course: Course) -> tuple[Specimen, ...]:
    rng = dice.on("specimens")
    site = disease.tumour.body_site[1]
    days = [(-rng.randrange(4, 14), "Biopsy of primary tumour", site)]
    for therapy in course.therapies:
        if therapy.kind == "surgery":
            days.append((therapy.start, "Resection specimen", site))
    first_pd = next(
        (day for day in course.progressions if course.lines and day > course.lines[0].start), None
    )
    if first_pd is not None and chance(rng, 0.5) and first_pd + 6 <= course.last_day:
        where = disease.metastases[0] if disease.metastases else site
        days.append((first_pd + 5, "Biopsy of metastasis", where))
    return tuple(
        Specimen(
            f"SP-{dice.opaque('specimen', number)[:8].upper()}",
            kind,
            where,
            day,
            round(rng.uniform(0.15, 0.8), 2),
        )
        for number, (day, kind, where) in enumerate(days)
    )


def _tests(
    dice: Dice, person: Person, disease: Disease, course: Course, specimens: tuple[Specimen, ...]
) -> tuple[GenomicTest, ...]:
    """The molecular reports: a site's own means, the first specimen and a later metastasis."""
    rng = dice.on("tests")
    if person.site.molecular == "single":
        usual = SINGLE_GENE[disease.tumour.oncotree]
        return (_single_gene_test(rng, disease, specimens[0], usual),) if usual else ()
    year = course.diagnosed.year
    if year < person.site.ngs_since or not chance(rng, share_in(year, person.site.genomics)):
        return ()
    sampled = [specimens[0]] + [s for s in specimens[1:] if s.type == "Biopsy of metastasis"]
    tests = [_panel_test(rng, person, disease, course, s, again=s is not specimens[0]) for s in sampled]
    return tuple(t for t in tests if t.reported <= course.last_day)


def _panel_test(
    rng: random.Random, person: Person, disease: Disease, course: Course, specimen: Specimen, *, again: bool
) -> GenomicTest:
    route = person.site.molecular
    genes = PANEL_GENES if route == "vcf" else REGIONAL_PANEL_GENES
    names = disease.alterations + (_acquired(rng, disease) if again else ())
    # The regional MAF holds small variants only: its laboratory sends no copy number and no fusions.
    wanted = [CATALOGUE[n] for n in names if CATALOGUE[n].gene in genes]
    wanted = [a for a in wanted if route == "vcf" or a.kind in ("snv", "indel")]
    wanted += [vus(rng) for _ in range(rng.randrange(2, 7))]
    if route == "vcf":
        wanted += [found for found in GERMLINE.values() if found.filter != "PASS" and chance(rng, 0.5)]
    late = chance(rng, 0.35)
    first_line = course.lines[0].start if course.lines else 30
    reported = (
        max(first_line, specimen.day) + rng.randrange(6, 25) if late else specimen.day + rng.randrange(12, 20)
    )
    findings = tuple(_measure(rng, a, specimen.purity) for a in wanted)
    panel = PANEL_NAME if route == "vcf" else REGIONAL_PANEL_NAME
    return GenomicTest(specimen, route, panel, genes, route == "vcf" or chance(rng, 0.65), reported, findings)


def _acquired(rng: random.Random, disease: Disease) -> tuple[str, ...]:
    """Resistance that appears under treatment."""
    by_group = {
        "EGFR": ("EGFR C797S", "MET amplification", "EGFR T790M"),
        "ER": ("ESR1 D538G", "ESR1 Y537S"),
        "ER PIK3CA": ("ESR1 D538G", "ESR1 Y537S"),
    }
    names = by_group.get(disease.driver.group, ())
    if disease.tumour.oncotree == "PRAD":
        names = ("AR L702H", "AR amplification")
    return (rng.choice(names),) if names and chance(rng, 0.6) else ()


def _measure(rng: random.Random, alteration: Alteration, purity: float) -> Finding:
    depth = rng.randrange(180, 950)
    if alteration.origin == "germline":
        return Finding(alteration, round(rng.gauss(0.49, 0.03), 3), depth)
    clonal = purity / 2 * (1.0 if alteration.gene != "TP53" else 1.5)
    return Finding(alteration, round(min(max(clonal * rng.uniform(0.7, 1.15), 0.02), 0.95), 3), depth)


SINGLE_GENE = {
    "LUAD": ("EGFR", "KRAS", "BRAF", "ALK"),
    "COAD": ("KRAS", "NRAS", "BRAF"),
    "IDC": ("ERBB2",),
    "SKCM": ("BRAF",),
    "PAAD": (),
    "PRAD": (),
}


def _single_gene_test(
    rng: random.Random, disease: Disease, specimen: Specimen, genes: tuple[str, ...]
) -> GenomicTest:
    found = [CATALOGUE[name] for name in disease.alterations if CATALOGUE[name].gene in genes]
    findings = tuple(_measure(rng, a, specimen.purity) for a in found)
    return GenomicTest(specimen, "single", "Single-gene tests", genes, True, specimen.day + 9, findings)


def _studies(
    dice: Dice, person: Person, disease: Disease, course: Course, imaging_share: float
) -> tuple[Study, ...]:
    """CT examinations: at diagnosis, at the first response and at the latest staging."""
    rng = dice.on("imaging")
    if not chance(rng, share_in(course.diagnosed.year, person.site.imaging)):
        return ()
    staged = [a.day for a in course.assessments if a.line is not None]
    days = sorted({3} | set(staged[:1]) | set(staged[-1:]))
    if chance(rng, 0.45):
        days = days[:1]
    elsewhere, slices = chance(rng, 0.08), rng.randrange(24, 30)
    kept = rng.random() < imaging_share
    return tuple(
        Study(
            name=dice.opaque("study", day),
            uid=dice.uid("study", day),
            series_uid=dice.uid("series", day),
            day=day,
            target=TARGETS[measured_at(disease, course, day)],
            volume_ml=round(min(max(disease.volume_ml * course.burden(day), 0.3), 260.0), 2),
            slices=slices,
            pixels=kept and not elsewhere,
        )
        for day in days
        if day <= course.last_day
    )


def measured_at(disease: Disease, course: Course, day: int) -> str:
    """Where the measured lesion is: a metastasis in liver or lung if there is one by then, or the primary."""
    sites = list(disease.metastases)
    if not sites and course.recurrence is not None and day >= course.recurrence:
        sites = [disease.tumour.metastases[0]]
    if disease.tumour.primary == "lung":
        return "lung"
    organs = [organ for site in sites for organ in ("liver", "lung") if organ in site]
    return organs[0] if organs else disease.tumour.primary


def _wearable_days(dice: Dice, person: Person, course: Course) -> int:
    rng = dice.on("wearable-share")
    willing = person.site.wearables * (1.2 if person.age_on(REFERENCE_DATE) < 65 else 0.7)
    recent = course.last_contact.year >= 2024 and course.last_day > 20
    return rng.randrange(60, 121) if recent and chance(rng, willing) else 0


def _contradict(record: Record) -> Record:
    """Put the contradictions in; each kind is drawn alone, so a patient can have none or several."""
    rng = record.dice.on("contradictions")
    drawn = {kind: chance(rng, share) for kind, share in CONTRADICTIONS.items()}
    if record.has_notes:
        found = [c for c in (_stage(record), _ecog(record), _start(record)) if c and drawn[c.kind]]
        if drawn["duplicate note"]:
            found.append(
                Contradiction("duplicate note", "notes", "one letter", "the same letter filed twice")
            )
    else:
        found = []
    found += _late_reports(record)
    if drawn["corrected lab"]:
        record, correction = _correct_lab(record, rng)
        found.append(correction)
    return replace(record, contradictions=tuple(found))


CONTRADICTIONS = {
    "stage in letter": 0.20,
    "ECOG in letter": 0.20,
    "therapy start in letter": 0.15,
    "duplicate note": 0.20,
    "corrected lab": 0.25,
}


def _stage(record: Record) -> Contradiction:
    """A letter names the neighbouring T category."""
    right = record.disease.t
    swaps = {
        "T2a": "T2b",
        "T2b": "T2a",
        "T1c": "T2a",
        "T2": "T3",
        "T3": "T2",
        "T4": "T3",
        "T3a": "T3b",
        "T3b": "T3a",
        "T4a": "T4b",
        "T4b": "T4a",
    }
    return Contradiction("stage in letter", "clinic letter", right, swaps.get(right, right[:2] + "b"))


def _ecog(record: Record) -> Contradiction | None:
    if record.course.died:
        return None  # the last letter of the dead states no performance status
    right = record.course.ecog(record.course.last_day, record.disease.ecog)
    stated = right + 1 if right < 3 else right - 1
    return Contradiction("ECOG in letter", "clinic letter", str(right), str(stated))


def _start(record: Record) -> Contradiction | None:
    if not record.course.lines:
        return None
    start = record.course.on(record.course.lines[0].start)
    return Contradiction(
        "therapy start in letter",
        "clinic letter",
        start.isoformat(),
        (start - timedelta(days=31)).isoformat(),
    )


def _late_reports(record: Record) -> list[Contradiction]:
    lines = record.course.lines
    late = [t for t in record.tests[:1] if lines and t.route != "single" and t.reported > lines[0].start]
    return [
        Contradiction(
            "late molecular report",
            "genomics",
            f"therapy began {record.course.on(lines[0].start)}",
            f"report dated {record.course.on(test.reported)}",
        )
        for test in late
    ]


def _correct_lab(record: Record, rng: random.Random) -> tuple[Record, Contradiction]:
    """One result is first sent wrong (ten times too high, a decimal slip) and corrected two days later."""
    candidates = [lab for lab in record.labs if lab.analyte.name in ("Creatinine", "Bilirubin.total", "LDH")]
    right = rng.choice(candidates)
    wrong = replace(right, value=round(right.value * 10, right.analyte.digits))
    corrected = replace(right, reported=min(right.reported + 2, record.course.last_day), status="corrected")
    labs: list[LabValue] = []
    for lab in record.labs:
        labs += [wrong, corrected] if lab is right else [lab]
    what = f"{right.analyte.name} {right.value} {right.analyte.unit}"
    stated = f"first sent as {wrong.value} on {record.course.on(right.day)}"
    return replace(record, labs=tuple(labs)), Contradiction(
        "corrected lab", f"order {right.order}", what, stated
    )
