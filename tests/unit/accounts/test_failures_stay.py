"""A failed sign-in stays on record whatever happens after it."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.db import transaction
from django.test import RequestFactory

from tests.factories.accounts import person
from tests.factories.committed import let_the_log_be_emptied
from tumorboard.audit.models import AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def committed(transactional_db: None) -> None:
    let_the_log_be_emptied()


def attempt() -> None:
    authenticate(RequestFactory().post("/"), username="alice", password="wrong")


def test_it_is_committed_at_once():
    person("alice")
    attempt()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        raise ZeroDivisionError
    assert AuditEvent.objects.filter(event="sign_in_failed", target_kind="accounts.user").count() == 1


def test_inside_a_transaction_that_might_undo_it_it_is_refused():
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        attempt()
