"""What the flow of work needs of each item, as arrays: whose it is, whether it counts, how it stood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from schedule.hierarchy import IntArray
from schedule.spells import Spells, spells
from store.frames import BoolArray, Coded
from sync.schedules import plan_ids
from sync.workspace import Workspace

if TYPE_CHECKING:
    from store import Store

STATES = ("todo", "in_progress", "done", "removed")
WORK, DONE = STATES.index("in_progress"), STATES.index("done")
NO_WORK = ("risk",)
"""Kinds that nobody works on: a risk is open as long as it threatens."""
CYCLE_DAYS = 26 * 7


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowItems:
    """The loaded items, all parallel to them.

    Attributes:
        team: the item's team, else the name of its project; unknown in plans that name none.
        has_flow: what trackers tell a history of: in no plan, and no risk.
        is_counted: what is counted as a piece of a team's work: of these the leaves.
        state: as a position in `STATES`; -1 is unknown.
        born: when the history of each begins, in milliseconds since 1970.
    """

    team: Coded
    has_flow: BoolArray
    is_counted: BoolArray
    state: IntArray
    born: IntArray


def flow_items(work: Workspace, store: Store) -> FlowItems:
    """Read it from a workspace that knows teams and leaves."""
    items = work.items
    in_plan = items.codes("schedule_id").is_one_of(plan_ids(store))
    has_flow = ~in_plan & ~items.codes("kind").is_one_of(NO_WORK)
    return FlowItems(
        team=teams_of(work.derived.codes("team"), items.codes("schedule_id"), project_names(store)),
        has_flow=has_flow,
        is_counted=has_flow & work.derived.flags("is_leaf"),
        state=state_codes(items.codes("state")),
        # What is not known is the least number there is, and so is "since always".
        born=items.instants("created_at").astype(np.int64),
    )


def state_codes(states: Coded) -> IntArray:
    """States as positions in `STATES`; -1 for anything else."""
    place = {name: code for code, name in enumerate(STATES)}
    return np.asarray(states.of([*(place.get(word, -1) for word in states.words), -1]), dtype=np.int64)


def project_names(store: Store) -> dict[str, str]:
    """What the projects of trackers are called, by schedule; each has a name of its own."""
    read = store.read("tracker_schedule", ("schedule_id", "source", "name", "kind"))
    rows = [row for row in zip(*read.values(), strict=True) if row[3] != "plan"]
    names = Counter(name for _, _, name, _ in rows)
    told = {one: name if names[name] == 1 else f"{name} ({source})" for one, source, name, _ in rows}
    again = Counter(told.values())
    return {one: name if name and again[name] == 1 else one for one, name in told.items()}


def teams_of(team: Coded, schedule: Coded, names: Mapping[str, str]) -> Coded:
    """The team of each item, else the name of its project."""
    project = schedule.mapped(names.get)
    inherited = np.where(project.codes >= 0, project.codes + len(team.words), -1)
    codes = np.where(team.codes >= 0, team.codes, inherited).astype(np.int32)
    return Coded(codes, [*team.words, *project.words]).compact()


def state_spells(work: Workspace, items: FlowItems) -> Spells:
    """In which state each reached item was, and when."""
    told = work.histories["state"]
    return spells(
        told.row,
        told.at.astype(np.int64),
        state_codes(told.before),
        state_codes(told.after),
        born=items.born,
        now=items.state,
    )


def midnight(day: date, zone: ZoneInfo) -> int:
    """When a day begins, in milliseconds since 1970."""
    return round(datetime.combine(day, time(), zone).timestamp() * 1000)
