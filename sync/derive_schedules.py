"""Derivation of schedules, their quality checks, and who still has open work in them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sync.people import People
from sync.workspace import Columns, Workspace

if TYPE_CHECKING:
    from store import Store

_ENDED = ("done", "removed")


def derive_schedules(work: Workspace, store: Store) -> int:
    """Write the derived side of each schedule and its checks; returns the rows that changed."""
    rows = store.read(
        "tracker_schedule", ("schedule_id", "source", "scope", "name", "kind", "lead_id", "baseline_at")
    )
    members = _members(work)
    columns: Columns = {
        name: []
        for name in (
            "schedule_id", "project", "lead", "lead_problem", "item_count", "percent_complete", "baseline_at",
        )
    }  # fmt: skip
    checks: Columns = {
        name: []
        for name in (
            "schedule_id", "name", "check", "numerator", "denominator", "share", "members", "is_assessable",
        )
    }  # fmt: skip
    for row in zip(*rows.values(), strict=True):
        schedule_id, source, scope, name, kind, lead_id, baseline_at = row
        mine = members.get(schedule_id, [])
        project = work.placement.place(source, scope).project
        lead, lead_problem = _lead(work, project, source, lead_id)
        columns["schedule_id"].append(schedule_id)
        columns["project"].append(project)
        columns["lead"].append(lead)
        columns["lead_problem"].append(lead_problem)
        columns["item_count"].append(len(mine))
        columns["percent_complete"].append(_percent_complete(work, mine))
        columns["baseline_at"].append(baseline_at)
        _no_baseline(work, checks, schedule_id, name, mine if kind == "plan" else None)
    changed = store.replace("derived_schedule", columns)
    return changed + store.replace("derived_schedule_check", checks)


def _members(work: Workspace) -> dict[str, list[int]]:
    members: dict[str, list[int]] = {}
    for index, (schedule, state) in enumerate(
        zip(work.items["schedule_id"], work.items["state"], strict=True)
    ):
        if schedule is not None and state != "removed":
            members.setdefault(schedule, []).append(index)
    return members


def _lead(
    work: Workspace, project: str | None, source: str, lead_id: str | None
) -> tuple[str | None, str | None]:
    """The lead that the configuration names, else the tracker's; and why that lead cannot act."""
    declared = work.placement.nodes[project].lead if project is not None else None
    if declared is not None:
        person = next(
            (one for one in work.people.persons if one.email and one.email.casefold() == declared.casefold()),
            None,
        )
        return declared, person.problem if person is not None else None
    identity = work.people.identity(source, lead_id)
    return (identity.name if identity else lead_id), work.people.owner_problem(source, lead_id)


def _percent_complete(work: Workspace, members: list[int]) -> float | None:
    """Over the leaves: weighted by duration where every leaf has one, else by count."""
    leaves = [index for index in members if work.derived["is_leaf"][index]]
    if not leaves:
        return None
    durations = [work.items["duration_minutes"][index] for index in leaves]
    total = sum(durations) if all(one is not None for one in durations) else 0
    weights: list[float] = durations if total else [1.0] * len(leaves)
    done = sum(
        weight * percent_of(work.items["state"][index], work.items["percent_complete"][index])
        for weight, index in zip(weights, leaves, strict=True)
    )
    return round(done / sum(weights), 1)


def percent_of(state: str, percent: float | None) -> float:
    """How much of one leaf is complete, 0 to 100: what its tracker says, else done or not."""
    return 100.0 if state == "done" else (percent or 0.0)


def _no_baseline(
    work: Workspace, checks: Columns, schedule_id: str, name: str, members: list[int] | None
) -> None:
    """The check `no-baseline`: detail tasks without a baseline finish, of all detail tasks of a plan.

    A tracker's project is no plan: it has no baselines of its own, so the check does not apply to it.
    """
    if members is None:
        return
    detail = [index for index in members if work.items["is_detail"][index]]
    without = [index for index in detail if work.items["baseline_finish"][index] is None]
    checks["schedule_id"].append(schedule_id)
    checks["name"].append(name)
    checks["check"].append("no-baseline")
    checks["numerator"].append(len(without))
    checks["denominator"].append(len(detail))
    checks["share"].append(len(without) / len(detail) if detail else None)
    checks["members"].append([work.items["key"][index] for index in without])
    checks["is_assessable"].append(bool(detail))


def derive_persons(work: Workspace, store: Store) -> int:
    """Write every person with open work, overall and per schedule; returns the rows that changed."""
    items, people = work.items, work.people
    open_items: Counter[str] = Counter()
    in_progress: Counter[str] = Counter()
    per_schedule: Counter[tuple[str, str]] = Counter()
    for source, owner, state, schedule in zip(
        items["source"], items["owner_id"], items["state"], items["schedule_id"], strict=True
    ):
        person = people.person(source, owner)
        if person is None or state in _ENDED:
            continue
        open_items[person.person_id] += 1
        in_progress[person.person_id] += state == "in_progress"
        if schedule is not None:
            per_schedule[person.person_id, schedule] += 1
    return _write_persons(people, store, open_items, in_progress, per_schedule)


def _write_persons(
    people: People,
    store: Store,
    open_items: Counter[str],
    in_progress: Counter[str],
    per_schedule: Counter[tuple[str, str]],
) -> int:
    persons = people.persons
    columns: dict[str, list[Any]] = {
        "person_id": [one.person_id for one in persons],
        "name": [one.name for one in persons],
        "email": [one.email for one in persons],
        "problem": [one.problem for one in persons],
        "accounts": [sorted(f"{source}:{account}" for source, account in one.accounts) for one in persons],
        "open_items": [open_items[one.person_id] for one in persons],
        "in_progress": [in_progress[one.person_id] for one in persons],
    }
    by_id = {one.person_id: one for one in persons}
    pairs = sorted(per_schedule)
    changed = store.replace("derived_person", columns)
    return changed + store.replace(
        "derived_person_schedule",
        {
            "person_id": [person for person, _ in pairs],
            "schedule_id": [schedule for _, schedule in pairs],
            "name": [by_id[person].name for person, _ in pairs],
            "problem": [by_id[person].problem for person, _ in pairs],
            "open_items": [per_schedule[pair] for pair in pairs],
        },
    )
