"""Hours in which nothing is written, on the wall clock of the portfolio."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sync_world import TUESDAY, ZONE, World

from portfolio.errors import SafetyStop
from sync.apply import apply
from sync.quiet_hours import read_quiet_hours
from sync.safety import Safety

UTC_ZONE = ZoneInfo("UTC")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "moment", "until"),
    [
        # 2026-11-24 is a Tuesday
        (["22:00-06:00"], "2026-11-24T21:59", None),
        (["22:00-06:00"], "2026-11-24T22:00", "2026-11-25T06:00"),
        (["22:00-06:00"], "2026-11-25T05:59", "2026-11-25T06:00"),
        (["22:00-06:00"], "2026-11-25T06:00", None),
        (["08:00-12:00"], "2026-11-24T12:00", None),
        (["08:00-12:00"], "2026-11-24T11:59", "2026-11-24T12:00"),
        (["00:00-24:00"] * 0, "2026-11-24T12:00", None),
        # the day is the one on which the hours begin
        (["fri 22:00-06:00"], "2026-11-28T05:00", "2026-11-28T06:00"),
        (["fri 22:00-06:00"], "2026-11-27T05:00", None),
        (["sun 22:00-06:00"], "2026-11-30T05:00", "2026-11-30T06:00"),  # over the end of the week
        (["sat-sun 00:00-24:00"], "2026-11-28T10:00", "2026-11-30T00:00"),
        (["SAT-SUN 00:00 - 24:00"], "2026-11-30T00:00", None),
        (["fri-mon 10:00-11:00"], "2026-11-30T10:30", "2026-11-30T11:00"),
        # entries that touch are one stretch
        (["22:00-00:00", "00:00-06:00"], "2026-11-24T23:00", "2026-11-25T06:00"),
        (["22:00-23:00", "22:30-05:00"], "2026-11-24T22:10", "2026-11-25T05:00"),
    ],
)
def test_when_quiet_hours_hold_and_when_they_end(hours: list[str], moment: str, until: str | None) -> None:
    found = read_quiet_hours(hours).until(at(moment), UTC_ZONE)
    assert found == (None if until is None else at(until))


def test_they_follow_the_wall_clock_when_clocks_are_put_back_and_forward() -> None:
    hours = read_quiet_hours(["22:00-06:00"])
    assert hours.until(at("2026-10-24T21:00"), ZONE) == at("2026-10-25T05:00")  # 23:00 summer to 06:00 winter
    assert hours.until(at("2026-03-28T22:00"), ZONE) == at("2026-03-29T04:00")  # 23:00 winter to 06:00 summer
    assert hours.until(at("2026-11-24T21:30"), ZONE) == at("2026-11-25T05:00")
    assert hours.until(at("2026-11-24T20:30"), ZONE) is None


@pytest.mark.parametrize(
    ("hours", "message"),
    [
        (["22-6"], "hours such as 22:00-06:00"),
        (["22:00-25:00"], "00:00 to 24:00"),
        (["24:00-06:00"], "00:00 to 24:00"),
        (["22:60-06:00"], "hours such as"),
        (["foo 22:00-06:00"], "days are mon, tue"),
        (["mon-foo 22:00-06:00"], "days are mon, tue"),
        (["22:00-22:00"], "begin and end at the same minute"),
        (["00:00-24:00"], "no minute of the week"),
        (["00:00-12:00", "mon-sun 12:00-00:00"], "no minute of the week"),
    ],
)
def test_hours_that_cannot_be_meant_are_refused(hours: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_quiet_hours(hours)


def quiet(world: World, text: str = "09:00-12:00") -> None:
    world.safety = Safety(zone=ZONE, quiet_hours=read_quiet_hours([text]))


def test_sync_plans_but_does_not_write_says_when_it_will_and_exits_0() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-19")
    quiet(world)  # it is 10:00 in Zurich
    said: list[str] = []
    result = world.sync(tell=lambda one: said.append(one.note) if one.note else None)
    waits = "quiet hours (09:00-12:00) until 2026-11-24 12:00 (Europe/Zurich): 1 write not sent."
    assert (result.exit_code, result.waits, result.applied, said) == (0, [waits], None, [waits])
    assert result.plan is not None
    assert len(result.plan.writes) == 1
    assert world.written() == []
    assert world.store.sources()["shop"].armed_at is None
    world.clock.advance(hours=2)
    assert world.sync().exit_code == 0
    assert len(world.written()) == 1


def test_with_nothing_to_write_nothing_waits() -> None:
    world = World()
    quiet(world)
    assert (world.sync().waits, world.sync().exit_code) == ([], 0)


def test_a_plan_file_is_refused_in_quiet_hours_unless_a_person_says_now() -> None:
    world = World(armed=False)
    world.task("CHK-1", due="2026-11-19")
    plan = world.sync().plan
    assert plan is not None
    quiet(world)
    with pytest.raises(SafetyStop, match=r"until 2026-11-24 12:00 \(Europe/Zurich\)\. Nothing was written"):
        apply(world.store, world.connectors, plan, run_id="r1", clock=world.clock, safety=world.safety)
    assert world.written() == []
    assert world.store.sources()["shop"].armed_at is None
    now = Safety(zone=ZONE, quiet_hours=world.safety.quiet_hours, ignores_quiet_hours=True)
    outcome = apply(world.store, world.connectors, plan, run_id="r2", clock=world.clock, safety=now)
    assert outcome.states == {"applied": 1}


def test_quiet_hours_that_begin_during_a_run_end_it_between_two_writes() -> None:
    from test_write_stop import OneByOne

    world = World()
    world.connectors["shop"] = OneByOne(
        world.shop, "shop", after=1, then=lambda: world.clock.advance(hours=1)
    )
    for number in (1, 2, 3):
        world.task(f"CHK-{number}", due="2026-11-19")
    quiet(world, "11:00-12:00")
    world.clock.now = TUESDAY
    result = world.sync()
    assert (result.exit_code, len(world.written())) == (0, 1)
    assert result.waits == [
        "quiet hours (11:00-12:00) until 2026-11-24 12:00 (Europe/Zurich): 2 writes not sent."
    ]
