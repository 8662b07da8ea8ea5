"""A portfolio in three trackers, made of a few lines, for the tests of the rollup."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from portfolio.findings import Finding
from portfolio.records import AnyRecord, Page, Schedule, WorkItem
from schedule.calendars import work_calendar
from store import Store, open_store
from sync.derive import derive
from sync.placement import TreeNode
from sync.rollup import rollup
from sync.workspace import DeriveSettings

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)  # a Tuesday
TODAY = NOW.date()
CREATED = datetime(2026, 9, 1, 8, tzinfo=UTC)
FRIDAY = date(2026, 12, 4)
CALENDAR = work_calendar()
SOURCES = {"shop": "jira", "boards": "azure_devops", "plans": "project_file"}
TREE = (
    TreeNode("retail", "portfolio", None, "Retail"),
    TreeNode("store-2", "program", "retail", "Store 2.0"),
    TreeNode(
        "checkout",
        "project",
        "store-2",
        "Checkout",
        "lead@shop.example",
        ("shop:CHK", "boards:Retail\\Checkout", "plans:plan.xml"),
    ),
    TreeNode("search", "project", "store-2", "Search", None, ("boards:Retail\\Search",)),
)
SCOPES = {"shop": "CHK", "boards": "Retail\\Checkout", "plans": "plan.xml"}
# What both sides of a piece of work show, and the columns it stands in.
SHOWN = (
    "health", "health_reason", "rollup_p80", "rollup_slip_wd", "percent_complete", "open_risks",
    "open_findings", "worst_finding",
)  # fmt: skip


class Trackers:
    """Items of `shop`, `boards` and `plans`; a name is `source:key`."""

    def __init__(self, store: Store | None = None) -> None:
        self.store = store or open_store("sqlite://")
        self.items: dict[str, WorkItem] = {}
        self.more: list[AnyRecord] = []
        self.twins: list[tuple[str, str]] = []
        self.findings: list[Finding] = []
        self.stale: set[str] = set()
        self.forecasts: dict[str, date] = {}  # P80
        self.expected: dict[str, date] = {}  # P50
        self.tree: Sequence[TreeNode] = TREE

    def add(self, name: str, *, parent: str | None = None, twin: str | None = None, **values: Any) -> None:
        """An item in progress, promised for Friday and on time, unless `values` say otherwise."""
        source, _, key = name.partition(":")
        kind = "plan" if source == "plans" else "project"
        scope = str(values.pop("scope", SCOPES[source]))
        schedule = f"{source}/{scope}"
        self.more.append(Schedule(schedule_id=schedule, source=source, scope=scope, name=scope, kind=kind))
        given = {
            "state": "in_progress",
            "kind": "story",
            "due": FRIDAY,
            "baseline_finish": FRIDAY,
            "is_detail": source == "plans",
            "created_at": CREATED,
            **values,
        }
        self.items[name] = WorkItem(
            item_id=f"{source}/{key}",
            source=source,
            native_id=key,
            key=key,
            scope=scope,
            title=key,
            schedule_id=schedule,
            parent_id=None if parent is None else parent.replace(":", "/"),
            **given,
        )
        if twin is not None:
            self.twins.append((name, twin))

    def finding(self, name: str, severity: str, *also: str, state: str = "open") -> None:
        """An open finding on an item, shown on these others too."""
        items = [one.replace(":", "/") for one in (name, *also)]
        self.findings.append(
            Finding(
                finding_id=f"{name}-{len(self.findings)}", rule="r", rule_group="g", subject="item",
                item_id=items[0], key=name, project=None, severity=severity, state=state, opened_at=NOW,
                last_seen_at=NOW, resolved_at=None, resolved_because=None, reopened_count=0, message="",
                title="", why="", action="", docs=None, evidence={}, comment_items=items, is_legacy=False,
                muted_until=None, muted_by=None, muted_reason=None,
            )
        )  # fmt: skip

    def roll_up(self) -> None:
        """Store everything, derive, and roll up."""
        run = self.store.start_run("pull", NOW)
        for source, kind in SOURCES.items():
            self.store.declare_source(source, kind, kind, "1")
            self.store.mark_source(source, good_at=NOW, error="HTTP 503" if source in self.stale else None)
            records = [
                one for one in (*self.more, *self.items.values()) if getattr(one, "source", "") == source
            ]
            self.store.save_page(source, "all", Page(records=records), run_id=run, now=NOW)
        self.store.save_findings(self.findings, run)
        derive(self.store, DeriveSettings(tree=self.tree, twins=self.twins), today=TODAY, now=NOW)
        if self.forecasts or self.expected:
            names = [one for one in self._derived_columns() if one != "row_hash"]
            columns = self.store.read("derived_item", names)
            columns["p80"] = [self.forecasts.get(one.replace("/", ":")) for one in columns["item_id"]]
            columns["p50"] = [self.expected.get(one.replace("/", ":")) for one in columns["item_id"]]
            self.store.replace("derived_item", columns)
        rollup(self.store, self.tree, calendar=CALENDAR)

    def schedule(self, schedule_id: str) -> tuple[Any, ...]:
        """Its health, what is declared of it, and for how many runs the two have differed."""
        (only,) = self.store.rows("schedule", where={"schedule_id": schedule_id})
        return only["health"], only["health_declared"], only["health_gap_runs"]

    def _derived_columns(self) -> tuple[str, ...]:
        from store.catalogue import TABLES

        return TABLES["derived_item"].names

    def row(self, name: str) -> dict[str, Any]:
        """The view `item` of one item."""
        (only,) = self.store.rows("item", where={"item_id": name.replace(":", "/")})
        return only

    def shown(self, name: str) -> dict[str, Any]:
        """What an item's rollup fields would say."""
        row = self.row(name)
        return {column: row[column] for column in SHOWN}

    def node(self, slug: str) -> dict[str, Any]:
        """The view `project` of one node."""
        (only,) = self.store.rows("project", where={"slug": slug})
        return only

    def health(self, name: str) -> tuple[str, str]:
        """Colour and reason."""
        row = self.row(name)
        return row["health"], row["health_reason"]
