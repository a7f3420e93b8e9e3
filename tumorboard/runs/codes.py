"""The kinds of background work: the code the ledger keeps, and the words people read."""

from __future__ import annotations

SCREEN, SCORE, WATCH, REGISTER = "screen", "score", "watch", "register"
MAINTAIN, SCRUB, SYNC, PUBLISH, PROPOSE = "maintain", "scrub", "sync", "publish", "propose"
EXTRACT = "extract"
NOTICES_KEPT = 50  # of a file: what its reader found odd
LABELS = {
    SCREEN: "Trial screening",
    SCORE: "Risk scoring",
    WATCH: "Watch of the models",
    MAINTAIN: "Maintenance of the lake",
    SCRUB: "Scrub of the lake",
    SYNC: "Trial registry",
    PUBLISH: "Curated trial",
    PROPOSE: "Proposed readings of a trial",
    REGISTER: "Model registry",
    EXTRACT: "Extract",
}
