"""What is known only after the check: findings, risks, progress and health, carried up to every container.

A piece of work that stands in two trackers counts once: of two twins under one node, the plan's task gives
way to the tracker's item.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from portfolio.findings import SEVERITIES, severity_rank
from schedule.calendars import WorkCalendar
from schedule.health import GREY, HealthThresholds, health_with_members, own_health
from schedule.hierarchy import Hierarchy, build_hierarchy
from sync.derive_schedules import percent_of
from sync.placement import LEVELS, TreeNode

if TYPE_CHECKING:
    from store import Store

_ENDED = ("done", "removed")
_OPEN_STATES = ("open", "acknowledged")
_ITEM = (
    "item_id", "source", "key", "kind", "schedule_id", "parent_id", "state", "start", "actual_finish",
    "percent_complete", "points", "budget", "actual_cost", "forecast_cost", "currency",
)  # fmt: skip
_DERIVED = (
    "item_id", "portfolio", "program", "project", "is_leaf", "effective_due", "commitment", "slip_wd",
)  # fmt: skip


@dataclass(slots=True)
class _Items:
    """Columns of all live items, in one order, and what is counted over them."""

    columns: dict[str, list[Any]]
    hierarchy: Hierarchy
    is_open: list[bool]
    findings: list[list[str]]  # severities of the open findings of each item
    own: list[tuple[str, str]]
    second_sides: dict[int, int]  # positions that a twin elsewhere already counts → the position of that twin

    def __len__(self) -> int:
        return len(self.is_open)


def rollup(
    store: Store, tree: Sequence[TreeNode], *, calendar: WorkCalendar, limits: HealthThresholds | None = None
) -> int:
    """Write the rollup columns of every item and of the PMO's tree; returns the rows that changed."""
    items = _read(store, calendar, limits or HealthThresholds())
    changed = store.replace("derived_rollup", _item_rows(items, limits or HealthThresholds()))
    return changed + store.replace("derived_project", _project_rows(store, items, tree, limits))


def _read(store: Store, calendar: WorkCalendar, limits: HealthThresholds) -> _Items:
    columns = store.read("tracker_item", _ITEM)
    derived = store.read("derived_item", _DERIVED)
    by_id = {item: index for index, item in enumerate(derived["item_id"])}
    order = [by_id.get(item) for item in columns["item_id"]]
    for name in _DERIVED[1:]:
        columns[name] = [None if index is None else derived[name][index] for index in order]
    position = {item: index for index, item in enumerate(columns["item_id"])}
    findings: list[list[str]] = [[] for _ in position]
    for finding in store.findings(states=_OPEN_STATES):
        for item in {finding.item_id, *finding.comment_items} - {None}:
            if item in position:
                findings[position[item]].append(finding.severity)
    own = []
    for index in range(len(position)):
        start, promise = columns["start"][index], columns["commitment"][index]
        own.append(
            own_health(
                columns["slip_wd"][index],
                calendar.working_days_between(start, promise),
                worst(findings[index]),
                is_dated=columns["effective_due"][index] is not None,
                limits=limits,
            )
        )
    return _Items(
        columns=columns,
        hierarchy=build_hierarchy(columns["item_id"], columns["parent_id"]),
        is_open=[state not in _ENDED for state in columns["state"]],
        findings=findings,
        own=own,
        second_sides=_second_sides(store, position, columns),
    )


def worst(severities: Iterable[str]) -> str | None:
    """The highest severity; None where there is none."""
    ranks = [severity_rank(one) for one in severities]
    return SEVERITIES[max(ranks)] if ranks else None


def _second_sides(store: Store, position: dict[str, int], columns: dict[str, list[Any]]) -> dict[int, int]:
    schedules = store.read("tracker_schedule", ("schedule_id", "kind"))
    kind_of = dict(zip(*schedules.values(), strict=True))
    twins = store.read("derived_twin", ("a_id", "b_id", "is_confirmed"))
    second: dict[int, int] = {}
    for a_id, b_id, is_confirmed in zip(*twins.values(), strict=True):
        if b_id is None or not is_confirmed or a_id not in position or b_id not in position:
            continue
        a, b = position[a_id], position[b_id]
        if kind_of.get(columns["schedule_id"][a]) == "plan":
            second[a] = b
        else:
            second[b] = a
    return second


def _below(hierarchy: Hierarchy) -> list[list[int]]:
    """For each position everything below it."""
    below: list[list[int]] = [[] for _ in hierarchy.parent]
    for level in hierarchy.levels:
        for index in level.tolist():
            above = int(hierarchy.parent[index])
            if above >= 0:
                below[above].append(index)
                below[above].extend(below[index])
    return below


def _item_rows(items: _Items, limits: HealthThresholds) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = {"item_id": items.columns["item_id"]}
    names = ("percent_complete", "health", "health_reason", "open_risks", "open_findings", "worst_finding")
    for name in names:
        rows[name] = []
    for index, below in enumerate(_below(items.hierarchy)):
        everything = [index, *below]
        severities = [severity for one in everything for severity in items.findings[one]]
        state = items.columns["state"][index]
        if state == "done":
            health = ("green", "done")
        elif state == "removed":
            health = (GREY, "not part of the work any more")
        else:
            health = health_with_members(items.own[index], _open_leaves(items, below), limits=limits)
            if below and health[0] == GREY and not _open_leaves(items, below) and _is_dated(items, below):
                health = ("green", "everything below it is done")
        rows["percent_complete"].append(_percent(items, index, below))
        rows["health"].append(health[0])
        rows["health_reason"].append(health[1])
        rows["open_risks"].append(_open_risks(items, everything))
        rows["open_findings"].append(len(severities))
        rows["worst_finding"].append(worst(severities))
    return rows


