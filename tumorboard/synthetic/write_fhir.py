"""One FHIR R4 bundle per patient, in the profiles of mCODE STU4 (hl7.org/fhir/us/mcode)."""

from __future__ import annotations

from tumorboard.synthetic.clock import iso
from tumorboard.synthetic.fhir_genomics import add_biomarkers, add_genomics
from tumorboard.synthetic.fhir_parts import (
    AJCC,
    ICD10,
    ICDO3,
    LOINC,
    MCODE,
    ONCOTREE,
    SNOMED,
    Bundle,
    Json,
    category,
    coding,
    concept,
    quantity,
)
from tumorboard.synthetic.fhir_treatment import add_therapies
from tumorboard.synthetic.labs import MARKERS, LabValue
from tumorboard.synthetic.people import COMORBIDITIES, DEVICE_SYSTEM, MRN_SYSTEM, SPECIMEN_SYSTEM
from tumorboard.synthetic.record import Record, Study
from tumorboard.synthetic.write_notes import Note

DISEASE_STATUS = {
    "CR": ("103338009", "In full remission"),
    "PR": ("268910001", "Patient's condition improved"),
    "SD": ("359746009", "Patient's condition stable"),
    "PD": ("271299001", "Patient's condition worsened"),
}
STAGE_LOINC = {
    "clinical": {"group": "21908-9", "t": "21905-5", "n": "21906-3", "m": "21907-1"},
    "pathologic": {"group": "21902-2", "t": "21899-0", "n": "21900-6", "m": "21901-4"},
}
STAGE_CODE = {  # SNOMED CT, as mCODE STU4 asks for
    "clinical": {"group": "399537006", "t": "399504009", "n": "399534004", "m": "399387003"},
    "pathologic": {"group": "399588009", "t": "384625004", "n": "371494008", "m": "371497001"},
}
TNM_PROFILES = {
    "t": "mcode-tnm-primary-tumor-category",
    "n": "mcode-tnm-regional-nodes-category",
    "m": "mcode-tnm-distant-metastases-category",
}
STAGE_SNOMED = {"I": "258215001", "II": "258219007", "III": "258224005", "IV": "258228008"}
NOTE_LOINC = {
    "Clinic letter": "11488-4",
    "Pathology report": "11526-1",
    "Radiology report": "18748-4",
    "Molecular report": "51969-4",
    "Discharge letter": "18842-5",
}


def bundle_of(record: Record, notes: list[Note]) -> Bundle:
    """The bundle of one patient; `notes` are referred to, their text travels as files of its own."""
    bundle = Bundle(record.dice, record.person.site.code)
    _patient(bundle, record)
    _diagnosis(bundle, record)
    _stages(bundle, record)
    _comorbidities(bundle, record)
    _specimens(bundle, record)
    add_biomarkers(bundle, record)
    add_genomics(bundle, record)
    add_therapies(bundle, record)
    _responses(bundle, record)
    _performance(bundle, record)
    _labs(bundle, record)
    _imaging(bundle, record)
    _documents(bundle, record, notes)
    return bundle


def _patient(bundle: Bundle, record: Record) -> None:
    person, course = record.person, record.course
    identifiers = [{"use": "official", "system": MRN_SYSTEM, "value": person.mrn}]
    if record.wearable_days:
        identifiers.append({"use": "secondary", "system": DEVICE_SYSTEM, "value": person.device_user})
    body: Json = {
        "identifier": identifiers,
        "active": not course.died,
        "name": [
            {
                "use": "official",
                "text": f"SYNTHETIC, {person.given}",
                "family": "SYNTHETIC",
                "given": [person.given],
            }
        ],
        "gender": person.sex,
        "birthDate": person.birth_date.isoformat(),
        "address": [{"use": "home", "city": person.city}],
        "managingOrganization": {"display": person.site.name},
    }
    body |= (
        {"deceasedDateTime": course.last_contact.isoformat()} if course.died else {"deceasedBoolean": False}
    )
    bundle.add("Patient", "patient", body, "mcode-cancer-patient", "patient-administration")


def _condition(bundle: Bundle, code: Json, recorded: str, status: str) -> Json:
    clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    verification = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    return {
        "clinicalStatus": {"coding": [coding(clinical, status)]},
        "verificationStatus": {"coding": [coding(verification, "confirmed")]},
        "category": [
            {
                "coding": [
                    coding("http://terminology.hl7.org/CodeSystem/condition-category", "problem-list-item")
                ]
            }
        ],
        "code": code,
        "subject": bundle.subject,
        "onsetDateTime": recorded,
        "recordedDate": recorded,
    }


