"""A run that dies after any commit and after any request, in each tracker, and runs again: as if undisturbed.

The points are counted by the program itself, in a run that nothing disturbs. What a killed process leaves
behind changes only with a commit and with a request that writes: those are the points. By default each
request that writes is tried, and of the commits some that are spread over the run, in memory more than in the
others; with DOVETAIL_SOAK=1 all of them try every boundary there is.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from crossings import Crossings
from engine import Engine
from sides import SIDES, TUESDAY, Side, open_side

from store import Store, open_store

TODAY = TUESDAY.date()
IS_LONG = "DOVETAIL_SOAK" in os.environ
_READS = ("GET", "page", "census", "look", "file")
# Jira and Azure DevOps read by POST too, which only costs a few more points.
pytestmark = pytest.mark.slow


def fresh(side: Side, store: Store | None = None) -> Engine:
    """An epic with a late task, one of nobody's, and one with time left."""
    side.add(TODAY - timedelta(days=5))
    side.add(TODAY - timedelta(days=2), is_owned=False)
    side.add(TODAY + timedelta(days=9))
    return Engine(side, store)


def a_week_later(side: Side, store: Store | None = None) -> Engine:
    """The same, written to, and changed: one done, one gone, one late now, one new and late."""
    engine = fresh(side, store)
    late, nobodys, later = side.tasks()
    assert engine.run().exit_code == 0
    side.pass_time(days=12)
    side.finish(late)
    side.delete(nobodys)
    side.edit(later, TODAY + timedelta(days=4))
    side.add(date(2026, 12, 1))
    return engine


def seen(engine: Engine) -> dict[str, Any]:
    """All that people can see afterwards."""
    side = engine.side
    return {
        "truth": side.truth(),
        "stored": engine.stored(),
        "comments": {item: side.ours(item) for item in side.truth()},
        "fields": {item: side.written(item) for item in side.truth()},
        "findings": sorted(
            (one.rule, one.key, one.state, str(one.resolved_because)) for one in engine.store.findings()
        ),
    }


def points(passed: list[str], *, at_most: int) -> list[int]:
    """The boundaries to die at: every request that writes, and about so many of the commits."""
    if IS_LONG:
        return list(range(len(passed)))
    commits = [number for number, name in enumerate(passed) if name == "after commit"]
    sends = [
        number
        for number, name in enumerate(passed)
        if name.startswith("after send") and not name.endswith(_READS)
    ]
    return sorted({*commits[:: -(-len(commits) // at_most)], *sends})


@pytest.mark.parametrize("build", [fresh, a_week_later])
@pytest.mark.parametrize("name", SIDES)
def test_a_run_killed_after_any_commit_or_send_ends_as_an_undisturbed_one(
    name: str, build: Callable[[Side], Engine], crossings: Crossings, tmp_path: Path
) -> None:
    passed, wanted = undisturbed(build(open_side(name, tmp_path / "calm")), crossings)
    for die_at in points(passed, at_most=40 if name == "memory" else 12):
        engine = build(open_side(name, tmp_path / str(die_at)))
        ends_as(wanted, engine, crossings, die_at, f"{die_at} of {len(passed)}: {passed[die_at]}")


@pytest.mark.parametrize("build", [fresh, a_week_later])
def test_a_run_on_postgresql_killed_after_a_commit_or_send_ends_as_an_undisturbed_one(
    build: Callable[[Side, Store], Engine],
    crossings: Crossings,
    tmp_path: Path,
    postgresql: Callable[[], str],
) -> None:
    """Some commits and every request that writes; with DOVETAIL_SOAK=1 every boundary."""
    with open_store(postgresql()) as store:
        passed, wanted = undisturbed(build(open_side("memory", tmp_path), store), crossings)
    # The boundaries are the program's own: the same as on SQLite.
    assert (passed, wanted) == undisturbed(build(open_side("memory", tmp_path)), crossings)
    for die_at in points(passed, at_most=8):
        # What a killed process had not committed is the server's to undo: a new one connects anew.
        engine = build(open_side("memory", tmp_path), open_store(postgresql()))
        ends_as(wanted, engine, crossings, die_at, f"{die_at} of {len(passed)}: {passed[die_at]}")


def undisturbed(engine: Engine, crossings: Crossings) -> tuple[list[str], dict[str, Any]]:
    """The boundaries of a run that nothing disturbs, and what can be seen after it."""
    crossings.begin()
    assert engine.run().exit_code == 0
    passed = list(crossings.passed)
    wanted = seen(engine)
    assert wanted["truth"] == wanted["stored"]
    assert all(len(texts) <= 1 for texts in wanted["comments"].values())
    assert sum(map(len, wanted["comments"].values())) >= 2
    engine.side.close()
    assert passed.count("after commit") > 20
    return passed, wanted


def ends_as(wanted: dict[str, Any], engine: Engine, crossings: Crossings, die_at: int, point: str) -> None:
    """Kill a run at a boundary; the next one, in a new process, ends as the undisturbed one did."""
    assert engine.run_killed(crossings, die_at), point
    if engine.store.url.startswith("postgresql"):
        engine.store.close()
        engine.store = open_store(engine.store.url)  # which has no password here
    assert engine.run().exit_code == 0, point
    assert seen(engine) == wanted, point
    assert not engine.unsettled(), point
    # The plan after an apply is empty, and nothing is written any more.
    after = engine.run()
    assert after.plan is not None
    assert list(after.plan.writes) == [], point
    assert seen(engine) == wanted, point
    engine.side.close()
    engine.store.close()
