"""The file itself: what stands in it, what its policy allows, and that nothing in it can come alive."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import UTC
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from bench.seeded_portfolio import HOSTILE
from reports.figures import Report
from reports.page import embedded, page_of
from reports.page_data import Extras, page_data

# With the tests in the browser, so that the page is built once.
MAX_BYTES = 5_000_000


class _Reader(HTMLParser):
    """Every element of a page with its attributes, and the text of scripts and styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": []}
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = tag if tag in self.inside else ""
        if self._open:
            self.inside[tag].append("")

    def handle_data(self, data: str) -> None:
        if self._open:
            self.inside[self._open][-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._open = ""


def read(path: Path) -> tuple[_Reader, str]:
    text = path.read_text(encoding="utf-8")
    reader = _Reader()
    reader.feed(text)
    return reader, text


def test_the_policy_allows_this_style_and_this_script_and_nothing_else(hostile_page: Path) -> None:
    reader, _ = read(hostile_page)
    (policy,) = [
        str(attributes["content"])
        for tag, attributes in reader.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    said = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert said["default-src"] == "'none'"
    assert said["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in policy
    data, script = reader.inside["script"]
    (style,) = reader.inside["style"]
    for text, directive in ((script, "script-src"), (style, "style-src")):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert said[directive] == f"'sha256-{digest}'"
    json.loads(data)


def test_the_file_loads_nothing_and_runs_one_script(hostile_page: Path) -> None:
    reader, text = read(hostile_page)
    scripts = [attributes for tag, attributes in reader.elements if tag == "script"]
    assert [one.get("type") for one in scripts] == ["application/json", None]
    assert not [attributes for _, attributes in reader.elements if attributes.get("src")]
    links = [attributes.get("href") for tag, attributes in reader.elements if tag == "link"]
    assert links == ["data:,"]
    handlers = [name for _, attributes in reader.elements for name in attributes if name.startswith("on")]
    assert handlers == []
    (_, script), (style,) = reader.inside["script"], reader.inside["style"]
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(|fetch\(", script
    )
    assert "url(http" not in style
    assert "@import" not in style
    assert len(text.encode()) < MAX_BYTES


def test_hostile_texts_stand_in_the_data_and_never_in_the_markup(hostile_page: Path) -> None:
    reader, text = read(hostile_page)
    tags = {tag for tag, _ in reader.elements}
    assert tags <= {
        "html", "head", "meta", "title", "link", "style", "body", "a", "div", "noscript", "script", "main",
        "h1",
        "h2", "p", "table", "thead", "tbody", "tr", "th", "td", "ol", "li", "bdi",
    }  # fmt: skip
    data, _ = reader.inside["script"]
    assert "<" not in data
    assert ">" not in data
    found = json.loads(data)
    titles = "\n".join(found["items"]["title"])
    assert HOSTILE[0] in titles
    # 40,000 letters are cut to what a person reads; no address that is none of the web is kept.
    assert max(len(one) for one in found["items"]["title"]) <= 240
    assert {url for url in found["items"]["url"] if url} <= {'https://x.example/"><script>'}
    assert "A" * 1_000 not in text


def test_what_ends_a_block_of_data_is_written_otherwise() -> None:
    text = embedded({"a": "</script><!-- & \u2028\u2029"})
    assert text == '{"a":"\\u003c/script\\u003e\\u003c!-- \\u0026 \\u2028\\u2029"}'
    assert json.loads(text) == {"a": "</script><!-- & \u2028\u2029"}


def test_the_title_of_the_page_is_text() -> None:
    data: dict[str, Any] = {"title": "</title><script>alert(1)</script>"}
    page = page_of(data).decode()
    assert "<script>alert" not in page.partition("<body>")[0]
    title = unescape(re.findall("<title>(.*)</title>", page)[0])
    assert title == "</title><script>alert(1)</script>: portfolio"


def test_a_portfolio_too_large_for_one_page_keeps_the_gravest_and_says_so(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.page_items.MAX_ITEMS", 3)
    monkeypatch.setattr("reports.page_items.MAX_FINDINGS", 2)
    data = page_data(report, Extras(), UTC)
    assert len(data["items"]["key"]) == 3
    assert data["items"]["key"][0] == "TWO-5"  # what the first decision is about
    severities = [data["texts"][one] for one in data["findings"]["severity"]]
    assert severities == ["critical", "high"]
    (note,) = data["notes"]
    live = sum(one.is_live for one in report.findings)
    assert note.startswith(
        f"The portfolio is too large for one page: its lists leave out 6 items and {live - 2} "
    )
    assert data["summary"]["open"] == report.summary.open_items
    places = {place for row in data["slips"]["rows"] for place in (row[0], *row[1])}
    assert places <= {0, 1, 2}


def test_without_scripts_the_page_says_the_most_important_things(hostile_page: Path) -> None:
    text = hostile_page.read_text(encoding="utf-8")
    short = text.partition("<noscript>")[2].partition("</noscript>")[0]
    assert "have passed their date" in short
    assert "Decisions needed" in short
    assert "<script" not in short
