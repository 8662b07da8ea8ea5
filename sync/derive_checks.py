"""Derivation of schedule checks: the rows of the view `schedule_check`, and the indices of each schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portfolio.records import ItemId
from schedule.check_results import Check, Why
from schedule.schedule_checks import schedule_checks
from sync.check_columns import CheckColumns, check_columns
from sync.check_indices import (
    critical_path_of,
    earlier_periods,
    rounded,
    spi_t_of,
    working_day_reschedule,
)
from sync.timeline import Timeline
from sync.workspace import Columns, Workspace

if TYPE_CHECKING:
    from store import Store

MEMBERS_SHOWN = 500  # of one check; `numerator` says how many there are
INDICES = ("has_logic", "spi_t", "cpli", "bei", "hit_rate", "cei", "cei_previous", "critical_path_ok")
# Whoever has none of it is not asked: such a check does not apply, which is not the same as unknown.
_DOES_NOT_APPLY = frozenset({Why.NO_LAGS, Why.NO_CONSTRAINTS})
_PLANS_ONLY = frozenset({"no-baseline"})
_ROW = (
    "schedule_id", "name", "check", "numerator", "denominator", "share", "members", "is_assessable", "reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScheduleFacts:
    """What the checks found.

    Attributes:
        changed: the rows of the view that changed.
        indices: schedule id → column of the view `schedule` → value, None is unknown.
    """

    changed: int
    indices: Mapping[str, Mapping[str, Any]]


def derive_checks(work: Workspace, timelines: Mapping[ItemId, Timeline], store: Store) -> ScheduleFacts:
    """Write every check of every schedule. Needs the derived dates and dependencies."""
    world = check_columns(work, store)
    checks = schedule_checks(
        world.inputs,
        critical_path_of(work, world),
        working_day_reschedule(work, world),
        earlier_periods(work, world, timelines, store),
    )
    keys = [work.items["key"][row] for row in world.rows.tolist()]
    columns: Columns = {name: [] for name in _ROW}
    for check in checks:
        _append(columns, world, check, keys)
    return ScheduleFacts(
        changed=store.replace("derived_schedule_check", columns), indices=_indices(work, world, checks)
    )


def _append(columns: Columns, world: CheckColumns, check: Check, keys: Sequence[str]) -> None:
    is_plan = world.inputs.schedules.is_plan.tolist()
    numerators, denominators = check.numerator.tolist(), check.denominator.tolist()
    shares = check.share.tolist()
    for schedule, why in enumerate(check.reasons):
        if why in _DOES_NOT_APPLY or (check.name in _PLANS_ONLY and not is_plan[schedule]):
            continue
        is_assessable = why is None
        members = check.members_of(schedule)[:MEMBERS_SHOWN].tolist() if is_assessable else []
        row = (
            world.schedule_ids[schedule],
            world.names[schedule],
            check.name,
            numerators[schedule] if is_assessable else None,
            denominators[schedule],
            shares[schedule] if is_assessable else None,
            [_name(world, check, one, keys) for one in members],
            is_assessable,
            None if why is None else str(why),
        )
        for name, value in zip(_ROW, row, strict=True):
            columns[name].append(value)


def _name(world: CheckColumns, check: Check, position: int, keys: Sequence[str]) -> str:
    if not check.of_links:
        return keys[position]
    links = world.inputs.links
    return f"{keys[links.predecessor[position]]}->{keys[links.successor[position]]}"


def _indices(work: Workspace, world: CheckColumns, checks: Sequence[Check]) -> dict[str, dict[str, Any]]:
    share = {check.name: check.share.tolist() for check in checks}
    spi_t = spi_t_of(work, world)
    has_logic = world.inputs.who.has_logic.tolist()
    found: dict[str, dict[str, Any]] = {}
    for position, schedule in enumerate(world.schedule_ids):
        broken = rounded(share["critical-path"][position])
        values = (
            has_logic[position],
            rounded(spi_t[position]),
            *(rounded(share[name][position]) for name in ("cpli", "bei", "hit-rate", "cei", "cei-previous")),
            None if broken is None else broken == 0,
        )
        found[schedule] = dict(zip(INDICES, values, strict=True))
    return found
