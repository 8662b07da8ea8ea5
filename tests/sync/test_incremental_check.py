"""A check of what has changed gives the very findings that a check of everything gives."""

from __future__ import annotations

import os
import random
import sqlite3
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sync_world import RULES, World, rules

from portfolio.errors import RuleError
from portfolio.findings import Finding, Verdict
from rules.compiler import CompiledRule
from store import Store, open_store
from sync import check as check_module
from sync.check import CheckOutcome, check
from sync.derive import derive
from sync.placement import TreeNode
from sync.pull import pull
from sync.rollup import rollup

MORE = """
- id: late-kept
  title: Late, and said for a while
  why: A rule that keeps what it found.
  over: item
  where: NOT is_done
  flag: wd(effective_due, :today) > 2
  severity: medium
  keep: 2h
  inhibit_by: [owner-missing]
  fingerprint: [item_id]
  evidence: [effective_due, percent_complete]
  message: "{key} is late."
  action: Act.

- id: waits-for-late
  title: It waits for what is late
  why: A rule over links.
  over: dependency
  where: NOT predecessor_is_done AND NOT successor_is_done
  flag: predecessor_due < :today
  severity: high
  fingerprint: [dependency_id]
  evidence: [predecessor_key, successor_key]
  message: "{successor_key} waits for {predecessor_key}."
  action: Act.

- id: risk-nobody
  title: A risk of nobody
  why: A rule over risks.
  over: risk
  where: NOT is_done
  flag: owner_problem IS NOT NULL
  severity: high
  fingerprint: [item_id]
  evidence: [owner_problem]
  message: "{key}: {owner_problem}."
  action: Act.

- id: untouched
  title: Nobody has touched it for hours
  why: A rule that asks the clock.
  over: item
  where: NOT is_done
  flag: hours(updated_at, :now) > 3
  severity: low
  fingerprint: [item_id]
  evidence: [owner]
  message: "{key}."
  action: Act.

- id: epic-open
  title: An epic below which something is found
  why: A rule over what a rollup writes.
  over: item
  where: is_summary
  flag: open_findings > 0
  severity: low
  fingerprint: [item_id]
  evidence: [open_findings]
  message: "{key}."
  action: Act.
"""

# What is held back for hours is opened within a day.
ALL = RULES.replace("for: 2d", "for: 2h") + MORE


