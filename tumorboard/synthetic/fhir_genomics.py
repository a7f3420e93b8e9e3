"""What FHIR carries of pathology and genomics: receptor status, MSI, TMB, PD-L1, reports and what was tested.

Panel results travel as VCF or MAF; the bundle then has only the report and, where the laboratory says so, the
regions studied (Genomics Reporting 2.0.0, as mCODE STU4 uses it). A district hospital's single-gene tests are
in the bundle itself, positive and negative ones: value LA9633-4 "Present" or LA9634-2 "Absent".
"""

from __future__ import annotations

from tumorboard.synthetic.clock import iso
from tumorboard.synthetic.fhir_parts import (
    HGNC,
    HGVS,
    LOINC,
    SNOMED,
    Bundle,
    Json,
    category,
    coding,
    concept,
    quantity,
)
from tumorboard.synthetic.record import Finding, GenomicTest, Record
from tumorboard.synthetic.variants import PANEL_NAME

BIOMARKERS = {  # name -> (LOINC, display)
    "ER": ("85337-4", "Estrogen receptor Ag [Presence] in Breast cancer specimen by Immune stain"),
    "PR": ("85339-0", "Progesterone receptor Ag [Presence] in Breast cancer specimen by Immune stain"),
    "HER2": ("85319-2", "HER2 [Presence] in Breast cancer specimen by Immune stain"),
    "MSI": ("81695-9", "Microsatellite instability [Interpretation] in Cancer specimen Qualitative"),
    "HRD": ("", "Homologous recombination deficiency"),
    "PD-L1 TPS": ("85147-7", "PD-L1 by clone 22C3 [Interpretation] in Tissue by Immune stain"),
    "TMB": ("94076-7", "Mutations/Megabase [# Ratio] in Tumor"),
    "Ki-67": ("85330-9", "Cells.Ki-67 nuclear Ag/100 cells in Breast cancer specimen by Immune stain"),
}
WORDS = {
    "positive": ("10828004", "Positive"),
    "negative": ("260385009", "Negative"),
    "high": ("", "MSI-High"),
    "stable": ("", "Microsatellite stable"),
}
PD_L1_TUMOURS = ("LUAD",)


def _marker(bundle: Bundle, record: Record, name: str, when: str, value: Json) -> None:
    loinc, display = BIOMARKERS[name]
    body: Json = {
        "status": "final",
        "category": category("laboratory"),
        "code": concept(name, coding(LOINC, loinc, display)),
        "subject": bundle.subject,
        "focus": [bundle.reference("Condition", "primary")],
        "specimen": bundle.reference("Specimen", record.specimens[0].accession),
        "effectiveDateTime": when,
    }
    bundle.add("Observation", f"marker-{name}", body | value, "mcode-tumor-marker-test", "pathology")


def add_biomarkers(bundle: Bundle, record: Record) -> None:
    """Tissue biomarkers as tumour marker tests; MSI and TMB only where somebody could measure them."""
    disease, rng = record.disease, record.dice.on("biomarkers")
    when = record.course.on(min(record.specimens[0].day + 9, record.course.last_day)).isoformat()
    for name, word in disease.biomarkers.items():
        if name == "MSI" and not (disease.tumour.oncotree == "COAD" or record.tests):
            continue
        if name == "HRD" and not any(t.panel == PANEL_NAME for t in record.tests):
            continue
        snomed, words = WORDS[word]
        value = concept(words, coding(SNOMED, snomed, words))
        _marker(bundle, record, name, when, {"valueCodeableConcept": value})
    if disease.tumour.oncotree in PD_L1_TUMOURS:
        _marker(bundle, record, "PD-L1 TPS", when, {"valueQuantity": quantity(disease.pd_l1, "%")})
    if disease.tumour.oncotree == "IDC":
        _marker(bundle, record, "Ki-67", when, {"valueQuantity": quantity(rng.randrange(8, 70), "%")})
    panel = next((t for t in record.tests if t.panel == PANEL_NAME), None)
    if panel is not None:
        reported = record.course.on(panel.reported).isoformat()
        _marker(
            bundle,
            record,
            "TMB",
            reported,
            {"valueQuantity": quantity(disease.tmb, "mutations/Mb", "1/1000000{Base}")},
        )


def add_genomics(bundle: Bundle, record: Record) -> None:
    """A report per molecular test, with what was tested and, for single-gene tests, what was found."""
    for number, test in enumerate(record.tests):
        results = []
        if test.states_coverage:
            results.append(_regions(bundle, record, test, number))
        if test.route == "single":
            results += [_variant(bundle, record, test, gene) for gene in test.genes]
        _report(bundle, record, test, number, results)


# What each laboratory looks for. The regional one and the single-gene tests read the sequence only.
_KINDS = {
    "vcf": ("sequence variant", "copy number change", "gene fusion"),
    "maf": ("sequence variant",),
    "single": ("sequence variant",),
}


