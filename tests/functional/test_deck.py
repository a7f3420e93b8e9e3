"""The meeting layout: slides, clicker, names, the presenter and the screens that follow."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.functional.browser import Visit, load_everything, press, visit

# --- meeting ----------------------------------------------------------------------------------------


def slide(page: Page) -> str:
    return page.locator("[data-slide]:not([hidden])").get_attribute("data-slide") or ""


def test_deck_goes_through_all_slides_by_clicker(meeting: Visit) -> None:
    page = meeting.page
    seen = [slide(page)]
    for _ in range(6):
        press(page, "PageDown")
        seen.append(slide(page))
    assert seen == ["question", "course", "imaging", "molecular", "options", "decision", "decision"]
    press(page, "ArrowLeft", "PageUp", "2")
    assert slide(page) == "course"
    expect(page.locator("[data-slides] [aria-current]")).to_have_text("2 Course")
    expect(page.locator("#live")).to_have_text("2 of 6: Course")
    meeting.assert_clean()


def test_deck_fits_1080p_without_scrolling(meeting: Visit) -> None:
    for _ in range(6):
        page = meeting.page
        load_everything(meeting)
        page.evaluate("() => scrollTo(0, 0)")
        assert page.evaluate("() => document.documentElement.scrollHeight <= innerHeight")
        high = page.evaluate(
            "() => { const s = document.querySelector('[data-slide]:not([hidden])');"
            " return s.scrollHeight - s.clientHeight; }"
        )
        assert high <= 0, f"{slide(page)} scrolls by {high} px"
        press(page, "ArrowRight")


def test_clicker_keys_leave_the_canvas_and_digits_stay(meeting: Visit) -> None:
    page = meeting.page
    press(page, "3")
    load_everything(meeting)
    box = page.locator("[data-slide=imaging] [role=slider]").first
    box.focus()
    press(page, "2")
    assert slide(page) == "imaging"
    expect(box).to_have_attribute("aria-valuetext", re.compile("window 1500"))
    press(page, "PageDown")
    assert slide(page) == "molecular"


def test_hidden_slides_load_nothing(meeting: Visit) -> None:
    requests: list[str] = []
    meeting.page.on("request", lambda request: requests.append(request.url))
    meeting.page.reload()
    meeting.page.wait_for_timeout(800)
    assert not [address for address in requests if "/frames/" in address or "/data/" in address]


def test_deck_blank_names_case_and_source(meeting: Visit) -> None:
    page = meeting.page
    press(page, "b")
    expect(page.get_by_role("dialog", name="Screen blanked")).to_be_visible()
    press(page, "b")
    expect(page.get_by_role("dialog", name="Screen blanked")).to_have_count(0)
    press(page, "h")
    expect(page.locator(".name")).to_be_hidden()
    expect(page.locator(".alias")).to_be_visible()
    press(page, "s")
    expect(page.locator("#source-panel h2")).to_have_text("Diagnosis")
    press(page, "Escape")
    expect(page.locator("#source-panel")).to_be_hidden()
    press(page, "n")
    page.wait_for_url("**/styleguide/patient/")
    expect(page.locator(".patient-bar .name").first).to_be_hidden()  # the next case opens with names hidden


def test_presenter_posts_its_position(meeting: Visit) -> None:
    with meeting.page.expect_request("**/styleguide/position") as sent:
        press(meeting.page, "ArrowRight")
    assert sent.value.method == "POST"
    assert sent.value.post_data == "slide=2"
    assert sent.value.response().status == 204  # the token was right


def test_second_screen_follows_until_moved_by_hand(browser: Browser, page_server) -> None:
    with visit(browser, page_server.url) as found:
        found.open("/styleguide/follow/")
        page = found.page
        expect(page.locator("[data-slide=imaging]")).to_be_visible()
        press(page, "ArrowRight")
        expect(page.locator("[data-follow]")).to_have_attribute("aria-pressed", "false")
        assert slide(page) == "molecular"
        page.locator("[data-follow]").click()
        expect(page.locator("[data-slide=imaging]")).to_be_visible()
        found.assert_clean()


def test_clock_counts_against_the_time_planned(meeting: Visit) -> None:
    expect(meeting.page.locator("tb-clock")).to_have_text(re.compile(r"0:0[1-9] of 8:00"))
