"""Every main page, in every theme: no policy violation, nothing fetched from elsewhere, no axe finding."""

from __future__ import annotations

import pytest

from tests.functional.browser import THEMES, axe, overflows, small_targets

CLINICIAN = ("/", "/meetings/", "/boards/", "/profile/", "/cases/register/", "/meetings/follow-up/")
STEWARD = (
    "/console/", "/console/ingests/", "/console/quarantine/", "/console/jobs/", "/console/tables/",
    "/console/lineage/", "/console/audit/", "/console/models/",
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


def test_the_ct_shows_the_files_pixels(signed_in, case_paths) -> None:
    """Bone is bright and air is dark in the middle slice; the stack moves by keyboard."""
    with signed_in("oncologist") as v:
        for path in case_paths:
            v.open(path)
            if v.page.locator("#imaging tb-stack").count():
                break
        else:
            pytest.fail("no case of the demo has imaging")
        v.page.locator("#imaging details summary").first.click()
        v.seen("#imaging tb-stack")
        low, high = v.page.evaluate(
            "() => { const c = document.querySelector('#imaging tb-stack canvas');"
            " const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            " let low = 255, high = 0; for (let i = 0; i < d.length; i += 4) {"
            " low = Math.min(low, d[i]); high = Math.max(high, d[i]); } return [low, high]; }"
        )
        assert low < 5
        assert high > 200
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
