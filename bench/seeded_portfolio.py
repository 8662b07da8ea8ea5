"""A portfolio of any size for the page: two trackers, six projects, risks, money, links, two runs.

Everything follows from the numbers of the items, so the same size is the same portfolio. With `hostile` the
texts are those that somebody would write who wants to get something running in the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from portfolio.agenda import Committee, Freeze
from portfolio.records import (
    AnyRecord,
    Change,
    Dependency,
    Identity,
    Page,
    Risk,
    Schedule,
    Unmapped,
    WorkItem,
)
from store import Store
from sync.config import Config, StoreConfig
from sync.pipeline import SyncResult, work_out
from sync.placement import TreeNode
from sync.progress import silent
from sync.runs import running
from sync.settings import sync_settings

FIRST = datetime(2026, 11, 17, 6, tzinfo=UTC)
SECOND = datetime(2026, 11, 24, 6, tzinfo=UTC)
TODAY = SECOND.date()
PROJECTS = ("Checkout", "Payments", "Warehouse", "Loyalty", "Data platform", "Store rollout")
SOURCES = ("shop", "boards")
_EPIC = 25
_KINDS = ("story", "story", "task", "bug", "story", "task", "milestone", "story")
_STATES = (
    "done", "in_progress", "todo", "done", "todo", "in_progress", "done", "todo", "done", "done",
)  # fmt: skip
_WORDS = (
    "Move the", "Agree the", "Test the", "Replace the", "Describe the", "Measure the", "Open the",
    "Clear the",
)  # fmt: skip
_THINGS = (
    "price file", "delivery slot", "card terminal", "stock count", "supplier portal", "refund path",
    "loyalty ledger", "pick list", "returns desk", "night batch", "till printer", "shelf label",
)  # fmt: skip
HOSTILE = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "</script><script>document.title='owned'</script>",
    '" autofocus onfocus="document.title=\'owned\'" x="',
    "javascript:document.title='owned'",
    '=HYPERLINK("https://evil.example","click")',
    "\u202eroodrevo \u2066hidden\u2069 right to left \u05e9\u05dc\u05d5\u05dd",
    "<!--<script>--><style>*{display:none}</style>",
    "${alert(1)} {{constructor.constructor('alert(1)')()}}",
    "A" * 40_000,
    "\x00\x01\x1b[31mred\u2028line\u2029paragraph",
    "</bdi></td></table><svg onload=alert(1)>",
)


def config_of(folder: Path) -> Config:
    """What a configuration of this portfolio says."""
    tree = [TreeNode("retail", "portfolio", None, "Retail", "ana@shop.example")]
    for number, program in enumerate(("Store 2.0", "Supply chain")):
        slug = program.lower().replace(" ", "-").replace(".", "-")
        tree.append(TreeNode(slug, "program", "retail", program))
        for place in range(number * 3, number * 3 + 3):
            name = PROJECTS[place]
            scopes = [f"{SOURCES[place % 2]}:P{place}"]
            tree.append(TreeNode(f"p{place}", "project", slug, name, "ana@shop.example", scopes))
    return Config(
        path=None,
        folder=folder,
        store=StoreConfig("sqlite://", folder),
        timezone="Europe/Zurich",
        tree=tree,
        committees=(Committee(name="Steering committee", first=date(2026, 11, 19), every_weeks=4),),
        freezes=(Freeze(name="Year-end freeze", first=date(2026, 12, 18), last=date(2027, 1, 4)),),
    )


def fill(store: Store, config: Config, items: int, *, hostile: bool = False, links: int = 300) -> None:
    """Store, derive and check twice: last week, and after some dates were moved since."""
    portfolio = _Portfolio(items, hostile, links)
    settings = sync_settings(config)
    for source, form in zip(SOURCES, ("Jira Cloud", "Azure DevOps Services"), strict=True):
        store.declare_source(source, kind="memory", form=form, mapping_version="1")
    for moment, records in ((FIRST, portfolio.everything()), (SECOND, portfolio.edits())):
        found = list(records)
        for source in SOURCES:
            mine = [one for one in found if one.source == source]
            for start in range(0, len(mine), 5_000):
                page = Page(records=mine[start : start + 5_000])
                store.save_page(source, "all", page, run_id="seed", now=moment)
            store.mark_source(source, good_at=moment)
        with running(store, "check", clock=lambda moment=moment: moment) as run:  # type: ignore[misc]
            work_out(store, settings, run, SyncResult(run_id=run.run_id), tell=silent)


class _Portfolio:
    def __init__(self, items: int, hostile: bool, links: int) -> None:
        self.items = items
        self.hostile = hostile
        self.links = min(links, items)

    def everything(self) -> Iterator[AnyRecord]:
        """All records as they stood a week ago."""
        for place, name in enumerate(PROJECTS):
            source = SOURCES[place % 2]
            yield Schedule(
                schedule_id=f"{source}/P{place}", source=source, scope=f"P{place}", name=name, kind="project",
                health_declared="green" if place < 3 else None,
            )  # fmt: skip
        for source in SOURCES:
            for number in range(40):
                name = (
                    HOSTILE[number % len(HOSTILE)][:200]
                    if self.hostile and number < 12
                    else f"Person {number}"
                )
                yield Identity(
                    source=source, account_id=f"a{number}", name=name, kind="person",
                    is_active=number % 13 != 5, email=f"person{number}@shop.example",
                )  # fmt: skip
        for number in range(self.items):
            yield from self._item(number)
        for number in range(self.links):
            yield from self._link(number)
        unmapped = HOSTILE[0] if self.hostile else "Waiting for vendor"
        yield Unmapped(source="shop", what="status", value=unmapped, count=7)

    def edits(self) -> Iterator[AnyRecord]:
        """What people did since: dates moved later, work finished."""
        for number in range(3, self.items, 17):
            item, *_ = self._item(number)
            if not isinstance(item, WorkItem) or item.due is None or item.state == "done":
                continue
            after = item.due + timedelta(days=14)
            yield Change(
                source=item.source, event_id=f"moved{number}", item_id=item.item_id,
                at=SECOND - timedelta(days=2), by=f"a{number % 40}", field="due",
                before=item.due.isoformat(), after=after.isoformat(),
            )  # fmt: skip
            yield _with(item, due=after)

    def _item(self, number: int) -> Iterator[AnyRecord]:
        place = number // _EPIC % len(PROJECTS)
        source = SOURCES[place % 2]
        random = number * 2_654_435_761 % 2**32 >> 8
        epic = number - number % _EPIC
        kind = "epic" if number == epic else "risk" if number % 31 == 7 else _KINDS[number % 8]
        state = "in_progress" if kind == "epic" else _STATES[random % 10]
        start = TODAY + timedelta(days=random % 420 - 250)
        due = start + timedelta(days=20 + random % 90)
        if state == "done":
            due = min(due, TODAY - timedelta(days=3 + random % 200))
        elif due < TODAY - timedelta(days=12) or kind == "epic":
            due = TODAY + timedelta(days=random % 200 - 6)
        has_date = random % 14 != 0
        title = f"{_WORDS[random % 8]} {_THINGS[random % 12]} of area {random % 97}"
        values: dict[str, Any] = {}
        if self.hostile:
            title = HOSTILE[number % len(HOSTILE)] + f" {number}"
            values["url"] = ("javascript:alert(1)", 'https://x.example/"><script>', None)[number % 3]
        else:
            values["url"] = f"https://{source}.example/browse/P{place}-{number}"
        if state == "done":
            values["actual_finish"] = due + timedelta(days=random % 11 - 5)
        if kind == "task" and place in (0, 2, 4):
            values |= {
                "budget": 4_000.0 + random % 9_000, "actual_cost": 1_000.0 + random % 7_000,
                "forecast_cost": 4_200.0 + random % 9_900, "currency": "CHF" if place < 4 else "EUR",
            }  # fmt: skip
        if number == epic and number:
            values["health_declared"] = "green"
        if place == 5 and number % 10 == 4:  # the same work in the other tracker
            values["twin_keys"] = [f"P4-{number - _EPIC}"]
        yield WorkItem(
            item_id=f"{source}/{number}", source=source, native_id=str(number), key=f"P{place}-{number}",
            scope=f"P{place}", kind=kind, title=title, schedule_id=f"{source}/P{place}", state=state,
            status="Waiting" if random % 3 else "Open", is_milestone=kind == "milestone",
            parent_id=None if number == epic else f"{source}/{epic}", is_detail=kind not in ("epic", "risk"),
            owner_id=f"a{random % 40}" if random % 8 else None, team=f"Team {place}" if number % 3 else None,
            start=start if has_date else None, due=due if has_date else None,
            created_at=SECOND - timedelta(days=200 + random % 200),
            updated_at=FIRST - timedelta(days=random % 60),
            is_blocked=random % 40 == 0, priority_rank=1 + random % 5, **values,
        )  # fmt: skip
        yield Change(
            source=source, event_id=f"begun{number}", item_id=f"{source}/{number}",
            at=SECOND - timedelta(days=100 + random % 90), by=f"a{random % 40}", field="state", before="todo",
            after="in_progress",
        )  # fmt: skip
        if kind == "risk":
            yield Risk(
                item_id=f"{source}/{number}", source=source,
                probability=None if random % 9 == 0 else 1 + random % 5, impact=1 + random // 7 % 5,
                response="reduce" if random % 3 else None, has_response=bool(random % 3),
                review_due=TODAY + timedelta(days=random % 60 - 20),
            )  # fmt: skip

    def _link(self, number: int) -> Iterator[AnyRecord]:
        before = number * 7 % self.items
        after = (before + 3 + number * 13 % 160) % self.items
        if before == after:
            return
        ends = [f"{SOURCES[one // _EPIC % len(PROJECTS) % 2]}/{one}" for one in (before, after)]
        yield Dependency(
            dependency_id=f"d{number}", source=ends[1].partition("/")[0], predecessor_id=ends[0],
            successor_id=ends[1],
        )  # fmt: skip


def _with(item: WorkItem, **values: Any) -> WorkItem:
    import msgspec

    return msgspec.structs.replace(item, **values)
