"""Code lists of the decision and its follow-up: our own stable codes, which exports map to others."""

from __future__ import annotations

import re

from django.db.models import TextChoices

# ClinicalTrials.gov, EudraCT or EU CT, DRKS
STUDY_NUMBER = re.compile(r"NCT\d{8}|\d{4}-\d{6}-\d{2}(-\d{2})?|DRKS\d{8}")


class Kind(TextChoices):
    """What is recommended."""

    THERAPY = "therapy", "Systemic therapy"
    STUDY = "study", "Clinical study"
    PROCEDURE = "procedure", "Surgery, radiotherapy or other procedure"
    COUNSELLING = "counselling", "Genetic counselling"
    REBIOPSY = "rebiopsy", "Re-biopsy"
    MOLECULAR_TESTING = "molecular_testing", "Molecular testing"
    FURTHER_IMAGING = "further_imaging", "Further imaging"
    FOLLOW_UP = "follow_up", "Continue with follow-up"
    PALLIATIVE = "palliative", "Palliative care"
    OTHER = "other", "Other"


class Outcome(TextChoices):
    CONSENSUS = "consensus", "Consensus"
    MAJORITY = "majority", "Majority"
    DEFERRED = "deferred", "Deferred"


class NoRecommendation(TextChoices):
    """Why a board recommends nothing (MII StatusBegruendung; DNPM knows no-target only)."""

    NO_TARGET = "no_target", "No actionable target"
    NO_OPTION = "no_option", "No option beyond current care"
    CONDITION = "condition", "The patient's condition does not allow treatment"
    PATIENT_WISH = "patient_wish", "The patient wishes no further treatment"
    INSUFFICIENT_DATA = "insufficient_data", "Not enough data, and none to be expected"
    OTHER = "other", "Other"


class Profession(TextChoices):
    """As what somebody takes part in a meeting."""

    ONCOLOGY = "oncology", "Oncology"
    PATHOLOGY = "pathology", "Pathology"
    MOLECULAR_PATHOLOGY = "molecular_pathology", "Molecular pathology"
    RADIOLOGY = "radiology", "Radiology"
    NUCLEAR_MEDICINE = "nuclear_medicine", "Nuclear medicine"
    RADIATION_ONCOLOGY = "radiation_oncology", "Radiation oncology"
    SURGERY = "surgery", "Surgery"
    GENETICS = "genetics", "Clinical genetics"
    PHARMACY = "pharmacy", "Pharmacy"
    NURSING = "nursing", "Nursing"
    COORDINATION = "coordination", "Coordination"
    OTHER = "other", "Other"


class FollowUpState(TextChoices):
    ONGOING = "ongoing", "Under way"
    COMPLETED = "completed", "Carried out"
    PARTLY = "partly", "Carried out in part"
    NOT_DONE = "not_done", "Not carried out"
    LOST_TO_FOLLOW_UP = "lost_to_follow_up", "Lost to follow-up"


NEEDS_REASON = frozenset({FollowUpState.PARTLY, FollowUpState.NOT_DONE})


class Reason(TextChoices):
    """Why a recommendation was not carried out, or a therapy ended (DNPM therapy status reason)."""

    PAYMENT_REFUSED = "payment_refused", "Payment refused"
    PAYMENT_PENDING = "payment_pending", "Payment not yet granted"
    PAYMENT_ENDED = "payment_ended", "Payment ended"
    NO_INDICATION = "no_indication", "No indication any more"
    MEDICAL_REASONS = "medical_reasons", "Medical reasons"
    PATIENT_REFUSAL = "patient_refusal", "Refused by the patient"
    PATIENT_WISH = "patient_wish", "The patient's wish"
    PATIENT_DEATH = "patient_death", "Death of the patient"
    LOST_TO_FOLLOW_UP = "lost_to_follow_up", "Lost to follow-up"
    CHRONIC_REMISSION = "chronic_remission", "Chronic remission"
    PROGRESSION = "progression", "Progression"
    TOXICITY = "toxicity", "Toxicity"
    OTHER_THERAPY_CHOSEN = "other_therapy_chosen", "Another therapy chosen"
    BEST_SUPPORTIVE_CARE = "best_supportive_care", "Best supportive care"
    DETERIORATION = "deterioration", "Deterioration"
    REGULAR_COMPLETION = "regular_completion", "Completed as planned"
    REDUCED_DOSE = "regular_completion_with_dosage_reduction", "Completed with a reduced dose"
    CHANGED_SUBSTANCE = "regular_completion_with_substance_change", "Completed with another substance"
    OTHER = "other", "Other"
    UNKNOWN = "unknown", "Unknown"
