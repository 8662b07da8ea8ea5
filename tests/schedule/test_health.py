"""Colours: boundary pairs, and unknown is never green."""

from __future__ import annotations

import pytest

from schedule.health import (
    GREY,
    Health,
    HealthThresholds,
    Ignorance,
    Members,
    health_with_members,
    own_health,
)


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
    assert own_health(slip_wd, span_wd, None, unknown=None).colour == colour


@pytest.mark.parametrize(
    ("finding", "colour"),
    [("critical", "red"), ("high", "amber"), ("medium", "green"), (None, "green")],
)
def test_an_open_finding_turns_the_colour_by_its_severity(finding: str | None, colour: str) -> None:
    assert own_health(0, None, finding, unknown=None).colour == colour


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("undated", "no date says when it should be finished"),
        ("unpromised", "no commitment or baseline says when it was promised"),
        ("stale", "its tracker could not be read"),
        ("unmapped", "its status is not mapped to a state"),
    ],
)
def test_what_is_missing_makes_it_grey_and_never_green(missing: Ignorance, reason: str) -> None:
    assert own_health(None, None, None, unknown=missing) == Health("grey", reason, missing)
    assert own_health(0, None, "medium", unknown=missing).colour == "grey"


def test_what_is_known_to_be_bad_stays_bad_where_something_is_missing() -> None:
    assert own_health(None, None, "high", unknown="undated").colour == "amber"
    assert own_health(None, None, "critical", unknown="stale").colour == "red"
    assert own_health(6, None, None, unknown="stale").colour == "red"
    assert own_health(3, None, None, unknown="unmapped").colour == "amber"


GREEN = Health("green", "own")


def members(*, red: int = 0, amber: int = 0, green: int = 0, undated: int = 0, stale: int = 0) -> Members:
    return Members(
        count=red + amber + green + undated + stale,
        red=red,
        amber=amber,
        red_keys=[f"R-{n}" for n in range(min(red, 3))],
        amber_keys=[f"A-{n}" for n in range(min(amber, 3))],
        unknown=(stale, 0, undated, 0),
    )


@pytest.mark.parametrize(
    ("below", "colour", "reason"),
    [
        (members(red=1, green=9), "red", "1 of 10 open items below it is red: R-0"),
        (members(red=1, green=10), "amber", "1 of 11 open items below it is red: R-0"),
        (members(amber=2, green=8), "amber", "2 of 10 open items below it are amber: A-0, A-1"),
        (members(amber=1, green=10), "green", "none of 11 open items below it is red"),
        (members(red=5), "red", "5 of 5 open items below it are red: R-0, R-1, R-2 and 2 more"),
        (
            members(undated=2, green=2),
            "green",
            "none of 4 open items below it is red; 2 unknown: 2 without a date",
        ),
        (
            members(undated=2, stale=1, green=2),
            "grey",
            "3 of 5 open items below it are unknown: 1 in a tracker that could not be read, 2 without a date",
        ),
        (members(green=1), "green", "none of 1 open item below it is red"),
        (Members(), "green", "own"),
    ],
)  # fmt: skip
def test_a_container_takes_the_colour_of_a_tenth_of_its_open_items(
    below: Members, colour: str, reason: str
) -> None:
    health = health_with_members(GREEN, below)
    assert (health.colour, health.reason) == (colour, reason)


def test_its_own_red_or_amber_stands_and_says_nothing_of_what_is_below_it() -> None:
    for colour in ("red", "amber"):
        own = Health(colour, "own")
        assert health_with_members(own, members(green=3)) == own


def test_what_is_red_below_it_is_worse_than_its_own_amber() -> None:
    health = health_with_members(Health("amber", "own"), members(red=1))
    assert (health.colour, health.reason) == ("red", "1 of 1 open item below it is red: R-0")


def test_an_undated_container_is_judged_by_its_dated_items() -> None:
    assert health_with_members(Health(GREY, "own", "undated"), members(green=3)).colour == "green"


def test_a_grey_container_names_what_is_missing_most() -> None:
    assert health_with_members(GREEN, members(undated=2, stale=1)).unknown == "undated"
    assert health_with_members(GREEN, members(undated=1, stale=2)).unknown == "stale"


@pytest.mark.parametrize(
    ("slip_wd", "before", "colour"),
    [
        (6, "green", "red"),
        (5, "red", "red"),  # one below the limit is not enough to return
        (4, "red", "amber"),
        (5, "amber", "amber"),
        (2, "amber", "amber"),
        (1, "amber", "green"),
        (2, "red", "amber"),
        (1, "red", "green"),
        (2, "green", "green"),
        (2, "grey", "green"),
        (2, None, "green"),
    ],
)
def test_a_colour_goes_only_when_its_slip_is_clearly_below_the_limit(
    slip_wd: int, before: str | None, colour: str
) -> None:
    assert own_health(slip_wd, None, None, unknown=None, before=before).colour == colour


def test_a_slip_that_is_gone_is_green_whatever_was_before() -> None:
    limits = HealthThresholds(amber_slip_wd=0, red_slip_wd=0)
    assert own_health(0, None, None, unknown=None, before="red", limits=limits).colour == "green"


@pytest.mark.parametrize(
    ("late_slip_wd", "colour"), [(None, "green"), (2, "green"), (3, "amber"), (30, "amber")]
)
def test_the_late_forecast_turns_it_amber_and_only_the_expected_one_red(
    late_slip_wd: int | None, colour: str
) -> None:
    assert own_health(0, None, None, unknown=None, late_slip_wd=late_slip_wd).colour == colour


@pytest.mark.parametrize(
    ("red", "before", "colour"),
    [
        (10, "green", "red"),
        (9, "green", "amber"),
        (8, "red", "red"),
        (7, "red", "amber"),
        (9, "amber", "amber"),
    ],
)
def test_a_containers_colour_goes_only_when_its_share_is_clearly_below_the_limit(
    red: int, before: str, colour: str
) -> None:
    members = Members(count=100, red=red, red_keys=["A"])
    assert health_with_members(Health("green", ""), members, before=before).colour == colour


@pytest.mark.parametrize(
    ("amber", "before", "colour"),
    [
        (10, "green", "amber"),
        (9, "green", "green"),
        (8, "amber", "amber"),
        (7, "amber", "green"),
        (8, "red", "amber"),
    ],
)
def test_the_same_for_the_share_of_amber(amber: int, before: str, colour: str) -> None:
    members = Members(count=100, amber=amber, amber_keys=["A"])
    assert health_with_members(Health("green", ""), members, before=before).colour == colour
