"""Noise on a simulated year: comments per item and month, findings per real problem, and each guard's part.

`python -m bench.noise` lives through 52 weeks of a portfolio of 60 items, with a run on every Monday and
Thursday; `--weeks` and `--items` take other sizes. People plan, slip, move dates, leave work without owner,
block it and finish it, by a seed. What goes wrong is known, so the findings can be compared with the real
problems. The same year is lived again with one guard after the other switched off.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from bench.measure import table
from connectors.memory import ManualClock, MemoryConnector, MemoryTracker
from portfolio.errors import RuleError
from rules.compiler import override_problems
from rules.loading import load_catalogue
from rules.rule import Override, Rule
from schedule.calendars import work_calendar
from store import open_store
from sync.check import CheckSettings
from sync.limits import Limits
from sync.pipeline import SyncSettings, sync
from sync.plan import PlanSettings
from sync.pull import PullSettings
from sync.wanted import WriteSettings
from sync.workspace import DeriveSettings

SEED, WEEKS, ITEMS = 20261124, 52, 60
_RUNS = (0, 3)  # Monday, Thursday
_BEGIN = datetime(2026, 1, 5, 7, tzinfo=UTC)  # a Monday
_BACKLOG_WEEKS = 4  # before the source is armed
_ZONE = ZoneInfo("Europe/Zurich")
_PEOPLE = ("ana", "bo", "cy", "di")
_CALENDAR = work_calendar()


@dataclass(frozen=True)
class Guards:
    """Which guards are on, and how the rules and writes look with them."""

    rules: Sequence[Rule]
    overrides: Mapping[str, Override] = field(default_factory=dict)
    write: Mapping[str, Any] = field(default_factory=dict)
    forecast_step_wd: int = 5


@dataclass
class Year:
    """What came of one year."""

    opened: int = 0
    comments: int = 0
    edits: int = 0
    problems: int = 0
    told: int = 0
    months: float = 0
    items: int = 0


def main(arguments: list[str] | None = None) -> None:
    """Live through the year with all guards, then without each of them, and print what differs."""
    parser = argparse.ArgumentParser(prog="bench.noise")
    parser.add_argument("--weeks", type=int, default=WEEKS)
    parser.add_argument("--items", type=int, default=ITEMS)
    parser.add_argument("--only", type=int, help="only the first so many of the guards")
    options = parser.parse_args([] if arguments is None else arguments)
    rows: list[tuple[object, ...]] = []
    base: Year | None = None
    for name, guards in list(_variants())[: options.only]:
        year = live(guards, options.weeks, options.items)
        base = base or year
        written = year.comments + year.edits
        rows.append(
            (
                name,
                year.opened,
                f"{year.opened / max(year.problems, 1):.2f}",
                year.comments,
                year.edits,
                f"{written / year.items / year.months:.3f}",
                f"{written - base.comments - base.edits:+}",
                f"{year.told} of {year.problems}",
            )
        )
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(f"{options.items} items, {options.weeks} weeks, {base.problems if base else 0} real problems")
    table(
        ("guard switched off", "findings", "per problem", "comments", "edits", "written per item and month",
         "more written", "problems told in a comment"),
        rows,
    )  # fmt: skip


def _variants() -> Iterator[tuple[str, Guards]]:
    rules = load_catalogue([])

    def changed(**values: Any) -> list[Rule]:
        return [msgspec.structs.replace(rule, **values) for rule in rules]

    everything = {rule.id: Override(comments=True) for rule in rules if _can_comment(rule)}
    yield "none: all are on", Guards(rules)
    yield "only rules that are stable speak in comments", Guards(rules, everything)
    yield "only `high` and above makes a comment", Guards(rules, write={"comment_severity": "info"})
    yield "the backlog before arming is legacy", Guards(rules, write={"comment_backlog": True})
    yield "a covered finding is silent (`inhibit_by`)", Guards(changed(inhibit_by=()))
    yield "a condition has to hold for a while (`for`)", Guards(changed(hold_for=timedelta(0)))
    yield "a finding stays for a while (`keep`)", Guards(changed(keep_for=timedelta(0)))
    yield "a forecast moves by five days or not", Guards(rules, forecast_step_wd=1)
    yield (
        "all of them",
        Guards(
            changed(inhibit_by=(), hold_for=timedelta(0), keep_for=timedelta(0)),
            everything,
            {"comment_severity": "info", "comment_backlog": True},
            1,
        ),
    )


def _can_comment(rule: Rule) -> bool:
    try:
        return not override_problems(rule, Override(comments=True))
    except RuleError:
        return False


def live(guards: Guards, weeks: int, items: int) -> Year:
    """One year, the same for every guard: people's doings hang on the seed alone."""
    clock = ManualClock(_BEGIN)
    tracker = MemoryTracker(clock)
    connector = MemoryConnector(tracker, "shop", page_size=500)
    people = _People(tracker, items, weeks)
    year = Year(items=items, months=(weeks - _BACKLOG_WEEKS) * 7 / 30.4)
    commented: set[str] = set()
    with open_store("sqlite://") as store:
        for week in range(weeks):
            for day in range(5):
                clock.now = _BEGIN + timedelta(days=7 * week + day)
                people.work(week, day)
                if day not in _RUNS:
                    continue
                settings = _settings(guards, is_armed=week >= _BACKLOG_WEEKS)
                before = len(tracker.writes)
                result = sync(store, [connector], settings, clock=clock)
                assert result.checked is not None
                if result.exit_code:
                    sys.exit(f"a run ended with {result.exit_code}: {result.checked.broken}")
                year.opened += len(result.checked.opened) + len(result.checked.reopened)
                year.edits += sum(slot == "comment" for _, slot, _ in tracker.writes[before:])
                commented.update(key for key, what in tracker.mails if what == "new comment")
        year.comments = sum(what == "new comment" for _, what in tracker.mails)
    year.edits -= year.comments
    year.problems = len(people.problems)
    year.told = sum(key in commented for key, _ in people.problems)
    return year


