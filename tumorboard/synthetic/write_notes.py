"""Letters and reports as plain text: a header of a few lines, an empty line, then prose as physicians write
it.

The prose varies from letter to letter and holds what makes text hard to read by machine: negation, family
history, things considered and not done, old findings, abbreviations, dates in words. Every fact in it comes
from the record, except where a contradiction says otherwise.
"""

from __future__ import annotations

import base64
import hashlib
import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tumorboard.synthetic import phrases
from tumorboard.synthetic.course import Therapy
from tumorboard.synthetic.dice import opaque
from tumorboard.synthetic.record import GenomicTest, Record, Study


@dataclass(frozen=True)
class Note:
    """One document. `text` is the whole file, header included."""

    name: str
    kind: str
    written: date
    author: str
    system: str
    mrn: str
    body: str

    @property
    def text(self) -> str:
        header = [
            f"Record: {self.mrn}",
            f"Date: {self.written}",
            f"Type: {self.kind}",
            f"Author: {self.author}",
        ]
        return "\n".join([*header, f"System: {self.system}", "", self.body.strip()]) + "\n"

    @property
    def sha1(self) -> str:
        """SHA-1 of the file in base64, as FHIR's attachment.hash wants it: to find the file by."""
        return base64.b64encode(hashlib.sha1(self.text.encode(), usedforsecurity=False).digest()).decode()


def notes_of(record: Record) -> list[Note]:
    """All documents of one patient, oldest first; none if the site sends no text."""
    if not record.has_notes:
        return []
    notes = [_pathology(record), _first_letter(record)]
    notes += [_discharge(record, t) for t in record.course.therapies if t.kind == "surgery"]
    notes += [_radiology(record, study) for study in record.studies]
    notes += [_molecular(record, test) for test in record.tests]
    notes += [_line_letter(record, t) for t in record.course.lines]
    notes.append(_last_letter(record))
    notes = sorted(
        (n for n in notes if n.written <= record.course.last_contact), key=lambda n: (n.written, n.kind)
    )
    return _with_duplicate(record, notes)


def _with_duplicate(record: Record, notes: list[Note]) -> list[Note]:
    """The same letter filed a second time by another archive."""
    if record.contradiction("duplicate note") is None:
        return notes
    first = next(n for n in reversed(notes) if n.kind == "Clinic letter")
    return [*notes, replace(first, name=opaque(first.name, "again"), system="regional archive")]


def _note(record: Record, kind: str, key: str, day: int, *paragraphs: str) -> Note:
    rng = record.dice.on(f"author-{kind}-{key}")
    title = {
        "Pathology report": "Pathology",
        "Radiology report": "Radiology",
        "Molecular report": "Molecular Pathology",
    }
    author = f"Dr. {rng.choice(phrases.DOCTORS)}, {title.get(kind, 'Oncology')}"
    return Note(
        name=record.dice.opaque("note", kind, key),
        kind=kind,
        written=record.course.on(day),
        author=author,
        system="letters archive",
        mrn=record.person.mrn,
        body="\n\n".join(p for p in paragraphs if p),
    )


def _pathology(record: Record) -> Note:
    disease, specimen = record.disease, record.specimens[0]
    rng = record.dice.on("pathology-text")
    receptors = ""
    if "ER" in disease.biomarkers:
        status = disease.biomarkers
        receptors = f"ER {status['ER']}, PR {status['PR']}, HER2 {status['HER2']}."
    if disease.tumour.oncotree == "LUAD":
        receptors = rng.choice(
            (f"PD-L1 (22C3) TPS {disease.pd_l1} %.", f"PD-L1 tumour proportion score: {disease.pd_l1}%.")
        )
    if disease.tumour.oncotree == "COAD":
        receptors = phrases.MMR[disease.biomarkers["MSI"]]
    return _note(
        record,
        "Pathology report",
        specimen.accession,
        max(specimen.day + 5, 1),
        f"Material: {specimen.type.lower()}, {specimen.body_site.lower()}; {specimen.accession}.",
        f"Microscopy: {disease.tumour.morphology[1]} ({disease.tumour.morphology[0]}). "
        + rng.choice(phrases.NO_INVASION)
        + f"Tumour cell content about {round(specimen.purity * 100)} %.",
        f"Immunohistochemistry: {receptors}" if receptors else "",
        rng.choice(phrases.MATERIAL),
    )


