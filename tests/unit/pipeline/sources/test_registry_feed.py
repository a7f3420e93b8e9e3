"""The registry is a real HTTP server on this machine; it also lies, breaks off and never ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tumorboard.pipeline.sources import registry_feed
from tumorboard.pipeline.sources.registry_feed import Feed, FeedError, changed_since, posted_on, write

Answer = tuple[int, bytes]


def study(number: int, posted: str | None = "2026-03-01") -> dict[str, Any]:
    status = {"lastUpdatePostDateStruct": {"date": posted}} if posted else {}
    return {"protocolSection": {"identificationModule": {"nctId": f"NCT{number:08}"}, "statusModule": status}}


def body(*studies: dict[str, Any], token: str = "") -> Answer:
    return 200, json.dumps({"studies": studies, **({"nextPageToken": token} if token else {})}).encode()


@pytest.fixture
def registry() -> Iterator[Callable[[Callable[[dict[str, str]], Answer]], Feed]]:
    servers = []

    def start(answer: Callable[[dict[str, str]], Answer]) -> Feed:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                status, content = answer(asked)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return Feed(f"http://127.0.0.1:{server.server_port}/api/v2", "lung cancer")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def numbers(feed: Feed, since: date | None = None) -> list[str]:
    return [s["protocolSection"]["identificationModule"]["nctId"] for s in changed_since(feed, since)]


def test_pages_are_followed_to_the_end(registry: Any) -> None:
    asked = []

    def answer(query: dict[str, str]) -> Answer:
        asked.append(query)
        return body(study(2)) if "pageToken" in query else body(study(1), token="next")

    assert numbers(registry(answer), date(2026, 2, 1)) == ["NCT00000001", "NCT00000002"]
    assert asked[0]["filter.advanced"] == "AREA[LastUpdatePostDate]RANGE[2026-02-01,MAX]"
    assert asked[0]["query.cond"] == "lung cancer"
    assert asked[1]["pageToken"] == "next"


def test_a_registry_that_ignores_the_day_is_filtered_here(registry: Any) -> None:
    feed = registry(lambda _: body(study(1, "2026-01-01"), study(2, "2026-03-01"), study(3, None)))
    assert numbers(feed, date(2026, 2, 1)) == ["NCT00000002", "NCT00000003"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((500, b""), "answered 500"),
        ((302, b""), "answered 302"),
        ((200, b"not json"), "API version 2"),
        ((200, b"[" * 100_000), "API version 2"),
        ((200, b"[]"), "API version 2"),
    ],
)
def test_an_answer_that_is_none(registry: Any, answer: Answer, words: str) -> None:
    with pytest.raises(FeedError, match=words):
        numbers(registry(lambda _: answer))


def test_an_answer_that_never_ends(registry: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_feed, "PAGES", 3)
    with pytest.raises(FeedError, match="3 pages"):
        numbers(registry(lambda _: body(study(1), token="again")))


@pytest.mark.parametrize(
    "address", ["http://example.org/api/v2", "ftp://example.org", "http://169.254.169.254"]
)
def test_only_https_or_this_machine(address: str) -> None:
    with pytest.raises(FeedError, match="https"):
        numbers(Feed(address))


def test_nobody_at_home() -> None:
    with pytest.raises(FeedError, match="could not be reached"):
        numbers(Feed("http://127.0.0.1:9/api/v2"))


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(study(1, "2026-03-01")))
    (tmp_path / "many.json").write_text(json.dumps({"studies": [study(2, "2026-01-01"), study(3), "x"]}))
    (tmp_path / "broken.json").write_text("{")
    assert numbers(Feed(str(tmp_path)), date(2026, 2, 1)) == ["NCT00000003", "NCT00000001"]
    with pytest.raises(FeedError, match="does not exist"):
        numbers(Feed(str(tmp_path / "nowhere")))


def test_a_record_is_written_under_its_number_and_content(tmp_path: Path) -> None:
    first, again, changed = (
        write(study(1, day), tmp_path) for day in ("2026-03-01", "2026-03-01", "2026-04-01")
    )
    assert first == again != changed
    assert json.loads(first.read_text()) == study(1)


@pytest.mark.parametrize("number", ["../../etc/passwd", "NCT1", "", None])
def test_a_number_that_is_none_names_no_file(tmp_path: Path, number: Any) -> None:
    made = study(1)
    made["protocolSection"]["identificationModule"]["nctId"] = number
    assert write(made, tmp_path) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("day", [None, "soon", "2026-13-01"])
def test_a_day_that_is_none(day: str | None) -> None:
    assert posted_on(study(1, day)) is None
