"""The engine as a test runs it against one side: the five steps, and what must hold when all is calm."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from crossings import Crossings, KilledError
from sides import FIELDS, Side, Standing

from rules.loading import parse_rules
from schedule.calendars import work_calendar
from store import Store, open_store
from sync.check import CheckSettings
from sync.limits import Limits
from sync.pipeline import SyncResult, SyncSettings, sync
from sync.plan import PlanSettings
from sync.pull import PullSettings
from sync.wanted import WriteSettings
from sync.workspace import DeriveSettings

CALENDAR = work_calendar()
RULES = """
- id: due-passed
  title: The date has passed
  why: A passed date without a new one says nothing.
  over: item
  where: NOT is_done AND NOT is_removed AND effective_due IS NOT NULL
  flag: effective_due < :today
  severity: high
  fingerprint: [item_id]
  evidence: [effective_due, owner]
  message: "{key} is late."
  action: Finish it, or set a new date with a reason.

- id: owner-missing
  title: Nobody owns it
  why: Work without an owner is watched by nobody.
  over: item
  where: NOT is_done AND NOT is_removed
  flag: owner_problem IS NOT NULL
  severity: medium
  fingerprint: [item_id]
  evidence: [owner_problem]
  message: "{key}: {owner_problem}."
  action: Name one person.
"""
_FOUND = parse_rules(RULES, file="faults.yaml", group="test")
assert not _FOUND.problems, _FOUND.problems


class Engine:
    """One store and one side; every run is a process of its own."""

    def __init__(self, side: Side, store: Store | None = None, *, limits: Limits | None = None) -> None:
        self.side = side
        self.store = store or open_store("sqlite://")
        self.limits = limits or Limits(max_vanished=1.0, max_writes=10_000, max_share=1.0)
        self.accept_vanished = limits is None

    def settings(self, *, full: bool = False) -> SyncSettings:
        return SyncSettings(
            pull=PullSettings(
                full=full,
                limits=self.limits,
                accept_vanished=frozenset({self.side.name} if self.accept_vanished else ()),
            ),
            derive=DeriveSettings(timezone="Europe/Zurich"),
            check=CheckSettings(rules=list(_FOUND.rules), working_days=CALENDAR.working_days_between),
            plan=PlanSettings(
                writes={
                    self.side.name: WriteSettings(
                        comments=True, fields=FIELDS, armed=True, comment_backlog=True
                    )
                },
                zone=ZoneInfo("Europe/Zurich"),
                working_days=CALENDAR.working_days_between,
                expires_after=timedelta(hours=24),
                look_everywhere=full,
            ),
            calendar=CALENDAR,
        )

    def run(self, *, full: bool = False) -> SyncResult:
        connector = self.side.connector()
        try:
            return sync(self.store, [connector], self.settings(full=full), clock=self.side.now)
        finally:
            connector.close()

    def run_killed(self, crossings: Crossings, die_at: int) -> bool:
        """A run that dies at a boundary; False where it ended before it came to it."""
        crossings.begin(die_at)
        try:
            self.run()
        except KilledError:
            return True
        finally:
            crossings.begin()
        return False

    def stored(self, of: Side | None = None) -> dict[str, Standing]:
        """What the store holds of a side, by default its only one, in the words of `Side.truth`."""
        side = of or self.side
        prefix = f"{side.name}/"
        return {
            str(row["item_id"]).removeprefix(prefix): Standing(
                None if str(row["item_id"]) == prefix + side.epic else row["due"],
                row["state"] == "done",
                None if row["parent_id"] is None else str(row["parent_id"]).removeprefix(prefix),
            )
            for row in self.store.rows("item")
            if row["source"] == side.name
        }

    def unsettled(self) -> set[str]:
        """States of writes of which nobody knows what became."""
        states = {str(row["state"]) for row in self.store.rows("write")}
        return states & {"sending", "planned", "unknown"}
