"""What every browser test needs: a page that records what it must not do; hands for keys, pixels, themes.

Scripts are passed to the page as arrow functions: a string that has to be compiled there would break the very
Content-Security-Policy that is being tested.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

REPOSITORY = Path(__file__).resolve().parents[2]
AXE = REPOSITORY / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
THEMES = ("light", "dark", "projector")

RECORDER = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) =>
  window.violations.push([event.violatedDirective, event.blockedURI, event.sourceFile].join(' ')));
"""


@dataclass
class Visit:
    """An open page with what it did wrong so far. `assert_clean()` belongs at the end of a test."""

    page: Page
    origin: str
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> Visit:
        self.page.goto(self.origin + path)
        self.page.wait_for_function("() => document.documentElement.dataset.ready !== undefined")
        return self

    def violations(self) -> list[str]:
        return self.page.evaluate("() => window.violations")

    def assert_clean(self) -> None:
        """No Content-Security-Policy violation, no request to another origin, no script error."""
        assert self.violations() == []
        assert self.foreign == []
        assert self.errors == []

    def seen(self, selector: str, state: str = "ready") -> None:
        """Scroll an element into view and wait until it has reached a state."""
        self.page.locator(selector).first.scroll_into_view_if_needed()
        self.page.locator(f"{selector}[data-state={state}]").first.wait_for()


@contextmanager
def visit(
    browser: Browser, origin: str, *, theme: str = "", width: int = 1280, height: int = 900, **options: Any
) -> Iterator[Visit]:
    """A page in a context of its own; requests that leave `origin` are stopped and recorded."""
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    page = _recorded(context, theme)
    result = Visit(page, origin)
    page.on("pageerror", lambda error: result.errors.append(str(error)))

    def keep_home(route: Route) -> None:
        address = route.request.url
        if urlsplit(address).scheme in ("http", "https") and not address.startswith(origin):
            result.foreign.append(address)
            route.abort()
        else:
            route.continue_()

    context.route("**/*", keep_home)
    try:
        yield result
    finally:
        context.close()


def _recorded(context: BrowserContext, theme: str) -> Page:
    context.set_default_timeout(15_000)
    context.add_init_script(RECORDER)
    if theme:
        keys = ("tb-theme", "tb-theme-meeting")
        context.add_init_script("".join(f"localStorage.setItem('{key}', '{theme}');" for key in keys))
    return context.new_page()


def load_everything(found: Visit) -> None:
    """Scroll every visible element into view until it is drawn, empty or in error."""
    for element in found.page.locator("tb-timeline, tb-plot, tb-stack").all():
        if element.is_visible():
            element.scroll_into_view_if_needed()
            expect(element).to_have_attribute("data-state", re.compile("ready|empty|error"))


# --- themes -----------------------------------------------------------------------------------------


def set_theme(page: Page, theme: str) -> None:
    """Switch as a reader does, through the dialog's radio buttons."""
    page.locator("[data-dialog=keys]").first.click()
    page.locator(f"#keys input[value={theme}]").check()
    page.keyboard.press("Escape")


# --- axe --------------------------------------------------------------------------------------------


@cache
def _axe() -> str:
    assert AXE.exists(), "axe-core is not installed: run `npm ci` in frontend/"
    return AXE.read_text(encoding="utf-8")


def axe(page: Page) -> tuple[list[str], list[str]]:
    """Violations, and incomplete results, of axe-core: each as "rule: selector".

    A script tag would be refused by the policy; the debugging protocol runs the same source outside it.
    """
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": _axe()})
    session.detach()
    found = page.evaluate(
        "(tags) => axe.run(document, {runOnly: tags, resultTypes: ['violations', 'incomplete']})", AXE_TAGS
    )
    return _named(found["violations"]), _named(found["incomplete"])


def _named(results: list[dict[str, Any]]) -> list[str]:
    return [f"{rule['id']}: {node['target']}" for rule in results for node in rule["nodes"]]


