"""What a kind of job may read and write: said beside the function that does it, given as a capability when
the job is claimed. A kind that says nothing gets nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from tumorboard.governance.permissions import OPERATIONS

Work = TypeVar("Work", bound=Callable[..., str])


@dataclass(frozen=True)
class Needs:
    purposes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


NOTHING = Needs()
_needs: dict[Callable[..., str], Needs] = {}


def needs(
    *, reads: Iterable[str], writes: Iterable[str] = (), purposes: Iterable[str] = (OPERATIONS,)
) -> Callable[[Work], Work]:
    """Declare what the decorated kind of work reads and writes, and why."""

    def declare(work: Work) -> Work:
        _needs[work] = Needs(tuple(purposes), tuple(reads), tuple(writes))
        return work

    return declare


def needs_of(work: Any) -> Needs:
    return _needs.get(work, NOTHING)
