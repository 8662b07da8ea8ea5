"""The checks of many schedules at once equal a plain reading of their definitions, one schedule at a time."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

from check_world import STATUS_DATE, world
from hypothesis import given, settings
from hypothesis import strategies as st

from schedule.date_checks import date_checks
from schedule.logic_checks import logic_checks
from schedule.schedule_indices import baseline_execution_index, hit_rate

Answer = tuple[int, int, list[int]]

DAYS = st.none() | st.integers(-3, 3).map(lambda days: STATUS_DATE + timedelta(days=days))
FLOATS = st.sampled_from([math.nan, -1.0, 0.0, 44.0, 45.0])
SCHEDULES = 3


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    one = st.fixed_dictionaries(
        {
            "schedule": st.integers(0, SCHEDULES - 1),
            "is_detail": st.sampled_from([True, True, True, False]),
            "is_milestone": st.sampled_from([True, False, False]),
            "is_complete": st.booleans(),
            "start": DAYS, "finish": DAYS, "actual_start": DAYS, "actual_finish": DAYS,
            "baseline_finish": DAYS, "duration_wd": FLOATS, "baseline_duration_wd": FLOATS,
            "total_float_wd": FLOATS,
            "constraint": st.sampled_from(["", "ASAP", "MSO", "FNLT", "SNET"]),
            "has_resource": st.sampled_from([-1, 0, 1, 1]),
        }
    )  # fmt: skip
    return draw(st.lists(one, min_size=1, max_size=14))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[tuple[Any, ...]]]:
    made = draw(rows())
    place = st.integers(0, len(made) - 1)
    lag = st.sampled_from([math.nan, -480.0, 0.0, 480.0])
    kind = st.sampled_from(["FS", "SS", "FF", "SF"])
    link = st.tuples(place, place, kind, lag, st.sampled_from([math.nan, -10.0, 10.0]))
    return made, draw(st.lists(link, max_size=14))


@settings(max_examples=300, deadline=None)
@given(worlds())
def test_each_check_is_what_its_definition_says_of_each_plan_alone(
    drawn: tuple[list[dict[str, Any]], list[tuple[Any, ...]]],
) -> None:
    items, links = drawn
    inputs = world(items, links, is_plan=[True] * SCHEDULES, status=[STATUS_DATE] * SCHEDULES)
    checks = [*logic_checks(inputs), *date_checks(inputs), baseline_execution_index(inputs), hit_rate(inputs)]
    found = {check.name: check for check in checks}
    for schedule in range(SCHEDULES):
        for name, expected in _plainly(items, links, schedule).items():
            check = found[name]
            is_assessable = check.is_assessable(schedule)
            assert is_assessable == (expected is not None), (name, check.reasons[schedule])
            if expected is not None:
                numerator, denominator, members = expected
                assert (check.numerator[schedule], check.denominator[schedule]) == (numerator, denominator)
                assert check.members_of(schedule).tolist() == members, name
                assert check.share[schedule] == numerator / denominator
            else:
                assert math.isnan(check.share[schedule])


def _plainly(
    items: list[dict[str, Any]], links: list[tuple[Any, ...]], schedule: int
) -> dict[str, Answer | None]:
    mine = [one for one, item in enumerate(items) if item["schedule"] == schedule]
    detail = [one for one in mine if items[one]["is_detail"] and not items[one]["is_milestone"]]
    todo = [one for one in detail if not items[one]["is_complete"]]
    own = [one for one, link in enumerate(links) if link[1] in todo]
    has_logic = any(
        links[one][0] in mine
        and links[one][1] in mine
        and items[links[one][0]]["is_detail"]
        and items[links[one][1]]["is_detail"]
        for one in range(len(links))
    )
    into = {one: {link[2] for link in links if link[1] == one} for one in todo}
    out = {one: {link[2] for link in links if link[0] == one} for one in todo}
    loose_start = [one for one in todo if into[one] and not into[one] & {"FS", "SS"}]
    loose_end = [one for one in todo if out[one] and not out[one] & {"FS", "FF"}]
    unusual = [one for one in own if links[one][2] != "FS"]
    lag = {one: links[one][4] if math.isnan(links[one][3]) else links[one][3] for one in own}
    floats = [one for one in todo if not math.isnan(items[one]["total_float_wd"])]
    bound = [one for one in todo if items[one]["constraint"]]
    answers = {
        "logic": _share(todo, todo, [one for one in todo if not into[one] or not out[one]]),
        "leads": _share(own, own, [one for one in own if lag[one] < 0]),
        "lags": _share(own, own, [one for one in own if lag[one] > 0]),
        "start-to-finish": _share(own, own, [one for one in own if links[one][2] == "SF"]),
        "link-types": None if not own else (len(own) - len(unusual), len(own), unusual),
        "hard-constraints": _share(
            todo, bound, [one for one in bound if items[one]["constraint"] in ("MSO", "FNLT")]
        ),
    }
    for name, members in (
        ("dangling-start", loose_start),
        ("dangling-finish", loose_end),
        ("dangling", sorted({*loose_start, *loose_end})),
    ):
        answers[name] = _share(todo, todo, members) if has_logic else None
    for name, members in (
        ("high-float", [one for one in floats if items[one]["total_float_wd"] > 44]),
        ("negative-float", [one for one in floats if items[one]["total_float_wd"] < 0]),
    ):
        answers[name] = _share(todo, floats, members) if has_logic else None
    return answers | _dates(items, detail, todo)


def _dates(items: list[dict[str, Any]], detail: list[int], todo: list[int]) -> dict[str, Answer | None]:
    length = {
        one: items[one]["duration_wd"]
        if math.isnan(items[one]["baseline_duration_wd"])
        else items[one]["baseline_duration_wd"]
        for one in todo
    }
    sized = [one for one in todo if not math.isnan(length[one])]
    has_day = {
        one: any(items[one][name] is not None for name in ("start", "finish", "actual_start"))
        for one in detail
    }
    known_start = [one for one in todo if has_day[one]]
    past = [
        one
        for one in known_start
        if (items[one]["actual_start"] is None and _before(items[one]["start"], STATUS_DATE))
        or _before(items[one]["finish"], STATUS_DATE)
    ]
    future = [
        one
        for one in detail
        if _before(STATUS_DATE, items[one]["actual_start"])
        or _before(STATUS_DATE, items[one]["actual_finish"])
    ]
    known_any = [one for one in detail if has_day[one] or items[one]["actual_finish"] is not None]
    due = [
        one
        for one in detail
        if items[one]["baseline_finish"] is not None and items[one]["baseline_finish"] <= STATUS_DATE
    ]
    end = {one: items[one]["actual_finish"] or items[one]["finish"] for one in due}
    ended = [one for one in due if end[one] is not None]
    finished = [
        one for one in detail if items[one]["actual_finish"] and items[one]["actual_finish"] <= STATUS_DATE
    ]
    on_time = [one for one in due if one in finished and not _before(items[one]["baseline_finish"], end[one])]
    missing = [one for one in detail if items[one]["baseline_finish"] is None]
    assigned = [
        one for one in todo if items[one]["has_resource"] >= 0 and not math.isnan(items[one]["duration_wd"])
    ]
    idle = [one for one in assigned if not items[one]["has_resource"] and items[one]["duration_wd"] >= 1]
    is_loaded = any(items[one]["has_resource"] == 1 for one in detail)
    return {
        "high-duration": _share(todo, sized, [one for one in sized if length[one] > 44]),
        "invalid-forecast-dates": _share(todo, known_start, past),
        "invalid-actual-dates": _share(detail, detail, future),
        "invalid-dates": _share(
            detail, known_any, sorted({one for one in known_any if one in past or one in future})
        ),
        "missed-tasks": _share(
            due, ended, [one for one in ended if _before(items[one]["baseline_finish"], end[one])]
        ),
        "resources": _share(todo, assigned, idle) if is_loaded else None,
        "bei": None
        if not due
        else (len(finished), len(due) + len(missing), [one for one in due if one not in finished]),
        "hit-rate": None if not due else (len(on_time), len(due), [one for one in due if one not in on_time]),
    }


def _share(asked: list[int], known: list[int], members: list[int]) -> Answer | None:
    """None where nothing is asked, or less than nine in ten can answer."""
    if not known or len(known) < 0.9 * len(asked):
        return None
    return len(members), len(known), members


def _before(one: date | None, other: date | None) -> bool:
    return one is not None and other is not None and one < other
