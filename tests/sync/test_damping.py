"""Passing time alone writes only where it opens a finding, raises a severity or moves a forecast."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sync_world import World, rules

from store import Store
from store.catalogue import TABLES
from sync import pipeline

FORECAST_RULE = """
- id: forecast-late
  title: The forecast is later than the promise
  why: A promise that will not hold is news.
  over: item
  where: NOT is_done
  flag: p80 IS NOT NULL
  severity: high
  fingerprint: [item_id]
  evidence: [effective_due, p80]
  message: "{key} is forecast for {p80}."
  action: Talk about the date.
"""


@pytest.fixture
def forecast(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Sets what derive says of every item's forecast from now on: P80 as an ISO date, and the slip."""
    said: dict[str, Any] = {}
    derive = pipeline.derive

    def with_forecast(store: Store, *args: Any, **options: Any) -> Any:
        counts = derive(store, *args, **options)
        if said:
            names = [one.name for one in TABLES["derived_item"].data]
            columns = store.read("derived_item", names)
            for name, value in said.items():
                columns[name] = [value] * len(columns["item_id"])
            store.replace("derived_item", columns)
        return counts

    monkeypatch.setattr(pipeline, "derive", with_forecast)

    def set_forecast(p80: str, slip_wd: int) -> None:
        said.update(
            p80=date.fromisoformat(p80),
            p50=date.fromisoformat(p80),
            slip_wd=slip_wd,
            slip_pair="commitment to forecast",
        )

    return set_forecast


def week(world: World, forecast: Callable[[str, int], None], days: list[tuple[str, int]]) -> list[list[Any]]:
    """What each day of a week writes."""
    written = []
    for p80, slip_wd in days:
        forecast(p80, slip_wd)
        before = len(world.written())
        assert world.sync().exit_code == 0
        written.append([(slot, value) for _, slot, value in world.written()[before:]])
        world.clock.advance(days=1)
    return written


def test_a_forecast_that_drifts_for_a_week_is_written_once_it_has_moved_by_five_working_days(
    forecast: Callable[[str, int], None],
) -> None:
    world = World(comments=False, fields={"forecast_finish": "Forecast finish", "slip_wd": "Slip"})
    world.shop.add("CHK-1", kind="epic", owner_id="ana", due=date(2026, 12, 18))
    # Tuesday 1 December, then one working day later each day; the fifth working day is Tuesday 8 December.
    days = ["2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04", "2026-12-07", "2026-12-08", "2026-12-09"]
    written = week(world, forecast, [(day, slip) for slip, day in enumerate(days)])
    assert written == [
        [("forecast_finish", "2026-12-01"), ("slip_wd", 0)],
        [],
        [],
        [],
        [],
        [("forecast_finish", "2026-12-08"), ("slip_wd", 5)],
        [],
    ]


def test_a_forecast_that_comes_and_goes_within_a_step_writes_nothing(
    forecast: Callable[[str, int], None],
) -> None:
    world = World(comments=False, fields={"forecast_finish": "Forecast finish"})
    world.shop.add("CHK-1", kind="epic", owner_id="ana", due=date(2026, 12, 18))
    days = ["2026-12-07", "2026-12-11", "2026-12-01", "2026-12-11", "2026-12-07"]
    assert week(world, forecast, [(day, 0) for day in days]) == [
        [("forecast_finish", "2026-12-07")],
        [],
        [],
        [],
        [],
    ]


def test_a_forecast_shown_in_a_comment_moves_with_the_same_step(
    forecast: Callable[[str, int], None],
) -> None:
    world = World()
    world.rules = rules(FORECAST_RULE)
    world.task("CHK-1", due="2026-12-18")
    days = ["2026-12-21", "2026-12-22", "2026-12-24", "2026-12-28", "2026-12-29"]
    written = week(world, forecast, [(day, 1) for day in days])
    assert [len(day) for day in written] == [1, 0, 0, 1, 0]
    assert "- Forecast (80 %): 28 Dec 2026" in world.comment("CHK-1")


def test_a_week_in_which_an_item_only_gets_later_writes_where_a_severity_rises() -> None:
    world = World(fields={"open_findings": "Open findings", "health": "Health", "slip_wd": "Slip"})
    world.shop.add("CHK-1", kind="epic", owner_id="ana")
    # Due on 30 October: 17 working days late on Tuesday 24 November, more than 20 on Monday 30 November.
    world.task("CHK-2", due="2026-10-30", parent="CHK-1")
    written = []
    for _ in range(8):
        before = len(world.written())
        world.sync()
        written.append(sorted({slot for _, slot, _ in world.written()[before:]}))
        world.clock.advance(days=1)
    assert written[0] == ["comment", "health", "open_findings"]
    assert written[1:6] == [[], [], [], [], []]
    assert written[6] == ["comment", "health"]
    assert written[7] == []


def test_an_item_that_becomes_late_is_written_on_the_day_it_opens_a_finding_and_not_before() -> None:
    world = World()
    world.task("CHK-1", due="2026-11-26")
    counts = []
    for _ in range(7):
        before = len(world.written())
        world.sync()
        counts.append(len(world.written()) - before)
        world.clock.advance(days=1)
    # Due on Thursday: late on Friday 27 November, the fourth day.
    assert counts == [0, 0, 0, 1, 0, 0, 0]
