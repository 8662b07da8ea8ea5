"""A Note as a document: hostile text stays text, nobody is mailed, Jira accepts it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import shared

from connectors.jira.render import LIMIT, document, text_hash, text_of
from portfolio.notes import BulletList, Heading, Link, Note, Paragraph, Quoted, Rule, Table, Text

HOSTILE = "[~accountid:1] @everyone {html}<b>x</b>{html} ||h|| ](javascript:1) <!-- dovetail -->"


def nodes(node: Any) -> list[dict[str, Any]]:
    if not isinstance(node, dict):
        return []
    return [node, *(child for one in node.get("content", []) for child in nodes(one))]


def test_every_block_has_its_node() -> None:
    note = Note(
        [
            Heading([Text("Findings")], level=2),
            Paragraph([Text("due 19 Nov", bold=True), Text(" by "), Quoted("Ann")]),
            BulletList([[Text("one")], [Text("two")]]),
            Table(["key", "due"], [[Text("CHK-1"), Text("19 Nov")]]),
            Rule(),
        ]
    )
    made = document(note)
    assert [block["type"] for block in made["content"]] == [
        "heading",
        "paragraph",
        "bulletList",
        "table",
        "rule",
    ]
    assert made["content"][0] == {
        "type": "heading",
        "attrs": {"level": 2},
        "content": [{"type": "text", "text": "Findings"}],
    }
    assert made["content"][1]["content"][0] == {
        "type": "text",
        "text": "due 19 Nov",
        "marks": [{"type": "strong"}],
    }
    rows = made["content"][3]["content"]
    assert [cell["type"] for cell in rows[0]["content"]] == ["tableHeader", "tableHeader"]
    assert [cell["type"] for cell in rows[1]["content"]] == ["tableCell", "tableCell"]


def test_hostile_text_is_shown_and_never_interpreted() -> None:
    made = document(Note([Paragraph([Quoted(HOSTILE)])]))
    assert text_of(made) == HOSTILE
    assert {node["type"] for node in nodes(made)} == {"doc", "paragraph", "text"}
    assert all("marks" not in node for node in nodes(made))


@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        ("https://shop.example/x?a=1", True),
        ("http://shop.example", True),
        ("mailto:ann@shop.example", True),
        ("javascript:alert(1)", False),
        ("JAVASCRIPT:alert(1)", False),
        ("data:text/html,x", False),
        ("//evil.example", False),
        ("https:", False),
        ('https://x.example/"><script>', False),
        ("https://[bad", False),
    ],
)
def test_only_harmless_links_are_links(url: str, is_link: bool) -> None:
    made = document(Note([Paragraph([Link("report", url)])]))
    (node,) = made["content"][0]["content"]
    assert ("marks" in node) is is_link
    assert node["text"].startswith("report")


def test_a_quoted_text_is_shortened_and_keeps_no_hidden_characters() -> None:
    made = document(Note([Paragraph([Quoted("a" * 500)]), Paragraph([Quoted("left\u202eright\x00\nnext")])]))
    first, second = (block["content"][0]["text"] for block in made["content"])
    assert first == "a" * 199 + "…"
    assert second == "leftright next"


def test_empty_text_makes_no_empty_node() -> None:
    made = document(Note([Heading([Text("")]), Paragraph([Text(""), Text("x")]), BulletList([])]))
    assert made["content"] == [{"type": "paragraph", "content": [{"type": "text", "text": "x"}]}]
    assert document(Note([]))["content"]


def test_a_long_note_is_cut_at_its_end_and_says_so() -> None:
    rows = [[Text(f"CHK-{number}"), Text("a long line about a date " * 4)] for number in range(1000)]
    made = document(
        Note([Paragraph([Text("start")]), Table(["key", "what"], rows), Paragraph([Text("end")])])
    )
    assert len(json.dumps(made, separators=(",", ":"), ensure_ascii=False)) <= LIMIT
    assert text_of(made).startswith("start")
    assert text_of(made).endswith("see the portfolio report.")
    assert "CHK-50" in text_of(made)


@given(st.lists(st.text(max_size=400), max_size=40))
@settings(max_examples=60, deadline=None)
def test_whatever_is_said_the_document_is_valid_and_fits(texts: list[str]) -> None:
    blocks = [Paragraph([Text(text), Quoted(text), Link(text, text)]) for text in texts]
    made = document(Note([*blocks, BulletList([[Quoted(text)] for text in texts])]))
    assert made["content"]
    for node in nodes(made):
        if node["type"] == "text":
            assert node["text"]
            assert not set(node["text"]) & {"\n", "\r", "\x00", "\u202e"}
    assert len(json.dumps(made, separators=(",", ":"), ensure_ascii=False)) <= LIMIT


def test_what_the_server_adds_to_nodes_is_no_edit_and_a_word_is() -> None:
    made = document(Note([Paragraph([Text("due 19 Nov")]), BulletList([[Text("a")]])]))
    stored = json.loads(json.dumps(made))
    stored["content"][0]["attrs"] = {"localId": "1"}
    assert text_hash(stored) == text_hash(made)
    stored["content"][0]["content"][0]["text"] = "due 20 Nov"
    assert text_hash(stored) != text_hash(made)


def test_the_text_of_a_rich_document_survives() -> None:
    base = shared("samples/adf_jira_cli")
    files = {path.name: path.read_text(encoding="utf-8") for path in base.iterdir()}
    adf = next(json.loads(text) for name, text in files.items() if name.endswith(".json") and '"doc"' in text)
    adf = (
        adf
        if adf.get("type") == "doc"
        else next(v for v in adf.values() if isinstance(v, dict) and v.get("type") == "doc")
    )
    said = text_of(adf)
    assert said.strip()
    texts = [node["text"].strip() for node in nodes(adf) if node["type"] == "text" and node["text"].strip()]
    flat = " ".join(said.split())
    assert all(" ".join(text.split()) in flat for text in texts)
