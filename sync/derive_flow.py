"""Derivation of how work flows: how long such work is under way, what teams finish and have under way.

What histories teach was learned earlier on the day (`sync/flow_learning.py`); what is under way is counted as
it stands. A change reaches the teams of the items that came to be under way, or no longer are, or went to
another team. docs/delivery.md has the words.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from store.frames import Coded, Ints
from sync.changed import Reach, ReachesEverything
from sync.derive_iterations import ITERATIONS, derive_iterations, learn_iterations
from sync.flow_items import NO_WORK, WORK, FlowItems, flow_items, project_names, teams_of
from sync.flow_learning import CYCLES, TEAM_NUMBERS, TEAMS, classes_of, learn_flow, path_of
from sync.forecast_learning import class_name, knows
from sync.reach_items import children_of
from sync.schedules import plan_ids
from sync.workspace import Columns, Workspace

if TYPE_CHECKING:
    from store import Store


def derive_flow(work: Workspace, store: Store) -> int:
    """Fill `p85_cycle_wd`, and write teams and iterations; returns the rows that changed.

    Needs teams, leaves and what histories say of promises and finishes.
    """
    items = flow_items(work, store)
    if not knows(work, store):
        work.learned = learn_flow(work, store, items) | learn_iterations(work, store, items)
    _usual_times(work, store, items)
    return _teams(work, store, items) + derive_iterations(
        work, store, items, learned_of(work, store, ITERATIONS)
    )


def spread_flow(store: Store, reach: Reach) -> None:
    """What an item is decides whether an iteration takes on what it is divided into.

    Raises:
        ReachesEverything: what was learned today was erased.
    """
    if store.reference_basis() is None:
        raise ReachesEverything
    turned = {one.item_id for one in reach.marked if one.columns & {"kind", "schedule_id"}}
    reach.add(children_of(store, turned).keys("item_id"))


def learned_of(
    work: Workspace, store: Store, family: str, classes: Collection[str] | None = None
) -> Mapping[str, Any]:
    """What was learned today of a family: of some classes, or of all."""
    return store.references(family, classes) if work.learned is None else work.learned.get(family, {})


def _usual_times(work: Workspace, store: Store, items: FlowItems) -> None:
    """Of open work, for how many working days 85 of 100 of its kind and team are under way at most."""
    is_asked = items.has_flow & (items.state >= 0) & (items.state <= WORK)
    rows = np.flatnonzero(is_asked)
    classes = classes_of(work, items, rows)
    paths = [*map(path_of, classes.words)]
    names = {class_name(one) for path in paths for one in (path, path[:1])}
    known = learned_of(work, store, CYCLES, names)
    found = [known.get(class_name(path)) or known.get(class_name(path[:1])) for path in paths]
    usual = np.array([-1 if one is None else one["p85"] for one in found], dtype=np.int64)
    values = np.full(len(work.items), -1)
    values[rows] = usual[classes.codes]
    work.derived.put("p85_cycle_wd", Ints(np.maximum(values, 0), values >= 0))


def _teams(work: Workspace, store: Store, items: FlowItems) -> int:
    """One row for each team that has anything under way, or of which anything is known."""
    under_way = items.is_counted & (items.state == WORK) & (items.team.codes >= 0)
    if work.is_full:
        counts = np.bincount(items.team.codes[under_way], minlength=len(items.team.words)).tolist()
        wip = {team: count for team, count in zip(items.team.words, counts, strict=True) if count}
        return store.replace("derived_team", _rows(wip, learned_of(work, store, TEAMS)))
    names = project_names(store)
    teams = _touched(work, store, items, under_way, names)
    if not teams:
        return 0
    mine = Coded(items.team.codes, items.team.words)
    rows = np.flatnonzero(under_way & work.is_reached)
    wip = _others_under_way(work, store, teams, names)
    for row in rows.tolist():
        team = mine.at(row)
        if team in teams:
            wip[team] = wip.get(team, 0) + 1
    return store.replace(
        "derived_team", _rows(wip, learned_of(work, store, TEAMS, teams), among=teams), within=teams
    )


def _rows(wip: Mapping[str, int], known: Mapping[str, Any], among: Collection[str] | None = None) -> Columns:
    teams = sorted({*wip, *(one for one in known if among is None or one in among)})
    return {
        "team": teams,
        "wip": [wip.get(one, 0) for one in teams],
        **{name: [known[one][name] if one in known else None for one in teams] for name in TEAM_NUMBERS},
    }


def _touched(
    work: Workspace, store: Store, items: FlowItems, under_way: Any, names: Mapping[str, str]
) -> set[str]:
    """The teams that something under way came to, or went from."""
    before = _before(work, store, names)
    now = {
        item: items.team.at(row) if under_way[row] else None
        for item, row in ((one, work.position.get(one)) for one in work.reach.items)
        if row is not None
    }
    found: set[str] = set()
    for item in work.reach.items:
        was, stands = before.get(item), now.get(item)
        if was != stands:
            found.update(one for one in (was, stands) if one is not None)
    return found


def _before(work: Workspace, store: Store, names: Mapping[str, str]) -> dict[str, str | None]:
    """For each reached item that was there, the team that had it under way; None where none had."""
    stored = store.frame(
        "derived_item",
        ("item_id", "team", "is_leaf"),
        texts=("item_id", "team"),
        among=("item_id", work.reach.items),
        live_only=False,
    )
    marked = {one.item_id: one for one in work.reach.marked}
    plans = plan_ids(store)
    states, schedules, kinds = (work.items.codes(name) for name in ("state", "schedule_id", "kind"))
    found: dict[str, str | None] = {}
    leaves = stored.flags("is_leaf").tolist()
    for item, team, is_leaf in zip(stored.keys("item_id"), stored.texts("team"), leaves, strict=True):
        row = work.position.get(item)
        if item in marked:
            told = marked[item].before
            if told is None:
                continue
            state, schedule, kind = told["state"], told["schedule_id"], told["kind"]
        elif row is not None:
            state, schedule, kind = states.at(row), schedules.at(row), kinds.at(row)
        else:
            continue
        counts = is_leaf and state == "in_progress" and schedule not in plans and kind not in NO_WORK
        found[item] = (team or names.get(schedule)) if counts else None
    return found


def _others_under_way(
    work: Workspace, store: Store, teams: Collection[str], names: Mapping[str, str]
) -> dict[str, int]:
    """How many items that are not reached each of these teams has under way."""
    wanted = ("item_id", "state", "schedule_id", "kind")
    ids = set(
        store.frame("derived_item", ("item_id",), texts=("item_id",), among=("team", teams)).keys("item_id")
    )
    projects = [schedule for schedule, name in names.items() if name in teams]
    frames = [
        store.frame("tracker_item", wanted, texts=("item_id",), among=among, only=("state", "in_progress"))
        for among in (("item_id", ids), ("schedule_id", projects))
    ]
    plans = plan_ids(store)
    counted: dict[str, str | None] = {}
    for frame in frames:
        fits = ~frame.codes("schedule_id").is_one_of(plans) & ~frame.codes("kind").is_one_of(NO_WORK)
        some = frame.take(fits)
        counted.update(zip(some.keys("item_id"), some.texts("schedule_id"), strict=True))
    mine = [one for one in counted if one not in work.reach.items]
    derived = store.frame(
        "derived_item", ("item_id", "team", "is_leaf"), texts=("item_id",), among=("item_id", mine)
    )
    schedules = Coded(
        np.arange(len(derived), dtype=np.int32), [counted[one] for one in derived.keys("item_id")]
    )
    team = teams_of(derived.codes("team"), schedules.compact(), names)
    rows = derived.flags("is_leaf") & team.is_one_of(teams)
    counts = np.bincount(team.codes[rows], minlength=len(team.words)).tolist()
    return {word: count for word, count in zip(team.words, counts, strict=True) if count}