def _diagnosis(bundle: Bundle, record: Record) -> None:
    tumour, course = record.disease.tumour, record.course
    code = concept(
        tumour.name,
        coding(SNOMED, tumour.snomed, tumour.name),
        coding(ICD10, tumour.icd10),
        coding(ONCOTREE, tumour.oncotree),
    )
    remission = (
        record.disease.resectable
        and not course.progressions
        and course.state in ("follow-up", "after surgery")
    )
    body = _condition(bundle, code, course.diagnosed.isoformat(), "remission" if remission else "active")
    morphology = concept(tumour.morphology[1], coding(ICDO3, tumour.morphology[0], tumour.morphology[1]))
    body["extension"] = [
        {"url": MCODE + "mcode-histology-morphology-behavior", "valueCodeableConcept": morphology}
    ]
    body["bodySite"] = [concept(tumour.body_site[1], coding(SNOMED, *tumour.body_site))]
    body["stage"] = [{"assessment": [bundle.reference("Observation", "stage-clinical-group")]}]
    bundle.add("Condition", "primary", body, "mcode-primary-cancer-condition")
    for site in record.disease.metastases:
        _metastasis(bundle, record, site, 0)
    if course.recurrence is not None and not record.disease.metastases:
        _metastasis(bundle, record, tumour.metastases[0], course.recurrence)


def _metastasis(bundle: Bundle, record: Record, site: str, day: int) -> None:
    body = _condition(bundle, concept(f"Metastasis of {site}"), record.course.on(day).isoformat(), "active")
    related = {
        "url": MCODE + "mcode-related-condition",
        "valueReference": bundle.reference("Condition", "primary"),
    }
    body |= {"extension": [related], "bodySite": [concept(site)]}
    bundle.add("Condition", f"secondary-{site}", body, "mcode-secondary-cancer-condition")


def _observation(bundle: Bundle, code: Json, kind: str, when: str, *, about_cancer: bool = True) -> Json:
    body = {
        "status": "final",
        "category": category(kind),
        "code": code,
        "subject": bundle.subject,
        "effectiveDateTime": when,
    }
    return body | ({"focus": [bundle.reference("Condition", "primary")]} if about_cancer else {})


def _stages(bundle: Bundle, record: Record) -> None:
    disease, course = record.disease, record.course
    _stage(
        bundle,
        "clinical",
        disease.stage.group,
        (disease.t, disease.stage.n, disease.stage.m),
        course.diagnosed.isoformat(),
    )
    operated = next((t for t in course.therapies if t.kind == "surgery"), None)
    if operated is not None and operated.start + 7 <= course.last_day:
        when = course.on(operated.start + 7).isoformat()
        _stage(bundle, "pathologic", disease.stage.group, (disease.t, disease.stage.n, disease.stage.m), when)


def _stage(bundle: Bundle, kind: str, group: str, tnm: tuple[str, str, str], when: str) -> None:
    prefix = kind[0]
    method = concept(
        "AJCC 8th edition", coding(SNOMED, "897275008", "American Joint Commission on Cancer 8th edition")
    )
    members = []
    for part, value in zip("tnm", tnm, strict=True):
        body = _observation(bundle, _stage_code(f"{prefix}{part.upper()} category", kind, part), "exam", when)
        body["valueCodeableConcept"] = concept(prefix + value, coding(AJCC, prefix + value))
        body["method"] = method
        members.append(bundle.add("Observation", f"stage-{kind}-{part}", body, TNM_PROFILES[part]))
    body = _observation(bundle, _stage_code(f"Stage group, {kind}", kind, "group"), "exam", when)
    roman = group.rstrip("ABCD")
    body["valueCodeableConcept"] = concept(
        f"Stage {group}", coding(AJCC, group), coding(SNOMED, STAGE_SNOMED[roman])
    )
    body |= {"method": method, "hasMember": members}
    bundle.add("Observation", f"stage-{kind}-group", body, "mcode-tnm-stage-group")


def _stage_code(text: str, kind: str, part: str) -> Json:
    return concept(text, coding(SNOMED, STAGE_CODE[kind][part]), coding(LOINC, STAGE_LOINC[kind][part]))


def _comorbidities(bundle: Bundle, record: Record) -> None:
    for number, name in enumerate(record.person.comorbidities):
        icd10, snomed, _ = COMORBIDITIES[name]
        code = concept(name, coding(ICD10, icd10), coding(SNOMED, snomed, name))
        onset = record.course.diagnosed.replace(month=1, day=1).replace(
            year=record.course.diagnosed.year - 3 - number
        )
        body = _condition(bundle, code, record.course.diagnosed.isoformat(), "active")
        body["onsetDateTime"] = str(onset.year)  # patients remember the year
        bundle.add("Condition", f"comorbidity-{number}", body)


def _specimens(bundle: Bundle, record: Record) -> None:
    for specimen in record.specimens:
        body: Json = {
            "accessionIdentifier": {"system": SPECIMEN_SYSTEM, "value": specimen.accession},
            "status": "available",
            "type": concept(specimen.type),
            "subject": bundle.subject,
            "collection": {
                "collectedDateTime": record.course.on(specimen.day).isoformat(),
                "bodySite": concept(specimen.body_site),
            },
            "note": [{"text": f"Tumour cell content {round(specimen.purity * 100)} %"}],
        }
        bundle.add("Specimen", specimen.accession, body, "mcode-human-specimen", "pathology")