# --- keyboard ---------------------------------------------------------------------------------------


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def focused(page: Page) -> str:
    """The accessible name (or the text) of the element that has the focus."""
    return page.evaluate(_FOCUSED)


_FOCUSED = """() => {
  const element = document.activeElement;
  return element.getAttribute('aria-label') || element.textContent.trim();
}"""


def tab_stops(page: Page, limit: int = 400) -> list[dict[str, Any]]:
    """Walk the page with Tab from its start; for each stop its name, size, and whether its focus can be seen.

    The end of the walk is the browser giving the focus back to the body; `limit` stops is a trap.
    """
    page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0); }")
    stops: list[dict[str, Any]] = []
    for _ in range(limit):
        page.keyboard.press("Tab")
        stop = page.evaluate(_STOP)
        if stop is None:
            return stops
        stops.append(stop)
    raise AssertionError(f"the focus never left the page after {limit} Tab presses")


_STOP = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  const inner = element.firstElementChild ? getComputedStyle(element.firstElementChild) : style;
  const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  const svg = element instanceof SVGElement;
  const stroke = svg && inner.stroke !== 'none' && parseFloat(inner.strokeWidth) >= 2;
  return {
    name: element.getAttribute('aria-label') || element.textContent.trim().slice(0, 60),
    tag: element.tagName.toLowerCase(),
    width: box.width, height: box.height, visible: ring || stroke,
  };
}"""


# --- sizes, colours, pixels -------------------------------------------------------------------------


def small_targets(page: Page, least: int = 24) -> list[str]:
    """Buttons, fields and stand-alone links that are smaller than `least` px (WCAG 2.5.8)."""
    return page.evaluate(_SMALL, least)


_SMALL = """(least) => [...document.querySelectorAll('button, summary, input, select, textarea, nav a, .btn')]
  .filter((e) => e.checkVisibility() && e.type !== 'hidden')
  .map((e) => [e, e.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.width < least - 0.01 || box.height < least - 0.01))
  .map(([e, box]) => `${e.tagName} ${e.textContent.trim().slice(0, 30)} ${box.width}x${box.height}`)"""


def overflows(page: Page) -> list[str]:
    """Elements that make the page scroll sideways."""
    return page.evaluate(_WIDE)


_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll('body *')]
    .filter((e) => e.getBoundingClientRect().right > width + 1 && !e.closest('.table-wrap'))
    .map((e) => `${e.tagName}.${e.className?.baseVal ?? e.className}`).slice(0, 10);
}"""


def contrast(page: Page, selector: str, ground: str = "body") -> float:
    """Contrast ratio (WCAG 1.4.3) of the text of the first `selector` on the background of `ground`."""
    return page.evaluate(_CONTRAST, [selector, ground])


_CONTRAST = """([selector, ground]) => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const part = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const element = document.querySelector(selector);
  const style = getComputedStyle(element);
  const text = light(parse(element instanceof SVGElement ? style.fill : style.color));
  let place = document.querySelector(ground);
  while (getComputedStyle(place).backgroundColor === 'rgba(0, 0, 0, 0)') place = place.parentElement;
  const under = light(parse(getComputedStyle(place).backgroundColor));
  return (Math.max(text, under) + 0.05) / (Math.min(text, under) + 0.05);
}"""


def wait_for_grey(page: Page, selector: str, x: int, y: int, level: int) -> None:
    """Wait until a pixel of a canvas has this grey level."""
    page.wait_for_function(
        "([selector, x, y, level]) => document.querySelector(selector).getContext('2d')"
        ".getImageData(x, y, 1, 1).data[0] === level",
        arg=[selector, x, y, level],
    )


def pixel(page: Page, selector: str, x: int, y: int) -> list[int]:
    """Red, green, blue of one pixel of a canvas, in the canvas's own coordinates."""
    return page.evaluate(
        "([selector, x, y]) => [...document.querySelector(selector).getContext('2d')"
        ".getImageData(x, y, 1, 1).data].slice(0, 3)",
        [selector, x, y],
    )
