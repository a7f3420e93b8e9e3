"""Every main page, in every theme: no policy violation, nothing fetched from elsewhere, no axe finding."""

from __future__ import annotations

import numpy as np
import pytest

from tests.functional.browser import THEMES, axe, overflows, pixel, small_targets

CLINICIAN = (
    "/",
    "/meetings/",
    "/boards/",
    "/profile/",
    "/cases/register/",
    "/meetings/follow-up/",
    "/console/governance/tokens/",
    "/console/extracts/",
)
STEWARD = (
    "/console/", "/console/ingests/", "/console/quarantine/", "/console/jobs/",
    "/console/lineage/", "/console/audit/", "/console/models/",
    *(f"/console/governance/{name}/" for name in (
        "catalog", "catalog/tumorboard", "catalog/silver", "catalog/silver.patients",
        "catalog/silver.patients/tags", "catalog/silver.patients/columns/name", "tags", "grants",
        "grants/give", "policies", "policies/draft", "explain", "view-as", "studies", "studies/new",
        "quality", "emergencies", "notices", "snapshots", "integrity",
    )),
    "/console/governance/view-as/?role=researcher&purpose=research",
    "/console/governance/view-as/gold.case_facts/?role=quality_officer&purpose=quality",
    "/console/governance/explain/?person=oncologist&table=gold.case_facts&column=value&purpose=treatment",
)  # fmt: skip


def scrolled(page: object) -> None:
    """Down to the end and back, so that everything that loads late has loaded."""
    page.evaluate(  # type: ignore[attr-defined]
        "async () => { for (let y = 0; y < document.body.scrollHeight; y += 500) {"
        " scrollTo(0, y); await new Promise(r => setTimeout(r, 60)); } scrollTo(0, 0); }"
    )
    page.wait_for_load_state("networkidle")  # type: ignore[attr-defined]


@pytest.mark.parametrize("theme", THEMES)
def test_case_page(signed_in, case_paths, theme) -> None:
    for path in case_paths[:3]:
        with signed_in("oncologist", theme=theme) as v:
            v.open(path)
            scrolled(v.page)
            violations, _ = axe(v.page)
            assert violations == [], path
            assert v.page.locator(".synthetic").count() == 1
            v.assert_clean()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("username", "paths"), [("oncologist", CLINICIAN), ("steward", STEWARD)])
def test_other_pages(signed_in, theme, username, paths) -> None:
    with signed_in(username, theme=theme) as v:
        for path in paths:
            answer = v.page.goto(v.origin + path)
            assert answer is not None
            assert answer.status == 200, path
            violations, _ = axe(v.page)
            assert violations == [], path
            v.assert_clean()


def test_sign_in_page(demo, browser) -> None:
    from tests.functional.browser import visit

    with visit(browser, demo.url) as v:
        v.open("/sign-in/")
        assert axe(v.page)[0] == []
        v.assert_clean()


def test_case_page_reflows_and_its_targets_are_large_enough(signed_in, case_paths) -> None:
    with signed_in("oncologist", width=320) as v:
        v.open(case_paths[0])
        assert overflows(v.page) == []
        assert small_targets(v.page) == []


def test_the_facts_are_there_without_script(signed_in, case_paths) -> None:
    with signed_in("oncologist", java_script_enabled=False) as v:
        v.page.goto(v.origin + case_paths[0])
        assert v.page.locator("#snapshot .fact").count() >= 3
        assert v.page.locator("#question .question").inner_text()


BRIGHTEST = """([selector, least]) => {
  const canvas = document.querySelector(selector);
  const data = canvas?.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data ?? [];
  return data.some((value, i) => i % 4 === 0 && value > least);
}"""


def test_the_ct_shows_the_files_pixels(signed_in, case_paths) -> None:
    """The canvas holds the Hounsfield units of the file through the window that is shown."""
    canvas = "#imaging tb-stack canvas"
    with signed_in("oncologist") as v:
        assert any(v.open(path).page.locator("#imaging tb-stack").count() for path in case_paths)
        v.page.locator("#imaging details summary").first.click()
        v.seen("#imaging tb-stack")
        v.page.wait_for_function(BRIGHTEST, arg=[canvas, 200])
        stack = v.page.request.get(
            v.origin + v.page.locator("#imaging tb-stack").first.get_attribute("src")
        ).json()
        shown = (
            int(v.page.locator("#imaging tb-stack [role=slider]").first.get_attribute("aria-valuenow")) - 1
        )
        content = v.page.request.get(v.origin + stack["urls"][shown]).body()
        frame = np.frombuffer(content, "<i2").reshape(stack["rows"], stack["columns"])
        centre, width = stack["window"]
        for row, column in ((5, 5), (64, 64), (90, 64), (64, 30)):
            grey = np.clip((frame[row, column] - centre) / width * 255 + 127.5, 0, 255)
            assert abs(pixel(v.page, canvas, column, row)[0] - grey) <= 1
        v.assert_clean()


@pytest.mark.parametrize(
    ("username", "status"),
    [
        ("oncologist", 200),
        ("pathologist", 200),
        ("coordinator", 200),
        ("steward", 404),
        ("administrator", 404),
    ],
)
def test_who_sees_a_case(signed_in, case_paths, username, status) -> None:
    with signed_in(username) as v:
        answer = v.page.goto(v.origin + case_paths[0])
        assert answer is not None
        assert answer.status == status
