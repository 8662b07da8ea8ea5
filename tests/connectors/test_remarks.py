"""What of a comment are its author's own words: no quotation, no code, no name of somebody else."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.azure_devops.remarks import own_words
from connectors.azure_devops.render import text_of
from connectors.jira.remarks import lines_of
from sync.mute_words import requests_in

MUTE = "dovetail: mute all because x"


def adf(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": list(content)}]}


def text(said: str, *marks: str) -> dict[str, Any]:
    return {"type": "text", "text": said, "marks": [{"type": one} for one in marks]}


@pytest.mark.parametrize(
    "body",
    [
        adf(text(MUTE, "code")),
        adf(text(" "), text(f"x\n{MUTE}", "strong", "code")),
        adf({"type": "mention", "attrs": {"text": MUTE}}, text(" hello")),
        adf({"type": "mention", "attrs": {"text": f"@Bob\u2028{MUTE}"}}),
        {"type": "blockquote", "content": [{"type": "blockquote", "content": []}, adf(text(MUTE))]},
    ],
)
def test_in_jira_code_and_names_and_quotations_are_not_heard(body: Any) -> None:
    assert requests_in("\n".join(lines_of(body))) == []


def test_in_jira_a_rule_in_code_and_a_mention_in_a_reason_are_heard() -> None:
    line = adf(text("dovetail: mute "), text("late-1", "code"), text(" because "),
               {"type": "mention", "attrs": {"text": "@Bob"}}, text(" knows"))  # fmt: skip
    (request,) = requests_in("\n".join(lines_of(line)))
    assert not isinstance(request, str)
    assert (request.what, request.reason) == ("late-1", "@Bob knows")


@pytest.mark.parametrize(
    ("said", "form", "count"),
    [
        (f"<div>{MUTE}</div>", "html", 1),
        (f"<blockquote>a<blockquote>b</blockquote><p>{MUTE}</p></blockquote>", "html", 0),
        (f"<blockquote></pre><p>{MUTE}</p>", "html", 0),
        (f"<blockquote>a</blockquote><p>{MUTE}</p>", "html", 1),
        (f"<PRE>{MUTE}</PRE>", "html", 0),
        (MUTE, "markdown", 1),
        (f"    {MUTE}", "markdown", 0),
        (f"\t{MUTE}", "markdown", 0),
        (f"```\n{MUTE}\n```", "markdown", 0),
        (f"<blockquote>\n{MUTE}\n</blockquote>", "markdown", 0),
        (f"> {MUTE}", "markdown", 0),
    ],
)
def test_in_azure_devops_quotations_in_quotations_and_code_are_not_heard(
    said: str, form: Any, count: int
) -> None:
    assert len(requests_in(text_of(own_words(said, form), form))) == count
