"""Databases that other processes see too: copies of one that has been migrated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from tumorboard.runs import services

TEMPLATE = "migrated"
numbers = count(1)


def url(name: str) -> str:
    """The address that another process is given."""
    return services.postgres_url(settings.HOME).replace(f"/{services.DATABASE}?", f"/{name}?")


@contextmanager
def copy_of(template: str) -> Iterator[str]:
    """A new database like `template`, which this process uses while the block runs."""
    name = f"copy_{next(numbers)}"
    _administer("create database {} template {}", name, template)
    try:
        with _used(name):
            yield name
    finally:
        _administer("drop database {} with (force)", name)


def migrate(name: str) -> None:
    _administer("create database {}", name)
    with _used(name):
        call_command("migrate", verbosity=0)


@contextmanager
def _used(name: str) -> Iterator[None]:
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def _administer(statement: str, *names: str) -> None:
    with psycopg.connect(services.postgres_url(settings.HOME), autocommit=True) as admin:
        admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
