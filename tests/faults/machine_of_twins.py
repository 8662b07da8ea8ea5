"""Two trackers that hold some of the same work: people link it, confirm it, reject it, and everything breaks.

The promises of one tracker (machine.py) hold for both. On top: both sides of an epic show the same rollup as
long as the pair is confirmed, each its own as soon as it is not, and no pair that comes or goes doubles a
comment or a mail.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from crossings import Crossings
from engine import Engine
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from machine import days, numbers
from side_memory import MemorySide
from sides import FIELDS, TUESDAY
from tried import TRIED

from rules.loading import parse_rules
from store import open_store
from sync.pipeline import SyncResult, SyncSettings, sync
from sync.twins_file import TwinEntry, TwinsFile
from sync.wanted import WriteSettings

RULE = """
- id: twins-disagree
  title: The same work is done in one tracker and open in the other
  why: One of the two is wrong.
  over: twin
  where: is_confirmed AND missing_side IS NULL
  flag: state_differs
  severity: high
  fingerprint: [twin_id]
  evidence: [a_key, b_key]
  message: "{a_key} and {b_key} disagree."
  action: Say in both what is true.
  comment_on: [a_id, b_id]
"""
_FOUND = parse_rules(RULE, file="twins.yaml", group="test")
assert not _FOUND.problems, _FOUND.problems
Place = tuple[str, str]  # the name of a side, and an item of it
Pair = tuple[str, str]  # an item of the shop, and one of the boards


class Shop(MemorySide):
    name = "shop"


class Boards(MemorySide):
    name, prefix = "boards", "BRD"


class TwoTrackers(Engine):
    """One store over both, and the file in which people decide about pairs."""

    def __init__(self, shop: Shop, boards: Boards, folder: Path) -> None:
        super().__init__(shop)
        self.sides: dict[str, MemorySide] = {"shop": shop, "boards": boards}
        self.twins = TwinsFile(folder / "twins.yaml", list(self.sides))

    def settings(self, *, full: bool = False) -> SyncSettings:
        alone = super().settings(full=full)
        writes = WriteSettings(comments=True, fields=FIELDS, armed=True, comment_backlog=True)
        return replace(
            alone,
            pull=replace(alone.pull, accept_vanished=frozenset(self.sides)),
            derive=replace(alone.derive, twin_decisions=[one.decision for one in self.twins.entries()]),
            check=replace(alone.check, rules=[*alone.check.rules, *_FOUND.rules]),
            plan=replace(alone.plan, writes=dict.fromkeys(self.sides, writes)),
        )

    def run(self, *, full: bool = False) -> SyncResult:
        connectors = [one.connector() for one in self.sides.values()]
        return sync(self.store, connectors, self.settings(full=full), clock=self.side.now)

    def entry(self, pair: Pair, *, is_confirmed: bool) -> TwinEntry:
        sides = zip(self.sides.values(), pair, strict=True)
        keys = [(f"{side.name}:{side._key(item)}", f"{side.name}/{item}") for side, item in sides]
        return TwinEntry(
            keys=(keys[0][0], keys[1][0]), ids=(keys[0][1], keys[1][1]), is_confirmed=is_confirmed
        )


class TwinHistories(RuleBasedStateMachine):
    """Pairs are made of items that are in no other pair: what two counterparts mean is `docs/twins.md`."""

    @initialize()
    def begin(self) -> None:
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.crossings = self.stack.enter_context(Crossings().hooked())
        shop, boards = Shop(), Boards()
        boards.clock = boards.tracker.clock = shop.clock
        self.engine = TwoTrackers(shop, boards, folder)
        self.sides = self.engine.sides
        # How each pair stands: what people decided, or what an item itself says of the other.
        self.decided: dict[Pair, bool] = {}
        self.stated: set[Pair] = set()
        self.unowned: set[Place] = set()
        self.by_people: dict[Place, int] = {}
        self.edited: dict[Place, str] = {}
        self.removed: set[Place] = set()
        self.has_forgotten = False
        self.tried: Counter[str] = Counter(histories=1)
        for side in self.sides.values():
            for late in (-3, 5):
                side.add(TUESDAY.date() + timedelta(days=late))
        self.note_the_key_of_the_other(1, 1)

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.tried["kill points"] = self.crossings.kills
            self.tried["requests"] = self.crossings.requests
            TRIED.update(self.tried)
            self.stack.close()

    def pick(self, number: int, name: str) -> str | None:
        tasks = self.sides[name].tasks()
        return tasks[number % len(tasks)] if tasks else None

    def pairs(self) -> list[Pair]:
        return sorted({*self.decided, *self.stated})

    def free(self, first: int, second: int) -> Pair | None:
        """Two items, epics or tasks, of which neither is in a pair."""
        if first % 4 == 0:
            pair = (self.sides["shop"].epic, self.sides["boards"].epic)
        else:
            one, other = self.pick(first, "shop"), self.pick(second, "boards")
            if one is None or other is None:
                return None
            pair = (one, other)
        is_taken = any(pair[0] == one or pair[1] == other for one, other in self.pairs())
        return None if is_taken else pair

    def both_stand(self, pair: Pair) -> bool:
        return all(item in side.truth() for side, item in zip(self.sides.values(), pair, strict=True))

    def joined(self) -> list[Pair]:
        """The pairs that are one piece of work now."""
        return [
            pair
            for pair in self.pairs()
            if self.decided.get(pair, pair in self.stated) and self.both_stand(pair)
        ]

    # What people do about pairs.

    @rule(first=numbers, second=numbers)
    def somebody_notes_a_key(self, first: int, second: int) -> None:
        self.note_the_key_of_the_other(first, second)

    def note_the_key_of_the_other(self, first: int, second: int) -> None:
        if pair := self.free(first, second):
            shop, boards = self.sides.values()
            boards.tracker.edit(boards._key(pair[1]), by="ana", twin_keys=(shop._key(pair[0]),))
            self.stated.add(pair)

    @rule(first=numbers, second=numbers)
    def somebody_confirms_a_pair(self, first: int, second: int) -> None:
        if pair := self.free(first, second):
            self._decide(pair, is_confirmed=True)

    @precondition(lambda self: self.pairs())
    @rule(number=numbers, is_confirmed=st.booleans())
    def somebody_decides_about_a_pair(self, number: int, is_confirmed: bool) -> None:
        self._decide(self.pairs()[number % len(self.pairs())], is_confirmed=is_confirmed)

    def _decide(self, pair: Pair, *, is_confirmed: bool) -> None:
        if self.both_stand(pair):
            self.engine.twins.decide(self.engine.entry(pair, is_confirmed=is_confirmed))
            self.decided[pair] = is_confirmed
            self.tried["twins confirmed" if is_confirmed else "twins rejected"] += 1

    @precondition(lambda self: self.joined())
    @rule(number=numbers)
    def somebody_rejects_a_pair(self, number: int) -> None:
        self._decide(self.joined()[number % len(self.joined())], is_confirmed=False)

    @precondition(lambda self: self.decided)
    @rule(number=numbers)
    def somebody_forgets_a_decision(self, number: int) -> None:
        pair = sorted(self.decided)[number % len(self.decided)]
        if self.both_stand(pair):
            entry = self.engine.entry(pair, is_confirmed=True)
            assert self.engine.twins.forget(entry.keys, entry.ids) is not None
            del self.decided[pair]

    # What people do otherwise.

    @rule(due=days, is_owned=st.booleans(), name=st.sampled_from(("shop", "boards")))
    def somebody_plans(self, due: int, is_owned: bool, name: str) -> None:
        item = self.sides[name].add(TUESDAY.date() + timedelta(days=due), is_owned=is_owned)
        if not is_owned:
            self.unowned.add((name, item))

    @rule(number=numbers, due=days, name=st.sampled_from(("shop", "boards")))
    def somebody_moves_a_date(self, number: int, due: int, name: str) -> None:
        if item := self.pick(number, name):
            self.sides[name].edit(item, TUESDAY.date() + timedelta(days=due))

    @rule(number=numbers, name=st.sampled_from(("shop", "boards")))
    def somebody_finishes(self, number: int, name: str) -> None:
        if item := self.pick(number, name):
            self.sides[name].finish(item)

    @rule(number=numbers, name=st.sampled_from(("shop", "boards")))
    def somebody_deletes(self, number: int, name: str) -> None:
        if item := self.pick(number, name):
            self.sides[name].delete(item)
            self.edited.pop((name, item), None)
            self.removed.discard((name, item))

    @rule(number=numbers, name=st.sampled_from(("shop", "boards")), is_below=st.booleans())
    def somebody_re_parents(self, number: int, name: str, is_below: bool) -> None:
        if item := self.pick(number, name):
            self.sides[name].reparent(item, self.sides[name].epic if is_below else None)

    def is_known_to_us(self, place: Place, slot: str) -> bool:
        name, item = place
        return not self.has_forgotten and (f"{name}/{item}", slot) in self.engine.store.slots(name)

    @rule(number=numbers, name=st.sampled_from(("shop", "boards")))
    def somebody_edits_our_comment(self, number: int, name: str) -> None:
        item = self.pick(number, name)
        if item and self.is_known_to_us((name, item), "comment") and self.sides[name].ours(item):
            self.sides[name].edit_ours(item, "Ana is on it.")
            self.edited[name, item] = "Ana is on it."

    @rule(number=numbers, name=st.sampled_from(("shop", "boards")))
    def somebody_deletes_our_comment(self, number: int, name: str) -> None:
        item = self.pick(number, name)
        if item and self.is_known_to_us((name, item), "comment") and self.sides[name].ours(item):
            self.sides[name].delete_ours(item)
            self.edited.pop((name, item), None)
            self.removed.add((name, item))

    @rule(value=st.integers(min_value=100, max_value=200), name=st.sampled_from(("shop", "boards")))
    def somebody_writes_into_our_field(self, value: int, name: str) -> None:
        epic = self.sides[name].epic
        if self.is_known_to_us((name, epic), "open_findings"):
            self.sides[name].write_into(epic, value)
            self.by_people[name, epic] = value

    # What goes wrong.

    @rule(
        data=st.data(), nth=st.integers(min_value=1, max_value=9), on_writes=st.booleans(),
        name=st.sampled_from(("shop", "boards")),
    )  # fmt: skip
    def a_tracker_will_fail(self, data: st.DataObject, nth: int, on_writes: bool, name: str) -> None:
        kind = data.draw(st.sampled_from(self.sides[name].faults))
        self.sides[name].strike(kind, nth, on_writes=on_writes)
        self.tried["faults"] += 1

    @rule(hours=st.integers(min_value=1, max_value=72))
    def time_passes(self, hours: int) -> None:
        self.sides["shop"].pass_time(hours=hours)

    @rule()
    def a_run_in_the_storm(self) -> None:
        self.run({0, 4})

    @rule()
    def calm_returns_again(self) -> None:
        self.calm_returns()

    @rule(die_at=st.integers(min_value=0, max_value=150))
    def a_run_is_killed(self, die_at: int) -> None:
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
        for side in self.sides.values():
            side.heal()
        self.sides["shop"].pass_time(days=2)
        self.run({0})
        self.run({0})
        self.has_forgotten = False
        result = self.run({0})
        assert result.plan is not None
        assert list(result.plan.writes) == []
        for side in self.sides.values():
            assert self.engine.stored(side) == side.truth()
        assert self.engine.unsettled() == set()
        self.pairs_are_known()
        self.answer_is_written()
        self.tried["calms"] += 1

    def run(self, expected: set[int]) -> SyncResult:
        result = self.engine.run()
        told = {name: one.error for name, one in result.sources.items()}
        assert result.exit_code in expected, (told, result.plan and result.plan.failed, result.applied)
        self.tried["runs"] += 1
        return result

    def pairs_are_known(self) -> None:
        known = {
            (str(row["a_id"]), str(row["b_id"]))
            for row in self.engine.store.rows("twin")
            if row["is_confirmed"] and row["missing_side"] is None
        }
        assert known == {(f"boards/{other}", f"shop/{one}") for one, other in self.joined()}

    def answer_is_written(self) -> None:
        """Comments where they are due, and the same number on both sides of an epic that is one."""
        today = self.sides["shop"].today()
        standing = {
            (name, item): one for name, side in self.sides.items() for item, one in side.truth().items()
        }
        epics = {(name, side.epic) for name, side in self.sides.items()}
        work: dict[Place, tuple[Place, ...]] = {place: (place,) for place in standing}
        for one, other in self.joined():
            work["shop", one] = work["boards", other] = (("shop", one), ("boards", other))
        numbers_of: Counter[tuple[Place, ...]] = Counter()
        for sides in set(work.values()):
            about = [place for place in sides if place not in epics]
            open_sides = [place for place in about if not standing[place].is_done]
            late = [place for place in open_sides if (due := standing[place].due) and due < today]
            disagrees = 0 < len(open_sides) < len(about)
            for place in about if disagrees else late:
                if place not in self.removed:
                    name, item = place
                    assert len(self.sides[name].ours(item)) == 1, place
            findings = len(late) + len(self.unowned.intersection(open_sides)) + disagrees
            above = {
                work[place[0], parent] for place in about if (parent := standing[place].parent) is not None
            }
            for container in above:
                numbers_of[container] += findings
        for name, epic in epics.difference(self.by_people):
            written = self.sides[name].written(epic).get("open_findings")
            assert (written or 0) == numbers_of[work[name, epic]], (name, written)

    # What always holds.

    @invariant()
    def no_item_has_two_comments_or_two_mails(self) -> None:
        if not hasattr(self, "sides"):
            return
        for name, side in self.sides.items():
            for item in side.truth():
                assert len(side.ours(item)) <= 1, (name, item)
            assert all(count == 1 for count in Counter(side.tracker.mails).values()), (
                name,
                side.tracker.mails,
            )

    @invariant()
    def people_win(self) -> None:
        if not hasattr(self, "sides"):
            return
        for (name, item), value in self.by_people.items():
            assert self.sides[name].written(item)["open_findings"] == value
        for (name, item), text in self.edited.items():
            assert self.sides[name].ours(item) == [text]
        for name, item in self.removed:
            assert self.sides[name].ours(item) == []
