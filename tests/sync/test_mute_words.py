"""The words that mute: what is understood, what is said instead, and the page that describes them."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import ROOT

from sync.config import load_config
from sync.mute_words import MAX_REASON, Request, requests_in

PAGE = (ROOT / "docs" / "muting.md").read_text(encoding="utf-8")


def test_every_example_of_the_page_is_understood_as_it_says(tmp_path: Path) -> None:
    examples = re.findall(r"^    (dovetail: .+)$", PAGE, flags=re.M)
    assert requests_in("\n".join(examples)) == [
        Request("mute", "due-date-passed", date(2026, 12, 24), "the supplier is late"),
        Request("snooze", "due-date-passed", date(2026, 12, 15)),
        Request("unmute", "due-date-passed"),
    ]
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.S)
    path = tmp_path / "dovetail.yaml"
    path.write_text(f"version: 1\nsources: [{{name: shop, kind: project_file, path: x.xml}}]\n{text}")
    config = load_config(path)
    assert config.mutes.comments
    assert config.mutes.approvers == {"cfo@shop.example"}
    assert config.mutes.people == {"ana@shop.example", "shop:5b10a2844c20165700ede21g"}
    (waiver,) = config.waivers
    assert (waiver.label, waiver.until, waiver.rules) == (
        "parked", date(2027, 3, 31), {"due-date-passed", "start-slipped"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("DOVETAIL:  Mute ALL because\u00a0we know", Request("mute", "all", None, "we know")),
        ("dovetail: mute x1-y because a\u202eb\x00c", Request("mute", "x1-y", None, "a b c")),
        ("dovetail: mute due-date-passed until 2026-02-30 because x", "2026-02-30 is no date"),
        ("dovetail: snooze due-date-passed", "a snooze needs `until DATE`"),
        ("dovetail: mute a'; DROP TABLE x because y", "it is not understood"),
        ("dovetail: close due-date-passed because y", "it is not understood"),
        ("dovetail: mute due-date-passed", "no reason is given"),
    ],
)
def test_a_line_is_understood_or_it_is_said_why_not(line: str, said: Request | str) -> None:
    (found,) = requests_in(line)
    assert found.startswith(said) if isinstance(found, str) and isinstance(said, str) else found == said


def test_what_is_too_long_or_too_much_is_said() -> None:
    line = "dovetail: unmute all\n"
    assert str(requests_in(line * 12)[-1]).startswith("of one comment 10 lines are heard")
    assert requests_in(f"dovetail: mute all because {'x' * 2000}") == [
        "a line of more than 2000 letters is not heard"
    ]
    (request,) = requests_in(f"{'x' * 40_000}\n{line}")
    assert isinstance(request, Request)
    assert requests_in("x" * 100_001) == []
    assert "100,000 letters" in str(requests_in(f"{'x' * 100_001}\n{line}")[0])


@pytest.mark.parametrize(
    "line",
    [
        "as I said, dovetail: mute all because x",
        "> dovetail: mute all because x",
        "    dovetail: mute all because x",
        "",
    ],
)
def test_nothing_else_is_a_request(line: str) -> None:
    assert requests_in(line) == []


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_whatever_stands_there_is_short_and_plain(text: str) -> None:
    for found in requests_in(f"dovetail: mute due-date-passed because {text}"):
        if isinstance(found, Request):
            assert len(found.reason) <= MAX_REASON
            assert found.reason.isprintable() or "\xad" in found.reason or not found.reason.isascii()
