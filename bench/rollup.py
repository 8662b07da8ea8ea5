"""The rollup of 100,000 items in three trackers, beside listing everything below each container.

Five levels; three of four epics stand in all three trackers, their stories in two of them, some of these in
the plan, too. The list is what the rollup used to make; it grows with size times depth, so a chain shows it
best. Processor time, because a machine that does other things makes the wall clock lie.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import numpy as np

from bench.measure import table
from portfolio.findings import Finding
from portfolio.records import AnyRecord, Page, Schedule, WorkItem, item_id
from schedule.calendars import work_calendar
from schedule.containment import contain
from schedule.hierarchy import build_hierarchy
from store import Store, open_store
from sync.derive import derive
from sync.placement import TreeNode
from sync.rollup import rollup
from sync.workspace import DeriveSettings

T = TypeVar("T")
ITEMS = 100_000
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
CHAIN = 2_000
SUMS = 12  # the rollup makes more than thirty
_PER_EPIC = 1 + 4 * (1 + 6 * (1 + 3))  # epic, features, stories, sub-tasks
_TREE = (
    TreeNode("all", "portfolio", None, "All"),
    TreeNode("shop", "program", "all", "Shop"),
    TreeNode("web", "project", "shop", "Web", None, ["jira:WEB", "boards:WEB", "plans:WEB"]),
)


def main() -> None:
    calendar = work_calendar()
    with open_store("sqlite://") as store:
        count = _fill(store)
        derive(store, DeriveSettings(tree=_TREE), today=NOW.date(), now=NOW)
        ids = store.read("tracker_item", ("item_id", "parent_id"))
        listed, pairs = _seconds(lambda: _everything_below(ids["item_id"], ids["parent_id"]))
        summed, _ = _seconds(lambda: _sums(ids["item_id"], ids["parent_id"]))
        first, changed = _seconds(lambda: rollup(store, _TREE, calendar=calendar))
        again, unchanged = _seconds(lambda: rollup(store, _TREE, calendar=calendar))
        read, _ = _seconds(lambda: _just_read(store))
    chain = [f"s/{one}" for one in range(CHAIN)]
    above = [None, *chain[:-1]]
    chain_listed, chain_pairs = _seconds(lambda: _everything_below(chain, above))
    chain_summed, _ = _seconds(lambda: _sums(chain, above))
    print(f"{count:,} items in three trackers, five levels; {changed:,} rows written first, {unchanged} then")
    table(
        ("what", "CPU s", "ratio"),
        [
            (f"{SUMS} sums over these items, as the rollup makes them", f"{summed:.2f}", "1.0"),
            (
                f"{SUMS} sums over lists of everything below each ({pairs:,} pairs)",
                f"{listed:.2f}",
                f"{listed / summed:.1f}",
            ),
            (f"{SUMS} sums over a chain of {CHAIN:,}", f"{chain_summed:.3f}", "1.0"),
            (
                f"{SUMS} sums over lists of everything below each ({chain_pairs:,} pairs)",
                f"{chain_listed:.2f}",
                f"{chain_listed / chain_summed:.1f}",
            ),
            ("reading the columns it needs", f"{read:.2f}", "1.0"),
            ("the whole rollup, first time", f"{first:.2f}", f"{first / read:.1f}"),
            ("the whole rollup, nothing changed", f"{again:.2f}", f"{again / read:.1f}"),
        ],
    )


def _seconds(work: Callable[[], T]) -> tuple[float, T]:
    started = time.process_time()
    answer = work()
    return time.process_time() - started, answer


def _everything_below(ids: list[str], parents: list[str | None]) -> int:
    """The simple way: a list for each item, and sums over it. Gives the length of all lists."""
    hierarchy = build_hierarchy(ids, parents)
    below: list[list[int]] = [[] for _ in ids]
    for level in hierarchy.levels:
        for index in level.tolist():
            above = int(hierarchy.parent[index])
            if above >= 0:
                below[above].append(index)
                below[above].extend(below[index])
    values = [1.0] * len(ids)
    for _ in range(SUMS):
        for index, some in enumerate(below):
            values[index] = 1.0 + sum([1.0 for _ in some])
    return sum(len(one) for one in below)


def _sums(ids: list[str], parents: list[str | None]) -> float:
    position = {one: index for index, one in enumerate(ids)}
    edges = [(index, position[above]) for index, above in enumerate(parents) if above is not None]
    return float(contain(len(ids), edges).sum_up(np.ones((len(ids), SUMS)))[0, 0])


def _just_read(store: Store) -> int:
    names = (
        "item_id",
        "source",
        "parent_id",
        "state",
        "schedule_id",
        "due",
        "start",
        "points",
        "key",
        "kind",
    )
    derived = ("item_id", "commitment", "slip_wd", "effective_due", "project", "is_leaf")
    return len(store.read("tracker_item", names)) + len(store.read("derived_item", derived))


def _fill(store: Store) -> int:
    records: dict[str, list[AnyRecord]] = {"jira": [], "boards": [], "plans": []}
    for source, mine in records.items():
        store.declare_source(source, source, source, "1")
        store.mark_source(source, good_at=NOW)
        kind = "plan" if source == "plans" else "project"
        mine.append(Schedule(schedule_id=f"{source}/WEB", source=source, scope="WEB", name="Web", kind=kind))
    count = 0
    for item in _items():
        records[item.source].append(item)
        count += 1
    run = store.start_run("bench", NOW)
    for source, mine in records.items():
        store.save_page(source, "all", Page(records=mine), run_id=run, now=NOW)
    store.save_findings([_finding(number) for number in range(0, count, 100)], run)
    return count


def _items() -> Iterator[WorkItem]:
    """Epics in Jira with features in Azure DevOps; their stories in both; sub-tasks; some plan tasks."""
    for epic in range(ITEMS // (_PER_EPIC + 12)):
        yield _item("jira", f"E{epic}", "epic", None)
        if epic % 4:
            yield _item("boards", f"E{epic}", "epic", None, twin=f"JE{epic}")
            yield _item("plans", f"E{epic}", "task", None, twin=f"JE{epic}")
        for feature in range(4):
            tracker = "boards" if epic % 4 and feature % 2 else "jira"
            name = f"F{epic}-{feature}"
            yield _item(tracker, name, "feature", f"E{epic}")
            for story in range(6):
                own = f"S{epic}-{feature}-{story}"
                yield _item(tracker, own, "story", name)
                if story == 0 and epic % 4:
                    yield _item("plans", own, "task", f"E{epic}", twin=f"{tracker[0].upper()}{own}")
                for task in range(3):
                    yield _item(tracker, f"T{own}-{task}", "task", own)


def _item(source: str, name: str, kind: str, parent: str | None, *, twin: str | None = None) -> WorkItem:
    number = sum(name.encode())
    return WorkItem(
        item_id=item_id(source, name),
        source=source,
        native_id=name,
        key=f"{source[0].upper()}{name}",
        scope="WEB",
        kind=kind,
        title=name,
        schedule_id=f"{source}/WEB",
        parent_id=None if parent is None else item_id(source, parent),
        state=("todo", "in_progress", "done")[number % 3],
        due=date(2026, 12, 1) + timedelta(days=number % 40),
        points=float(number % 5 + 1),
        twin_keys=[twin] if twin else [],
        created_at=NOW - timedelta(days=60),
    )


def _finding(number: int) -> Finding:
    name = item_id("jira", f"E{number // 100}")
    return Finding(
        finding_id=f"f{number}", rule="r", rule_group="g", subject="item", item_id=name, key=name,
        project=None, severity="high", state="open", opened_at=NOW, last_seen_at=NOW, resolved_at=None,
        resolved_because=None, reopened_count=0, message="", title="", why="", action="", docs=None,
        evidence={}, comment_items=[name], is_legacy=False, muted_until=None, muted_by=None,
        muted_reason=None,
    )  # fmt: skip
