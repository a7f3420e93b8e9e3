"""The meeting, driven by keys: slides, a decision, a signature, and what the board saw afterwards."""

from __future__ import annotations

import re

from tests.functional.browser import axe, press

SLIDES = ("question", "course", "imaging", "molecular", "options", "decision")


WORDS = "Repeat the panel on new material."


def record(decision, summary: str, action: str, **values: str) -> None:
    """Fill one of the forms of the decision slide, unfolding it first."""
    form = decision.locator(f"form[action$='{action}']")
    if not form.is_visible():
        decision.locator("summary", has_text=summary).click()
    for name, value in values.items():
        field = form.locator(f"[name={name}]").first
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(value)
        elif field.get_attribute("type") == "radio":
            form.locator(f"[name={name}][value={value}]").check()
        else:
            field.fill(value)
    form.locator("button").click()


def open_meeting(signed_in):
    """The coordinator opens the coming meeting (once); its address."""
    with signed_in("coordinator") as v:
        v.open("/")
        v.page.locator("a", has_text="Agenda").first.click()
        v.page.wait_for_url(re.compile(r"/meetings/[0-9a-f-]{36}/$"))
        button = v.page.locator("form[action$='/open/'] button")
        if button.count():
            button.click()
            v.page.wait_for_load_state("networkidle")
        v.assert_clean()
        return v.page.url.removeprefix(v.origin)


def test_six_slides_by_clicker_without_a_violation(signed_in) -> None:
    meeting = open_meeting(signed_in)
    with signed_in("oncologist", width=1920, height=1080) as v:
        v.open(meeting + "present/")
        v.page.wait_for_load_state("networkidle")
        for number, name in enumerate(SLIDES, 1):
            press(v.page, str(number))
            v.page.locator(f"[data-slide={name}]").wait_for(state="visible")
            v.page.wait_for_load_state("networkidle")
            assert axe(v.page)[0] == [], name
        press(v.page, "1", "PageDown", "PageDown", "PageUp")
        v.page.locator("[data-slide=course]").wait_for(state="visible")
        assert v.page.locator(".synthetic").count() == 1
        v.assert_clean()


def test_decide_sign_and_reopen_what_the_board_saw(signed_in) -> None:
    meeting = open_meeting(signed_in)
    with signed_in("oncologist", width=1920, height=1080) as v:
        v.open(meeting + "present/")
        v.page.wait_for_load_state("networkidle")
        press(v.page, "1", "2", "6")
        v.page.locator("[data-slide=decision]").wait_for(state="visible")
        decision = v.page.locator("[data-slide=decision]")
        start = decision.locator("form[action$='/start/'] button")
        if start.count():
            start.click()
            v.page.wait_for_function("() => document.documentElement.dataset.ready !== undefined")
            press(v.page, "6")
            decision.wait_for(state="visible")
        record(decision, "Recommend", "/recommendations/", kind="molecular_testing", text=WORDS)
        decision.locator(f"text={WORDS}").first.wait_for()
        record(decision, "Decide", "/decide/", outcome="consensus", caveats="Facts in conflict were named.")
        sign = decision.locator("form[action$='/sign/'] button")
        sign.wait_for()
        sign.click()
        decision.locator("text=Signed").first.wait_for()
        v.assert_clean()
        link = decision.locator("a[href*='/meetings/decisions/']").first.get_attribute("href")
        v.open(link)
        assert WORDS in v.page.locator("main").inner_text()
        assert axe(v.page)[0] == []
        v.page.locator("a[href*='snapshot=']").first.click()
        v.page.wait_for_load_state("networkidle")
        assert "what the board saw" in v.page.locator("main").inner_text()
        assert v.page.locator("#snapshot .fact").count() > 3
        v.assert_clean()


def test_follow_up_is_asked_for(signed_in) -> None:
    with signed_in("coordinator") as v:
        v.open("/meetings/follow-up/")
        assert v.page.locator("main a, main form").count() > 0
        assert axe(v.page)[0] == []
        v.assert_clean()
