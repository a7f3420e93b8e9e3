"""Every address by GET, with real ids of every patient, as every person; what came back is unpacked and read.

The addresses come from the resolver: a new one is crawled without being named here, and one whose ids are not
known here fails.
"""

from __future__ import annotations

import asyncio
import html
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, product
from typing import Any
from uuid import uuid4

import pypdf
from asgiref.sync import async_to_sync
from django.apps import apps
from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

from tests.integration import contents
from tests.integration.proofs import FULL
from tests.integration.proofs.hospital import Hospital, Somebody
from tests.integration.proofs.marks import Mark, found
from tumorboard.boards.models import Board
from tumorboard.cases.models import Case
from tumorboard.governance.ledger import crosswalk
from tumorboard.lake import tables
from tumorboard.meetings.models import AgendaItem, Meeting, Recommendation
from tumorboard.runs.models import IngestRun, Job

OTHERS = ("admin/", "styleguide/", "sign-out/")  # accounts only; invented samples; ends the session
OF_A_PATIENT = re.compile(r"(?:^|/)(?:cases|of-case)/<uuid:uuid>/")
PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
LINK = re.compile(rb'(?:href|src|hx-get|action|data-[a-z-]+)="(/[^"#]*)"')
ASKED = {  # what pages take behind the question mark
    "figures/lab.json": ("?name=CEA", "?name=ctDNA VAF"),
    "figures/wearable.json": ("?measure=steps",),
    "cases/<uuid:uuid>/trials/": ("", "?show=open", "?show=excluded"),
    "": ("", "?show=decided", "?show=ended"),
}
AT_ONCE = 1  # addresses of a patient who is out of reach, for each person, in the small size


@dataclass
class Seen:
    """What a crawl saw: answers by status, marks by person, and every mark that should not be there."""

    statuses: Counter[int] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)  # answers by content type
    marks: dict[str, set[Mark]] = field(default_factory=dict)
    leaks: list[tuple[str, str, Mark]] = field(default_factory=list)
    size: int = 0
    by_post: set[str] = field(default_factory=set)  # routes that answered that they take POST only


class Crawler:
    def __init__(self, place: Hospital, who: Somebody, seen: Seen) -> None:
        self.place, self.who, self.seen = place, who, seen
        self.client = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
        self.client.force_login(who.user, backend="django.contrib.auth.backends.ModelBackend")
        self.visited: set[str] = set()

    def get(self, path: str) -> HttpResponse | None:
        """The answer; None where the address takes POST only."""
        route = route_of(path)
        self.visited.add(path)
        if route in self.seen.by_post:
            return None
        answer = self.client.get(path)
        if answer.status_code == 405:
            self.seen.by_post.add(route)
        content = content_of(answer)
        kind = answer.get("Content-Type", "").split(";")[0]
        self.seen.statuses[answer.status_code] += 1
        self.seen.kinds[kind] += 1
        self.seen.size += len(content)
        marks = found(unpacked(kind, content) + repr(sorted(answer.items())).encode())
        self.seen.marks.setdefault(self.who.name, set()).update(marks)
        self.seen.leaks += [(self.who.name, path, m) for m in sorted(marks) if m.patient not in self.who.may]
        return answer

    def follow(self, path: str, depth: int = 1) -> None:
        """The page, and the pages of this server that it names."""
        answer = self.get(path)
        if depth and answer is not None and not answer.streaming and "html" in answer.get("Content-Type", ""):
            for link in sorted({html.unescape(m.decode()) for m in LINK.findall(answer.content)}):
                if link not in self.visited and not link.startswith(("/static/", "/sign-out", "/admin/")):
                    self.follow(link, depth - 1)


def route_of(path: str) -> str:
    try:
        return str(resolve(path.partition("?")[0]).route)
    except Resolver404:
        return path


def content_of(answer: Any) -> bytes:
    """The bytes of an answer; of one that never ends, the first piece."""
    if not answer.streaming:
        return bytes(answer.content)
    if not answer.is_async:
        return b"".join(answer.streaming_content)

    async def first() -> bytes:
        with suppress(TimeoutError):
            return bytes(await asyncio.wait_for(anext(aiter(answer.streaming_content), b""), 1))
        return b""

    return async_to_sync(first)()


def unpacked(kind: str, content: bytes) -> bytes:
    """The text of a PDF; everything else as it is."""
    if kind != "application/pdf":
        return content
    read = pypdf.PdfReader(io.BytesIO(content))
    return "\n".join([str(read.metadata), *(page.extract_text() for page in read.pages)]).encode()


# --- addresses ----------------------------------------------------------------------------------------


