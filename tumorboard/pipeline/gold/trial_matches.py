"""Trials per patient, criterion by criterion. Rows are written by the screening job, not by a build."""

from __future__ import annotations

from tumorboard.lake.columns import PHI, PUBLIC, STUDY_ID, Column, NotNull, OneOf, Strings
from tumorboard.lake.tables import table
from tumorboard.pipeline.silver.biomarkers import Biomarkers
from tumorboard.pipeline.silver.comorbidities import Comorbidities
from tumorboard.pipeline.silver.diagnoses import Diagnoses
from tumorboard.pipeline.silver.genomic_tests import GenomicTests
from tumorboard.pipeline.silver.imaging import Imaging
from tumorboard.pipeline.silver.labs import Labs
from tumorboard.pipeline.silver.measures import Measures
from tumorboard.pipeline.silver.note_facts import NoteFacts
from tumorboard.pipeline.silver.patients import Patients
from tumorboard.pipeline.silver.performance import Performance
from tumorboard.pipeline.silver.stages import Stages
from tumorboard.pipeline.silver.statements import Statements
from tumorboard.pipeline.silver.therapies import Therapies
from tumorboard.pipeline.silver.trials import Trials
from tumorboard.pipeline.silver.variants import Variants

READS: tuple[type, ...] = (
    Patients, Diagnoses, Stages, GenomicTests, Variants, Biomarkers, Therapies, Performance, NoteFacts,
    Labs, Comorbidities, Imaging, Measures, Statements, Trials,
)  # fmt: skip
LEVELS = ("trial", "step", "arm", "dose")
RESULTS = ("met", "not met", "unknown")
VERDICTS = ("fits", "uncertain", "excluded", "none")


@table("gold.trial_matches", key=("patient_key", "trial_id", "level", "code", "path"), reads=READS)
class TrialMatches:
    """One row per criterion of a trial, or of a step, arm or dose of it. Three-valued: what is not known is
    never read as not met."""

    trial_id = Column(str, "Protocol number or NCT id", NotNull(), tags=PUBLIC)
    level = Column(str, "Part of the trial the criterion belongs to", NotNull(), OneOf(*LEVELS), tags=PUBLIC)
    code = Column(str, "Code of the step, arm or dose; the trial's id at trial level", NotNull(), tags=PUBLIC)
    path = Column(str, "Place of the criterion in the trial's tree", NotNull(), tags=PUBLIC)
    wording = Column(str, "The criterion in the trial's words", tags=PUBLIC)
    result = Column(str, "What the patient's data say", NotNull(), OneOf(*RESULTS), tags=PHI)
    reason_code = Column(str, "Why, as a code", tags=PHI)
    evidence = Column(Strings, "The rows it rests on, as table/row_id", NotNull(), tags=STUDY_ID)
    would_settle = Column(str, "What would settle an unknown", tags=PHI)
    who = Column(str, "Who must answer an open question", tags=PUBLIC)
    at_boundary = Column(bool, "Another usual reading of the limit gives another answer", tags=PHI)
    verdict = Column(
        str, "Verdict of the level, the same in all its rows", NotNull(), OneOf(*VERDICTS), tags=PHI
    )
    trial_version = Column(str, "Version of the trial document", tags=PUBLIC)
    note = Column(str, "The finding in a sentence", tags=PHI)
    title = Column(str, "Title of the trial or of its part", tags=PUBLIC)
    suspended = Column(bool, "This part, or one above it, is suspended", tags=PUBLIC)
    recruiting = Column(bool, "The trial is open; null where its record does not say", tags=PUBLIC)
