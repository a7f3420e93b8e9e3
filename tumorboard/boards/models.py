"""Standing boards and who belongs to them.

Each board owns two Django groups, so that access to a patient is granted to the board and never to single
members: all members ("board:<uuid>"), and its coordinators ("board:<uuid>:coordinators").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from tumorboard.accounts.roles import Role, has_role
from tumorboard.audit.phi import classify

if TYPE_CHECKING:
    from tumorboard.accounts.models import User


class BoardRole(models.TextChoices):
    CHAIR = "chair", "Chair"
    PRESENTER = "presenter", "Presenter"
    MEMBER = "member", "Member"
    COORDINATOR = "coordinator", "Coordinator"
    GUEST = "guest", "Guest"


class Boards(models.QuerySet["Board"]):
    def of(self, user: User, *roles: BoardRole) -> Boards:
        """Boards the person belongs to now, in one of `roles` when any is given."""
        memberships = BoardMember.objects.current().filter(user_id=user.pk)
        if roles:
            memberships = memberships.filter(board_role__in=roles)
        return self.filter(pk__in=memberships.values("board_id"))

    def visible_to(self, user: User) -> Boards:
        """One's own boards; all of them for administrators, who keep the member lists."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self if has_role(user, Role.ADMINISTRATOR) else self.of(user)


class Board(models.Model):
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120, unique=True)
    specialty = models.CharField(max_length=120, blank=True)
    synthetic = models.BooleanField(default=False, help_text="works on synthetic patients only")
    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="board")
    coordinators = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="coordinated_board")
    created_at = models.DateTimeField(auto_now_add=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid name specialty synthetic group coordinators created_at"
    )
    objects = Boards.as_manager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class BoardMembers(models.QuerySet["BoardMember"]):
    def current(self) -> BoardMembers:
        return self.filter(until=None)


class BoardMember(models.Model):
    """A person's time on a board in one role; ended, not deleted."""

    board = models.ForeignKey(Board, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    board_role = models.CharField(max_length=16, choices=BoardRole.choices)
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)

    PHI: ClassVar[dict[str, str]] = classify(none="id board user board_role since until")
    objects = BoardMembers.as_manager()

    class Meta:
        ordering = ("board", "board_role", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["board", "user"], condition=Q(until=None), name="one_current_membership"
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="membership_ends_after_it_began"
            ),
            models.CheckConstraint(condition=Q(board_role__in=BoardRole.values), name="known_board_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_board_role_display()}"
