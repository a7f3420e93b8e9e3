"""What kind of value each declared column holds, as stewards have reviewed it.

A column that stands neither here nor has a kind among its declared tags has not been looked at: research,
quality and training do not see it. Class tags stand with the declarations; stewards override both
(`ColumnTag`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

EVERY_TABLE: Mapping[str, str] = {
    "mrn": "patient_key subject_key",
    "link": "row_id source_row file_hash derived_from",
    "free_text": "file_name locator payload system",  # a wristband, or a letter, names its system itself
    "date": "recorded_on received_at",
}
TABLES: Mapping[str, Mapping[str, str]] = {
    "silver.patients": {
        "name": "name",
        "date": "birth_date death_date last_contact",
        "geo": "site",
        "clinical": "sex deceased",
    },
    "silver.diagnoses": {
        "link": "diagnosis_id",
        "date": "diagnosed_on",
        "free_text": "text",
        "clinical": "primary code code_system oncotree histology body_site clinical_status",
    },
    "silver.stages": {
        "link": "stage_id",
        "date": "assessed_on",
        "clinical": "kind staging_system t n m stage_group",
    },
    "silver.specimens": {"mrn": "specimen_id", "date": "collected_on", "clinical": "type body_site"},
    "silver.genomic_tests": {"mrn": "test_id specimen_id", "date": "reported_on"},
    "silver.variants": {
        "link": "variant_id",
        "mrn": "test_id specimen_id",
        "germline": "gene hgvs_c hgvs_p consequence exon chromosome position ref alt vaf depth copy_number "
        "partner_gene",
        "clinical": "kind origin_class",
    },
    "silver.biomarkers": {
        "link": "biomarker_id",
        "mrn": "specimen_id",
        "date": "assessed_on",
        "free_text": "value_text",
        "clinical": "name value_number interpretation",
    },
    "silver.therapies": {
        "link": "therapy_id",
        "date": "started_on ended_on",
        "free_text": "end_reason detail",
        "clinical": "kind name agents line intent status",
    },
    "silver.responses": {
        "link": "response_id",
        "date": "assessed_on",
        "free_text": "wording evidence",
        "clinical": "value",
    },
    "silver.performance": {"link": "performance_id", "date": "assessed_on", "clinical": "scale value"},
    "silver.labs": {
        "link": "lab_id",
        "date": "taken_on reported_on",
        "free_text": "value_text",
        "clinical": "value low high",
    },
    "silver.comorbidities": {
        "link": "comorbidity_id",
        "date": "onset_on",
        "free_text": "text",
        "clinical": "code status",
    },
    "silver.measures": {"link": "measure_id", "date": "taken_on", "clinical": "value"},
    "silver.statements": {
        "link": "statement_id",
        "date": "stated_on",
        "free_text": "subject",
        "clinical": "code",
    },
    "silver.imaging": {
        "link": "series_id",
        "mrn": "study_uid series_uid",
        "date": "performed_on",
        "free_text": "description",
        "clinical": "body_part",
    },
    "silver.imaging_features": {"link": "feature_id series_id", "date": "measured_on", "clinical": "value"},
    "silver.documents": {
        "link": "document_id",
        "name": "author",
        "date": "written_on",
        "free_text": "title text",
    },
    "silver.note_facts": {
        "link": "note_fact_id document_id",
        "date": "event_on",
        "free_text": "value passage",
        "clinical": "concept negated experiencer certainty",
    },
    "silver.wearables": {
        "link": "sample_id",
        "date": "started_at ended_at",
        "device": "device",
        "clinical": "value",
    },
    "gold.case_facts": {
        "link": "fact_id conflicts_with",
        "date": "fact_on",
        "free_text": "value",
        "clinical": "conflict",
    },
    "gold.timeline": {
        "link": "event_id",
        "date": "starts_on ends_on",
        "free_text": "label detail",
        "clinical": "value",
    },
    "gold.modalities": {"date": "latest_on", "free_text": "reason", "clinical": "status rows"},
    "gold.actionability": {
        "link": "finding_id",
        "germline": "gene alteration",
        "clinical": "finding_kind therapies direction tumor_match",
    },
    "gold.features": {"date": "as_of", "age": "value", "clinical": "value"},
    "gold.cohort": {
        "date": "diagnosed_on landmark_on",
        "age": "age",
        "geo": "site",
        "clinical": "tumor_type sex stage_group os_days died",
    },
    "gold.trial_matches": {
        "link": "evidence",
        "free_text": "would_settle note",
        "clinical": "result reason_code at_boundary verdict",
    },
    "gold.risk_scores": {
        "date": "as_of",
        "free_text": "reason contributions",
        "clinical": "abstained risk percentile used absent curve",
    },
}


def reviewed(table: str, column: str) -> frozenset[str]:
    """The kinds that stewards have found a column to be of."""
    return frozenset(_found(TABLES.get(table, {}), column)) | frozenset(_found(EVERY_TABLE, column))


def _found(kinds: Mapping[str, str], column: str) -> Iterator[str]:
    return (kind for kind, columns in kinds.items() if column in columns.split())