def _regions(bundle: Bundle, record: Record, test: GenomicTest, number: int) -> Json:
    studied = {"coding": [coding(LOINC, "48018-6", "Gene studied [ID]")]}
    change_type = {"coding": [coding(LOINC, "48019-4", "DNA change type")]}
    body: Json = {
        "status": "final",
        "category": category("laboratory"),
        "code": concept("Region studied", coding(LOINC, "53041-0", "DNA region of interest panel")),
        "subject": bundle.subject,
        "specimen": bundle.reference("Specimen", test.specimen.accession),
        "effectiveDateTime": record.course.on(test.reported).isoformat(),
        "component": [
            {
                "code": {
                    "coding": [coding(LOINC, "81293-3", "Description of ranges of DNA sequences examined")]
                },
                "valueString": test.panel,
            },
            *({"code": studied, "valueCodeableConcept": concept(gene)} for gene in test.genes),
            *({"code": change_type, "valueCodeableConcept": concept(kind)} for kind in _KINDS[test.route]),
        ],
    }
    return bundle.add(
        "Observation", f"regions-{number}", body, "mcode-genomic-region-studied", "molecular-pathology"
    )


def _variant(bundle: Bundle, record: Record, test: GenomicTest, gene: str) -> Json:
    """Present with its HGVS, or Absent: a negative test is a fact too."""
    found = next((f for f in test.findings if f.alteration.gene == gene), None)
    value = coding(LOINC, "LA9633-4", "Present") if found else coding(LOINC, "LA9634-2", "Absent")
    components: list[Json] = [_component("48018-6", concept(gene, *_hgnc(gene)))]
    if found is not None:
        components += _description(found)
    body: Json = {
        "status": "final",
        "category": category("laboratory"),
        "code": concept("Genetic variant assessment", coding(LOINC, "69548-6", "Genetic variant assessment")),
        "subject": bundle.subject,
        "focus": [bundle.reference("Condition", "primary")],
        "specimen": bundle.reference("Specimen", test.specimen.accession),
        "effectiveDateTime": record.course.on(test.reported).isoformat(),
        "valueCodeableConcept": {"coding": [value]},
        "component": components,
    }
    return bundle.add("Observation", f"variant-{gene}", body, "mcode-genomic-variant", "molecular-pathology")


HGNC_IDS = {
    "EGFR": "HGNC:3236", "KRAS": "HGNC:6407", "BRAF": "HGNC:1097", "ALK": "HGNC:427", "NRAS": "HGNC:7989",
    "ERBB2": "HGNC:3430",
}  # fmt: skip


def _hgnc(gene: str) -> list[Json]:
    return [coding(HGNC, HGNC_IDS[gene], gene)] if gene in HGNC_IDS else []


def _component(loinc: str, value: Json) -> Json:
    return {"code": {"coding": [coding(LOINC, loinc)]}, "valueCodeableConcept": value}


def _description(found: Finding) -> list[Json]:
    alteration = found.alteration
    parts = [_component("48002-0", concept("Somatic", coding(LOINC, "LA6684-0", "Somatic")))]
    if alteration.hgvs_p:
        parts.append(_component("48005-3", concept(alteration.hgvs_p, coding(HGVS, alteration.hgvs_p))))
        name = f"{alteration.transcript}:{alteration.hgvs_c}"
        parts.append(_component("48004-6", concept(name, coding(HGVS, name))))
    elif alteration.kind == "cnv":
        parts.append(
            {
                "code": {"coding": [coding(LOINC, "82155-3")]},
                "valueQuantity": quantity(alteration.copies or 0, "1"),
            }
        )
    else:
        parts.append(_component("81291-7", concept(alteration.name)))
    return parts


def _report(bundle: Bundle, record: Record, test: GenomicTest, number: int, results: list[Json]) -> None:
    named = [f.alteration.name for f in test.findings if _worth_naming(f)]
    body: Json = {
        "status": "final",
        "category": [{"coding": [coding("http://terminology.hl7.org/CodeSystem/v2-0074", "GE", "Genetics")]}],
        "code": concept(
            f"Molecular report, {test.panel}", coding(LOINC, "51969-4", "Genetic analysis report")
        ),
        "subject": bundle.subject,
        "specimen": [bundle.reference("Specimen", test.specimen.accession)],
        "effectiveDateTime": record.course.on(test.specimen.day).isoformat(),
        "issued": iso(record.course.on(test.reported), 14, 0),
        "conclusion": "; ".join(named) or "No alteration of known significance found.",
    }
    if results:
        body["result"] = results
    bundle.add(
        "DiagnosticReport", f"molecular-{number}", body, "mcode-genomics-report", "molecular-pathology"
    )


def _worth_naming(found: Finding) -> bool:
    alteration = found.alteration
    return alteration.filter == "PASS" and (alteration.transcript != "" or alteration.kind in ("cnv", "sv"))