class Twice:
    """A world whose every check is made twice: of what has changed, and, in a copy, of everything."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.world = World(open_store(f"sqlite:///{folder / 'a.db'}"))
        self.world.rules = rules(ALL)
        self.world.clock.advance(seconds=0.123456)  # a real clock is finer than what is stored
        self.dice = random.Random(seed)
        self.partial = 0
        self.count = 0
        shop = self.world.shop
        shop.add("E-1", kind="epic", owner_id="ana")
        for number in range(12):
            due = date(2026, 11, 16) + timedelta(days=number)
            owner = "ana" if number % 3 else None
            self.world.task(f"T-{number}", due=due.isoformat(), owner_id=owner, parent="E-1")
        shop.add("R-1", kind="risk", risk={"probability": 3, "impact": 4})
        for number in range(5):
            shop.link(f"T-{number}", f"T-{number + 3}")

    def step(self) -> list[Finding]:
        world, run = self.world, f"run-{self.count}"
        self.count += 1
        settings, now = world.settings(), world.clock()
        pull(world.store, list(world.connectors.values()), run_id=run, now=now, settings=settings.pull)
        derive(world.store, settings.derive, today=now.date(), now=now)
        copy = self.folder / f"{run}.db"
        with sqlite3.connect(self.folder / "a.db") as source:
            source.execute("VACUUM INTO ?", (str(copy),))
        with sqlite3.connect(copy) as forgotten:
            forgotten.execute("DELETE FROM engine_meta WHERE name = 'check'")
        mine = self._check(world.store, run)
        with open_store(f"sqlite:///{copy}") as other:
            whole = self._check(other, run)
            assert not whole.is_partial
            found = world.store.findings()
            assert found == other.findings()
            assert _told(mine) == _told(whole)
            assert _events(world.store) == _events(other)
        self.partial += mine.is_partial
        return found

    def _check(self, store: Store, run: str) -> CheckOutcome:
        now = self.world.clock()
        settings = self.world.settings()
        return check(
            store,
            settings.check,
            run_id=run,
            today=now.date(),
            now=now,
            roll_up=lambda: rollup(store, (), calendar=settings.calendar),
        )

    def change(self) -> None:
        """Something that people do."""
        world, dice = self.world, self.dice
        key = f"T-{dice.randrange(12)}"
        match dice.randrange(9):
            case 0:
                world.shop.edit(key, due=date(2026, 11, 10) + timedelta(days=dice.randrange(30)))
            case 1:
                world.shop.edit(key, owner_id=dice.choice([None, "ana"]))
            case 2:
                world.shop.edit(key, state=dice.choice(["todo", "in_progress", "done"]))
            case 3:
                world.shop.edit(key, is_blocked=dice.choice([True, False]))
            case 4:
                other = f"T-{dice.randrange(12)}"
                if other != key:
                    world.shop.link(key, other)
            case 5 if world.shop.dependencies:
                world.shop.unlink(dice.choice(sorted(world.shop.dependencies)))
            case 6:
                self._mute()
            case 7:
                world.shop.edit("R-1", owner_id=dice.choice([None, "ana"]))
            case _:
                world.clock.advance(hours=dice.choice([1, 1, 5]))

    def _mute(self) -> None:
        found = self.world.store.findings(states=("open", "snoozed", "suppressed"))
        if found:
            one = self.dice.choice(found)
            until = self.world.clock() + timedelta(hours=self.dice.randrange(1, 5))
            state = self.dice.choice(["open", "snoozed", "suppressed"])
            told: dict[str, Any] = {"muted_until": until, "muted_by": "bo"} if state != "open" else {}
            self.world.store.save_findings([msgspec.structs.replace(one, state=state, **told)], "mute")


def _told(outcome: CheckOutcome) -> Any:
    return (
        sorted(outcome.opened), sorted(outcome.reopened), sorted(outcome.raised), sorted(outcome.resolved),
        outcome.changed, outcome.open_by_severity, outcome.frozen, outcome.broken,
    )  # fmt: skip


def _events(store: Store) -> Any:
    with store._db.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT * FROM engine_event ORDER BY run_id, what, subject"
        ).fetchall()
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("seed", range(20 if os.environ.get("DOVETAIL_SOAK") else 2))
def test_whatever_changes_the_findings_are_those_of_a_full_check(tmp_path: Path, seed: int) -> None:
    twice = Twice(tmp_path, seed)
    twice.step()
    for _ in range(9):
        for _ in range(twice.dice.randrange(1, 4)):
            twice.change()
        twice.step()
    assert twice.partial >= 5


def test_what_a_rule_silenced_stays_silent_when_it_cannot_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its findings stay as they are, and so does what they explain: no comment because a query broke."""
    twice, run = Twice(tmp_path, 1), check_module.run_rule

    def broken(store: Store, compiled: CompiledRule, *others: Any, **more: Any) -> list[Verdict]:
        if compiled.rule.id == "owner-missing":
            raise RuleError("owner-missing", "it took too long.")
        return run(store, compiled, *others, **more)

    twice.step()
    monkeypatch.setattr(check_module, "run_rule", broken)
    for _ in range(2):  # of what has changed, then of everything
        twice.world.shop.edit("T-3", title=f"Again {twice.count}")
        found = {(one.rule, one.key, one.state) for one in twice.step()}
        assert ("owner-missing", "T-0", "open") in found
        assert not {("late-kept", key, "open") for key in ("T-0", "T-3")} & found
    assert twice.partial == 1


