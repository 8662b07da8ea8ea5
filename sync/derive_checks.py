"""Derivation of schedule checks: the rows of the view `schedule_check`, and the indices of each schedule.

Each schedule is checked by itself. Any change of an item is one of its whole schedule, which is read with the
other ends of its links; where others link to an item that came, went or changed its key, theirs are, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from schedule.check_inputs import IntArray
from schedule.check_results import Check, Why
from schedule.schedule_checks import schedule_checks
from sync.changed import Reach
from sync.check_columns import CheckColumns, check_columns, known_schedules
from sync.check_indices import (
    EarlierForecasts,
    critical_path_of,
    rounded,
    spi_t_of,
    working_day_reschedule,
)
from sync.derive_links import links_of_schedules
from sync.derive_plan_network import FLOAT_DIFFERS, float_differs
from sync.reach_links import links_at
from sync.workspace import Columns, Workspace

if TYPE_CHECKING:
    from store import Store

MEMBERS_SHOWN = 500  # of one check; `numerator` says how many there are
INDICES = ("has_logic", "spi_t", "cpli", "bei", "hit_rate", "cei", "cei_previous", "critical_path_ok")
# Whoever has none of it is not asked: such a check does not apply, which is not the same as unknown.
_DOES_NOT_APPLY = frozenset({Why.NO_LAGS, Why.NO_CONSTRAINTS})
_PLANS_ONLY = frozenset({"no-baseline"})
# Nothing is checked of these; that one of them was edited, a timeline tells (`changes`).
_NOT_READ = frozenset(
    {
        "title", "url", "status", "updated_at", "labels", "components", "linked_urls", "twin_keys",
        "native_id", "former_keys", "risk",
    }
)  # fmt: skip
_ROW = (
    "schedule_id", "name", "check", "numerator", "denominator", "share", "members", "is_assessable", "reason",
)  # fmt: skip


def spread_over_schedules(store: Store, reach: Reach) -> None:
    """The schedules of what is reached, and of what links to something that came, went or is called anew."""
    items = set(reach.ends)
    if reach.moved:
        items |= links_at(store, reach.moved)[1]
    if reach.moved or reach.changed - _NOT_READ:
        items |= reach.items
    names = ("item_id", "schedule_id")
    rows = store.frame("tracker_item", names, texts=names[:1], among=("item_id", items))
    reach.schedules.update(rows.codes("schedule_id").words)


def derive_checks(work: Workspace, store: Store) -> int:
    """Write every check of every schedule. Needs the derived dates and dependencies.

    Their indices go to `work.indices`, for the row of the schedule.
    """
    schedules = known_schedules(work, store)
    wanted = np.flatnonzero([work.is_full or one in work.reach.schedules for one in schedules.ids])
    columns: Columns = {name: [] for name in _ROW}
    checked: set[str] = set()
    if len(wanted):
        links = links_of_schedules(work, store)
        earlier = EarlierForecasts(work, store, schedules, wanted)
        for some in schedules.together(wanted):
            world = check_columns(work, store, schedules, links, some)
            checks = schedule_checks(
                world.inputs,
                critical_path_of(work, world),
                working_day_reschedule(work, world),
                earlier.of(world),
            )
            keys = work.items.texts("key")
            for check in checks:
                checked.add(check.name)
                _append(columns, world, check, keys, some)
            _put_indices(work, world, checks, some)
    for name, values in float_differs(work).items():
        columns[name] += values
    names = [(one, check) for one in work.reach.schedules for check in checked]
    names += [(one, FLOAT_DIFFERS) for one in work.reach.networks]
    return work.write(store, "derived_schedule_check", columns, keys=names)


def _append(
    columns: Columns, world: CheckColumns, check: Check, keys: Sequence[str | None], wanted: IntArray
) -> None:
    schedules = world.schedules
    is_plan = schedules.inputs.is_plan.tolist()
    numerators, denominators = check.numerator.tolist(), check.denominator.tolist()
    shares = check.share.tolist()
    for schedule in wanted.tolist():
        why = check.reasons[schedule]
        if why in _DOES_NOT_APPLY or (check.name in _PLANS_ONLY and not is_plan[schedule]):
            continue
        is_assessable = why is None
        members = check.members_of(schedule)[:MEMBERS_SHOWN].tolist() if is_assessable else []
        row = (
            schedules.ids[schedule],
            schedules.names[schedule],
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


def _name(world: CheckColumns, check: Check, position: int, keys: Sequence[str | None]) -> str:
    if not check.of_links:
        return str(keys[world.rows[position]])
    links = world.inputs.links
    ends = (links.predecessor[position], links.successor[position])
    return "->".join(str(keys[world.rows[end]]) for end in ends)


def _put_indices(work: Workspace, world: CheckColumns, checks: Sequence[Check], wanted: IntArray) -> None:
    share = {check.name: check.share.tolist() for check in checks}
    has_logic = world.inputs.who.has_logic.tolist()
    for position, spi_t in zip(wanted.tolist(), spi_t_of(work, world, wanted), strict=True):
        broken = rounded(share["critical-path"][position])
        values = (
            has_logic[position],
            rounded(spi_t),
            *(rounded(share[name][position]) for name in ("cpli", "bei", "hit-rate", "cei", "cei-previous")),
            None if broken is None else broken == 0,
        )
        work.indices[world.schedules.ids[position]] = dict(zip(INDICES, values, strict=True))
