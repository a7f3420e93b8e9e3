"""Why data is read. A person chooses one for the session, of those that their grants name."""

from __future__ import annotations

TREATMENT, RESEARCH, QUALITY, TRAINING, OPERATIONS = (
    "treatment",
    "research",
    "quality",
    "training",
    "operations",
)
PURPOSES = (TREATMENT, RESEARCH, QUALITY, TRAINING, OPERATIONS)
# Purposes of the application's own work: its services read whole tables, people never do.
SERVICE_PURPOSES = (TRAINING, OPERATIONS)
# Purposes that see patients through masks only; SELECT_DEID is enough for them.
DEIDENTIFIED = (RESEARCH, QUALITY, TRAINING)

WORDS = {
    TREATMENT: "Treatment",
    RESEARCH: "Research",
    QUALITY: "Quality assurance",
    TRAINING: "Model training",
    OPERATIONS: "Operations",
}
