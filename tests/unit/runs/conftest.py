from __future__ import annotations

import pytest
from django.test import Client

from tests.factories.accounts import person
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role


@pytest.fixture
def steward(client: Client) -> User:
    user = person("", Role.DATA_STEWARD)
    client.force_login(user)
    return user
