"""The report as a browser shows it: on a phone, on a desk, in the dark and on paper."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from likewise.system.progress import Progress
from likewise.training.plan import Plan

pytestmark = pytest.mark.slow

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# It asks nobody for updates and the like: what is requested is what the page requests.
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
LEGIBLE = 4.5  # the contrast that WCAG 2.2 asks of text (1.4.3, AA)

# The contrast of each text with what lies behind it; a picture's text is filled, other text is coloured.
FAINT = """least => {
  const light = rgb => { const [r, g, b] = rgb.map(v => v / 255)
    .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const behind = node => { for (; node; node = node.parentElement) {
    const own = numbers(getComputedStyle(node).backgroundColor); if (own[3] !== 0) return own.slice(0, 3); }
    return [255, 255, 255]; };
  const faint = [];
  for (const node of document.querySelectorAll("h1, h2, p, a, code, th, td, figcaption, svg text")) {
    if (!node.textContent.trim()) continue;
    const style = getComputedStyle(node), isDrawn = node instanceof SVGElement;
    if (isDrawn && node.previousElementSibling?.matches("rect")) continue;  // on a rectangle of a colour of its own
    const [a, b] = [numbers(isDrawn ? style.fill : style.color).slice(0, 3), behind(node)].map(light);
    const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (contrast < least) faint.push(`${contrast.toFixed(2)} ${node.textContent.slice(0, 40)}`);
  }
  return faint;
}"""
# Whatever reaches beyond the page and cannot be scrolled to within its own part.
BEYOND = """() => [...document.querySelectorAll("body *")].filter(node => {
  const box = node.getBoundingClientRect();
  return box.right > innerWidth + 1 && !node.closest(".scroll, pre");
}).map(node => node.tagName + " " + node.textContent.slice(0, 40))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no chromium on this machine to look at the page with")
    with playwright.sync_playwright() as play:
        # A sandbox of its own the browser refuses to a superuser, as whom containers run.
        opened = play.chromium.launch(executable_path=found, args=QUIET, chromium_sandbox=os.getuid() != 0)
        yield opened
        opened.close()


@pytest.fixture
def opened(browser: Any, walked: tuple[Path, list[Plan | Progress]]) -> Iterator[Any]:
    """The page in a fresh tab that has complained of nothing and asked for nothing but the page."""
    tab, asked, complaints = browser.new_page(), list[str](), list[str]()
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    url = (walked[0] / "report.html").as_uri()
    tab.goto(url)
    yield tab
    assert [one for one in asked if not one.startswith("data:image/png")] == [url]
    assert complaints == []
    tab.close()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_reaches_beyond_the_page(opened: Any, width: int) -> None:
    opened.set_viewport_size({"width": width, "height": 800})
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.evaluate(BEYOND) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(opened: Any, scheme: str) -> None:
    opened.emulate_media(color_scheme=scheme)
    ground = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(22, 24, 27)") == (scheme == "dark")
    assert opened.evaluate(FAINT, LEGIBLE) == []


def test_every_picture_is_drawn_and_every_entry_of_the_contents_leads_to_its_part(opened: Any) -> None:
    sizes = opened.eval_on_selector_all(
        "svg",
        "all => all.map(one => { const box = one.getBoundingClientRect(); return [box.width, box.height]; })",
    )
    assert len(sizes) == 13
    assert all(width > 200 and height > 20 for width, height in sizes)
    leads = opened.eval_on_selector_all(
        "nav a",
        "all => all.map(one => document.querySelector(one.getAttribute('href'))?.textContent === one.textContent)",
    )
    assert len(leads) == 32
    assert all(leads)


def test_on_paper_it_is_dark_on_light_with_nothing_cut_off(opened: Any, tmp_path: Path) -> None:
    opened.emulate_media(media="print", color_scheme="dark")
    opened.set_viewport_size({"width": 700, "height": 1000})  # A4 between its margins
    assert opened.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert opened.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    cut = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent.slice(0, 40))"
    assert opened.eval_on_selector_all(".scroll, pre", cut) == []
    assert opened.evaluate(FAINT, LEGIBLE) == []
    opened.pdf(path=tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").read_bytes().count(b"/Type /Page\n") >= 8
