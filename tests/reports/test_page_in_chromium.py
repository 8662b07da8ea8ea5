"""The page in a real Chromium: every view, nothing on the console, nothing alive, nothing serious for axe."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.page_pictures import VIEWS

_RUN_AXE = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .map(one => [one.impact, one.id, one.nodes.slice(0, 3).map(node => node.html.slice(0, 160))])"""
# What hostile text would have done if anything of it had come alive.
_ALIVE = """() => ({title: document.title, scripts: document.scripts.length,
    strange: document.querySelectorAll("#app img, #app iframe, #app object, #app embed, #app style, "
      + "#app script, [onload], [onerror], [onfocus], [autofocus]").length,
    links: [...document.querySelectorAll("#app a[href]")]
      .filter(one => !/^(#|https?:)/.test(one.getAttribute("href"))).length})"""


class Opened:
    """A page in a window, with everything it said and asked for."""

    def __init__(self, browser: Any, path: Path, **options: Any) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda one: self.said.append(one.text))
        self.page.on("pageerror", lambda one: self.said.append(str(one)))
        self.page.on("dialog", lambda one: self.said.append(one.message) or one.dismiss())
        self.page.on("request", lambda one: self.asked.append(one.url))
        self.page.goto(path.as_uri())

    def show(self, place: str) -> None:
        """Go to a view, and wait for its frame."""
        self.page.evaluate(
            """place => new Promise(done => { location.hash = place;
               requestAnimationFrame(() => requestAnimationFrame(done)); })""",
            place,
        )

    def alive(self) -> dict[str, Any]:
        return dict(self.page.evaluate(_ALIVE))


@pytest.fixture(scope="module")
def opened(browser: Any, hostile_page: Path) -> Iterator[Opened]:
    one = Opened(browser, hostile_page)
    yield one
    one.context.close()


def test_every_view_is_quiet_asks_nobody_and_fits_its_window(opened: Opened) -> None:
    for width in (1280, 390):
        opened.page.set_viewport_size({"width": width, "height": 900})
        for view in (*VIEWS, "all"):
            opened.show(view)
            assert opened.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, view
            assert opened.page.evaluate("document.querySelectorAll('main h1').length") >= 1, view
    opened.page.set_viewport_size({"width": 1280, "height": 900})
    assert opened.said == []
    assert [one for one in opened.asked if not one.startswith(("file:", "data:"))] == []


def test_nothing_of_what_hostile_people_wrote_is_alive(opened: Opened) -> None:
    for view in VIEWS:
        opened.show(view)
        alive = opened.alive()
        assert alive["title"].startswith("Retail: ")
        assert (alive["scripts"], alive["strange"], alive["links"]) == (2, 0, 0), view
    item = opened.page.evaluate("JSON.parse(document.getElementById('data').textContent).items.id[30]")
    opened.show(f"items?item={item}")
    assert opened.page.locator("#panel h2").is_visible()
    assert opened.alive()["strange"] == 0


def test_the_same_holds_without_the_policy(browser: Any, hostile_page: Path, tmp_path: Path) -> None:
    text = hostile_page.read_text(encoding="utf-8")
    start = text.index('<meta http-equiv="Content-Security-Policy"')
    bare = tmp_path / "bare.html"
    bare.write_text(text[:start] + text[text.index(">", start) + 1 :], encoding="utf-8")
    one = Opened(browser, bare)
    for view in (*VIEWS, "all", "items?item=shop/0", "findings?severity=high"):
        one.show(view)
        alive = one.alive()
        assert (alive["scripts"], alive["strange"], alive["links"]) == (2, 0, 0), view
        assert alive["title"].startswith("Retail: ")
    one.context.close()
    assert one.said == []


def test_axe_finds_nothing_serious_in_light_and_dark(browser: Any, hostile_page: Path) -> None:
    found: list[tuple[str, str, Any]] = []
    some = ("overview", "risks", "items?item=shop/0")
    long = (*VIEWS, "items?item=shop/0") if os.environ.get("DOVETAIL_SOAK") else ()
    for theme, views in (("light", long or some), ("dark", long or ("overview",))):
        # axe is an inline script of its own, which the policy refuses, as it should.
        one = Opened(browser, hostile_page, color_scheme=theme, bypass_csp=True)
        one.page.add_script_tag(path=str(axe_file()))
        for view in views:
            one.show(view)
            found += [
                (theme, view, each)
                for each in one.page.evaluate(_RUN_AXE)
                if each[0] in ("serious", "critical")
            ]
        one.context.close()
    assert found == [], json.dumps(found, indent=1)[:6_000]


def axe_file() -> Path:
    import axe_playwright_python

    return Path(axe_playwright_python.__file__).with_name("axe.min.js")


def test_every_view_and_filter_is_a_link(opened: Opened) -> None:
    opened.show("risks?flag=unowned&project=p0")
    page = opened.page
    assert page.locator("nav a[aria-current=page]").inner_text().startswith("Risks")
    assert page.locator("a.chip-link[aria-current=true]").first.inner_text().startswith("No owner")
    assert page.locator("#project").input_value() == "p0"
    # Another view keeps the project and drops what belongs to the risks alone.
    assert page.locator("nav a[data-view=slips]").get_attribute("href") == "#slips?project=p0"
    opened.show("items?sort_items=due.down&q=3")
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("Due")


def test_keys_reach_the_views_the_search_and_the_way_back(opened: Opened) -> None:
    page = opened.page
    opened.show("overview")
    page.keyboard.press("3")
    assert page.evaluate("location.hash").startswith("#slips")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("P0-")
    page.wait_for_timeout(350)
    assert "q=P0-" in page.evaluate("location.hash")
    page.keyboard.press("Escape")
    page.locator("main a.key").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(60)
    assert page.evaluate("document.activeElement.id") == "panel-title"
    page.keyboard.press("Escape")
    page.wait_for_timeout(60)
    assert not page.locator("#panel").is_visible()
    assert page.evaluate("document.activeElement.className") == "key"  # where the reader came from
    opened.show("toString?project=constructor")
    assert page.locator("nav a[aria-current=page]").inner_text().startswith("Overview")


def test_a_part_that_is_chosen_has_the_figures_of_its_row(opened: Opened) -> None:
    data = opened.page.evaluate("JSON.parse(document.getElementById('data').textContent).nodes")
    for node in data[1:4]:
        opened.show(f"overview?project={node['slug']}")
        tile = opened.page.locator("a.tile").nth(1).inner_text()
        assert f"of {node['open_items']:,} open" in tile
        assert tile.startswith(f"{node['overdue']:,}\n")


def test_a_search_finds_by_key_title_and_owner(opened: Opened) -> None:
    opened.show("items?q=nothing-has-this")
    assert "Nothing matches" in opened.page.locator("main").inner_text()
    opened.show("items?q=p0-1")
    keys = opened.page.locator("main tbody th a.key").all_inner_texts()
    assert keys
    assert all("P0-1" in key for key in keys)


def test_the_theme_can_be_chosen(opened: Opened) -> None:
    page = opened.page
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("#theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page.locator("#theme").click()


def test_it_prints_without_what_only_a_screen_needs(opened: Opened) -> None:
    opened.show("all")
    opened.page.emulate_media(media="print")
    for one in (".tabs", ".find", ".acts", "footer"):
        assert not opened.page.locator(one).is_visible()
    pdf = opened.page.pdf(prefer_css_page_size=True)
    opened.page.emulate_media(media="screen")
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > 20_000
