"""Colours: boundary pairs, and unknown is never green."""

from __future__ import annotations

import pytest

from schedule.health import health_with_members, own_health


@pytest.mark.parametrize(
    ("slip_wd", "span_wd", "colour"),
    [
        (2, None, "green"),
        (3, None, "amber"),
        (5, None, "amber"),
        (6, None, "red"),
        (10, 100, "amber"),  # ten per cent of the span is tolerated
        (11, 100, "red"),
        (5, 100, "green"),
        (-4, None, "green"),
    ],
)
def test_a_slip_turns_the_colour_at_its_limit(slip_wd: int, span_wd: int | None, colour: str) -> None:
    assert own_health(slip_wd, span_wd, None, is_dated=True)[0] == colour


@pytest.mark.parametrize(
    ("finding", "colour"),
    [("critical", "red"), ("high", "amber"), ("medium", "green"), (None, "green")],
)
def test_an_open_finding_turns_the_colour_by_its_severity(finding: str | None, colour: str) -> None:
    assert own_health(0, None, finding, is_dated=True)[0] == colour


def test_without_a_date_the_colour_is_grey_and_never_green() -> None:
    assert own_health(None, None, None, is_dated=False)[0] == "grey"
    assert own_health(None, None, "high", is_dated=False)[0] == "amber"


GREEN = ("green", "own")


def members(**counts: int) -> list[tuple[str, str]]:
    return [(f"{colour[0].upper()}-{n}", colour) for colour, count in counts.items() for n in range(count)]


@pytest.mark.parametrize(
    ("below", "expected"),
    [
        (members(red=1, green=9), ("red", "1 of 10 open items is red: R-0")),
        (members(red=1, green=10), ("amber", "1 of 11 open items is red: R-0")),
        (members(amber=2, green=8), ("amber", "2 of 10 open items are amber: A-0, A-1")),
        (members(amber=1, green=10), ("green", "none of 11 open items is red")),
        (members(red=5), ("red", "5 of 5 open items are red: R-0, R-1, R-2 and 2 more")),
        (members(grey=2, green=2), ("green", "none of 4 open items is red")),
        (members(grey=3, green=2), ("grey", "3 of 5 open items have no date")),
        ([], GREEN),
    ],
)
def test_a_container_takes_the_colour_of_a_tenth_of_its_open_items(
    below: list[tuple[str, str]], expected: tuple[str, str]
) -> None:
    assert health_with_members(GREEN, below) == expected


def test_its_own_red_or_amber_stands() -> None:
    assert health_with_members(("red", "own"), members(green=3)) == ("red", "own")
    assert health_with_members(("amber", "own"), members(green=3)) == ("amber", "own")


def test_an_undated_container_is_judged_by_its_dated_items() -> None:
    assert health_with_members(("grey", "own"), members(green=3))[0] == "green"
