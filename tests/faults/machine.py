"""A random history: people work, the tracker fails and lies, processes die. What must hold, always holds.

I1 to I8 are the invariants of the test plan: no lost update, no duplicate, cursor never ahead, bounded
requests, resumable, people win, (no secret: `docs/security.md`), and a plan after apply that is empty.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from crossings import Crossings
from engine import Engine
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sides import TUESDAY, Side, open_side
from tried import TRIED

from store import open_store
from sync.pipeline import SyncResult

IS_LONG = "DOVETAIL_SOAK" in os.environ
numbers = st.integers(min_value=0, max_value=30)
days = st.integers(min_value=-30, max_value=40)


def sized(examples: int, steps: int) -> settings:
    """The size of a machine: the same histories in every short run, others in every long one."""
    return settings(
        max_examples=examples * 50 if IS_LONG else examples,
        stateful_step_count=steps * 2 if IS_LONG else steps,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate] + ([Phase.shrink] if IS_LONG else []),
        derandomize=not IS_LONG,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


class Histories(RuleBasedStateMachine):
    """One tracker. Subclasses name it."""

    on: ClassVar[str] = "memory"
    # Requests of a run in which nothing changed: measured, and a bound since.
    quiet_requests: ClassVar[int] = 1
    # A place that people keep from us is looked at each time: they may have given it back.
    conflict_requests: ClassVar[int] = 1
    side: Side

    @initialize()
    def begin(self) -> None:
        self.stack = ExitStack()
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.crossings = self.stack.enter_context(Crossings().hooked())
        self.side = open_side(self.on, Path(folder) / "plans")
        self.stack.callback(self.side.close)
        self.engine = Engine(self.side)
        self.tried: Counter[str] = Counter(histories=1)
        self.struck = 0  # faults since the last calm
        self.unowned: set[str] = set()
        self.hidden: set[str] = set()
        self.by_people: dict[str, int] = {}
        self.edited: dict[str, str] = {}
        self.removed: set[str] = set()
        self.has_forgotten = False  # right after a loss nobody can tell a person's hand from ours: 0005

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.tried["kill points"] = self.crossings.kills
            self.tried["page transactions"] = self.crossings.page_transactions
            self.tried["requests"] = self.crossings.requests
            TRIED.update(self.tried)
            self.stack.close()

    def can(self, what: str) -> bool:
        return what in self.side.can

    def pick(self, number: int) -> str | None:
        tasks = self.side.tasks()
        return tasks[number % len(tasks)] if tasks else None

    def is_known_to_us(self, item: str, slot: str) -> bool:
        """Did our last write there come to an end? Before that, nobody can tell a person's hand from ours."""
        slots = self.engine.store.slots(self.side.name)
        return not self.has_forgotten and (f"{self.side.name}/{item}", slot) in slots

    # What people do.

    @rule(due=days, is_owned=st.booleans())
    def somebody_plans(self, due: int, is_owned: bool) -> None:
        item = self.side.add(TUESDAY.date() + timedelta(days=due), is_owned=is_owned)
        if not is_owned:
            self.unowned.add(item)

    @rule(number=numbers, due=days)
    def somebody_moves_a_date(self, number: int, due: int) -> None:
        if item := self.pick(number):
            self.side.edit(item, TUESDAY.date() + timedelta(days=due))

    @rule(number=numbers)
    def somebody_finishes(self, number: int) -> None:
        if item := self.pick(number):
            self.side.finish(item)

    @rule(number=numbers)
    def somebody_deletes(self, number: int) -> None:
        if item := self.pick(number):
            self.side.delete(item)
            self.edited.pop(item, None)
            self.removed.discard(item)

    @precondition(lambda self: self.can("hide"))
    @rule(number=numbers)
    def a_permission_is_lost(self, number: int) -> None:
        if item := self.pick(number):
            self.side.hide(item)
            self.hidden.add(item)

    @precondition(lambda self: self.hidden)
    @rule()
    def the_permission_is_back(self) -> None:
        self.side.hide(self.hidden.pop(), is_hidden=False)

    @precondition(lambda self: self.can("move"))
    @rule(number=numbers)
    def somebody_moves_it_elsewhere(self, number: int) -> None:
        if item := self.pick(number):
            self.side.move(item)

    @precondition(lambda self: self.can("reparent"))
    @rule(number=numbers, is_below=st.booleans())
    def somebody_re_parents(self, number: int, is_below: bool) -> None:
        if item := self.pick(number):
            self.side.reparent(item, self.side.epic if is_below else None)

    @precondition(lambda self: self.can("comment"))
    @rule(number=numbers)
    def somebody_comments(self, number: int) -> None:
        if (item := self.pick(number)) and item not in self.edited:
            self.side.comment(item, f"We know. Number {number}.")

    @precondition(lambda self: self.can("edit_ours"))
    @rule(number=numbers)
    def somebody_edits_our_comment(self, number: int) -> None:
        item = self.pick(number)
        if item and self.is_known_to_us(item, "comment") and self.side.ours(item):
            self.side.edit_ours(item, "Ana is on it.")
            (self.edited[item],) = self.side.ours(item)

    @precondition(lambda self: self.can("delete_ours"))
    @rule(number=numbers)
    def somebody_deletes_our_comment(self, number: int) -> None:
        item = self.pick(number)
        if item and self.is_known_to_us(item, "comment") and self.side.ours(item):
            self.side.delete_ours(item)
            self.edited.pop(item, None)
            self.removed.add(item)

    @precondition(lambda self: self.can("write_into"))
    @rule(value=st.integers(min_value=100, max_value=200))
    def somebody_writes_into_our_field(self, value: int) -> None:
        epic = self.side.epic
        if self.is_known_to_us(epic, "open_findings"):
            self.side.write_into(epic, value)
            self.by_people[epic] = value

    # What goes wrong.

    @rule(data=st.data(), nth=st.integers(min_value=1, max_value=9), on_writes=st.booleans())
    def the_tracker_will_fail(self, data: st.DataObject, nth: int, on_writes: bool) -> None:
        self.side.strike(data.draw(st.sampled_from(self.side.faults)), nth, on_writes=on_writes)
        self.struck += 1
        self.tried["faults"] += 1

    @rule(hours=st.integers(min_value=1, max_value=72))
    def time_passes(self, hours: int) -> None:
        self.side.pass_time(hours=hours)

    @rule()
    def a_run_in_the_storm(self) -> None:
        self.run({0, 4})

    @rule()
    def one_more_run_in_the_storm(self) -> None:
        self.run({0, 4})

    @rule()
    def calm_returns_again(self) -> None:
        self.calm_returns()

    @rule(die_at=st.integers(min_value=0, max_value=130))
    def a_run_is_killed(self, die_at: int) -> None:
        self.engine.run_killed(self.crossings, die_at)

    @rule(die_at=st.integers(min_value=0, max_value=40))
    def a_run_is_killed_early(self, die_at: int) -> None:
        self.engine.run_killed(self.crossings, die_at)

    @precondition(lambda self: not (self.by_people or self.edited or self.removed))
    @rule()
    def the_database_is_lost(self) -> None:
        self.engine.store.close()
        self.engine.store = open_store("sqlite://")
        self.has_forgotten = True
        self.tried["lost databases"] += 1

    @rule()
    def calm_returns(self) -> None:
        self.side.heal()
        self.side.pass_time(days=2)  # so that lists and census are due
        self.struck = 0
        self.run({0})
        self.run({0})
        self.has_forgotten = False
        before = self.crossings.requests
        result = self.run({0})
        # I4: what nothing has changed in costs a handful of requests.
        is_kept_from_us = bool(self.edited or self.removed or self.by_people)
        most = self.quiet_requests + (self.conflict_requests if is_kept_from_us else 0)
        assert self.crossings.requests - before <= most
        # I8, and promise 2: nothing is left to write.
        assert result.plan is not None
        assert list(result.plan.writes) == []
        # I1: the store is the truth, and so is what stands in the tracker.
        assert self.engine.stored() == self.side.truth()
        assert self.engine.unsettled() == set()
        self.answer_is_written()
        self.tried["calms"] += 1

    def run(self, expected: set[int]) -> SyncResult:
        before = self.crossings.requests
        result = self.engine.run()
        told = {name: one.error for name, one in result.sources.items()}
        planned = result.plan.failed if result.plan else {}
        assert result.exit_code in expected, (told, planned, result.applied)
        # I4: bounded, whatever goes wrong. Four tries per fault; a fresh start reads everything once more.
        most = 40 + 14 * len(self.side.truth()) + 40 * self.struck
        assert self.crossings.requests - before <= most
        self.tried["runs"] += 1
        return result

    def answer_is_written(self) -> None:
        today = self.side.today()
        truth = self.side.truth()
        findings = 0
        for item, stands in truth.items():
            if item == self.side.epic:
                continue
            is_late = stands.due is not None and stands.due < today and not stands.is_done
            if stands.parent == self.side.epic and not stands.is_done:
                findings += is_late + (item in self.unowned)
            if is_late and item not in self.removed:
                assert len(self.side.ours(item)) == 1, item
        if self.side.epic not in self.by_people:
            own = self.side.own_findings(today)
            written = self.side.written(self.side.epic).get("open_findings")
            assert findings + own == (0 if written is None else float(written)), written

    # What always holds.

    @invariant()
    def no_item_has_two_comments(self) -> None:
        if hasattr(self, "side"):
            for item in self.side.truth():
                assert len(self.side.ours(item)) <= 1, item

    @invariant()
    def people_win(self) -> None:
        if not hasattr(self, "side"):
            return
        for item, value in self.by_people.items():
            assert float(self.side.written(item)["open_findings"]) == value
        for item, text in self.edited.items():
            assert self.side.ours(item) == [text]
        for item in self.removed:
            assert self.side.ours(item) == []


class MemoryHistories(Histories):
    on = "memory"
    quiet_requests = 1


class JiraHistories(Histories):
    on = "jira"
    quiet_requests = 4
    conflict_requests = 8


class BoardsHistories(Histories):
    on = "boards"
    quiet_requests = 4
    conflict_requests = 8


class PlansHistories(Histories):
    on = "plans"
    quiet_requests = 0