def _responses(bundle: Bundle, record: Record) -> None:
    evidence = concept("Imaging", coding(SNOMED, "363679005", "Imaging"))
    for number, found in enumerate(record.course.assessments):
        code = concept("Cancer disease status", coding(LOINC, "97509-4", "Cancer Disease Progression"))
        body = _observation(bundle, code, "therapy", record.course.on(found.day).isoformat())
        snomed, words = DISEASE_STATUS[found.response]
        body["extension"] = [
            {"url": MCODE + "mcode-cancer-disease-status-evidence-type", "valueCodeableConcept": evidence}
        ]
        body["valueCodeableConcept"] = concept(f"{words} ({found.response})", coding(SNOMED, snomed, words))
        bundle.add("Observation", f"response-{number}", body, "mcode-cancer-disease-status")


def _performance(bundle: Bundle, record: Record) -> None:
    course = record.course
    days = {1, course.last_day} | {t.start for t in course.lines} | set(course.progressions)
    for day in sorted(d for d in days if d <= course.last_day):
        code = concept("ECOG performance status", coding(LOINC, "89247-1", "ECOG Performance Status score"))
        body = _observation(bundle, code, "survey", course.on(day).isoformat(), about_cancer=False)
        body["valueInteger"] = course.ecog(day, record.disease.ecog)
        bundle.add("Observation", f"ecog-{day}", body, "mcode-ecog-performance-status")


def _labs(bundle: Bundle, record: Record) -> None:
    for lab in record.labs:
        _lab(bundle, record, lab)


def _lab(bundle: Bundle, record: Record, lab: LabValue) -> None:
    analyte, course = lab.analyte, record.course
    marker = analyte.name in MARKERS
    code = concept(analyte.name, coding(LOINC, analyte.loinc))
    body = _observation(bundle, code, "laboratory", iso(course.on(lab.day), 7, 40), about_cancer=marker)
    body |= {
        "status": lab.status,
        "identifier": [{"system": "https://tumorboard.example/lab-order", "value": lab.order}],
        "issued": iso(course.on(lab.reported), 15, 5),
        "valueQuantity": quantity(lab.value, analyte.unit, analyte.ucum),
        "referenceRange": [_range(analyte.low, analyte.high, analyte.unit, analyte.ucum)],
    }
    if lab.below_limit:
        body["valueQuantity"] = quantity(analyte.high or 0, analyte.unit) | {"comparator": "<"}
    if lab.status == "corrected":
        body["note"] = [{"text": "Replaces the result first sent for this order (transcription error)."}]
    profile = "mcode-tumor-marker-test" if marker else ""
    bundle.add("Observation", f"lab-{lab.order}-{lab.status}", body, profile, "laboratory")


def _range(low: float | None, high: float | None, unit: str, ucum: str) -> Json:
    ends = {"low": low, "high": high}
    return {name: quantity(end, unit, ucum) for name, end in ends.items() if end is not None}


def _imaging(bundle: Bundle, record: Record) -> None:
    for study in record.studies:
        when = iso(record.course.on(study.day), 11, 15)
        modality = coding("http://dicom.nema.org/resources/ontology/DCM", "CT", "Computed Tomography")
        body: Json = {
            "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{study.uid}"}],
            "status": "available",
            "modality": [modality],
            "subject": bundle.subject,
            "started": when,
            "numberOfSeries": 1,
            "numberOfInstances": study.slices,
            "description": f"CT {study.target.plan}",
            "series": [
                {
                    "uid": study.series_uid,
                    "number": 1,
                    "modality": modality,
                    "numberOfInstances": study.slices,
                }
            ],
        }
        bundle.add("ImagingStudy", study.name, body, system="radiology")
        _size(bundle, study, when)


def _size(bundle: Bundle, study: Study, when: str) -> None:
    """Longest diameter of the measured lesion, as the sphere of its volume, in cm."""
    diameter = 2 * (3 * study.volume_ml / (4 * 3.14159265)) ** (1 / 3)
    body = _observation(
        bundle, concept("Tumor size", coding(LOINC, "21889-1", "Size Tumor")), "imaging", when
    )
    body["method"] = concept("CT", coding(SNOMED, "77477000", "Computerized axial tomography"))
    body["bodySite"] = concept(study.target.organ)
    body["component"] = [
        {
            "code": concept("Longest diameter", coding(LOINC, "33728-7", "Size.maximum dimension in Tumor")),
            "valueQuantity": quantity(round(diameter, 1), "cm"),
        }
    ]
    bundle.add("Observation", f"size-{study.name}", body, "mcode-tumor-size", "radiology")


def _documents(bundle: Bundle, record: Record, notes: list[Note]) -> None:
    for note in notes:
        body: Json = {
            "masterIdentifier": {"system": "https://tumorboard.example/letters", "value": note.name},
            "status": "current",
            "type": concept(note.kind, coding(LOINC, NOTE_LOINC[note.kind])),
            "subject": bundle.subject,
            "date": iso(note.written, 16, 20),
            "author": [{"display": note.author}],
            "content": [
                {
                    "attachment": {
                        "contentType": "text/plain; charset=utf-8",
                        "url": f"notes/{note.name}.txt",
                        "title": f"{note.kind} of {note.written}",
                        "hash": note.sha1,
                    }
                }
            ],
        }
        bundle.add("DocumentReference", note.name, body, system="letters-archive")