def _first_letter(record: Record) -> Note:
    rng = record.dice.on("first-letter")
    person, disease, course = record.person, record.disease, record.course
    return _note(
        record,
        "Clinic letter",
        "first",
        min(8, course.last_day),
        "Dear colleague,",
        f"we report on {_whom(record)} ({int(disease.age)} years), seen with a new diagnosis of "
        f"{phrases.lower_first(disease.tumour.name)}, {_stage_words(record)}, {_spread(record, rng)}.",
        phrases.history(rng, person),
        phrases.family(rng, disease.tumour.oncotree),
        f"{phrases.ecog(rng, course.ecog(1, disease.ecog))} " + rng.choice(phrases.EXAMINATION),
        phrases.plan(rng, disease.resectable, disease.tumour.surgery),
        phrases.CLOSING,
    )


def _whom(record: Record) -> str:
    return f"{'Ms' if record.person.sex == 'female' else 'Mr'} SYNTHETIC, {record.person.given}"


def _stage_words(record: Record, stated_t: str = "") -> str:
    stage = record.disease.stage
    return f"c{stated_t or record.disease.t} {stage.n} {stage.m}, stage {stage.group} (AJCC 8)"


def _spread(record: Record, rng: random.Random) -> str:
    sites = record.disease.metastases
    if not sites:
        return rng.choice(
            (
                "no evidence of distant metastases",
                "staging without distant metastases",
                "distant metastases were ruled out",
            )
        )
    brain = (
        ""
        if "brain" in sites
        else rng.choice((", no brain metastases on MRI", "; brain imaging not yet done", ""))
    )
    return f"with metastases of {' and '.join(sites)}{brain}"


def _discharge(record: Record, therapy: Therapy) -> Note:
    rng, on = record.dice.on("discharge"), record.course.on
    day = min(therapy.start + rng.randrange(6, 12), record.course.last_day)
    return _note(
        record,
        "Discharge letter",
        str(therapy.start),
        day,
        f"{_whom(record)} was in our care from {on(therapy.start - 1)} to {on(day)}.",
        f"{therapy.name} on {on(therapy.start)}; R0 resection, p{record.disease.t} {record.disease.stage.n}.",
        rng.choice(phrases.AFTER_SURGERY),
        "We recommend presentation to the tumor board to discuss adjuvant therapy.",
    )


def _radiology(record: Record, study: Study) -> Note:
    rng, course = record.dice.on(f"radiology-{study.day}"), record.course
    diameter = round(20 * (3 * study.volume_ml / (4 * 3.14159265)) ** (1 / 3))
    reading = next((a.response for a in course.assessments if a.day == study.day), "")
    return _note(
        record,
        "Radiology report",
        study.name,
        min(study.day + 1, course.last_day),
        f"CT {study.target.plan} with contrast on {course.on(study.day)}. "
        f"Clinical question: {'staging at diagnosis' if study.day < 10 else 'response to treatment'}.",
        f"Findings: {rng.choice(phrases.MASS)} in the {study.target.organ}, {diameter} mm in longest "
        f"diameter (volume about {study.volume_ml:.0f} ml). " + rng.choice(phrases.CT_NEGATIVES),
        f"Assessment: {rng.choice(phrases.RESPONSE[reading])}",
    )


def _molecular(record: Record, test: GenomicTest) -> Note:
    rng = record.dice.on(f"molecular-{test.specimen.accession}")
    lines = [
        f"- {f.alteration.name}"
        + (f", {f.alteration.hgvs_c}, VAF {f.vaf * 100:.0f} %" if f.alteration.hgvs_c else "")
        for f in test.findings
        if f.alteration.filter == "PASS" and (f.alteration.transcript or f.alteration.kind == "cnv")
    ]
    negative = phrases.not_detected(rng, test, record.disease.tumour.oncotree)
    return _note(
        record,
        "Molecular report",
        test.specimen.accession,
        test.reported,
        f"Specimen {test.specimen.accession}, {test.specimen.type.lower()}, "
        f"collected {record.course.on(test.specimen.day)}. "
        f"Method: {test.panel} ({len(test.genes)} genes).",
        "Findings:\n" + "\n".join(lines) if lines else "No clinically relevant alteration was found.",
        negative,
        "Discussion in the molecular tumor board is recommended." if lines and rng.random() < 0.6 else "",
    )


