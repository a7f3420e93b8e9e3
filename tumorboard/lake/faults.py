"""What can be wrong with a table that is asked for. Apart from the store, so that those who only ask for rows
need not load what opens them."""

from __future__ import annotations


class NotPublished(LookupError):
    """The table has no version that readers may see yet, or not the one asked for."""


class Damaged(RuntimeError):
    """A file of a published version is not the one that was published. Nothing of the version is shown."""


class WriteFailed(RuntimeError):
    """The engine did not take the rows. Its own words are left out: they may show rows."""


class Undeclared(PermissionError):
    """A read or write that the table's declaration does not name. Nothing was written."""
