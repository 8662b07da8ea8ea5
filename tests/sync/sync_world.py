"""A small world for the engine's tests: trackers in memory, a store, four rules, one clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.memory import ManualClock, MemoryConnector, MemoryTracker
from rules.loading import parse_rules
from rules.rule import Override, Rule
from schedule.calendars import work_calendar
from store import Store, open_store
from sync.check import CheckSettings
from sync.limits import Limits
from sync.mutes import MuteSettings
from sync.pipeline import SyncResult, SyncSettings, sync
from sync.placement import TreeNode
from sync.plan import PlanSettings
from sync.pull import PullSettings
from sync.safety import Safety
from sync.waivers import LabelWaiver
from sync.wanted import WriteSettings
from sync.workspace import DeriveSettings

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Zurich")
CALENDAR = work_calendar()

RULES = """
- id: due-passed
  title: The date has passed
  why: A passed date without a new one says nothing.
  over: item
  where: NOT is_done AND NOT is_removed AND effective_due IS NOT NULL
  measure:
    days_late: wd(effective_due, :today)
  flag: days_late > 0
  severity: high
  severity_by:
    - if: days_late > 20
      then: critical
  fingerprint: [item_id]
  evidence: [effective_due, effective_due_source, owner]
  message: "{key} is {days_late} working days late."
  action: Finish it, or set a new date with a reason.

- id: owner-missing
  title: Nobody owns it
  why: Work without an owner is watched by nobody.
  over: item
  where: NOT is_done AND NOT is_removed AND kind = 'task'
  flag: owner_problem IS NOT NULL
  severity: medium
  fingerprint: [item_id]
  evidence: [owner_problem]
  message: "{key}: {owner_problem}."
  action: Name one person.

- id: stays-blocked
  title: Blocked for two days
  why: A block that lasts needs somebody's attention.
  over: item
  where: NOT is_done
  flag: is_blocked
  severity: high
  for: 2d
  fingerprint: [item_id]
  evidence: [status]
  message: "{key} is blocked."
  action: Remove the block.

- id: source-stale
  title: A source could not be read
  why: Old data must not look fresh.
  over: source
  flag: is_stale
  severity: high
  fingerprint: [source]
  evidence: [error]
  message: "{source} is stale."
  action: Repair the connection.
"""


def rules(text: str = RULES) -> list[Rule]:
    found = parse_rules(text, file="test.yaml", group="test")
    assert not found.problems, [str(one) for one in found.problems]
    return list(found.rules)


class World:
    """Two trackers, `shop` and `boards`, of which the configuration lets Dovetail write to both."""

    def __init__(self, store: Store | None = None, **write: Any) -> None:
        self.clock = ManualClock(TUESDAY)
        self.store = store or open_store("sqlite://")
        self.trackers = {"shop": MemoryTracker(self.clock), "boards": MemoryTracker(self.clock)}
        self.connectors = {
            name: MemoryConnector(tracker, name, page_size=3) for name, tracker in self.trackers.items()
        }
        self.write = WriteSettings(**{"comments": True, "armed": True, "comment_backlog": True, **write})
        self.limits = Limits()
        self.rules: Sequence[Rule] = rules()
        self.overrides: Mapping[str, Override] = {}
        self.writes: dict[str, WriteSettings] | None = None
        self.accept_vanished: frozenset[str] = frozenset()
        self.twins: list[tuple[str, str]] = []
        self.tree: Sequence[TreeNode] = ()
        self.safety = Safety(zone=ZONE)
        self.mutes = MuteSettings(zone=ZONE)
        self.waivers: Sequence[LabelWaiver] = ()
        for tracker in self.trackers.values():
            tracker.add_person("ana", "Ana Berg", email="ana@shop.example")

    @property
    def shop(self) -> MemoryTracker:
        return self.trackers["shop"]

    @property
    def boards(self) -> MemoryTracker:
        return self.trackers["boards"]

    def task(self, key: str, *, on: str = "shop", due: str | None = None, **values: Any) -> str:
        """A task of Ana's, due on an ISO date."""
        if due is not None:
            values["due"] = datetime.fromisoformat(due).date()
        values.setdefault("owner_id", "ana")
        return self.trackers[on].add(key, **values)

    def settings(self, *, full: bool = False) -> SyncSettings:
        writes = self.writes if self.writes is not None else dict.fromkeys(self.connectors, self.write)
        return SyncSettings(
            pull=PullSettings(full=full, limits=self.limits, accept_vanished=self.accept_vanished),
            derive=DeriveSettings(timezone="Europe/Zurich", twins=self.twins, tree=self.tree),
            check=CheckSettings(
                rules=self.rules,
                overrides=self.overrides,
                working_days=CALENDAR.working_days_between,
                waivers=self.waivers,
            ),
            plan=PlanSettings(
                writes=writes,
                zone=ZONE,
                working_days=CALENDAR.working_days_between,
                expires_after=timedelta(hours=24),
                look_everywhere=full,
                limits=self.limits,
                safety=self.safety,
                listens=self.mutes.comments,
            ),
            calendar=CALENDAR,
            safety=self.safety,
            mutes=self.mutes,
        )

    def sync(self, *, full: bool = False, **options: Any) -> SyncResult:
        return sync(
            self.store, list(self.connectors.values()), self.settings(full=full), clock=self.clock, **options
        )

    def finding(self, rule: str, key: str) -> Any:
        """The one finding of this rule on the item of this key."""
        (found,) = [one for one in self.store.findings() if one.rule == rule and one.key == key]
        return found

    def state(self, rule: str, key: str) -> str:
        return str(self.finding(rule, key).state)

    def comment(self, key: str, *, on: str = "shop") -> str:
        """The text of our one comment on an item."""
        (comment,) = self.trackers[on].our_comments(key)
        return comment.body

    def written(self) -> list[tuple[str, str, Any]]:
        return [*self.shop.writes, *self.boards.writes]
