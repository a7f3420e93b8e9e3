"""The layouts of the style guide as whole pages: axe, sizes, themes, print, source panel, focus, letters."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.functional.browser import (
    THEMES,
    Visit,
    axe,
    contrast,
    load_everything,
    overflows,
    press,
    set_theme,
    small_targets,
    tab_stops,
    visit,
)
from tumorboard.ui import samples

PAGES = ["/styleguide/", "/styleguide/patient/", "/styleguide/meeting/"]
# What axe cannot decide by itself, and the test here that decides it instead.
UNDECIDED = {
    "color-contrast": "test_svg_and_chart_text_can_be_read_in_every_theme",
    "aria-hidden-focus": "test_every_tab_stop_can_be_seen",
}


# --- the page as a whole ----------------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_and_the_policy_holds(browser: Browser, page_server, path: str, theme: str) -> None:
    with visit(browser, page_server.url, theme=theme) as found:
        found.open(path)
        load_everything(found)
        violations, incomplete = axe(found.page)
        assert violations == []
        assert {rule.split(":")[0] for rule in incomplete} <= set(UNDECIDED)
        found.assert_clean()


def test_axe_finds_nothing_with_panel_table_and_dialog_open(guide: Visit) -> None:
    load_everything(guide)
    guide.page.locator("#many summary").click()
    guide.page.locator("#facts [data-source]").nth(1).click()
    guide.page.locator("#source-panel mark").wait_for()
    assert axe(guide.page)[0] == []
    guide.page.locator("[data-dialog=sample-dialog]").click()
    assert axe(guide.page)[0] == []


@pytest.mark.parametrize("width", [320, 480, 768, 1920, 3840])
@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways(browser: Browser, page_server, path: str, width: int) -> None:
    with visit(browser, page_server.url, width=width) as found:
        found.open(path)
        load_everything(found)
        assert overflows(found.page) == []


@pytest.mark.parametrize("path", PAGES)
def test_every_target_is_large_enough(browser: Browser, page_server, path: str) -> None:
    with visit(browser, page_server.url) as found:
        found.open(path)
        load_everything(found)
        assert small_targets(found.page) == []


@pytest.mark.parametrize("path", PAGES)
def test_every_tab_stop_can_be_seen(browser: Browser, page_server, path: str) -> None:
    with visit(browser, page_server.url) as found:
        found.open(path)
        load_everything(found)
        assert [stop for stop in tab_stops(found.page) if not stop["visible"]] == []


def test_no_large_area_changes_colour_on_focus(patient: Visit) -> None:
    colour = "() => getComputedStyle(document.querySelector('#snapshot')).backgroundColor"
    before = patient.page.evaluate(colour)
    press(patient.page, "j", "j")
    assert patient.page.evaluate("() => document.activeElement.id") == "snapshot"
    assert patient.page.evaluate(colour) == before


def test_without_script_facts_and_slides_are_in_the_page(browser: Browser, page_server) -> None:
    with visit(browser, page_server.url, java_script_enabled=False) as found:
        found.page.goto(page_server.url + "/styleguide/meeting/")
        expect(found.page.get_by_text("cT2b N2 M1a, IVA (AJCC 8)")).to_be_visible()
        expect(found.page.get_by_role("heading", name="Decision")).to_be_visible()


@pytest.mark.parametrize("theme", THEMES)
def test_svg_and_chart_text_can_be_read_in_every_theme(guide: Visit, theme: str) -> None:
    """Also after a switch: axe does not read SVG text, and Plotly keeps the colours it was drawn with."""
    load_everything(guide)
    for step in ("dark", "light", theme):
        set_theme(guide.page, step)
    for text in ("#drawn .xtick text", "#drawn .ytick text", "#drawn .legendtext", "#drawn .xtitle"):
        expect(guide.page.locator(text).first).to_be_visible()
        guide.page.wait_for_function(
            "([text]) => getComputedStyle(document.querySelector(text)).fill === "
            "getComputedStyle(document.body).color",
            arg=[text],
        )
        assert contrast(guide.page, text, "#charts") >= 4.5
    for text in (".tl-grid text", ".tl [role=rowheader]", ".lollipop text"):
        assert contrast(guide.page, text, "#timelines") >= 4.5
    guide.assert_clean()


def test_theme_is_kept_and_there_before_the_first_paint(guide: Visit) -> None:
    set_theme(guide.page, "dark")
    guide.page.reload()
    assert guide.page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    assert guide.page.locator("head script").first.get_attribute("type") is None  # blocking, so in time


@pytest.mark.parametrize("options", [{"forced_colors": "active"}, {"reduced_motion": "reduce"}])
def test_forced_colours_and_reduced_motion(browser: Browser, page_server, options: dict[str, str]) -> None:
    with visit(browser, page_server.url, **options) as found:
        found.open("/styleguide/")
        load_everything(found)
        assert axe(found.page)[0] == []


def test_print_says_each_source_in_words(patient: Visit) -> None:
    patient.page.emulate_media(media="print")
    words = patient.page.evaluate(
        "() => getComputedStyle(document.querySelectorAll('.chip')[1], '::after').content"
    )
    assert "Clinic letter, 02 Apr 2024, not yet verified" in words
    expect(patient.page.locator("#source-panel")).to_be_hidden()


# --- facts, source panel, focus ---------------------------------------------------------------------


def test_chip_says_its_source_in_full_and_a_fact_without_one_is_not_shown(guide: Visit) -> None:
    name = "Source of Stage: Clinic letter, 02 Apr 2024, not yet verified"
    expect(guide.page.get_by_role("button", name=name, exact=True)).to_have_text("02 Apr 2024 ?")
    expect(guide.page.get_by_text("is not rendered")).to_have_count(0)


def test_focus_goes_into_the_panel_and_back_to_the_chip(patient: Visit) -> None:
    page = patient.page
    chip = page.locator("[data-fact='gold.case_facts/1']")
    chip.focus()
    press(page, "Enter")
    expect(page.locator("#source-panel mark")).to_have_text("cT2b N2 M1a")
    expect(page.locator("#source-panel")).to_be_focused()
    expect(chip).to_have_attribute("aria-expanded", "true")
    press(page, "Escape")
    expect(chip).to_be_focused()
    expect(chip).to_have_attribute("aria-expanded", "false")


def test_s_opens_the_source_of_the_section_in_focus(patient: Visit) -> None:
    press(patient.page, "j", "j", "s")
    expect(patient.page.locator("#source-panel h2")).to_have_text("Diagnosis")
    expect(patient.page.locator("#source-panel")).to_be_focused()


def test_polling_leaves_the_caret_alone_and_stops(patient: Visit) -> None:
    page = patient.page
    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.url) if "/progress/" in request.url else None)
    draft = page.locator("#draft-text")
    draft.click()
    text = "Amivantamab plus lazertinib, or the trial"
    draft.press_sequentially(text, delay=150)
    expect(page.locator(".progress [role=status]")).to_contain_text(f"{samples.STEPS} of {samples.STEPS}")
    expect(draft).to_be_focused()
    expect(draft).to_have_value(text)
    before = len(polls)
    page.wait_for_timeout(2_500)
    assert len(polls) == before


def test_panel_says_when_the_server_is_gone(patient: Visit) -> None:
    page = patient.page
    page.route("**/styleguide/source/*", lambda route: route.abort())
    page.locator("[data-fact='gold.case_facts/1']").click()
    expect(page.locator("#source-panel [role=alert]")).to_contain_text("did not answer")


def test_error_answer_in_a_panel_is_a_fragment(patient: Visit) -> None:
    page = patient.page
    page.evaluate(
        "() => { document.querySelector('[data-source]').dataset.source = '/styleguide/source/999'; }"
    )
    page.locator("[data-source]").first.click()
    expect(page.locator("#source-panel [role=alert]")).to_contain_text("Nothing here")
    expect(page.locator("#source-panel main")).to_have_count(0)


def test_second_click_on_save_is_dropped(patient: Visit) -> None:
    page = patient.page
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.locator("#draft .btn").evaluate("(save) => { save.click(); save.click(); save.click(); }")
    page.wait_for_load_state("networkidle")
    assert len(sent) == 1


# --- single-letter keys -----------------------------------------------------------------------------


def test_letters_can_be_switched_off_for_good(patient: Visit) -> None:
    page = patient.page
    press(page, "?")
    expect(page.locator("#keys")).to_be_visible()
    page.get_by_label("Single-letter keys").uncheck()
    press(page, "Escape")
    page.reload()
    page.wait_for_function("() => document.documentElement.dataset.ready !== undefined")
    press(page, "j")
    assert page.evaluate("() => document.activeElement === document.body")
    press(page, "?")
    expect(page.locator("#keys")).to_be_hidden()


def test_letters_typed_into_a_field_stay_there(patient: Visit) -> None:
    patient.page.locator("#draft-text").click()
    patient.page.keyboard.type("jks?")
    expect(patient.page.locator("#draft-text")).to_have_value("jks?")
    expect(patient.page.locator("#keys")).to_be_hidden()
