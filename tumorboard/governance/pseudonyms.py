"""What identifiers are called in a study, and by how much its dates are moved: random, kept sealed.

Never a hash of the identifier: hashes of record numbers are tried out in seconds.
"""

from __future__ import annotations

import base64
import secrets
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from tumorboard.accounts.sealing import lookup, seal, unseal
from tumorboard.governance.models import Study, StudyPseudonym
from tumorboard.governance.purposes import QUALITY, TRAINING

OFFSET = struct.Struct(">h")
LONGEST_SHIFT = 365  # days
PATIENT, NUMBER = "patient", "number"


@dataclass(frozen=True)
class Pseudonym:
    """`shift`: days added to every date of the patient in the study, 1 to 365 either way."""

    name: str
    shift: int


def study_of(purpose: str, study: Study | None) -> Study | None:
    """The study whose pseudonyms a read uses: quality work and training have one of their own."""
    if study is None and purpose in (QUALITY, TRAINING):
        return Study.objects.get_or_create(code=purpose, defaults={"title": purpose, "purpose": purpose})[0]
    return study


def pseudonyms(study: Study, values: Iterable[str], domain: str = PATIENT) -> dict[str, Pseudonym]:
    """The pseudonym of each value in the study, made at random the first time it is asked for."""
    context = f"{study.pk}|{domain}"
    keys = {lookup(value, context): value for value in set(values)}
    found = _stored(study, list(keys), context)
    missing = [key for key in keys if key not in found]
    if missing:
        StudyPseudonym.objects.bulk_create(
            [StudyPseudonym(study=study, lookup=key, sealed=_new(context)) for key in missing],
            batch_size=5_000,
            ignore_conflicts=True,  # somebody else may have been first: theirs is used
        )
        found |= _stored(study, missing, context)
    return {value: found[key] for key, value in keys.items()}


def _stored(study: Study, keys: list[bytes], context: str) -> dict[bytes, Pseudonym]:
    rows = StudyPseudonym.objects.filter(study=study, lookup__in=keys).values_list("lookup", "sealed")
    return {bytes(key): _opened(unseal(sealed, context)) for key, sealed in rows}


def _new(context: str) -> bytes:
    name = base64.b32encode(secrets.token_bytes(10))
    days = secrets.randbelow(LONGEST_SHIFT) + 1
    return seal(OFFSET.pack(days if secrets.randbits(1) else -days) + name, context)


def _opened(content: bytes) -> Pseudonym:
    return Pseudonym("S-" + content[OFFSET.size :].decode(), *OFFSET.unpack(content[: OFFSET.size]))
