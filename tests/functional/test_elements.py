"""Every element of the style guide, in a real browser: states, keys, known values, a second life."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.functional.browser import Visit, load_everything, pixel, press, visit, wait_for_grey

# --- timeline ---------------------------------------------------------------------------------------


def current(page: Page) -> str:
    return page.locator("#many [role=gridcell][tabindex='0']").get_attribute("aria-label") or ""


def test_timeline_has_one_tab_stop_though_its_first_lane_is_empty(guide: Visit) -> None:
    guide.seen("#many")
    expect(guide.page.locator("#many [role=row]").first).to_contain_text("Diagnosis (0)")
    expect(guide.page.locator("#many svg [tabindex='0']")).to_have_count(1)
    guide.seen("#one")
    expect(guide.page.locator("#one svg [tabindex='0']")).to_have_count(1)


@pytest.mark.parametrize(
    ("element", "state", "words"),
    [
        ("#none", "empty", "No events are recorded yet"),
        ("#lost", "error", "404"),
        ("#no-chart", "empty", "nothing to draw"),
        ("#lost-chart", "error", "404"),
        ("#no-stack", "empty", "no images"),
        ("#lost-stack", "error", "404"),
    ],
)
def test_empty_and_failed_are_said(guide: Visit, element: str, state: str, words: str) -> None:
    guide.seen(element, state)
    expect(guide.page.locator(element)).to_contain_text(words)


def test_try_again_loads_what_failed(guide: Visit) -> None:
    guide.seen("#lost", "error")
    guide.page.evaluate(
        "() => document.querySelector('#lost').setAttribute('src', '/styleguide/data/timeline.json')"
    )
    guide.page.locator("#lost").get_by_role("button", name="Try again").click()
    guide.seen("#lost", "ready")


def test_timeline_keys_reach_every_event_of_a_lane(guide: Visit) -> None:
    """Walk the whole lane at the closest zoom; each event must be met, those of one day inside their pill."""
    page = guide.page
    guide.seen("#many")
    page.locator("#many [tabindex='0']").focus()
    press(page, "Home", *["+"] * 12)
    expected = page.locator("#many [role=rowheader]").nth(1).text_content() or ""
    count = int(expected.rsplit("(", 1)[1].rstrip(")"))
    met = {current(page).split(",")[0]}
    for _ in range(count + 5):
        press(page, "ArrowRight")
        met.add(current(page).split(",")[0].split(";")[0])
    assert len(met) == count


def test_timeline_moves_between_lanes_over_empty_ones_and_zooms(guide: Visit) -> None:
    page = guide.page
    guide.seen("#many")
    page.locator("#many [tabindex='0']").focus()
    first = current(page)
    press(page, "ArrowUp")
    assert current(page) == first
    press(page, "ArrowDown")
    assert current(page) != first
    whole = page.locator("#many [role=gridcell]").count()
    press(page, "+", "+", "+")
    zoomed = page.locator("#many [role=gridcell]").count()
    assert zoomed != whole
    press(page, "0")
    assert page.locator("#many [role=gridcell]").count() == whole
    press(page, "End")
    assert page.evaluate("() => document.activeElement.getAttribute('role')") == "gridcell"


def test_timeline_enter_opens_the_source_and_escape_comes_back(guide: Visit) -> None:
    page = guide.page
    guide.seen("#one")
    page.locator("#one [tabindex='0']").focus()
    press(page, "Enter")
    expect(page.locator("#source-panel .panel")).to_be_visible()
    expect(page.locator("#source-panel")).to_be_focused()
    press(page, "Escape")
    assert page.evaluate("() => document.activeElement.closest('tb-timeline')?.id") == "one"


def test_timeline_enter_on_a_pill_takes_it_apart(guide: Visit) -> None:
    page = guide.page
    guide.seen("#many")
    pill = page.locator("#many [role=gridcell][aria-label*='Enter zooms in']").first
    before = int((pill.get_attribute("aria-label") or "").split(" ")[0])
    pill.click(force=True)
    after = current(page)
    assert not after.startswith(f"{before} events")


def test_timeline_table_holds_every_event_also_the_undated(guide: Visit) -> None:
    guide.seen("#many")
    guide.page.locator("#many summary").click()
    expect(guide.page.locator("#many tbody tr")).to_have_count(301)
    expect(guide.page.locator("#many tbody tr").last).to_contain_text("no date")
    expect(guide.page.locator("#many")).to_contain_text("1 without a date")


def test_timeline_keeps_a_tab_stop_when_the_view_moves_away(guide: Visit) -> None:
    page = guide.page
    guide.seen("#many")
    for name in ("Zoom in", "Zoom in", "Zoom in", "Later", "Later", "Later"):
        page.locator("#many").get_by_role("button", name=name).click()
    expect(page.locator("#many svg[tabindex='0'], #many svg [tabindex='0']")).to_have_count(1)


def test_timeline_of_5000_events_is_quick(guide: Visit) -> None:
    """Demanded: 100 ms to draw, 60 ms a key, on a quiet machine; the limits leave room for a busy one."""
    page = guide.page
    page.evaluate(
        """() => { const many = document.querySelector('#many');
        many.setAttribute('src', '/styleguide/data/timeline.json?n=5000');
        many.replaceWith(many); many.remove(); document.querySelector('#timelines').append(many); }"""
    )
    guide.seen("#many")
    assert int(page.locator("#many").get_attribute("data-ms") or "0") <= 300
    page.locator("#many [tabindex='0']").focus()
    spent = page.evaluate(
        """() => { const begun = performance.now();
        const right = () => new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true});
        for (let i = 0; i < 10; i++) document.activeElement.dispatchEvent(right());
        return (performance.now() - begun) / 10; }"""
    )
    assert spent <= 120


# --- chart ------------------------------------------------------------------------------------------


def test_chart_loads_plotly_only_when_it_comes_near(browser: Browser, page_server) -> None:
    with visit(browser, page_server.url, height=600) as found:
        requests: list[str] = []
        found.page.on("request", lambda request: requests.append(request.url))
        found.open("/styleguide/")
        found.page.wait_for_timeout(500)
        assert not [address for address in requests if "plotly-basic" in address]
        found.seen("#drawn")
        assert [address for address in requests if "plotly-basic" in address]
        found.assert_clean()


def test_chart_label_and_table_come_from_the_same_rows(guide: Visit) -> None:
    guide.seen("#drawn")
    chart = guide.page.get_by_role("img", name="Overall survival of 40 similar patients: median 18 months")
    expect(chart).to_be_visible()
    guide.page.locator("#drawn summary").click()
    expect(guide.page.locator("#drawn tbody tr")).to_have_count(7)
    expect(guide.page.locator("#drawn tbody tr").last).to_contain_text("0.48")


# --- image stack ------------------------------------------------------------------------------------


def grey(hounsfield: int, centre: int = 40, width: int = 400) -> int:
    return max(0, min(255, int((hounsfield - centre) * 255 / width + 127.5)))


def test_stack_shows_known_values_on_known_slices(guide: Visit) -> None:
    page = guide.page
    guide.seen("#ct")
    box = page.locator("#ct [role=slider]")
    box.focus()
    for slice_number, key in ((1, "Home"), (24, "End"), (23, "ArrowUp")):
        press(page, key)
        expect(box).to_have_attribute("aria-valuenow", str(slice_number))
        wait_for_grey(page, "#ct canvas", 64, 64, grey(-200 + 10 * (slice_number - 1)))
    assert pixel(page, "#ct canvas", 64, 64) == [grey(20)] * 3
    assert pixel(page, "#ct canvas", 0, 0) == [0, 0, 0]
    assert pixel(page, "#ct canvas", 40, 64) == [grey(40)] * 3


def test_stack_windows_are_said_and_seen(guide: Visit) -> None:
    page = guide.page
    guide.seen("#ct")
    page.locator("#ct [role=slider]").focus()
    press(page, "Home", "2")
    expect(page.locator("#ct .stack-caption")).to_have_text("Slice 1 of 24, window 1500 level -600")
    wait_for_grey(page, "#ct canvas", 40, 64, grey(40, -600, 1500))
    page.locator("#ct").get_by_role("button", name="3 Bone").click()
    expect(page.locator("#ct [role=slider]")).to_have_attribute(
        "aria-valuetext", "Slice 1 of 24, window 1800 level 400"
    )


def test_damaged_image_is_an_error_and_no_black_square(guide: Visit) -> None:
    guide.seen("#damaged")
    expect(guide.page.locator("#damaged [role=alert]")).to_contain_text("damaged")
    expect(guide.page.locator("#damaged canvas")).to_be_hidden()


# --- removed and inserted again ---------------------------------------------------------------------

# Counts what listens on window and document; a listener goes with its signal or by removeEventListener.
LISTENERS = """() => {
  window.listening = 0;
  const {addEventListener: add, removeEventListener: remove} = EventTarget.prototype;
  const isPage = (target) => target === window || target === document;
  EventTarget.prototype.addEventListener = function (type, run, options) {
    if (isPage(this)) window.listening++;
    if (isPage(this)) options?.signal?.addEventListener('abort', () => window.listening--);
    return add.call(this, type, run, options);
  };
  EventTarget.prototype.removeEventListener = function (type, run, options) {
    if (isPage(this)) window.listening--;
    return remove.call(this, type, run, options);
  };
}"""


@pytest.mark.parametrize("element", ["#many", "#drawn", "#ct"])
def test_moved_while_loading_an_element_still_arrives(guide: Visit, element: str) -> None:
    guide.page.locator(element).evaluate(
        "(e) => { e.scrollIntoView();"
        " return new Promise((go) => requestAnimationFrame(() => setTimeout(() => {"
        " e.parentElement.append(e); go(); }))); }"
    )
    guide.seen(element)


@pytest.mark.parametrize("element", ["#many", "#drawn", "#ct"])
def test_inserted_again_an_element_works_and_leaves_no_listener(guide: Visit, element: str) -> None:
    page = guide.page
    load_everything(guide)
    page.evaluate(LISTENERS)
    counts = []
    for _ in range(3):
        page.evaluate(
            """(selector) => { const e = document.querySelector(selector); const p = e.parentElement;
            e.remove(); delete e.dataset.state; p.prepend(e); }""",
            element,
        )
        guide.seen(element)
        counts.append(page.evaluate("() => window.listening"))
    assert counts[0] == counts[1] == counts[2]
    guide.assert_clean()
