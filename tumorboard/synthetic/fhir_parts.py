"""The pieces FHIR resources are made of: codings, references, and the bundle that gathers them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tumorboard.synthetic.dice import Dice

Json = dict[str, Any]

MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
NCIT = "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
ICDO3 = "http://terminology.hl7.org/CodeSystem/icd-o-3"
ONCOTREE = "http://data.mskcc.org/ontologies/oncotree"
AJCC = "http://cancerstaging.org"
ATC = "http://www.whocc.no/atc"
UCUM = "http://unitsofmeasure.org"
HGNC = "http://www.genenames.org"
HGVS = "http://varnomen.hgvs.org"

THERAPY_LINE = "https://tumorboard.example/fhir/StructureDefinition/therapy-line"
"""Our extension, valueInteger: number of the palliative line. Absent for treatment with curative intent."""
REGIMEN = "https://tumorboard.example/fhir/StructureDefinition/regimen"
"""Our extension, valueString: what the agents of one order are given together as."""

SYNTHETIC_LABEL = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "code": "HTEST",
    "display": "test health data",
}
"""Carried as tag and as security label by every resource: nobody can take the cohort for real patients."""


def coding(system: str, code: str, display: str = "") -> Json:
    return {"system": system, "code": code} | ({"display": display} if display else {})


def concept(text: str, *codings: Json) -> Json:
    """A CodeableConcept; codings without a code are left out, the text stays."""
    known = [c for c in codings if c["code"]]
    return ({"coding": known} if known else {}) | {"text": text}


def category(code: str) -> list[Json]:
    system = "http://terminology.hl7.org/CodeSystem/observation-category"
    return [{"coding": [coding(system, code)]}]


def quantity(value: float, unit: str, ucum: str = "") -> Json:
    return {"value": value, "unit": unit, "system": UCUM, "code": ucum or unit}


@dataclass
class Bundle:
    """A FHIR R4 transaction bundle of one patient, in the order in which resources are added."""

    dice: Dice
    site_code: str
    entries: list[Json] = field(default_factory=list)

    def reference(self, kind: str, key: str) -> Json:
        return {"reference": f"urn:uuid:{self.dice.uuid(kind, key)}"}

    @property
    def subject(self) -> Json:
        """A reference to the patient."""
        return self.reference("Patient", "patient")

    def add(
        self, kind: str, key: str, body: Json, profile: str = "", system: str = "clinical-records"
    ) -> Json:
        """Append a resource and return a reference to it. `system` names the sending system."""
        identity = self.dice.uuid(kind, key)
        meta: Json = {"source": f"https://tumorboard.example/hospital-{self.site_code.lower()}/{system}"}
        if profile:
            meta["profile"] = [MCODE + profile if profile.startswith("mcode-") else profile]
        meta |= {"security": [SYNTHETIC_LABEL], "tag": [SYNTHETIC_LABEL]}
        resource = {"resourceType": kind, "id": identity, "meta": meta} | body
        self.entries.append(
            {
                "fullUrl": f"urn:uuid:{identity}",
                "resource": resource,
                "request": {"method": "POST", "url": kind},
            }
        )
        return self.reference(kind, key)

    def text(self) -> str:
        """The bundle as JSON with one entry per line, so that two versions can be compared."""
        lines = ",\n".join(
            json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in self.entries
        )
        return f'{{"resourceType": "Bundle", "type": "transaction", "entry": [\n{lines}\n]}}\n'