def _line_letter(record: Record, therapy: Therapy) -> Note:
    """A letter when a palliative line begins: why, what, how fit."""
    rng, course = record.dice.on(f"line-{therapy.line}"), record.course
    stated = record.contradiction("therapy start in letter")
    begin = course.on(therapy.start)
    if stated is not None and therapy.line == 1:
        begin = date.fromisoformat(stated.stated)
    ecog = course.ecog(therapy.start, record.disease.ecog)
    return _note(
        record,
        "Clinic letter",
        f"line-{therapy.line}",
        min(therapy.start + 3, course.last_day),
        "Dear colleague,",
        f"{_whom(record)} was seen for {phrases.ORDINAL[therapy.line or 1]}-line treatment."
        + _why(record, therapy),
        rng.choice(
            (
                f"{therapy.name} was started on {begin}.",
                f"Treatment with {therapy.name} began on {begin}.",
                f"First cycle of {therapy.name} given {phrases.day_in_words(begin)}.",
            )
        ),
        phrases.ecog(rng, ecog),
        phrases.considered(rng),
        phrases.next_ct(rng, begin + timedelta(days=63)),
        phrases.CLOSING,
    )


def _why(record: Record, therapy: Therapy) -> str:
    before = [t for t in record.course.lines if t.start < therapy.start]
    if not before:
        return ""
    if before[-1].end_reason == "progression":
        return f" Progression under {before[-1].name}."
    return f" {before[-1].name} was stopped because of toxicity; no progression at that time."


def _last_letter(record: Record) -> Note:
    """The newest letter: state, what was given so far, wishes, and the question to the board."""
    rng, course = record.dice.on("last-letter"), record.course
    stage, ecog = record.contradiction("stage in letter"), record.contradiction("ECOG in letter")
    fitness = int(ecog.stated) if ecog else course.ecog(course.last_day, record.disease.ecog)
    stage_words = _stage_words(record, stage.stated if stage else "")
    if course.died:
        return _note(
            record,
            "Discharge letter",
            "death",
            course.last_day,
            f"{_whom(record)} died on {course.last_contact} of the underlying disease.",
            f"Known diagnosis: {record.disease.tumour.name}, {stage_words}.",
            f"Previous treatment: {_given(record)}. Resuscitation was not attempted, as wished.",
        )
    return _note(
        record,
        "Clinic letter",
        "last",
        course.last_day,
        "Dear colleague,",
        f"{_whom(record)}: {record.disease.tumour.name}, {stage_words}, "
        f"diagnosed {phrases.month_in_words(course.diagnosed)}. Treatment so far: {_given(record)}.",
        phrases.STATE[course.state][rng.randrange(2)],
        phrases.ecog(rng, fitness),
        phrases.symptoms(rng, course.state),
        phrases.wish(rng),
        f"Question to the board: {phrases.question(rng, record)}",
        phrases.CLOSING,
    )


def _given(record: Record) -> str:
    return "; ".join(_in_words(record, therapy) for therapy in record.course.therapies) or "none yet"


def _in_words(record: Record, therapy: Therapy) -> str:
    """Name, months and best response: "Osimertinib (09/2025 to 06/2026, best response PR)"."""
    said = f"{record.course.on(therapy.start):%m/%Y}"
    if therapy.end is None:
        said += ", ongoing"
    elif therapy.end > therapy.start:
        said += f" to {record.course.on(therapy.end):%m/%Y}"
    if therapy.line is not None and therapy.end is not None:
        said += f", best response {therapy.best}"
    return f"{therapy.name} ({said})"
