"""What is known only after the check: findings, risks, progress and health, carried up to every container.

A container counts what is below any of its sides, in whatever tracker that stands, and each piece of work
once. Every side of it shows the same. docs/rollups.md says in words what is counted how.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from schedule.calendars import WorkCalendar
from schedule.health import DEFAULT_THRESHOLDS, GREY, Health, HealthThresholds
from sync.health_limits import HealthLimits
from sync.placement import LEVELS, TreeNode
from sync.rollup_sums import Rollups, sum_up
from sync.rollup_work import Work, read_work

if TYPE_CHECKING:
    from store import Store

_MOST_GAP_RUNS = 99  # a row that grows with every run would never be quiet
_REMOVED = Health(GREY, "not part of the work any more")


def rollup(
    store: Store,
    tree: Sequence[TreeNode],
    *,
    calendar: WorkCalendar,
    limits: HealthThresholds = DEFAULT_THRESHOLDS,
    is_again: bool = False,
) -> int:
    """Write the rollup columns of every item and of the PMO's tree; returns the rows that changed.

    Args:
        store: what was derived and checked.
        tree: the PMO's own.
        calendar: the portfolio's.
        limits: when a colour turns, where the tree says nothing else.
        is_again: this run has rolled up before; it is no further run in which two colours differ.
    """
    work = read_work(store, tree, calendar=calendar, limits=HealthLimits(tree, limits))
    sums = sum_up(work)
    changed = store.replace("derived_rollup", _item_rows(work, sums))
    changed += store.replace("derived_schedule_health", _schedule_rows(store, work, sums, is_again=is_again))
    return changed + store.replace("derived_project", _project_rows(store, work, sums))


def _item_rows(work: Work, sums: Rollups) -> dict[str, list[Any]]:
    states = work.columns["state"]
    of_item = work.classes.of_item
    shown = [
        _REMOVED if state == "removed" else sums.health[one]
        for state, one in zip(states, of_item, strict=True)
    ]
    rows: dict[str, list[Any]] = {
        "item_id": list(work.columns["item_id"]),
        "health": [health.colour for health in shown],
        "health_reason": [health.reason for health in shown],
        "own_health": list(work.own_colours),
    }
    for name, values in (
        ("percent_complete", sums.percent),
        ("open_risks", sums.open_risks),
        ("open_findings", sums.open_findings),
        ("worst_finding", sums.worst_finding),
        ("rollup_p80", sums.p80),
        ("rollup_slip_wd", work.known.slip_wd),
        ("rollup_slip_pair", work.known.slip_pair),
        ("rollup_items", sums.items_below),
        ("is_rolled_up", work.known.is_container),
    ):
        rows[name] = [values[one] for one in of_item]
    return rows


def _project_rows(store: Store, work: Work, sums: Rollups) -> dict[str, list[Any]]:
    names = (
        "slug", "level", "parent", "name", "lead", "lead_problem", "health", "health_reason",
        "health_declared", "start", "commitment", "p50", "p80", "slip_wd", "percent_complete", "item_count",
        "open_risks", "open_findings", "worst_finding", "budget", "actual_cost", "forecast_cost", "currency",
        "earned_value", "cost_performance",
    )  # fmt: skip
    rows: dict[str, list[Any]] = {name: [] for name in names}
    problems = _problem_by_email(store)
    for node, here in sorted(work.nodes, key=lambda one: LEVELS.index(one[0].level)):
        values = (
            node.slug, node.level, node.parent, node.name, node.lead,
            problems.get(node.lead.casefold()) if node.lead else "no owner",
            sums.health[here].colour, sums.health[here].reason, sums.declared[here], sums.start[here],
            sums.commitment[here], sums.p50[here], sums.p80[here],
            work.calendar.working_days_between(sums.commitment[here], sums.p50[here]),
            sums.percent[here], sums.item_count[here], sums.open_risks[here], sums.open_findings[here],
            sums.worst_finding[here], *sums.money[here], *sums.earned[here],
        )  # fmt: skip
        for name, value in zip(names, values, strict=True):
            rows[name].append(value)
    return rows


def _schedule_rows(store: Store, work: Work, sums: Rollups, *, is_again: bool) -> dict[str, list[Any]]:
    """What people declare for each schedule beside what is computed, and for how many runs they differ."""
    before = store.read("derived_schedule_health", ("schedule_id", "health_gap_runs"))
    runs = dict(zip(*before.values(), strict=True))
    rows: dict[str, list[Any]] = {
        name: [] for name in ("schedule_id", "health", "health_declared", "health_gap_runs")
    }
    for schedule, here in work.schedules:
        computed, declared = sums.health[here].colour, sums.declared[here]
        gap = None
        if declared is not None and computed != GREY:
            so_far = runs.get(schedule) or 0
            now = max(so_far, 1) if is_again else min(so_far + 1, _MOST_GAP_RUNS)
            gap = now if declared != computed else 0
        for name, value in zip(rows, (schedule, computed, declared, gap), strict=True):
            rows[name].append(value)
    return rows


def _problem_by_email(store: Store) -> dict[str, str | None]:
    persons = store.read("derived_person", ("email", "problem"))
    return {email.casefold(): problem for email, problem in zip(*persons.values(), strict=True) if email}
