"""Rule time in a large portfolio: every rule, per rule and in all, and a check after some items have changed.

`python -m bench.rules --items 1000000` takes another size than the 100,000 of `python -m bench rules`;
`--store sqlite` or `postgresql` one database. Five entries of a timeline an item, half as many
dependencies as items, a risk for every hundredth, ten thousand items a project. Six of ten items are done,
and few are in trouble. The store is filled by the same bulk writes as a pull, then derived. Each step is a
process of its own; `beyond cache` is its peak memory less what the process has before it, and less SQLite's
cache of 64 MB.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Any

from bench.derive import _urls
from bench.measure import Sample, run, table
from portfolio.records import (
    AnyRecord,
    Change,
    Dependency,
    Identity,
    Iteration,
    Page,
    Release,
    Risk,
    Schedule,
    WorkItem,
)
from rules.compiler import compile_rule
from rules.loading import load_catalogue
from schedule.calendars import work_calendar
from store import Store, open_store
from sync.check import CheckOutcome, CheckSettings, check
from sync.derive import derive
from sync.placement import TreeNode
from sync.rollup import rollup
from sync.workspace import DeriveSettings

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
TODAY = NOW.date()
ITEMS, CHANGED = 100_000, 1_000
_SOURCE = "jira"
_PER_PROJECT, _PER_EPIC, _PAGE = 10_000, 25, 10_000
_ACCOUNTS, _ITERATIONS, _RELEASES = 2_000, 400, 100
_CACHE_MB = 64
_TREE = (
    TreeNode("all", "portfolio", None, "All"),
    TreeNode("web", "project", "all", "Web", None, ["jira:P0"]),
)
SETTINGS = DeriveSettings(timezone="Europe/Zurich", tree=_TREE)


def main(arguments: list[str] | None = None) -> None:
    """Measure both databases and print the figures."""
    parser = argparse.ArgumentParser(prog="bench.rules")
    parser.add_argument("--items", type=int, default=ITEMS)
    parser.add_argument("--store", choices=("sqlite", "postgresql"))
    parser.add_argument(
        "--only", choices=("fill", "derive", "rules", "check", "edit"), help=argparse.SUPPRESS
    )
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args([] if arguments is None else arguments)
    if options.only is not None:
        _act(options.only, options.url, options.items)
        return
    print(f"{options.items:,} items, {5 * options.items:,} changes, half as many dependencies")
    with tempfile.TemporaryDirectory(prefix="dt-bench-") as folder:
        for name, url in _urls(Path(folder), options.store):
            _measure(name, url, options.items)


def _measure(name: str, url: str, items: int) -> None:
    def step(what: str) -> Sample:
        command = [sys.executable, "-m", "bench.rules", "--only", what, "--url", url, "--items", str(items)]
        sample = run(command)
        if sample.exit_code != 0:
            sys.exit(f"{what} failed with {sample.exit_code}:\n{sample.output[-3000:]}")
        return sample

    for what in ("fill", "derive"):
        print(f"{name}: {what} {step(what).wall_seconds:.1f} s", flush=True)
    per_rule = json.loads(step("rules").output)
    slowest = sorted(per_rule, key=lambda one: -one[2])[:12]
    table(("rule", "over", "seconds", "rows"), [(one[0], one[1], f"{one[2]:.3f}", one[3]) for one in slowest])
    for views, kept in (("every view", ()), ("item, risk and dependency", ("item", "risk", "dependency"))):
        times = [one[2] for one in per_rule if not kept or one[1] in kept]
        median = f"median {statistics.median(times):.3f} s, all {sum(times):.1f} s"
        print(f"{name}: {len(times)} rules over {views}: {median}")
    rows: list[tuple[object, ...]] = []
    for what, title in (
        ("check", "the first, everything opens"),
        ("check", "nothing has changed"),
        ("edit", ""),
        ("check", f"{CHANGED:,} items have changed"),
    ):
        sample = step(what)
        if title:
            rows.append((name, title, *json.loads(sample.output)))
    table(("store", "check", "seconds", "beyond cache MB", "partial", "findings", "changed"), rows)


def _act(what: str, url: str, items: int) -> None:
    with open_store(url) as store:
        match what:
            case "fill":
                _fill(store, items)
            case "derive":
                derive(store, SETTINGS, today=TODAY, now=NOW)
                rollup(store, _TREE, calendar=work_calendar())
            case "rules":
                print(json.dumps(_per_rule(store)))
            case "edit":
                _edit(store, items)
            case _:
                print(json.dumps(_checked(store)))


def _per_rule(store: Store) -> list[tuple[str, str, float, int]]:
    found: list[tuple[str, str, float, int]] = []
    for rule in load_catalogue([]):
        compiled = compile_rule(rule, store.dialect, None)
        began = time.perf_counter()
        rows = store.select(
            compiled.view,
            columns=compiled.columns,
            where=compiled.where,
            parameters=compiled.bind(TODAY, NOW),
            row_limit=1_000_000,
            timeout_seconds=300,
        )
        found.append((rule.id, rule.over, time.perf_counter() - began, len(rows)))
    return found


def _checked(store: Store) -> tuple[Any, ...]:
    settings = CheckSettings(rules=load_catalogue([]))
    before = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    began = time.perf_counter()
    outcome: CheckOutcome = check(store, settings, run_id=f"b{time.time_ns()}", today=TODAY, now=NOW)
    seconds = time.perf_counter() - began
    peak = getrusage(RUSAGE_SELF).ru_maxrss / 1024 - before - (_CACHE_MB if store.dialect == "sqlite" else 0)
    if outcome.broken:
        sys.exit(str(outcome.broken))
    findings = sum(outcome.open_by_severity.values())
    return f"{seconds:.2f}", f"{max(peak, 0):.0f}", outcome.is_partial, findings, outcome.changed


def _edit(store: Store, items: int) -> None:
    """Some items get another date or owner, as a busy hour has it; then what that reaches is derived."""
    step = max(items // CHANGED, 1)
    changed: list[AnyRecord] = []
    for number in range(3, items, step):
        item = _item(number)
        values = {name: getattr(item, name) for name in item.__struct_fields__}
        values["due" if number % 2 else "owner_id"] = TODAY - timedelta(days=9) if number % 2 else None
        changed.append(WorkItem(**values))
    _save(store, changed)
    derive(store, SETTINGS, today=TODAY, now=NOW)


def _save(store: Store, records: list[AnyRecord]) -> None:
    store.save_page(_SOURCE, "all", Page(records=records), run_id="bench", now=NOW)


def _fill(store: Store, items: int) -> None:
    store.declare_source(_SOURCE, "jira", "jira", "1")
    store.mark_source(_SOURCE, good_at=NOW)
    _save(store, list(_lists(items)))
    for start in range(0, items, _PAGE):
        numbers = range(start, min(start + _PAGE, items))
        _save(store, [_item(number) for number in numbers])
        _save(store, [one for number in numbers for one in _changes(number)])
        _save(store, [*_links(numbers), *_risks(numbers)])


def _lists(items: int) -> Iterator[AnyRecord]:
    for number in range(items // _PER_PROJECT + 1):
        name = f"P{number}"
        yield Schedule(
            schedule_id=f"{_SOURCE}/{name}",
            source=_SOURCE,
            scope=name,
            name=name,
            kind="project",
            is_active=True,
        )
    for number in range(_ITERATIONS):
        start = date(2026, 1, 5) + timedelta(days=14 * (number % 40))
        yield Iteration(
            iteration_id=f"s{number}", source=_SOURCE, name=f"s{number}", start=start,
            end=start + timedelta(days=11),
            state="closed" if start < TODAY - timedelta(days=14) else "active",
        )  # fmt: skip
    for number in range(_RELEASES):
        day = date(2026, 11, 1) + timedelta(days=5 * number)
        yield Release(release_id=f"r{number}", source=_SOURCE, name=f"{number}.0", date=day)
    for number in range(_ACCOUNTS):
        yield Identity(
            source=_SOURCE, account_id=f"a{number}", name=f"Person {number}", kind="person",
            is_active=number % 200 != 0, email=f"person{number}@shop.example",
        )  # fmt: skip


def _random(number: int) -> int:
    return number * 2_654_435_761 % 2**32


def _state(number: int) -> str:
    return ("done", "done", "done", "in_progress", "todo")[_random(number) % 5]


def _finish(due: date, random: int) -> date:
    """Most work ends on its day or a little before, some of it later."""
    days = 6 if random // 13 % 12 == 0 else -(random // 13 % 4)
    return min(due + timedelta(days=days), TODAY - timedelta(days=1))


def _touched(number: int) -> int:
    """How many days ago somebody was there last: work under way is rarely left for long."""
    random = _random(number)
    return random // 11 % 13 if _state(number) == "in_progress" else random // 11 % 300


def _item_id(number: int) -> str:
    return f"{_SOURCE}/{1_000_000 + number}"


def _item(number: int) -> WorkItem:
    """Six of ten are done; of the open ones nine of ten have a date, and few of the dates have passed."""
    random = _random(number)
    epic = number - number % _PER_EPIC
    state, touched = _state(number), _touched(number)
    is_risk = number % 100 == 50
    ahead = random // 7 % 396 - 4
    if epic == number:
        state, ahead = "in_progress", 400
    due = TODAY + timedelta(days=ahead if state != "done" else -ahead) if random % 10 else None
    return WorkItem(
        item_id=_item_id(number), source=_SOURCE, native_id=str(1_000_000 + number),
        key=f"P{number // _PER_PROJECT}-{number}", scope=f"P{number // _PER_PROJECT}",
        title=f"Make part {random % 7919} of step {random % 613} ready for area {number % 97}",
        schedule_id=f"{_SOURCE}/P{number // _PER_PROJECT}", state=state, status=state,
        parent_id=None if epic == number else _item_id(epic),
        kind="epic" if epic == number else "risk" if is_risk else "story",
        owner_id=f"a{random % _ACCOUNTS}" if random % 29 else None, team=f"t{random % 150}",
        due=due, start=None if due is None else due - timedelta(days=20),
        percent_complete=100.0 if state == "done" else 40.0 if state == "in_progress" else 0.0,
        actual_finish=_finish(due, random) if state == "done" and due is not None else None,
        iteration_id=f"s{random % _ITERATIONS}" if random % 16 == 0 else None,
        release_id=f"r{20 + random % 80}" if random % 5 == 0 else None,
        is_blocked=random % 61 == 0 and state != "done",
        created_at=NOW - timedelta(days=420), updated_at=NOW - timedelta(days=touched),
    )  # fmt: skip


def _changes(number: int) -> Iterator[Change]:
    """Five entries: it was made and moved on; a date moves for every fortieth item."""
    random = _random(number)
    told = [
        ("status", "To Do", "Open"),
        ("state", "todo", "in_progress"),
        ("title", "a", "b"),
        ("points", "3", "5"),
    ]
    due = TODAY + timedelta(days=random % 300)
    last = ("due", due.isoformat(), (due + timedelta(days=14)).isoformat())
    told.append(last if number % 40 == 0 else ("labels", "a", "b"))
    for place, (field, before, after) in enumerate(told):
        yield Change(
            source=_SOURCE, event_id=f"{number}-{place}", item_id=_item_id(number),
            at=NOW - timedelta(days=_touched(number) if place == 4 else 320 - 60 * place - random % 60),
            by=f"a{random % _ACCOUNTS}",
            field=field, before=before, after=after,
        )  # fmt: skip


def _links(numbers: range) -> Iterator[AnyRecord]:
    """Items wait for others of their epic, most of which are done."""
    for number in numbers:
        if number % _PER_EPIC > 2 and (_state(number - 2) == "done" or number % 50 == 1):
            yield Dependency(
                dependency_id=f"d{number}", source=_SOURCE, predecessor_id=_item_id(number - 2),
                successor_id=_item_id(number),
            )  # fmt: skip


def _risks(numbers: range) -> Iterator[AnyRecord]:
    for number in numbers:
        if number % 100 == 50:
            random = _random(number)
            yield Risk(
                item_id=_item_id(number), source=_SOURCE, probability=1 + random % 5,
                impact=1 + random // 5 % 5,
                response="reduce", review_due=TODAY + timedelta(days=random % 90 - 2),
            )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
