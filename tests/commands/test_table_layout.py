"""Tables that stay readable where space is short: a key keeps every character, whatever else gives way."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from commands.table import Column, layout, plain, wrap

COLUMNS = [
    Column(name="severity"),
    Column(name="key"),
    Column(name="item", wraps=True, optional=1),
    Column(name="what", wraps=True, weight=2),
    Column(name="project", optional=3),
    Column(name="since", optional=4),
]
ROW = {
    "severity": "critical",
    "key": "PORTFOLIO-104233",
    "item": "Agree with the shops on the random basket audit",
    "what": "was first committed for 9 Nov 2026 and now stands at 16 Dec 2026, 27 working days later.",
    "project": "store-rollout",
    "since": date(2026, 11, 24),
}


def lines(width: int | None, rows: list[dict[str, object]] | None = None) -> list[str]:
    return [line.rstrip() for line in layout(COLUMNS, rows or [dict(ROW)], width=width).plain()]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_no_line_is_wider_than_the_terminal_and_the_key_is_whole(width: int) -> None:
    found = lines(width)
    assert max(map(len, found)) <= width
    # Below the space it needs even a key is folded, but none of its characters is lost.
    start = found[0].index("KEY")
    column = "".join(line[start : start + 18].split("  ")[0].strip() for line in found[1:])
    assert "PORTFOLIO-104233" in column


def test_what_says_least_is_left_out_first() -> None:
    assert "SINCE" in lines(120)[0]
    assert ("SINCE" in lines(90)[0], "PROJECT" in lines(90)[0]) == (False, True)
    assert ("PROJECT" in lines(80)[0], "ITEM" in lines(80)[0]) == (False, True)
    assert ("ITEM" in lines(60)[0], "WHAT" in lines(60)[0]) == (False, True)


def test_every_word_of_a_wrapped_text_is_there() -> None:
    text = " ".join(lines(80))
    for word in str(ROW["what"]).split():
        assert word in text


def test_without_a_terminal_a_row_is_one_line() -> None:
    (row,) = lines(None)[1:]
    assert [str(ROW[name]) in row for name in ("key", "item", "what", "project", "since")] == [True] * 5


def test_an_optional_column_that_is_empty_everywhere_is_left_out() -> None:
    assert "PROJECT" not in lines(200, [{**ROW, "project": None}])[0]
    assert "PROJECT" in lines(200, [{**ROW, "project": None}, dict(ROW)])[0]


def test_numbers_stand_under_each_other() -> None:
    column = [Column(name="n", is_number=True), Column(name="x")]
    rows = [{"n": 7, "x": "a"}, {"n": 1234567, "x": "b"}]
    assert list(layout(column, rows, width=None).plain()) == ["        N  X", "        7  a", "1,234,567  b"]


def test_wide_characters_take_two_cells() -> None:
    columns = [Column(name="title", wraps=True), Column(name="key")]
    rows = [{"title": "日本", "key": "A"}, {"title": "abcd", "key": "B"}]
    assert [line.rstrip() for line in layout(columns, rows, width=None).plain()][1:] == [
        "日本   A",
        "abcd   B",
    ]
    assert wrap("日本語", 4) == ["日本", "語"]


def test_a_word_that_is_wider_than_its_column_is_broken_not_cut() -> None:
    assert wrap("see https://shop.example/browse now", 10) == [
        "see",
        "https://sh",
        "op.example",
        "/browse",
        "now",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (3.0, "3"),
        (33.25, "33.25"),
        (date(2026, 11, 24), "2026-11-24"),
        (datetime(2026, 11, 24, 9, 5, 59, tzinfo=UTC), "2026-11-24 09:05"),
        (["a", None, 2], "a, , 2"),
    ],
)
def test_values_are_written_for_people(value: object, text: str) -> None:
    assert plain(value) == text
