"""Random weeks: people work, trackers fail, the database is lost. What must hold, holds after a calm run."""

from __future__ import annotations

import os
from datetime import date, timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sync_world import TUESDAY, World

from connectors.memory_tracker import LostAnswer
from portfolio.errors import AuthError, Unavailable
from store import open_store
from sync.limits import Limits

FIELDS = {"open_findings": "Open findings", "percent_complete": "Done", "worst_finding": "Worst"}
numbers = st.integers(min_value=0, max_value=30)
days = st.integers(min_value=-30, max_value=40)
trackers = st.sampled_from(["shop", "boards"])


class Weeks(RuleBasedStateMachine):
    """Two trackers that people and faults act on, and syncs in between."""

    @initialize()
    def begin(self) -> None:
        self.world = World(fields=FIELDS)
        self.world.limits = Limits(max_vanished=1.0, max_writes=10_000)
        self.world.accept_vanished = frozenset({"shop", "boards"})
        self.count = 0
        self.has_forgotten = False  # right after a loss nobody can tell a person's hand from ours: 0005
        self.by_people: dict[tuple[str, str], object] = {}
        self.deleted_comments: set[tuple[str, str]] = set()
        for name in self.world.trackers:
            self.world.trackers[name].add(f"{name.upper()}-0", kind="epic", owner_id="ana")

    def keys(self, on: str) -> list[str]:
        return [item.key for item in self.world.trackers[on].visible()]

    def pick(self, on: str, number: int) -> str | None:
        keys = [key for key in self.keys(on) if not key.endswith("-0")]
        return keys[number % len(keys)] if keys else None

    @rule(on=trackers, due=days, owned=st.booleans())
    def somebody_plans(self, on: str, due: int, owned: bool) -> None:
        self.count += 1
        self.world.task(
            f"{on.upper()}-{self.count}",
            on=on,
            due=(TUESDAY.date() + timedelta(days=due)).isoformat(),
            parent=f"{on.upper()}-0",
            owner_id="ana" if owned else None,
        )

    @rule(on=trackers, number=numbers, due=days)
    def somebody_moves_a_date(self, on: str, number: int, due: int) -> None:
        if key := self.pick(on, number):
            day: date = TUESDAY.date() + timedelta(days=due)
            self.world.trackers[on].edit(key, by="ana", due=day)

    @rule(on=trackers, number=numbers, state=st.sampled_from(["todo", "in_progress", "done"]))
    def somebody_works(self, on: str, number: int, state: str) -> None:
        if key := self.pick(on, number):
            self.world.trackers[on].edit(key, by="ana", state=state)

    @rule(on=trackers, number=numbers)
    def somebody_deletes(self, on: str, number: int) -> None:
        if key := self.pick(on, number):
            self.world.trackers[on].delete(key)

    @precondition(lambda self: not self.has_forgotten)
    @rule(on=trackers, number=numbers)
    def somebody_deletes_our_comment(self, on: str, number: int) -> None:
        key = self.pick(on, number)
        if key and self.world.trackers[on].our_comments(key):
            self.world.trackers[on].delete_comment(key)
            self.deleted_comments.add((on, key))

    @precondition(lambda self: not self.has_forgotten)
    @rule(on=trackers, value=st.integers(min_value=100, max_value=200))
    def somebody_writes_into_our_field(self, on: str, value: int) -> None:
        key = f"{on.upper()}-0"
        if "open_findings" in self.world.trackers[on].item(key).fields:
            self.world.trackers[on].set_field(key, "open_findings", value, by="ana")
            self.by_people[on, key] = value

    @rule(
        on=trackers,
        what=st.sampled_from(["page", "census", "look", "write"]),
        nth=st.integers(min_value=1, max_value=4),
        how=st.sampled_from(["lost", "lost after", "down", "locked out"]),
    )
    def a_tracker_will_fail(self, on: str, what: str, nth: int, how: str) -> None:
        error = {"down": Unavailable(on, "503"), "locked out": AuthError(on, "401")}.get(how) or LostAnswer()
        self.world.trackers[on].fail(what, error, nth=nth, after_effect=how == "lost after")

    @rule(hours=st.integers(min_value=1, max_value=72))
    def time_passes(self, hours: int) -> None:
        self.world.clock.advance(hours=hours)

    @rule()
    def a_run_in_the_storm(self) -> None:
        assert self.world.sync().exit_code in {0, 4}

    @precondition(lambda self: not self.by_people and not self.deleted_comments)
    @rule()
    def the_database_is_lost(self) -> None:
        self.world.store.close()
        self.world.store = open_store("sqlite://")
        self.has_forgotten = True

    @rule()
    def calm_returns(self) -> None:
        world = self.world
        for tracker in world.trackers.values():
            tracker.heal()
        world.clock.advance(days=1)  # so that the census is due
        first, second = world.sync(), world.sync()
        assert (first.exit_code, second.exit_code) == (0, 0)
        self.has_forgotten = False
        made = len(world.written())
        third = world.sync()
        assert third.plan is not None
        assert list(third.plan.writes) == []
        assert len(world.written()) == made
        for name in world.trackers:
            stored = {
                (row["key"], row["state"], row["due"])
                for row in world.store.rows("item", where={"source": name})
            }
            truth = {
                (item.key, item.values.get("state", "todo"), item.values.get("due"))
                for item in world.trackers[name].visible()
            }
            assert stored == truth
        states = {row["state"] for row in world.store.rows("write")}
        assert states.isdisjoint({"sending", "unknown"})

    @invariant()
    def no_item_has_two_comments(self) -> None:
        for name in self.world.trackers if hasattr(self, "world") else ():
            for key in self.keys(name):
                assert len(self.world.trackers[name].our_comments(key)) <= 1

    @invariant()
    def what_people_wrote_stands(self) -> None:
        if hasattr(self, "world"):
            for (on, key), value in self.by_people.items():
                assert self.world.trackers[on].item(key).fields["open_findings"] == value

    @invariant()
    def a_comment_that_people_deleted_stays_deleted(self) -> None:
        if hasattr(self, "world"):
            for on, key in self.deleted_comments:
                if key in self.keys(on):
                    assert self.world.trackers[on].our_comments(key) == []


Weeks.TestCase.settings = settings(
    max_examples=400 if "DOVETAIL_SOAK" in os.environ else 12,
    stateful_step_count=40 if "DOVETAIL_SOAK" in os.environ else 20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate]
    + ([Phase.shrink] if "DOVETAIL_SOAK" in os.environ else []),
    derandomize="DOVETAIL_SOAK" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
TestWeeks = Weeks.TestCase