def test_what_only_time_changes_is_found_too(tmp_path: Path) -> None:
    """A finding that was held back, a mute that ends, a rule that asks the clock: no row has changed."""
    twice = Twice(tmp_path, 1)
    twice.step()
    twice.world.shop.edit("T-1", is_blocked=True)
    twice.step()
    late = twice.world.finding("due-passed", "T-0")
    muted = msgspec.structs.replace(late, state="snoozed", muted_until=late.opened_at + timedelta(hours=2))
    twice.world.store.save_findings([muted], "mute")
    twice.step()
    assert (twice.world.state("stays-blocked", "T-1"), twice.world.state("due-passed", "T-0")) == (
        "pending", "snoozed",
    )  # fmt: skip
    twice.step()  # by now no row is marked, the rollups' included
    twice.world.clock.advance(hours=4)
    twice.step()
    assert (twice.world.state("stays-blocked", "T-1"), twice.world.state("due-passed", "T-0")) == (
        "open", "open",
    )  # fmt: skip
    assert twice.world.state("untouched", "T-2") == "open"
    assert twice.partial == 4


def test_another_day_rule_or_failed_source_is_a_check_of_everything(tmp_path: Path) -> None:
    twice = Twice(tmp_path, 1)
    twice.step()
    twice.step()
    assert twice.partial == 1
    twice.world.rules = rules(ALL.replace("days_late > 20", "days_late > 3"))
    assert "critical" in {one.severity for one in twice.step()}
    assert twice.partial == 2  # that rule is asked of every row, the others are not
    twice.world.rules = twice.world.rules[1:]
    twice.step()
    assert twice.partial == 2
    twice.world.clock.advance(days=1)
    twice.step()
    assert twice.partial == 2
    twice.world.store.mark_source("shop", error="it does not answer")
    now, world = twice.world.clock(), twice.world
    checks = [
        check(
            world.store, world.settings().check, run_id=f"c{one}", today=now.date(), now=now, roll_up=list
        ).is_partial
        for one in range(2)
    ]
    assert checks == [False, True]


SUMS = """
- id: project-sums
  title: A project with findings
  why: A rule over sums.
  over: project
  where: level = 'project'
  flag: open_findings > 0
  severity: medium
  fingerprint: [slug]
  evidence: [open_findings]
  message: "{slug}."
  action: Act.
"""


@pytest.mark.parametrize("place", ["record_run_events", "end_check", "save_findings"])
def test_a_check_that_dies_is_finished_by_the_next_and_its_events_are_kept(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the two rounds of rules as well: what is found then is in the sums, the comment and `diff`."""
    world = World()
    world.tree = [TreeNode("a", "project", None, "A", scopes=["shop:CHK"])]
    world.rules = rules(RULES + SUMS)
    world.task("CHK-1", due="2026-12-19")
    world.sync()
    first = world.sync().run_id
    world.shop.edit("CHK-1", due=date(2026, 11, 19))
    world.clock.advance(minutes=5)
    called, whole = 0, getattr(Store, place)

    def dies(store: Store, *others: Any, **more: Any) -> Any:
        nonlocal called
        called += 1
        if place != "save_findings" or called == 2:
            raise KeyboardInterrupt
        return whole(store, *others, **more)

    monkeypatch.setattr(Store, place, dies)
    with pytest.raises(KeyboardInterrupt):
        world.sync()
    monkeypatch.undo()
    monkeypatch.setattr("sync.derive.workday_table", lambda _: {"day": [], "ord": []})
    world.clock.advance(minutes=5)
    last = world.sync().run_id
    told = {(one.what, one.rule) for one in world.store.run_events(first, last)}
    assert told == {("late", None), ("opened", "due-passed"), ("opened", "project-sums")}
    (project,) = world.store.rows("project")
    assert project["open_findings"] == 1
    assert len(world.shop.our_comments("CHK-1")) == 1
    assert world.sync().checked.changed == 0  # type: ignore[union-attr]
