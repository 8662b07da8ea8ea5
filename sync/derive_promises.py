"""Derivation of promises: what was committed and when, how the date moved since, and by how much it slips."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from portfolio.records import ItemId
from schedule.commitment import Promise, promise_of
from schedule.effective_due import slip
from sync.derive_dates import plans
from sync.timeline import Timeline, committed_at
from sync.workspace import Columns, Workspace

if TYPE_CHECKING:
    from store import Store


def derive_promises(work: Workspace, timelines: Mapping[ItemId, Timeline], store: Store) -> None:
    """Fill the columns of commitment, pushes, slip and activity. Needs the current dates."""
    items, derived = work.items, work.derived
    iterations = store.read("tracker_iteration", ("iteration_id", "start"))
    starts = dict(zip(*iterations.values(), strict=True))
    names = (
        "commitment", "first_commitment", "committed_at", "is_committed", "push_count", "push_count_90d",
        "pull_count", "pushed_wd", "slip_wd", "slip_pair", "last_activity_at", "last_transition_at",
        "state_since", "blocked_since", "age_wd", "total_float_wd",
    )  # fmt: skip
    for name in names:
        derived[name] = []
    saved_plans = plans(store)
    for index, item in enumerate(items["item_id"]):
        timeline = timelines.get(item)
        calendar = work.calendar_of(index)
        has_history = (
            items["schedule_id"][index] not in saved_plans
        )  # a saved plan does not tell what it said before
        promise = _promise(work, index, timeline, starts, has_history=has_history)
        commitment = promise.first
        derived["commitment"].append(commitment)
        derived["first_commitment"].append(commitment)
        derived["committed_at"].append(promise.committed_at)
        derived["is_committed"].append(promise.committed_at is not None or commitment is not None)
        derived["push_count"].append(promise.push_count if has_history else None)
        derived["push_count_90d"].append(promise.push_count_90d if has_history else None)
        derived["pull_count"].append(promise.pull_count if has_history else None)
        derived["pushed_wd"].append(promise.pushed_wd if has_history else None)
        current = items["actual_finish"][index] or derived["effective_due"][index]
        pair = slip(commitment, items["baseline_finish"][index], None, current)
        derived["slip_wd"].append(pair and calendar.working_days_between(pair[0], pair[1]))
        derived["slip_pair"].append(pair and pair[2])
        created = items["created_at"][index]
        transition = timeline.states[-1][0] if timeline and timeline.states else None
        derived["last_activity_at"].append((timeline and timeline.last_activity_at) or created)
        derived["last_transition_at"].append(transition)
        derived["state_since"].append(transition or created)
        derived["blocked_since"].append(_blocked_since(items, index, timeline))
        born = created and created.astimezone(ZoneInfo(work.settings.timezone)).date()
        derived["age_wd"].append(calendar.working_days_between(born, work.today))
        minutes = items["total_float_minutes"][index]
        derived["total_float_wd"].append(None if minutes is None else round(minutes / 480))


def _blocked_since(items: Columns, index: int, timeline: Timeline | None) -> datetime | None:
    """Since when an item is blocked: as its tracker says, else as its history does; None is unknown."""
    if not items["is_blocked"][index]:
        return None
    said: datetime | None = items["blocked_since"][index]
    return said or (timeline.blocked_since if timeline else None)


def _promise(
    work: Workspace,
    index: int,
    timeline: Timeline | None,
    starts: Mapping[str, date | None],
    *,
    has_history: bool,
) -> Promise:
    items = work.items
    if items["baseline_finish"][index] or items["deadline"][index]:
        # A plan's promise is written in the plan: its baseline, else its deadline.
        return Promise(items["baseline_finish"][index] or items["deadline"][index], None, 0, 0, 0, 0)
    history = timeline or Timeline()
    moment = committed_at(
        history,
        items["created_at"][index],
        items["state"][index],
        release_ids=items["release_ids"][index] or (),
        iteration_starts=starts,
        now=work.now,
    )
    if not has_history:
        # Its present date is no promise: compared with itself, it would never slip.
        return Promise(None, moment, 0, 0, 0, 0)
    return promise_of(
        items["due"][index],
        history.due,
        moment,
        calendar=work.calendar_of(index),
        today=work.today,
        settle_days=work.settings.settle_days,
    )
