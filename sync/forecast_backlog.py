"""Work without any date: when its team will get to it, by what the team finishes in a week."""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil
from typing import Any

import numpy as np

from schedule.forecast import LEVELS
from schedule.throughput import MINIMUM_ITEMS, Flow, simulate, weekly_counts
from sync.forecast_items import ForecastItems
from sync.workspace import Workspace

Finishes = tuple[date, date, int]  # P50, P80, finished items they rest on
_LAST = 1 << 40


def backlog_finishes(work: Workspace, items: ForecastItems, plans: frozenset[str]) -> dict[int, Finishes]:
    """P50 and P80 of open work that has neither a date nor anything below it, by position.

    A team is the item's team, else its schedule. It works through what is started, then what has a date, then
    by priority and order. A team that finished fewer than 20 items in 26 weeks says nothing.

    Args:
        work: the workspace.
        items: what forecasting needs of it.
        plans: schedules that are plans: there, work without a date is a defect of the plan.
    """
    teams: dict[str, list[int]] = {}
    is_undated = (items.is_open & np.isnat(items.predicted)).tolist()
    is_leaf, states, schedules = work.derived["is_leaf"], work.items["state"], work.items["schedule_id"]
    for index, (team, schedule) in enumerate(zip(work.items["team"], schedules, strict=True)):
        if is_leaf[index] and schedule not in plans and states[index] != "removed":
            teams.setdefault(team or schedule or "", []).append(index)
    found: dict[int, Finishes] = {}
    for team, members in teams.items():
        if not any(is_undated[index] for index in members):
            continue
        done = items.finish[[index for index in members if items.is_done[index]]]
        flow = simulate(weekly_counts(done, work.today), team=team, as_of=work.today)
        if flow is not None and flow.references >= MINIMUM_ITEMS:
            waiting = sorted((index for index in members if items.is_open[index]), key=_order(work))
            found.update(_finishes(flow, waiting, is_undated, work.today))
    return found


def _order(work: Workspace) -> Any:
    items, due = work.items, work.derived["effective_due"]

    def place(index: int) -> tuple[Any, ...]:
        return (
            items["state"][index] != "in_progress",
            due[index] or date.max,
            items["priority_rank"][index] or 5,
            _LAST if items["sort"][index] is None else items["sort"][index],
            items["item_id"][index],
        )

    return place


def _finishes(flow: Flow, waiting: list[int], is_undated: list[bool], today: date) -> dict[int, Finishes]:
    # Weeks count from Monday, as the history does: within a week only finished work moves the forecast.
    monday = today - timedelta(days=today.weekday())
    p50_weeks, p80_weeks = (flow.weeks_until_each(len(waiting), level) for level in LEVELS)
    found: dict[int, Finishes] = {}
    for index, first, last in zip(waiting, p50_weeks, p80_weeks, strict=True):
        if is_undated[index] and not np.isnan(last):
            p50, p80 = (max(monday + timedelta(days=ceil(7 * one - 1e-9)), today) for one in (first, last))
            found[index] = (p50, max(p50, p80), flow.references)
    return found
