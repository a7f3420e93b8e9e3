"""Who signs a step of a model's life, who may stop it, who sees its pages. Nobody sees patients here."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from tumorboard.accounts.models import User
from tumorboard.accounts.roles import CLINICIANS, CONSOLE, Role, has_role
from tumorboard.scores.models import ScoringModel
from tumorboard.scores.status import ModelState

# Step -> who must sign it: the name of the signer's part, and the roles that may take it.
SIGNERS: dict[ModelState, dict[str, frozenset[Role]]] = {
    ModelState.SILENT: {"data steward": frozenset({Role.DATA_STEWARD})},
    ModelState.APPROVED: {"clinical lead": CLINICIANS, "data steward": frozenset({Role.DATA_STEWARD})},
}
STOPPERS = CLINICIANS | CONSOLE  # whoever sees harm may stop a model; starting one takes signatures
# States whose pages clinicians see: they cannot sign what they cannot read. Research is the stewards' matter.
OPEN_TO_CLINICIANS = frozenset(
    {ModelState.SILENT, ModelState.APPROVED, ModelState.RETIRED, ModelState.REVOKED}
)


def may_see(user: User | None, model: ScoringModel) -> bool:
    """May this person read the model's pages: figures about groups, no patient?"""
    return has_role(user, *CONSOLE) or (has_role(user, *CLINICIANS) and model.state in OPEN_TO_CLINICIANS)


def may_list(user: User | None) -> bool:
    return has_role(user, *CONSOLE, *CLINICIANS)


def parts_of(user: User | None, step: ModelState) -> list[str]:
    """The parts in which this person may sign the step."""
    return [part for part, roles in SIGNERS.get(step, {}).items() if has_role(user, *roles)]


def check_can_sign(user: User | None, step: ModelState, part: str) -> None:
    if part not in parts_of(user, step):
        raise PermissionDenied(f"Only {part}s sign this step in that part.")


def may_stop(user: User | None) -> bool:
    return has_role(user, *STOPPERS)


def check_can_stop(user: User | None) -> None:
    if not may_stop(user):
        raise PermissionDenied("Clinicians, data stewards and administrators stop a model.")


def check_can_settle(user: User | None) -> None:
    if not may_settle(user):
        raise PermissionDenied("Data stewards and administrators settle alerts.")


def may_settle(user: User | None) -> bool:
    return has_role(user, *CONSOLE)
