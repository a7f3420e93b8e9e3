"""The people who sign in."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar
from uuid import uuid4

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.crypto import get_random_string, salted_hmac

from tumorboard.accounts.roles import Role, has_role, is_clinician, may_use_console, roles_of
from tumorboard.audit.phi import classify


def new_session_seal() -> str:
    return get_random_string(22)


class User(AbstractUser):
    """A person with an account. Never deleted, only deactivated: signed decisions name them."""

    first_name = None
    last_name = None
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    display_name = models.CharField(max_length=120, help_text="as others see it: Dr A. Okafor")
    job_title = models.CharField(max_length=120, blank=True)
    session_seal = models.CharField(
        max_length=22, default=new_session_seal, editable=False, help_text="changing it ends every session"
    )

    PHI: ClassVar[dict[str, str]] = classify(
        none="id uuid password last_login is_superuser is_staff is_active date_joined job_title session_seal",
        pii="username email display_name",
    )

    def __str__(self) -> str:
        return self.display_name or self.username

    @cached_property
    def group_names(self) -> frozenset[str]:
        """Read once per loaded row, that is once per request: what is taken away is gone at the next."""
        return frozenset(self.groups.values_list("name", flat=True))

    @property
    def roles(self) -> list[Role]:
        """In the order in which `Role` lists them."""
        held = roles_of(self)
        return [role for role in Role if role in held]

    @property
    def may_treat(self) -> bool:
        """For the navigation; emergency access itself asks the person's grants."""
        return is_clinician(self)

    @property
    def may_browse(self) -> bool:
        """For the navigation, beside the console; the catalog itself asks the person's grants."""
        return has_role(self, Role.RESEARCHER, Role.QUALITY_OFFICER, Role.PRIVACY_OFFICER)

    @property
    def keeps_privacy(self) -> bool:
        """For the navigation of somebody without the console; the pages ask for the grant AUDIT_READ."""
        return has_role(self, Role.PRIVACY_OFFICER)

    @property
    def may_see_console(self) -> bool:
        """For the navigation; the console's views ask `roles.may_use_console` themselves."""
        return may_use_console(self)

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Bind sessions to the seal as well as to the password: a new seal signs out everywhere."""
        secrets = f"{self.password}:{self.session_seal}"
        return salted_hmac(
            "tumorboard.accounts.session", secrets, secret=secret, algorithm="sha256"
        ).hexdigest()


class SecondFactor(models.Model):
    """Somebody's authenticator: its secret, sealed, and the last time step whose code was used."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor")
    secret = models.BinaryField()
    last_step = models.BigIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)
    enrolled_at = models.DateTimeField(default=timezone.now)

    PHI: ClassVar[dict[str, str]] = classify(
        none="id secret last_step failures locked_until enrolled_at", id="user"
    )


class RecoveryCode(models.Model):
    """A code on paper for the day the authenticator is lost; kept as a password is, good once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    code = models.CharField(max_length=128)
    used_at = models.DateTimeField(null=True, blank=True)

    PHI: ClassVar[dict[str, str]] = classify(none="id code used_at", id="user")