def _is_dated(items: _Items, members: Sequence[int]) -> bool:
    return any(items.columns["effective_due"][one] is not None for one in members)


def _open_leaves(items: _Items, members: Iterable[int]) -> list[tuple[str, str]]:
    columns = items.columns
    return [
        (columns["key"][one], items.own[one][0])
        for one in members
        if items.is_open[one] and columns["is_leaf"][one] and columns["kind"][one] != "risk"
    ]


def _open_risks(items: _Items, members: Iterable[int]) -> int:
    return sum(1 for one in members if items.columns["kind"][one] == "risk" and items.is_open[one])


def _percent(items: _Items, index: int, below: Sequence[int]) -> float | None:
    columns = items.columns
    if not below or columns["percent_complete"][index] is not None:
        # A plan's own percentage is duration-weighted by the plan itself, and a leaf's is its tracker's word.
        return None
    leaves = [one for one in below if columns["is_leaf"][one] and columns["state"][one] != "removed"]
    return _weighted_percent(items, leaves)


def _weighted_percent(items: _Items, leaves: Sequence[int]) -> float | None:
    """Weighted by points where every leaf has them, else by count; None where there is nothing to count."""
    columns = items.columns
    leaves = [one for one in leaves if columns["kind"][one] != "risk"]
    if not leaves:
        return None
    points = [columns["points"][one] for one in leaves]
    weights: list[float] = points if all(points) else [1.0] * len(leaves)
    total = sum(
        weight * percent_of(columns["state"][one], columns["percent_complete"][one])
        for weight, one in zip(weights, leaves, strict=True)
    )
    return round(total / sum(weights), 1)


def _project_rows(
    store: Store, items: _Items, tree: Sequence[TreeNode], limits: HealthThresholds | None
) -> dict[str, list[Any]]:
    names = (
        "slug", "level", "parent", "name", "lead", "lead_problem", "health", "health_reason", "start",
        "commitment", "percent_complete", "item_count", "open_risks", "open_findings", "worst_finding",
        "budget", "actual_cost", "forecast_cost", "currency",
    )  # fmt: skip
    rows: dict[str, list[Any]] = {name: [] for name in names}
    columns = items.columns
    problems = _problem_by_email(store)
    for node in sorted(tree, key=lambda node: LEVELS.index(node.level)):
        everywhere = [
            one
            for one, slug in enumerate(columns[node.level])
            if slug == node.slug and columns["state"][one] != "removed"
        ]
        once = [one for one in everywhere if one not in items.second_sides]
        leaves = [one for one in once if columns["is_leaf"][one]]
        # A finding is shown wherever its item stands, so it is counted on both sides of a twin.
        severities = [severity for one in everywhere for severity in items.findings[one]]
        dated = _is_dated(items, once)
        own = ("green", "nothing speaks against its dates") if dated else (GREY, "nothing in it has a date")
        health = health_with_members(own, _open_leaves(items, once), limits=limits or HealthThresholds())
        money = _money(items, [one for one in everywhere if columns["is_leaf"][one]])
        values = (
            node.slug, node.level, node.parent, node.name, node.lead,
            problems.get(node.lead.casefold()) if node.lead else "no owner", *health,
            _extreme(columns["start"], once, min), _extreme(columns["commitment"], once, max),
            _weighted_percent(items, leaves), len(once), _open_risks(items, once), len(severities),
            worst(severities), *money,
        )  # fmt: skip
        for name, value in zip(names, values, strict=True):
            rows[name].append(value)
    return rows


def _problem_by_email(store: Store) -> dict[str, str | None]:
    persons = store.read("derived_person", ("email", "problem"))
    return {email.casefold(): problem for email, problem in zip(*persons.values(), strict=True) if email}


def _extreme(column: Sequence[date | None], members: Sequence[int], choose: Any) -> date | None:
    found: date | None = choose((day for one in members if (day := column[one]) is not None), default=None)
    return found


def _money(
    items: _Items, leaves: Sequence[int]
) -> tuple[float | None, float | None, float | None, str | None]:
    """Sums where there is anything to sum and one currency; sums of mixed currencies would be a lie.

    Of two twins the first that knows an amount gives it: a budget often stands in the plan alone.
    """
    columns = items.columns
    currencies = {columns["currency"][one] for one in leaves if columns["currency"][one]}
    if len(currencies) > 1:
        return None, None, None, None
    sums = []
    for name in ("budget", "actual_cost", "forecast_cost"):
        amounts = columns[name]
        known = [
            amounts[one]
            for one in leaves
            if amounts[one] is not None
            and not (one in items.second_sides and amounts[items.second_sides[one]] is not None)
        ]
        sums.append(round(sum(known), 2) if known else None)
    return sums[0], sums[1], sums[2], next(iter(currencies), None)