def routes(resolver: Any = None, prefix: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        elif isinstance(pattern, URLPattern) and not route.startswith(OTHERS):
            yield route


@dataclass
class Addresses:
    """Routes with real ids put in."""

    place: Hospital

    def of_patient(self, number: int) -> list[str]:
        """Everything under the case of one patient."""
        uuid = str(self.place.cases[number].uuid)
        own = {**self._of_patient(number), "uuid": [uuid]}
        found = [p for r in routes() if OF_A_PATIENT.search(r) for p in self._filled(r, own)]
        return sorted(set(found))

    def of_nobody(self) -> list[str]:
        """Lists, boards, meetings, trials, the console."""
        return sorted({p for r in routes() if not OF_A_PATIENT.search(r) for p in self._filled(r, {})})

    def _filled(self, route: str, own: dict[str, list[str]]) -> Iterator[str]:
        names = PARAMETER.findall(route)
        values = [own.get(name) or self._known(route, kind, name) for kind, name in names]
        if "table" in own and {"table", "row_id"} <= {name for _, name in names}:
            pairs = [pair.split("/") for pair in own["table/row"]]
            columns = [name for _, name in names]
            choices = [
                tuple({"table": t, "row_id": r}.get(n, v[0]) for n, v in zip(columns, values, strict=True))
                for t, r in pairs
            ]
        else:
            choices = list(islice(product(*values), None if FULL else 2))
        for chosen in choices:
            path = route
            for value in chosen:
                path = PARAMETER.sub(lambda _, v=value: v, path, count=1)
            for query in next((q for end, q in ASKED.items() if end and route.endswith(end)), ("",)):
                yield f"/{path}{query}"
        if route == "":
            yield from (f"/{query}" for query in ASKED[""])

    def _of_patient(self, number: int) -> dict[str, list[str]]:
        rows = {table: found[number] for table, found in self.place.rows.items() if number in found}
        first = [f"{table}/{rows[table][0]['row_id']}" for table in sorted(rows)]
        bronze = self.received.get(number, {})
        first += [f"{table}/{ids[0]}" for table, ids in sorted(bronze.items())]
        images = [row["row_id"] for row in rows.get("silver.imaging", [])][:1]
        return {
            "table/row": first, "table": [""],
            "row_id": [*images, *bronze.get("bronze.dicom", [])[:1]] or ["none"],
            "document_id": [row["document_id"] for row in rows.get("silver.documents", [])][:1] or ["none"],
            "name": ["question", "course", "imaging", "molecular", "options"],
        }  # fmt: skip

    @cached_property
    def received(self) -> dict[int, dict[str, list[str]]]:
        """Rows as received, by patient."""
        subjects = {key: n for n, k in self.place.keys.items() for key in crosswalk().subjects_of([k])}
        found: dict[int, dict[str, list[str]]] = {}
        for table in contents.versions():
            for row in contents.rows(table) if table.startswith("bronze.") else ():
                if row.get("subject_key") in subjects:
                    found.setdefault(subjects[row["subject_key"]], {}).setdefault(table, []).append(
                        row["row_id"]
                    )
        return found

    @cached_property
    def uuids(self) -> dict[str, list[str]]:
        """By the word of the address that comes before them."""
        own = {
            "boards": Board, "of-board": Board, "meetings": Meeting, "items": AgendaItem,
            "decisions": AgendaItem, "ingests": IngestRun, "jobs": Job, "follow-up": Recommendation,
            "recommendations": Recommendation, "cases": Case,
        }  # fmt: skip
        return {
            word: [str(u) for u in m.objects.values_list("uuid", flat=True)[:2]] for word, m in own.items()
        }

    @cached_property
    def of_governance(self) -> list[str]:
        models = [m for m in apps.get_models() if m._meta.app_label in ("governance", "scores", "screening")]
        having = [m for m in models if any(f.name == "uuid" for f in m._meta.fields)]
        return [str(u) for m in having for u in m.objects.values_list("uuid", flat=True)[:2]]

    def _known(self, route: str, kind: str, name: str) -> list[str]:
        before = route.split(f"<{kind}:{name}>", maxsplit=1)[0].strip("/").split("/")[-1]
        if kind == "uuid":
            return self.uuids.get(before) or self.of_governance or [str(uuid4())]
        if kind == "int":
            return ["1", "2"]
        if name == "trial_id":
            return [str(row["trial_id"]) for row in contents.rows("silver.trials")[:3]]
        return [t.name for t in tables.all_tables()][:: 1 if FULL else 9]


def chosen(addresses: list[str], who: int, number: int, whole: bool) -> list[str]:
    """All of them, or a few that turn with person and patient, so that together all are asked for."""
    if whole or FULL:
        return addresses
    start = (number * AT_ONCE + who * 11) % len(addresses)
    turned = addresses[start:] + addresses[:start]
    return turned[:AT_ONCE]