def _settings(guards: Guards, *, is_armed: bool) -> SyncSettings:
    write = WriteSettings(
        **{"comments": True, "armed": is_armed, "forecast_step_wd": guards.forecast_step_wd, **guards.write}
    )
    days: Callable[[date, date], int | None] = _CALENDAR.working_days_between
    limits = Limits(max_writes=10_000, max_writes_per_project=10_000, max_share=1)
    return SyncSettings(
        pull=PullSettings(limits=limits),
        derive=DeriveSettings(timezone="Europe/Zurich", forecast_step_wd=guards.forecast_step_wd),
        check=CheckSettings(
            rules=guards.rules,
            overrides=guards.overrides,
            working_days=days,
            forecast_step_wd=guards.forecast_step_wd,
        ),
        plan=PlanSettings(writes={"shop": write}, zone=_ZONE, working_days=days, limits=limits),
        calendar=_CALENDAR,
    )


class _People:
    """What people do, day by day.

    `problems` are the real ones, as (key, what): work that ended late, stayed blocked for more than a week,
    began without an owner, or was promised anew for the second time.
    """

    def __init__(self, tracker: MemoryTracker, items: int, weeks: int) -> None:
        self._tracker = tracker
        self._dice = random.Random(SEED)  # noqa: S311 - a seeded history, no secret
        self.problems: set[tuple[str, str]] = set()
        self._due: dict[str, date] = {}
        self._end: dict[str, tuple[int, int]] = {}
        self._begin: dict[tuple[int, int], list[str]] = {}
        self._blocked: dict[str, int] = {}
        self._pushes: dict[str, int] = {}
        for one in _PEOPLE:
            tracker.add_person(one, one.title(), email=f"{one}@shop.example")
        for number in range(max(items // 20, 1)):
            tracker.add(f"E-{number}", kind="epic", owner_id="ana", state="in_progress")
        for number in range(items - max(items // 20, 1)):
            key = f"T-{number}"
            begin = self._dice.randrange(-4, weeks - 4), self._dice.randrange(5)
            self._begin.setdefault((max(begin[0], 0), begin[1]), []).append(key)
            length = self._dice.choice((2, 3, 3, 4, 6))
            late = self._dice.choices((0, 1, 3, 6), (70, 15, 10, 5))[0]
            self._due[key] = _day(begin[0] + length, 4)
            self._end[key] = begin[0] + length + late, self._dice.randrange(5)
            if late:
                self.problems.add((key, "late"))

    def work(self, week: int, day: int) -> None:
        """One day."""
        for key in self._begin.pop((week, day), []):
            owner = self._dice.choice(_PEOPLE) if self._dice.random() > 0.05 else None
            if owner is None:
                self.problems.add((key, "nobody"))
            epic = f"E-{hash_of(key) % max(len(self._due) // 19, 1)}"
            self._tracker.add(
                key, kind="task", parent=epic if self._has(epic) else None, owner_id=owner, state="todo",
                start=_day(week, day), due=self._due[key],
            )  # fmt: skip
        for item in list(self._tracker.items.values()):
            if item.key.startswith("T-") and item.values["state"] != "done":
                self._one(item.key, item.values, week, day)

    def _one(self, key: str, values: Mapping[str, Any], week: int, day: int) -> None:
        today = _day(week, day)
        if values["state"] == "todo" and self._dice.random() < 0.4:
            self._tracker.edit(key, state="in_progress")
        elif (week, day) >= self._end[key]:
            self._tracker.edit(key, state="done", is_blocked=False)
        elif values.get("is_blocked"):
            self._blocked[key] += 1
            if self._blocked[key] > 5:
                self.problems.add((key, "blocked"))
            if self._dice.random() < 0.12:
                self._tracker.edit(key, is_blocked=False)
        elif self._dice.random() < 0.006:
            self._blocked[key] = 0
            self._tracker.edit(key, is_blocked=True)
        elif values["due"] < today and self._dice.random() < 0.08:
            self._pushes[key] = self._pushes.get(key, 0) + 1
            if self._pushes[key] > 1:
                self.problems.add((key, "moved again"))
            self._tracker.edit(key, due=today + timedelta(days=self._dice.choice((4, 7, 14))))
        elif values["owner_id"] is None and self._dice.random() < 0.1:
            self._tracker.edit(key, owner_id=self._dice.choice(_PEOPLE))
        elif self._dice.random() < 0.1:
            self._tracker.edit(key, percent_complete=float(self._dice.randrange(10, 90)))

    def _has(self, key: str) -> bool:
        return any(item.key == key for item in self._tracker.items.values())


def hash_of(key: str) -> int:
    """The same in every process."""
    return sum(map(ord, key))


def _day(week: int, day: int) -> date:
    return (_BEGIN + timedelta(days=7 * week + day)).date()


if __name__ == "__main__":
    main(sys.argv[1:])
