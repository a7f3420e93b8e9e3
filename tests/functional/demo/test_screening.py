"""Trial screening in a real browser: themes, narrow screens, and a clinician's answer by keys alone."""

from __future__ import annotations

import re

import pytest

from tests.functional.browser import THEMES, axe, overflows, small_targets

PAGES = ("/trials/", "/trials/drafts/", "/trials/NCT90000001/", "/trials/drafts/NCT90000001/")


@pytest.mark.parametrize("theme", THEMES)
def test_pages(signed_in, case_paths, theme) -> None:
    with signed_in("oncologist", theme=theme) as v:
        for path in (case_paths[0] + "trials/", *PAGES):
            answer = v.page.goto(v.origin + path)
            assert answer is not None
            assert answer.status == 200, path
            assert axe(v.page)[0] == [], path
            v.assert_clean()


def test_narrow(signed_in, case_paths) -> None:
    with signed_in("oncologist", width=320) as v:
        for path in (case_paths[0] + "trials/", *PAGES):
            v.open(path)
            assert overflows(v.page) == [], path
            assert small_targets(v.page) == [], path


def test_the_board_sees_which_tests_would_open_most(signed_in) -> None:
    with signed_in("coordinator") as v:
        v.open("/boards/")
        v.page.locator("main a[href^='/boards/']").first.click()
        v.page.get_by_role("link", name=re.compile("Trials of this board")).click()
        v.page.wait_for_selector("#tests tbody tr")
        assert axe(v.page)[0] == []
        v.assert_clean()


def test_a_clinicians_answer_by_keys(signed_in, case_paths) -> None:
    """Opens a criterion, answers it without a mouse, sees it beside the computed result, takes it back."""
    with signed_in("oncologist") as v:
        v.open(case_paths[0] + "trials/")
        v.page.locator("#criteria tbody a", has_text="Answer").last.focus()
        v.page.keyboard.press("Enter")
        v.page.wait_for_selector("#answer")
        v.page.locator("#answer input[type=radio]").first.focus()
        v.page.keyboard.press("Space")
        v.page.keyboard.press("Tab")  # the reason
        v.page.keyboard.press("Tab")  # the words
        v.page.keyboard.type("Seen in a letter of another hospital")
        v.page.locator("#answer button").focus()
        v.page.keyboard.press("Enter")
        v.page.wait_for_selector("text=Seen in a letter of another hospital")
        v.page.locator("#criteria button", has_text="Withdraw").first.focus()
        v.page.keyboard.press("Enter")
        v.page.wait_for_selector("text=The computed result counts again")
        assert v.page.locator("text=Seen in a letter of another hospital").count() == 0
        v.assert_clean()


def test_each_result_opens_to_its_source(signed_in, case_paths) -> None:
    with signed_in("oncologist") as v:
        v.open(case_paths[0] + "trials/")
        v.page.locator("#criteria [data-source]").first.click()
        v.page.wait_for_selector("#source-panel dl, #source-panel h2")
        assert v.page.locator("#source-panel").inner_text().strip()
        v.assert_clean()
